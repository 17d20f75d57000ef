#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Stop, start, kill: the rules stay, nothing is rewritten, and the result is that of a fresh start. Rows Y7, Y11, Y12, Y14.
. "$(dirname "$0")/lib.sh"

web() {
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" && slices web "http:tcp:8080 dns:udp:8080" "$@"
}
web pod1 pod2 | write web.yaml
node zone-a | write node.yaml
must_start
before=$(ruleset)
check "there are rules" test -n "$before"
handles=$(in_ns node nft -a list table ip kube-nftproxy | grep chain)

each_load() {
	load_start client tcp "$(vip 1)" 80
	check "Y14 a stop ends well" stop_daemon
	check "Y14 and leaves the rules as they were" test "$(ruleset)" = "$before"
	log_forget
	must_start
	check "Y7 Y12 a start on the same state changes nothing" log_says 'msg="first sync".* added=0 deleted=0'
	check "Y12 the rules are the same" test "$(ruleset)" = "$before"
	load_stop
	if load_only_answers; then
		pass "Y14 no connection is lost over stop and start"
	else
		fail "Y14 connections over stop and start" "${load_tally//$'\n'/; }"
	fi
}
each_family each_load
check "Y12 not even a chain was made anew" test "$(in_ns node nft -a list table ip kube-nftproxy | grep chain)" = "$handles"

stop_daemon
web pod2 rpod1 | write web.yaml
log_forget
must_start
difference() {
	expect_distribution "Y12 a start sends the difference" client tcp "$(vip 1)" 80 "pod2 rpod1"
}
each_family difference

# An earlier version, or a daemon that was killed, has left none of the chains that are kept ready, and one that is not needed.
stop_daemon
before=$(ruleset)
for table in ip ip6; do
	in_ns node nft -f - <<-NFT
	delete chain $table kube-nftproxy lb-tcp-1
	delete chain $table kube-nftproxy lb-tcp-3
	delete chain $table kube-nftproxy nodeport-tcp-1
	add chain $table kube-nftproxy lb-tcp-7
	NFT
done
log_forget
must_start
check "Y11 chains that should be ready are made after a start" test "$(ruleset)" = "$before"
check "Y11 the first sync only deletes what is not needed" log_says 'msg="first sync".* added=0 deleted=2 steps=2 '
check "Y11 no change waits, and none is reported" test "$(grep -c 'msg=synced' <(tail -n "+$((log_from + 1))" "$daemon_log"))" = 0

# The chain for one endpoint more exists before it is needed; then the next ones are made, and what is not needed is deleted.
chain_handle() { in_ns node nft -a list table ip kube-nftproxy | sed -n "s/^\tchain $1 { # handle //p"; }
ready_handle=$(chain_handle nodeport-tcp-3)
web pod1 pod2 rpod1 | apply web.yaml
check "Y11 a change finds its chain" test -n "$ready_handle" -a "$(chain_handle nodeport-tcp-3)" = "$ready_handle"
check "Y11 later the next chains are ready, and others are gone" wait_until 50 chains_are_ready
check "Y11 so that the next change finds its chain" test -n "$(chain_handle nodeport-tcp-4)"
check "Y11 a chain that is not needed is gone" test -z "$(chain_handle nodeport-tcp-1)"
web pod2 rpod1 | apply web.yaml

# Killed in the middle of changes, again and again.
for round in 1 2 3 4 5; do
	for change in 1 2 3 4 5 6; do
		web pod$((change % 3 + 1)) pod$(((change + round) % 3 + 1)) rpod$((round % 2 + 1)) | write web.yaml
		service "extra-$change" "$((10 + change))" ":tcp:80" | write "extra-$change.yaml"
	done
	kill -KILL "$daemon_pid"
	wait "$daemon_pid" 2>/dev/null
	rm -f "$manifests"/extra-[1-$round].yaml
	must_start
done
settle
after_kills=$(ruleset)
stop_daemon
steady_end # while no nat chain is there the kernel translates nothing, not even what it knows
in_ns node nft flush ruleset
must_start
check "Y12 after kills the rules are those of a fresh start" test "$after_kills" = "$(ruleset)"
finish
