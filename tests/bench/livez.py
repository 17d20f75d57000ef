# SPDX-License-Identifier: GPL-2.0-or-later
"""How long the event loop is silent: /livez is asked on a kept connection, again 2 ms after each answer.

A process of its own asks, so that nothing else of the measuring program holds it up.
"""
import multiprocessing
import os
import socket
import time

ADDRESS = ("127.0.0.1", 10256)
PAUSE_S = 0.002
REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect():
    connection = socket.create_connection(ADDRESS, timeout=120)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read(connection):
    data = connection.recv(4096)
    if not data:
        raise ConnectionError("ended")
    return data


def answer(connection):
    """(whether it is 200, whether the connection ends); all of the answer is read."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += read(connection)
    head, body = head.split(b"\r\n\r\n", 1)
    lines = head.lower().split(b"\r\n")
    size = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < size:
        body += read(connection)
    return lines[0].split()[1] == b"200", any(line.replace(b" ", b"") == b"connection:close" for line in lines)


def ask(pipe):
    """Sends a pair (longest time without an answer, answers other than 200) for each word that comes; ends with its parent."""
    connection, longest, bad = None, 0.0, 0
    parent = os.getppid()
    while os.getppid() == parent:
        if pipe.poll():
            if pipe.recv() == "end":
                return
            pipe.send((longest, bad))
            longest, bad = 0.0, 0
        start = time.monotonic()
        try:
            connection = connection or connect()
            connection.sendall(REQUEST)
            good, last = answer(connection)
            longest = max(longest, time.monotonic() - start)
            bad += not good
            if last:
                connection.close()
                connection = None
        except OSError:  # it does not run, or has just ended the connection
            if connection:
                connection.close()
            connection = None
        time.sleep(PAUSE_S)


class Livez:
    def __init__(self):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=ask, args=(theirs,), daemon=True)
        self.process.start()

    def longest(self):
        """(seconds, answers other than 200) since the last time."""
        self.pipe.send("ask")
        return self.pipe.recv()

    def stop(self):
        self.pipe.send("end")
        self.process.join()
