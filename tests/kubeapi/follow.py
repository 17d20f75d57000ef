# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios for the API client: follow.py APISERVER FOLLOW [--json] [SCENARIO...]

With --json the client asks for JSON and the server has no HTTP/2; what is about either is left out.

Each scenario has a server and a client of its own, and they run side by side. The client's clock runs
faster (--speed), so that backoffs and silences pass quickly. Nothing waits for a fixed time: a line of the
client or a state of it is waited for, with a limit.
"""
import base64
import concurrent.futures
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request

APISERVER, FOLLOW = sys.argv[1:3]
JSON = "--json" in sys.argv[3:]
LIMIT_S = 60
SPEED = 10
SCENARIOS = []
PKI = {}


def scenario(function):
    SCENARIOS.append(function)
    return function


def formats(function):
    """A scenario that chooses formats, or the version of HTTP, itself."""
    return function if JSON else scenario(function)


def service(name, namespace="shop", ip="10.96.0.1", labels=None, **spec):
    return {"kind": "Service", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
            "spec": dict({"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"],
                          "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}]}, **spec)}


def slice_of(name, addresses, namespace="shop", labels=None, suffix="abcde"):
    return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": {"name": "%s-%s" % (name, suffix), "namespace": namespace,
                         "labels": dict({"kubernetes.io/service-name": name}, **(labels or {}))},
            "addressType": "IPv4", "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in addresses],
            "ports": [{"name": "", "protocol": "TCP", "port": 80}]}


def node(name, zone):
    return {"kind": "Node", "apiVersion": "v1",
            "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone}},
            "spec": {"podCIDR": "10.128.0.0/24"},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.10"}]}}


def service_cidr(name, *cidrs):
    return {"kind": "ServiceCIDR", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": name},
            "spec": {"cidrs": list(cidrs)}}


CLUSTER = [service("web"), service("db", ip="10.96.0.2"), slice_of("web", ["10.128.0.1", "10.128.0.2"]),
           slice_of("db", ["10.128.0.3"]), node("node-0", "zone-a"), node("node-1", "zone-b")]
STATE = ["EndpointSlice shop/db-abcde 1", "EndpointSlice shop/web-abcde 2", "Node node-0 zone-a",
         "Service shop/db ClusterIP 1", "Service shop/web ClusterIP 1"]


class Failed(Exception):
    pass


class Server:
    """An API server of its own, over TLS unless told otherwise."""

    def __init__(self, *options, tls=True, objects=CLUSTER):
        command = [sys.executable, APISERVER, *options] + ["--http1"] * JSON
        if tls:
            command += ["--cert", PKI["server.crt"], "--key", PKI["server.key"]]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.control_url = ready["url"], ready["control"]
        self.control("POST", "/load", objects)

    def control(self, method, path, body=None):
        request = urllib.request.Request(self.control_url + path, method=method, data=json.dumps(body).encode())
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=LIMIT_S) as reply:
            return json.loads(reply.read())

    def fault(self, fault, **more):
        self.control("POST", "/fault", dict(more, fault=fault))

    def put(self, obj):
        self.control("PUT", "/objects", obj)

    def delete(self, resource, name, namespace="shop"):
        self.control("DELETE", "/objects/%s/%s/%s" % (resource, namespace, name))

    def post(self, what):
        self.control("POST", "/" + what)

    def requests(self, resource=None, verb=None):
        return [r for r in self.control("GET", "/requests")
                if resource in (None, r["resource"]) and verb in (None, r["verb"])]

    def close(self):
        self.process.stdin.close()
        self.process.wait(LIMIT_S)
        self.process.stdout.close()


class Proxy:
    """An HTTP or SOCKS proxy; it notes whom it was asked for, and by whom."""

    def __init__(self, socks=False, refuses=False):
        self.asked = []
        self.refuses = refuses
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.serve = self.serve_socks if socks else self.serve_http
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve_http(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096) or b"\r\n\r\n"
        lines = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        host = lines[0].split()[1]
        self.asked.append((host, fields.get("Proxy-Authorization")))
        if self.refuses:
            client.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        self.join(client, host.rsplit(":", 1), b"HTTP/1.1 200 Go on\r\n\r\n")

    def serve_socks(self, client):
        client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])
        client.sendall(b"\5\0")
        _, _, _, kind = client.recv(4)
        host = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
        port = int.from_bytes(client.recv(2), "big")
        self.asked.append(("%s:%d" % (host, port), kind))
        self.join(client, (host, port), b"\5\0\0\1\0\0\0\0\0\0")

    def join(self, client, address, answer):
        host, port = address
        server = socket.create_connection(("127.0.0.1" if host == "api.test" else host, int(port)))
        client.sendall(answer)
        while True:
            for ready in select.select([client, server], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    client.close()
                    server.close()
                    return
                (server if ready is client else client).sendall(data)

    def close(self):
        self.listener.close()


class Client:
    """A client program; its lines are collected as they come."""

    def __init__(self, kubeconfig, *options, environment=None, speed=SPEED, node_name="node-0"):
        command = [FOLLOW, "--speed", str(speed), *options] + ["--json"] * JSON
        if node_name:
            command += ["--node", node_name]
        env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("KUBE")}
        env.update(environment or {})
        self.process = subprocess.Popen(command + ([kubeconfig] if kubeconfig else []), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=env, text=True,
                                        stderr=subprocess.STDOUT if "--verbose" in options else None)
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wait(self, pattern, count=1, start=0):
        """Wait for COUNT lines that match from line START on; returns the index behind the last of them."""
        regex = re.compile(pattern)
        limit = time.monotonic() + LIMIT_S
        with self.changed:
            while True:
                found = [i for i, line in enumerate(self.lines) if i >= start and regex.search(line)]
                if len(found) >= count:
                    return found[count - 1] + 1
                left = limit - time.monotonic()
                if left <= 0 or (not self.reader.is_alive() and self.process.poll() is not None):
                    raise Failed("no line matches %r (%d times) from line %d on" % (pattern, count, start))
                self.changed.wait(min(left, 0.5))

    def ready(self):
        for kind in ("Service", "EndpointSlice", "Node", "ServiceCIDR"):
            self.wait("^synced %s$" % kind)

    def dump(self):
        with self.changed:
            start = len(self.lines)
        self.process.stdin.write("dump\n")
        self.process.stdin.flush()
        end = self.wait(r"^\.$", start=start)
        begin = self.wait("^dump$", start=start)
        return self.lines[begin:end - 1]

    def until(self, expected, limit_s=LIMIT_S):
        """Wait until the content is as expected."""
        limit = time.monotonic() + limit_s
        while True:
            have = self.dump()
            if have == sorted(expected):
                return
            if time.monotonic() > limit:
                raise Failed("the content is %r instead of %r" % (have, sorted(expected)))
            time.sleep(0.05)

    def command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def count(self, pattern):
        with self.changed:
            return sum(1 for line in self.lines if re.search(pattern, line))

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(LIMIT_S)
        self.reader.join(LIMIT_S)
        self.process.stdout.close()
        if self.process.returncode < 0 or self.process.returncode > 1:
            raise Failed("the client ended with %d" % self.process.returncode)


class Case:
    """What a scenario works with; everything it starts is ended with it."""

    def __init__(self, directory):
        self.directory = directory
        self.things = []

    def server(self, *options, **more):
        self.things.append(Server(*options, **more))
        return self.things[-1]

    def file(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path + ".new", "w") as file:
            file.write(content)
        os.rename(path + ".new", path)
        return path

    def kubeconfig(self, server, user=None, name="kubeconfig", **cluster):
        cluster = dict({"server": server.url}, **cluster)
        if server.url.startswith("https") and not cluster.get("insecure-skip-tls-verify"):
            cluster.setdefault("certificate-authority", PKI["ca.crt"])
        return self.file(name, json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user or {}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}]}))

    def client(self, *arguments, **more):
        self.things.append(Client(*arguments, **more))
        return self.things[-1]

    def proxy(self, **more):
        self.things.append(Proxy(**more))
        return self.things[-1]

    def both(self, *options, **more):
        server = self.server(*options, **more)
        return server, self.client(self.kubeconfig(server))

    def close(self):
        for thing in reversed(self.things):
            thing.close()


def check(condition, message):
    if not condition:
        raise Failed(message)


# --- the ordinary course of things

@scenario
def follows_changes(case):
    """Adding, changing, deleting, and what the selectors take in and out."""
    server, client = case.both(objects=CLUSTER + [service("headless", ip="None"),
                                                  slice_of("headless", ["10.128.0.9"],
                                                           labels={"service.kubernetes.io/headless": ""})])
    client.ready()
    client.until(STATE)
    server.put(service("new", ip="10.96.0.3"))
    server.put(slice_of("new", ["10.128.0.4", "10.128.0.5", "10.128.0.6"]))
    client.until(STATE + ["Service shop/new ClusterIP 1", "EndpointSlice shop/new-abcde 3"])
    server.put(slice_of("new", ["10.128.0.4"]))
    client.until(STATE + ["Service shop/new ClusterIP 1", "EndpointSlice shop/new-abcde 1"])
    server.delete("endpointslices", "new-abcde")
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    server.put(service("new", ip="10.96.0.3", labels={"service.kubernetes.io/service-proxy-name": ""}))
    client.until(STATE)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    server.put(node("node-0", "zone-c"))
    client.until([line for line in STATE if "Node" not in line] +
                 ["Node node-0 zone-c", "Service shop/new ClusterIP 1"])
    check(client.count("^(abort|degraded|del Node)") == 0, "something went wrong on the way")
    check(all(r["verb"] == "stream" for r in server.requests()), "not a streaming list")


# Row D1: of Nodes only ours is asked for.
@scenario
def asks_as_kube_proxy_does(case):
    server, client = case.both()
    client.ready()
    common = {"allowWatchBookmarks": "true", "resourceVersionMatch": "NotOlderThan", "sendInitialEvents": "true",
              "watch": "true"}
    expected = {"services": {"fieldSelector": "spec.clusterIP!=None",
                             "labelSelector": "!service.kubernetes.io/service-proxy-name"},
                "endpointslices": {"labelSelector": "!service.kubernetes.io/headless"},
                "nodes": {"fieldSelector": "metadata.name=node-0"}, "servicecidrs": {}}
    for resource, selectors in expected.items():
        request = server.requests(resource)[0]
        timeout = int(request["query"].pop("timeoutSeconds"))
        check(300 <= timeout <= 600, "timeoutSeconds is %d" % timeout)
        check(request["query"] == dict(common, **selectors), "query %r" % request["query"])
        check(re.match(r"kube-nftproxy/\d", request["headers"]["User-Agent"]), "user agent")
        accept = "application/json" if JSON else "application/vnd.kubernetes.protobuf;stream=watch,application/json"
        check(request["headers"]["Accept"] == accept, "accept %r" % request["headers"]["Accept"])


# --- formats

def accepts(server, resource="services"):
    return [r["headers"]["Accept"] for r in server.requests(resource)]


def change_and_look(server, client, n):
    """A change of each kind of event arrives."""
    server.put(service("new", ip="10.96.0.3"))
    server.put(slice_of("web", ["10.128.2.%d" % i for i in range(n)]))
    changed = [line for line in STATE if "web-" not in line] + ["EndpointSlice shop/web-abcde %d" % n]
    client.until(changed + ["Service shop/new ClusterIP 1"])
    server.delete("services", "new")
    client.until(changed)


@formats
def asks_for_json_where_told(case):
    server = case.server()
    client = case.client(case.kubeconfig(server), "--json")
    client.ready()
    change_and_look(server, client, 3)
    check(set(accepts(server)) == {"application/json"}, "accept")


@formats
def lists_by_pages_in_both_formats(case):
    for option in ((), ("--json",)):
        server = case.server("--page-size", "1", objects=CLUSTER + [service_cidr("all", "10.96.0.0/12")])
        server.fault("no_streaming")
        client = case.client(case.kubeconfig(server), *option)
        client.ready()
        client.until(STATE + ["ServiceCIDR all 10.96.0.0/12"])
        check(len(server.requests("services", "list")) == 2, "pages")
        check(("protobuf" in accepts(server)[-1]) != bool(option), "accept")


@formats
def server_changes_to_json_and_back(case):
    """Each answer says itself what it is: what comes next may come in the other format, and nothing is wrong."""
    server, client = case.both("--watch-seconds", "1")
    client.ready()
    for n, form in enumerate(("json", "protobuf", "json", "protobuf"), 3):
        server.control("POST", "/format", form)
        before = len(server.requests("endpointslices"))
        while len(server.requests("endpointslices")) < before + 2:
            time.sleep(0.05)
        change_and_look(server, client, n)
    server.control("POST", "/format", "json")
    server.post("stop")
    client.wait("^degraded")
    server.post("start")
    client.wait("^recovered")
    server.control("POST", "/format", "protobuf")
    change_and_look(server, client, 9)
    check(all("protobuf" in accept for accept in accepts(server)), "protobuf is no longer asked for")


@formats
def refusal_of_protobuf(case):
    """JSON is asked for at once, without a word; the other kinds are not concerned."""
    for code in (406, 415):
        server = case.server()
        server.fault("not_acceptable", code=code, resource="services")
        client = case.client(case.kubeconfig(server))
        client.ready()
        change_and_look(server, client, 3)
        check(client.count("^degraded") == 0, "degraded")
        check(["protobuf" in accept for accept in accepts(server)] == [True, False], "accept")
        check("protobuf" in accepts(server, "nodes")[-1], "accept for nodes")


@formats
def mangled_protobuf(case):
    """Something on the way takes it for text: JSON comes through."""
    server = case.server()
    server.fault("mangled")
    client = case.client(case.kubeconfig(server))
    client.wait("^degraded .*not protobuf")
    client.ready()
    client.until(STATE)
    change_and_look(server, client, 3)
    check("protobuf" not in accepts(server)[-1], "accept")


@formats
def both_formats_refuse_alike(case):
    """A bad object is named with its field and the reason, and the rest goes on."""
    bad = service("bad", ip="10.96.0.9")
    bad["spec"]["ports"][0]["port"] = 70000
    for option in ((), ("--json",)):
        server = case.server()
        client = case.client(case.kubeconfig(server), *option)
        client.ready()
        server.put(bad)
        client.wait(r"^refused Service shop/bad: spec\.ports\[0\]\.port: 70000")
        change_and_look(server, client, 3)


@scenario
def lists_once(case):
    server = case.server("--page-size", "1")
    client = case.client(case.kubeconfig(server), "--once")
    client.wait(r"^\.$")
    begin = client.wait("^dump$")
    check(client.lines[begin:-1] == STATE, "content %r" % client.lines[begin:-1])
    check(not [r for r in server.requests() if r["verb"] != "list"], "a watch in a single run")
    check(client.process.wait(LIMIT_S) == 0, "exit code")


@scenario
def once_gives_up_on_refusal(case):
    server = case.server("--token", "right")
    client = case.client(case.kubeconfig(server, {"token": "wrong-secret"}), "--once")
    client.wait("^failed: .*401 Unauthorized")
    check(client.process.wait(LIMIT_S) == 1, "exit code")
    check(client.count("wrong-secret") == 0, "the token is shown")


@scenario
def once_gives_up_after_tries(case):
    server = case.server()
    server.fault("status", code=503)
    client = case.client(case.kubeconfig(server), "--once")
    client.wait("^failed: .*503")
    check(max(len(server.requests(r)) for r in ("services", "endpointslices", "nodes", "servicecidrs")) == 3,
          "tries")


@scenario
def watches_end_and_go_on(case):
    """The server ends watches as it may; nothing is listed again."""
    server, client = case.both("--watch-seconds", "1.2")
    client.ready()
    for i in range(8):
        server.put(slice_of("web", ["10.128.1.%d" % j for j in range(i + 1)]))
        client.until([line for line in STATE if "web-" not in line] +
                     ["EndpointSlice shop/web-abcde %d" % (i + 1)])
        time.sleep(0.3)
    check(client.count("^begin EndpointSlice") == 1, "listed again")
    watches = server.requests("endpointslices", "watch")
    check(len(watches) >= 1, "no watch")
    check(all(w["query"]["resourceVersion"] for w in watches), "a watch without a version")


@scenario
def bookmarks_move_the_version(case):
    """A watch goes on from the last bookmark. When a bookmark has arrived nobody tells: so some are tried."""
    server, client = case.both()
    client.ready()
    server.put(node("node-1", "zone-x"))  # moves the version without concerning us
    version = str(server.control("GET", "/version")["version"])
    limit = time.monotonic() + LIMIT_S
    while version not in [r["query"]["resourceVersion"] for r in server.requests("endpointslices", "watch")]:
        check(time.monotonic() < limit, "no watch from the version of a bookmark")
        server.post("bookmark")
        time.sleep(0.3)
        server.post("drop")
        time.sleep(0.3)
    check(client.count("^begin (Service|EndpointSlice)$") == 2, "listed again")


# --- servers that know less

@scenario
def pages_where_streaming_is_refused(case):
    server = case.server("--page-size", "1")
    server.fault("no_streaming", code=422)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    lists = server.requests("services", "list")
    check(lists[0]["query"]["limit"] == "500" and lists[0]["query"]["resourceVersion"] == "0", "first page")
    check("continue" in lists[1]["query"] and "resourceVersion" not in lists[1]["query"], "second page")
    check(client.count("^begin Service$") == 1 and client.count("^end Service$") == 1, "one replacement over all pages")


@scenario
def pages_where_streaming_is_ignored(case):
    server = case.server()
    server.fault("ignore_streaming")
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check(client.count("^abort Service$") == 1, "the unfinished replacement was not given up")
    check(client.count("^synced Service$") == 1, "synced")


@scenario
def drops_the_field_selector(case):
    server = case.server()
    server.fault("no_field_selector")
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check("fieldSelector" not in server.requests("services")[-1]["query"], "still asks for it")
    check("fieldSelector" in server.requests("nodes")[-1]["query"], "asks for every Node")


@scenario
def nodes_of_others(case):
    """A server that ignores the field selector sends all Nodes. Only our own counts, even if the others cannot be read."""
    server, client = case.both()
    client.ready()
    nodes = [node("node-7", "zone-c"), node("node-8", "a zone"), node("node-0", "a zone")]
    for i, changed in enumerate(nodes):
        changed["metadata"]["resourceVersion"] = str(1001 + i)
    server.fault("no_streaming", resource="nodes")
    server.fault("events", resource="nodes", verb="watch", times=1, events=[["MODIFIED", changed] for changed in nodes])
    server.post("drop")
    client.wait("^refused Node /node-0: .*zone")
    check(client.count("Node /?node-[78]") == 0, "Nodes of others")


@scenario
def takes_one_byte_at_a_time(case):
    server = case.server()
    server.fault("dribble")
    client = case.client(case.kubeconfig(server), speed=1)
    client.ready()
    client.until(STATE)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])


# --- faults

def faults_then_heals(case, fault, expected, *options, objects=CLUSTER, **more):
    """FAULT at the start, twice per kind; then all is well and the state complete."""
    server = case.server(*options, objects=objects)
    for resource in ("services", "endpointslices", "nodes"):
        server.fault(fault, resource=resource, times=2, **more)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    if expected:
        client.wait(expected, count=3)
        client.wait("^recovered ")
    for kind in ("Service", "EndpointSlice", "Node"):
        check(client.count("^end %s$" % kind) == 1, "complete lists of %s" % kind)
    return server, client


for code, reason in ((401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (500, "InternalError"),
                     (503, "ServiceUnavailable")):
    def answers(case, code=code, reason=reason):
        server, client = faults_then_heals(case, "status", "^degraded %s://.*: %d %s: why; tried again in"
                                           % ("https", code, reason), code=code, reason=reason, message="why")
    answers.__name__ = "answers_%d" % code
    scenario(answers)


@scenario
def honours_retry_after(case):
    server, client = faults_then_heals(case, "status", "^degraded .*: 429 ", code=429, retry_after=10)
    for resource in ("services", "endpointslices", "nodes"):
        times = [r["time"] for r in server.requests(resource)]
        check(times[1] - times[0] >= 10 / SPEED, "asked again after %.2f s" % (times[1] - times[0]))


@scenario
def cut_within_a_streaming_list(case):
    server = case.server()
    server.fault("cut", resource="services", times=1, bytes=250)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check(client.count("^abort Service$") == 1, "not given up")


@scenario
def cut_within_a_page(case):
    server = case.server("--page-size", "1")
    server.fault("no_streaming")
    server.fault("cut", resource="services", verb="list", times=1, skip=1, bytes=100)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check(client.count("^abort Service$") == 1, "not given up")


@scenario
def cut_between_lists_end_and_bodys(case):
    """The list is whole, its transfer is not: it does not count."""
    server = case.server()
    server.fault("no_streaming")
    server.fault("no_end", resource="services", times=1)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check(client.count("^abort Service$") == 1, "taken as complete")


@scenario
def cut_within_a_watch(case):
    server, client = case.both()
    client.ready()
    server.fault("cut", resource="services", verb="watch", times=2, bytes=150)
    server.post("drop")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    check(client.count("^begin (Service|EndpointSlice)$") == 2, "listed again")
    check(client.count("^del") == 0, "deleted")


@scenario
def nonsense_from_the_server(case):
    server, client = faults_then_heals(case, "garbage", "^degraded ")
    check(client.count("^refused") == 0, "nonsense taken for an object")


@scenario
def a_page_of_html(case):
    faults_then_heals(case, "html", "^degraded .*502 .*502 Bad Gateway")


@scenario
def redirects(case):
    """They are named and not followed: the credentials are for one server."""
    server, other = case.server(), case.server()
    client = case.client(case.kubeconfig(server, {"token": "hush"}))
    client.ready()
    for code, location, shown in ((301, "https://other.test/api", "https://other.test/api, which is not followed"),
                                  (307, "/elsewhere?code=hush", "/elsewhere, which is not followed"),
                                  (302, "https://me:hush@other.test/", "no reason given"),
                                  (308, other.url + "/api/v1/services", "/api/v1/services, which is not followed")):
        server.fault("redirect", code=code, location=location, resource="services", times=2)
        server.post("drop")
        client.wait("^degraded .*services: %d.*%s" % (code, shown))
        client.until(STATE)
    server.fault("redirect", code=307, location=other.url + "/events?code=hush", resource="events", times=1)
    client.command("write")
    client.wait("^written 307 307: redirected to %s/events, which is not followed$" % re.escape(other.url))
    check(not other.requests(), "it is followed to another server")
    check(not [r for r in server.requests() if "elsewhere" in r["path"]], "it is followed")
    check(client.count("hush") == 0, "a password is shown")


@scenario
def versions_that_expired(case):
    """A watch from a version that is gone lists again, and what vanished meanwhile goes."""
    server, client = case.both()
    client.ready()
    client.until(STATE)
    server.post("stop")
    server.delete("services", "db")
    server.put(service("late", ip="10.96.0.8"))
    server.post("compact")
    client.wait("^degraded")
    client.until(STATE)
    server.post("start")
    expected = [line for line in STATE if "Service shop/db" not in line] + ["Service shop/late ClusterIP 1"]
    client.until(expected)
    check(client.count("^begin Service$") == 2, "not listed again")


@scenario
def error_events_in_a_watch(case):
    server, client = case.both()
    client.ready()
    server.fault("error_event", verb="watch", times=2, code=500, message="etcd is away")
    server.post("drop")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    client.wait("^degraded .*500 InternalError: etcd is away")
    check(client.count("^begin (Service|EndpointSlice)$") == 2, "listed again")


@scenario
def odd_events_in_a_watch(case):
    """Unknown objects go, known ones come again, versions go down, objects have no uid: each is taken as it is."""
    def event(change, name, version, **more):
        obj = service(name, ip="10.96.1.1", **more)
        obj["metadata"]["resourceVersion"] = version
        return [change, obj]

    server, client = case.both()
    client.ready()
    server.fault("events", resource="services", verb="watch", times=1, events=[
        event("DELETED", "never", "900"), event("MODIFIED", "odd", "901"), event("ADDED", "odd", "60"),
        event("MODIFIED", "odd", "902", type="NodePort"), event("DELETED", "twice", "903"),
        event("ADDED", "twice", "904"), event("ADDED", "bare", ""), event("DELETED", "db", "905"),
        event("DELETED", "db", "40"), event("ADDED", "db", "906"), event("DELETED", "twice", "50")])
    server.post("drop")
    odd = ["Service shop/odd NodePort 1", "Service shop/bare ClusterIP 1"]
    client.until(STATE + odd)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + odd + ["Service shop/new ClusterIP 1"])
    check(client.count("^(begin Service$|refused)") == 1, "listed again, or refused")


@scenario
def one_kind_that_we_may_not_see(case):
    """It is named with the verb that we lack, in either way to list and in a watch; the other kinds go on."""
    for fault, verb in ((None, "watch"), ("no_streaming", "list")):
        server = case.server()
        if fault:
            server.fault(fault)
        server.fault("status", resource="endpointslices", code=403, reason="Forbidden", message="no",
                     verb={"watch": "stream", "list": "list"}[verb])
        client = case.client(case.kubeconfig(server, name=verb))
        client.wait("^degraded .*: %s endpointslices: 403 Forbidden: no; tried again in" % verb, count=2)
        rest = [line for line in STATE if "Slice" not in line]
        client.until(rest)
        server.put(service("new", ip="10.96.0.3"))
        client.until(rest + ["Service shop/new ClusterIP 1"])
        check(client.count("^degraded") == client.count("^degraded .*endpointslices: 403"), "another kind is concerned")
        server.post("heal")
        client.until(STATE + ["Service shop/new ClusterIP 1"])


@scenario
def pages_that_expired(case):
    server = case.server("--page-size", "1")
    server.fault("no_streaming")
    server.fault("expired", resource="services", verb="list", times=1, skip=1)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    check(client.count("^abort Service$") == 1 and client.count("^end Service$") == 1, "one list given up")
    again = [r["query"] for r in server.requests("services", "list") if "continue" not in r["query"]]
    check(len(again) == 2 and "resourceVersion" not in again[1], "the second list does not ask for the newest state")


@scenario
def watches_that_end_at_once(case):
    """Within a second of the client's clock, which may not run much faster here."""
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=2)
    client.ready()
    server.fault("short", resource="services", verb="watch", times=3)
    server.post("drop")
    client.wait("^degraded .*services: the server ended the answer too early", count=2)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    times = [r["time"] for r in server.requests("services", "watch")]
    check(times[2] - times[1] >= 0.7 / 2, "a tight loop")


