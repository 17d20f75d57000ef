#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP flows whose client keeps its port: they leave an endpoint that is gone, and a Service that is created later
# captures them; all others stay. Rows S15, C1 to C10.
. "$(dirname "$0")/lib.sh"

node_port="type: NodePort"
dns() { # dns "SPEC-LINE" ENDPOINT...: with a node port only if the spec says so
	local spec=$1 number=:30053
	shift
	[ -n "$spec" ] || number=
	service dns 1 "dns:udp:53$number dns-tcp:tcp:53" ${spec:+"$spec"} && slices dns "dns:udp:8080 dns-tcp:tcp:8080" "$@"
}

# become FILE COMMAND... - write the command's output, and wait for the end of the round that follows the sync
become() {
	local file=$1
	shift
	"$@" >"$work/next"
	log_forget
	! cmp -s "$work/next" "$manifests/$file" || return
	write "$file" <"$work/next"
	wait_until 100 log_says 'mod=flows' || fail "$file: no flows were looked for"
}
removed() { # removed COUNT - by the round that was last waited for
	log_says "mod=flows .* flows=$1 "
}

dns "$node_port" pod3 | write dns.yaml
node zone-a | write node.yaml
serve far remote remote 30053
must_start -v 4
wait_until 100 log_says 'mod=flows' || fail "C1 the first sync causes no look"

moved() { # moved TITLE WHERE PORT
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$2" "$3"
	check "$1: a flow" test "${hold_answer%% *}" = pod1
	become dns.yaml dns "$node_port" pod1 pod2
	hold_line again
	check "$1: another endpoint comes: the flow stays" test "${hold_answer%% *}" = pod1
	check "$1: and nothing was removed" removed 0
	become dns.yaml dns "$node_port" pod2
	hold_line again
	check "$1: its endpoint goes: the flow follows" test "${hold_answer%% *}" = pod2
	become dns.yaml dns "$node_port" pod2,terminating pod3
	hold_line again
	check "C2 $1: its endpoint still serves: the flow stays" test "${hold_answer%% *}" = pod2
	become dns.yaml dns "$node_port" pod2,stopped pod3
	hold_line again
	check "C2 $1: its endpoint serves no longer: the flow follows" test "${hold_answer%% *}" = pod3
	hold_close
}
by_cluster_ip() { moved "C3 by cluster IP" "$(vip 1)" 53; }
each_family by_cluster_ip
by_node_port() { moved "C4 by node port" "$(addr node)" 30053; }
each_family by_node_port

unrelated() {
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$(addr remote)" 30053
	check "C4 a flow to the same number elsewhere" test "${hold_answer%% *}" = far
	become dns.yaml dns "$node_port" pod2
	check "C4 is left alone" removed 0
	hold_close
}
each_family unrelated

other_target_port() {
	dns "$node_port" pod1 | sed 's/8080/9090/'
}
target_port() {
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$(vip 1)" 53
	become dns.yaml other_target_port
	check "C3 the target port changes: the flow is removed" removed 1
	hold_line again
	check "C3 and goes on" test "${hold_answer%% *}" = pod1
	hold_close
}
each_family target_port

captured() {
	local hold_timeout_ms=300
	remove dns.yaml
	hold_open client udp "$(vip 1)" 53
	refute "C5 nobody answers before there is a Service" test "${hold_answer%% *}" = pod1
	become dns.yaml dns "$node_port" pod1
	check "C5 C10 the flow is removed when it comes" removed '[1-9]'
	hold_line again
	check "C5 C10 and captured" test "${hold_answer%% *}" = pod1
	hold_close
	become dns.yaml dns "" pod1
	hold_open client udp "$(addr node)" 30053
	refute "C10 nobody answers before there is a node port" test "${hold_answer%% *}" = pod1
	become dns.yaml dns "$node_port" pod1
	hold_line again
	check "C10 the Service gains a node port: the flow is captured" test "${hold_answer%% *}" = pod1
	hold_close
}
each_family captured

from_pod_and_node() {
	local from
	for from in pod3 node; do
		become dns.yaml dns "$node_port" pod1
		hold_open "$from" udp "$(vip 1)" 53
		become dns.yaml dns "$node_port" pod2
		hold_line again
		check "C3 a flow from $from follows" test "${hold_answer%% *}" = pod2
		hold_close
	done
}
each_family from_pod_and_node

