# SPDX-License-Identifier: GPL-2.0-or-later
"""persistent-table.py ip|ip6 NAME: an empty table as our daemon leaves it where the kernel has the flags: it had an owner, and
persists without one. nft 1.0.6 does not know the flag persist, and cannot fill a table that has an owner.
"""
import socket
import struct
import sys

NETLINK_NETFILTER = 12
SUBSYSTEM = 10  # NFNL_SUBSYS_NFTABLES
BATCH_BEGIN, BATCH_END, NEWTABLE = 0x10, 0x11, SUBSYSTEM << 8
REQUEST, ACK, CREATE = 0x1, 0x4, 0x400
TABLE_NAME, TABLE_FLAGS = 1, 2
OWNER, PERSIST = 0x2, 0x4


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def message(kind, flags, family, resource, data=b""):
    return struct.pack("=IHHIIBBH", 20 + len(data), kind, flags, 0, 0, family, 0, socket.htons(resource)) + data


def main():
    # The kernel uses the same numbers for families of tables.
    family = {"ip": socket.AF_INET, "ip6": socket.AF_INET6}[sys.argv[1]]
    data = attribute(TABLE_NAME, sys.argv[2].encode() + b"\0")
    data += attribute(TABLE_FLAGS, struct.pack(">I", OWNER | PERSIST))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        kernel.bind((0, 0))
        kernel.send(message(BATCH_BEGIN, REQUEST, 0, SUBSYSTEM) +
                    message(NEWTABLE, REQUEST | ACK | CREATE, family, 0, data) +
                    message(BATCH_END, REQUEST, 0, SUBSYSTEM))
        error = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if error:
        sys.exit("persistent-table: the kernel answers %d" % error)


main()
