#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# externalTrafficPolicy: Local on node ports, with and without an endpoint on this node; the short-circuit for sources
# in the cluster. Rows E1, E2, E6, E17 to E23, M5, N3.
. "$(dirname "$0")/lib.sh"

# What is not dropped is refused there, which silence can be told from.
in_ns node ip route add "$(family=4 addr ext2)" via "$(family=4 addr remote)"
in_ns node ip -6 route add "$(family=6 addr ext2)" via "$(family=6 addr remote)"
give remote lo "$(family=4 addr ext2)/32" "$(family=6 addr ext2)/128"
{
	node zone-a
	service here 1 "http:tcp:80:30080 dns:udp:53:30053" "type: NodePort" "externalTrafficPolicy: Local"
	slices here "http:tcp:8080 dns:udp:8080" pod1 pod2 rpod1
	service elsewhere 2 "http:tcp:80:30081 dns:udp:53:30054 sig:sctp:80:30055" "type: NodePort" "externalTrafficPolicy: Local" \
		"externalIPs: [\"$(family=4 addr ext2)\", \"$(family=6 addr ext2)\"]"
	slices elsewhere "http:tcp:8080 dns:udp:8080 sig:sctp:8080" rpod1
	service near 3 ":tcp:80:30082" "type: NodePort" "externalTrafficPolicy: Local"
	slices near ":tcp:8080" pod1
	service terminating 4 ":tcp:80:30083" "type: NodePort" "externalTrafficPolicy: Local"
	slices terminating ":tcp:8080" pod1,terminating rpod1
	service cluster-ip 5 ":tcp:80:30084" "type: ClusterIP" "externalTrafficPolicy: Local"
	slices cluster-ip ":tcp:8080" rpod1
} | write services.yaml
must_start

with_detector() {
	expect_distribution "E2 E19 off-cluster: this node's endpoints" client tcp "$(addr node)" 30080 "pod1 pod2"
	expect_distribution "E19 UDP" client udp "$(addr node)" 30053 "pod1 pod2"
	expect_answer "M5 off-cluster keeps its source" client tcp "$(addr node)" 30082 pod1 client
	expect_timeout "N3 off-cluster, nobody here: dropped" client tcp "$(addr node)" 30081
	expect_timeout "N3 UDP" client udp "$(addr node)" 30054
	expect_timeout "N3 SCTP" client sctp "$(addr node)" 30055
	expect_timeout "N3 an externalIP" client tcp "$(addr ext2)" 80
	expect_timeout "N3 an externalIP, UDP" client udp "$(addr ext2)" 53
	expect_timeout "N3 an externalIP, SCTP" client sctp "$(addr ext2)" 80
	expect_distribution "E20 pods are short-circuited to all endpoints" pod3 tcp "$(addr node)" 30080 "pod1 pod2 rpod1"
	expect_answer "E20 M5 and keep their source" pod3 tcp "$(addr node)" 30082 pod1 pod3
	expect_answer "E20 pods of other nodes, too" rpod2 tcp "$(addr node)" 30082 pod1 rpod2
	expect_answer "E22 pods, nobody here" pod3 tcp "$(addr node)" 30081 rpod1 pod3
	expect_distribution "E21 the node is short-circuited" node tcp "$(addr node)" 30080 "pod1 pod2 rpod1"
	expect_answer "E21 M5 and masqueraded" node tcp "$(addr node)" 30082 pod1 cni0
	expect_answer "E22 the node, nobody here" node tcp "$(addr node)" 30081 rpod1 node-eth1
	expect_answer "E6 a local endpoint that terminates still serves" client tcp "$(addr node)" 30083 pod1 client
	expect_distribution "E6 the short-circuit uses the ready one" pod3 tcp "$(addr node)" 30083 rpod1
	expect_answer "E17 type ClusterIP does not honour the policy" client tcp "$(addr node)" 30084 rpod1 node-eth1
	expect_distribution "E1 E18 the ClusterIP is not concerned" client tcp "$(vip 1)" 80 "pod1 pod2 rpod1"
}
each_family with_detector
stop_daemon

start_daemon_with || die "the daemon does not start"
without_detector() {
	expect_distribution "E23 without a detector pods get the local endpoints" pod3 tcp "$(addr node)" 30080 "pod1 pod2"
	expect_timeout "E23 and are dropped where nobody is" pod3 tcp "$(addr node)" 30081
	expect_distribution "E23 the node is still short-circuited" node tcp "$(addr node)" 30080 "pod1 pod2 rpod1"
}
each_family without_detector
finish