# led_nowhere TITLE ADDRESS PORT COMMAND... - a flow to the Service; the command makes the next dns.yaml, which has nobody for it
led_nowhere() {
	local title=$1 to=$2 port=$3
	shift 3
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$to" "$port"
	check "$title: a flow" test "${hold_answer%% *}" = pod1
	become dns.yaml "$@"
	check "$title: the flow is removed" removed 1
	hold_line again
	refute "$title: nobody gets its packets" test "${hold_answer%% *}" = pod1
	hold_close
}
other_port() { dns "$node_port" pod1 | sed 's/port: 53, nodePort: 30053}/port: 54, nodePort: 30054}/'; }
led_nowhere_by() { # led_nowhere_by WHERE ADDRESS PORT
	led_nowhere "C6 no endpoint, by $1" "$2" "$3" dns "$node_port"
	hold_open client udp "$2" "$3"
	check "C6 no endpoint, by $1: a new flow is refused" test "${hold_answer%% *}" = refused
	hold_close
	led_nowhere "C6 nobody serves, by $1" "$2" "$3" dns "$node_port" pod1,notready
	led_nowhere "C7 the port goes, by $1" "$2" "$3" other_port
	led_nowhere "C7 the Service goes, by $1" "$2" "$3" replaced
}
replaced() { service other 7 "dns:udp:53" && slices other "dns:udp:8080" pod2; }
left_without() {
	local hold_timeout_ms=300
	led_nowhere_by "cluster IP" "$(vip 1)" 53
	led_nowhere_by "node port" "$(addr node)" 30053
	led_nowhere "C7 the node port goes" "$(addr node)" 30053 dns "" pod1
	# What is to a ClusterIP stays meanwhile.
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$(vip 1)" 53
	become dns.yaml dns "" pod1
	check "C7 the node port goes: flows to the cluster IP stay" removed 0
	hold_line again
	check "C7 with their endpoint" test "${hold_answer%% *}" = pod1
	hold_close
	become dns.yaml replaced # this flow goes, too
}
each_family left_without

# A Service that is deleted while no daemon runs.
gone_meanwhile() {
	local hold_timeout_ms=300
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$(vip 1)" 53
	check "C7 before a restart: a flow" test "${hold_answer%% *}" = pod1
	stop_daemon
	replaced >"$manifests/dns.yaml"
	log_forget
	must_start -v 4
	wait_until 100 log_says 'mod=flows .*flows=1 '
	check "C7 the Service went while no daemon ran: the flow is removed" removed 1
	hold_line again
	refute "C7 and nobody gets its packets" test "${hold_answer%% *}" = pod1
	hold_close
}
each_family gone_meanwhile

# Not serving, but ready: new flows are sent there, so old ones may stay.
not_serving() {
	dns "$node_port" "$@" | sed 's/ready: true, serving: true/ready: true, serving: false/'
}
published() {
	become dns.yaml not_serving pod1 pod2,stopped
	hold_open client udp "$(vip 1)" 53
	check "C8 ready, but not serving: a flow" test "${hold_answer%% *}" = pod1
	become dns.yaml not_serving pod1 pod3,notready
	check "C8 stays" removed 0
	hold_line again
	check "C8 with its endpoint" test "${hold_answer%% *}" = pod1
	hold_close
}
each_family published

tcp() {
	# what the cases before have left goes
	become dns.yaml dns "$node_port" pod2
	become dns.yaml dns "$node_port" pod1
	hold_open client tcp "$(vip 1)" 53
	become dns.yaml dns "$node_port" pod3
	check "C9 of TCP nothing is removed" removed 0
	hold_line hello
	check "C9 the connection stays" test "$hold_answer" = "pod1 hello"
	hold_close
}
each_family tcp

restarted() {
	become dns.yaml dns "$node_port" pod1 pod2 rpod1
	ask client udp "$(vip 1)" 53 -n 20 --tally >/dev/null
	hold_open client udp "$(addr node)" 30053
	stop_daemon
	log_forget
	must_start -v 4
	wait_until 100 log_says 'mod=flows'
	check "C1 a restart removes nothing that is valid" removed 0
	hold_line again
	check "C1 and the flow goes on" test -n "$hold_answer"
	stop_daemon
	case ${hold_answer%% *} in
	pod1) dns "$node_port" pod2 rpod1 ;;
	*) dns "$node_port" pod1 ;;
	esac | write dns.yaml
	log_forget
	must_start -v 4
	wait_until 100 log_says 'mod=flows'
	check "C1 what went meanwhile is noticed" log_says 'mod=flows .*flows=[1-9]'
	hold_close
}
each_family restarted

