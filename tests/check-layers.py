#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every #include and every symbol in src/ keeps to src/LAYERS, and no room has a circle of files.

LAYERS lists the rooms from bottom to top. What is checked:

  - a room includes base, itself and the rooms that its line names; its line names only rooms of lines above it
    in the file;
  - an outside header of a line `@HEADER: ROOM...` is included by .c files of these rooms alone;
  - a room of the line `!pure:` includes nothing that logs, reads a clock or does I/O;
  - a header NAME_internal.h, which several files of a room share, declares types but no functions;
  - within a room no file needs another that needs the first, however many files lie between. a.c and a.h are one
    file here. It needs b if it includes "room/b.h", or if a.o uses a symbol that b.o defines. (An _internal.h is
    no such need, as it has types alone.)

Symbols are read with nm from the objects in $top_builddir/src; without objects only #include is checked.
"""

import os
import re
import subprocess
import sys

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.realpath(__file__)), "..")
BUILD = os.environ.get("top_builddir") or TOP
SRC = os.path.join(TOP, "src")

IMPURE = re.compile(r'^#include ("base/(?:log|monotonic)\.h"|'
                    r"<(?:stdio_ext|time|sys/time|sys/socket|fcntl|syslog|pthread)\.h>)")
OURS = re.compile(r'^#include "([^"]*)"', re.M)
COMMENT = re.compile(r"/\*.*?\*/", re.S)

failures = 0


def complain(text):
    global failures
    failures += 1
    print("layers: " + text)


class Layers:
    """src/LAYERS, read"""

    def __init__(self, path):
        self.rooms = {}  # room: the rooms that it may include
        self.outside = {}  # header, or its beginning: rooms
        self.pure = set()
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith("#") or not line.strip():
                    continue
                name, _, rest = line.partition(":")
                if name == "!pure":
                    self.pure = set(rest.split())
                elif name.startswith("@"):
                    self.outside[name[1:]] = rest.split()
                else:
                    self.add_room(name, rest.split())
        for name in sorted(self.pure.union(*self.outside.values()) - set(self.rooms)):
            complain("LAYERS: there is no room %s" % name)

    def add_room(self, name, uses):
        for other in uses:
            if other not in self.rooms:
                complain("LAYERS: %s may not name %s, which is not on a line above it" % (name, other))
        if name in self.rooms:
            complain("LAYERS: %s has two lines" % name)
        self.rooms[name] = uses


def sources():
    """(room, file name, path below src, text) of each .c and .h"""
    for room in sorted(os.listdir(SRC)):
        directory = os.path.join(SRC, room)
        if not os.path.isdir(directory):
            continue
        for name in sorted(os.listdir(directory)):
            if name.endswith((".c", ".h")):
                with open(os.path.join(directory, name), encoding="utf-8") as file:
                    yield room, name, room + "/" + name, file.read()


def check_includes(layers, room, path, text):
    if room not in layers.rooms:
        complain("%s: room %s is not in src/LAYERS" % (path, room))
        return
    uses = ["base"] + layers.rooms[room]
    for include in OURS.findall(text):
        other = include.partition("/")[0]
        if include == "config.h":
            continue
        if other == include:
            complain('%s includes "%s" without its room' % (path, include))
        elif other != room and other not in uses:
            complain("%s may not include %s (%s may use: %s)" % (path, include, room, " ".join(uses)))
    for header, rooms in layers.outside.items():
        if not re.search("^#include <" + re.escape(header), text, re.M):
            continue
        if room not in rooms:
            complain("%s may not include <%s> (only: %s)" % (path, header, " ".join(rooms)))
        if path.endswith(".h"):
            complain("%s: no header of ours includes <%s>" % (path, header))
    if room in layers.pure:
        for number, line in enumerate(text.split("\n"), 1):
            if IMPURE.match(line):
                complain("%s:%d: %s: room %s is pure: no log, clock or I/O" % (path, number, line, room))


def declared_functions(text):
    """The names of functions that a header declares or has as a type's variable; a static one is its own."""
    text = re.sub(r"^#.*(?:\\\n.*)*", "", COMMENT.sub("", text), flags=re.M)
    depth = 0
    outside = []  # what is in no braces, which are left as {}
    for part in re.split(r"([{}])", text):
        if part == "{":
            outside.append("{" if depth == 0 else "")
            depth += 1
        elif part == "}":
            depth -= 1
            outside.append("}" if depth == 0 else "")
        elif depth == 0:
            outside.append(part)
    for statement in re.split(r";|\{\}(?=\s*\w)", "".join(outside)):
        statement = " ".join(statement.split())
        if not statement or statement.startswith(("typedef ", "static ")) or "{}" in statement:
            continue
        statement = re.sub(r"__attribute__ ?\(\(.*\)\)", "", statement).strip()
        function = re.match(r"[^(]*?(\w+) ?\(", statement)
        if function:
            yield function.group(1)
        elif re.fullmatch(r"(?!struct |enum |union )\w+ (\w+)", statement):
            yield statement.split()[1]


