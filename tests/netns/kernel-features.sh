#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon finds out by trying what this kernel's nf_tables lacks, and logs it once at the start. This test derives
# what to expect from the kernel's version; the daemon does not read the version.
. "$(dirname "$0")/lib.sh"

# expect_said NAME SINCE - the log names the feature if and only if the kernel is older
expect_said() {
	if since "$2"; then
		refute "$1: there, so not said to be missing" log_says "missing=.*$1"
	else
		check "$1: said to be missing" log_says "level=info .*missing=.*$1"
	fi
}

tables() {
	in_ns node nft list tables | sort | tr '\n' ' '
}

must_start
expect_said "destroy element" 6.3
expect_said "table flag owner" 5.12
expect_said "table flag persist" 6.9
refute "nothing that is needed is missing" log_says "lacks what we need"
refute "IPv6 is served" log_says "missing=.*IPv6"
check "said in one line at most" [ "$(grep -c 'msg="not available' "$daemon_log")" -le 1 ]
lock=""
! since 5.12 || lock="table ip kube-nftproxy-lock "
check "nothing but our tables stands" [ "$(tables)" = "table ip kube-nftproxy ${lock}table ip6 kube-nftproxy " ]
stop_daemon

# A start with our tables already there, and with a listener for notifications.
in_ns node nft monitor >"$work/monitor" 2>&1 &
monitor=$!
wait_until 5 in_ns node bash -c 'nft add table ip seen; nft delete table ip seen; grep -q seen "$1"' - "$work/monitor" ||
	die "nft monitor hears nothing"
must_start
wait_until 5 in_ns node bash -c 'nft add table ip after; nft delete table ip after; grep -q after "$1"' - "$work/monitor"
heard() { grep -cE "$1 table ip6? kube-nftproxy-probe" "$work/monitor"; }
check "tables with what is tried come and go" test "$(heard '(add|create)')" -ge 2 -a "$(heard '(add|create)')" = "$(heard delete)"
check "what is tried is gone" [ "$(tables)" = "table ip kube-nftproxy ${lock}table ip6 kube-nftproxy " ]
kill "$monitor"
stop_daemon

# As a daemon leaves them that is killed in between.
in_ns node nft "add table ip kube-nftproxy-probe { flags dormant; }; add table ip6 kube-nftproxy-probe { chain left { drop; }; }"
log_forget
must_start
expect_said "destroy element" 6.3
refute "what an earlier run has left is no reason to miss something" log_says "lacks what we need|missing=.*IPv6"
check "what an earlier run has left is gone" [ "$(tables)" = "table ip kube-nftproxy ${lock}table ip6 kube-nftproxy " ]
finish
