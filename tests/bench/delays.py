# SPDX-License-Identifier: GPL-2.0-or-later
"""How long a change takes from the API server to the kernel.

It begins when the server writes the event to a watch, or the last part of a list with the change in it:
tests/lib/apiserver.py notes both (GET /sent). It ends when the kernel answers the question for one element as the change
makes it; each element is asked for again and again, without a pause longer than 10 ms.

If the connection ends before the element is there, and the server sends the change again, the second time counts. A
program that was started anew knows the cluster when all kinds were listed; until then nothing counts as sent.
"""
import json
import threading
import time
import urllib.request

import elements

RESOURCES = ("services", "endpointslices", "nodes", "servicecidrs")
SLEEP_S = 0.001
LONG_S = 0.5        # what waits longer is asked for more rarely
LONG_SLEEP_S = 0.01


class Change:
    """One change of one object or more; when the last of them was sent, it can be seen."""

    def __init__(self, name, wanted, data, late):
        self.name, self.wanted, self.data, self.late = name, wanted, data, late
        self.versions = []
        self.asked_for = time.monotonic()
        self.arrived = None
        self.asked = 0.0

    def is_there(self, data):
        return data is not None if self.data is True else data == self.data


class Sent:
    """What the server said that it sent."""

    def __init__(self, server):
        self.server = server
        self.events, self.lists, self.ends, self.starts = {}, [], {}, []
        server.ask("POST", "/sent")

    def rows(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return json.load(opener.open(self.server.control + "/sent", timeout=60))

    def all_were_sent(self, versions):
        """Whether the server has sent them so far; to be asked at any time."""
        events, lists = set(), {}
        for _, _, what, resource, version in self.rows():
            if what == "event":
                events.add(version)
            elif what == "list":
                lists[resource] = max(lists.get(resource, 0), version)
        return all(version in events or lists.get(resource, 0) >= version for resource, version in versions)

    def read(self):
        for when, connection, what, resource, version in self.rows():
            if what == "event":
                self.events.setdefault(version, []).append((when, connection))
            elif what == "list":
                self.lists.append((when, connection, resource, version))
            elif connection is not None:
                self.ends.setdefault(connection, when)

    def begun_anew(self, when):
        """The program was ended then."""
        self.starts.append(when)

    def known(self, when):
        """When what was sent at WHEN can be used at the earliest."""
        for start in self.starts:
            first = [min((row[0] for row in self.lists if row[0] > start and row[2] == resource), default=float("inf"))
                     for resource in RESOURCES]
            if start < when < max(first):
                return max(first)
        return when

    def of(self, resource, version, arrived):
        """(when that version was sent, "event" or "list"), of a change that arrived then; None: it is not known."""
        times = [(when, connection, "event") for when, connection in self.events.get(version, ())]
        times += [(when, connection, "list") for when, connection, listed, behind in self.lists
                  if listed == resource and behind >= version]
        times = sorted(row for row in times if row[0] <= arrived)
        for i, (when, connection, how) in enumerate(times):
            ended = min([self.ends.get(connection, float("inf"))] + [start for start in self.starts if start > when])
            if ended > arrived or i == len(times) - 1:
                return min(self.known(when), arrived), how
        return None


class Delays:
    def __init__(self, server):
        self.sent = Sent(server)
        self.kernel, self.mine = elements.Elements(), elements.Elements()
        self.lock = threading.Lock()
        self.pending, self.done = [], []
        self.begun = time.monotonic()
        self.ended = False
        self.error = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def expect(self, name, wanted, data, late=False):
        """
        The element WANTED, (name of a set, key), is going to have that DATA; True: any; None: it goes. To be called before
        the change; the objects' versions are added to the result's list afterwards, as (resource, version). LATE: an
        expensive change, which is not judged with the others.
        """
        change = Change(name, wanted, data, late)
        with self.lock:
            self.pending.append(change)
        return change

    def forget(self, change):
        with self.lock:
            self.pending = [other for other in self.pending if other is not change]

    def has(self, key):
        """Whether the element is there now; for one other thread."""
        return self.mine.get([key])[0] is not None

    def names(self):
        with self.lock:
            return {change.name for change in self.pending}

    def ask(self):
        now = begin = time.monotonic()
        with self.lock:
            due = [change for change in self.pending
                   if now - change.asked_for < LONG_S or now - change.asked > LONG_SLEEP_S]
        found = self.kernel.get([change.wanted for change in due])
        now = time.monotonic()
        for change, data in zip(due, found):
            change.asked = now
            if change.is_there(data):
                change.arrived = now
        with self.lock:
            self.done += [change for change in self.pending if change.arrived]
            self.pending = [change for change in self.pending if not change.arrived]
        return time.monotonic() - begin

    def run(self):
        try:
            while not self.ended:
                time.sleep(max(SLEEP_S, self.ask()))
        except Exception as error:  # told when it is asked for
            self.error = error

    def wait(self, limit_s):
        """Until all arrived; those that did not."""
        limit = time.monotonic() + limit_s
        while self.pending and not self.error and time.monotonic() < limit:
            time.sleep(0.01)
        return list(self.pending)

    def delay(self, change):
        """(seconds, how it was sent); None: the server did not say that it sent the change."""
        sent = [self.sent.of(resource, version, change.arrived) for resource, version in change.versions]
        known = [row for row in sent if row]
        if not known or len(known) < len(sent):
            return None
        when, how = max(known)
        return change.arrived - when, how

    def stop(self):
        self.ended = True
        self.thread.join()
        if self.error:
            raise self.error
        self.sent.read()


def quantile(values, part):
    values = sorted(values)
    return values[min(int(len(values) * part), len(values) - 1)]
