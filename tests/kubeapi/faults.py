# SPDX-License-Identifier: GPL-2.0-or-later
"""Every fault in every phase: faults.py APISERVER FOLLOW [WORD...]

A cell is a fault, the phase in which it comes, and a format (protobuf over HTTP/2, JSON over HTTP/1.1). In each there
is a server with changes that the client has still to learn, the fault, and its end. Then the client's content must be
the server's, a change after that must arrive, and nothing that the server has may have left the store at any time.
Cells that make no sense are in NONSENSE, with the reason.

WORDs pick cells: each is a fault, a phase or a format. The client's clock runs faster, so that its patience ends soon;
libcurl's own does not, so a connection that is never made costs ten seconds.
"""
import concurrent.futures
import os
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[1])))
import apiserver  # noqa: E402
from follow import (CLUSTER, PKI, STATE, Case, Failed, LIMIT_S, check, make_pki, service, service_cidr,  # noqa: E402
                    slice_of)

FORMATS = ("protobuf", "JSON")
PHASES = ("first connect", "first list", "first page", "first initial events",
          "connect", "list", "page", "initial events", "watch")
VERBS = {"list": "first", "page": "page", "initial events": "stream", "watch": "watch"}
FAULTS = {}
NONSENSE = {}
SPEED, FAST = 10, 40


def fault(name, *nonsense, speed=SPEED):
    """The function arms the fault in a cell; NONSENSE are pairs of phases, separated by commas, and a reason."""
    def add(function):
        FAULTS[name] = (function, speed)
        for phases, reason in nonsense:
            for phase in phases.split(", "):
                NONSENSE[name, phase] = reason
        return function
    return add


class Cell:
    def __init__(self, name, phase, form, directory):
        self.name, self.form = name, form
        self.first = phase.startswith("first ")
        self.phase = phase.replace("first ", "")
        self.verb = VERBS.get(self.phase)
        self.armed = []
        self.signs = []
        self.mend = None
        self.expired = None
        self.changed = False
        self.lock = threading.Lock()
        self.state_may_be_empty = False
        self.expected = [line for line in STATE if "web-" not in line] + [
            "EndpointSlice shop/web-abcde 3", "Service shop/late ClusterIP 1", "EndpointSlice shop/late-abcde 1"]
        self.case = Case(directory)
        options = ["--page-size", "1"] if self.phase in ("list", "page") else []
        if form == "JSON":
            options.append("--http1")
        self.main = apiserver.Main(apiserver.options_parser().parse_args(
            [*options, "--gzip-from", "0", "--cert", PKI["server.crt"], "--key", PKI["server.key"]]))
        self.state = self.main.state
        self.url = "https://127.0.0.1:%d" % self.main.port
        for obj in CLUSTER + [service("old", ip="10.96.0.9"), slice_of("old", ["10.128.0.9"])]:
            self.state.put(obj, bulk=True)
        self.client = None

    # --- what a fault is made of

    def inject(self, name, **more):
        """A fault of the server, when the phase's request is there."""
        what = dict({"fault": name, "verb": self.verb, "resource": "services", "times": 2}, **more)
        self.armed.append(what)
        self.state.faults.append(what)

    def spoil(self, how, times=3):
        self.inject("connection", how=how, times=times, verb=None, resource=None)

    def call(self, function, **more):
        """Something of our own then; in the phase of connecting, now."""
        if self.phase == "connect":
            function()
        else:
            self.inject("call", do=function, times=1, **more)

    def until(self, sign, mend):
        """The fault lasts until the client shows that it has met it."""
        self.signs.append(sign)
        self.mend = mend

    def change(self):
        """What the client is to learn after all."""
        with self.lock:
            if self.changed:
                return
            self.changed = True
        self.state.delete("services", "shop", "old")
        self.state.delete("endpointslices", "shop", "old-abcde")
        self.state.put(service("late", ip="10.96.0.8"))
        self.state.put(slice_of("late", ["10.128.0.8"]))
        self.state.put(slice_of("web", ["10.128.0.1", "10.128.0.2", "10.128.0.4"]))

    # --- the course of things

    def run(self):
        arm, speed = FAULTS[self.name]
        if self.phase in ("list", "page"):
            self.state.faults.append({"fault": "no_streaming"})
        kubeconfig = self.case.kubeconfig(self)
        options = ["--json"] if self.form == "JSON" else []
        if self.first:
            arm(self)
            self.client = self.case.client(kubeconfig, *options, speed=speed)
        else:
            self.client = self.case.client(kubeconfig, *options, speed=speed)
            self.client.ready()
            arm(self)
            if self.phase not in ("connect", "watch"):
                self.expired = {"fault": "expired", "verb": "watch", "resource": "services"}
                self.state.faults.append(self.expired)
            if self.main.api:
                self.main.api.drop()
            if not self.mend:
                self.change()
        self.wait_for_the_fault()
        if self.mend:
            self.mend()
        self.change()
        self.client.ready()
        self.client.until(self.expected)
        self.state.put(service("last", ip="10.96.0.7"))
        self.client.until(self.expected + ["Service shop/last ClusterIP 1"])
        self.check_what_went()

    def wait_for_the_fault(self):
        for sign in self.signs:
            self.client.wait(sign)
        self.wait(lambda: all(what.get("used") for what in self.armed), "the fault was never met")
        if self.expired:
            self.wait(self.lists_again, "nothing was listed again")
            self.state.faults.remove(self.expired)

    def lists_again(self):
        """Since a watch was told to, and it heard it."""
        verbs = [r["verb"] for r in list(self.state.requests) if r["resource"] == "services"]
        return self.expired.get("used") and verbs[-1] != "watch"

    @staticmethod
    def wait(condition, problem):
        limit = time.monotonic() + LIMIT_S
        while not condition():
            check(time.monotonic() < limit, problem)
            time.sleep(0.01)

    def check_what_went(self):
        """Only what the server no longer had; all of a kind if it had nothing for long enough to be believed."""
        doubts = {}
        for line in self.client.lines:
            words = line.split()
            if words[:1] == ["abort"]:
                doubts[words[1]] = doubts.get(words[1], 0) + 1
            if words[:1] not in (["gone"], ["del"]) or words[2].startswith("shop/old"):
                continue
            check(self.state_may_be_empty and doubts.get(words[1], 0) >= 2, "it went: " + line)

    def close(self):
        self.case.close()
        self.main.stop()
        self.main.control.shutdown()
        self.main.control.server_close()