def stem_of(name):
    return os.path.splitext(name)[0]


def objects_of(room, stems):
    """{stem: its object file}; the newest, if an earlier build with other flags left one of another name"""
    objects = {}
    directory = os.path.join(BUILD, "src", room)
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        # stem.o, or libroom_a-stem.o if the room's library has flags of its own.
        stem = stem_of(name).rpartition("-")[2]
        path = os.path.join(directory, name)
        if name.endswith(".o") and stem in stems:
            objects[stem] = max(objects.get(stem, path), path, key=os.path.getmtime)
    return objects


def symbols(objects):
    """For each stem: the names that its object defines, and those that it wants"""
    defined, wanted = {}, {}
    stems = {path: stem for stem, path in objects.items()}
    output = subprocess.run(["nm", "-A", "-g"] + list(stems), stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in output.splitlines():
        path, _, rest = line.rpartition(":")
        kind, name = rest.split()[-2:]
        (wanted if kind in "Uvw" else defined).setdefault(stems[path], set()).add(name)
    return defined, wanted


def ties_of_room(room, files, objects):
    """{stem: {stem that it needs: what for}}"""
    ties = {stem_of(name): {} for name in files if not name.endswith("_internal.h")}
    for name, text in files.items():
        stem = stem_of(name)
        for include in OURS.findall(text):
            other = stem_of(include.partition("/")[2])
            if include.startswith(room + "/") and stem in ties and other in ties and other != stem:
                ties[stem].setdefault(other, []).append("%s includes %s" % (name, include))
    defined, wanted = symbols(objects) if objects else ({}, {})
    for stem, names in wanted.items():
        for other, theirs in defined.items():
            if stem != other and names & theirs:
                ties[stem].setdefault(other, []).append(" ".join(sorted(names & theirs)))
    return ties


def circles(ties):
    """Each group of stems of which every one needs every other, by way of others or not"""
    def reach(start):
        seen, todo = set(), [start]
        while todo:
            for other in ties[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    reached = {stem: reach(stem) for stem in ties}
    groups = {frozenset(other for other in reached[stem] if stem in reached[other]) for stem in ties}
    return sorted(sorted(group) for group in groups if group)


def check_circles(room, files, objects):
    ties = ties_of_room(room, files, objects)
    for group in circles(ties):
        complain("%s: a circle of files: %s" % (room, ", ".join(group)))
        for stem in group:
            for other in sorted(set(ties[stem]) & set(group)):
                print("layers:     %s -> %s: %s" % (stem, other, "; ".join(ties[stem][other])))


def main():
    layers = Layers(os.path.join(SRC, "LAYERS"))
    rooms = {}
    for room, name, path, text in sources():
        check_includes(layers, room, path, text)
        if name.endswith("_internal.h"):
            for function in declared_functions(text):
                complain("%s declares the function %s: an _internal.h has types alone" % (path, function))
        rooms.setdefault(room, {})[name] = text
    objects = {room: objects_of(room, {stem_of(name) for name in files}) for room, files in rooms.items()}
    if not any(objects.values()):
        print("layers: nothing is built in %s: circles are looked for in #include alone" % BUILD)
    for room, files in rooms.items():
        missing = sorted(name for name in files if name.endswith(".c") and stem_of(name) not in objects[room])
        if missing and any(objects.values()):
            complain("%s: not built, so no symbols were read: %s" % (room, " ".join(missing)))
        check_circles(room, files, objects[room])
    if not rooms:
        complain("no sources in %s: is this script blind?" % SRC)
    if not failures:
        print("layers: ok")
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
