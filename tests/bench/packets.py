# SPDX-License-Identifier: GPL-2.0-or-later
"""What the first packet of a connection costs a node, by ruleset: packets.py PROGRAM SENDER [OPTION]...

In namespaces of its own, without any network: a client sends packets of new connections through a node to a server,
which has all endpoints and drops what arrives. Each ruleset has such a node, and they take turns: in each round each of
them gets as many packets. The figures are minima of all rounds, in ns for each packet:

  bare        connection tracking, and no other rule: the whole packet. The other columns are what is added to it
  static      one rule with dnat
  kube-proxy  the layout of kube-proxy 1.36 in nftables mode
  ours        what our program prints with --dry-run

For a node port, all columns are the whole packet: without a translation, it would not get to the server. It is
counted how many packets get to an endpoint, so that no ruleset is fast because it does nothing.

With --sizes, all of this is done for several numbers of Services; plot.py makes a picture of the file that --json
writes.
"""
import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time

import rulesets

CASES = ("cluster-ip", "cluster-ips", "no-service", "node-port")
ORIGINS = ("pod", "node", "outside")
MAX_TARGETS = 10000
# Neighbours are known from the start, so no packet waits for one.
CLIENT_MAC, GATEWAY_MAC, NODE_MAC, SERVER_MAC = ("02:00:00:00:00:0%d" % i for i in range(1, 5))


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        sys.exit("packets: %s: %s" % (" ".join(command), done.stderr.strip()[:2000]))
    return done.stdout


class TooSlow(Exception):
    """A ruleset takes too long to load."""


class Lab:
    """A client, a node and a server; the node has one ruleset."""

    def __init__(self, name, network, sender, ruleset, load_seconds):
        self.name, self.network, self.sender = name, network, sender
        for part in ("client", "node", "server"):
            path = self.path(part)
            with open(path, "w"):
                pass
            run(["unshare", "--net=" + path, "ip", "link", "set", "lo", "up"])
        self.connect()
        self.count()
        self.load(ruleset, load_seconds)

    def load(self, ruleset, load_seconds):
        end = time.monotonic() + load_seconds
        for part in rulesets.parts(ruleset):
            if time.monotonic() > end:
                self.close()
                raise TooSlow()
            self.inside("node", ["nft", "-f", "-"], input=part)

    def close(self):
        for part in ("client", "node", "server"):
            run(["umount", self.path(part)])

    def path(self, part):
        return "/run/netns/%s-%s" % (self.name, part)

    def inside(self, part, command, **options):
        return run(["nsenter", "--net=" + self.path(part), "--", *command], **options)

    def connect(self):
        n = self.network
        option = "-%d" % n.family
        self.inside("client", ["ip", "link", "add", "eth0", "address", CLIENT_MAC, "type", "veth", "peer", "name",
                               "client", "address", GATEWAY_MAC, "netns", self.path("node")])
        self.inside("node", ["ip", "link", "add", "server", "address", NODE_MAC, "type", "veth", "peer", "name",
                             "eth0", "address", SERVER_MAC, "netns", self.path("server")])
        for part, device, address, peer, mac in (
                ("client", "eth0", n.client, n.gateway, GATEWAY_MAC),
                ("node", "client", n.gateway, n.client, CLIENT_MAC),
                ("node", "server", n.node, n.server, SERVER_MAC), ("server", "eth0", n.server, n.node, NODE_MAC)):
            address = [option, "addr", "add", "%s/%d" % (address, n.length), "dev", device]
            self.inside(part, ["ip", *address, *(["nodad"] if n.family == 6 else [])])
            self.inside(part, ["ip", "link", "set", device, "up"])
            self.inside(part, ["ip", option, "neigh", "replace", peer, "lladdr", mac, "dev", device, "nud",
                               "permanent"])
        self.inside("client", ["ip", option, "route", "add", "default", "via", n.gateway])
        self.inside("node", ["ip", option, "route", "add", "default", "via", n.server])
        self.inside("node", ["sh", "-c", "cd /proc/sys/net && echo 1 >ipv4/ip_forward && "
                             "echo 1 >ipv6/conf/all/forwarding && echo 0 >ipv4/conf/all/rp_filter && "
                             "echo 0 >ipv4/conf/client/rp_filter"])

    def count(self):
        """The server counts the packets to endpoints, and drops all."""
        n = self.network
        self.inside("server", ["nft", "-f", "-"], input="table %s server { counter arrived { }; chain prerouting { "
                               "type filter hook prerouting priority -300; policy drop; "
                               "%s daddr %s counter name arrived; }; }" % (n.table, n.table, n.pods))

    def n_arrived(self):
        text = self.inside("server", ["nft", "reset", "counters"])
        return int(re.search(r"packets (\d+)", text).group(1))

    def send(self, case, options, protocol):
        """ns for each packet."""
        part = "node" if case.origin == "node" else "client"
        took = self.inside(part, [self.sender, "send", protocol, str(options.packets), case.source],
                           input=case.targets)
        self.inside("node", [self.sender, "flush"])
        return float(took)


