#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A pod that reaches itself through a Service. Rows M6, M7, M8.
. "$(dirname "$0")/lib.sh"

first() {
	service first 1 ":tcp:80:30080 dns:udp:53" "type: NodePort" "externalTrafficPolicy: Local"
	slices first ":tcp:8080 dns:udp:8080" "$@"
}
node zone-a | write node.yaml
first pod1 | write first.yaml
{
	service second 2 ":tcp:80" && slices second ":tcp:8080" pod1
	service other-port 3 ":tcp:80" && slices other-port ":tcp:9090" pod1
	service remote 4 ":tcp:80" && slices remote ":tcp:8080" rpod1
} | write others.yaml
must_start

hairpin() {
	expect_answer "M6 through the ClusterIP" pod1 tcp "$(vip 1)" 80 pod1 cni0
	expect_answer "M6 UDP" pod1 udp "$(vip 1)" 53 pod1 cni0
	expect_answer "M6 through a node port with policy Local" pod1 tcp "$(addr node)" 30080 pod1 cni0
	expect_answer "M6 another target port" pod1 tcp "$(vip 3)" 80 pod1 cni0
	expect_answer "M6 its neighbour is not concerned" pod2 tcp "$(vip 1)" 80 pod1 pod2
	# A pod of another node that reaches itself through this node: masquerading it is the other node's task.
	local table=ip
	[ "$family" = 4 ] || table=ip6
	in_ns remote nft -f - <<-NFT
	table $table seen {
		counter kept { }
		chain early {
			type filter hook prerouting priority -300
			$table saddr $(addr rpod1) $table daddr $(addr rpod1) tcp dport 8080 counter name kept
		}
	}
	NFT
	ask rpod1 tcp "$(vip 4)" 80 --timeout 200 >/dev/null
	refute "M7 to a remote endpoint its source stays" grep -q "packets 0 " <(in_ns remote nft list counters table $table seen)
}
each_family hairpin

first pod2 | apply first.yaml
shared() {
	expect_answer "M8 one user of the pair goes, the other stays" pod1 tcp "$(vip 2)" 80 pod1 cni0
}
each_family shared
{
	service second 2 ":tcp:80" && slices second ":tcp:8080" pod2
	service other-port 3 ":tcp:80" && slices other-port ":tcp:9090" pod1
} | apply others.yaml
last_gone() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	refute "M8 the last user has gone" in_ns node nft get element $table kube-nftproxy hairpin \
		"{ $(addr pod1) . $(addr pod1) . tcp . 8080 }" 2>/dev/null
	check "M8 what is still used stays" in_ns node nft get element $table kube-nftproxy hairpin \
		"{ $(addr pod1) . $(addr pod1) . tcp . 9090 }" >/dev/null
}
each_family last_gone
finish
