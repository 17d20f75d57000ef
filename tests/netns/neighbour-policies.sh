#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Network policies of others in filter chains, by nft and by iptables: they see the pods' own addresses on both ends
# of Service traffic, never a Service's address, and their verdicts hold. Rows K9, P13, M2, M4 (masqueraded later),
# M5, E19, E20.
. "$(dirname "$0")/lib.sh"

command -v iptables >/dev/null && command -v ip6tables >/dev/null || skip_all "iptables is not installed"

# Rules are the words CHAIN VERDICT SOURCE DESTINATION PROTOCOL PORT, in order, addresses as part names; "any" is
# any. Replies pass. What no rule is about follows the chain's policy, the first argument.
policy_by_nft() { # policy_by_nft POLICY "RULE"...
	local policy=$1 rule chain verdict source destination protocol port ip=ip hook
	shift
	[ "$family" = 4 ] || ip=ip6
	{
		printf 'table inet policies\ndelete table inet policies\n'
		for hook in input forward output; do
			echo "add table inet policies"
			echo "add chain inet policies $hook { type filter hook $hook priority filter; policy accept; }"
			echo "add rule inet policies $hook ct state established,related accept"
		done
		[ "$policy" = accept ] || echo "add chain inet policies forward { policy drop; }"
		for rule; do
			read -r chain verdict source destination protocol port <<<"$rule"
			echo "add rule inet policies $chain" \
				"$([ "$source" = any ] || echo "$ip saddr $(addr "$source")")" \
				"$([ "$destination" = any ] || echo "$ip daddr $(addr "$destination")")" \
				"$protocol dport $port counter $verdict"
		done
	} | in_ns node nft -f - || die "nft refuses the policy"
}
no_policy_by_nft() { in_ns node nft delete table inet policies; }

policy_by_iptables() {
	local policy=$1 rule chain verdict source destination protocol port iptables=iptables hook
	shift
	[ "$family" = 4 ] || iptables=ip6tables
	{
		echo "*filter"
		echo ":INPUT ACCEPT"
		echo ":FORWARD ${policy^^}"
		echo ":OUTPUT ACCEPT"
		for hook in INPUT FORWARD OUTPUT; do
			echo "-A $hook -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
		done
		for rule; do
			read -r chain verdict source destination protocol port <<<"$rule"
			case $verdict in
			accept | drop) verdict=${verdict^^} ;;
			esac
			echo "-A ${chain^^}" \
				"$([ "$source" = any ] || echo "-s $(addr "$source")")" \
				"$([ "$destination" = any ] || echo "-d $(addr "$destination")")" \
				"-p $protocol --dport $port -j $verdict"
		done
		echo COMMIT
	} | in_ns node "$iptables-restore" || die "iptables refuses the policy"
}
no_policy_by_iptables() { policy_by_iptables accept; }

{
	node
	service web 1 "http:tcp:80:30080 dns:udp:53:30053" "type: NodePort" "externalTrafficPolicy: Local"
	slices web "http:tcp:8080 dns:udp:8080" pod1
	service two 2 "http:tcp:80:30082" "type: NodePort"
	slices two "http:tcp:8080" pod1 pod2
	service on-node 3 "http:tcp:80" && slices on-node "http:tcp:8888" node
	service far 4 "http:tcp:80" && slices far "http:tcp:9090" rpod1
} | write services.yaml
serve node node node 8888
expect_timeout_ms=250

# Connections without a rule are denied, so an answer proves that the filter saw this source, this
# endpoint and its port, and nothing else.
denied_by_default() { # denied_by_default BY
	"policy_by_$1" drop "forward accept pod3 pod1 tcp 8080" "forward accept pod3 pod1 udp 8080" \
		"forward accept pod3 rpod1 tcp 9090"
	expect_answer "$1: a ClusterIP, from pod to pod" pod3 tcp "$(vip 1)" 80 pod1 pod3
	expect_answer "$1: UDP" pod3 udp "$(vip 1)" 53 pod1 pod3
	expect_answer "$1: to a pod of another node" pod3 tcp "$(vip 4)" 80 rpod1 pod3
	expect_answer "$1: a node port with policy Local, from pod to pod" pod3 tcp "$(addr node)" 30080 pod1 pod3
	expect_timeout "$1: another pod is denied" pod2 tcp "$(vip 1)" 80
	expect_timeout "$1: another pod is denied, by node port" pod2 tcp "$(addr node)" 30080
	expect_timeout "$1: off-cluster is denied" client tcp "$(addr node)" 30080
	expect_timeout "$1: and at the ClusterIP" client tcp "$(vip 1)" 80
	expect_answer "$1: the node is not forwarded" node tcp "$(vip 1)" 80 pod1

	"policy_by_$1" drop "forward accept client pod1 tcp 8080"
	expect_answer "$1: a node port with policy Local, off-cluster" client tcp "$(addr node)" 30080 pod1 client
	expect_answer "$1: a ClusterIP, off-cluster: masqueraded after the filter" client tcp "$(vip 1)" 80 pod1 cni0
	expect_timeout "$1: another source is denied" remote tcp "$(addr node)" 30080
	expect_timeout "$1: pods are denied now" pod3 tcp "$(vip 1)" 80

	"policy_by_$1" drop "forward accept client pod1 tcp 8080" "forward accept client pod2 tcp 8080"
	expect_distribution "$1: a node port with policy Cluster: masqueraded after the filter" client tcp \
		"$(addr node)" 30082 "pod1 pod2"

	"policy_by_$1" drop "forward accept any any tcp 80" "forward accept any any tcp 30080"
	expect_timeout "$1: nobody sees the Service's port" pod3 tcp "$(vip 1)" 80
	expect_timeout "$1: nor the node port" client tcp "$(addr node)" 30080
}

