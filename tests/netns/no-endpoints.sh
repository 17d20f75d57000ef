#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Services without endpoints: TCP is refused at once, UDP by ICMP. Rows N1, N4, N5, N8, N9.
. "$(dirname "$0")/lib.sh"

empty() {
	service empty 1 "http:tcp:80:30080 dns:udp:53:30053 s:sctp:99:30099" "type: NodePort" "$@"
	slices empty "http:tcp:8080 dns:udp:8080 s:sctp:8080"
}
{
	empty
	node zone-a
} | write services.yaml
must_start

no_endpoints() {
	local from
	for from in pod3 node client; do
		expect_refused "N1 $from: TCP to the ClusterIP" "$from" tcp "$(vip 1)" 80
		expect_refused "N1 $from: TCP to the node port" "$from" tcp "$(addr node)" 30080
	done
	for from in pod3 client; do
		expect_refused "N1 $from: UDP to the ClusterIP" "$from" udp "$(vip 1)" 53
		expect_refused "N1 $from: SCTP to the ClusterIP" "$from" sctp "$(vip 1)" 99
		expect_refused "N1 $from: UDP to the node port" "$from" udp "$(addr node)" 30053
	done
	expect_outcome "N8 UDP of the node itself" node udp "$(vip 1)" 53 eperm
	# Resets, unlike ICMP errors, are never rate limited.
	check "N1 a hundred refusals at once" test "$(ask client tcp "$(vip 1)" 80 -n 100 --tally)" = "100 refused"
}
each_family no_endpoints

{
	empty "internalTrafficPolicy: Local" "externalTrafficPolicy: Local"
	node zone-a
} | apply services.yaml
with_local_policies() {
	expect_refused "N1 with policy Local: the ClusterIP" client tcp "$(vip 1)" 80
	expect_refused "N1 with policy Local: the node port" client tcp "$(addr node)" 30080
}
each_family with_local_policies

# In every hook: an external IP that the node has itself, and where a process listens, refuses like one that
# the node does not have. On an address that serves no node ports, a process with the number of a node port answers.
{
	empty "externalIPs: [$(family=4 addr node-eth1), \"$(family=6 addr node-eth1)\", $(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	node zone-a
} | apply services.yaml
serve here node node-eth1 80 30080
everywhere() {
	expect_refused "N4 an address of the node itself" client tcp "$(addr node-eth1)" 80
	expect_refused "N4 from the node itself" node tcp "$(addr node-eth1)" 80
	expect_refused "N4 an address elsewhere" client tcp "$(addr ext1)" 80
	expect_refused "N4 from the node to elsewhere" node tcp "$(addr ext1)" 80
	expect_answer "N4 N5 an address that serves no node ports" client tcp "$(addr node-eth1)" 30080 here
}
each_family everywhere

{
	empty
	node zone-a
} | sed 's/^endpoints: \[\]$/endpoints: [{addresses: [@]}]/' |
	awk -v ip4="$(family=4 addr pod1)" -v ip6="\"$(family=6 addr pod1)\"" \
		'/addressType/ {ip = /IPv4/ ? ip4 : ip6} {sub(/@/, ip); print}' | apply services.yaml
first() {
	expect_answer "N9 the first endpoint comes: the ClusterIP" client tcp "$(vip 1)" 80 pod1
	expect_answer "N9 the node port" client tcp "$(addr node)" 30080 pod1
}
each_family first
{
	empty
	node zone-a
} | apply services.yaml
last() { expect_refused "N9 the last endpoint goes" client tcp "$(vip 1)" 80; }
each_family last
finish
