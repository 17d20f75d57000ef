# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing grows: cycles.py APISERVER FOLLOW [CYCLES]

A client meets one fault after the other and is made to list and watch anew each time. After CYCLES (200) it holds as
many descriptors and as much of the heap as after the first few. Waiting is left out: the client is told that time has
passed.
"""
import concurrent.futures
import os
import sys
import tempfile
import time

from faults import FORMATS, PKI, STATE, Cell, Failed, check, make_pki, service_cidr, slice_of

WARM = 10
# What differs is connections that libcurl has yet to close or keeps for the next request, one for each kind at most,
# and their buffers and OpenSSL's. So the heap is compared where as many descriptors are open, the most of seven looks
# after the very first, ten cycles apart, with that of the last: a leak shows in each such pair. Every byte is the
# sanitizers' to find.
LOOKS, DESCRIPTORS, HEAP = 7, 4, 128 * 1024


def most(looks):
    """The most heap for each number of descriptors."""
    found = {}
    for descriptors, heap in looks:
        found[descriptors] = max(heap, found.get(descriptors, heap))
    return found


def rests(client):
    """Descriptors and bytes, the least of some looks: what is on its way out goes meanwhile."""
    found = []
    for _ in range(5):
        seen = len(client.lines)
        client.process.stdin.write("usage\n")
        client.process.stdin.flush()
        end = client.wait("^usage ", start=seen)
        found.append([int(n) for n in client.lines[end - 1].split()[1:]])
        time.sleep(0.1)
    return [min(column) for column in zip(*found)]


class Cycles:
    def __init__(self, cell):
        self.cell = cell
        self.main = cell.main

    def pick(self, name):
        self.main.use_certificate(PKI[name + ".crt"], PKI[name + ".key"])

    def spoil(self, n):
        """The fault of a cycle; what is to be done when it has been met, or None."""
        inject, resource = self.cell.inject, ("services", "endpointslices", "servicecidrs")[n % 3]
        answers = [("status", {"code": code}) for code in (401, 403, 404, 410, 429, 500, 503)]
        answers += [(name, {}) for name in ("cut", "reset", "html", "text", "empty_body", "noise", "garbage",
                                            "unasked_gzip", "expired", "short")]
        name, more = answers[n % len(answers)]
        inject("expired", verb="watch", resource=resource, times=1)
        inject(name, verb=("stream", "watch", "page", "first")[n // 2 % 4], resource=resource, times=1, **more)
        if n % 7 == 6:
            self.main.stop()
            return self.main.start
        if n % 7 == 5:
            self.pick("other")
            self.main.api.drop()
            return lambda: self.pick("server")
        if n % 7 == 4:
            self.main.api.muted |= self.main.api.connections
            return None
        if n % 7 == 3:
            self.cell.spoil("reset", times=2)
        self.main.api.drop()
        return None

    def pass_until(self, condition, n):
        """Longer than any backoff, shorter than what an answer may take: it mostly is there, as it is here."""
        client = self.cell.client
        for i in range(1, 2000):
            if condition():
                return
            time.sleep(0.01)
            if i % 4 == 0:
                client.process.stdin.write("pass 61000\n")
                client.process.stdin.flush()
        raise Failed("cycle %d: the content is %r" % (n, client.dump()))

    def cycle(self, n):
        client = self.cell.client
        seen = len(client.lines)
        mend = self.spoil(n)
        if mend:
            self.pass_until(lambda: any(line.startswith("degraded") for line in client.lines[seen:]), n)
            mend()
        count = 1 + n % 9
        self.cell.state.put(slice_of("web", ["10.128.1.%d" % i for i in range(count)]))
        self.cell.state.put(service_cidr("all", "10.96.0.0/12", "fd00:%d::/112" % (n + 1)))
        expected = sorted([line for line in STATE if "web-" not in line] + [
            "EndpointSlice shop/web-abcde %d" % count, "ServiceCIDR all 10.96.0.0/12 fd00:%d::/112" % (n + 1)])
        self.pass_until(lambda: client.dump() == expected, n)
        self.cell.state.faults.clear()


def follow(form, cycles, directory):
    os.mkdir(directory)
    cell = Cell("refuse", "watch", form, directory)
    try:
        for name in ("services", "endpointslices"):
            cell.state.delete(name, "shop", {"services": "old", "endpointslices": "old-abcde"}[name])
        cell.state.put(service_cidr("all", "10.96.0.0/12"), bulk=True)
        cell.client = cell.case.client(cell.case.kubeconfig(cell), "--quiet", *["--json"] * (form == "JSON"))
        cell.client.ready()
        course = Cycles(cell)
        usage = []
        for n in range(cycles):
            course.cycle(n)
            if (n + 1) % WARM == 0:
                usage.append(rests(cell.client))
        print("%s: descriptors %s; bytes %s" % (form, *(" ".join(map(str, column)) for column in zip(*usage))))
        usage = usage[1:]  # the first is of a client that still warms up
        first, last = most(usage[:LOOKS]), most(usage[-LOOKS:])
        check(min(last) <= min(first) + DESCRIPTORS, "%s: descriptors are left open" % form)
        pairs = [(first[n], last[n]) for n in first if n in last]
        check(not pairs or any(after <= before + HEAP for before, after in pairs),
              "%s: memory is not given back" % form)
        return None
    except Failed as error:
        return str(error) + "\n" + "\n".join(cell.client.lines[-40:])
    finally:
        cell.close()


def main():
    # Two looks, the second of which counts, are the least.
    cycles = max(2 * WARM, int(sys.argv[3]) if len(sys.argv) > 3 else 200)
    bad = 0
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cycles-") as directory:
        make_pki(directory)
        with concurrent.futures.ProcessPoolExecutor(max_workers=2) as pool:
            jobs = [pool.submit(follow, form, cycles, os.path.join(directory, form)) for form in FORMATS]
            for job in jobs:
                if job.result():
                    print("not ok %s" % job.result())
                    bad += 1
    print("%d cycles in %.0f s, %d failed" % (cycles, time.monotonic() - start, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
