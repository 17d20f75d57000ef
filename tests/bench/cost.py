# SPDX-License-Identifier: GPL-2.0-or-later
"""What one node costs an API server: cost.py FOLLOW APISERVER [--services N] [--nodes N]

The real client (tests/kubeapi/follow) and the test server, over TLS, with a relay between the two that counts. Needs no
privilege. Bytes are those of TCP's payload, both ways together, in protobuf; each phase is also multiplied by the nodes.
"""
import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.dont_write_bytecode = True
import bench  # noqa: E402

LIMIT_S = 60
CHANGES = 100
KINDS = 4


class Relay:
    """Listens, connects each client with the server, and counts."""

    def __init__(self, port):
        self.port, self.bytes, self.connections, self.open = port, 0, 0, []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port))
            with self.lock:
                self.connections += 1
                self.open.append((client, server))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, target):
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.bytes += len(data)
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def drop(self):
        with self.lock:
            pairs, self.open = self.open, []
        for end in (end for pair in pairs for end in pair):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Client:
    """The client; its lines are counted by their first word."""

    def __init__(self, follow, kubeconfig):
        self.counts = {}
        self.process = subprocess.Popen([follow, "--node", bench.NODE, kubeconfig], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            word = line.split()[0] if line.split() else ""
            self.counts[word] = self.counts.get(word, 0) + 1

    def stop(self):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)


def until(what, true):
    limit = time.monotonic() + LIMIT_S
    while not true():
        if time.monotonic() > limit:
            sys.exit("cost: %s does not come" % what)
        time.sleep(0.02)


def slice_with(number):
    return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": {"name": "cost-abcde", "namespace": "default", "labels": {"kubernetes.io/service-name": "cost"}},
            "addressType": "IPv4", "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
            "endpoints": [{"addresses": ["10.200.%d.%d" % (number % 250, i)], "nodeName": "node-%d" % i,
                           "conditions": {"ready": True, "serving": True, "terminating": False}}
                          for i in range(bench.N_ENDPOINTS)]}


class Meter:
    def __init__(self, server, relay, nodes):
        self.server, self.relay, self.nodes = server, relay, nodes
        self.mark()

    def requests(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return len(json.load(opener.open(self.server.control + "/requests", timeout=LIMIT_S)))

    def mark(self):
        self.before = (self.relay.bytes, self.requests(), self.relay.connections)

    def settle(self):
        """What was counted since the last mark, once nothing comes any more."""
        last = -1
        while last != self.relay.bytes:
            last = self.relay.bytes
            time.sleep(0.3)
        after = (self.relay.bytes, self.requests(), self.relay.connections)
        counted = tuple(new - old for new, old in zip(after, self.before))
        self.before = after
        return counted

    def line(self, name, counted, factor=1.0):
        size, requests, connections = (value * factor for value in counted)
        print("%-34s %9.1f %6.1f %12.0f %12.0f %12.1f" %
              (name, requests, connections, size, requests * self.nodes, size * self.nodes / 1e6), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("follow")
    parser.add_argument("apiserver")
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        measure(options, directory)


def measure(options, directory):
    server = bench.Server(options.apiserver, directory, options.services)
    with open(server.kubeconfig) as file:
        config = json.load(file)
    cluster = config["clusters"][0]["cluster"]
    relay = Relay(int(cluster["server"].rsplit(":", 1)[1]))
    cluster["server"] = "https://127.0.0.1:%d" % relay.listener.getsockname()[1]
    kubeconfig = os.path.join(directory, "through-the-relay")
    with open(kubeconfig, "w") as file:
        json.dump(config, file)
    meter = Meter(server, relay, options.nodes)
    print("%-34s %9s %6s %12s %12s %12s" % ("%d Services x %d endpoints" % (options.services, bench.N_ENDPOINTS),
                                            "requests", "conns", "bytes", "x %d" % options.nodes, "MB"))
    client = Client(options.follow, kubeconfig)
    until("the first list", lambda: client.counts.get("synced", 0) == KINDS)
    meter.line("a start", meter.settle())
    server.ask("POST", "/bookmark")
    time.sleep(0.5)
    bookmark = meter.settle()
    meter.line("a minute, idle", bookmark)
    puts = client.counts.get("put", 0)
    for number in range(CHANGES):
        server.put(slice_with(number))
    until("the last change", lambda: client.counts.get("put", 0) >= puts + CHANGES)
    changes = meter.settle()
    meter.line("a minute of 10 changes a second", changes, 600 / CHANGES)
    for name, forget in (("a restart of the server", False), ("the same, versions forgotten", True)):
        relay.drop()
        if forget:  # while it is away, so that it knows no version of now
            server.put(slice_with(0))
            server.ask("POST", "/compact")
        # Services and slices are watched, then listed; our Node and ServiceCIDRs are listed at once.
        expected = meter.before[1] + KINDS + (2 if forget else 0)
        until("the next watch", lambda: meter.requests() >= expected)
        meter.line(name, meter.settle())
    client.stop()
    server.close()


if __name__ == "__main__":
    main()