only_from() { # only_from NAME TITLE FROM PROTOCOL ADDRESS PORT: NAME or a timeout, both, and nothing else
	local name=$1 title=$2 tally
	shift 2
	tally=$(ask "$@" -n 20 --tally --timeout 60)
	if [ "$(grep -cE " $name saw | timeout$" <<<"$tally")" = 2 ] && [ "$(grep -c . <<<"$tally")" = 2 ]; then
		pass "$title"
	else
		fail "$title" "$* gets ${tally//$'\n'/; }"
	fi
}

denied_endpoint() { # denied_endpoint BY
	"policy_by_$1" accept "forward drop any pod1 tcp 8080" "output drop any pod1 tcp 8080"
	only_from pod2 "$1: an endpoint is denied: pods get its neighbour alone" pod3 tcp "$(vip 2)" 80
	only_from pod2 "$1: an endpoint is denied: off-cluster" client tcp "$(addr node)" 30082
	only_from pod2 "$1: an endpoint is denied: the node" node tcp "$(vip 2)" 80
	expect_answer "$1: its other port is not" pod3 udp "$(vip 1)" 53 pod1
}

own_stack() { # own_stack BY
	"policy_by_$1" accept "input drop pod3 node tcp 8888" "output drop node node tcp 8888" \
		"output drop node pod1 tcp 8080"
	expect_timeout "$1: input: a pod is denied an endpoint on the node" pod3 tcp "$(vip 3)" 80
	expect_answer "$1: input: another pod is not" pod2 tcp "$(vip 3)" 80 node pod2
	expect_timeout "$1: output: the node is denied an endpoint on itself" node tcp "$(vip 3)" 80
	expect_timeout "$1: output: the node is denied a pod" node tcp "$(vip 1)" 80
	expect_answer "$1: output: a pod is not concerned" pod3 tcp "$(vip 1)" 80 pod1 pod3
}

by() { # by BY
	policies() {
		denied_by_default "$by"
		denied_endpoint "$by"
		own_stack "$by"
		"no_policy_by_$by"
		expect_answer "$by: without a policy" pod2 tcp "$(vip 1)" 80 pod1 pod2
	}
	by=$1
	each_family policies
}

must_start
by nft
by iptables

# iptables can also match the Service's address (conntrack's original destination).
original() {
	local iptables=iptables
	[ "$family" = 4 ] || iptables=ip6tables
	in_ns node "$iptables" -A FORWARD -m conntrack --ctstate NEW --ctorigdst "$(vip 1)" -d "$(addr pod1)" -j DROP
	expect_timeout "iptables: --ctorigdst is the ClusterIP" pod3 tcp "$(vip 1)" 80
	expect_answer "iptables: the pod's own address is not" pod3 tcp "$(addr pod1)" 8080 pod1
	in_ns node "$iptables" -F FORWARD
}
each_family original

# The Service's own address can be denied before translation, as with kube-proxy.
before_translation() {
	local ip=ip
	[ "$family" = 4 ] || ip=ip6
	in_ns node nft -f - <<-NFT || die "nft refuses the policy"
	table inet early {
		chain prerouting {
			type filter hook prerouting priority raw;
			$ip daddr $(vip 1) tcp dport 80 drop
		}
	}
	NFT
	expect_timeout "raw: a ClusterIP is denied" pod3 tcp "$(vip 1)" 80
	expect_answer "raw: its other port is not" pod3 udp "$(vip 1)" 53 pod1
	in_ns node nft delete table inet early
}
each_family before_translation
finish
