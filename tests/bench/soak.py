# SPDX-License-Identifier: GPL-2.0-or-later
"""Hours of changes and faults in minutes: soak.py PROGRAM APISERVER [OPTION]...

As root, in a network namespace of its own, without any network. A cluster changes all the time, while its API server has
one fault after the other, another program commits to a table of its own, clients ask a Service with session affinity,
an expensive Service comes and goes, and the program is killed and started again (soak_load.py).

In the end the ruleset must be that of a fresh start. No change may be later than --max-delay, and of those that the server
sent in a watch no more than one of a hundred later than --p99; delays.py says what is measured. After the API server was away, a
list has hundreds of changes, and its last byte is sent before the program has read the first ones; likewise a watch that goes on
where it ended sends hundreds of changes at once. So lists, and bursts of a watch (BURST), are only held to --max-delay.
Expensive Services must be in the kernel, or refused and named by status. The memory must not have grown by more than 10 % from
minute 5 (from a quarter of a run shorter than 20) to the end: the least of four minutes each, as expensive Services take memory
for a while. --seed repeats a sequence of changes and faults.

The loop's longest silences are only printed. --services 10000 --foreign 0 --clients 0 --monster 0 --kills 0 is a soak of a
large cluster without neighbours.
"""
import argparse
import atexit
import bisect
import copy
import difflib
import ipaddress
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import bench
import cluster
import delays
import elements
import livez
import soak_load

COMPACT_S = 30
AFFINITY = 50
FLOODED_S = 1.0
SETTLE_S = 10
BURST, BURST_S = 50, 0.01  # so many changes of a watch within this time before and after
MEMORY_S = 600  # a shorter run meets its first expensive Services too late to judge the memory
KILLS_AT = (0.05, 0.12, 0.5, 0.75)  # of the time; the first two are before memory is looked at
RESOURCES = ("services", "endpointslices", "nodes", "servicecidrs")
MARK_IP, MARK_ENDPOINT = "10.127.255.1", "10.127.255.2"


class Daemon(bench.Daemon):
    """It is to meet errors, and not to end."""

    all = []

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.all.append(self)

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


def table(service, endpoints):
    """{key of the map "endpoints": data}, as the program should make it of the two."""
    ready = sorted(ipaddress.ip_address(endpoint["addresses"][0]) for endpoint in endpoints["endpoints"]
                   if endpoint["conditions"]["ready"])
    return {elements.endpoint_key(service["spec"]["clusterIP"], port["protocol"], port["port"], i):
            elements.endpoint_data(str(address), port["targetPort"])
            for port in service["spec"]["ports"] for i, address in enumerate(ready)}


def frontend(service):
    """The key of its first port in the map "services"."""
    port = service["spec"]["ports"][0]
    return elements.frontend_key(service["spec"]["clusterIP"], port["protocol"], port["port"])


