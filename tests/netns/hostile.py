#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Connections that are there to keep others out: hostile.py KIND COUNT HOST PORT [FROM...]

COUNT connections are kept open until SIGTERM, from the addresses in turn; what the server closes is opened again. KIND:
  silent    sends nothing
  head      sends a head that never ends, a byte each second
  body      sends a body of which a byte comes each second
  unread    sends requests, and reads no answer
  requests  sends whole requests one after the other, and reads the answers
  metrics   the same for /metrics
Prints "open" when COUNT connections were opened. At the end it prints how many were opened, and how many of them were open for the whole
time since then.
"""
import errno
import selectors
import signal
import socket
import sys
import time

REQUEST = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
FIRST = {
    "silent": b"",
    "head": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "body": b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
    "unread": 100 * REQUEST,
    "requests": REQUEST,
    "metrics": METRICS,
}
LATER = {"head": b"y", "body": b"y", "unread": 100 * REQUEST}


class Hostile:
    def __init__(self, kind, count, target, sources):
        self.kind, self.count, self.target, self.sources = kind, count, target, sources
        self.selector = selectors.DefaultSelector()
        self.since = {}
        self.unwatched = set()
        self.opened = 0
        self.full = None

    def open(self):
        family = socket.AF_INET6 if ":" in self.target[0] else socket.AF_INET
        one = socket.socket(family, socket.SOCK_STREAM)
        one.setblocking(False)
        if self.kind == "unread":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        if self.sources:
            one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            one.bind((self.sources[self.opened % len(self.sources)], 0))
        result = one.connect_ex(self.target)
        if result not in (0, errno.EINPROGRESS):
            one.close()
            return False
        self.opened += 1
        self.since[one] = time.monotonic()
        self.selector.register(one, selectors.EVENT_WRITE)
        return True

    def close(self, one):
        if one in self.unwatched:
            self.unwatched.remove(one)
        else:
            self.selector.unregister(one)
        del self.since[one]
        one.close()

    def send(self, one, data):
        try:
            one.send(data)
        except BlockingIOError:
            pass
        except OSError:
            self.close(one)

    def handle(self, one, events):
        if events & selectors.EVENT_WRITE:
            # Nobody waits for an answer of "unread": only that the server closes the connection is seen, when a byte is sent.
            if self.kind == "unread":
                self.selector.unregister(one)
                self.unwatched.add(one)
            else:
                self.selector.modify(one, selectors.EVENT_READ)
            self.send(one, FIRST[self.kind])
            return
        try:
            data = one.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(one)
        elif self.kind in ("requests", "metrics"):
            self.send(one, FIRST[self.kind])

    def run(self, ended):
        later = time.monotonic() + 1
        while not ended:
            for _ in range(200):
                if len(self.since) >= self.count or not self.open():
                    break
            if not self.full and self.opened >= self.count:
                self.full = time.monotonic()
                print("open", flush=True)
            for key, events in self.selector.select(0.05):
                self.handle(key.fileobj, events)
            if time.monotonic() >= later:
                later += 1
                for one in list(self.since):
                    if self.kind in LATER:
                        self.send(one, LATER[self.kind])
        print("%d %d" % (self.opened, sum(1 for since in self.since.values() if self.full and since <= self.full)))


def main():
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    Hostile(sys.argv[1], int(sys.argv[2]), (sys.argv[3], int(sys.argv[4])), sys.argv[5:]).run(ended)


main()
