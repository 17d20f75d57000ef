# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of bench.py about large loads: what else waits for them.

Silence: how long the event loop answers nothing while it has something large to do; livez.py asks. Restart: the tables are
installed, and the program starts with the same cluster. Beside: the delay of a small change while all endpoints of a
large cluster are being replaced, and without that; delays.py says from when to when.

The cluster comes from the API server, over TLS, in protobuf. The tables are owned, so the program does not listen to
nf_tables' notifications. While another program does, the kernel takes some KB of memory for each element of a
transaction. The largest one here, of the Service with 40,000 front ends, has 80,000.
"""
import copy
import os
import statistics
import tempfile
import threading
import time

import bench
import cluster
import delays
import elements
import livez
import soak_load

CHUNK = 250         # changes that the API server gets at once
N_SMALL = 20        # small Services
SMALL_EVERY_S = 0.02
SETTLE_S = 0.3
PORT, TARGET_PORT = 80, 8080


def other_addresses(obj):
    """The same slice with other endpoints, and the next time with the first ones again."""
    for endpoint in obj["endpoints"]:
        first, rest = endpoint["addresses"][0].split(".", 1)
        endpoint["addresses"] = ["%d.%s" % (21 - int(first), rest)]


class Large:
    """A cluster, its API server, and the program that follows it."""

    def __init__(self, options, size, directory, small=0):
        self.options = options
        self.objects = cluster.Objects(options.apiserver, size, bench.N_ENDPOINTS)
        self.slices = [self.objects.slice_of(i) for i in range(size)]
        self.address = {i: self.objects.list[2 * i]["spec"]["clusterIP"] for i in range(size)}
        self.control = os.path.join(directory, "control.sock")
        self.server = bench.Server(options.apiserver, directory, size)
        self.kernel = elements.Elements()
        self.small = [self.make_small(i) for i in range(small)]
        self.server.ask("POST", "/load", [obj for pair in self.small for obj in pair])
        bench.empty_ruleset()

    def make_small(self, i):
        service, endpoints = copy.deepcopy(self.objects.list[0]), copy.deepcopy(self.objects.slice_of(0))
        for obj in (service, endpoints):
            obj["metadata"]["name"] = "small-%d" % i
        address = "10.127.1.%d" % i
        service["spec"].update(clusterIP=address, clusterIPs=[address])
        endpoints["metadata"]["labels"]["kubernetes.io/service-name"] = "small-%d" % i
        endpoints["endpoints"] = endpoints["endpoints"][:2]
        return service, endpoints

    def start(self):
        return bench.Daemon(self.options.program, "--kubeconfig", self.server.kubeconfig, "--control-socket", self.control)

    def give_chains(self):
        """All Services get chains of their own: session affinity, and five source ranges that differ."""
        bench.restrict(self.objects, 1, 5, True)
        for i in self.address:
            self.objects.list[2 * i]["spec"]["sessionAffinity"] = "ClientIP"
        for start in range(0, 2 * len(self.slices), CHUNK):
            self.server.ask("POST", "/change", self.objects.list[start:min(start + CHUNK, 2 * len(self.slices))])

    def replace_all(self):
        """All endpoints, and waits until the kernel has the last of them."""
        for obj in self.slices:
            other_addresses(obj)
        for start in range(0, len(self.slices), CHUNK):
            self.server.ask("POST", "/change", self.slices[start:start + CHUNK])
        for i, obj in enumerate(self.slices):
            first = min((endpoint["addresses"][0] for endpoint in obj["endpoints"]), key=elements.address_key)
            self.until("endpoints", elements.endpoint_key(self.address[i], "TCP", PORT, 0),
                       elements.endpoint_data(first, TARGET_PORT))

    def until(self, name, key, data):
        """The element has that data; True: any; None: it is not there."""
        limit = time.monotonic() + bench.LIMIT_S
        while True:
            found = self.kernel.get([(name, key)])[0]
            if found is not None if data is True else found == data:
                return
            if time.monotonic() > limit:
                raise SystemExit("bench: a change does not come")
            time.sleep(0.01)

    def stop(self):
        self.server.close()


def restarted(large, daemon):
    """The program is ended and started; (the new one, its line, seconds from its start)."""
    daemon.stop()
    daemon = large.start()
    _, when, line = daemon.wait_for(r'msg=("first sync"|verified) ', 0)
    return daemon, line, when - daemon.started


def restart_row(daemon, line, seconds):
    """What that restart cost."""
    daemon.cpu_ns()  # until it sleeps
    stat = daemon.proc("stat").rsplit(")", 1)[1].split()
    user, system = (int(value) / os.sysconf("SC_CLK_TCK") for value in stat[11:13])
    return {"restarted_s": seconds, "sync_s": float(line["total_ms"]) / 1e3, "user_s": user, "system_s": system,
            "steps": int(line["steps"])}


def monster(large):
    """A Service of 100 ports x 400 external IPs, and its last front end."""
    monsters = soak_load.Monsters(large.server, None, 1, None, None)
    kind = monsters.KINDS[0]
    return monsters.make(kind), ("services", elements.frontend_key(soak_load.MONSTER_IP, "TCP", kind[1]))


def measure_silence_once(large, chains=False):
    """Name of the load: (longest time in ms without an answer, seconds that it took); CHAINS: only what reads them."""
    figures, asking = {}, livez.Livez()

    def during(name, action):
        time.sleep(SETTLE_S)
        asking.longest()
        begin = time.monotonic()
        result = action()
        took = time.monotonic() - begin
        time.sleep(SETTLE_S)
        figures[name] = (asking.longest()[0] * 1e3, took)
        return result

    def first_load():
        daemon = large.start()
        daemon.wait("first sync")
        return daemon

    def come():
        large.server.put(service)
        large.until(*key, True)

    def go():
        large.server.delete("services", service)
        large.until(*key, None)

    bench.empty_ruleset()
    daemon = during("first load", first_load)
    if not chains:
        during("all endpoints replaced", large.replace_all)
    daemon = during("restart", lambda: restarted(large, daemon)[0])
    during("diff", lambda: bench.run([large.options.program, "diff", "--control-socket", large.control]))
    if not chains:
        (service, _), key = monster(large)
        during("40,000 front ends appear", come)
        during("40,000 front ends go", go)
    asking.stop()
    daemon.stop()
    return figures


def measure_silence(options, size, chains=False):
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        large = Large(options, size, directory)
        if chains:
            large.give_chains()
        rows = [measure_silence_once(large, chains) for _ in range(options.runs)]
        large.stop()
    return {name: {"silent_ms": statistics.median(row[name][0] for row in rows),
                   "longest_ms": max(row[name][0] for row in rows),
                   "took_s": statistics.median(row[name][1] for row in rows)} for name in rows[0]}


def measure_restart(options, size):
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        large = Large(options, size, directory)
        daemon = large.start()
        daemon.wait("first sync")
        rows = []
        for _ in range(options.runs):
            daemon, line, seconds = restarted(large, daemon)
            rows.append(restart_row(daemon, line, seconds))
        daemon.stop()
        large.stop()
    return bench.medians(rows)


def change_small(large, watch, i, n):
    """One of two endpoints of a small Service is replaced; N makes it new."""
    endpoints = large.small[i][1]
    endpoints["endpoints"][0]["addresses"] = ["10.126.%d.%d" % (n // 256, n % 256)]  # before the other one
    key = elements.endpoint_key(large.small[i][0]["spec"]["clusterIP"], "TCP", PORT, 0)
    data = elements.endpoint_data(endpoints["endpoints"][0]["addresses"][0], TARGET_PORT)
    change = watch.expect("small-%d" % i, ("endpoints", key), data)
    change.versions.append(("endpointslices", large.server.put(endpoints)))


def measure_beside_once(large):
    """Delays in ms: ([of small changes alone], [of those beside the large one], seconds of the large one)."""
    daemon = large.start()
    daemon.wait_for(r'msg=("first sync"|verified) ', 0)
    time.sleep(SETTLE_S)
    watch = delays.Delays(large.server)
    took, n = [], 0

    def replace():
        begin = time.monotonic()
        large.replace_all()
        took.append(time.monotonic() - begin)

    def small_ones(go_on):
        nonlocal n
        begin, first = time.monotonic(), n
        while go_on() or n == first:
            if "small-%d" % (n % N_SMALL) not in watch.names():
                change_small(large, watch, n % N_SMALL, n)
            n += 1
            time.sleep(max(0, begin + (n - first) * SMALL_EVERY_S - time.monotonic()))
        if watch.wait(bench.LIMIT_S):
            raise SystemExit("bench: a small change does not come")
        done, watch.done = watch.done, []
        return done

    alone = small_ones(lambda: n < 5 * N_SMALL)
    thread = threading.Thread(target=replace)
    thread.start()
    beside = small_ones(thread.is_alive)
    thread.join()
    watch.stop()
    daemon.stop()
    return (*([watch.delay(change)[0] * 1e3 for change in done] for done in (alone, beside)), took[0])


def measure_beside(options, size):
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        large = Large(options, size, directory, N_SMALL)
        rows = [measure_beside_once(large) for _ in range(options.runs)]
        large.stop()
    found = {"took_s": statistics.median(row[2] for row in rows)}
    for i, name in enumerate(("alone", "beside")):
        found[name] = {"median_ms": statistics.median(statistics.median(row[i]) for row in rows),
                       "p90_ms": statistics.median(delays.quantile(row[i], 0.9) for row in rows),
                       "longest_ms": statistics.median(max(row[i]) for row in rows),
                       "changes": sum(len(row[i]) for row in rows)}
    return found


def sizes(text):
    return [int(n) for n in text.split(",") if n]


def print_all(options):
    """All three tables; the figures."""
    results = {"silence": {}, "chains": {}, "restart": {}, "beside": {}}
    if options.silence or options.chains:
        print("\n%7s  %-26s %10s %11s %9s" % ("size", "load", "silent ms", "worst run", "took s"))
    for kind, title in (("silence", "%s"), ("chains", "%s, own chains")):
        for size in sizes(getattr(options, kind)):
            rows = results[kind][size] = measure_silence(options, size, kind == "chains")
            for name, row in rows.items():
                print("%7d  %-26s %10.1f %11.1f %9.2f" % (size, title % name, row["silent_ms"], row["longest_ms"],
                                                          row["took_s"]), flush=True)
    if options.restart:
        print("\n%7s  %-26s %10s %11s %9s %9s" % ("size", "restart", "ready s", "of it sync", "user s", "system s"))
    for size in sizes(options.restart):
        row = results["restart"][size] = measure_restart(options, size)
        print("%7d  %-26s %10.3f %11.3f %9.2f %9.2f" % (size, "tables are installed", row["restarted_s"], row["sync_s"],
                                                        row["user_s"], row["system_s"]), flush=True)
    if options.beside:
        print("\n%7s  %-26s %10s %11s %9s %9s" % ("size", "delay of a small change", "median ms", "p90 ms", "longest",
                                                  "changes"))
    for size in sizes(options.beside):
        row = results["beside"][size] = measure_beside(options, size)
        for name, title in (("alone", "alone"), ("beside", "all endpoints replaced")):
            print("%7d  %-26s %10.2f %11.2f %9.2f %9d" % (size, title, row[name]["median_ms"], row[name]["p90_ms"],
                                                          row[name]["longest_ms"], row[name]["changes"]), flush=True)
        print("%7d  %-26s %10.1f" % (size, "ratio of the medians", row["beside"]["median_ms"] / row["alone"]["median_ms"]))
    return results
