#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The netlink backend alone: changes by others that it gets no notification of are found nevertheless, and new tables
# are filled in parts. Rows Y5, Y7, Y13, Y23.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

backend=$(dirname "$PROBE")/backend
[ -x "$backend" ] || skip_all "$backend is not built"
check "Y13 notifications that were lost: all is read, and nobody waits for ever" in_ns node timeout 200 "$backend" lost
check "Y13 a flood of notifications: a part of it in each turn of the loop" in_ns remote timeout 200 "$backend" flood
check "Y13 a large transaction was refused: what came meanwhile is read" in_ns client timeout 200 "$backend" deaf
check "Y5 a reading for a comparison: a change by others in that moment is not lost" \
	in_ns pod1 timeout 200 "$backend" compare
check "Y5 chains are read one by one, and their names datagram by datagram" \
	in_ns pod1 timeout 200 "$backend" chains
cd "$work" || die "$work"
check "Y23 without notifications: what is found" in_ns pod2 timeout 200 "$backend" check
if since 6.16; then
	check "Y23 without notifications: another number of elements is found" in_ns pod3 timeout 200 "$backend" count
fi
# Refused half-way, of the three parts of a ruleset, by a kernel that is asked for one element twice.
check "Y7 a new table whose last part is refused leads nowhere, and is read back" in_ns pod1 timeout 200 "$backend" parts
finish
