#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Asks /livez until SIGTERM: livez.py PID-FILE PAUSE

PID-FILE has the daemon's process, which may become another one. PAUSE, in seconds, is from an answer to the next question. The
connection is kept. Prints a line at the start, and one at the end: the longest time from a question to its answer, or until the daemon
cut the connection, the longest time from one answer 200 to the next, or to the end (both in ms), and the number of answers. The clock
stands still while this program or the daemon waits for a processor: on a busy machine that time says nothing about the daemon.
"""
import http.client
import os
import signal
import sys
import time


def waited_s(pid):
    try:
        with open("/proc/%s/schedstat" % pid) as file:
            return int(file.read().split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0


def daemon():
    with open(sys.argv[1]) as file:
        return file.read().strip()


def clock(pid):
    return time.monotonic() - waited_s(pid) - waited_s("self")


class Asking:
    def __init__(self):
        self.longest_answer = self.longest_gap = self.n = 0
        self.connection = None
        self.begin(daemon())

    def begin(self, pid):
        self.pid, self.last = pid, clock(pid)

    def ask(self):
        """The status, or None."""
        try:
            if not self.connection:
                self.connection = http.client.HTTPConnection("127.0.0.1", 10256, timeout=60)
            self.connection.request("GET", "/livez")
            answer = self.connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None

    def count(self):
        asked = clock(self.pid)
        status = self.ask()
        # Of a process that is gone nothing is known.
        if daemon() != self.pid:
            self.begin(daemon())
            return
        now = clock(self.pid)
        self.n += status is not None
        # After a long silence the daemon may cut the connection, because it is overdue.
        if status or os.path.exists("/proc/" + self.pid):
            self.longest_answer = max(self.longest_answer, now - asked)
        if status == 200:
            self.longest_gap, self.last = max(self.longest_gap, now - self.last), now


def main():
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    asking = Asking()
    print("started", flush=True)
    while not ended:
        asking.count()
        time.sleep(float(sys.argv[2]))
    gap = max(asking.longest_gap, clock(asking.pid) - asking.last)
    print("%d %d %d" % (1000 * asking.longest_answer, 1000 * gap, asking.n))


main()