@scenario
def a_server_that_hangs(case):
    """No answer at all, and then an answer without a body."""
    server = case.server()
    server.fault("hang", resource="services", times=1)
    server.fault("silent", resource="endpointslices", verb="stream", times=1)
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    client.wait("^degraded .*services: the server is silent")
    check(client.count("^abort EndpointSlice") == 1, "the silent list was not given up")


@scenario
def a_watch_that_falls_silent(case):
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=2 * SPEED)
    client.ready()
    server.fault("silent", resource="services", verb="watch", times=1)
    server.post("drop")
    client.wait("^degraded .*services: the server is silent")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])


@scenario
def a_server_that_restarts(case):
    server, client = case.both()
    client.ready()
    client.until(STATE)
    expected = STATE
    for service_type in ("ClusterIP", "NodePort"):
        seen = len(client.lines)
        server.post("stop")
        # Watches that the stop cuts off may wait longer than this test does before they try to connect.
        client.wait("^degraded .*(onnect|ended the answer)", count=3, start=seen)
        client.until(expected)
        server.put(service("new", ip="10.96.0.3", type=service_type))
        server.post("start")
        client.wait("^recovered", start=seen)
        expected = STATE + ["Service shop/new %s 1" % service_type]
        client.until(expected)
    check(client.count("^(begin (Service|EndpointSlice)$|del)") == 2, "listed again or deleted")


