#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Kubernetes API server for tests: lists, pages, streaming lists, watches, and faults on demand.

It serves Services, EndpointSlices, Nodes and ServiceCIDRs (get is not needed) in JSON or protobuf, over HTTP/1.1 or,
with a certificate, over TLS and then by HTTP/2 for who speaks it. A second, plain listener on loopback is for control:

  PUT    /objects/RESOURCE/[NAMESPACE/]NAME  body: the object     add or replace
  DELETE /objects/RESOURCE/[NAMESPACE/]NAME
  POST   /load       body: a JSON array of objects; watches do not get them
  POST   /change     the same, one event after the other
  POST   /fault      body: {"fault": NAME, "resource": "services", "verb": "list|first|page|stream|watch",
                            "times": N, ...}; see FAULTS; resource, verb and times may be left out;
                            a list is "first" or a "page" behind it; "used" counts
  POST   /heal       forget all faults
  POST   /compact    forget the history: older versions and continue tokens are 410
  POST   /restore    go back to older versions, as from a backup; what came after them is forgotten
  POST   /forget     forget everything, as after a restart with an empty disk
  POST   /drop       cut every open connection
  POST   /mute       connections that are open now get nothing more, and nobody tells the client
  POST   /goaway     tell the clients of open HTTP/2 connections that these take no new requests
  POST   /format     body: "json": answer JSON whatever is asked for, as if the server were another, or a proxy
                            took the Accept header away; "protobuf": protobuf where it is asked for
  POST   /warm       encode all objects now
  POST   /bookmark   send a bookmark on every watch
  POST   /stop       close the listener and all connections      POST /start  listen on the same port again
  GET    /events     what was written of events.k8s.io/v1 Events, as a JSON array
  DELETE /events     forget them, as a server does when an hour is over
  POST   /sent       note from now on when what is sent
  GET    /sent       what was noted since the last time, as a JSON array of [TIME, CONNECTION, WHAT, RESOURCE, VERSION], by the
                            monotonic clock: "event", just before a change of that version is written to a watch; "list", just before
                            the end of a list is written; "end" of a connection
  GET    /requests   what was asked for, as a JSON array of {resource, verb, path, query, headers, user, http,
                     connection, time}; http is "1.1" or "2", connection a number

On start it prints one JSON line: {"url": "...", "control": "http://127.0.0.1:PORT", "pid": N}.
It ends when its standard input ends, so that it cannot outlive the test that started it.
"""
import argparse
import base64
import collections
import gzip
import http.server
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True  # the source tree may be read-only
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import discovery  # noqa: E402
import kubeproto  # noqa: E402
try:
    import http2
except ImportError:  # python3-h2 is not there, and then there is no HTTP/2
    http2 = None

PROTOBUF = "application/vnd.kubernetes.protobuf"

FAULTS = {
    "status": "answer with code (and retry_after, reason, message)",
    "cut": "cut the connection after 'bytes' of the body",
    "hang": "read the request and never answer",
    "silent": "answer 200 and never send a byte of the body",
    "garbage": "a 200 whose body is no JSON",
    "not_acceptable": "answer code (406) to a request that asks for protobuf",
    "mangled": "protobuf as something makes of it that takes it for text",
    "html": "a page with code (502) as a proxy writes it",
    "text": "code (503) with a line of plain text",
    "empty_body": "answer 200 and nothing behind it",
    "noise": "bytes that mean nothing, of the type that was asked for",
    "reset": "reset the connection (RST) when the request is there",
    "bookmarks": "a watch of bookmarks alone; where initial events are due, without their end",
    "call": "call 'do' (of a test in the same process) and go on, or cut the connection if that says so",
    "connection": "while a connection is made: 'how' it goes wrong, see Server.spoil(); resource and verb are none",
    "expired": "410: an ERROR event in a watch, an answer to a list",
    "error_event": "an ERROR event with code and message",
    "short": "end the watch at once",
    "events": "begin the watch with 'events', each a change and an object",
    "ignore_streaming": "take no notice of sendInitialEvents",
    "no_streaming": "answer code (422) to sendInitialEvents",
    "no_field_selector": "400 to spec.clusterIP",
    "empty": "an empty list",
    "dribble": "'size' bytes (1) per chunk",
    "no_end": "close without the last chunk",
    "short_gzip": "a list whose compressed body ends before its end",
    "unasked_gzip": "a watch that something compresses, which ends before its end",
    "same_token": "a continue token that leads to itself",
    "tokens_in_turn": "the second continue token leads back to the first",
    "long_header": "an answer with a header of 'size' bytes (200000)",
    "long_token": "a list with 'size' bytes (1100000) as its 'key' (continue)",
    "redirect": "answer code (301) with a 'location'",
}

RESOURCES = {
    "services": ("/api/v1/services", "Service", "v1", True),
    "endpointslices": ("/apis/discovery.k8s.io/v1/endpointslices", "EndpointSlice", "discovery.k8s.io/v1", True),
    "nodes": ("/api/v1/nodes", "Node", "v1", False),
    "servicecidrs": ("/apis/networking.k8s.io/v1/servicecidrs", "ServiceCIDR", "networking.k8s.io/v1", False),
}
KINDS = {kind: resource for resource, (_, kind, _, _) in RESOURCES.items()}


def selector_terms(text):
    """Terms of a selector: (key, operator, value) with operator one of '=', '!=', 'has', 'lacks'."""
    terms = []
    for term in filter(None, (t.strip() for t in text.split(","))):
        if "!=" in term:
            key, value = term.split("!=", 1)
            terms.append((key, "!=", value))
        elif "=" in term:
            key, value = term.replace("==", "=").split("=", 1)
            terms.append((key, "=", value))
        elif term.startswith("!"):
            terms.append((term[1:], "lacks", None))
        else:
            terms.append((term, "has", None))
    return terms


class Item:
    """One stored object, serialised once in each format that is asked for."""

    __slots__ = ("resource", "key", "labels", "fields", "raw", "in_list", "in_event")

    def __init__(self, resource, obj):
        meta = obj["metadata"]
        self.resource = resource
        self.in_list = self.in_event = None
        self.key = (meta.get("namespace", ""), meta["name"])
        self.labels = meta.get("labels") or {}
        self.fields = {"metadata.name": meta["name"], "metadata.namespace": meta.get("namespace", "")}
        if resource == "services":
            self.fields["spec.clusterIP"] = obj.get("spec", {}).get("clusterIP", "")
        self.raw = json.dumps(obj, separators=(",", ":")).encode()

    def list_item(self, protobuf):
        """As a list holds it. As a real server does it, a list's items come without their kind."""
        if not protobuf:
            return b"{" + self.raw[self.raw.index(b'"metadata"'):] if self.raw.startswith(b'{"kind":') else self.raw
        if self.in_list is None:
            _, kind, _, _ = RESOURCES[self.resource]
            self.in_list = kubeproto.encode(kind, json.loads(self.raw))
        return self.in_list

    def event(self, change, protobuf):
        if not protobuf:
            return b'{"type":"%s","object":%s}\n' % (change.encode(), self.raw)
        if self.in_event is None or change != "ADDED":
            _, kind, api_version, _ = RESOURCES[self.resource]
            whole = kubeproto.envelope(kind, api_version, kubeproto.encode(kind, json.loads(self.raw)))
            frame = kubeproto.encode_event(change, whole)
            if change != "ADDED":
                return frame
            self.in_event = frame
        return self.in_event

    def selected(self, labels, fields):
        for key, operator, value in labels:
            have = self.labels.get(key)
            if (operator == "has") != (have is not None) and operator in ("has", "lacks"):
                return False
            if operator == "=" and have != value or operator == "!=" and have == value:
                return False
        for key, operator, value in fields:
            if (self.fields.get(key) == value) != (operator == "="):
                return False
        return True


