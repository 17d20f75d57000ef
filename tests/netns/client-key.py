# SPDX-License-Identifier: GPL-2.0-or-later
"""client-key.py ADDRESS: how a client map names that client: its IPv4 address, or the two hashes of an IPv6 address.

The hash is nft's jhash, Bob Jenkins' lookup3 as the kernel has it, of the address, with the seeds 1 and 2.
"""
import ipaddress
import struct
import sys

WORD = 0xffffffff
MODULUS = 4294967295


def rotated(x, bits):
    return (x << bits | x >> (32 - bits)) & WORD


def hashed(data, seed):
    """Of 13 to 24 bytes, a multiple of four."""
    words = list(struct.unpack("<%dI" % (len(data) // 4), data))
    a, b, c = ((0xdeadbeef + len(data) + seed + word) & WORD for word in words[:3])
    for bits in (4, 6, 8, 16, 19, 4):
        a = ((a - c) & WORD) ^ rotated(c, bits)
        c = (c + b) & WORD
        a, b, c = b, c, a
    rest = words[3:] + [0, 0, 0]
    a, b, c = ((x + word) & WORD for x, word in zip((a, b, c), rest))
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - rotated(b, bits)) & WORD
        a, b, c = b, c, a
    return b


address = ipaddress.ip_address(sys.argv[1])
if address.version == 4:
    print(address)
else:
    print(" . ".join(str(hashed(address.packed, seed) * MODULUS >> 32) for seed in (1, 2)))
