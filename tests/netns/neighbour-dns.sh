#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real DNS: servers behind one Service address over UDP and TCP, queried by dig and by the C library's resolver. Rows
# P1, P9, P12, P13, M6, C1 to C3, E3, E4, N1, N9, V1.
. "$(dirname "$0")/lib.sh"

command -v dnsmasq >/dev/null || skip_all "dnsmasq-base is not installed"
command -v dig >/dev/null || skip_all "bind9-dnsutils is not installed"

# Names that every server has; "who" tells which one answered, "big" fits no datagram of 512 bytes.
for n in {1..60}; do
	echo "10.1.0.$n big.cluster.test"
	echo "fd00:10:1::$n big.cluster.test"
done >"$work/hosts"
echo "10.2.0.1 web.cluster.test" >>"$work/hosts"
echo "fd00:10:2::1 web.cluster.test" >>"$work/hosts"
printf 'hosts: dns\n' >"$work/nsswitch.conf"
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf || skip_all "this machine has no /etc/nsswitch.conf"
: >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf || skip_all "this machine has no /etc/resolv.conf"

declare -A dns_pids
dns_start() { # dns_start NAME NAMESPACE
	# --no-daemon leaves users and groups alone, which a user namespace would refuse to change.
	nsenter --net="/run/netns/$2" -- dnsmasq --no-daemon --conf-file=/dev/null --bind-interfaces \
		--listen-address="$(family=4 addr "$1")" --listen-address="$(family=6 addr "$1")" --except-interface=lo \
		--no-resolv --no-hosts --addn-hosts="$work/hosts" --txt-record="who.cluster.test,$1" \
		--log-queries --log-facility=- </dev/null >"$work/dns-$1.log" 2>&1 &
	dns_pids[$1]=$!
	wait_until 100 grep -qs ' started, version' "$work/dns-$1.log" ||
		die "dnsmasq does not start for $1: $(cat "$work/dns-$1.log")"
}
dns_stop() { # dns_stop NAME
	kill "${dns_pids[$1]}"
	wait "${dns_pids[$1]}"
}
asked() { grep -c 'query\[' "$work/dns-$1.log"; } # asked NAME: how often

dig_from() { # dig_from NAMESPACE WORD...
	local from=$1
	shift
	in_ns "$from" dig "@$(vip 10)" +tries=1 +time=2 "$@"
}
who_from() { # who_from NAMESPACE [WORD...]: the server that answered
	dig_from "$@" +short who.cluster.test TXT | tr -d '"'
}

questions=()
for n in {1..24}; do
	questions+=(who.cluster.test TXT)
done
# tally_is TITLE FROM "NAME..." [WORD...] - all of 24 queries are answered, by each of these servers and no other
tally_is() {
	local title=$1 from=$2 names=$3 got
	shift 3
	got=$(dig_from "$from" +short "$@" "${questions[@]}" | tr -d '"' | sort)
	if [ "$(uniq <<<"$got" | tr '\n' ' ')" = "$names " ] && [ "$(grep -c . <<<"$got")" = 24 ]; then
		pass "$title"
	else
		fail "$title" "expected 24 answers of $names, got: $(uniq -c <<<"$got" | tr '\n' ';')"
	fi
}

kube_dns() { # kube_dns ENDPOINT...
	service kube-dns 10 "dns:udp:53 dns-tcp:tcp:53"
	slices kube-dns "dns:udp:53 dns-tcp:tcp:53" "$@"
}
become() { # become ENDPOINT... - and the flows of what is gone have been looked for
	log_forget
	kube_dns "$@" | write dns.yaml
	wait_until 100 log_says 'mod=flows' || fail "no stale flows were looked for"
}

dns_start pod1 pod1
dns_start pod2 pod2
dns_start rpod1 remote
kube_dns pod1 pod2 | write dns.yaml
node zone-a | write node.yaml
must_start -v 4
wait_until 100 log_says 'mod=flows' || die "no stale flows were looked for"