# --- no connection, or one that ends

NO_REQUEST = ("first connect, connect", "nothing is answered before there is a request")


@fault("refuse")
def refuse(cell):
    def stop():
        cell.main.stop()
        return True
    cell.call(stop)
    cell.until("^degraded .*(refused|onnect)", cell.main.start)


@fault("hang", speed=FAST)
def hang(cell):
    if cell.phase == "connect":
        cell.spoil("hang", times=1)
    else:
        cell.inject("hang", times=1)


@fault("reset")
def reset(cell):
    if cell.phase == "connect":
        cell.spoil("reset")
    else:
        cell.inject("reset")


@fault("drop mid-object")
def drop(cell):
    if cell.phase == "connect":
        cell.spoil("close")
    else:
        cell.inject("cut", bytes=150)


@fault("certificate swapped")
def certificate(cell):
    def swap():
        cell.main.use_certificate(PKI["other.crt"], PKI["other.key"])
        if cell.main.api:
            cell.main.api.drop()
        return True
    cell.call(swap)
    cell.until("^degraded .*certificate",
               lambda: cell.main.use_certificate(PKI["server.crt"], PKI["server.key"]))


@fault("silence", speed=FAST)
def silence(cell):
    if cell.phase == "connect":
        cell.spoil("silent", times=1)
    else:
        cell.inject("silent", times=1)


# --- answers that are none

def add_status(code, reason, **more):
    @fault("%d %s" % (code, reason), NO_REQUEST)
    def status(cell):
        cell.inject("status", code=code, reason=reason.title().replace(" ", ""), **more)


add_status(401, "unauthorized")
add_status(403, "forbidden")
add_status(404, "not found")
add_status(410, "expired")
add_status(422, "invalid")
add_status(429, "too many requests", retry_after=2)
add_status(500, "internal error")


@fault("503 with text", NO_REQUEST)
def text(cell):
    cell.inject("text", code=503)


@fault("a proxy's page")
def page(cell):
    if cell.phase == "connect":
        cell.spoil("html")
    else:
        cell.inject("html", code=200)


@fault("empty body", ("first connect, connect", "that is a connection which is dropped"))
def empty_body(cell):
    cell.inject("empty_body")


@fault("garbage")
def garbage(cell):
    if cell.phase == "connect":
        cell.spoil("noise")
    else:
        cell.inject("noise")


@fault("truncated gzip", ("first connect, connect", "nothing is compressed before there is a request"))
def short_gzip(cell):
    cell.inject("unasked_gzip" if cell.verb in ("stream", "watch") else "short_gzip")


@fault("ERROR events", NO_REQUEST, ("first list, list, first page, page", "lists have no events"), speed=FAST)
def error_events(cell):
    # The one that makes a list come by pages is the last.
    for code in (401, 403, 404, 410, 429, 500, 503, 504, 0, 422):
        cell.inject("error_event", code=code, times=1)


# --- answers of an odd shape

@fault("7-byte chunks", ("first connect, connect", "the handshake's bytes are OpenSSL's"))
def chunks(cell):
    cell.inject("dribble", size=7, times=4)