def be_away(server, client, seconds, speed):
    """The server is away for so long on the client's clock."""
    seen = len(client.lines)
    server.post("stop")
    client.wait("^degraded ", start=seen)
    time.sleep(seconds / speed)


def times(server, start, speed):
    """When each resource was asked for since request START, in seconds of the client's clock."""
    found = {}
    for request in server.requests()[start:]:
        found.setdefault(request["resource"], []).append(request["time"] * speed)
    return found


@scenario
def kinds_return_together(case):
    """The answer to one kind ends the backoff of the others: alone, each waits for up to a minute."""
    speed = 4
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=speed)
    client.ready()
    be_away(server, client, 60, speed)
    start = len(server.requests())
    server.post("start")
    client.wait("^recovered", count=4)
    first = sorted(each[0] for each in times(server, start, speed).values())
    check(len(first) == 4 and first[-1] - first[0] < 6, "apart: %r" % first)


@scenario
def a_server_that_refuses_while_it_starts(case):
    """Refusals right after a connection failed are tried again soon; they do not make a kind absent."""
    speed = 4
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=speed)
    client.ready()
    for n, code in enumerate((403, 401), 1):
        be_away(server, client, 40, speed)
        server.fault("status", code=code)
        start, seen = len(server.requests()), len(client.lines)
        server.post("start")
        client.wait("^degraded .*%d" % code, start=seen)
        time.sleep(4 / speed)
        server.control("POST", "/heal")
        client.wait("^recovered", count=4, start=seen)
        found = times(server, start, speed)
        server.put(service_cidr("all", "10.96.%d.0/24" % n))
        client.until(STATE + ["ServiceCIDR all 10.96.%d.0/24" % n])
        check(max(map(max, found.values())) - min(map(min, found.values())) < 14, "apart: %r" % found)
        check(sum(map(len, found.values())) < 12, "each kind asks for itself: %r" % found)
    check(client.count("^absent") == 0, "taken for absent")


