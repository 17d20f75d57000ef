#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The text for nft and the netlink messages make the same ruleset. For every golden case, in a network namespace of its own:
#   1. nft loads expect.nft, and once more over itself;
#   2. the daemon, given the same manifests, installs its rules over netlink;
#   3. the daemon starts where nft has loaded expect.nft, and finds nothing to do.
# Then nft lists the same ruleset, handles and order aside: as JSON, and as the kernel's own expressions.
# Row K8: the kernel accepts "reject" in the chains where the rules have it.
# Needs root or user namespaces, nft and python3; else it is skipped (77).
#
#   tests/golden/kernel.sh [CASE...]
set -u
export LC_ALL=C
# shellcheck source=tests/golden/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

can_unshare || { echo "no network namespaces here (not root, and user namespaces are forbidden)"; exit 77; }
command -v nft >/dev/null || { echo "nft is not installed"; exit 77; }
[ -x /usr/bin/python3 ] || { echo "python3 is not installed"; exit 77; }
$UNSHARE nft list ruleset >/dev/null 2>&1 || { echo "no nftables in this kernel"; exit 77; }

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

complain() { # complain CASE TEXT [FILE]
	echo "not ok $1: $2"
	[ -z "${3:-}" ] || head -n 60 "$3"
	failed=$((failed + 1))
}

# These run inside the namespace. The daemon runs until its rules are installed, then it is stopped and they stay.
list_ruleset() { # list_ruleset NAME
	nft -j list ruleset >"$work/$1.nft-json" && nft --debug=netlink list ruleset >"$work/$1.nft-netlink"
}

load_text() {
	nft -f "$1" && nft -f "$1" && list_ruleset text
}

wait_for() { # wait_for SECONDS COMMAND...
	local tries=$(($1 * 20))
	shift
	while ! "$@" && [ $((tries -= 1)) -gt 0 ]; do
		sleep 0.05
	done
	[ "$tries" -gt 0 ]
}

has_synced() { # has_synced LOG PID: true also if there is nothing left to wait for
	grep -q "$SYNCED" "$1" || ! kill -0 "$2" 2>/dev/null
}

# nft -f cannot make a table with an owner, so here the daemon makes tables without one, too.
run_daemon() { # run_daemon LOG NAME MANIFESTS ARGS...
	local log=$1 name=$2 manifests=$3 pid status=0
	shift 3
	"$DAEMON" --manifests "$manifests" --own-tables=false --state-dir "" "$@" 2>"$log" &
	pid=$!
	wait_for 20 has_synced "$log" "$pid" && grep -q "$SYNCED" "$log" || status=1
	kill "$pid" 2>/dev/null
	wait "$pid" || status=$?
	[ "$status" = 0 ] && list_ruleset "$name"
}

load_then_run() { # load_then_run TEXT LOG NAME MANIFESTS ARGS...
	nft -f "$1" || return 1
	shift
	run_daemon "$@"
}

# What the daemon logs when its first transaction has been accepted.
SYNCED='first sync'
export work DAEMON SYNCED
export -f list_ruleset load_text wait_for has_synced run_daemon load_then_run

compare() { # compare CASE NAME WHAT
	local how
	for how in json netlink; do
		/usr/bin/python3 "$here/canonical.py" "$how" <"$work/text.nft-$how" >"$work/text.$how"
		/usr/bin/python3 "$here/canonical.py" "$how" <"$work/$2.nft-$how" >"$work/$2.$how"
		if [ ! -s "$work/text.$how" ] || ! diff -u "$work/text.$how" "$work/$2.$how" >"$work/diff"; then
			complain "$1" "$3: the $how listings differ" "$work/diff"
			return 1
		fi
	done
}

run_case() {
	local name=$1 args
	read -ra args <"$here/$name/args"
	rm -f "$work"/*
	if ! in_namespace "$name" bash -c 'load_text "$@"' bash "$here/$name/expect.nft" 2>"$work/log"; then
		complain "$name" "nft does not load expect.nft" "$work/log"
		return
	fi
	if ! in_namespace "$name" bash -c 'run_daemon "$@"' bash "$work/log" daemon \
		"$(manifest "$name")" "${args[@]}"; then
		complain "$name" "the daemon did not install its rules" "$work/log"
		return
	fi
	compare "$name" daemon "daemon" || return
	: >"$work/log"
	if ! in_namespace "$name" bash -c 'load_then_run "$@"' bash "$here/$name/expect.nft" "$work/log" adopted \
		"$(manifest "$name")" "${args[@]}" 2>"$work/trouble"; then
		cat "$work/trouble" >>"$work/log"
		complain "$name" "the daemon did not take over what nft had loaded" "$work/log"
		return
	fi
	compare "$name" adopted "daemon after nft" || return
	if ! grep -q "$SYNCED.* steps=0 " "$work/log"; then
		complain "$name" "the daemon had something to do after nft" "$work/log"
		return
	fi
	echo "ok $name"
	passed=$((passed + 1))
}

# shellcheck disable=SC2046 # names are words
[ $# -gt 0 ] || set -- $(cases)
for name; do
	run_case "$name"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
