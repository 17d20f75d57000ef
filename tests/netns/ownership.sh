#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Our tables have an owner where the kernel supports that: others cannot change them, and they outlive the daemon.
# Only one kube-nftproxy runs at a time. Rows Y12, Y13, Y14, Y16.
. "$(dirname "$0")/lib.sh"

service web 1 ":tcp:80" | write web.yaml
slices web ":tcp:8080" pod1 | write web-slice.yaml
must_start
settle
steady_end # what follows takes the tables away in the end
before=$(ruleset)
first=$daemon_pid
as_before() { [ "$(ruleset)" = "$before" ]; }
flags() { in_ns node nft list table "$1" kube-nftproxy | grep -c 'flags owner'; }

# A second daemon, on any kernel.
refute "another one does not start" timeout 10 nsenter --net=/run/netns/node -- "$DAEMON" --manifests "$manifests" \
	--hostname-override other --state-dir "" 2>>"$daemon_log"
check "and says which one runs" log_says 'err="another kube-nftproxy is running in this network namespace: process '"$first"'"'
log_forget
refute "Y16 --cleanup while we run is refused" in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
check "Y16 and says who runs" log_says "cannot remove our tables.*process $first"
check "one in another network namespace starts" timeout 10 unshare -n -- \
	bash -c '"$0" --manifests "$1" --hostname-override other --state-dir "" & sleep 0.5; kill "$!" && wait "$!"' \
	"$DAEMON" "$manifests" 2>>"$daemon_log"

if ! since 6.9; then
	check "Y13 without the flag persist our tables have no owner" test "$(flags ip)" = 0
	finish
fi

check "Y13 our tables have an owner" test "$(flags ip) $(flags ip6)" = "1 1"

refused() { # refused TITLE NFT-COMMAND...
	local title=$1
	shift
	refute "Y13 $title: the kernel refuses it" in_ns node nft "$@" 2>/dev/null
	check "Y13 $title: all stands" as_before
}

tampering() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	refused "a front end is deleted" delete element $table kube-nftproxy services "{ $(vip 1) . tcp . 80 }"
	refused "a foreign address is added" add element $table kube-nftproxy cluster-ips "{ $(vip 99) }"
	refused "a chain is flushed" flush chain $table kube-nftproxy lb-tcp-1
	refused "a rule is added" add rule $table kube-nftproxy lb-tcp-1 counter
	refused "a set is flushed" flush map $table kube-nftproxy endpoints
	refused "the table is deleted" delete table $table kube-nftproxy
	expect_answer "Y13 the Service works" client tcp "$(vip 1)" 80 pod1
}
each_family tampering

check "Y13 flush ruleset passes us by" in_ns node nft flush ruleset
check "Y13 flush ruleset: all stands" as_before
slices web ":tcp:8080" pod2 | write web-slice.yaml
settle
changed() { expect_answer "Y13 a change after that arrives" client tcp "$(vip 1)" 80 pod2; }
each_family changed
before=$(ruleset)

# The daemon is killed: the tables stay, without an owner; the next daemon adopts them as they are.
kill -KILL "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
check "Y14 killed: all stands" as_before
check "Y14 killed: nobody owns it" test "$(flags ip)" = 0
log_forget
must_start
check "Y12 the next one changes nothing" log_says 'msg="first sync".* steps=0 '
check "Y12 and owns them" test "$(flags ip) $(flags ip6)" = "1 1"
check "Y12 all stands" as_before
# Existing tables without the flags cannot be given an owner: they are replaced, in one transaction.
stop_daemon
in_ns node nft flush ruleset
must_start --own-tables=false
check "--own-tables=false: no owner" test "$(flags ip)" = 0
as_made=$(ruleset)
stop_daemon
must_start
check "tables without flags are made anew" test "$(flags ip) $(flags ip6)" = "1 1"
check "as they were" test "$(ruleset)" = "$as_made"
each_family changed

# Another program may remove tables that have no owner, after the daemon has ended.
stop_daemon
check "Y16 --cleanup removes what nobody owns" in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
refute "Y16 the table is gone" in_ns node nft list table ip kube-nftproxy 2>/dev/null
finish