@scenario
def a_server_restored_from_an_older_state(case):
    """Watches from a version of the future are silent. Our Node's list shows that the server is behind."""
    server, client = case.both()
    client.ready()
    client.until(STATE)
    server.post("stop")
    client.wait("^degraded ")
    server.post("restore")
    server.delete("services", "db")
    server.put(service("new", ip="10.96.0.3"))
    begin = time.monotonic()
    server.post("start")
    client.until([line for line in STATE if "shop/db " not in line] + ["Service shop/new ClusterIP 1"])
    check((time.monotonic() - begin) * SPEED < 120, "found by silence alone")
    gone = client.wait("^(gone|del) Service shop/db")
    check(sum(line == "abort Service" for line in client.lines[:gone]) == 2, "believed at once")
    check(client.count("^degraded .*services: .*older") == 2, "the log does not say why")
    seen = client.count("^begin Service$")
    server.put(service("last", ip="10.96.0.4"))
    client.until([line for line in STATE if "shop/db " not in line] + ["Service shop/new ClusterIP 1",
                                                                        "Service shop/last ClusterIP 1"])
    check(client.count("^begin Service$") == seen, "listed once more")


@scenario
def a_server_restored_from_nothing(case):
    """It is found soon, but an empty list of an older version is believed only after three minutes."""
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=4 * SPEED)
    client.ready()
    client.until(STATE)
    server.post("stop")
    client.wait("^degraded ")
    server.post("forget")
    begin = time.monotonic()
    server.post("start")
    client.wait("^degraded .*services: .*empty")
    client.until([])
    check((time.monotonic() - begin) * 4 * SPEED > 170, "believed too soon")
    check(client.count("^degraded .*services: .*empty") > 3, "it did not ask again")


