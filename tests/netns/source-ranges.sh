#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# loadBalancerSourceRanges. Rows N6, R1 to R9, R11, R12, T72.
. "$(dirname "$0")/lib.sh"

ingress() { # ingress N - status of the Service printed before
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress:
	    - {ip: $(family=4 addr "ext$1")}
	    - {ip: "$(family=6 addr "ext$1")"}
	YAML
}

lb() { # lb NAME NUMBER RANGES [SPEC-LINE...] - a load balancer Service with these ranges
	local name=$1 number=$2 ranges=$3
	shift 3
	service "$name" "$number" "http:tcp:80:$((30080 + number)) dns:udp:53" "type: LoadBalancer" "loadBalancerSourceRanges: [$ranges]" "$@"
	ingress "$number"
}

in_ns node ip route add 203.0.113.0/24 via "$(family=4 addr remote)"
in_ns node ip -6 route add 2001:db8:113::/64 via "$(family=6 addr remote)"
many() { # many FIRST... - 300 ranges, and those named
	local i
	for i in {0..149}; do printf '"198.%s.%s.0/28", "2001:db8:%x::/52", ' $((18 + i / 100)) $((i % 100)) $((i + 4096)); done
	printf '%s' "$*"
}

{
	node
	# the client is in, pods and the node are not
	lb client-only 1 '"172.18.0.100/32", " fd00:172:18::100/128 "'
	slices client-only "http:tcp:8080 dns:udp:8080" pod1
	# nested, double and adjacent ranges; the node's own address is in one
	lb node-in 2 '"172.16.0.0/12", "172.18.0.0/24", "172.18.0.0/24", "fd00:172::/32", "fd00:172:18::/64"'
	slices node-in "http:tcp:8080 dns:udp:8080" pod1
	lb pods-only 3 '"10.244.0.0/16", "fd00:10:244::/48"'
	slices pods-only "http:tcp:8080 dns:udp:8080" pod1
	lb everybody 4 '"10.0.0.0/8", "0.0.0.0/0", "fd00:10::/32", "::/0"'
	slices everybody "http:tcp:8080 dns:udp:8080" pod1
	lb nobody 5 '"172.18.0.100/32", "fd00:172:18::100/128"'
	# another port of the first Service's address, by another Service without ranges
	service same-address 6 "alt:tcp:8000" "type: LoadBalancer"
	ingress 1
	slices same-address "alt:tcp:8080" pod2
	lb ext 7 '"10.9.9.0/24", "fd00:9::/32"' "externalIPs: [$(family=4 addr ext8), \"$(family=6 addr ext8)\"]"
	slices ext "http:tcp:8080 dns:udp:8080" pod1
	lb local 9 '"172.18.0.100/32", "fd00:172:18::100/128"' "externalTrafficPolicy: Local"
	slices local "http:tcp:8080 dns:udp:8080" pod1
	lb many 10 "$(many '"172.18.0.100/32", "fd00:172:18::100/128"')"
	slices many "http:tcp:8080 dns:udp:8080" pod1
	lb sticky 11 '"172.18.0.100/32", "fd00:172:18::100/128"' "sessionAffinity: ClientIP"
	slices sticky "http:tcp:8080 dns:udp:8080" pod1
} | write services.yaml
must_start

cases() {
	expect_answer "R1 R8 in a range: served" client tcp "$(addr ext1)" 80 pod1
	expect_answer "R1 UDP" client udp "$(addr ext1)" 53 pod1
	expect_timeout "R2 a pod outside the ranges: dropped" pod3 tcp "$(addr ext1)" 80
	expect_timeout "R5 the node outside the ranges: dropped" node tcp "$(addr ext1)" 80
	expect_timeout "R2 another node" remote tcp "$(addr ext1)" 80
	expect_answer "R3 the ClusterIP is not filtered" pod3 tcp "$(vip 1)" 80 pod1
	expect_answer "R3 nor the node port" remote tcp "$(addr node)" 30081 pod1
	expect_answer "R3 nor another port of the address" pod3 tcp "$(addr ext1)" 8000 pod2
	expect_answer "R9 nested ranges" client tcp "$(addr ext2)" 80 pod1
	expect_answer "R4 the node in a range" node tcp "$(addr ext2)" 80 pod1
	expect_timeout "R2 pods are outside of those" pod3 tcp "$(addr ext2)" 80
	expect_answer "R2 a pod in a range" pod3 tcp "$(addr ext3)" 80 pod1
	expect_timeout "R1 off-cluster outside the ranges" client tcp "$(addr ext3)" 80
	expect_answer "R6 a range of length 0: everybody" client tcp "$(addr ext4)" 80 pod1
	expect_refused "N6 no endpoints, in a range: refused" client tcp "$(addr ext5)" 80
	expect_timeout "N6 no endpoints, outside: dropped" pod3 tcp "$(addr ext5)" 80
	expect_answer "R3 an externalIP is not filtered" client tcp "$(addr ext8)" 80 pod1
	expect_timeout "R3 but the load balancer IP beside it" client tcp "$(addr ext7)" 80
	expect_answer "R1 R9 one of 151 ranges" client tcp "$(addr ext10)" 80 pod1
	expect_timeout "R1 R9 none of 151 ranges" pod3 tcp "$(addr ext10)" 80
	expect_timeout "R1 R9 none of 151 ranges, beside the last one" remote tcp "$(addr ext10)" 80
	expect_answer "R1 session affinity, in a range" client tcp "$(addr ext11)" 80 pod1
	expect_answer "R1 session affinity, in a range, again" client tcp "$(addr ext11)" 80 pod1
	expect_timeout "R1 session affinity, outside" pod3 tcp "$(addr ext11)" 80
	expect_answer "R2 policy Local, in a range" client tcp "$(addr ext9)" 80 pod1 client
	expect_timeout "R2 the filter comes before the short-circuit" pod3 tcp "$(addr ext9)" 80
	expect_answer "R2 policy Local by UDP, in a range" client udp "$(addr ext9)" 53 pod1 client
	expect_timeout "R2 policy Local by UDP, outside" pod3 udp "$(addr ext9)" 53
}
each_family cases