# The newer Service does not own the address that it claims: its endpoints do not matter for the flows there.
claimed() {
	other() {
		service other 1 "dns:udp:53" | sed 's/2026-01-01/2026-02-02/' && slices other "dns:udp:8080" "$@"
	}
	become dns.yaml dns "$node_port" pod1
	hold_open client udp "$(vip 1)" 53
	become other.yaml other pod2
	check "S15 the loser of a conflict removes nothing" removed 0
	become other.yaml other pod3
	check "S15 nor when its endpoints change" removed 0
	remove dns.yaml
	wait_until 100 log_says 'mod=flows .*flows=1 '
	hold_line again
	check "S15 when it takes over, the flow is its own" test "${hold_answer%% *}" = pod3
	hold_close
	log_forget
	remove other.yaml
	wait_until 100 log_says 'mod=flows .*flows=1 ' || fail "S15 C7 it goes, too: no flow was removed"
}
each_family claimed

# 50,000 flows in the table. A change that comes while they are looked through and removed takes effect at once.
flows_count() { in_ns node cat /proc/sys/net/netfilter/nf_conntrack_count; }
flows_hold_still() { # packets that are still on their way would be translated by the rules that come next
	local before
	before=$(flows_count)
	sleep 1
	[ "$(flows_count)" -le "$before" ]
}
many() {
	local sent started ms total read removed
	# No flow times out while the others are made, however long that takes.
	in_ns node sh -c 'echo 600 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout' 2>/dev/null
	become dns.yaml dns "$node_port" pod1
	sent=$(in_ns client "$PROBE" spray udp "$(vip 1)" 53 -n 50000)
	check "50,000 flows: sent" test "$sent" -ge 49000
	wait_until 60 flows_hold_still || fail "50,000 flows: they go on coming"
	check "50,000 flows: they are there, give or take what a slow kernel loses" test "$(flows_count)" -ge 40000
	log_forget
	dns "$node_port" pod2 | write dns.yaml
	wait_until 100 log_says 'msg=synced .*changed=default/dns' || fail "50,000 flows: no sync"
	started=${EPOCHREALTIME/./}
	settle
	ms=$(((${EPOCHREALTIME/./} - started) / 1000))
	wait_until 300 log_says 'mod=flows msg="stale UDP flows removed"' || fail "50,000 flows: not removed"
	read -r removed read total < <(sed -nE \
		's/.*stale UDP flows removed" flows=([0-9]+) read=([0-9]+) .* total_ms=([0-9.]+).*/\1 \2 \3/p' "$daemon_log" | tail -n 1)
	total=${total%.*}
	# Some flows belong to the steady ones, and to earlier requests.
	check "50,000 flows: all are removed, $removed of $read" test "$removed" -ge 40000 -a "$removed" -ge $((read - 10))
	if [ "$ms" -lt 300 ] || [ $((2 * ms)) -lt "$total" ]; then
		pass "50,000 flows: a change meanwhile takes $ms ms, the removal $total ms"
	else
		fail "50,000 flows: a change meanwhile" "took $ms ms, the removal $total ms"
	fi
}
if [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" -ge 60000 ]; then
	each_family many
else
	skip "50,000 flows" "nf_conntrack_max is smaller"
fi

# More flows than the daemon reads with the kernel's filter. The family makes no difference.
large() {
	local port
	become dns.yaml dns "$node_port" pod1
	for port in 9 10; do
		in_ns client "$PROBE" spray udp "$(addr remote)" $port -n 50000 >/dev/null
	done
	in_ns client "$PROBE" spray udp "$(vip 1)" 53 -n 20000 >/dev/null
	hold_open client udp "$(vip 1)" 53
	wait_until 60 flows_hold_still || fail "120,000 flows: they go on coming"
	check "120,000 flows: they are there, $(flows_count)" test "$(flows_count)" -ge 105000
	become dns.yaml dns "$node_port" pod2
	check "120,000 flows: those of the Service are removed" removed '[12][0-9]{4}'
	check "120,000 flows: no others are removed" test "$(flows_count)" -ge 90000
	hold_line again
	check "120,000 flows: a flow follows" test "${hold_answer%% *}" = pod2
	hold_close
}
if [ "$(cat /proc/sys/net/netfilter/nf_conntrack_max)" -ge 150000 ]; then
	large
else
	skip "120,000 flows" "nf_conntrack_max is smaller"
fi
finish
