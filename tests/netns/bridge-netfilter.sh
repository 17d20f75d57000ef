#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bridge-nf-call-iptables, which many CNI plugins want: a packet from a pod to another pod of the same bridge is
# translated while it is bridged. Its input interface is then unknown in postrouting. Rows M2, M6, M11, M13, M14, M15.
. "$(dirname "$0")/lib.sh"

in_ns node bash -c 'cd /proc/sys/net/bridge && echo 1 >bridge-nf-call-iptables && echo 1 >bridge-nf-call-ip6tables' \
	2>/dev/null || skip_all "this kernel has no br_netfilter loaded"
for n in 1 2 3; do
	# A hairpin leaves through the port that it came in by; CNI plugins allow that (hairpinMode).
	in_ns node ip link set "veth$n" type bridge_slave hairpin on
done

{
	service near 1 ":tcp:80" && slices near ":tcp:8080" pod1
	service far 2 ":tcp:80" && slices far ":tcp:8080" rpod1
} | write services.yaml

with_detector() {
	expect_answer "$title: a pod keeps its source towards its neighbour" pod3 tcp "$(vip 1)" 80 pod1 pod3
	expect_answer "$title: and towards a pod of another node" pod3 tcp "$(vip 2)" 80 rpod1 pod3
	expect_answer "M2 $title: off-cluster is masqueraded" client tcp "$(vip 1)" 80 pod1 cni0
	expect_answer "M15 $title: the node is masqueraded" node tcp "$(vip 1)" 80 pod1 cni0
	expect_answer "$title: the node is masqueraded towards another node" node tcp "$(vip 2)" 80 rpod1 node-eth1
	expect_answer "M6 $title: hairpin" pod1 tcp "$(vip 1)" 80 pod1 cni0
}

title="M11 ClusterCIDR"
must_start
each_family with_detector
stop_daemon
title="M13 BridgeInterface"
start_daemon_with --detect-local-mode BridgeInterface --pod-bridge-interface cni0 || die "the daemon does not start"
each_family with_detector
stop_daemon
title="M14 InterfaceNamePrefix"
start_daemon_with --detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix cn || die "the daemon does not start"
each_family with_detector
finish
