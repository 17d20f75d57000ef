#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""as-in-the-unit.py UNIT PROGRAM ARGUMENT... - run a program with the SystemCallFilter= of a systemd unit.

The sets ("@system-service") are systemd's own, as systemd-analyze prints them; libseccomp makes the filter. Exit status 77
if one of the two is not there.
"""

import ctypes
import errno
import os
import subprocess
import sys

ALLOW = 0x7FFF0000
ERRNO_EPERM = 0x00050000 | errno.EPERM


def members(name):
    """The system calls of a set, those of sets in it included."""
    done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True,
                          check=True)
    names = set()
    for line in done.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            names |= members(word)
        elif word and not word.startswith("#"):
            names.add(word)
    return names


def allowed(unit):
    names = set()
    with open(unit, encoding="utf-8") as file:
        for line in file:
            key, _, value = line.strip().partition("=")
            if key != "SystemCallFilter":
                continue
            without = value.startswith("~")
            for word in value.lstrip("~").split():
                listed = members(word) if word.startswith("@") else {word}
                names = names - listed if without else names | listed
    return names


def main():
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        names = allowed(sys.argv[1])
    except (OSError, subprocess.CalledProcessError) as error:
        print("skipped: %s" % error)
        return 77
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ERRNO_EPERM))
    for name in sorted(names):
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        # Of other architectures, or newer than the library.
        if number >= 0:
            seccomp.seccomp_rule_add_exact(context, ALLOW, number, 0)
    if seccomp.seccomp_load(context) != 0:
        print("skipped: the kernel takes no filter")
        return 77
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
