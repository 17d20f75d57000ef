# SPDX-License-Identifier: GPL-2.0-or-later
"""Hours of changes and faults in minutes: soak.py PROGRAM APISERVER

As root, in a network namespace of its own, without any network. For SOAK_SECONDS (1200) a cluster of SOAK_SERVICES
(10,000) Services changes SOAK_RATE (20) times a second, while its API server has one fault after the other.
In the end the ruleset must be that of a fresh start, and the memory must not have grown: after the warm-up, the median
of the last third is at most 10 % above that of the first third. SOAK_SEED repeats a sequence.
"""
import atexit
import copy
import difflib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

import bench
import cluster

SECONDS = int(os.environ.get("SOAK_SECONDS", "1200"))
SERVICES = int(os.environ.get("SOAK_SERVICES", "10000"))
RATE = int(os.environ.get("SOAK_RATE", "20"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
WARM = 0.1
COMPACT_S = 30
AFFINITY = 50
RESOURCES = ("services", "endpointslices", "nodes", "servicecidrs")
MARK_IP, MARK_ENDPOINT = "10.127.255.1", "10.127.255.2"


class Daemon(bench.Daemon):
    """It is to meet errors, and not to end."""

    processes = []

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.processes.append(self.process)

    def wait(self, message, start=0):
        limit = time.monotonic() + bench.LIMIT_S
        while time.monotonic() < limit:
            for _, line in self.lines[start:]:
                if 'msg="%s"' % message in line:
                    return
                if not line:
                    sys.exit("soak: the program ended: " + "".join(l for _, l in self.lines[-8:]))
            time.sleep(0.05)
        sys.exit("soak: no line %r" % message)

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))


