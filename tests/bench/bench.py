# SPDX-License-Identifier: GPL-2.0-or-later
"""What a start and a change cost: bench.py PROGRAM APISERVER [OPTION]...

As root, in a network namespace of its own, without any network. Every figure is a median. nft loads the same ruleset in
the same run, and its time and CPU are printed beside ours, so that ratios hold on a busy machine.

Started: from the start of the program to its line "first sync". Kernel: within that, from the first byte of the
batch to its last answer. A change: the file or object is changed, the line "synced" is waited for, and the CPU
time (user and system, from /proc/PID/schedstat) is read when the program sleeps again.
"""
import argparse
import copy
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import cluster

LIMIT_S = 300
N_ENDPOINTS = 10
NODE = "node-0"
REFERENCE_SERVICES = 1000
CHANGES = ("replaced", "added", "first", "jump")


def fields(line):
    return {key: value.strip('"') for key, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)}


class Daemon:
    """The program, its log, and what /proc says about it."""

    def __init__(self, program, *options):
        self.lines = []
        self.changed = threading.Condition()
        self.started = time.monotonic()
        self.process = subprocess.Popen([program, "--hostname-override", NODE, "--state-dir", "", "-v", "2", *options],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append((time.monotonic(), line))
                self.changed.notify_all()
        with self.changed:
            self.lines.append((time.monotonic(), ""))
            self.changed.notify_all()

    def wait(self, message, start=0):
        """(index behind it, time, fields) of the first line with that message from line START on."""
        return self.wait_for('msg=("%s"|%s) ' % (message, message), start)

    def wait_for(self, pattern, start):
        """The same, of the first line that PATTERN is found in."""
        limit = time.monotonic() + LIMIT_S
        with self.changed:
            while True:
                for i, (when, line) in enumerate(self.lines[start:], start):
                    if re.search(pattern, line):
                        return i + 1, when, fields(line)
                    if not line or "level=error" in line:
                        sys.exit("bench: the program failed: " + "".join(l for _, l in self.lines[-5:]))
                if not self.changed.wait(limit - time.monotonic()):
                    sys.exit("bench: no line %r within %d s" % (pattern, LIMIT_S))

    def proc(self, name):
        with open("/proc/%d/%s" % (self.process.pid, name)) as file:
            return file.read()

    def cpu_ns(self):
        """All threads; read when they sleep, that is, when two readings are equal."""
        def reading():
            return sum(int(self.proc("task/%s/schedstat" % task).split()[0])
                       for task in os.listdir("/proc/%d/task" % self.process.pid))
        before = reading()
        while True:
            time.sleep(0.005)
            after = reading()
            if after == before:
                return after
            before = after

    def memory_mb(self):
        status = dict(line.split(":", 1) for line in self.proc("status").splitlines())
        return tuple(int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))

    def n_children(self):
        """Running ones, and whether there ever was one that used any time."""
        stat = self.proc("stat").rsplit(")", 1)[1].split()
        waited_for = int(stat[13]) + int(stat[14]) > 0
        return len(self.proc("task/%d/children" % self.process.pid).split()) + waited_for

    def stop(self):
        self.process.terminate()
        if self.process.wait(LIMIT_S) != 0:
            sys.exit("bench: the program ended with %d" % self.process.returncode)


class Server:
    """The API server, over TLS, with a kubeconfig for it."""

    def __init__(self, apiserver, directory, n_services):
        self.kubeconfig = os.path.join(directory, "kubeconfig")
        cert, key = os.path.join(directory, "cert"), os.path.join(directory, "key")
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=bench", "-addext",
             "subjectAltName=IP:127.0.0.1"])
        self.process = subprocess.Popen([sys.executable, apiserver, "--cert", cert, "--key", key, "--generate",
                                         "%d,%d" % (n_services, N_ENDPOINTS)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline())
        self.control = ready["control"]
        with open(self.kubeconfig, "w") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "bench",
                       "clusters": [{"name": "bench", "cluster": {"server": ready["url"],
                                                                  "certificate-authority": cert}}],
                       "users": [{"name": "bench", "user": {}}],
                       "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}]}, file)

        # What a real server does in microseconds is not to be part of a start.
        self.ask("POST", "/warm")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.control + path, method=method, data=json.dumps(body).encode())
        return json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=LIMIT_S))

    def put(self, obj):
        """Its version."""
        return self.ask("PUT", "/objects", obj)["version"]

    def delete(self, resource, obj):
        meta = obj["metadata"]
        return self.ask("DELETE", "/objects/%s/%s/%s" % (resource, meta["namespace"], meta["name"]))["version"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)