class Cluster:
    """The objects as they should be, and small changes of them. Only a Service whose last change arrived changes again."""

    def __init__(self, server, options, watch):
        self.server, self.dice, self.watch = server, random.Random(options.seed), watch
        self.pairs = []
        objects = cluster.Objects(options.apiserver, options.services, bench.N_ENDPOINTS).list
        for i in range(options.services):
            self.pairs.append([objects[2 * i], objects[2 * i + 1], True])
        self.tables = {}
        self.not_awaited = {}
        self.n = self.n_skipped = 0

    def address(self):
        self.n += 1
        return "10.%d.%d.%d" % (200 + self.n // 65536 % 50, self.n // 256 % 256, self.n % 256)

    def change(self):
        waiting = self.watch.names()
        for _ in range(20):
            pair = self.dice.choice(self.pairs)
            if pair[0]["metadata"]["name"] not in waiting:
                return self.change_of(pair)
        self.n_skipped += 1
        return None

    def expect(self, service, key, new):
        """
        The element KEY of the map "endpoints" becomes that of NEW. If it goes, the verdict of its port decides: no packet asks for an
        endpoint beyond the number in the verdict, and a restart deletes such endpoints last. None: a port that may get session affinity
        has the same verdict for all numbers then.
        """
        name, protocol = service["metadata"]["name"], service["spec"]["ports"][0]["protocol"]
        if key in new:
            return self.watch.expect(name, ("endpoints", key), new[key])
        if new and any(service is pair[0] for pair in self.pairs[:AFFINITY]):
            return None
        of_first = elements.endpoint_key(service["spec"]["clusterIP"], protocol, service["spec"]["ports"][0]["port"], 0)[:-4]
        return self.watch.expect(name, ("services", frontend(service)),
                                 elements.chain(protocol, sum(found[:-4] == of_first for found in new)))

    def put(self, pair, objects):
        """
        OBJECTS are those of the pair that changed; what the kernel should have of it afterwards is awaited. If nothing is, the next
        change that is may need it: it counts as sent when both were.
        """
        service, endpoints, there = pair
        name = service["metadata"]["name"]
        old = self.tables.get(name) or {}
        new = self.tables[name] = table(service, endpoints) if there else {}
        differs = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
        change = None
        if differs and name in self.tables and there:
            key = self.dice.choice(sorted(differs))
            change = self.expect(service, key, new)
        elif differs and name in self.tables:
            # A Service that went has no verdict. What else it had meets no packet; a restart deletes that last.
            change = self.watch.expect(name, ("services", frontend(service)), None)
        if change:
            change.versions += self.not_awaited.pop(name, [])
        for resource, obj in objects:
            version = self.server.put(obj) if there else self.server.delete(resource, obj)
            if change and (there or resource == "services"):
                change.versions.append((resource, version))
            elif not change and there:
                self.not_awaited.setdefault(name, []).append((resource, version))

    def change_of(self, pair):
        service, endpoints, there = pair
        if service["metadata"]["name"] not in self.tables:
            self.tables[service["metadata"]["name"]] = table(service, endpoints)
        both, slice_alone = (("services", service), ("endpointslices", endpoints)), (("endpointslices", endpoints),)
        if not there:
            pair[2] = True
            return self.put(pair, both)
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
            return self.put(pair, (("services", service),))
        elif kind == "affinity":
            # Always of the same few: what it costs must not grow with time.
            pair = self.dice.choice(self.pairs[:AFFINITY])
            pair[0]["spec"]["sessionAffinity"] = self.dice.choice(("None", "ClientIP"))
            if pair[2]:
                self.server.put(pair[0])
            return None
        elif kind == "go":
            pair[2] = False
            return self.put(pair, both)
        return self.put(pair, slice_alone)

    def flood(self, flooded):
        """The Service of the clients comes; or the next time one of its endpoints is replaced."""
        if not self.tables.get("flooded"):
            return self.put([flooded.service, flooded.endpoints, True],
                            (("services", flooded.service), ("endpointslices", flooded.endpoints)))
        self.dice.choice(flooded.endpoints["endpoints"])["addresses"] = [self.address()]
        return self.put([flooded.service, flooded.endpoints, True], (("endpointslices", flooded.endpoints),))

    def mark(self):
        """What is known to be the last that was said of each kind."""
        service, endpoints = copy.deepcopy(self.pairs[0][:2])
        for obj in (service, endpoints):
            obj["metadata"]["name"] = "mark"
            obj["metadata"].pop("uid", None)
        service["spec"].update(clusterIP=MARK_IP, clusterIPs=[MARK_IP], sessionAffinity="None")
        service["spec"]["ports"][0]["port"] = 80
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


def without_clients(block):
    """A map that packets fill has no elements: the fresh start has met no packets."""
    if not any(line.strip().startswith("flags dynamic") for line in block):
        return block
    at = next((i for i, line in enumerate(block) if line.strip().startswith("elements = ")), None)
    return block if at is None else block[:at] + ["\t}"]


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
                found.append(without_clients(block))
                block = []
        blocks += sorted(found)
    return [line for block in blocks for line in block]


def marked(watch):
    """Not with nft: it begins anew when another program commits."""
    return (watch.has(("cluster-ips", elements.address_key(MARK_IP))) and
            watch.has(("endpoints", elements.endpoint_key(MARK_IP, "TCP", 80, 0))))


class Run:
    """A soak while it goes on."""

    def __init__(self, options, directory, server):
        self.options, self.server = options, server
        self.control = os.path.join(directory, "control.sock")
        self.watch = delays.Delays(server)
        self.cluster = Cluster(server, options, self.watch)
        self.trouble = Trouble(server, random.Random(options.seed + 1))
        self.monsters = soak_load.Monsters(server, self.watch, options.monster, options.program, self.control)
        self.neighbours = soak_load.Neighbours()
        atexit.register(self.neighbours.stop)
        self.flooded = soak_load.Flooded(self.cluster.pairs[0], bench.N_ENDPOINTS)
        self.silence = livez.Livez()
        self.samples, self.silences = [], []
        self.daemon = self.start()

    def start(self):
        return Daemon(self.options.program, "--kubeconfig", self.server.kubeconfig, "--control-socket", self.control,
                      "-v", str(self.options.verbosity))

    def write_log(self):
        """Of all programs, with the seconds that judge_delays() prints."""
        if self.options.log:
            with open(self.options.log, "w") as file:
                for program in Daemon.all:
                    file.writelines("%.3f %s" % (when - self.watch.begun, line) for when, line in program.lines)

    def begin(self):
        """The others begin; the first sync was made."""
        options, folder = self.options, os.path.join(os.path.dirname(self.options.program), "../../tests/netns")
        if options.foreign:
            self.neighbours.commits(os.path.join(folder, "foreign"), options.foreign)
        if options.clients:
            self.neighbours.network()
            self.cluster.flood(self.flooded)
            late = self.watch.wait(bench.LIMIT_S)
            if late:
                sys.exit("soak: the Service of the clients does not come")
            self.neighbours.clients(os.path.join(folder, "probe"), options.clients, options.clients * options.seconds)
        self.silence.longest()

    def kill(self):
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.watch.sent.begun_anew(time.monotonic())
        self.daemon = self.start()

    def sample(self, now):
        if self.daemon.process.poll() is not None:
            sys.exit("soak: the program ended: " + "".join(line for _, line in self.daemon.lines[-8:]))
        self.samples.append((now, self.daemon.memory_mb()[0], self.daemon.descriptors()))
        self.silences.append((self.silence.longest()[0], now))
        self.watch.sent.read()

    def go_on(self):
        options, start, n = self.options, time.monotonic(), 0
        kills = [part * options.seconds for part in KILLS_AT[:options.kills]]
        next_trouble, next_compact, next_flooded = 3.0, COMPACT_S, FLOODED_S
        while True:
            now = time.monotonic() - start
            if now >= options.seconds:
                return n
            if options.clients and now >= next_flooded and "flooded" not in self.watch.names():
                self.cluster.flood(self.flooded)
                next_flooded = now + FLOODED_S
            else:
                self.cluster.change()
            n += 1
            if now >= len(self.samples):
                self.sample(now)
            if options.faults and now >= next_trouble:
                self.trouble.some()
                next_trouble = now + self.trouble.dice.uniform(2, 20)
            if now >= next_compact:
                self.server.ask("POST", "/compact")
                next_compact += COMPACT_S
            if options.monster:
                self.monsters.go_on(now)
            if kills and now >= kills[0]:
                self.kill()
                kills.pop(0)
            time.sleep(max(0, start + n / options.rate - time.monotonic()))

    def end(self):
        """Everything is in the kernel; True if it is."""
        self.trouble.end()
        if self.options.monster:
            self.monsters.end()
        self.cluster.mark()
        late = self.watch.wait(bench.LIMIT_S / 5)
        limit = time.monotonic() + bench.LIMIT_S
        while not marked(self.watch):
            if time.monotonic() > limit:
                self.write_log()
                sys.exit("soak: the last change never came: " + "".join(line for _, line in self.daemon.lines[-20:]))
            time.sleep(0.5)
        self.watch.stop()
        self.silence.stop()
        for change in late:
            print("not ok: never came: %s, %s %s" % (change.name, change.wanted[0], change.wanted[1].hex()))
        said = self.neighbours.end_commits()
        if said:
            print("another program: " + said)
        self.neighbours.stop()
        return not late


def split_bursts(rows):
    """Two lists of delays in ms: of changes that were sent alone or with few others, and of those sent in bursts."""
    sent = sorted(change.arrived - delay for delay, _, change in rows)
    alone, bursts = [], []
    for delay, _, change in rows:
        at = change.arrived - delay
        many = bisect.bisect(sent, at + BURST_S) - bisect.bisect(sent, at - BURST_S) >= BURST
        (bursts if many else alone).append(delay * 1e3)
    return alone, bursts


def judge_delays(watch, options):
    """Prints the delays of all changes, and the latest ones."""
    rows, unknown, monsters = [], 0, []
    for change in watch.done:
        delay = watch.delay(change)
        if change.late:
            monsters.append(delay[0] if delay else float("nan"))
        elif delay:
            rows.append((delay[0], delay[1], change))
        else:
            unknown += 1
    if not rows:
        print("not ok: no delay is known")
        return False
    if options.log:
        with open(options.log + ".delays", "w") as file:
            file.writelines("%.3f %.1f ms %s %s\n" % (change.arrived - watch.begun, delay * 1e3, how, change.name)
                            for delay, how, change in sorted(rows, key=lambda row: row[2].arrived))
    in_watch, in_burst = split_bursts([row for row in rows if row[1] == "event"])
    in_list = [row[0] * 1e3 for row in rows if row[1] == "list"]
    for how, values in (("a watch", in_watch), ("bursts of a watch", in_burst), ("a list", in_list)):
        if values:
            print("delays of %d changes sent in %s, in ms: median %.1f, p90 %.1f, p99 %.1f, longest %.1f" % (
                len(values), how, statistics.median(values),
                *(delays.quantile(values, part) for part in (0.9, 0.99, 1))))
    values = [row[0] for row in rows]
    p99, longest = delays.quantile(values, 0.99) * 1e3, max(values) * 1e3
    print("delays of all %d changes, in ms: p99 %.1f, longest %.1f; %d not sent as far as the server says" %
          (len(rows), p99, longest, unknown))
    for delay, how, change in sorted(rows, key=lambda row: -row[0])[:20]:
        print("  late: %.1f ms, sent in a %s, there at %.3f: %s" %
              (delay * 1e3, how, change.arrived - watch.begun, change.name))
    if monsters:
        print("delays of expensive Services, in ms: " + " ".join("%.0f" % (value * 1e3) for value in monsters))
    good = bool(in_watch) and delays.quantile(in_watch, 0.99) <= options.p99 and longest <= options.max_delay
    if not good:
        print("not ok: changes are late")
    return good


def judge_memory(samples, seconds):
    step = max(len(samples) // 20, 1)
    print("RSS in MB: " + " ".join("%.0f" % row[1] for row in samples[::step]))
    print("descriptors: " + " ".join("%d" % row[2] for row in samples[::step]))
    width, middle = min(240.0, seconds / 5), min(300.0, seconds / 4)
    first = min(row[1] for row in samples if middle <= row[0] <= middle + width)
    last = min(row[1] for row in samples if row[0] >= samples[-1][0] - width)
    print("least RSS in the %.0f s from %.0f s on, and in the last ones: %.1f, %.1f MB" % (width, middle, first, last))
    if seconds < MEMORY_S:
        print("too short to judge the memory")
    elif last > 1.1 * first:
        print("not ok: the memory grows")
        return False
    return True


def judge_ruleset(run):
    """Against that of a fresh start, without the clients that packets brought, when the daemon is idle.

    Chains that are kept ready for other numbers of endpoints are made after a second without a change.
    """
    have = None
    for _ in range(SETTLE_S):
        before, have = have, ruleset()
        if have == before:
            break
        time.sleep(3)
    run.daemon.stop()
    bench.empty_ruleset()
    fresh = run.start()
    fresh.wait("first sync")
    want = ruleset()
    fresh.stop()
    print("the ruleset has %d lines" % len(have))
    if have != want:
        print("not ok: the ruleset is not that of a fresh start")
        print("\n".join(list(difflib.unified_diff(want, have, "fresh start", "this one", lineterm="", n=0))[:60]))
    return have == want


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("apiserver")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=20, help="changes a second")
    parser.add_argument("--no-faults", dest="faults", action="store_false", help="the API server has none")
    parser.add_argument("--foreign", type=int, default=20, help="commits of another program a second; 0: none")
    parser.add_argument("--clients", type=int, default=500, help="new clients of session affinity a second; 0: none")
    parser.add_argument("--monster", type=float, default=60, help="seconds from one expensive Service to the next; 0: none")
    parser.add_argument("--kills", type=int, default=2, help="times that the program is killed, at most %d" % len(KILLS_AT))
    parser.add_argument("--p99", type=float, default=50, help="ms that 99 %% of the changes in a watch may take")
    parser.add_argument("--max-delay", type=float, default=1000, help="ms that a change may take")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", help="a file for the program's log, with the second of each line; FILE.delays has all delays")
    parser.add_argument("--verbosity", type=int, default=2, help="-v of the program")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.seed = options.seed or random.SystemRandom().randrange(1, 1 << 32)
    return options


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bench.own_namespace(options)
    print(" ".join("--%s %s" % (key.replace("_", "-"), value) for key, value in sorted(vars(options).items())
                   if key not in ("program", "apiserver", "inside")), flush=True)
    with tempfile.TemporaryDirectory(prefix="soak-") as directory:
        atexit.register(lambda: [daemon.process.kill() for daemon in Daemon.all])
        server = bench.Server(options.apiserver, directory, options.services)
        run = Run(options, directory, server)
        run.daemon.wait("first sync")
        run.begin()
        n = run.go_on()
        all_came = run.end()
        print("%d changes in %d s; faults: %s" % (
            n, options.seconds, ", ".join("%s %d" % row for row in sorted(run.trouble.met.items()))))
        good = [all_came, judge_delays(run.watch, options), judge_memory(run.samples, options.seconds)]
        print("longest silences of the loop, in ms (at second): " + ", ".join(
            "%.0f (%.0f)" % (silence * 1e3, when) for silence, when in sorted(run.silences, reverse=True)[:12]))
        print("expensive Services: %s" % ", ".join("%s: %d" % row for row in sorted(run.monsters.met.items())))
        for wrong in run.monsters.bad:
            print("not ok: " + wrong)
        good += [not run.monsters.bad, judge_ruleset(run)]
        run.write_log()
        server.close()
    print("ok" if all(good) else "FAILED")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
