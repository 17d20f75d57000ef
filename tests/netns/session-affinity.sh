#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sessionAffinity: ClientIP, while nothing changes. Rows A1 to A3, A5, A11.
. "$(dirname "$0")/lib.sh"

# The endpoints: two pods here, two there; and the node itself.
serve node-itself node node-eth1 8081
affine 600
web() { # web ENDPOINT... - one Service, all kinds of front ends
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" "${affinity_lines[@]}" \
		"externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	slices web "http:tcp:8080 dns:udp:8080" "$@"
}
local_policy() {
	service local 2 ":tcp:80:30082" "type: NodePort" "externalTrafficPolicy: Local" "${affinity_lines[@]}"
	slices local ":tcp:8080" "$@"
}
{
	node zone-a
	web pod1 pod2 rpod1 rpod2
	service other 3 ":tcp:80" "${affinity_lines[@]}" && slices other ":tcp:8080" pod1 pod2 rpod1 rpod2
	service self 4 ":tcp:80" "${affinity_lines[@]}" && slices self ":tcp:8081" node-eth1 node-eth1
} | write services.yaml
local_policy pod1 pod2 rpod1 rpod2 | write local.yaml
must_start

shared() {
	local name
	name=$(who client tcp "$(vip 1)" 80)
	check "A3 a new client is recorded" knows web:http client
	expect_sticks "A2 and comes back to its endpoint" "$name" client tcp "$(vip 1)" 80
	expect_sticks "A1 through the node port" "$name" client tcp "$(addr node)" 30080
	expect_sticks "A1 through an externalIP" "$name" client tcp "$(addr ext1)" 80
	name=$(who pod3 tcp "$(addr ext1)" 80)
	expect_sticks "A1 a pod: learnt by an externalIP, used by the ClusterIP" "$name" pod3 tcp "$(vip 1)" 80
	name=$(who pod3 tcp "$(addr node)" 30080)
	expect_sticks "A1 learnt before, whatever is masqueraded" "$name" pod3 tcp "$(addr ext1)" 80
	# From the node itself: the source address is the one that it chose, before masquerading.
	name=$(who node tcp "$(vip 1)" 80)
	expect_sticks "A2 the node itself" "$name" node tcp "$(vip 1)" 80
	name=$(who client udp "$(vip 1)" 53)
	expect_sticks "A11 UDP, each flow anew" "$name" client udp "$(vip 1)" 53
	check "A1 the key is the Service port: another one knows nobody" test -z "$(learnt other)"
	name=$(who client tcp "$(vip 3)" 80)
	expect_sticks "A2 another Service remembers for itself" "$name" client tcp "$(vip 3)" 80
	check "A3 a Service whose endpoint is the node itself answers" test "$(who client tcp "$(vip 4)" 80)" = node-itself
	check "A3 and learns, although nothing passes postrouting" knows self client
	check "A3 its own processes, too" test "$(who node tcp "$(vip 4)" 80)" = node-itself
}
each_family shared

# Many client addresses, so that chance cannot explain the result: each of them asks twice.
many_clients() {
	local n first="" second="" prefix=172.18.0 length=24
	[ "$family" = 4 ] || { prefix=fd00:172:18: length=64; }
	for n in $(seq 201 224); do
		# not one that the client would choose by itself
		in_ns client ip address add "$prefix$([ "$family" = 4 ] && echo . || echo :)$n/$length" dev eth0 \
			preferred_lft 0
	done
	for n in $(seq 201 224); do
		first+="$(who client tcp "$(vip 1)" 80 --from "$prefix$([ "$family" = 4 ] && echo . || echo :)$n") "
	done
	for n in $(seq 201 224); do
		second+="$(who client tcp "$(vip 1)" 80 --from "$prefix$([ "$family" = 4 ] && echo . || echo :)$n") "
	done
	check "A2 each of 24 clients comes back to its own" test "$first" = "$second"
	check "A3 and they were spread" test "$(tr ' ' '\n' <<<"$first" | sort -u | grep -c pod)" = 4
}
each_family many_clients

# Learnt through one front end, used through another: by 12 clients each (of 40 at most), so that chance cannot explain it.
other_ways() { # other_ways TITLE FIRST-ADDRESS FIRST-PORT SECOND-ADDRESS SECOND-PORT FIRST-OF-THE-CLIENTS
	local n from first wrong=0 asked=0 prefix=172.18.0. length=24
	[ "$family" = 4 ] || { prefix=fd00:172:18::; length=64; }
	for ((n = $6; n < $6 + 40 && asked < 12; n++)); do
		from=$prefix$n
		in_ns client ip address add "$from/$length" dev eth0 preferred_lft 0
		first=$(who client tcp "$2" "$3" --from "$from")
		# The second front end has only the node's own endpoints.
		case $first in pod[12]) ;; *) continue ;; esac
		asked=$((asked + 1))
		[ "$(who client tcp "$4" "$5" --from "$from")" = "$first" ] || wrong=$((wrong + 1))
	done
	if [ "$wrong" = 0 ] && [ "$asked" -gt 0 ]; then pass "$1"; else fail "$1" "$wrong of $asked clients came to another endpoint"; fi
}
by_all_ways() {
	other_ways "A1 A3 a node port teaches" "$(addr node)" 30080 "$(vip 1)" 80 11
	other_ways "A5 what a ClusterIP teaches is known to the list for Local" "$(vip 2)" 80 "$(addr node)" 30082 51
	other_ways "A5 what the list for Local teaches it knows" "$(addr node)" 30082 "$(addr node)" 30082 110
	other_ways "A5 and so does the other" "$(addr node)" 30082 "$(vip 2)" 80 150
}
each_family by_all_ways

# A5: two lists, and what is in both is learnt for both.
two_lists() {
	local name there
	name=$(who client tcp "$(addr node)" 30082)
	expect_sticks "A5 policy Local: one of this node" "$name" client tcp "$(addr node)" 30082
	expect_sticks "A5 the ClusterIP goes on to the same, which it has, too" "$name" client tcp "$(vip 2)" 80
	# A client that the ClusterIP sent to another node gets an endpoint of this node through the node port.
	for n in $(seq 201 224); do
		there=$([ "$family" = 4 ] && echo "172.18.0.$n" || echo "fd00:172:18::$n")
		name=$(who client tcp "$(vip 2)" 80 --from "$there")
		case $name in rpod*) break ;; esac
	done
	check "A5 a client is bound to another node's endpoint" grep -q rpod <<<"$name"
	expect_sticks "A5 the node port gives it one of ours" "$(who client tcp "$(addr node)" 30082 --from "$there")" \
		client tcp "$(addr node)" 30082 --from "$there"
	check "A5 which is one of ours" grep -q '^pod' <<<"$(who client tcp "$(addr node)" 30082 --from "$there")"
	expect_sticks "A5 the ClusterIP stays with what it knows" "$name" client tcp "$(vip 2)" 80 --from "$there"
}
each_family two_lists
finish
