#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The measurement of first packets (make bench-packets) runs: all of its cases, on a small cluster. Its figures are not judged. It
# fails if a ruleset does not translate the packets.
set -u
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${top_builddir:=$here/../../build-tests/gcc}"
command -v nft >/dev/null || PATH=$PATH:/usr/sbin:/sbin
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || { echo "skipped: python3 is not installed"; exit 77; }
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

packets() { # packets OPTION...
	"$python" "$here/../bench/packets.py" "${DAEMON:-$top_builddir/src/daemon/kube-nftproxy}" \
		"$top_builddir/tests/bench/packets" --services 3 --endpoints 2 --packets 200 "$@" >"$work/out" 2>&1
}
check() { # check TITLE COMMAND...
	local title=$1
	shift
	if "$@"; then
		echo "ok $title"
	else
		echo "not ok $title"
		sed 's/^/    /' "$work/out"
		failed=1
	fi
}

packets --rounds 1
status=$?
[ "$status" != 77 ] || { cat "$work/out"; exit 77; }
all_cases() { [ "$status" = 0 ] && [ "$(grep -c '^IPv[46] ' "$work/out")" = 48 ]; }
check "all cases of the measurement run" all_cases

echo 'table ip nothing { chain forward { type filter hook forward priority 0; ct state invalid drop; }; }' >"$work/nothing.nft"
notices() {
	! packets --rounds 1 --families 4 --protocols tcp --origins pod --variant "nothing=$work/nothing.nft" &&
		grep -q 'nothing, cluster-ip from pod: 0 of 200 packets got to an endpoint' "$work/out"
}
check "a ruleset that does not translate is noticed" notices

sizes() {
	packets --sizes 3,5 --rounds 1 --families 4 --protocols tcp --origins pod --json "$work/figures.json" &&
		"$python" "$here/../bench/plot.py" "$work/figures.json" >"$work/figures.svg" &&
		grep -q '<title id="title">.*by the number of Services</title>' "$work/figures.svg"
}
check "several numbers of Services, and a picture of them" sizes
limit() {
	packets --rounds 1 --families 4 --protocols tcp --origins pod --load-seconds 0 &&
		grep -q '^ours is left out: loading 3 Services takes more than 0 s$' "$work/out"
}
check "a ruleset that takes too long to load is left out" limit
exit "$failed"