node_holds() { # node_holds PART - a kernel gives an IPv6 address its route a little later
	give node lo "$(addr "$1")/$((family == 4 ? 32 : 128))"
	wait_until 50 is_local "$(addr "$1")" || die "$1 is no address of the node"
}
is_local() { in_ns node ip route get "$1" | grep -q '^local '; }
held() {
	node_holds ext2
	expect_answer "R4 a node that holds the address comes from it" node tcp "$(addr ext2)" 80 pod1
	in_ns node ip address del "$(addr ext2)/$((family == 4 ? 32 : 128))" dev lo
}
each_family held

# Several Services have the list of the first one. It stays when one of them goes, and when one of them gets another list.
shared() {
	{
		node
		lb client-only 1 "$1"
		slices client-only "http:tcp:8080 dns:udp:8080" pod1
		[ "$2" = - ] || lb ext 7 "$2"
		slices ext "http:tcp:8080 dns:udp:8080" pod1
	} | apply services.yaml
}
others='"10.244.0.0/16", "fd00:10:244::/48"' own='"172.18.0.100/32", "fd00:172:18::100/128"'
shared_by() { # whether $what: the client or a pod reaches the Services, as in $who
	local number from
	set -- $who
	for number in 1 7; do
		case $1 in
		client) from=client; expect_timeout "R1 $what: a pod, Service $number" pod3 tcp "$(addr ext$number)" 80 ;;
		pod) from=pod3; expect_timeout "R1 $what: the client, Service $number" client tcp "$(addr ext$number)" 80 ;;
		*) return ;;
		esac
		expect_answer "R1 $what: in a range, Service $number" $from tcp "$(addr ext$number)" 80 pod1
		shift
	done
}
shared "$own" "$own"
what="one list of two Services" who="client client"
each_family shared_by
shared "$own" "$others"
what="one of them gets another list" who="client pod"
each_family shared_by
shared "$others" "$others"
what="the other one gets it, too" who="pod pod"
each_family shared_by
shared "$own" -
what="one is deleted" who="client -"
each_family shared_by

# Ranges of the other family alone.
{
	node
	service other-family 1 "http:tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [\"172.18.0.100/32\"]"
	ingress 1
	slices other-family "http:tcp:8080" pod1
	service other-family-6 2 "http:tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [\"fd00:172:18::100/128\"]"
	ingress 2
	slices other-family-6 "http:tcp:8080" pod1
} | apply services.yaml
other_family() {
	local without=2 with=1
	[ "$family" = 4 ] || without=1 with=2
	expect_answer "R7 ranges of the other family only: no filter" pod3 tcp "$(addr ext$without)" 80 pod1
	expect_timeout "R7 those of this family do count" pod3 tcp "$(addr ext$with)" 80
}
each_family other_family

# A connection that was open when the ranges were narrowed, and no Node object to tell which address is ours.
wide='"172.18.0.0/16", "fd00:172:18::/64"'
narrow='"172.18.0.10/32", "fd00:172:18::10/128"'
changing() { lb changing 3 "$1" && slices changing "http:tcp:8080 dns:udp:8080" pod1; }
narrowed() {
	local first
	changing "$wide" | apply services.yaml
	hold_open client tcp "$(addr ext3)" 80
	first=${hold_answer%% *}
	check "R12 T72 a connection from a range" test "$first" = pod1
	changing "$narrow" | apply services.yaml
	hold_line again
	check "R12 T72 the ranges are narrowed: it stays" test "$hold_answer" = "pod1 again"
	hold_close
	expect_timeout "R12 T72 a new one is dropped" client tcp "$(addr ext3)" 80
	node_holds ext3
	expect_timeout "R11 without a Node object nobody is known to be the node" node tcp "$(addr ext3)" 80
	{
		node
		changing "$narrow"
	} | apply services.yaml
	expect_answer "R11 R4 with one the node may come from the address that it holds" node tcp "$(addr ext3)" 80 pod1
	in_ns node ip address del "$(addr ext3)/$((family == 4 ? 32 : 128))" dev lo
}
each_family narrowed
finish
