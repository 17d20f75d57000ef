#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pod that reaches itself through a Service. Rows M6, M7, M8.
. "$(dirname "$0")/lib.sh"

first() {
	service first 1 ":tcp:80:30080 dns:udp:53" "type: NodePort" "externalTrafficPolicy: Local"
	slices first ":tcp:8080 dns:udp:8080" "$@"
}
without_node() { sed '/^  nodeName: /d'; }
of_another_node() { sed "s/^  nodeName: .*/  nodeName: $other_node_name/"; }
cluster_policy() { service "$1" "$2" ":tcp:80" "externalIPs: [\"$(family=4 addr "$3")\", \"$(family=6 addr "$3")\"]" "${@:4}"; }
node zone-a | write node.yaml
first pod1 | write first.yaml
{
	service second 2 ":tcp:80" && slices second ":tcp:8080" pod1
	service other-port 3 ":tcp:80" && slices other-port ":tcp:9090" pod1
	service remote 4 ":tcp:80" && slices remote ":tcp:8080" rpod1
	cluster_policy nameless 5 ext5 "externalTrafficPolicy: Local" && slices nameless ":tcp:8080" pod3 | without_node
	cluster_policy elsewhere 6 ext6 "externalTrafficPolicy: Local" && slices elsewhere ":tcp:8080" pod3 | of_another_node
	service two 7 ":tcp:80" && slices two ":tcp:8080" pod1 pod2
	cluster_policy wide 8 ext8 && slices wide ":tcp:8080" pod1
	service extreme 9 ":tcp:80" && slices extreme ":tcp:8080" extreme
} | write others.yaml
must_start --control-socket "$work/control.sock"

hairpin() {
	expect_answer "M6 through the ClusterIP" pod1 tcp "$(vip 1)" 80 pod1 cni0
	expect_answer "M6 UDP" pod1 udp "$(vip 1)" 53 pod1 cni0
	expect_answer "M6 through a node port with policy Local" pod1 tcp "$(addr node)" 30080 pod1 cni0
	expect_answer "M6 another target port" pod1 tcp "$(vip 3)" 80 pod1 cni0
	expect_answer "M6 its neighbour is not concerned" pod2 tcp "$(vip 1)" 80 pod1 pod2
	expect_answer "M6 without a nodeName" pod3 tcp "$(vip 5)" 80 pod3 cni0
	expect_answer "M6 without a nodeName: an external IP with policy Local" pod3 tcp "$(addr ext5)" 80 pod3 cni0
	expect_answer "M6 with another node's name" pod3 tcp "$(vip 6)" 80 pod3 cni0
	expect_answer "M6 with another node's name: an external IP with policy Local" pod3 tcp "$(addr ext6)" 80 pod3 cni0
	expect_answer "M6 an external IP with policy Cluster" pod1 tcp "$(addr ext8)" 80 pod1 cni0
	expect_answer "M6 a neighbour, with such names" pod2 tcp "$(vip 5)" 80 pod3 pod2
	expect_answer "M6 a neighbour, by an external IP" pod2 tcp "$(addr ext6)" 80 pod3 pod2
	expect_distribution "M6 one of two endpoints" pod1 tcp "$(vip 7)" 80 "pod1 pod2"
	# Its source is only replaced if it reaches itself.
	check "M6 its source stays if it reaches the other one" test "$(ask pod1 tcp "$(vip 7)" 80 -n 40 --tally |
		sed 's/^[0-9]* //' | sort)" = "pod1 saw $(addr cni0)
pod2 saw $(addr pod1)"
	# A pod of another node that reaches itself through this node: it sees the node's address, and its answer comes back here.
	expect_answer "M7 a pod of another node" rpod1 tcp "$(vip 4)" 80 rpod1 node-eth1
}
each_family hairpin
explained() {
	in_ns node "$DAEMON" explain remote --from "$(addr rpod1)" --control-socket "$work/control.sock" >"$work/explained"
	check "M7 explain agrees" grep -q "masquerade" "$work/explained"
}
wake_daemon
each_family explained

# Sources that differ from the endpoint in four bits only, each of them: they keep their source. No detector, so nothing else masquerades.
differ_once() { # differ_once: addresses that differ from that of pod1 in one place each
	python3 -c 'import ipaddress, sys
a = ipaddress.ip_address(sys.argv[1])
for nibble in range(a.max_prefixlen // 4):
	for bit in (0, 3) if nibble < 6 else (1,):
		b = ipaddress.ip_address(int(a) ^ 1 << 4 * nibble + bit)
		if b not in map(ipaddress.ip_address, sys.argv[2:]) and not (b.is_multicast or b.is_loopback or b.is_reserved and b.version == 4):
			print(b)' "$(addr pod1)" "$(addr pod1)" "$(addr pod2)" "$(addr pod3)" "$(addr cni0)" "$(addr node)"
}
for family in 4 6; do
	give pod1 eth0 "$(addr extreme)/$((family == 4 ? 32 : 128))"
	in_ns node ip route add "$(addr extreme)" via "$(addr pod1)"
done
stop_daemon
must_start --cluster-cidr ""
keeps_source() { [ "$(in_ns client "$PROBE" ask tcp "$(vip 1)" 80 --from "$other")" = "pod1 saw $other" ]; }
alike() {
	local other wrong="" n=0 length=32
	[ "$family" = 4 ] || length=128
	expect_answer "M6 without a detector" pod1 tcp "$(vip 1)" 80 pod1 cni0
	for other in $(differ_once); do
		give client lo "$other/$length"
		in_ns node ip route replace "$other/$length" via "$(addr client)"
		keeps_source || keeps_source || wrong="$wrong $other" # the first packet waits for a neighbour
		in_ns node ip route del "$other/$length" via "$(addr client)"
		in_ns client ip address del "$other/$length" dev lo
		n=$((n + 1))
	done
	check "M6 sources that are nearly the endpoint's address stay: $n" test "$n" -gt 6 -a -z "$wrong"
	[ -z "$wrong" ] || echo "    # not: $wrong"
}
# The first and the last of the equal bytes, and the last one in a listing as text.
serve extreme pod1 extreme 8080
extreme() {
	check "M6 an address with the bytes 0, 99 and 255" test "$(in_ns pod1 "$PROBE" ask tcp "$(vip 9)" 80 \
		--from "$(addr extreme)")" = "extreme saw $(addr cni0)"
}
each_family extreme
each_family alike

first pod2 | apply first.yaml
shared() {
	expect_answer "M8 one user of an endpoint goes, the other stays" pod1 tcp "$(vip 2)" 80 pod1 cni0
}
each_family shared
finish
