#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which addresses serve node ports: primary, prefixes, all; and changes of addresses while the daemon runs. Rows O1 to
# O13, D2, D4, D6, D9, M4, P10, S16, V4.
. "$(dirname "$0")/lib.sh"

{
	service web 1 "http:tcp:80:30080 dns:udp:80:30080 sig:sctp:80:30080 alt:tcp:81:30081" "type: NodePort"
	slices web "http:tcp:8080 dns:udp:8080 sig:sctp:8080 alt:tcp:8080" pod1
	service local 2 ":tcp:30081" "type: LoadBalancer" "externalTrafficPolicy: Local"
	printf '%s\n' "status:" "  loadBalancer:" "    ingress:" "    - {ip: $(family=4 addr node-eth1)}" \
		"    - {ip: \"$(family=6 addr node-eth1)\"}"
	slices local ":tcp:8080" pod2
	# Its external IPs are addresses of the node. It has no endpoint, so the node port of the same number is served there (S16).
	service empty 3 "a:tcp:30080 b:udp:30080 c:sctp:30080" "externalIPs: [$(family=4 addr node), $(family=4 addr node-eth1),
    \"$(family=6 addr node)\", \"$(family=6 addr node-eth1)\"]"
} | write services.yaml
node zone-a | write node.yaml

must_start --nodeport-addresses 172.19.0.0/16,fd00:172:19::/64
prefixes() {
	expect_answer "O3 an address in the prefix" client tcp "$(addr node-eth1)" 30080 pod1
	expect_refused "O9 the primary address is not in it" client tcp "$(addr node)" 30080
}
each_family prefixes
in_ns node ip address add 172.19.0.77/24 dev eth1
in_ns node ip address add fd00:172:19::77/64 dev eth1 nodad
settle
declare -A added=([4]=172.19.0.77 [6]=fd00:172:19::77)
address_added() {
	wait_until 30 answers client tcp "${added[$family]}" 30080
	expect_answer "O3 an address added while running" client tcp "${added[$family]}" 30080 pod1
	expect_answer "O3 beside the first one" client tcp "$(addr node-eth1)" 30080 pod1
	expect_answer "P10 on one of several: a load balancer's address wins over a node port" client tcp "$(addr node-eth1)" 30081 pod2
	expect_answer "P10 the other one serves this node port" client tcp "${added[$family]}" 30081 pod1
}
answers() { [[ "$(ask "$@")" == *" saw "* ]]; }
each_family address_added
in_ns node ip address del 172.19.0.77/24 dev eth1
in_ns node ip address del fd00:172:19::77/64 dev eth1
wake_daemon
address_gone() {
	local set=ip
	[ "$family" = 4 ] || set=ip6
	check "O3 an address removed while running" wait_until 30 gone $set "${added[$family]}"
}
gone() { ! in_ns node nft get element "$1" kube-nftproxy nodeport-addresses "{ $2 }" >/dev/null 2>&1; }
each_family address_gone
stop_daemon

must_start --nodeport-addresses 0.0.0.0/0,::/0
everywhere() {
	local protocol
	for protocol in tcp udp sctp; do
		expect_answer "O5 M4 a pod, which is masqueraded, $protocol" pod3 $protocol "$(addr node)" 30080 pod1 cni0
		# No Service has this address as an external IP.
		expect_answer "O6 M4 a pod asks its gateway, $protocol" pod3 $protocol "$(addr cni0)" 30080 pod1 cni0
	done
	expect_answer "O5 any address" client tcp "$(addr node)" 30080 pod1
	expect_answer "O5 any other address" client tcp "$(addr node-eth1)" 30080 pod1
	expect_answer "O5 the node itself" node tcp "$(addr node)" 30080 pod1
	expect_answer "O5 the node itself, on its gateway's address" node tcp "$(addr cni0)" 30080 pod1
	expect_refused "O6 but never loopback" node tcp "$(addr loopback)" 30080
	expect_refused "O10 nor another machine" pod1 tcp "$(addr remote)" 30080
}
each_family everywhere
stop_daemon

must_start --nodeport-addresses 172.19.0.0/16
one_family() {
	if [ "$family" = 4 ]; then
		expect_refused "O9 outside the prefix" client tcp "$(addr node)" 30080
		expect_answer "O3 inside" client tcp "$(addr node-eth1)" 30080 pod1
	else
		expect_answer "O4 V4 the family that is not listed serves everywhere" client tcp "$(addr node)" 30080 pod1
		expect_answer "O4 on all addresses" client tcp "$(addr node-eth1)" 30080 pod1
	fi
}
each_family one_family
check "O11 the family that is not listed is named in the log" log_says 'level=warn .*nodeport-addresses lists no prefix.*family=IPv6'
refute "O11 and the other one is not" log_says 'nodeport-addresses lists no prefix.*family=IPv4'
stop_daemon

must_start --nodeport-addresses 172.19.0.0/16,203.0.113.0/24
unmatched='level=warn .*this node has no address in this prefix.*prefix=203\.0\.113\.0/24'
check "O8 a prefix that matches nothing is named in the log" log_says "$unmatched"
refute "O8 and the other one is not" log_says 'no address in this prefix.*prefix=172'
log_forget
in_ns node ip address add 203.0.113.7/32 dev eth0
settle
refute "O8 no more when an address comes" log_says "$unmatched"
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 4 "* ]]; then
	family=4
	expect_answer "O3 which then serves" node tcp 203.0.113.7 30080 pod1
fi
in_ns node ip address del 203.0.113.7/32 dev eth0
wake_daemon
check "O8 and again when it has gone" wait_until 50 log_says "$unmatched"
stop_daemon

