#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`make compile_commands.json` has each .c of src/ with its own options, and clang can work with an entry."""

import glob
import json
import os
import shutil
import subprocess
import sys

TOP = os.path.realpath(os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
BUILD = os.path.realpath(os.environ.get("top_builddir") or TOP)
# The entry that clang is given.
TRIED = os.path.join(TOP, "src", "daemon", "main.c")


def main():
    # Not as a part of the make that runs this.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "-C", BUILD, "-s", "compile_commands.json"], env=environment, check=True)
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        entries = {entry["file"]: entry for entry in json.load(file)}
    missing = [path for path in sorted(glob.glob(os.path.join(TOP, "src", "*", "*.c"))) if path not in entries]
    for path in missing:
        print("compile commands: none for %s" % path)
    if missing or TRIED not in entries:
        return 1
    if not shutil.which("clang"):
        print("compile commands: clang is not installed, no entry was tried")
        return 0
    entry = entries[TRIED]
    subprocess.run(["clang", "-fsyntax-only", "-Wno-unknown-warning-option"] + entry["arguments"][1:],
                   cwd=entry["directory"], check=True)
    print("compile commands: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
