#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# New tables are filled in parts before packets can meet them, whatever happens in between. Rows Y7, Y13.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

n_services=1500
{
	service web 1 ":tcp:80" && slices web ":tcp:8080" pod1
} | write web.yaml
awk -v n=$n_services 'BEGIN {
	for (i = 0; i < n; i++) {
		printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\n", i
		printf "spec: {clusterIPs: [10.97.%d.%d, \"fd00:97::%x\"], ipFamilies: [IPv4, IPv6], ", i / 250, i % 250 + 1, i + 1
		print "ports: [{port: 80, protocol: TCP}]}"
	}
}' | write many.yaml
start_alone() { must_start --own-tables=false; }
start_alone
settle
before=$(ruleset)
as_before() { [ "$(ruleset)" = "$before" ]; }
works() { expect_answer "Y13 the Service works" client tcp "$(vip 1)" 80 pod1; }

# The kernel's notifications show what it did, and in which order.
nsenter --net=/run/netns/node nft monitor >"$work/monitor" & # not in_ns, whose child a kill would not reach
monitor=$!
sleep 0.5
in_ns node nft flush ruleset
told() { grep -q ' chain .* hook' "$work/monitor"; }
wait_until 300 told
check "Y7 flushed: put right" wait_until 30 as_before
kill $monitor
in_order() {
	awk '/^(add|create) element/ { elements++; if (chains) late++ }
		/^# new generation/ && elements && !chains { parts++ }
		/^(add|create) chain .* hook/ { chains++ }
		END { print parts, "parts,", elements, "elements,", chains, "base chains,", late + 0, "late elements"
			exit !(parts >= 3 && chains == 12 && !late) }' "$work/monitor"
}
check "Y7 base chains come last, and in one transaction" in_order

# Others change their own tables again and again, as on a busy node: the daemon does not wait for them.
log_forget
nsenter --net=/run/netns/node bash -c 'while :; do nft "add table ip other; add chain ip other c"; nft delete table ip other; sleep 0.01; done' &
busy=$!
for _ in 1 2 3; do
	stop_daemon
	in_ns node nft flush ruleset
	start_daemon --own-tables=false -v 4
done
check "Y13 others change theirs meanwhile: the first attempt succeeds" log_says 'msg="first sync"'
refute "Y13 others change theirs meanwhile: nothing is read back" \
	log_says 'msg=verified|msg="our tables are not as last committed'
each_family works
kill $busy
wait $busy 2>/dev/null
in_ns node nft delete table ip other 2>/dev/null
check "Y13 others changed theirs meanwhile: all stands" wait_until 30 as_before

# Another program deletes our tables again and again, also while they are being filled.
backend=$(dirname "$PROBE")/backend
[ -x "$backend" ] || die "$backend is not built"
stop_daemon
in_ns node nft flush ruleset
log_forget
in_ns node "$backend" harass &
harassing=$!
start_daemon --own-tables=false
wait $harassing
refute "Y13 deleted while they are being filled: no Service is blamed" log_says 'msg="the kernel refused a Service'
check "Y13 deleted while they are being filled: put right" wait_until 300 as_before
each_family works
finish
