#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which clients a Service port with session affinity learns: those of its ClusterIP and of its node port, in each protocol. Not
# those of another Service that has the number of this node port, and the same endpoint. Node ports on one address, and on all. Rows
# A3, P10.
. "$(dirname "$0")/lib.sh"

affine 600
three() { # three PORT[:NODEPORT] - that port in each protocol
	echo "t:tcp:$1 u:udp:$1 s:sctp:$1"
}
{
	node
	service web 1 "$(three 80:30080)" "type: NodePort" "${affinity_lines[@]}" && slices web "$(three 8080)" pod1 pod2
	service free 2 "$(three 80:30081)" "type: NodePort" "${affinity_lines[@]}" && slices free "$(three 8080)" pod1 pod2
	# These have no affinity. They have the number of the node port of web, and one of its endpoints.
	service near 3 "$(three 30080)" && slices near "$(three 8080)" pod1
	service outer 4 "$(three 30080)" "type: LoadBalancer" "externalTrafficPolicy: Local"
	printf '%s\n' "status:" "  loadBalancer:" "    ingress:"
	for part in node ext1; do
		printf '%s\n' "    - {ip: $(family=4 addr $part)}" "    - {ip: \"$(family=6 addr $part)\"}"
	done
	slices outer "$(three 8080)" pod1
} | write services.yaml

learns() {
	local protocol
	for protocol in tcp udp sctp; do
		expect_answer "A3 $setup: $protocol to a ClusterIP" pod3 "$protocol" "$(vip 1)" 80 "pod1 pod2" pod3
		check "A3 $setup: the client is learnt" knows "web:${protocol:0:1}" pod3
		expect_answer "A3 $setup: $protocol to a node port" client "$protocol" "$(addr node)" 30081 "pod1 pod2"
		check "A3 $setup: the client is learnt" knows "free:${protocol:0:1}" client
	done
}
learns_no_others() {
	local protocol
	for protocol in tcp udp sctp; do
		expect_answer "P10 $setup: $protocol to another ClusterIP" pod2 "$protocol" "$(vip 3)" 30080 pod1 pod2
		refute "A3 $setup: the client is not learnt" knows "web:${protocol:0:1}" pod2
		expect_answer "P10 $setup: $protocol to a load balancer's address on the node" client "$protocol" "$(addr node)" 30080 pod1 client
		expect_answer "P10 $setup: $protocol to a load balancer's address" client "$protocol" "$(addr ext1)" 30080 pod1 client
		refute "A3 $setup: the client is not learnt" knows "web:${protocol:0:1}" client
	done
}
setup="node ports on one address"
must_start
each_family learns
each_family learns_no_others
steady_end # without our tables nothing is translated any more
stop_daemon
in_ns node nft flush ruleset
setup="node ports on all addresses"
must_start --nodeport-addresses 0.0.0.0/0,::/0
each_family learns
each_family learns_no_others
finish