@scenario
def not_there_at_the_start(case):
    server = case.server()
    server.post("stop")
    client = case.client(case.kubeconfig(server))
    client.wait("^degraded .*services: .*onnect", count=2)
    check(client.count("^(synced|begin)") == 0, "synced with nobody")
    server.post("start")
    client.ready()
    client.until(STATE)


@scenario
def emptiness_is_doubted_then_believed(case):
    """A server that lost its memory does not empty the data plane at once."""
    server, client = case.both()
    client.ready()
    server.fault("empty", resource="services")
    server.fault("expired", resource="services", verb="watch", times=1)
    server.post("drop")
    client.wait("^abort Service$", count=2)
    client.wait("^end Service$", count=2)
    client.until([line for line in STATE if not line.startswith("Service")])


@scenario
def emptiness_that_passes(case):
    server, client = case.both()
    client.ready()
    server.fault("empty", resource="services", times=2)
    server.fault("expired", resource="services", verb="watch", times=1)
    server.post("drop")
    client.wait("^end Service$", count=2)
    client.until(STATE)
    check(client.count("^del Service") == 0, "deleted")


def pages_that_repeat(case, fault, times):
    server = case.server("--page-size", "1")
    server.fault("no_streaming")
    for i in range(5):
        server.put(service("more-%d" % i, ip="10.96.1.%d" % i))
    server.fault(fault, resource="services", times=times)
    client = case.client(case.kubeconfig(server))
    client.wait("^degraded .*services: .*its pages repeat")
    server.control("POST", "/heal")
    client.ready()
    client.until(STATE + ["Service shop/more-%d ClusterIP 1" % i for i in range(5)])


@scenario
def a_token_that_leads_to_itself(case):
    pages_that_repeat(case, "same_token", 2)


@scenario
def tokens_that_lead_in_a_circle(case):
    pages_that_repeat(case, "tokens_in_turn", 4)


@scenario
def headers_and_tokens_that_are_too_long(case):
    """An ordinary failure, that is tried again."""
    server, client = case.both()
    client.ready()
    # Over HTTP/2, libcurl just waits if it is so long.
    too_long = "services: .*(larger than libcurl takes|silent)"
    for fault, reason in (({"fault": "long_header", "resource": "services"}, too_long),
                          ({"fault": "long_header", "resource": "services", "size": 120000}, "services: "),
                          ({"fault": "long_token"}, "(metadata.continue of the list: longer|a list's metadata of )"),
                          ({"fault": "long_token", "key": "resourceVersion"},
                           "(metadata.resourceVersion of the list: longer|a list's metadata of )")):
        count = client.count("^recovered")
        server.fault("no_streaming")
        server.control("POST", "/fault", fault)
        server.post("compact")
        server.post("drop")
        client.wait("^degraded .*" + reason)
        server.post("heal")
        client.wait("^recovered", count=count + 1)
        client.until(STATE)
    check(client.process.poll() is None, "the client has ended")


@scenario
def bad_objects_are_named_and_the_rest_goes_on(case):
    bad = service("bad", ip="10.96.0.9")
    bad["spec"]["ports"][0]["port"] = 70000
    server, client = case.both(objects=CLUSTER + [bad])
    client.ready()
    client.until(STATE)
    client.wait(r"^refused Service shop/bad: spec\.ports\[0\]\.port: 70000")
    bad["spec"]["ports"][0]["port"] = 80
    server.put(bad)
    client.until(STATE + ["Service shop/bad ClusterIP 1"])
    bad["spec"]["ports"][0]["protocol"] = "XTP"
    server.put(bad)
    client.wait(r"^refused Service shop/bad: spec\.ports: none has a protocol that is known")
    client.until(STATE + ["Service shop/bad ClusterIP 1"])
    # A list again keeps the last good one, too.
    server.fault("expired", resource="services", verb="watch", times=1)
    server.post("drop")
    client.wait("^end Service$", count=2)
    client.until(STATE + ["Service shop/bad ClusterIP 1"])
    server.delete("services", "bad")
    client.until(STATE)


@scenario
def our_node_is_not_there(case):
    server = case.server()
    client = case.client(case.kubeconfig(server), node_name="node-9")
    client.ready()
    rest = [line for line in STATE if "Node" not in line]
    client.until(rest)
    server.put(node("node-9", "zone-z"))
    client.until(rest + ["Node node-9 zone-z"])


@scenario
def no_node_at_all(case):
    server = case.server()
    client = case.client(case.kubeconfig(server), node_name=None)
    client.ready()
    client.until([line for line in STATE if "Node" not in line])
    check(not server.requests("nodes"), "nodes were asked for")


# --- ServiceCIDRs, which a server may not have

@scenario
def service_cidrs_come_and_go(case):
    server, client = case.both(objects=CLUSTER + [service_cidr("kubernetes", "10.96.0.0/16", "fd00:96::/112")])
    client.ready()
    client.until(STATE + ["ServiceCIDR kubernetes 10.96.0.0/16 fd00:96::/112"])
    server.put(service_cidr("more", "10.97.0.0/16"))
    client.until(STATE + ["ServiceCIDR kubernetes 10.96.0.0/16 fd00:96::/112", "ServiceCIDR more 10.97.0.0/16"])
    server.put(service_cidr("more", "10.98.0.0/16"))
    server.delete("servicecidrs", "kubernetes", namespace="")
    client.until(STATE + ["ServiceCIDR more 10.98.0.0/16"])
    check(client.count("^(abort|degraded|absent)") == 0, "something went wrong on the way")


