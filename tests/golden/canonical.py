#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Canonical text of a ruleset as nft lists it, so that two of them can be compared.

  canonical.py json      reads `nft -j list ruleset`
  canonical.py netlink   reads `nft --debug=netlink list ruleset`

Handles and metainfo are left out. Rules of a chain keep their order; tables, chains, sets and elements, whose order has
no meaning, are sorted.
"""
import json
import re
import sys


def without_handles(value):
    if isinstance(value, dict):
        return {k: without_handles(v) for k, v in value.items() if k != "handle"}
    if isinstance(value, list):
        return [without_handles(v) for v in value]
    return value


def text(value):
    return json.dumps(value, sort_keys=True)


def numbered(rules):
    for chain, body in rules.items():
        for number, rule in enumerate(body):
            yield f"rule {chain} {number:04}: {rule}"


def from_json(listing):
    rules = {}
    lines = []
    for entry in json.loads(listing)["nftables"]:
        (kind, body), = without_handles(entry).items()
        if kind == "metainfo":
            continue
        if kind == "rule":
            chain = f"{body['family']} {body['table']} {body['chain']}"
            rules.setdefault(chain, []).append(text(body))
            continue
        elements = body.pop("elem", None)
        where = f"{kind} {body['family']} {body.get('table', '')} {body['name']}"
        lines.append(f"{where}: {text(body)}")
        for element in elements or []:
            lines.append(f"{where}: element {text(element)}")
    return lines + list(numbered(rules))


def from_netlink(listing):
    rules = {}
    lines = []
    # Behind the expressions comes the ruleset as people read it.
    for block in re.split(r"^(?=\S)", listing, flags=re.MULTILINE):
        head, *body = block.rstrip("\n").split("\n")
        words = head.split()
        if len(words) < 3 or words[0] == "table":
            continue
        body = [line.strip() for line in body if line.strip()]
        if words[2].startswith("@"):
            lines += [f"set {' '.join(words[:3])}: {line}" for line in body]
        else:
            rules.setdefault(" ".join(words[:3]), []).append(" ".join(body))
    return lines + list(numbered(rules))


def main():
    read = {"json": from_json, "netlink": from_netlink}[sys.argv[1]]
    print("\n".join(sorted(read(sys.stdin.read()))))


main()
