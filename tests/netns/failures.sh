#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel refuses a transaction: the installed rules stay, the daemon tries again until it succeeds, and then
# checks the UDP flows of the Services in question. Rows C11, Y7, Y10, Y40.
. "$(dirname "$0")/lib.sh"

# Another process makes the table of the other family its own, which the kernel then keeps from everybody else. As
# both families go in one transaction, nothing can be written.
other_table() { if [ "$family" = 4 ]; then echo ip6; else echo ip; fi; }
owned() { in_ns node nft list table "$(other_table)" kube-nftproxy 2>/dev/null | grep -q 'flags owner'; }
own_table() {
	exec {owner_in}> >(exec nsenter --net=/run/netns/node -- nft -i >/dev/null 2>&1)
	owner_pid=$!
	echo "add table $(other_table) kube-nftproxy; delete table $(other_table) kube-nftproxy;" \
		"add table $(other_table) kube-nftproxy { flags owner; }" >&"$owner_in"
	wait_until 5 owned
}
give_table_back() {
	kill "$owner_pid" # its input is open in what has been started since, too
	exec {owner_in}>&-
}

own_table || skip_all "this kernel or this nft knows no owners of tables"
give_table_back

dns() {
	service dns 1 "dns:udp:53 web:tcp:80" && slices dns "dns:udp:8080 web:tcp:8080" "$@"
}
log_count() { tail -n "+$((log_from + 1))" "$daemon_log" | grep -c -e "$1"; } # log_count PATTERN - since the last log_forget
failed='level=(error|warn) mod=[a-z]+ msg=.*(not be written|failed|trying again)'

refused() {
	dns pod1 | apply dns.yaml
	hold_open client udp "$(vip 1)" 53
	check "Y10 a flow" test "${hold_answer%% *}" = pod1
	log_forget
	own_table || die "the table cannot be owned"
	dns pod2 | write dns.yaml
	wait_until 50 log_says "$failed"
	check "Y10 a transaction is refused: that is said" log_says "$failed"
	sleep 5 # it is tried again meanwhile
	check "Y40 once" test "$(log_count 'msg="sync failed')" = 1 -a "$(log_count 'still fails')" = 0
	expect_answer "Y10 what stood stays" client tcp "$(vip 1)" 80 pod1
	hold_line again
	check "Y10 C11 the flow, too" test "${hold_answer%% *}" = pod1
	log_forget
	give_table_back
	check "Y40 the end of the failures is said" wait_until 350 log_says 'level=info mod=sync msg="syncs succeed again" failures=[1-9]'
	wait_until 350 log_says 'mod=sync msg=(synced|verified)'
	check "Y10 Y7 it is tried again, with what stands read back" log_says 'msg=verified'
	expect_answer "Y10 and succeeds" client tcp "$(vip 1)" 80 pod2
	wait_until 50 log_says 'mod=flows msg="stale UDP flows removed"'
	hold_line again
	check "C11 after it the flow follows" test "${hold_answer%% *}" = pod2
	hold_close
}

dns pod1 | write dns.yaml
must_start --own-tables=false # or nobody could take one from us
steady_end # the owner has deleted the table before it made it
each_family refused
stop_daemon

# At the start the daemon ends: a missing permission does not come by waiting.
log_forget
own_table || die "the table cannot be owned"
start_daemon && die "the daemon starts without the right to write"
check "Y10 a start without the right to write ends, and says why" log_says 'level=error .*cannot start.*belongs to another process'
give_table_back
finish