@fault("1 MiB objects", ("first connect, connect", "there are no objects yet"))
def megabyte(cell):
    big = service("big", ip="10.96.0.6")
    big["metadata"]["annotations"] = {"a": "x" * (1 << 20)}
    if cell.phase == "watch":
        cell.change()
    cell.state.put(big, bulk=cell.first)
    cell.expected.append("Service shop/big ClusterIP 1")


# --- a server with another past

@fault("continue tokens expire", NO_REQUEST, ("first list, list", "the first page is asked for without a token"),
       ("first initial events, initial events, watch", "watches have no tokens"))
def tokens(cell):
    cell.inject("call", do=cell.state.snapshots.clear)


@fault("compact", ("first connect, connect", "a connection has no version"))
def compact(cell):
    def forget():
        cell.change()
        cell.state.compact()
    cell.call(forget)
    # What is open need not learn of it first.
    cell.mend = lambda: None


@fault("versions go backwards", ("first connect, connect", "a connection has no version"), speed=FAST)
def backwards(cell):
    def restore():
        cell.state.restore()
        cell.main.api.drop()
        return True
    cell.call(restore)
    cell.mend = lambda: None


@fault("bookmarks only", NO_REQUEST, ("first list, list, first page, page", "lists have no events"), speed=FAST)
def bookmarks(cell):
    cell.inject("bookmarks")


@fault("restart empty", speed=FAST)
def restart_empty(cell):
    objects = []
    restarted = threading.Event()

    def restart():
        cell.main.stop()
        objects.extend(cell.state.forget())
        cell.main.start()
        restarted.set()
        return True

    def come_back():
        if not restarted.wait(LIMIT_S):
            raise Failed("the server has not restarted")
        time.sleep(0.2)
        for obj in objects:
            cell.state.put(obj)
    cell.call(restart)
    cell.mend = come_back
    cell.state_may_be_empty = True


def run_cell(name, phase, form, directory):
    """None, or what went wrong; in a process of its own, several one after the other."""
    os.mkdir(directory)
    cell = Cell(name, phase, form, directory)
    problem = None
    try:
        cell.run()
    except Exception as error:  # whatever it is, it is told
        problem = str(error) if isinstance(error, Failed) else traceback.format_exc()
    try:
        cell.close()
    except Exception as error:
        problem = (problem or "") + "\nat the end: %s" % error
    if problem and cell.client:
        problem += "\n--- the client's lines\n" + "\n".join(cell.client.lines[-60:])
        problem += "\n--- the server was asked\n" + "\n".join(
            "%s %s %s" % (r["connection"], r["verb"], r["path"]) for r in cell.state.requests[-40:])
    return problem


def print_table(results):
    print("%-24s" % "fault" + "".join("%-12s" % phase.replace("first ", "1st ").replace(" events", "")
                                      for phase in PHASES))
    for name in FAULTS:
        row = "%-24s" % name
        for phase in PHASES:
            outcomes = [results.get((name, phase, form), "left out") for form in FORMATS]
            if (name, phase) in NONSENSE:
                row += "%-12s" % "-"
            elif outcomes == ["left out", "left out"]:
                row += " " * 12
            else:
                row += "%-12s" % ("ok" if outcomes == [None, None] else
                                  "/".join("ok" if o is None else "" if o == "left out" else "FAILED"
                                           for o in outcomes))
        print(row.rstrip())
    reasons = {}
    for (name, phase), reason in NONSENSE.items():
        reasons.setdefault(reason, {}).setdefault(name, []).append(phase)
    for reason, names in reasons.items():
        print("- %s:" % reason)
        for name, phases in names.items():
            print("    %s: %s" % (name, ", ".join(phases)))


def main():
    words = sys.argv[3:]
    cells = [(name, phase, form) for name in FAULTS for phase in PHASES for form in FORMATS
             if (name, phase) not in NONSENSE and all(word in (name, phase, form) for word in words)]
    # Those that wait for long go first.
    cells.sort(key=lambda cell: (cell[:2] not in (("hang", "connect"), ("hang", "first connect")),
                                 -FAULTS[cell[0]][1]))
    results = {}
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as directory:
        make_pki(directory)
        with concurrent.futures.ProcessPoolExecutor(max_workers=16) as pool:
            jobs = {pool.submit(run_cell, *cell, os.path.join(directory, "%d" % i)): cell
                    for i, cell in enumerate(cells)}
            for job in concurrent.futures.as_completed(jobs):
                cell = jobs[job]
                results[cell] = job.result()
                if results[cell]:
                    print("not ok %s\n%s" % (" / ".join(cell), results[cell]), flush=True)
    print_table(results)
    bad = sum(1 for problem in results.values() if problem)
    print("%d cells, %d failed, in %.0f s" % (len(results), bad, time.monotonic() - start))
    return 1 if bad or not results else 0


if __name__ == "__main__":
    sys.exit(main())