Event = collections.namedtuple("Event", "version resource old new kind_of_change raw_object")


class State:
    """Objects, their history, faults and the log of requests; everything under one lock."""

    def __init__(self):
        self.lock = threading.Condition()
        self.version = 100
        self.compacted = 0
        self.items = {resource: {} for resource in RESOURCES}
        self.events = []
        self.bookmarks = 0
        self.snapshots = {}
        self.faults = []
        self.requests = []
        self.cache = {}
        self.json_only = False
        self.written = {}
        self.discovery = None
        self.sent = None

    def note(self, connection, what, resource=None, version=0, when=None):
        """Something was sent, if that is to be noted."""
        if self.sent is not None:
            self.sent.append((when or time.monotonic(), connection, what, resource, version))

    def warm(self):
        with self.lock:
            for items in self.items.values():
                for item in items.values():
                    item.list_item(True)
                    item.event("ADDED", True)

    def put(self, obj, bulk=False):
        resource = KINDS[obj["kind"]]
        with self.lock:
            self.version += 1
            obj["metadata"]["resourceVersion"] = str(self.version)
            obj["metadata"].setdefault("uid", "uid-%d" % self.version)
            item = Item(resource, obj)
            old = self.items[resource].get(item.key)
            self.items[resource][item.key] = item
            if bulk:
                self.compacted = self.version
                return self.version
            self.events.append(Event(self.version, resource, old, item, None, None))
            self.lock.notify_all()
            return self.version

    def delete(self, resource, namespace, name):
        with self.lock:
            old = self.items[resource].pop((namespace, name), None)
            if not old:
                return None
            self.version += 1
            obj = json.loads(old.raw)
            obj["metadata"]["resourceVersion"] = str(self.version)
            self.events.append(Event(self.version, resource, Item(resource, obj), None, None, None))
            self.lock.notify_all()
            return self.version

    def compact(self):
        with self.lock:
            self.compacted = self.version
            # Watches that are open get them all the same.
            del self.events[:-1000]
            self.snapshots.clear()

    def fault(self, resource, verb, *names):
        """The first fault of these names that applies; counts its use."""
        with self.lock:
            for fault in self.faults:
                if fault["fault"] not in names or fault.get("resource", resource) != resource:
                    continue
                asked = fault.get("verb", verb)
                if asked != verb and not (asked == "list" and verb in ("first", "page")):
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                if "times" in fault:
                    if fault["times"] <= 0:
                        continue
                    fault["times"] -= 1
                fault["used"] = fault.get("used", 0) + 1
                return fault
        return None

    def restore(self):
        """As from a backup: every version is an older one, and what came after it is not known."""
        with self.lock:
            self.version = max(self.version - 50, 10)
            self.events.clear()
            self.snapshots.clear()
            self.cache.clear()
            for items in self.items.values():
                for item in list(items.values()):
                    self.put(json.loads(item.raw), bulk=True)

    def forget(self):
        """As after a restart with an empty disk; returns what there was."""
        with self.lock:
            objects = [json.loads(item.raw) for items in self.items.values() for item in items.values()]
            self.items = {resource: {} for resource in RESOURCES}
            self.version = 1
            self.compacted = 0
            self.events.clear()
            self.snapshots.clear()
            self.cache.clear()
            return objects


