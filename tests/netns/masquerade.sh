#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which connections to a ClusterIP get another source address: with each detector, with none, and with everything
# masqueraded. Rows M1 to M3, M10 to M16, D3, D8, V4.
. "$(dirname "$0")/lib.sh"

{
	service near 1 ":tcp:80" && slices near ":tcp:8080" pod1
	service far 2 ":tcp:80" && slices far ":tcp:8080" rpod1
	service on-node 3 ":tcp:80:30080" "type: NodePort"
	slices on-node ":tcp:8081" node
} | write services.yaml
node zone-a | write node.yaml
serve node node node 8081

masqueraded() { # masqueraded TITLE FROM
	expect_answer "$1: $2 to a pod here is masqueraded" "$2" tcp "$(vip 1)" 80 pod1 cni0
	case $2 in
	rpod*) ;; # answers of a pod beside it would not come back through this node
	*) expect_answer "$1: $2 to a pod elsewhere is masqueraded" "$2" tcp "$(vip 2)" 80 rpod1 node-eth1 ;;
	esac
}
kept() { # kept TITLE FROM
	expect_answer "$1: $2 to a pod here keeps its source" "$2" tcp "$(vip 1)" 80 pod1 "$2"
	case $2 in
	rpod*) ;;
	*) expect_answer "$1: $2 to a pod elsewhere keeps its source" "$2" tcp "$(vip 2)" 80 rpod1 "$2" ;;
	esac
}
begin() { # begin OPTION...
	[ -z "$daemon_pid" ] || stop_daemon
	start_daemon_with "$@" || die "the daemon does not start with $*"
}

begin --cluster-cidr "$cluster_cidr"
cluster_cidr() {
	kept "M11 ClusterCIDR" pod3
	kept "M11 ClusterCIDR" rpod2
	masqueraded "M2 ClusterCIDR" client
	masqueraded "M2 ClusterCIDR" node
	expect_answer "M10 what is delivered to the node itself keeps its source" client tcp "$(vip 3)" 80 node client
	expect_answer "M10 through a node port, too" client tcp "$(addr node)" 30080 node client
}
each_family cluster_cidr

node_cidr_known() {
	kept "D3 a podCIDR comes" pod3
	masqueraded "D3 a podCIDR comes" client
}
begin --detect-local-mode NodeCIDR
node_cidr() {
	kept "M12 NodeCIDR" pod3
	masqueraded "M12 NodeCIDR" rpod2
	masqueraded "M12 NodeCIDR" client
	masqueraded "M12 NodeCIDR" node
}
each_family node_cidr
node zone-a | sed 's|10\.244\.1\.0/24|10.244.2.0/24|g; s|fd00:10:244:1::/64|fd00:10:244:2::/64|' >"$work/moved"
node zone-a | sed '/podCIDR/d' >"$work/none"
apply node.yaml <"$work/moved"
node_cidr_changed() {
	masqueraded "D8 the podCIDRs change, at once" pod3
	kept "D8 the podCIDRs change, at once" rpod2
}
each_family node_cidr_changed
apply node.yaml <"$work/none"
node_cidr_unknown() {
	kept "D3 no podCIDR is known" client
	kept "D3 no podCIDR is known" pod3
}
begin --detect-local-mode NodeCIDR
each_family node_cidr_unknown
node zone-a | apply node.yaml
each_family node_cidr_known

begin --detect-local-mode BridgeInterface --pod-bridge-interface cni0
bridge() {
	kept "M13 BridgeInterface" pod3
	masqueraded "M13 BridgeInterface" rpod2
	masqueraded "M13 BridgeInterface" client
	masqueraded "M15 BridgeInterface" node
}
each_family bridge

begin --detect-local-mode BridgeInterface --pod-bridge-interface cni
no_bridge() {
	masqueraded "M13 a bridge that is not there" pod3
}
each_family no_bridge

begin --detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix cn
prefix() {
	kept "M14 InterfaceNamePrefix" pod3
	masqueraded "M14 InterfaceNamePrefix" client
	masqueraded "M15 InterfaceNamePrefix" node
}
each_family prefix

begin
no_detector() {
	kept "M3 no detector" pod3
	kept "M3 no detector" client
	check "M3 what is lost is said" log_says "level=warn .*no cluster CIDR of this family: traffic to ClusterIPs from outside the cluster is not masqueraded.*family=IPv$family"
}
each_family no_detector

log_forget
begin --cluster-cidr 10.244.0.0/16
one_family() {
	kept "M16 V4 one family's CIDR" pod3
	if [ "$family" = 4 ]; then
		masqueraded "M16 one family's CIDR" client
		refute "M16 nothing is lost" log_says "no cluster CIDR of this family.*family=IPv4"
	else
		kept "M16 one family's CIDR" client
		check "M16 what is lost is said" log_says "level=info .*no cluster CIDR of this family.*family=IPv6"
	fi
}
each_family one_family

begin --cluster-cidr "$cluster_cidr" --masquerade-all
masquerade_all() {
	masqueraded "M1 masquerade-all" pod3
	masqueraded "M1 masquerade-all" rpod2
	masqueraded "M1 masquerade-all" client
	masqueraded "M1 masquerade-all" node
}
each_family masquerade_all
finish