answers() {
	local from
	for from in pod3 node client; do
		tally_is "P12 $from: both servers answer" "$from" "pod1 pod2"
		tally_is "P12 $from: over TCP" "$from" "pod1 pod2" +tcp
		check "P9 $from: what fits no datagram is truncated" grep -q 'flags:.* tc' \
			<(dig_from "$from" +noedns +ignore big.cluster.test A)
		dig_from "$from" +noedns big.cluster.test A >"$work/big"
		check "P9 $from: and comes over TCP" grep -q "SERVER: .*(TCP)" "$work/big"
		check "P9 $from: whole" test "$(grep -c 'IN.*10\.1\.0\.' "$work/big")" = 60
	done
	tally_is "M6 a server asks its own Service" pod1 "pod1 pod2"
}
each_family answers

getent_from() { in_ns "$1" getent "$2" "$3" | awk '{print $1}' | sort -u; }
getent_counts() { [ "$(getent_from "$1" "$2" "$3" | wc -l)" = "$4" ]; }

# The library asks for both kinds of addresses from one port, the second before the first is answered; if one of
# the datagrams were lost, it would ask again after five seconds.
lookups() {
	in_ns "$1" /usr/bin/python3 - <<-'PYTHON'
	import socket, sys, time
	for _ in range(100):
	    started = time.monotonic()
	    found = {item[4][0] for item in socket.getaddrinfo("web.cluster.test", 80, type=socket.SOCK_STREAM)}
	    took = time.monotonic() - started
	    if found != {"10.2.0.1", "fd00:10:2::1"} or took > 4:
	        sys.exit(f"found {found} in {took:.1f} s")
	PYTHON
}

c_library() {
	local from
	echo "nameserver $(vip 10)" >"$work/resolv.conf"
	for from in pod3 node; do
		check "P13 getent, $from: a name" getent_counts "$from" ahosts web.cluster.test 2
		check "P9 getent, $from: truncated, then TCP" getent_counts "$from" ahostsv4 big.cluster.test 60
		check "P9 getent, $from: IPv6 addresses" getent_counts "$from" ahostsv6 big.cluster.test 60
		check "P13 $from: no lookup of a hundred waits for a repetition" lookups "$from"
	done
}
each_family c_library

# A resolver that keeps its port, and so its flow; its server ends and another one starts.
keeps_port() {
	local from=$1 port=$2 source first second both
	source=$(addr "$from")#$port
	first=$(who_from "$from" -b "$source")
	check "C3 $from: a resolver with a port of its own" test -n "$first"
	check "C3 $from: stays with its server" test "$(who_from "$from" -b "$source")" = "$first"
	case $first in
	pod1) second=pod2 ;;
	*) second=pod1 ;;
	esac
	both="$second rpod1"
	become "$second" "$first,terminating"
	check "C2 $from: its server is terminating, and still answers" \
		test "$(who_from "$from" -b "$source")" = "$first"
	dns_stop "$first"
	become "$second" rpod1
	check "C3 $from: its server is gone, another one answers at once" \
		grep -qx "$second\|rpod1" <(who_from "$from" -b "$source")
	tally_is "C3 $from: the server that came is asked, the one that went is not" "$from" "$both"
	tally_is "C3 $from: nor over TCP" "$from" "$both" +tcp
	dns_start "$first" "$first"
	become pod1 pod2
}
from_pod() { keeps_port pod3 5353; }
from_node() { keeps_port node 5354; }
each_family from_pod
each_family from_node

# Removed from the endpoints, but still running: it would answer, and must get no query.
drained() {
	local before
	tally_is "E3 both servers" pod3 "pod1 pod2"
	become pod2
	before=$(asked pod1)
	tally_is "E3 one is taken out" pod3 pod2
	check "E3 and is not asked again" test "$(asked pod1)" = "$before"
	become pod1 pod2
}
each_family drained

# All servers are terminating: they are used, as there is no other.
terminating() {
	become pod1,terminating pod2,terminating
	tally_is "E4 all servers are terminating" pod3 "pod1 pod2"
	become
	check "N1 no server: refused at once" grep -q "refused" <(dig_from client who.cluster.test TXT)
	become pod1 pod2
	tally_is "N9 servers are back" client "pod1 pod2"
}
each_family terminating
for n in pod1 pod2 rpod1; do
	dns_stop "$n"
done
finish
