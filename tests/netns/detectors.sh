#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# externalTrafficPolicy: Local with each way of telling pods from others, on primary and on all node-port addresses. Rows
# E19 to E23, M5, N3, O2, O5.
. "$(dirname "$0")/lib.sh"
default_daemon_args=(--state-dir "")

local_service() { # local_service NAME NUMBER EXTERNAL-IP NODE-PORT
	service "$1" "$2" "t:tcp:80:$4 u:udp:80:$4 s:sctp:80:$4" "type: NodePort" "externalTrafficPolicy: Local" \
		"externalIPs: [\"$(family=4 addr "$3")\", \"$(family=6 addr "$3")\"]"
}
{
	node zone-a
	local_service here 1 ext1 30080
	slices here "t:tcp:8080 u:udp:8080 s:sctp:8080" pod1 rpod1
	local_service elsewhere 2 ext2 30081
	slices elsewhere "t:tcp:8080 u:udp:8080 s:sctp:8080" rpod1
} | write services.yaml

# Whichever endpoint answers, it sees an address of the node's interface towards it as the source.
masqueraded() { # masqueraded PROTOCOL ADDRESS PORT
	local got
	got=$(ask node "$@")
	case ${got##* saw } in
	"$(addr cni0)" | "$(addr node-eth1)") ;;
	*) echo "$got" && return 1 ;;
	esac
}
others() { # others HOW
	local protocol
	expect_timeout "N3 E19 $1: from outside, nobody here: dropped" client tcp "$(addr ext2)" 80
	expect_timeout "N3 E19 $1: node port" client tcp "$(addr node)" 30081
	for protocol in tcp udp sctp; do
		expect_answer "E19 M5 $1: $protocol from outside stays here, with its source" client "$protocol" "$(addr ext1)" 80 pod1 client
		expect_answer "E19 M5 $1: $protocol node port" client "$protocol" "$(addr node)" 30080 pod1 client
		expect_answer "E21 E22 M5 $1: $protocol from the node, masqueraded" node "$protocol" "$(addr ext2)" 80 rpod1 node-eth1
		check "E21 M5 $1: $protocol from the node, somebody is here" masqueraded "$protocol" "$(addr ext1)" 80
		check "E21 M5 $1: $protocol node port, somebody is here" masqueraded "$protocol" "$(addr node)" 30080
		expect_answer "E21 E22 M5 $1: $protocol node port from the node" node "$protocol" "$(addr node)" 30081 rpod1 node-eth1
	done
}
pods() {
	local protocol
	others "$1"
	for protocol in tcp udp sctp; do
		expect_answer "E20 E22 M5 $1: $protocol from a pod, with its source" pod3 "$protocol" "$(addr ext2)" 80 rpod1 pod3
		expect_answer "E20 E22 M5 $1: $protocol node port from a pod" pod3 "$protocol" "$(addr node)" 30081 rpod1 pod3
	done
}
no_pods() {
	others "$1"
	expect_timeout "E23 $1: a pod is like others" pod3 tcp "$(addr ext2)" 80
	expect_timeout "E23 $1: node port, a pod is like others" pod3 tcp "$(addr node)" 30081
}

with() { # with HOW FUNCTION OPTION...
	local how=$1 run=$2 addresses
	shift 2
	for addresses in primary 0.0.0.0/0,::/0; do
		must_start "$@" --nodeport-addresses "$addresses"
		settle
		for family in ${NETNS_FAMILIES:-4 6}; do
			"$run" "$how, ${addresses%%,*}"
		done
		stop_daemon
	done
}
with prefix pods --cluster-cidr "$cluster_cidr"
with bridge pods --detect-local-mode BridgeInterface --pod-bridge-interface cni0
with "interface prefix" pods --detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix cn
with nothing no_pods
finish
