#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random objects, good, bad and hostile, in JSON, which is YAML, too, and in protobuf: N of a SEED, for same_object.

Each is: kind, both sizes, and whether the formats give the same error texts, a line; then both texts.
"""
import json
import os
import random
import re
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import kubeproto  # noqa: E402

# Fields that JSON has even if they are empty; other plain fields are left out then.
ALWAYS = {("ServicePort", "port"), ("EndpointSlice", "addressType"), ("Named", "name"), ("NodeAddress", "type"),
          ("NodeAddress", "address")}

ADDRESSES = ["10.96.0.1", "10.96.0.10", "fd00:10:96::1", "2001:db8::1", "192.0.2.1", "::ffff:192.0.2.7",
             "010.0.0.1", "None", "", "10.96.0.256", "not an address", "fe80::1%eth0", "1.2.3.4 "]
CIDRS = ["10.0.0.0/8", "fd00::/64", "0.0.0.0/0", "10.1.2.3/8", "::/0", " 192.0.2.0/24 ", "", "10.0.0.0/33", "x"]
NAMES = ["web", "http", "a-b.c", "x" * 253, "x" * 254, "Web", "-a", "", "caf\u00e9", "two words", "tab\there"]
NUMBERS = [0, 1, 80, 443, 8080, 30080, 65535, 65536, 70000, -1, -(1 << 31), (1 << 31) - 1]
LABELS = ["kubernetes.io/service-name", "service.kubernetes.io/service-proxy-name", "topology.kubernetes.io/zone",
          "app", "k8s.io/initial-events-end", "a/b"]
WORDS = {
    ("ServiceSpec", "type"): ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "Odd"],
    ("ServiceSpec", "sessionAffinity"): ["None", "ClientIP", "Odd"],
    ("ServiceSpec", "externalTrafficPolicy"): ["Cluster", "Local", "Odd"],
    ("ServiceSpec", "internalTrafficPolicy"): ["Cluster", "Local", "Odd"],
    ("ServiceSpec", "ipFamilies"): ["IPv4", "IPv6", "IPv4", "IPv6", "IPv9"],
    ("ServiceSpec", "clusterIP"): ADDRESSES, ("ServiceSpec", "clusterIPs"): ADDRESSES,
    ("ServiceSpec", "externalIPs"): ADDRESSES, ("LoadBalancerIngress", "ip"): ADDRESSES,
    ("ServiceSpec", "loadBalancerSourceRanges"): CIDRS, ("ServiceCIDRSpec", "cidrs"): CIDRS,
    ("NodeSpec", "podCIDR"): CIDRS, ("NodeSpec", "podCIDRs"): CIDRS,
    ("ServicePort", "protocol"): ["TCP", "UDP", "SCTP", "tcp"],
    ("EndpointPort", "protocol"): ["TCP", "UDP", "SCTP", "QUIC"],
    ("LoadBalancerIngress", "ipMode"): ["VIP", "Proxy", ""],
    ("EndpointSlice", "addressType"): ["IPv4", "IPv4", "IPv6", "FQDN", "IPX"],
    ("Endpoint", "addresses"): ADDRESSES,
    ("NodeAddress", "type"): ["InternalIP", "ExternalIP", "Hostname"], ("NodeAddress", "address"): ADDRESSES,
    ("ClientIPConfig", "timeoutSeconds"): [0, 1, 600, 86400, 86401, -1],
    ("Service", "kind"): ["Service"],
}
# What no server writes in a field that a decoder reads, but perhaps in any other.
HOSTILE = ["a\0b", "\0", "\0\0web", "10.96.0.1\0", "\x1b[31mred", "line\nbreak", "\x7f", "\x85", "\x9b2J", "\u202e", "\ufeff",
           "\uffff", "\U0001f600", "\u2028", "x" * 70000, "'\"\\/", "<<", "null", "~", "1e999", "!!int 7", "*a", "{", "- a"]
HOSTILE_KEYS = ["nul\0key", "\0", "<<", "kubernetes.io/service-name\0", "\x1b", "~", "x" * 1000, ""]
HUGE = [1 << 31, 1 << 32, (1 << 63) - 1, -(1 << 63)]
TIMES = ["2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", ""]


class Maker:
    """Objects by the table of messages.

    BAD is the share of values that are drawn from all, and not from the likely good ones, HOSTILE of those that no table has, and
    WRONG of values with a wrong type.
    """

    def __init__(self, dice, bad, hostile=0, wrong=0):
        self.dice, self.bad, self.hostile, self.wrong = dice, bad, hostile, wrong

    def chance(self, share):
        return self.dice.random() < share

    def pick(self, values):
        """The first half of a list of values is good."""
        return self.dice.choice(values if self.chance(self.bad) else values[:(len(values) + 1) // 2])

    def value(self, message, name, of):
        if of == "s" and self.chance(self.hostile):
            return self.dice.choice(HOSTILE)
        if of == "i" and self.chance(self.hostile):
            return self.dice.choice(HUGE)
        if of in "si" and self.chance(self.wrong):
            return self.dice.choice(NUMBERS[1:] if of == "s" else [name for name in NAMES if name])
        if (message, name) in WORDS:
            return self.pick(WORDS[(message, name)])
        if of in ("i", "b"):
            return self.chance(0.5) if of == "b" else self.pick(NUMBERS)
        if of == "time":
            return self.pick(TIMES)
        if of == "int-or-string":
            return self.dice.choice([8080, "http", 0])
        if of == "json":
            return {"f:spec": {".": {}}}
        return self.pick(NAMES) if of == "s" else self.message(of)

    def message(self, message):
        obj = {}
        for name, _, of, often in kubeproto.MESSAGES[message]:
            if self.chance(0.15):
                continue
            if often == "*":
                obj[name] = [self.value(message, name, of) for _ in range(self.dice.choice((0, 1, 1, 2, 3)))]
            elif often == "m":
                obj[name] = {label: self.value(message, name, of) for label in LABELS if self.chance(0.3)}
                if self.chance(self.hostile):
                    obj[name][self.dice.choice(HOSTILE_KEYS)] = self.pick(NAMES)
            elif often == "1" or self.chance(0.6):
                obj[name] = self.value(message, name, of)
        return obj


def as_json(message, obj):
    """An object in JSON."""
    out = {}
    for name, _, of, often in kubeproto.MESSAGES[message]:
        value = obj.get(name)
        if of in kubeproto.MESSAGES and value is not None:
            value = [as_json(of, v) for v in value] if often == "*" else as_json(of, value)
        if (message, name) in ALWAYS and value is None:
            value = 0 if of == "i" else ""
        if value is None or often in "*m" and not value:
            continue
        if often == "1" and value in ("", 0, False) and (message, name) not in ALWAYS:
            continue
        out[name] = None if of == "time" and not value else value
    return out


def as_text(value):
    """JSON that is YAML: what YAML does not allow, or takes for the end of a line, is escaped."""
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: "\\u%04x" % ord(found.group()),
                  json.dumps(value, ensure_ascii=False)).encode()


def main():
    seed, n = sys.argv[1], int(sys.argv[2])
    dice = random.Random(seed)
    for i in range(n):
        kind = dice.choice(("Service", "Service", "EndpointSlice", "EndpointSlice", "Node", "ServiceCIDR"))
        wrong = dice.choice((0, 0, 0, 0.02))
        obj = Maker(dice, dice.choice((0, 0.02, 0.3)), dice.choice((0, 0.02, 0.1)), wrong).message(kind)
        obj.setdefault("metadata", {})["name"] = dice.choice(NAMES) if dice.random() < 0.1 else "object-%d" % i
        text = as_text(as_json(kind, obj))
        message = kubeproto.encode(kind, obj)
        # Protobuf does not know which element of a list has a wrong type.
        sys.stdout.buffer.write(b"%s %d %d %d\n" % (kind.encode(), len(text), len(message), not wrong) + text + message)


if __name__ == "__main__":
    main()