class Case:
    """Where packets come from and where they go to."""

    def __init__(self, what, origin, cluster):
        n = cluster.network
        self.what, self.origin = what, origin
        self.source = {"pod": n.pod, "node": n.node, "outside": n.outside}[origin]
        self.whole = what == "node-port"
        # In an order that is not that of the addresses.
        numbers = [i * 7919 % cluster.n_services for i in range(min(cluster.n_services, MAX_TARGETS))]
        targets = {"cluster-ip": [(n.service(0), rulesets.PORT)],
                   "cluster-ips": [(n.service(i), rulesets.PORT) for i in numbers],
                   "no-service": [(n.unknown, 443)], "node-port": [(n.node, rulesets.NODE_PORT)]}[what]
        self.targets = "".join("%s %d\n" % target for target in targets)

    def is_translated_by(self, ruleset):
        return self.what != "no-service" and ruleset != "bare"


def check_arrival(case, lab, options):
    expected = options.packets if case.is_translated_by(lab.name) else 0
    arrived = lab.n_arrived()
    # A few may be lost where the kernel's queue between two namespaces is full.
    if abs(arrived - expected) > expected // 50:
        sys.exit("packets: %s, %s from %s: %d of %d packets got to an endpoint" %
                 (lab.name, case.what, case.origin, arrived, options.packets))


def measure(case, labs, options, protocol):
    """{ruleset: ns}; the first round is not counted, and shows that the packets get where they should."""
    labs = [lab for lab in labs if not (case.whole and lab.name in ("bare", "static"))]
    took = {lab.name: [] for lab in labs}
    for lab in labs:
        lab.n_arrived()
        lab.send(case, options, protocol)
        check_arrival(case, lab, options)
    for _ in range(options.rounds):
        for lab in labs:
            took[lab.name].append(lab.send(case, options, protocol))
    return {name: min(ns) for name, ns in took.items()}


def own(names):
    """Those that are compared with kube-proxy."""
    return [name for name in names if name not in ("bare", "static", "kube-proxy")]


def print_row(case, cluster, row, names):
    """Prints a line and returns its figures: what is added to bare, or the whole packet; and ratios to kube-proxy."""
    base = 0 if case.whole else row["bare"]
    line = {"services": cluster.n_services, "family": cluster.network.family, "protocol": cluster.protocol,
            "origin": case.origin, "case": case.what, "bare_ns": row.get("bare"), "ns": {}, "ratio": {}}
    text = "IPv%d %s %-8s %-12s %6s" % (cluster.network.family, cluster.protocol, case.origin, case.what,
                                       "" if case.whole else "%.0f" % base)
    for name in names[1:]:
        if name not in row:
            text += " %12s" % ""
            continue
        line["ns"][name] = row[name] - base
        text += " %12.0f" % line["ns"][name]
    for name in own(names):
        if name not in row or "kube-proxy" not in row:
            text += "  %10s" % ""
            continue
        # With few rounds and packets, noise may be larger than what is measured.
        line["ratio"][name] = line["ns"][name] / max(line["ns"]["kube-proxy"], 1)
        text += "  %10.2f" % line["ratio"][name]
    print(text, flush=True)
    return line


def make_labs(cluster, options, texts):
    labs = []
    for name, text in texts.items():
        try:
            labs.append(Lab(name, cluster.network, options.sender, text, options.load_seconds))
        except TooSlow:
            print("%s is left out: loading %d Services takes more than %d s" %
                  (name, cluster.n_services, options.load_seconds), flush=True)
    return labs


