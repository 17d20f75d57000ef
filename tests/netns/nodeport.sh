#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Node ports with policy Cluster: every protocol, from everywhere, masqueraded; the same number for several
# protocols. Rows P8, P9, P13, E24, M4, N5, O1, O7, O9, O10.
. "$(dirname "$0")/lib.sh"

{
	node zone-a
	service web 1 "http:tcp:80:30080 query:udp:80:30080 signal:sctp:80:30080" "type: NodePort"
	slices web "http:tcp:8080 query:udp:9090 signal:sctp:8080" pod1 pod2 rpod1
	service near 2 ":tcp:80:30081" "type: NodePort"
	slices near ":tcp:8080" pod1
	service far 3 ":tcp:80:30082" "type: NodePort"
	slices far ":tcp:8080" rpod1
} | write services.yaml
must_start

nodeport() {
	local from protocol
	for protocol in tcp udp sctp; do
		for from in client pod3; do
			expect_distribution "P8 P9 E24 $protocol from $from" "$from" $protocol "$(addr node)" 30080 "pod1 pod2 rpod1"
		done
	done
	for protocol in tcp udp; do
		expect_distribution "P13 $protocol from the node itself" node $protocol "$(addr node)" 30080 "pod1 pod2 rpod1"
	done
	expect_answer "P13 from a pod of another node" rpod2 tcp "$(addr node)" 30081 pod1 cni0
	expect_answer "M4 off-cluster, to a pod here" client tcp "$(addr node)" 30081 pod1 cni0
	expect_answer "M4 off-cluster, to a pod elsewhere" client tcp "$(addr node)" 30082 rpod1 node-eth1
	expect_answer "M4 a pod's source is replaced, too" pod3 tcp "$(addr node)" 30081 pod1 cni0
	expect_refused "O1 O9 the node's other addresses serve no node ports" client tcp "$(addr node-eth1)" 30081
	expect_refused "O7 loopback never does" node tcp "$(addr loopback)" 30081
	expect_refused "O10 nor does another machine" pod1 tcp "$(addr remote)" 30081
	expect_refused "N5 a number that is no node port goes to the node" client tcp "$(addr node)" 30099
}

each_family nodeport
finish
