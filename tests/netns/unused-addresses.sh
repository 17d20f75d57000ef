#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet to an undefined port of a ClusterIP is refused, one to an address without a Service is dropped, and no
# other packet is touched. Rows U1 to U8, C17, C18.
. "$(dirname "$0")/lib.sh"

ping_gets() { # ping_gets FROM ADDRESS: what an echo request is answered with: reply, unreachable, nothing
	local out
	out=$(in_ns "$1" ping -n -c 1 -W 1 "$2" 2>&1)
	case $out in
	*" bytes from "*) echo reply ;;
	*nreachable* | *"not permitted"*) echo unreachable ;;
	*) echo nothing ;;
	esac
}
ping_is() { # ping_is FROM ADDRESS OUTCOME
	[ "$(ping_gets "$1" "$2")" = "$3" ]
}

{
	service web 1 "http:tcp:80" && slices web "http:tcp:8080" pod1
	service empty 2 "http:tcp:80" && slices empty "http:tcp:8080"
	service none 4 "http:tcp:80 dns:udp:80" && slices none "http:tcp:8080"
	service other 3 "http:tcp:80" | sed 's|^  namespace: default|&\n  labels: {service.kubernetes.io/service-proxy-name: other}|'
	node zone-a
} | write services.yaml
must_start

# The client has addresses of the range, so a packet that no rule stops arrives there: an answer
# tells untouched from dropped.
for n in 2 3 9 77; do
	in_ns client ip address add "10.96.0.$n/32" dev lo
	in_ns client ip address add "fd00:10:96::$n/128" dev lo nodad
done
in_ns client ip address add 10.97.0.77/32 dev lo
in_ns client ip address add fd00:10:97::77/128 dev lo nodad
for family in 4 6; do
	in_ns client "$PROBE" serve behind tcp "$(vip 3)" 8080 tcp "$(vip 3)" 80 tcp "$(vip 77)" 80 udp "$(vip 77)" 80 \
		tcp "$(vip 2)" 8080 tcp "$([ "$family" = 4 ] && echo 10.97.0.77 || echo fd00:10:97::77)" 80 >/dev/null ||
		die "cannot serve behind"
done
behind_more() { if [ "$family" = 4 ]; then echo 10.97.0.77; else echo fd00:10:97::77; fi; }

undefined_ports() {
	local from
	for from in pod3 node remote; do
		expect_refused "U1 $from: TCP to an undefined port" "$from" tcp "$(vip 1)" 81
		expect_refused "U1 $from: without endpoints, too" "$from" tcp "$(vip 2)" 8080
		check "U1 $from: an echo request is refused" ping_is "$from" "$(vip 1)" unreachable
	done
	for from in pod3 client remote; do
		expect_refused "U1 $from: the wrong protocol" "$from" udp "$(vip 1)" 80
		expect_refused "U1 $from: SCTP" "$from" sctp "$(vip 1)" 80
	done
	expect_outcome "U1 the node: the wrong protocol" node udp "$(vip 1)" 80 eperm
	expect_answer "U1 the defined port answers" pod3 tcp "$(vip 1)" 80 pod1
	check "U1 a hundred refusals at once" test "$(ask remote tcp "$(vip 1)" 81 -n 100 --tally)" = "100 refused"
}
each_family undefined_ports

without_ranges() {
	expect_answer "U3 an unused address is not touched" remote tcp "$(vip 77)" 80 behind
	expect_answer "U3 nor from the node" node tcp "$(vip 77)" 80 behind
	expect_answer "U8 another proxy's address is not ours" remote tcp "$(vip 3)" 80 behind
}
each_family without_ranges

# The same range in two objects, one inside the other, one of the other family.
{
	service_cidr kubernetes 10.96.0.0/16 fd00:10:96::/112
	service_cidr again 10.96.0.0/16 fd00:10:96::/112
	service_cidr inside 10.96.0.64/26 fd00:10:96::40/122 10.96.0.0/24
} | apply ranges.yaml

with_ranges() {
	local from
	for from in pod3 node remote; do
		expect_timeout "U2 U4 U7 $from: an unused address is silent" "$from" tcp "$(vip 77)" 80
		expect_refused "U2 $from: a used one still refuses" "$from" tcp "$(vip 1)" 81
	done
	expect_timeout "U2 UDP, too" remote udp "$(vip 77)" 80
	check "U2 an echo request, too" ping_is remote "$(vip 9)" nothing
	expect_answer "U2 the Service answers" remote tcp "$(vip 1)" 80 pod1
	expect_answer "U2 U7 outside of the ranges" remote tcp "$(behind_more)" 80 behind
	expect_timeout "U8 another proxy's Service that it does not translate" remote tcp "$(vip 3)" 80
}
each_family with_ranges

# refused_from TITLE FROM SOURCE - a client with this address is refused like any other, at a Service without endpoints and at an undefined port
refused_from() {
	local got to
	for to in "$(vip 1) 81" "$(vip 4) 80"; do
		# shellcheck disable=SC2086 # address and port
		got=$(in_ns "$2" "$PROBE" ask tcp $to --from "$3" --timeout 400)
		check "$1: TCP, $to" test "$got" = refused
		check "$1: UDP, $to" test "$(in_ns "$2" "$PROBE" ask udp ${to% *} 80 --from "$3" --timeout 400)" = "$4"
	done
	got=$(in_ns "$2" "$PROBE" ask tcp "$(vip 1)" 81 --from "$3" --timeout 400 -n 50 --tally)
	check "$1: fifty refusals at once" test "$got" = "50 refused"
}
client_in_range() {
	refused_from "C17 a client in a ServiceCIDR" client "$(vip 77)" refused
	refused_from "C17 a client with a Service's address" client "$(vip 2)" refused
}
each_family client_in_range