class Cluster:
    """The objects as they should be, and small changes of them."""

    def __init__(self, server, apiserver, dice):
        self.server, self.dice = server, dice
        self.pairs = []
        objects = cluster.Objects(apiserver, SERVICES, bench.N_ENDPOINTS).list
        for i in range(SERVICES):
            self.pairs.append([objects[2 * i], objects[2 * i + 1], True])
        self.n = 0

    def address(self):
        self.n += 1
        return "10.%d.%d.%d" % (200 + self.n // 65536 % 50, self.n // 256 % 256, self.n % 256)

    def change(self):
        pair = self.dice.choice(self.pairs)
        service, endpoints, there = pair
        if not there:
            self.server.put(service)
            self.server.put(endpoints)
            pair[2] = True
            return
        kind = self.dice.choices(("replace", "add", "remove", "ready", "port", "affinity", "go"),
                                 (10, 3, 3, 5, 1, 1, 3))[0]
        if kind == "replace":
            self.dice.choice(endpoints["endpoints"])["addresses"] = [self.address()]
        elif kind == "add" and len(endpoints["endpoints"]) < 30:
            more = copy.deepcopy(endpoints["endpoints"][0])
            more["addresses"] = [self.address()]
            endpoints["endpoints"].append(more)
        elif kind == "remove" and len(endpoints["endpoints"]) > 1:
            endpoints["endpoints"].pop(self.dice.randrange(len(endpoints["endpoints"])))
        elif kind == "ready":
            conditions = self.dice.choice(endpoints["endpoints"])["conditions"]
            conditions["ready"] = not conditions["ready"]
        elif kind == "port":
            service["spec"]["ports"][0]["port"] = self.dice.choice((80, 81, 443))
            self.server.put(service)
            return
        elif kind == "affinity":
            # Always of the same few: what it costs must not grow with time.
            pair = self.dice.choice(self.pairs[:AFFINITY])
            pair[0]["spec"]["sessionAffinity"] = self.dice.choice(("None", "ClientIP"))
            if pair[2]:
                self.server.put(pair[0])
            return
        elif kind == "go":
            pair[2] = False
            for obj, resource in ((service, "services"), (endpoints, "endpointslices")):
                meta = obj["metadata"]
                self.server.ask("DELETE", "/objects/%s/%s/%s" % (resource, meta["namespace"], meta["name"]))
            return
        self.server.put(endpoints)

    def mark(self):
        """What is known to be the last that was said of each kind."""
        service, endpoints = copy.deepcopy(self.pairs[0][:2])
        for obj in (service, endpoints):
            obj["metadata"]["name"] = "mark"
            obj["metadata"].pop("uid", None)
        service["spec"].update(clusterIP=MARK_IP, clusterIPs=[MARK_IP], sessionAffinity="None")
        endpoints["metadata"]["labels"] = {"kubernetes.io/service-name": "mark"}
        endpoints["endpoints"] = [{"addresses": [MARK_ENDPOINT], "conditions": {"ready": True}}]
        self.server.put(service)
        self.server.put(endpoints)


class Trouble:
    """One fault after the other, each with a second or more between."""

    def __init__(self, server, dice):
        self.server, self.dice = server, dice
        self.met = {}
        self.start_again = None

    def some(self):
        kinds = ["status", "text", "html", "cut", "reset", "noise", "garbage", "empty_body", "short_gzip", "unasked_gzip",
                 "expired", "error_event", "dribble", "no_streaming", "silent", "stop", "drop", "goaway", "format"]
        kind = self.dice.choice(kinds)
        self.met[kind] = self.met.get(kind, 0) + 1
        if self.start_again is not None:
            self.server.ask("POST", "/start")
            self.start_again = None
        if kind == "format":
            self.server.ask("POST", "/format", self.dice.choice(("json", "protobuf")))
        elif kind == "goaway":
            self.server.ask("POST", "/goaway")
        elif kind == "stop":
            self.server.ask("POST", "/stop")
            self.start_again = True
        elif kind != "drop":
            fault = {"fault": kind, "times": self.dice.randrange(1, 4),
                     "code": self.dice.choice((401, 403, 404, 410, 429, 500, 502, 503, 504)),
                     "bytes": self.dice.randrange(1, 200000), "size": 999, "seconds": 20}
            if self.dice.random() < 0.8:
                fault["resource"] = self.dice.choice(RESOURCES)
            self.server.ask("POST", "/fault", fault)
        if kind not in ("stop", "goaway"):
            self.server.ask("POST", "/drop")

    def end(self):
        self.server.ask("POST", "/heal")
        self.server.ask("POST", "/start")


def ruleset():
    """What stands, in an order that does not depend on its history."""
    blocks = []
    for family in ("ip", "ip6"):
        text = subprocess.run(["nft", "-s", "list", "table", family, "kube-nftproxy"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        found, block = [], []
        for line in text.splitlines():
            block.append(line)
            if line == "\t}":
                found.append(block)
                block = []
        blocks += sorted(found)
    return [line for block in blocks for line in block]


def marked():
    def has(name, key):
        return subprocess.run(["nft", "get", "element", "ip", "kube-nftproxy", name, "{ %s }" % key],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    return has("cluster-ips", MARK_IP) and has("endpoints", "%s . tcp . 80 . 0" % MARK_IP)


def follow(daemon, server, dice, apiserver):
    """Changes and trouble for SECONDS; the samples (second, MB, descriptors)."""
    there, trouble = Cluster(server, apiserver, dice), Trouble(server, dice)
    start = time.monotonic()
    samples, n, next_trouble, next_compact = [], 0, 3.0, COMPACT_S
    while True:
        now = time.monotonic() - start
        if now >= SECONDS:
            break
        there.change()
        n += 1
        if now >= len(samples):
            samples.append((now, daemon.memory_mb()[0], daemon.descriptors()))
        if now >= next_trouble:
            trouble.some()
            next_trouble = now + dice.uniform(2, 20)
        if now >= next_compact:
            server.ask("POST", "/compact")
            next_compact += COMPACT_S
        if daemon.process.poll() is not None:
            sys.exit("soak: the program ended: " + "".join(line for _, line in daemon.lines[-8:]))
        time.sleep(max(0, start + n / RATE - time.monotonic()))
    trouble.end()
    there.mark()
    print("%d changes in %d s; faults: %s" % (n, SECONDS, ", ".join("%s %d" % row for row in sorted(trouble.met.items()))))
    return samples


def judge_memory(samples):
    behind = samples[int(len(samples) * WARM):]
    step = max(len(samples) // 20, 1)
    print("RSS in MB: " + " ".join("%.0f" % row[1] for row in samples[::step]))
    print("descriptors: " + " ".join("%d" % row[2] for row in samples[::step]))
    third = max(len(behind) // 3, 1)
    first, last = (statistics.median(row[1] for row in part) for part in (behind[:third], behind[-third:]))
    print("RSS, medians of the first third and of the last: %.1f, %.1f MB" % (first, last))
    return last <= 1.1 * first


def main():
    program, apiserver = sys.argv[1:3]
    if not os.environ.get("SOAK_NAMESPACE"):
        os.environ["SOAK_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    bench.run(["ip", "link", "set", "lo", "up"])
    print("SOAK_SECONDS=%d SOAK_SERVICES=%d SOAK_RATE=%d SOAK_SEED=%d" % (SECONDS, SERVICES, RATE, SEED), flush=True)
    good = True
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        atexit.register(lambda: [process.kill() for process in Daemon.processes])
        server = bench.Server(apiserver, directory, SERVICES)
        daemon = Daemon(program, "--kubeconfig", server.kubeconfig)
        daemon.wait("first sync")
        if not judge_memory(follow(daemon, server, random.Random(SEED), apiserver)):
            print("not ok: the memory grows")
            good = False
        limit = time.monotonic() + bench.LIMIT_S
        while not marked():
            if time.monotonic() > limit:
                sys.exit("soak: the last change never came: " + "".join(line for _, line in daemon.lines[-20:]))
            time.sleep(0.5)
        time.sleep(1)
        have = ruleset()
        daemon.stop()
        bench.empty_ruleset()
        fresh = Daemon(program, "--kubeconfig", server.kubeconfig)
        fresh.wait("first sync")
        want = ruleset()
        fresh.stop()
        server.close()
    if have != want:
        print("not ok: the ruleset is not that of a fresh start")
        print("\n".join(list(difflib.unified_diff(want, have, "fresh start", "what stood", lineterm="", n=0))[:60]))
        good = False
    print("the ruleset has %d lines; %s" % (len(have), "ok" if good else "FAILED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