class Files:
    """A directory of manifests; a change is a small file renamed into place."""

    def __init__(self, directory):
        self.directory = directory

    def put(self, obj):
        path = os.path.join(self.directory, "changing.json")
        with open(path + ".new", "w") as file:
            json.dump(obj, file)
        os.rename(path + ".new", path)


def run(command, **options):
    """Runs to its end; (seconds, CPU seconds, peak MB)."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("bench: %s: %s" % (" ".join(command), errors.decode().strip()))
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def empty_ruleset():
    run(["nft", "flush", "ruleset"])


def started(options, source):
    """Starts the program from nothing; returns it with what the start cost."""
    empty_ruleset()
    daemon = Daemon(options.program, *source)
    _, when, line = daemon.wait("first sync")
    cpu_ms = daemon.cpu_ns() / 1e6
    time.sleep(0.5)
    settled, peak = daemon.memory_mb()
    return daemon, {"started_s": when - daemon.started, "kernel_s": float(line["kernel_ms"]) / 1e3,
                    "cpu_s": cpu_ms / 1e3, "settled_mb": settled, "peak_mb": peak,
                    "elements": int(line["elements"]), "children": daemon.n_children()}


def changed(daemon, put, obj):
    """One change: CPU in ms, bytes sent, ms from the change to the end of the sync, ms of this sync, and of the kernel in it."""
    before, start, at = daemon.cpu_ns(), time.monotonic(), len(daemon.lines)
    put(obj)
    _, when, line = daemon.wait("synced", at)
    return ((daemon.cpu_ns() - before) / 1e6, int(line["bytes"]), (when - start) * 1e3, float(line["total_ms"]),
            float(line["kernel_ms"]))


def changes(options, daemon, source, template):
    """Replace and add an endpoint again and again; medians.

    An eleventh endpoint needs no new chain, since another Service has eleven. Nor does a twelfth, although no Service has twelve:
    its chain is kept ready. After it, the chain for the thirteenth is made: CPU time counts this, the time of the sync does not. The
    chain for 20 or more, another number each time, must be made by the change itself.
    """
    # Addresses before and behind all others, in an order that is the same for every size.
    dice = random.Random(1)
    obj = copy.deepcopy(template)
    figures = {what: [] for what in CHANGES}
    at = len(daemon.lines)
    # The first one only makes the object come from where it will change.
    source.put(dict(obj, endpoints=obj["endpoints"][:-1]))
    daemon.wait("synced", at)
    changed(daemon, source.put, obj)
    for n in range(options.changes):
        endpoint = obj["endpoints"][dice.randrange(N_ENDPOINTS)]
        endpoint["addresses"] = ["10.%d.%d.%d" % (dice.choice((127, 193)), n // 256, n % 256)]
        figures["replaced"].append(changed(daemon, source.put, obj))
        endpoints = list(obj["endpoints"])
        for what in ("added", "first"):
            more = copy.deepcopy(endpoints[0])
            more["addresses"] = ["10.%d.%d.%d" % (dice.choice((126, 194)), n // 256, 2 * (n % 128) + len(endpoints) % 2)]
            endpoints.append(more)
            figures[what].append(changed(daemon, source.put, dict(obj, endpoints=endpoints)))
        changed(daemon, source.put, obj)
        endpoints += [dict(endpoints[0], addresses=["10.128.0.%d" % k]) for k in range(1, 9 + 3 * n)]
        figures["jump"].append(changed(daemon, source.put, dict(obj, endpoints=endpoints)))
        changed(daemon, source.put, obj)
    return {"%s_%s" % (what, unit): statistics.median(row[i] for row in rows) for what, rows in figures.items()
            for i, unit in enumerate(("cpu_ms", "bytes", "latency_ms", "sync_ms", "kernel_ms"))}


def made_ready(options, daemon, source, template):
    """A Service gets twelve endpoints, and when nothing else changes, the chain for thirteen is made; ms of the kernel, the median."""
    twelve = dict(template, endpoints=template["endpoints"] +
                  [dict(template["endpoints"][0], addresses=["10.128.0.%d" % k]) for k in (1, 2)])
    kernel = []
    for _ in range(min(options.changes, 5)):
        at = len(daemon.lines)
        source.put(twelve)
        kernel.append(int(daemon.wait("chains are kept ready", at)[2]["kernel_us"]) / 1e3)
        at = len(daemon.lines)
        source.put(template)
        daemon.wait("chains are kept ready", at)
    return statistics.median(kernel)


def measure_counts(options, size, directory):
    """The number of endpoints of one Service changes, among many Services."""
    objects = cluster.Objects(options.apiserver, size, N_ENDPOINTS)
    template = objects.slice_of(size // 2)
    server = Server(options.apiserver, directory, size)
    server.put(with_another_endpoint(objects.slice_of(0)))
    daemon, _ = started(options, ("-v", "4", "--kubeconfig", server.kubeconfig))
    row = changes(options, daemon, server, template)
    row["ready_kernel_ms"] = made_ready(options, daemon, server, template)
    daemon.stop()
    server.close()
    return row


COUNTS = (("replaced", "one endpoint replaced"), ("added", "one more, another Service has so many"),
          ("first", "one more, no Service had so many"), ("jump", "many more, no Service had nearly so many"))


def print_counts(options, results):
    print("\n%9s  %-42s %9s %9s %9s %9s" % ("Services", "number of endpoints", "CPU ms", "sync ms", "kernel ms", "bytes"))
    for size in (int(n) for n in options.counts.split(",")):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            row = results[size] = measure_counts(options, size, directory)
        for what, title in COUNTS:
            print("%9d  %-42s %9.3f %9.3f %9.3f %9d" % (size, title, row[what + "_cpu_ms"], row[what + "_sync_ms"],
                                                     row[what + "_kernel_ms"], row[what + "_bytes"]))
        print("%9d  %-42s %9s %9s %9.3f" % (size, "a chain is made ready, when idle", "", "", row["ready_kernel_ms"]))


def medians(rows):
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}


def measure_start(options, source):
    rows = []
    for _ in range(options.runs):
        daemon, row = started(options, source)
        daemon.stop()
        rows.append(row)
    return medians(rows)


def measure_changes(options, options_of_source, source, template):
    """A start of its own, and changes in it."""
    daemon, row = started(options, options_of_source)
    row.update(changes(options, daemon, source, template))
    row["settled_after_mb"], row["peak_after_mb"] = daemon.memory_mb()
    row["children"] = daemon.n_children()
    daemon.stop()
    return row


def measure_nft(options, text, directory):
    """nft loads that text: seconds, CPU seconds, peak MB."""
    path = os.path.join(directory, "ruleset.nft")
    with open(path, "w") as file:
        file.write(text)
    rows = []
    for _ in range(options.runs):
        empty_ruleset()
        rows.append(dict(zip(("started_s", "cpu_s", "peak_mb"), run(["nft", "-f", path]))))
    return medians(rows)


def measure_per_service(options, directory):
    """The layout with a chain for each Service and endpoint, and one endpoint replaced in it."""
    objects = cluster.Objects(options.apiserver, REFERENCE_SERVICES, N_ENDPOINTS)
    row = measure_nft(options, cluster.chain_per_service(objects), directory)
    i = REFERENCE_SERVICES // 2
    addresses = [e["addresses"][0] for e in objects.slice_of(i)["endpoints"]]
    cpu = []
    path = os.path.join(directory, "replace.nft")
    for n in range(options.changes):
        new = "10.193.%d.%d" % (n // 256, n % 256)
        with open(path, "w") as file:
            file.write(cluster.replace_in_chain(i, addresses, addresses[4], new))
        addresses[4] = new
        cpu.append(run(["nft", "-f", path])[1] * 1e3)
    row["replaced_cpu_ms"] = statistics.mean(cpu)
    return row


def one_more_service(objects, number):
    """A Service with affinity and its slice, as one document; NUMBER makes both new."""
    service, endpoints = copy.deepcopy(objects.list[0]), copy.deepcopy(objects.slice_of(0))
    for obj in (service, endpoints):
        obj["metadata"]["name"] = "more-%d" % number
        obj["metadata"].pop("uid", None)
    service["spec"]["clusterIP"] = "10.127.0.%d" % number
    service["spec"]["clusterIPs"] = [service["spec"]["clusterIP"]]
    endpoints["metadata"]["labels"]["kubernetes.io/service-name"] = service["metadata"]["name"]
    return {"apiVersion": "v1", "kind": "List", "items": [service, endpoints]}


def measure_affinity(options, size, directory):
    """Services with session affinity: a start, a restart, and one more of them."""
    objects = cluster.Objects(options.apiserver, size, N_ENDPOINTS)
    for i in range(size):
        objects.list[2 * i]["spec"]["sessionAffinity"] = "ClientIP"
    manifests = os.path.join(directory, "affinity-%d" % size)
    cluster.write_directory(objects, manifests)
    rows, more = [], []
    for _ in range(options.runs):
        daemon, row = started(options, ("--manifests", manifests))
        files = Files(manifests)
        changed(daemon, files.put, one_more_service(objects, 1))
        for number in range(2, 8):
            more.append(changed(daemon, files.put, one_more_service(objects, number)))
        daemon.stop()
        daemon = Daemon(options.program, "--manifests", manifests)
        _, when, _ = daemon.wait("first sync")
        row["restarted_s"] = when - daemon.started
        daemon.stop()
        os.unlink(os.path.join(manifests, "changing.json"))
        rows.append(row)
    return dict(medians(rows), more_cpu_ms=statistics.median(row[0] for row in more),
                more_bytes=statistics.median(row[1] for row in more))


def print_affinity(options, results):
    print("\n%7s  %-26s %9s %9s %11s %14s %9s" % ("size", "session affinity", "standing s", "kernel s", "restarted s",
                                             "1 for 1 CPU ms", "bytes"))
    for size in (int(n) for n in options.affinity.split(",")):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            row = results[size] = measure_affinity(options, size, directory)
        print("%7s  %-26s %9.3f %9.3f %11.3f %14.3f %9d" % (size, "JSON", row["started_s"], row["kernel_s"],
                                                       row["restarted_s"], row["more_cpu_ms"], row["more_bytes"]))


def restrict(objects, n_ports, n_ranges, own):
    """Makes all Services load balancers with source ranges: all with the same, or each with its OWN."""
    for i in range(len(objects.list) // 2):
        service, endpoints = objects.list[2 * i], objects.slice_of(i)
        first = i * n_ranges if own else 0
        service["spec"].update(type="LoadBalancer", loadBalancerSourceRanges=[
            "%d.%d.%d.0/25" % (20 + k // 32768, k // 128 % 256, k % 128 * 2) for k in range(first, first + n_ranges)])
        service["spec"]["ports"] = [dict(service["spec"]["ports"][0], name="p%d" % k, port=80 + k) for k in range(n_ports)]
        endpoints["ports"] = [dict(endpoints["ports"][0], name="p%d" % k) for k in range(n_ports)]
        service["status"] = {"loadBalancer": {"ingress": [{"ip": "100.64.%d.%d" % (i // 250, i % 250 + 1)}]}}


def print_ranges(options, results):
    print("\n%8s %6s %7s %-6s %9s %9s %11s %9s" % ("Services", "ports", "ranges", "list", "standing s", "kernel s",
                                                   "restarted s", "peak MB"))
    for case in options.ranges.split(","):
        n_services, n_ports, n_ranges, kind = case.split("x")
        objects = cluster.Objects(options.apiserver, int(n_services), 1)
        restrict(objects, int(n_ports), int(n_ranges), kind == "own")
        rows = []
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            path = os.path.join(directory, "ranges.json")
            cluster.write_json(objects, path)
            for _ in range(options.runs):
                daemon, row = started(options, ("--manifests", path))
                daemon.stop()
                daemon = Daemon(options.program, "--manifests", path)
                _, when, _ = daemon.wait("first sync")
                row["restarted_s"] = when - daemon.started
                daemon.stop()
                rows.append(row)
        row = results[case] = medians(rows)
        print("%8s %6s %7s %-6s %9.3f %9.3f %11.3f %9.0f" % (n_services, n_ports, n_ranges, kind, row["started_s"],
                                                           row["kernel_s"], row["restarted_s"], row["peak_mb"]))


def widen(objects, n_addresses, n_endpoints, n_ports, affinity):
    """Gives the only Service a load balancer with many addresses, and many endpoints; its slice."""
    service, endpoints = objects.list[0], objects.slice_of(0)
    service["spec"]["type"] = "LoadBalancer"
    if affinity:
        service["spec"]["sessionAffinity"] = "ClientIP"
    service["spec"]["ports"] = [dict(service["spec"]["ports"][0], name="p%d" % k, port=80 + k) for k in range(n_ports)]
    endpoints["ports"] = [dict(endpoints["ports"][0], name="p%d" % k) for k in range(n_ports)]
    endpoints["endpoints"] = [dict(endpoints["endpoints"][0], addresses=["10.200.%d.%d" % (i // 250, i % 250 + 1)])
                              for i in range(n_endpoints)]
    service["status"] = {"loadBalancer": {"ingress": [{"ip": "100.64.%d.%d" % (i // 250, i % 250 + 1)}
                                                      for i in range(n_addresses)]}}
    return endpoints


def measure_wide(options, case):
    """A Service of many addresses: a start; the last endpoint is replaced, or goes and comes again."""
    n_addresses, n_endpoints, n_ports, *affinity = case.split("x")
    objects = cluster.Objects(options.apiserver, 1, 1)
    endpoints = widen(objects, int(n_addresses), int(n_endpoints), int(n_ports), affinity)
    rows, replaced, counted = [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        manifests = os.path.join(directory, "wide")
        objects.list.remove(endpoints)
        cluster.write_directory(objects, manifests)
        files = Files(manifests)
        for _ in range(options.runs):
            files.put(endpoints)
            daemon, row = started(options, ("--manifests", manifests))
            listed = endpoints["endpoints"]
            last = listed[-1]
            for k in range(5):
                endpoints["endpoints"] = listed[:-1] + [dict(last, addresses=["10.201.0.%d" % (k + 1)])]
                replaced.append(changed(daemon, files.put, endpoints))
                endpoints["endpoints"] = listed[:-1]
                counted.append(changed(daemon, files.put, endpoints))
                endpoints["endpoints"] = listed
                changed(daemon, files.put, endpoints)
            daemon.stop()
            rows.append(row)
    return dict(medians(rows), replaced_cpu_ms=statistics.median(row[0] for row in replaced),
                replaced_bytes=statistics.median(row[1] for row in replaced),
                counted_cpu_ms=statistics.median(row[0] for row in counted),
                counted_bytes=statistics.median(row[1] for row in counted))


def print_wide(options, results):
    print("\n%-22s %9s %9s %9s %17s %9s %17s %9s" % ("addresses x endpoints", "elements", "standing s", "kernel s",
                                                   "1 replaced CPU ms", "bytes", "1 less CPU ms", "bytes"))
    for case in options.wide.split(","):
        row = results[case] = measure_wide(options, case)
        print("%-22s %9d %9.3f %9.3f %17.3f %9d %17.3f %9d" % (
            case, row["elements"], row["started_s"], row["kernel_s"], row["replaced_cpu_ms"], row["replaced_bytes"],
            row["counted_cpu_ms"], row["counted_bytes"]))


DAMAGES = (
    ("element deleted", "delete element ip kube-nftproxy endpoints { %s }"),
    ("chain flushed", "flush chain ip kube-nftproxy lb-tcp-%s"),
    ("table deleted", "delete table ip kube-nftproxy"),
    ("all flushed", "flush ruleset"),
)


def measure_repair(options, n_services, n_endpoints, directory):
    """Somebody else changes tables that nobody owns: ms of the sync that puts them right, and of the kernel in it."""
    path = os.path.join(directory, "repair.json")
    cluster.write_json(cluster.Objects(options.apiserver, n_services, n_endpoints), path)
    rows = []
    for _ in range(options.runs):
        daemon, _ = started(options, ("--manifests", path, "--own-tables=false"))
        listed = subprocess.run(["nft", "list", "map", "ip", "kube-nftproxy", "endpoints"], stdout=subprocess.PIPE,
                                check=True, text=True).stdout
        element = re.search(r"(\S+ \. tcp \. \d+ \. \d+) : ", listed).group(1)
        row = {}
        for name, command in DAMAGES:
            at, before = len(daemon.lines), daemon.cpu_ns()
            command = command.replace("%s", element if "element" in command else str(n_endpoints))
            run(["nft", command])
            _, _, line = daemon.wait_for(r'msg=(verified|"put right") ', at)
            row[name] = float(line["total_ms"])
            row[name + ", kernel"] = float(line["kernel_ms"])
            row[name + ", CPU"] = (daemon.cpu_ns() - before) / 1e6
        daemon.stop()
        rows.append(row)
    return medians(rows)


def print_repair(options, results):
    print("\n%10s  %-23s %9s %14s %9s" % ("size", "repair", "ms", "of it kernel", "CPU ms"))
    for size in options.repair.split(","):
        n_services, _, n_endpoints = size.partition("x")
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            row = results[size] = measure_repair(options, int(n_services), int(n_endpoints or N_ENDPOINTS), directory)
        for name, _ in DAMAGES:
            print("%10s  %-23s %9.2f %14.2f %9.1f" % (size, name, row[name], row[name + ", kernel"], row[name + ", CPU"]))


def start_line(size, name, row):
    print("%7s  %-26s %9.3f %9s %8.3f %9s %8.1f" %
          (size, name, row["started_s"], "%.3f" % row["kernel_s"] if "kernel_s" in row else "",
           row["cpu_s"], "%.1f" % row["settled_mb"] if "settled_mb" in row else "", row["peak_mb"]), flush=True)


def with_another_endpoint(obj):
    more = copy.deepcopy(obj["endpoints"][0])
    more["addresses"] = ["10.195.0.1"]
    obj["endpoints"].append(more)
    return obj


def measure_size(options, size, directory):
    objects = cluster.Objects(options.apiserver, size, N_ENDPOINTS)
    template = objects.slice_of(size // 2)
    eleven = with_another_endpoint(objects.slice_of(0))
    results = {}
    for kind, write in (("JSON", cluster.write_json), ("YAML", cluster.write_yaml)):
        path = os.path.join(directory, "cluster." + kind.lower())
        write(objects, path)
        results[kind] = measure_start(options, ("--manifests", path))
        start_line(size, kind, results[kind])
    # The slice that changes comes from a small file of its own.
    manifests = os.path.join(directory, "manifests")
    objects.list.remove(template)
    cluster.write_directory(objects, manifests)
    files = Files(manifests)
    files.put(template)
    results["files"] = measure_changes(options, ("--manifests", manifests), files, template)
    start_line(size, "JSON, %d files" % len(os.listdir(manifests)), results["files"])
    server = Server(options.apiserver, directory, size)
    server.put(eleven)
    kubeconfig = ("--kubeconfig", server.kubeconfig)
    for kind, more in (("API", ()), ("API, JSON", ("--kube-api-content-type", "application/json"))):
        results[kind] = measure_start(options, kubeconfig + more)
        start_line(size, "API server, TLS, " + ("JSON" if more else "protobuf"), results[kind])
    results["watch"] = measure_changes(options, kubeconfig, server, template)
    server.close()
    text = subprocess.run([options.program, "--dry-run", "--hostname-override", NODE, "--manifests",
                           os.path.join(directory, "cluster.json")],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    results["nft"] = measure_nft(options, text, directory)
    start_line(size, "nft -f, same ruleset", results["nft"])
    return results


def print_changes(results):
    """A line for each kind of change: one endpoint replaced, added, added with a number that no Service had yet, many added."""
    print("\n%7s  %-9s %-10s %9s %9s %9s %9s %11s %9s %9s" % ("size", "through", "change", "CPU ms", "sync ms", "kernel ms",
                                                           "bytes", "latency ms", "peak MB", "children"))
    for size, rows in results.items():
        for name in ("files", "watch"):
            row = rows[name]
            for what in CHANGES:
                print("%7s  %-9s %-10s %9.3f %9.3f %9.3f %9d %11.2f %9.1f %9d" %
                      (size, name, what, row[what + "_cpu_ms"], row[what + "_sync_ms"], row[what + "_kernel_ms"],
                       row[what + "_bytes"], row[what + "_latency_ms"], row["peak_after_mb"], row["children"]))


def own_namespace(options):
    if os.geteuid() != 0:
        print("skipped: needs root")
        sys.exit(77)
    if not options.inside:
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv, "--inside"])
    run(["ip", "link", "set", "lo", "up"])


def print_starts(options):
    """Starts and changes at all sizes, and nft beside them."""
    if not options.sizes:
        return {}
    results = {}
    print("%7s  %-26s %9s %9s %8s %9s %8s" % ("", "", "standing", "of it", "CPU", "settled", "peak"))
    print("%7s  %-26s %9s %9s %8s %9s %8s" % ("size", "from", "s", "kernel s", "s", "MB", "MB"))
    for size in (int(n) for n in options.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            results[size] = measure_size(options, size, directory)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        reference = measure_per_service(options, directory)
    start_line(REFERENCE_SERVICES, "nft -f, chain per Service", reference)
    print_changes(results)
    print("%7s  %-9s %-10s %9.3f            (nft, chain per Service)" %
          (REFERENCE_SERVICES, "nft -f", "replaced", reference["replaced_cpu_ms"]))
    return {"sizes": results, "chain per Service": reference}


def main():
    import loads  # it needs this module

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="An empty list of sizes, as in --sizes=, leaves that part out.")
    parser.add_argument("program")
    parser.add_argument("apiserver")
    parser.add_argument("--sizes", default="100,1000,10000", help="numbers of Services, each with ten endpoints")
    parser.add_argument("--runs", type=int, default=3, help="starts of each kind")
    parser.add_argument("--changes", type=int, default=50, help="endpoints replaced, and as many added")
    parser.add_argument("--counts", default="10000,30000", help="numbers of Services, one of which gets more endpoints")
    parser.add_argument("--affinity", default="10,1000,4000,8000", help="numbers of Services with session affinity")
    parser.add_argument("--ranges", default="1x40x1000xsame,10000x1x5xsame,10000x1x5xown",
                        help="numbers of Services, of ports and source ranges of each; the same ranges for all, or own")
    parser.add_argument("--wide", default="400x400x2,400x400x2xaffinity,1000x100x1",
                        help="addresses, endpoints and ports of one Service, with or without session affinity")
    parser.add_argument("--repair", default="1000x10,10000x5,10000x10",
                        help="numbers of Services and of endpoints of each, whose rules are damaged")
    parser.add_argument("--silence", default="10000", help="numbers of Services: how long the loop is silent")
    parser.add_argument("--chains", default="4000",
                        help="numbers of Services with session affinity and source ranges of their own: the same")
    parser.add_argument("--restart", default="10000,20000,40000", help="numbers of Services: a restart")
    parser.add_argument("--beside", default="10000", help="numbers of Services: a small change beside a large one")
    parser.add_argument("--json", help="write all figures there, too")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    own_namespace(options)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    figures = print_starts(options)
    figures["counts"] = {}
    if options.counts:
        print_counts(options, figures["counts"])
    figures["affinity"], figures["ranges"], figures["wide"], figures["repair"] = {}, {}, {}, {}
    if options.affinity:
        print_affinity(options, figures["affinity"])
    if options.ranges:
        print_ranges(options, figures["ranges"])
    if options.wide:
        print_wide(options, figures["wide"])
    if options.repair:
        print_repair(options, figures["repair"])
    figures.update(loads.print_all(options))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
