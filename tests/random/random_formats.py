#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random objects, good and bad, as an API server would write them in JSON and in protobuf: N of a SEED, for same_object.

Each is: kind, both sizes, a line; then both texts.
"""
import json
import os
import random
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
TIMES = ["2026-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", ""]


class Maker:
    """Objects by the table of messages; BAD is the share of values that are drawn from all, and not from the likely good ones."""

    def __init__(self, dice, bad):
        self.dice, self.bad = dice, bad

    def chance(self, share):
        return self.dice.random() < share

    def pick(self, values):
        """The first half of a list of values is good."""
        return self.dice.choice(values if self.chance(self.bad) else values[:(len(values) + 1) // 2])

    def value(self, message, name, of):
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
                obj[name] = {label: self.pick(NAMES) for label in LABELS if self.chance(0.3)}
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


def main():
    seed, n = sys.argv[1], int(sys.argv[2])
    dice = random.Random(seed)
    for i in range(n):
        kind = dice.choice(("Service", "Service", "EndpointSlice", "EndpointSlice", "Node", "ServiceCIDR"))
        obj = Maker(dice, dice.choice((0, 0.02, 0.3))).message(kind)
        obj.setdefault("metadata", {})["name"] = dice.choice(NAMES) if dice.random() < 0.1 else "object-%d" % i
        text = json.dumps(as_json(kind, obj)).encode()
        message = kubeproto.encode(kind, obj)
        sys.stdout.buffer.write(b"%s %d %d\n" % (kind.encode(), len(text), len(message)) + text + message)


if __name__ == "__main__":
    main()