class Cut(Exception):
    """The connection is to be cut without a word."""


class Reset(Cut):
    """It was told to reset itself when it is closed."""


class Answers:
    """What is answered to a request, whatever carries it.

    What carries it has method, path, headers, read() for what it carries (HTTP/1.1), connection (the socket) and server, and
      begin(code, headers, size)  size None: a body of unknown length
      write(data)
      end()
      cut()     without an end
      gone()    whether the client has given it up
    """

    http = None

    # --- answers

    def answer(self, code, body, content_type="application/json", headers=()):
        self.begin(code, [("Content-Type", content_type), *headers], len(body))
        self.write(body)
        self.end()

    def status_body(self, code, reason, message, meta=None, details=None):
        body = {"kind": "Status", "apiVersion": "v1", "metadata": meta or {}, "status": "Failure",
                "message": message, "reason": reason, "code": code}
        if details:
            body["details"] = details
        return body

    def answer_status(self, code, reason, message, retry_after=None, meta=None):
        headers = [("Retry-After", str(retry_after))] if retry_after is not None else []
        body = self.status_body(code, reason, message, meta)
        if self.protobuf:
            self.answer(code, kubeproto.envelope("Status", "v1", kubeproto.encode("Status", body)), PROTOBUF, headers)
        else:
            self.answer(code, json.dumps(body).encode(), headers=headers)

    def begin_stream(self, parameter="", headers=()):
        content_type = PROTOBUF + parameter if self.protobuf else "application/json"
        self.begin(200, [("Content-Type", content_type), *headers], None)
        self.sent = 0

    def send(self, data):
        """One piece of a body; the faults of the body happen here."""
        if self.mangled:
            data = data.decode(errors="replace").encode()
        if self.cut_at is not None and self.sent + len(data) >= self.cut_at:
            data = data[:max(self.cut_at - self.sent, 0)]
            if data:
                self.write(data)
            raise Cut()
        self.sent += len(data)
        if self.dribble:
            for i in range(0, len(data), self.dribble):
                self.write(data[i:i + self.dribble])
        elif data:
            self.write(data)

    def note(self, what, resource, version, when=None):
        self.server.state.note(self.server.number(self.connection), what, resource, version, when)

    # --- requests

    def user(self):
        """Who asks, or None."""
        options = self.server.options
        if not (options.token or options.client_ca or options.basic):
            return "anonymous"
        given = self.headers.get("Authorization", "")
        tokens = []
        for token in options.token:
            if token.startswith("@"):
                with open(token[1:]) as file:
                    tokens += file.read().split()
            else:
                tokens.append(token)
        if given.startswith("Bearer ") and given[7:] in tokens:
            return "token:" + given[7:]
        if given.startswith("Basic ") and base64.b64decode(given[6:]).decode() in options.basic:
            return "basic"
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        if certificate:
            return "certificate:" + dict(rdn[0] for rdn in certificate["subject"]).get("commonName", "")
        return None

    def handle_get(self):
        try:
            self.handle_request()
        except Reset:
            self.close_connection = True
        except (Cut, OSError, ValueError):
            self.cut()

    def handle_request(self):
        state = self.server.state
        if self.server.stopping.is_set():  # a connection that was being made when it stopped
            raise Cut()
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[-1] for k, v in urllib.parse.parse_qs(url.query, keep_blank_values=True).items()}
        resource = next((r for r, row in RESOURCES.items() if row[0] == url.path), None)
        verb = "list"
        if query.get("watch") in ("true", "1"):
            verb = "stream" if query.get("sendInitialEvents") == "true" else "watch"
        user = self.user()
        with state.lock:
            state.requests.append({"resource": resource, "verb": verb, "path": self.path, "query": query,
                                   "headers": dict(self.headers.items()), "user": user, "http": self.http,
                                   "connection": self.server.number(self.connection), "time": time.time()})
        self.cut_at, self.dribble, self.mangled = None, 0, False
        if self.method != "GET":
            return self.handle_write(url.path, user)
        self.protobuf = not state.json_only and PROTOBUF in self.headers.get("Accept", "")
        if user is None:
            return self.answer_status(401, "Unauthorized", "Unauthorized")
        if resource is None:
            known = state.discovery and state.discovery.answer(url.path)
            if known:
                return self.answer(200, *known)
            return self.answer_status(404, "NotFound", "the server could not find the requested resource")
        where = ("page" if "continue" in query else "first") if verb == "list" else verb
        if self.disturb(resource, where) or self.refuse(resource, where, query):
            return None
        fault = state.fault(resource, where, "cut")
        self.cut_at = fault.get("bytes", 100) if fault else None
        fault = state.fault(resource, where, "dribble")
        self.dribble = fault.get("size", 1) if fault else 0
        self.mangled = self.protobuf and state.fault(resource, where, "mangled") is not None
        labels = selector_terms(query.get("labelSelector", ""))
        fields = selector_terms(query.get("fieldSelector", ""))
        if verb == "list":
            return self.list(resource, query, labels, fields)
        return self.watch(resource, verb, query, labels, fields)

    def handle_write(self, path, user):
        """Events, which are created and patched; over HTTP/1.1 alone."""
        self.protobuf = False
        if self.http != "1.1":
            return self.answer_status(505, "InternalError", "what is written is to have a connection of its own")
        verb = {"POST": "create", "PATCH": "patch"}.get(self.method)
        parts = path.split("/")
        body = self.read()
        with self.server.state.lock:
            self.server.state.requests[-1].update({"resource": "events", "verb": verb, "body": body.decode()})
        if user is None:
            return self.answer_status(401, "Unauthorized", "Unauthorized")
        if parts[:5] != ["", "apis", "events.k8s.io", "v1", "namespaces"] or parts[6:7] != ["events"] or \
                len(parts) != (8 if verb == "patch" else 7) or not verb:
            return self.answer_status(404, "NotFound", "the server could not find the requested resource")
        if self.disturb("events", verb) or self.refuse("events", verb, {}):
            return None
        wanted = "application/merge-patch+json" if verb == "patch" else "application/json"
        if self.headers.get("Content-Type") != wanted:
            return self.answer_status(415, "UnsupportedMediaType", "the body is of no type that is known")
        obj = json.loads(body)
        namespace = urllib.parse.unquote(parts[5])
        wrong = wrong_event(obj, namespace) if verb == "create" else wrong_series(obj.get("series"))
        if wrong:
            return self.answer_status(422, "Invalid", "Event is invalid: " + wrong)
        name = obj["metadata"]["name"] if verb == "create" else parts[7]
        with self.server.state.lock:
            written = self.server.state.written
            known = (namespace, name) in written
            if known == (verb == "patch"):
                written.setdefault((namespace, name), {}).update(obj)
        if known and verb == "create":
            return self.answer_status(409, "AlreadyExists", 'events.events.k8s.io "%s" already exists' % name)
        if not known and verb == "patch":
            return self.answer_status(404, "NotFound", 'events.events.k8s.io "%s" not found' % name)
        return self.answer(201 if verb == "create" else 200, json.dumps(written[namespace, name]).encode())

    def disturb(self, resource, verb):
        """Faults of the way between server and client; True if that was all."""
        state = self.server.state
        fault = state.fault(resource, verb, "call")
        if fault and fault["do"]():
            raise Cut()
        if state.fault(resource, verb, "reset"):
            self.server.reset(self.connection)
            raise Reset()
        if state.fault(resource, verb, "empty_body"):
            self.begin_stream()
            self.end()
            return True
        if state.fault(resource, verb, "noise"):
            self.begin_stream()
            self.write(bytes(range(255, 0, -1)) * 16)
            self.end()
            return True
        fault = state.fault(resource, verb, "long_header")
        if fault:
            self.begin_stream(headers=[("X-Long", "x" * fault.get("size", 200000))])
            self.end()
            return True
        fault = state.fault(resource, verb, "redirect")
        if fault:
            self.answer(fault.get("code", 301), b"go there\n", "text/plain", [("Location", fault["location"])])
            return True
        fault = state.fault(resource, verb, "text")
        if fault:
            self.answer(fault.get("code", 503), b"no healthy upstream\n", "text/plain")
            return True
        if state.fault(resource, verb, "unasked_gzip"):
            self.begin_stream(headers=[("Content-Encoding", "gzip")])
            self.write(gzip.compress(b"it could be anything")[:20])
            self.end()
            return True
        return False

    def refuse(self, resource, verb, query):
        """Faults that come before anything else; True if it was answered."""
        state = self.server.state
        fault = state.fault(resource, verb, "hang")
        if fault:
            self.server.stopping.wait(fault.get("seconds", 3600))
            raise Cut()
        fault = state.fault(resource, verb, "silent")
        if fault:
            self.begin_stream()
            self.server.stopping.wait(fault.get("seconds", 3600))
            raise Cut()
        fault = state.fault(resource, verb, "status")
        if fault:
            self.answer_status(fault["code"], fault.get("reason", "Because"),
                               fault.get("message", "as it was asked for"), fault.get("retry_after"))
            return True
        fault = state.fault(resource, verb, "not_acceptable") if self.protobuf else None
        if fault:
            self.answer(fault.get("code", 406), b"only JSON here\n", "text/plain")
            return True
        fault = state.fault(resource, verb, "html")
        if fault:
            code = fault.get("code", 502)
            title = b"%d Bad Gateway" % code if code >= 300 else b"Please log in"
            self.answer(code, b"\n<html><head><title>%s</title></head></html>\n" % title, "text/html")
            return True
        if state.fault(resource, verb, "garbage"):
            self.answer(200, b'{"kind": "ServiceList", "items": [{]]', "application/json")
            return True
        if "spec.clusterIP" in query.get("fieldSelector", "") and state.fault(resource, verb, "no_field_selector"):
            self.answer_status(400, "BadRequest", 'field label not supported: spec.clusterIP')
            return True
        if verb == "stream":
            fault = state.fault(resource, verb, "no_streaming")
            if fault:
                self.answer_status(fault.get("code", 422), "Invalid", "sendInitialEvents is forbidden for watch "
                                   "unless the WatchList feature gate is enabled")
                return True
            if query.get("resourceVersionMatch") != "NotOlderThan":
                self.answer_status(422, "Invalid", "sendInitialEvents requires setting resourceVersionMatch")
                return True
        return False

    # --- lists

    def selected(self, resource, labels, fields):
        """Items in key order and the version they are of; the whole of it is kept for the next."""
        state = self.server.state
        key = (resource, tuple(labels), tuple(fields))
        with state.lock:
            version, chosen = state.cache.get(key, (None, None))
            if version != state.version:
                items = state.items[resource]
                chosen = [items[k] for k in sorted(items) if items[k].selected(labels, fields)]
                version = state.version
                state.cache[key] = (version, chosen)
            return version, chosen

    def list(self, resource, query, labels, fields):
        state = self.server.state
        _, kind, api_version, _ = RESOURCES[resource]
        token = query.get("continue")
        if state.fault(resource, "page" if token else "first", "expired"):
            return self.expired()
        if token:
            with state.lock:
                snapshot = state.snapshots.get(token)
            if not snapshot:
                return self.expired(continuing=True)
            version, items, start = snapshot
        else:
            wanted = query.get("resourceVersion", "")
            if wanted not in ("", "0") and int(wanted) > state.version:
                return self.answer_status(504, "Timeout", "Timeout: Too large resource version: %s, current: %d"
                                          % (wanted, state.version), retry_after=1)
            version, items = self.selected(resource, labels, fields)
            start = 0
        if state.fault(resource, "list", "empty"):
            items = []
        limit = int(query.get("limit", "0")) or len(items)
        if self.server.options.page_size:
            limit = min(limit, self.server.options.page_size)
        page = items[start:start + limit]
        meta = {"resourceVersion": str(version)}
        if start + limit < len(items):
            meta["continue"] = "page-%d-%d-%s" % (version, start + limit, resource)
            with state.lock:
                state.snapshots[meta["continue"]] = (version, items, start + limit)
            if state.fault(resource, "list", "same_token") and token:
                meta["continue"] = token
            if start >= 2 * limit and state.fault(resource, "list", "tokens_in_turn"):
                meta["continue"] = "page-%d-%d-%s" % (version, limit, resource)
        fault = state.fault(resource, "list", "long_token")
        if fault:
            meta[fault.get("key", "continue")] = "x" * fault.get("size", 1100000)
        body = self.list_body(kind + "List", api_version, meta, page)
        headers = []
        # As the real one does it: lists alone, and only where it pays.
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > self.server.options.gzip_from:
            body = gzip.compress(body, 1)
            headers.append(("Content-Encoding", "gzip"))
            if state.fault(resource, "page" if token else "first", "short_gzip"):
                body = body[:len(body) // 2]
        self.begin_stream(headers=headers)
        begin = time.monotonic()
        for i in range(0, len(body), 65536):
            begin = time.monotonic()
            self.send(body[i:i + 65536])
        if state.fault(resource, "list", "no_end"):
            raise Cut()
        self.end()
        if start + limit >= len(items):
            self.note("list", resource, version, begin)

    def list_body(self, kind, api_version, meta, page):
        encoded = [item.list_item(self.protobuf) for item in page]
        if self.protobuf:
            return kubeproto.encode_list(kind, api_version, meta, encoded)
        head = {"kind": kind, "apiVersion": api_version, "metadata": meta}
        return b'%s,"items":[%s]}\n' % (json.dumps(head, separators=(",", ":")).encode()[:-1], b",".join(encoded))

    def expired(self, continuing=False):
        meta = {"continue": "inconsistent"} if continuing else None
        self.answer_status(410, "Expired", "The resourceVersion for the provided list is too old.", meta=meta)

    # --- watches

    def event_about(self, change, obj):
        """An event about what is no stored object."""
        if not self.protobuf:
            return b'{"type":"%s","object":%s}\n' % (change.encode(), json.dumps(obj).encode())
        whole = kubeproto.envelope(obj["kind"], obj["apiVersion"], kubeproto.encode(obj["kind"], obj))
        return kubeproto.encode_event(change, whole)

    def bookmark(self, resource, version, end=False):
        _, kind, api_version, _ = RESOURCES[resource]
        meta = {"resourceVersion": str(version)}
        if end:
            meta["annotations"] = {"k8s.io/initial-events-end": "true"}
        self.send(self.event_about("BOOKMARK", {"kind": kind, "apiVersion": api_version, "metadata": meta}))

    def error_event(self, code, reason, message):
        self.send(self.event_about("ERROR", self.status_body(code, reason, message)))
        self.end()

    def initial(self, resource, labels, fields):
        version, items = self.selected(resource, labels, fields)
        if self.server.state.fault(resource, "stream", "empty"):
            items = []
        for i in range(0, len(items), 64):
            self.send(b"".join(item.event("ADDED", self.protobuf) for item in items[i:i + 64]))
        return version

    def watch(self, resource, verb, query, labels, fields):
        state = self.server.state
        bookmarks = query.get("allowWatchBookmarks") == "true" and not self.server.options.no_bookmarks
        seconds = float(query.get("timeoutSeconds", "300"))
        if self.server.options.watch_seconds:
            seconds = min(seconds, self.server.options.watch_seconds)
        since = query.get("resourceVersion", "")
        self.begin_stream(";stream=watch")
        if state.fault(resource, verb, "expired"):
            return self.error_event(410, "Expired", "too old resource version")
        fault = state.fault(resource, verb, "error_event")
        if fault:
            return self.error_event(fault["code"], fault.get("reason", "InternalError"),
                                    fault.get("message", "as it was asked for"))
        if state.fault(resource, verb, "short"):
            return self.end()
        fault = state.fault(resource, verb, "events")
        for change, obj in fault["events"] if fault else ():
            self.send(self.event_about(change, obj))
        fault = state.fault(resource, verb, "bookmarks")
        if fault:
            return self.bookmarks_only(resource, since if verb == "watch" else state.version, fault)
        if verb == "stream" or since in ("", "0"):
            ignored = verb == "stream" and state.fault(resource, verb, "ignore_streaming")
            version = self.initial(resource, labels, fields)
            if verb == "stream" and not ignored:
                begin = time.monotonic()
                self.bookmark(resource, version, end=True)
                self.note("list", resource, version, begin)
        else:
            version = int(since)
            if version < state.compacted:
                return self.error_event(410, "Expired", "too old resource version: %d (%d)"
                                        % (version, state.compacted))
        self.follow(resource, labels, fields, version, bookmarks, time.monotonic() + seconds)
        return self.end()

    def bookmarks_only(self, resource, version, fault):
        for _ in range(5):
            self.bookmark(resource, version)
            if self.server.stopping.wait(fault.get("seconds", 0.5) / 5):
                raise Cut()
        return self.end()

    def change(self, event, labels, fields):
        """What an event is to a watcher with these selectors: (type, item) or None."""
        old = event.old and event.old.selected(labels, fields)
        new = event.new and event.new.selected(labels, fields)
        if new:
            return ("MODIFIED" if old else "ADDED", event.new)
        if old:
            if not event.new:
                return ("DELETED", event.old)
            # It no longer matches: the old object, with the version of the change.
            obj = json.loads(event.old.raw)
            obj["metadata"]["resourceVersion"] = str(event.version)
            return ("DELETED", Item(event.resource, obj))
        return None

    def follow(self, resource, labels, fields, version, bookmarks, deadline):
        state = self.server.state
        with state.lock:
            seen_bookmarks = state.bookmarks
        while not self.server.stopping.is_set():
            with state.lock:
                fresh = [e for e in state.events if e.version > version]
                marked = state.bookmarks != seen_bookmarks
                seen_bookmarks = state.bookmarks
                current = state.version
                if not fresh and not marked:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        break
                    state.lock.wait(min(left, 0.2))
                    if self.gone():
                        raise Cut()
                    continue
            for event in fresh:
                version = event.version
                change = self.change(event, labels, fields) if event.resource == resource else None
                if change:
                    frame, begin = change[1].event(change[0], self.protobuf), time.monotonic()
                    self.send(frame)
                    self.note("event", resource, version, begin)
            if marked and bookmarks and version <= current:
                self.bookmark(resource, current)


MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def wrong_event(obj, namespace):
    """What a real server has against an Event; None: nothing."""
    if (obj.get("apiVersion"), obj.get("kind")) != ("events.k8s.io/v1", "Event"):
        return "apiVersion, kind"
    meta, regarding = obj["metadata"], obj["regarding"]
    if not SUBDOMAIN.fullmatch(meta["name"]) or len(meta["name"]) > 253:
        return "metadata.name"
    if meta.get("namespace") != namespace or regarding.get("namespace", "default") != namespace:
        return "metadata.namespace"
    if not MICRO_TIME.fullmatch(obj["eventTime"]):
        return "eventTime"
    for field in "reportingController", "reportingInstance", "action", "reason":
        if not obj[field] or len(obj[field]) > 128:
            return field
    if len(obj["note"].encode()) > 1024:
        return "note"
    return None if obj["type"] in ("Normal", "Warning") else "type"


def wrong_series(series):
    if not series or series["count"] < 2 or not MICRO_TIME.fullmatch(series["lastObservedTime"]):
        return "series"
    return None


class Http1(Answers, http.server.BaseHTTPRequestHandler):
    """A connection of HTTP/1.1: one request after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "apiserver-for-tests"
    wbufsize = 1 << 16
    http = "1.1"

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.server.connected(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def do_GET(self):
        self.method = self.command
        self.handle_get()

    do_POST = do_PATCH = do_GET

    def read(self):
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def begin(self, code, headers, size):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.chunked = size is None
        if self.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.flush()

    def write(self, data):
        self.server.wait_if_muted(self.connection)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked and data else data)
        self.wfile.flush()

    def end(self):
        if self.chunked:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def cut(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def gone(self):
        """Whether the client closed the connection."""
        if self.connection not in self.server.connections:
            return True
        try:
            self.connection.setblocking(False)
            return self.connection.recv(1) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            self.connection.setblocking(True)


class Http2(Answers):
    """One request of a connection of HTTP/2."""

    http = "2"

    def __init__(self, stream, connection, server):
        self.stream = stream
        self.connection = connection
        self.server = server
        self.method = stream.method
        self.path = stream.path
        self.headers = stream.headers

    def begin(self, code, headers, size):
        self.stream.begin(code, headers)

    def write(self, data):
        self.server.wait_if_muted(self.connection)
        self.stream.write(data)

    def end(self):
        self.stream.end()

    def cut(self):
        # What stands before a reset need not be read by a client that sees both at once.
        time.sleep(0.2)
        self.stream.reset()

    def gone(self):
        return self.stream.gone


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address, options, state, context):
        self.options = options
        self.state = state
        self.context = context
        self.connections = set()
        self.numbers = {}
        self.muted = set()
        self.http2 = set()
        self.stopping = threading.Event()
        super().__init__(address, Http1)

    def finish_request(self, request, client_address):
        # As the real one: an event does not wait until the one before it is acknowledged.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The handshake is the connection's thread's business: a client that stalls in it stalls nobody.
        if self.context:
            request.settimeout(10)
            if self.state.faults and self.spoil(request):
                return
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError):
                return
            request.settimeout(None)
        if self.context and request.selected_alpn_protocol() == "h2":
            self.serve_http2(request)
        else:
            Http1(request, client_address, self)
        self.state.note(self.numbers.get(request), "end")
        try:
            request.close()
        except OSError:
            pass

    def spoil(self, request):
        """The faults of a connection that is being made; True if it is of no use any more."""
        fault = self.state.fault(None, None, "connection")
        if not fault:
            return False
        how = fault["how"]
        if how == "hang":
            self.stopping.wait(fault.get("seconds", 3600))
        elif how == "silent":
            secured = self.context.wrap_socket(request, server_side=True)
            self.stopping.wait(fault.get("seconds", 3600))
            secured.close()
        elif how == "reset":
            self.reset(request)
        elif how == "close":
            request.recv(100)
        elif how == "noise":
            request.sendall(bytes(range(255, 0, -1)) * 16)
        elif how == "html":
            request.recv(100)
            request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>")
        request.close()
        return True

    @staticmethod
    def reset(connection):
        """RST instead of FIN: who reads it sees an end, and closes it, which with this option is a reset."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.shutdown(connection, socket.SHUT_RD)

    def serve_http2(self, connection):
        self.connected(connection)
        served = http2.Connection(connection, self.options.streams,
                                  lambda stream: Http2(stream, connection, self).handle_get())
        self.http2.add(served)
        try:
            served.serve()
        finally:
            self.http2.discard(served)
            self.connections.discard(connection)

    def connected(self, connection):
        self.connections.add(connection)
        self.numbers[connection] = len(self.numbers)

    def number(self, connection):
        return self.numbers[connection]

    def wait_if_muted(self, connection):
        if connection in self.muted:
            self.stopping.wait()
            raise Cut()

    def handle_error(self, request, client_address):
        pass

    def drop(self):
        for connection in list(self.connections):
            self.connections.discard(connection)
            try:
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self.drop()


class Control(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"null")

    def key(self):
        parts = self.path.strip("/").split("/")[1:]
        return parts[0], parts[1] if len(parts) == 3 else "", parts[-1]

    def do_PUT(self):
        self.reply(200, {"version": self.server.main.state.put(self.body())})

    def do_DELETE(self):
        if self.path == "/events":
            self.server.main.state.written.clear()
            return self.reply(200, {})
        version = self.server.main.state.delete(*self.key())
        self.reply(200 if version else 404, {"version": version})

    def do_GET(self):
        state = self.server.main.state
        with state.lock:
            if self.path == "/events":
                return self.reply(200, list(state.written.values()))
            if self.path == "/sent":
                noted, state.sent = state.sent, []
                return self.reply(200, noted)
            self.reply(200, state.requests if self.path == "/requests" else {"version": state.version})

    def do_POST(self):
        main, state = self.server.main, self.server.main.state
        body = self.body()
        if self.path in ("/load", "/change"):
            for obj in body:
                state.put(obj, bulk=self.path == "/load")
        elif self.path == "/fault":
            if body["fault"] not in FAULTS:
                return self.reply(400, {"unknown fault": body["fault"]})
            with state.lock:
                state.faults.append(body)
        elif self.path == "/heal":
            with state.lock:
                state.faults.clear()
        elif self.path == "/format":
            state.json_only = body == "json"
        elif self.path == "/warm":
            state.warm()
        elif self.path == "/sent":
            state.sent = []
        elif self.path == "/compact":
            state.compact()
        elif self.path == "/restore":
            state.restore()
        elif self.path == "/forget":
            state.forget()
        elif self.path == "/drop":
            main.api.drop()
        elif self.path == "/mute":
            main.api.muted |= main.api.connections
        elif self.path == "/goaway":
            for connection in list(main.api.http2):
                connection.go_away()
        elif self.path == "/bookmark":
            with state.lock:
                state.bookmarks += 1
                state.lock.notify_all()
        elif self.path == "/stop":
            main.stop()
        elif self.path == "/start":
            main.start()
        else:
            return self.reply(404, {})
        return self.reply(200, {})


def generate(state, n_services, n_endpoints):
    """Services web-0..N in namespaces of a hundred each, with one slice of M endpoints."""
    for i in range(n_services):
        namespace = "team-%d" % (i // 100)
        ip = "10.%d.%d.%d" % (96 + i // 65536, i // 256 % 256, i % 256)
        state.put({"kind": "Service", "apiVersion": "v1",
                   "metadata": {"name": "web-%d" % i, "namespace": namespace,
                                "creationTimestamp": "2026-01-01T00:00:00Z"},
                   "spec": {"type": "ClusterIP", "clusterIP": ip, "clusterIPs": [ip], "ipFamilies": ["IPv4"],
                            "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
                            "internalTrafficPolicy": "Cluster",
                            "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]},
                   "status": {"loadBalancer": {}}}, bulk=True)
        endpoints = []
        for j in range(n_endpoints):
            n = i * n_endpoints + j
            endpoints.append({"addresses": ["10.%d.%d.%d" % (128 + n // 65536 % 64, n // 256 % 256, n % 256)],
                              "conditions": {"ready": True, "serving": True, "terminating": False},
                              "nodeName": "node-%d" % (n % 100), "zone": "zone-%s" % "abc"[n % 3],
                              "targetRef": {"kind": "Pod", "namespace": namespace, "name": "web-%d-%d" % (i, j),
                                            "uid": "00000000-0000-0000-0000-%012d" % n}})
        state.put({"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
                   "metadata": {"name": "web-%d-abcde" % i, "namespace": namespace,
                                "labels": {"kubernetes.io/service-name": "web-%d" % i}},
                   "addressType": "IPv4", "endpoints": endpoints,
                   "ports": [{"name": "http", "protocol": "TCP", "port": 8080}]}, bulk=True)
    state.put({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "node-0",
               "labels": {"topology.kubernetes.io/zone": "zone-a"}},
               "spec": {"podCIDR": "10.128.0.0/24", "podCIDRs": ["10.128.0.0/24"]},
               "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.10"}]}}, bulk=True)


class Main:
    def __init__(self, options):
        self.options = options
        self.state = State()
        if options.kinds:
            self.state.discovery = discovery.Discovery(options.kinds)
        self.context = self.api = self.reserved = None
        if options.cert:
            self.use_certificate(options.cert, options.key)
        self.port = options.port
        self.turn = threading.Lock()
        self.start()
        self.control = http.server.ThreadingHTTPServer(("127.0.0.1", options.control_port), Control)
        self.control.daemon_threads = True
        self.control.main = self
        threading.Thread(target=self.control.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def use_certificate(self, cert, key):
        """For connections from now on: a context of its own, as one must not change while another thread shakes hands."""
        options = self.options
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        if not options.no_alpn:
            context.set_alpn_protocols(["h2", "http/1.1"] if http2 and not options.http1 else ["http/1.1"])
        if options.client_ca:
            context.load_verify_locations(options.client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
        self.context = context
        api = self.api
        if api:
            api.context = context

    def start(self):
        with self.turn:
            self.start_now()

    def start_now(self):
        if self.api:
            return
        if self.reserved:
            self.reserved.close()
            self.reserved = None
        self.api = Server((self.options.address, self.port), self.options, self.state, self.context)
        self.port = self.api.server_address[1]
        threading.Thread(target=self.api.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        with self.turn:  # who sees that it is gone, and starts it, comes after all of this
            if self.api:
                self.api.stop()
                self.api = None
                self.reserve()

    def reserve(self):
        """The port stays ours without a listener, so that connections are refused: another server would answer them."""
        address = (self.options.address, self.port)
        self.reserved = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(address)


def options_parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--cert", help="certificate chain; without it there is no TLS")
    parser.add_argument("--key")
    parser.add_argument("--client-ca", help="client certificates of this CA are accepted")
    parser.add_argument("--http1", action="store_true", help="no HTTP/2")
    parser.add_argument("--no-alpn", action="store_true", help="no HTTP/2, and no word of it")
    parser.add_argument("--streams", type=int, default=100, help="requests that one HTTP/2 connection takes at once")
    parser.add_argument("--gzip-from", type=int, default=128 * 1024, help="larger lists are compressed, bytes")
    parser.add_argument("--token", action="append", default=[], help="an accepted token; @FILE: read at each request")
    parser.add_argument("--basic", action="append", default=[], help="an accepted USER:PASSWORD")
    parser.add_argument("--objects", action="append", default=[], help="file with a JSON array (or List) of objects")
    parser.add_argument("--generate", help="N,M: N Services with M endpoints each, and node-0")
    parser.add_argument("--kinds", help="an OpenAPI document: answer who asks which kinds there are, as kubectl does")
    parser.add_argument("--page-size", type=int, default=0, help="largest page of a list")
    parser.add_argument("--watch-seconds", type=float, default=0, help="end watches after this time")
    parser.add_argument("--no-bookmarks", action="store_true")
    parser.add_argument("--ready-file", help="write the line of standard output there, too")
    parser.add_argument("--stay", action="store_true", help="do not end with standard input")
    return parser


def main():
    options = options_parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = Main(options)
    for path in options.objects:
        with open(path) as file:
            objects = json.load(file)
        for obj in objects["items"] if isinstance(objects, dict) else objects:
            server.state.put(obj, bulk=True)
    if options.generate:
        generate(server.state, *(int(n) for n in options.generate.split(",")))
    line = json.dumps({"url": "%s://%s:%d" % ("https" if options.cert else "http", options.address, server.port),
                       "control": "http://127.0.0.1:%d" % server.control.server_address[1], "pid": os.getpid()})
    print(line, flush=True)
    if options.ready_file:
        with open(options.ready_file + ".new", "w") as file:
            file.write(line + "\n")
        os.rename(options.ready_file + ".new", options.ready_file)
    if options.stay:
        threading.Event().wait()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