# Row U9.
@scenario
def a_server_without_service_cidrs(case):
    """They count as complete at once and are told of once; when all is asked for anew, so are they."""
    server = case.server()
    server.fault("status", resource="servicecidrs", code=404, reason="NotFound", message="no such resource")
    client = case.client(case.kubeconfig(server))
    client.wait("^absent ServiceCIDR: list and watch servicecidrs: 404 NotFound: no such resource")
    client.wait("^synced ServiceCIDR")
    client.ready()
    client.until(STATE)
    client.process.stdin.write("reload\n")
    client.process.stdin.flush()
    client.wait("^reload: done")
    server.post("heal")
    client.process.stdin.write("reload\n")
    client.process.stdin.flush()
    server.put(service_cidr("kubernetes", "10.96.0.0/16"))
    client.until(STATE + ["ServiceCIDR kubernetes 10.96.0.0/16"])
    check(client.count("^absent") == 1, "told more than once")
    check(client.count("^degraded .*servicecidrs") == 0, "called trouble")


@scenario
def service_cidrs_that_we_may_not_see(case):
    """Tried a few times, then the start no longer waits for them."""
    server = case.server()
    server.fault("status", resource="servicecidrs", code=403, reason="Forbidden", message="not you")
    client = case.client(case.kubeconfig(server))
    client.wait("^degraded .*servicecidrs: 403 Forbidden: not you; tried again in", count=3)
    client.wait("^absent ServiceCIDR: list and watch servicecidrs: 403 Forbidden: not you")
    client.ready()
    client.until(STATE)
    check(len(server.requests("servicecidrs")) == 4, "asked %d times" % len(server.requests("servicecidrs")))


@scenario
def service_cidrs_stay_when_the_api_goes(case):
    """A server that has forgotten the kind, like one that is older, takes nothing away."""
    server, client = case.both(objects=CLUSTER + [service_cidr("kubernetes", "10.96.0.0/16")])
    client.ready()
    client.until(STATE + ["ServiceCIDR kubernetes 10.96.0.0/16"])
    server.fault("status", resource="servicecidrs", code=404, reason="NotFound", message="no such resource")
    server.post("drop")
    client.wait("^absent ServiceCIDR")
    client.until(STATE + ["ServiceCIDR kubernetes 10.96.0.0/16"])


@scenario
def once_without_service_cidrs(case):
    for code, reason in ((404, "NotFound"), (403, "Forbidden")):
        server = case.server()
        server.fault("status", resource="servicecidrs", code=code, reason=reason, message="no")
        client = case.client(case.kubeconfig(server, name="kubeconfig-%d" % code), "--once")
        client.wait("^absent ServiceCIDR: .*%d" % code)
        check(client.process.wait(LIMIT_S) == 0, "exit code")


# --- who we are, and who the server is

@scenario
def client_certificates(case):
    server = case.server("--client-ca", PKI["ca.crt"])
    client = case.client(case.kubeconfig(server, {"client-certificate": PKI["client.crt"],
                                                  "client-key": PKI["client.key"]}))
    client.ready()
    check({r["user"] for r in server.requests()} == {"certificate:proxy"}, "user")


@scenario
def data_inline(case):
    server = case.server("--client-ca", PKI["ca.crt"])
    user = {"client-certificate-data": PKI["client.crt.b64"], "client-key-data": PKI["client.key.b64"]}
    client = case.client(case.kubeconfig(server, user, **{"certificate-authority-data": PKI["ca.crt.b64"],
                                                          "certificate-authority": None}))
    client.ready()
    check({r["user"] for r in server.requests()} == {"certificate:proxy"}, "user")


@scenario
def encrypted_keys(case):
    """Nobody can give the passphrase. File or user are named, and a client that runs keeps what it has."""
    server = case.server("--client-ca", PKI["ca.crt"])
    crt = {"client-certificate": PKI["client.crt"]}
    for name in ("pkcs8.key", "traditional.key"):
        reason = "line 1: the private key is encrypted, and its passphrase cannot be given"
        client = case.client(case.kubeconfig(server, dict(crt, **{"client-key": PKI[name]})), "--once")
        client.wait("^failed: .*/%s: %s$" % (name, reason))
        client = case.client(case.kubeconfig(server, dict(crt, **{"client-key-data": PKI[name + ".b64"]})), "--once")
        client.wait("^failed: .*/kubeconfig:1: user u: client-key-data: %s$" % reason)
        with open(PKI["client.key"]) as file:
            key = case.file("key", file.read())
        client = case.client(case.kubeconfig(server, dict(crt, **{"client-key": key})))
        client.ready()
        with open(PKI[name]) as file:
            case.file("key", file.read())
        client.command("reload")
        client.wait("^reload: .*/key: %s$" % reason)
        client.command("pass 300000")
        server.post("drop")
        client.wait("^degraded .*/key: " + reason)
        server.put(service("new", ip="10.96.0.3"))
        client.until(STATE + ["Service shop/new ClusterIP 1"])
        server.delete("services", "new")
    check({r["user"] for r in server.requests()} == {"certificate:proxy"}, "user")


@scenario
def keys_that_are_none(case):
    """A certificate and a key that were exchanged, and a file that is something else."""
    server = case.server("--client-ca", PKI["ca.crt"])
    for crt, key, reason in ((PKI["client.key"], PKI["client.crt"], "client.key: no certificate in PEM"),
                             (PKI["client.crt"], PKI["client.crt"], "client.crt: no private key in PEM"),
                             (PKI["client.crt"], PKI["client.csr"], "client.csr: no private key in PEM")):
        client = case.client(case.kubeconfig(server, {"client-certificate": crt, "client-key": key}), "--once")
        client.wait("^failed: .*/" + reason)
    with open(PKI["client.crt"]) as file:
        crt = file.read().replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,%s\n\n" % ("0" * 32), 1)
    user = {"client-certificate": case.file("crt", crt), "client-key": PKI["client.key"]}
    case.client(case.kubeconfig(server, user), "--once").wait("^failed: .*certificate")


@scenario
def basic_authentication(case):
    server = case.server("--basic", "me:pass")
    case.client(case.kubeconfig(server, {"username": "me", "password": "pass"})).ready()
    check({r["user"] for r in server.requests()} == {"basic"}, "user")


@scenario
def token_file_is_read_again(case):
    """A token that expires: the server's 401 makes us read the file at once, its age after a minute."""
    accepted = case.file("accepted", "first")
    case.file("token", "first\n")
    server = case.server("--token", "@" + accepted)
    client = case.client(case.kubeconfig(server, {"tokenFile": "token"}))
    client.ready()
    case.file("token", "second\n")
    case.file("accepted", "second")
    server.post("drop")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    # Of this kind: the others may still ask with the old one, and be told so.
    asked = [request for request in server.requests() if request["resource"] == "services"]
    check(asked[-1]["user"] == "token:second", "user")
    check(client.count("first|second") == 0, "a token is shown")


@scenario
def token_file_is_read_again_for_a_write(case):
    """Likewise if nothing but a write notices: the lists and watches that are open go on."""
    accepted = case.file("accepted", "first")
    case.file("token", "first\n")
    server = case.server("--token", "@" + accepted)
    client = case.client(case.kubeconfig(server, {"tokenFile": "token"}))
    client.ready()
    case.file("token", "second\n")
    case.file("accepted", "second")
    for expected in ("401", "201"):
        client.command("write")
        client.wait("^written %s" % expected)
    case.file("token", "third\n")
    case.file("accepted", "second third")
    client.command("pass 61000")
    client.command("write")
    client.wait("^written 409")
    check([r["user"] for r in server.requests("events")] == [None, "token:second", "token:third"], "users")
    check(client.count("first|second|third") == 0, "a token is shown")