# Addresses that the node itself has: a ClusterIP, as another proxy's IPVS leaves it, and one of no Service.
node_in_range() {
	give node lo "$(vip 1)/$([ "$family" = 4 ] && echo 32 || echo 128)" "$(vip 88)/$([ "$family" = 4 ] && echo 32 || echo 128)"
	in_ns node "$PROBE" serve node tcp "$(vip 88)" 80 udp "$(vip 88)" 80 >/dev/null || die "cannot serve on the node"
	refused_from "C17 the node holds the ClusterIP" node "$(vip 1)" eperm
	refused_from "C17 the node has an address in a ServiceCIDR" node "$(vip 88)" eperm
	local from
	for from in pod3 remote client node; do
		expect_answer "C18 $from reaches the node's address in a ServiceCIDR" "$from" tcp "$(vip 88)" 80 node
		expect_answer "C18 $from: UDP" "$from" udp "$(vip 88)" 80 node
	done
	expect_answer "C17 the ClusterIP that the node holds answers" node tcp "$(vip 1)" 80 pod1
	in_ns node ip address del "$(vip 1)/$([ "$family" = 4 ] && echo 32 || echo 128)" dev lo
	in_ns node ip address del "$(vip 88)/$([ "$family" = 4 ] && echo 32 || echo 128)" dev lo
}
each_family node_in_range

# Another proxy translates at the usual priority; its addresses answer, although we drop the others.
for family in 4 6; do
	table=ip
	[ "$family" = 4 ] || table=ip6
	in_ns node nft -f - <<-NFT || die "cannot make the other proxy"
	table $table other {
		chain translate {
			type nat hook prerouting priority -100;
			$table daddr $(vip 3) tcp dport 80 dnat to $( [ "$family" = 4 ] && addr pod2 || echo "[$(addr pod2)]" ):8080
		}
		chain translate-output {
			type nat hook output priority -100;
			$table daddr $(vip 3) tcp dport 80 dnat to $( [ "$family" = 4 ] && addr pod2 || echo "[$(addr pod2)]" ):8080
		}
	}
	NFT
done
beside_another_proxy() {
	expect_answer "U8 another proxy's Service" remote tcp "$(vip 3)" 80 pod2
	expect_answer "U8 from the node" node tcp "$(vip 3)" 80 pod2
	expect_timeout "U8 its other ports" remote tcp "$(vip 3)" 8080
}
each_family beside_another_proxy

# An address of the range that the node has itself is in use, for example by a DNS cache: it is not dropped.
in_ns node ip address add "$(family=4 vip 1)/32" dev lo
in_ns node ip address add "$(family=6 vip 1)/128" dev lo nodad
in_ns node ip address add "$(family=4 vip 9)/32" dev lo
in_ns node ip address add "$(family=6 vip 9)/128" dev lo nodad
for family in 4 6; do
	in_ns node "$PROBE" serve here tcp "$(vip 1)" 9000 tcp "$(vip 9)" 9000 >/dev/null || die "cannot serve here"
done
on_the_node_itself() {
	expect_answer "U1 a ClusterIP that the node has, not in input" remote tcp "$(vip 1)" 9000 here
	expect_answer "U2 an address that the node has, not in input" remote tcp "$(vip 9)" 9000 here
	expect_answer "U1 its Service as ever" remote tcp "$(vip 1)" 80 pod1
}
each_family on_the_node_itself

# The ranges follow their objects: a range stays as long as one object lists it.
{
	service_cidr again 10.96.0.0/16 fd00:10:96::/112
	service_cidr more 10.97.0.0/16 fd00:10:97::/112
} | apply ranges.yaml
one_of_two_goes() {
	expect_timeout "U6 the range that another object lists stays" remote tcp "$(vip 77)" 80
	expect_timeout "U5 a new range at once" remote tcp "$(behind_more)" 80
}
each_family one_of_two_goes

service_cidr again 10.97.0.0/16 | apply ranges.yaml
family=4
expect_answer "U5 a range that was changed" remote tcp "$(vip 77)" 80 behind
expect_timeout "U5 its new one" remote tcp "$(behind_more)" 80
family=6
expect_answer "U3 no range of this family any more" remote tcp "$(vip 77)" 80 behind
expect_answer "U3 nor here" remote tcp "$(behind_more)" 80 behind

# Every Service and every range is followed in the course of things: an address becomes used and unused again.
service_cidr kubernetes 10.96.0.0/16 fd00:10:96::/112 | apply ranges.yaml
{
	service new 77 "http:tcp:80" && slices new "http:tcp:8080" pod2
} | apply new.yaml
becomes_used() {
	expect_answer "U2 an address that a Service got" remote tcp "$(vip 77)" 80 pod2
	expect_refused "U1 its undefined ports" remote tcp "$(vip 77)" 81
}
each_family becomes_used
remove new.yaml
becomes_unused() { expect_timeout "U2 and lost" remote tcp "$(vip 77)" 80; }
each_family becomes_unused

stands=$(ruleset)
stop_daemon
must_start
settle
family=4
check "U5 a restart finds all of it in place" [ "$(ruleset | grep -c .)" = "$(grep -c . <<<"$stands")" ]
finish
