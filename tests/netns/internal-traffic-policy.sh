#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# internalTrafficPolicy: Local. Rows E1, E2, E16, E18, N2, N7.
. "$(dirname "$0")/lib.sh"

{
	node zone-a
	service here 1 "http:tcp:80:30080 dns:udp:53:30053" "type: NodePort" "internalTrafficPolicy: Local"
	slices here "http:tcp:8080 dns:udp:8080" pod1 pod2 rpod1
	service elsewhere 2 "http:tcp:80:30081 dns:udp:53" "type: NodePort" "internalTrafficPolicy: Local"
	slices elsewhere "http:tcp:8080 dns:udp:8080" rpod1
	service hinted 3 ":tcp:80" "internalTrafficPolicy: Local"
	slices hinted ":tcp:8080" pod1,hint-zone=zone-b rpod1,hint-zone=zone-a
} | write services.yaml
must_start

internal_traffic_policy() {
	local from
	for from in pod3 node client; do
		expect_distribution "E2 E18 $from reaches this node's endpoints alone" "$from" tcp "$(vip 1)" 80 "pod1 pod2"
	done
	expect_distribution "E18 a pod of another node, too" rpod2 tcp "$(vip 1)" 80 "pod1 pod2"
	expect_distribution "E18 UDP" pod3 udp "$(vip 1)" 53 "pod1 pod2"
	expect_distribution "E1 E18 node ports are not concerned" client tcp "$(addr node)" 30080 "pod1 pod2 rpod1"
	for from in pod3 node client; do
		expect_timeout "N2 $from: nobody here, the packet is dropped" "$from" tcp "$(vip 2)" 80
	done
	expect_timeout "N2 UDP" pod3 udp "$(vip 2)" 53
	expect_outcome "N7 UDP from the node learns at once" node udp "$(vip 2)" 53 eperm
	expect_answer "E18 the node port still works" client tcp "$(addr node)" 30081 rpod1
	expect_distribution "E16 hints never apply to the local list" client tcp "$(vip 3)" 80 pod1
}

each_family internal_traffic_policy
finish
