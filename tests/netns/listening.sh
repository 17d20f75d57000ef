#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What others do to our tables while nobody can hear it is not taken for nothing. Row Y13.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

listening=$(dirname "$PROBE")/listening
[ -x "$listening" ] || skip_all "$listening is not built"
check "Y13 notifications that were lost: all is read, and nobody waits for ever" in_ns node timeout 200 "$listening" lost
check "Y13 a large transaction was refused: what came meanwhile is read" in_ns client timeout 200 "$listening" deaf
finish