def measure_cluster(cluster, options, directory):
    texts = {"bare": rulesets.bare(cluster), "static": rulesets.static(cluster),
             "kube-proxy": rulesets.kube_proxy(cluster), "ours": rulesets.ours(cluster, options.program, directory)}
    key = "%d-%s" % (cluster.network.family, cluster.protocol)
    for name, path in (variant.split("=", 1) for variant in options.variant):
        with open(path.replace("%", key)) as file:
            texts[name] = file.read()
    texts = {name: text for name, text in texts.items() if name not in options.without.split(",")}
    if options.save:
        for name, text in texts.items():
            with open(os.path.join(options.save, "%s-%s.nft" % (name, key)), "w") as file:
                file.write(text)
    if options.rounds == 0:
        return []
    run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"])
    labs = make_labs(cluster, options, texts)
    lines = []
    for origin in options.origins.split(","):
        for what in options.cases.split(","):
            case = Case(what, origin, cluster)
            # Nothing is left to compare with.
            if not labs or not case.whole and labs[0].name != "bare":
                continue
            lines.append(print_row(case, cluster, measure(case, labs, options, cluster.protocol), list(texts)))
    for lab in labs:
        lab.close()
    run(["umount", "/run/netns"])
    return lines


def own_namespaces(options):
    """They vanish with all processes and files in them when this one ends."""
    if options.inside:
        run(["mount", "-t", "tmpfs", "tmpfs", "/run"])
        os.mkdir("/run/netns")
        return
    command = ["unshare", *(["--map-root-user"] if os.geteuid() else []), "-m", "-n", "-p", "-f", "--mount-proc"]
    if subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode:
        print("skipped: this machine lets us make no network namespaces")
        sys.exit(77)
    os.execvp("unshare", [*command, "--kill-child", sys.executable, *sys.argv, "--inside"])


def subset(allowed):
    def parse(text):
        for word in text.split(","):
            if word not in allowed:
                raise argparse.ArgumentTypeError("%r is not one of %s" % (word, ", ".join(allowed)))
        return text
    return parse


def sizes(text):
    found = [int(word) for word in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError("a number of Services is at least 1")
    return found


def measure_size(options, n_services, names):
    print("%d Services x %d endpoints; ns, and ratios to kube-proxy" % (n_services, options.endpoints))
    print("%-30s %6s %s%s" % ("", *names[:1], "".join(" %12s" % name for name in names[1:]),
                              "".join("  %10s" % name for name in own(names))), flush=True)
    lines = []
    for family in options.families.split(","):
        for protocol in options.protocols.split(","):
            cluster = rulesets.Cluster(int(family), protocol, n_services, options.endpoints)
            with tempfile.TemporaryDirectory(prefix="bench-") as directory:
                lines += measure_cluster(cluster, options, directory)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("sender")
    parser.add_argument("--services", "--sizes", dest="sizes", type=sizes, default="1000", help="number of "
                        "Services; with several, as in 10,1000, the measurement is repeated for each")
    parser.add_argument("--endpoints", type=int, default=10, help="number of endpoints of each Service")
    parser.add_argument("--rounds", type=int, default=15, help="0 with --save: only write the rulesets")
    parser.add_argument("--packets", type=int, default=20000, help="in each round to each ruleset; at most 60000")
    parser.add_argument("--cases", type=subset(CASES), default=",".join(CASES), help="some of the default, %(default)s")
    parser.add_argument("--origins", type=subset(ORIGINS), default=",".join(ORIGINS),
                        help="where packets come from: some of the default, %(default)s")
    parser.add_argument("--protocols", type=subset(("tcp", "udp")), default="tcp,udp")
    parser.add_argument("--families", type=subset(("4", "6")), default="4,6")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=FILE", help="another ruleset for the "
                        "same Services; %% in FILE stands for FAMILY-PROTOCOL, such as 4-tcp; can be repeated")
    parser.add_argument("--save", metavar="DIRECTORY", help="write the rulesets there: a start for a variant")
    parser.add_argument("--json", help="write all figures there, too")
    parser.add_argument("--load-seconds", type=float, default=120,
                        help="a ruleset that takes longer to load is left out")
    parser.add_argument("--without", default="", metavar="RULESET", help="leave out static, kube-proxy or ours, "
                        "or several of them, as in static,kube-proxy")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    own_namespaces(options)
    names = ["bare", "static", "kube-proxy", "ours", *(variant.split("=", 1)[0] for variant in options.variant)]
    names = [name for name in names if name not in options.without.split(",")]
    lines = []
    for n_services in options.sizes:
        lines += measure_size(options, n_services, names)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"date": time.strftime("%Y-%m-%d"), "kernel": platform.release(), "rounds": options.rounds,
                       "packets": options.packets, "endpoints": options.endpoints, "lines": lines}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