must_start --nodeport-addresses 172.19.0.0/16 --nodeport-addresses fd00:172:19::/64
repeated() {
	expect_answer "O13 the prefix of this family" client tcp "$(addr node-eth1)" 30080 pod1
	expect_refused "O13 the other flag leaves it closed elsewhere" client tcp "$(addr node)" 30080
}
each_family repeated
stop_daemon

must_start --nodeport-addresses primary,172.19.0.0/16,fd00:172:19::/64
primary_and_prefixes() {
	expect_answer "O2 the primary address beside prefixes" client tcp "$(addr node)" 30080 pod1
	expect_answer "O2 O3 and the address in a prefix" client tcp "$(addr node-eth1)" 30080 pod1
	expect_refused "O9 no other" pod3 tcp "$(addr cni0)" 30080
}
each_family primary_and_prefixes
stop_daemon

must_start --nodeport-addresses all
all_addresses() {
	expect_answer "O2 all: the primary address" client tcp "$(addr node)" 30080 pod1
	expect_answer "O2 all: any other address" client tcp "$(addr node-eth1)" 30080 pod1
	expect_refused "O2 all: but loopback" node tcp "$(addr loopback)" 30080
}
each_family all_addresses
stop_daemon

must_start --nodeport-addresses localhost,172.19.0.0/16
localhost() {
	expect_refused "O12 localhost serves nothing" node tcp "$(addr loopback)" 30080
	if [ "$family" = 4 ]; then
		expect_answer "O12 the prefix beside it" client tcp "$(addr node-eth1)" 30080 pod1
	else
		expect_refused "O12 and opens nothing: its family has an entry" client tcp "$(addr node-eth1)" 30080
	fi
	expect_refused "O12 not on the primary address either" client tcp "$(addr node)" 30080
}
each_family localhost
check "O12 localhost is named in a warning" log_says 'level=warn .*localhost and loopback prefixes have no effect'
stop_daemon

must_start --nodeport-addresses 127.0.0.0/8,::1/128
loopback_alone() {
	expect_refused "O7 loopback in the list serves nothing" node tcp "$(addr loopback)" 30080
	expect_refused "O8 and nothing else is listed" client tcp "$(addr node)" 30080
}
each_family loopback_alone
stop_daemon

must_start --nodeport-addresses primary
primary() {
	expect_answer "O2 the primary address" client tcp "$(addr node)" 30080 pod1
	expect_refused "O9 no other" client tcp "$(addr node-eth1)" 30080
}
each_family primary
node zone-a | sed 's/172\.18\.0\.10}/172.19.0.10}/; s/fd00:172:18::10"/fd00:172:19::10"/' | apply node.yaml
moved() {
	expect_answer "D4 the Node's address changes" client tcp "$(addr node-eth1)" 30080 pod1
	expect_answer "D4 the node itself" node tcp "$(addr node-eth1)" 30080 pod1
	expect_answer "D4 its ClusterIP" node tcp "$(vip 1)" 80 pod1
	expect_refused "D9 the old one no longer serves" client tcp "$(addr node)" 30080
}
each_family moved
rm "$manifests/node.yaml"
settle
node_gone() {
	# A removed object goes when all changed files were read, which may be after the marker of settle.
	wait_until 30 answers client tcp "$(addr node)" 30080
	expect_answer "D9 O4 the Node goes, its address is not known: all addresses" client tcp "$(addr node)" 30080 pod1
	expect_refused "D6 O6 but loopback" node tcp "$(addr loopback)" 30080
}
each_family node_gone
stop_daemon

# A Node that cannot be read: its last good version counts; at a start, which has none, it opens nothing.
bad_node() { node zone-a | sed 's/topology.kubernetes.io\/zone: .*/topology.kubernetes.io\/zone: "a\\0b"}/'; }
node zone-a | write node.yaml
must_start
log_forget
bad_node | apply node.yaml
kept() {
	expect_answer "D2 a Node that cannot be read any more: its last good address" client tcp "$(addr node)" 30080 pod1
	expect_refused "D2 and no other" client tcp "$(addr node-eth1)" 30080
}
each_family kept
check "D2 it is named with the field" log_says "Node $node_name"'.*topology\.kubernetes\.io/zone.*a NUL within a string'
stop_daemon
must_start --control-socket "$work/control.sock"
closed() {
	expect_refused "D2 a start with a Node that cannot be read: not on its address" client tcp "$(addr node)" 30080
	expect_refused "D2 nor on any other" client tcp "$(addr node-eth1)" 30080
}
each_family closed
check "D2 the log says so" log_says 'level=warn .*the Node object cannot be read.*node ports are not served on primary addresses'
wake_daemon
check "D2 status says so" grep -qz "Node  *it cannot be read, see below.*Refused.*Node $node_name" <(in_ns node "$DAEMON" status --control-socket "$work/control.sock")
check "D2 explain says so" grep -q 'on: no address: the Node object cannot be read' <(in_ns node "$DAEMON" explain web --control-socket "$work/control.sock")
node zone-a | apply node.yaml
readable() {
	expect_answer "D2 when it can be read, its address is served" client tcp "$(addr node)" 30080 pod1
	expect_refused "D2 and no other is, now" client tcp "$(addr node-eth1)" 30080
}
each_family readable
stop_daemon
rm "$manifests/node.yaml"

# A start without a Node object, which comes later; and a list of prefixes of one family, which is logged.
must_start
no_node() { expect_answer "D2 D6 no Node yet: all addresses" client tcp "$(addr node-eth1)" 30080 pod1; }
each_family no_node
node zone-a | apply node.yaml
node_comes() {
	expect_answer "D2 O1 the Node comes: its primary address" client tcp "$(addr node)" 30080 pod1
	expect_refused "D2 O1 and no other" client tcp "$(addr node-eth1)" 30080
}
each_family node_comes
finish