@scenario
def reloads_on_demand(case):
    accepted = case.file("accepted", "first second")
    server = case.server("--token", "@" + accepted)
    kubeconfig = case.kubeconfig(server, {"token": "first"})
    client = case.client(kubeconfig)
    client.ready()
    case.file("kubeconfig", "{")
    client.process.stdin.write("reload\n")
    client.process.stdin.flush()
    client.wait(r"^reload: .*kubeconfig:\d+:")
    client.until(STATE)
    case.kubeconfig(server, {"token": "second"})
    client.process.stdin.write("reload\n")
    client.process.stdin.flush()
    client.wait("^reload: done")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    check(server.requests()[-1]["user"] == "token:second", "user")
    check(client.count("^(begin|abort) (Service|EndpointSlice)$") == 2, "listed again")


@scenario
def in_the_cluster(case):
    accepted = case.file("accepted", "of-the-pod")
    server = case.server("--token", "@" + accepted)
    case.file("token", "of-the-pod")
    with open(PKI["ca.crt"]) as file:
        case.file("ca.crt", file.read())
    host, port = server.url[len("https://"):].split(":")
    client = case.client(None, "--service-account", case.directory,
                         environment={"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port})
    client.ready()
    check({r["user"] for r in server.requests()} == {"token:of-the-pod"}, "user")


@scenario
def kubeconfig_from_the_environment(case):
    """A merged list: the first file has the context, the second the rest; one is missing."""
    server = case.server("--token", "good")
    first = case.file("first", "current-context: x\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\n")
    second = case.kubeconfig(server, {"token": "good"}, name="second")
    client = case.client(None, environment={"KUBECONFIG": "%s:/nowhere/at/all:%s" % (first, second)})
    client.ready()


@scenario
def master_overrides_the_server(case):
    server = case.server()
    other = case.server()
    client = case.client(case.kubeconfig(other), "--master", server.url)
    client.ready()
    check(server.requests() and not other.requests(), "asked the other")


@scenario
def nothing_configured(case):
    client = case.client(None)
    client.wait("^failed: no API server is configured")


@scenario
def a_certificate_of_another_name(case):
    """The server's certificate is for api.test and 127.0.0.1; 127.0.0.2 is neither."""
    server = case.server("--address", "127.0.0.2")
    client = case.client(case.kubeconfig(server), "--once")
    client.wait("^failed: ")
    check(not server.requests(), "asked all the same")
    case.client(case.kubeconfig(server, **{"tls-server-name": "api.test"})).ready()
    check(all(r["headers"]["Host"].startswith("127.0.0.2:") for r in server.requests()), "Host header")


@scenario
def a_certificate_of_another_authority(case):
    server = case.server()
    client = case.client(case.kubeconfig(server, **{"certificate-authority": PKI["other.crt"]}), "--once")
    client.wait("^failed: .*certificate")
    check(not server.requests(), "asked all the same")
    other = case.kubeconfig(server, **{"insecure-skip-tls-verify": True})
    case.client(other).ready()


@scenario
def a_bundle_with_something_unreadable(case):
    """The rest of it counts. Nothing readable at all is an error that names the place."""
    server = case.server()
    with open(PKI["ca.crt"]) as file:
        good = file.read()
    bad = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
    encrypted = good.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
    for text in (bad % "hunter2" + good, good + bad % "YQ==", encrypted + good, good[:-40] + "\n" + good):
        case.client(case.kubeconfig(server, **{"certificate-authority": case.file("bundle", text)})).ready()
    for text, reason in ((bad % "!" * 2, "line 1: the certificate cannot be read: not base64"),
                         ("hunter2\n", "no certificate in PEM")):
        client = case.client(case.kubeconfig(server, **{"certificate-authority": case.file("bundle", text)}), "--once")
        client.wait("^failed: .*/bundle: " + reason)
        data = {"certificate-authority-data": base64.b64encode(text.encode()).decode(), "certificate-authority": None}
        client = case.client(case.kubeconfig(server, **data), "--once")
        client.wait("^failed: .*/kubeconfig:1: cluster c: certificate-authority-data: " + reason)
    # The log names it, also when the file is read again; once.
    config = case.kubeconfig(server, **{"certificate-authority": case.file("bundle", good)})
    client = case.client(config, "--verbose")
    client.ready()
    said = "a certificate is left out.*/bundle: line 1: the certificate cannot be read"
    case.file("bundle", bad % "YQ==" + good)
    for i in range(2):
        check(client.count(said) == i, "said %d times" % client.count(said))
        client.command("pass 300000")
        server.post("drop")
        client.wait(said)
        server.put(service("new-%d" % i, ip="10.96.0.%d" % (3 + i)))
        client.until(STATE + ["Service shop/new-%d ClusterIP 1" % j for j in range(i + 1)])
    check(client.count(said) == 1, "said %d times" % client.count(said))


@scenario
def without_tls(case):
    server, client = case.both(tls=False)
    client.ready()
    client.until(STATE)
    check(connections(server) == ({"1.1"}, 4), "connections %r" % (connections(server),))
    check(client.count("^degraded") == 0, "something went wrong on the way")


# --- connections

def connections(server, start=0):
    """By which versions of HTTP it was asked, and over how many connections."""
    requests = server.requests()[start:]
    return {r["http"] for r in requests}, len({r["connection"] for r in requests})


@formats
def one_connection_for_all(case):
    server, client = case.both("--watch-seconds", "1")
    client.ready()
    for i in range(4):
        server.put(slice_of("web", ["10.128.1.%d" % j for j in range(i + 1)]))
        client.until([line for line in STATE if "web-" not in line] + ["EndpointSlice shop/web-abcde %d" % (i + 1)])
        time.sleep(0.5)
    check(connections(server) == ({"2"}, 1), "connections %r" % (connections(server),))
    check(len(server.requests("services")) > 1, "the watches did not end")
    check(client.count("^degraded") == 0, "something went wrong on the way")


@formats
def a_server_without_http2(case):
    for option in ("--http1", "--no-alpn"):
        server, client = case.both(option)
        client.ready()
        client.until(STATE)
        check(connections(server) == ({"1.1"}, 4), "%s: connections %r" % (option, connections(server)))
        check(client.count("^degraded") == 0, "%s: something went wrong on the way" % option)


@formats
def a_server_that_takes_few_requests_at_once(case):
    server, client = case.both("--streams", "3")
    client.ready()
    client.until(STATE)
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    # Whether the fourth waits for the server to say so, or comes before, is a matter of microseconds.
    check(connections(server) in (({"2"}, 1), ({"2"}, 2)), "connections %r" % (connections(server),))


@formats
def a_connection_that_is_to_be_left(case):
    """GOAWAY: what is open goes on, what comes next goes elsewhere."""
    server, client = case.both("--watch-seconds", "3")
    client.ready()
    server.post("goaway")
    server.put(service("new", ip="10.96.0.3"))
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    seen = len(server.requests())
    limit = time.monotonic() + LIMIT_S
    while len(server.requests()) < seen + 4 and time.monotonic() < limit:
        time.sleep(0.1)
    server.delete("services", "new")
    client.until(STATE)
    check({r["connection"] for r in server.requests()} == {0, 1}, "connections %r" % (connections(server),))
    check(client.count("^degraded") == 0, "something went wrong on the way")


@scenario
def a_connection_that_falls_silent(case):
    """Nothing says that it is broken; over HTTP/2 the next request must not go over the same one."""
    server = case.server()
    client = case.client(case.kubeconfig(server), speed=4 * SPEED)
    client.ready()
    server.post("bookmark")
    server.post("mute")
    server.put(service("new", ip="10.96.0.3"))
    client.wait("^degraded .*: the server is silent", count=4)
    client.until(STATE + ["Service shop/new ClusterIP 1"])
    muted = {r["connection"] for r in server.requests()[:4]}
    check(all(r["connection"] not in muted for r in server.requests()[4:]), "asked on a connection that is dead")
    check(client.count("^del") == 0, "deleted")


# --- compression

@scenario
def lists_come_compressed(case):
    server = case.server("--gzip-from", "0", "--page-size", "1")
    server.fault("no_streaming")
    client = case.client(case.kubeconfig(server))
    client.ready()
    client.until(STATE)
    for request in server.requests():
        wanted = "gzip" if request["verb"] == "list" else None
        check(request["headers"].get("Accept-Encoding") == wanted, "%s: %r" % (request["verb"], request["headers"]))
    plain = case.server("--gzip-from", "0")
    plain.fault("no_streaming")
    client = case.client(case.kubeconfig(plain, **{"disable-compression": True}))
    client.ready()
    client.until(STATE)
    check(not any("Accept-Encoding" in r["headers"] for r in plain.requests()), "asked for compression")


@scenario
def a_compressed_list_that_is_cut_short(case):
    server = case.server("--gzip-from", "0")
    server.fault("no_streaming")
    server.fault("short_gzip", resource="services", times=2)
    client = case.client(case.kubeconfig(server))
    client.wait("^degraded .*services: ", count=2)
    check(client.count("^end Service$") == 0, "half a list is taken for a whole one")
    client.ready()
    client.until(STATE)


# --- proxies

@scenario
def a_proxy_of_the_kubeconfig(case):
    """It counts whatever the environment says; its password is shown to nobody but itself."""
    server, proxy = case.server(), case.proxy()
    kubeconfig = case.kubeconfig(server, **{"proxy-url": "http://me:secret@" + proxy.address})
    client = case.client(kubeconfig, environment={"NO_PROXY": "*", "HTTPS_PROXY": "http://127.0.0.1:1"})
    client.ready()
    host = server.url[len("https://"):]
    credentials = "Basic " + base64.b64encode(b"me:secret").decode()
    check(set(proxy.asked) == {(host, credentials)}, "proxy was asked %r" % proxy.asked)
    check(client.count("secret") == 0, "the password is shown")


@scenario
def a_proxy_that_refuses(case):
    server, proxy = case.server(), case.proxy(refuses=True)
    client = case.client(case.kubeconfig(server, **{"proxy-url": "http://me:secret@" + proxy.address}), "--once")
    client.wait("^failed: .*407")
    check(client.count("secret") == 0, "the password is shown")
    check(not server.requests(), "asked without it")


@scenario
def a_socks_proxy_looks_names_up(case):
    server, proxy = case.server(), case.proxy(socks=True)
    port = server.url.rsplit(":", 1)[1]
    server.url = "https://api.test:" + port
    client = case.client(case.kubeconfig(server, **{"proxy-url": "socks5://" + proxy.address}))
    client.ready()
    client.until(STATE)
    check(set(proxy.asked) == {("api.test:" + port, 3)}, "proxy was asked %r" % proxy.asked)


@scenario
def a_proxy_of_the_environment(case):
    """By Go's rules: not for loopback, and $ALL_PROXY does not count. Nobody but the proxy knows the name."""
    for host, variable, excepted, used in (("api.test", "HTTPS_PROXY", "", True),
                                           ("api.test", "https_proxy", "10.0.0.0/8,example.org,api.test:1", True),
                                           ("127.0.0.1", "HTTPS_PROXY", "", False)):
        server, proxy = case.server(), case.proxy()
        server.url = server.url.replace("127.0.0.1", host)
        client = case.client(case.kubeconfig(server),
                             environment={variable: "http://" + proxy.address, "NO_PROXY": excepted})
        client.ready()
        check(bool(proxy.asked) == used, "%s, NO_PROXY=%s: proxy was asked %r" % (variable, excepted, proxy.asked))
    for variable, excepted in (("HTTPS_PROXY", "*.test"), ("ALL_PROXY", ""), ("HTTP_PROXY", "")):
        server, proxy = case.server(), case.proxy()
        server.url = server.url.replace("127.0.0.1", "api.test")
        client = case.client(case.kubeconfig(server),
                             environment={variable: "http://" + proxy.address, "NO_PROXY": excepted})
        client.wait("^degraded .*[Rr]esolv")
        check(not proxy.asked, "%s, NO_PROXY=%s: proxy was asked %r" % (variable, excepted, proxy.asked))


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_pki(directory):
    def path(name):
        PKI[name] = os.path.join(directory, name)
        return PKI[name]

    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".crt"))
    for name, subject, extension in (("server", "/CN=server", "subjectAltName=DNS:api.test,IP:127.0.0.1"),
                                     ("client", "/O=system:nodes/CN=proxy", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
                "-keyout", path(name + ".key"), "-out", path(name + ".csr"))
        with open(path(name + ".ext"), "w") as file:
            file.write(extension + "\n")
        openssl("x509", "-req", "-days", "2", "-in", PKI[name + ".csr"], "-CA", PKI["ca.crt"], "-CAkey", PKI["ca.key"],
                "-set_serial", "1" if name == "server" else "2", "-extfile", PKI[name + ".ext"],
                "-out", path(name + ".crt"))
    openssl("pkcs8", "-topk8", "-passout", "pass:hush", "-in", PKI["client.key"], "-out", path("pkcs8.key"))
    openssl("ec", "-aes256", "-passout", "pass:hush", "-in", PKI["client.key"], "-out", path("traditional.key"))
    for name in ("ca.crt", "client.crt", "client.key", "pkcs8.key", "traditional.key"):
        with open(PKI[name], "rb") as file:
            PKI[name + ".b64"] = base64.b64encode(file.read()).decode()


def run(function, directory):
    """None, or what went wrong."""
    os.mkdir(directory)
    case = Case(directory)
    problem = None
    try:
        function(case)
    except Exception as error:  # whatever it is, it is told
        problem = str(error) if isinstance(error, Failed) else traceback.format_exc()
    try:
        case.close()
    except Exception as error:
        problem = (problem or "") + "\nat the end: %s" % error
    if problem:
        clients = [thing for thing in case.things if isinstance(thing, Client)]
        for client in clients:
            problem += "\n--- the client's lines\n" + "\n".join(client.lines[-60:])
    return problem


def main():
    wanted = [name for name in sys.argv[3:] if name != "--json"]
    bad = 0
    with tempfile.TemporaryDirectory(prefix="kubeapi-") as directory:
        make_pki(directory)
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
            jobs = {f.__name__: pool.submit(run, f, os.path.join(directory, f.__name__))
                    for f in SCENARIOS if not wanted or f.__name__ in wanted}
            for name, job in jobs.items():
                problem = job.result()
                print("%s %s" % ("not ok" if problem else "ok", name), flush=True)
                if problem:
                    print(problem)
                    bad += 1
    print("%d scenarios, %d failed" % (len(jobs), bad))
    return 1 if bad or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
