#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Session affinity with many clients: an endpoint goes while new clients arrive and others time out. Rows A6, A7, Y4.
# Each case runs twice: with the kernel as it is, and as if it could not delete an element that may not exist (before Linux 6.3).
. "$(dirname "$0")/lib.sh"
steady_wanted=""
command -v curl >/dev/null || skip_all "curl is not installed"
preload=$(dirname "$PROBE")/no-destroy.so

# Clients: 100.64.0.0/10 and fd00:64::/64 are behind the client's interface. A flow that was not answered is forgotten soon,
# so that masquerading has enough ports.
in_ns node ip route add 100.64.0.0/10 via "$(addr client)"
in_ns node ip -6 route add fd00:64::/64 via "$(family=6 addr client)"
in_ns node bash -c 'echo 1 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout' 2>/dev/null
regulars=() # they connect again and again
for n in {1..12}; do
	give client lo "100.127.0.$n/32" "fd00:64::ffff:$n/128"
	regulars+=("$n")
done
regular() { if [ "$family" = 4 ]; then echo "100.127.0.$1"; else echo "fd00:64::ffff:$1"; fi; }

web() { # web TIMEOUT POD...
	affine "$1"
	shift
	service web 1 "udp:udp:80" "${affinity_lines[@]}" && slices web "udp:udp:8080" "$@"
}
flood() { # flood PER-SECOND FIRST COUNT
	nsenter --net=/run/netns/client -- "$PROBE" flood $(($1 / ${NETNS_SLOW:-1})) udp "$(vip 1)" 80 \
		--from "$2" -n "$3" >/dev/null 2>&1 </dev/null &
	flood_pid=$!
}
flood_end() {
	kill "$flood_pid" 2>/dev/null
	wait "$flood_pid" 2>/dev/null
}
first_client() { if [ "$family" = 4 ]; then echo "100.64.0.1"; else echo "fd00:64::1:0:1"; fi; }

# bindings -> "NUMBER NAME" lines: who serves each of the regulars. Under a flood a datagram can be lost.
bindings() {
	local n got
	for n in "${regulars[@]}"; do
		for _ in 1 2 3 4 5; do
			got=$(ask client udp "$(vip 1)" 80 --from "$(regular "$n")" --timeout "${NETNS_ASK_MS:-500}")
			[ "$got" = timeout ] || break
		done
		echo "$n ${got%% *}"
	done
}
# served_by -> "NAME..." of those that serve the regulars
served_by() { bindings | sed 's/.* //' | sort -u | tr '\n' ' '; }
# served_only_by POD -> by
served_only_by() {
	by=$(served_by)
	[ "$by" = "$1 " ]
}
# bound_to POD -> how many clients are
bound_to() { learnt web:udp | grep -Eo " : $(addr "$1")( |$)" | wc -l; }

# What arrives at pod1, which is the endpoint that goes.
in_ns pod1 nft "add table inet arrived
	add chain inet arrived input { type filter hook input priority 0; }
	add counter inet arrived datagrams
	add rule inet arrived input udp dport 8080 counter name datagrams"
arrived() { in_ns pod1 nft list counter inet arrived datagrams | sed -n 's/.*packets \([0-9]*\) .*/\1/p'; }
removed_endpoints() {
	in_ns node nft list set "$([ "$family" = 4 ] && echo ip || echo ip6)" kube-nftproxy removed-endpoints | grep elements
}
# The transaction that removes an endpoint is in the kernel, and its clients are not deleted yet. Without a pause: this takes some ms.
is_removed() {
	local end=$((SECONDS + 3 * ${NETNS_SLOW:-1}))
	while [ "$SECONDS" -lt "$end" ]; do
		removed_endpoints >/dev/null && return
	done
	return 1
}
has_no_removed() { ! removed_endpoints; }

silence_start() { # ask for /livez ten times a second
	: >"$work/asking"
	nsenter --net=/run/netns/node bash -c 'while [ -e "$1" ]; do
		curl -s --max-time 10 -o /dev/null -w "%{time_total} %{http_code}\n" http://172.18.0.10:10256/livez
		sleep 0.1
	done' - "$work/asking" >"$work/livez" 2>/dev/null </dev/null &
	silence_pid=$!
}
silence_end() { # -> answers, not_200, longest_ms; the last request is waited for
	rm "$work/asking"
	wait "$silence_pid"
	read -r answers not_200 longest_ms < <(awk '
		{ms = $1 * 1000; if (ms > longest) longest = ms}
		$2 != 200 {bad++}
		END {print NR, bad + 0, int(longest)}' "$work/livez")
}

# Clients time out all the time. The endpoint goes and comes back, other Services come.
under_flood() {
	local round pods=(pod2 pod1) by
	web 5 pod1 pod2 | apply web.yaml
	log_forget
	flood 2000 "$(first_client)" 1000000
	sleep 6 # the first ones time out
	for round in 1 2; do
		served_by >/dev/null
		web 5 "${pods[round % 2]}" | write web.yaml
		service other "$((round + 1))" ":tcp:80" | write other.yaml
		check "$how, round $round: another Service's change is in force within a second" \
			wait_until $((10 * ${NETNS_SLOW:-1})) kernel_has_cluster_ip "$(family=4 vip $((round + 1)))"
		settle
		# On a busy machine it takes some tenths of a second until the map was read.
		wait_until $((20 * ${NETNS_SLOW:-1})) served_only_by "${pods[round % 2]}"
		check "A6 $how, round $round: the clients of the endpoint that went are served by the other ($by)" \
			[ "$by" = "${pods[round % 2]} " ]
		web 5 pod1 pod2 | apply web.yaml
	done
	flood_end
	refute "$how: no sync failed" log_says 'msg="sync failed|trying again'
}

# Many clients that stay.
many_clients() {
	local before_ms after_ms before after by n_clients=12000 n_gone n_other try seen=false
	for try in 1 2 3; do # on a busy machine the clients may be deleted before nft has listed the set
		service web 1 "udp:udp:80" | apply web.yaml # forgets all clients
		web 3600 pod1 pod2 | apply web.yaml
		flood 8000 "$(first_client)" "$n_clients"
		wait "$flood_pid"
		served_by >/dev/null
		n_gone=$(bound_to pod1) n_other=$(bound_to pod2)
		before_ms=$(cpu_ms)
		[ "$try" != 1 ] || silence_start
		# All of them come again while the endpoint goes.
		flood 8000 "$(first_client)" "$n_clients"
		sleep 0.5
		web 3600 pod2 | write web.yaml
		is_removed && seen=true && break
		wait "$flood_pid"
	done
	check "$how: there are many clients ($n_gone and $n_other)" [ $((n_gone + n_other)) -ge $((n_clients * 3 / 4)) ]
	check "A6 $how: the endpoint is removed before its clients are deleted" "$seen"
	before=$(arrived)
	wait "$flood_pid"
	after=$(arrived)
	check "A6 $how: from then on no client is sent there ($((after - before)))" [ "$after" = "$before" ]
	sleep 2
	forgotten() { sleep 0.5 && [ "$(bound_to pod1)" = 0 ]; }
	check "A6 $how: all clients of the endpoint are forgotten ($n_gone)" wait_until 300 forgotten
	check "A6 $how: then nothing is kept of it" wait_until 10 has_no_removed
	by=$(served_by)
	check "A6 $how: its clients are served by the other ($by)" [ "$by" = "pod2 " ]
	check "A7 $how: the clients of the other are still known" \
		[ "$(bound_to pod2)" -ge "$n_other" ]
	sleep 0.5
	silence_end
	after_ms=$(cpu_ms)
	check "$how: /livez is asked again and again ($answers times)" [ "$answers" -ge 3 ]
	check "$how: and always answers 200 (not $not_200 times)" [ "$not_200" = 0 ]
	check "$how: the loop is never silent for long (longest answer $longest_ms ms, $((after_ms - before_ms)) ms of CPU)" \
		[ "$longest_ms" -lt $((500 * ${NETNS_SLOW:-1})) ]
	# An endpoint goes, and comes back while the map is read.
	web 3600 pod1 | apply web.yaml
	web 3600 pod1 pod2 | apply web.yaml
	by=$(bindings)
	sleep 2
	check "A7 $how: clients of an endpoint that came back are not forgotten later" [ "$(bindings)" = "$by" ]
}

both() {
	each_family under_flood
	each_family many_clients
}

web 5 pod1 pod2 | write web.yaml
how="this kernel"
must_start --healthz-bind-address 0.0.0.0:10256
both
stop_daemon

how="a kernel without destroy"
if ! [ -e "$preload" ] || ! LD_PRELOAD=$preload "$DAEMON" --version >/dev/null 2>&1; then
	skip "$how" "this build cannot be run with a preloaded library"
	finish
fi
real_daemon=$DAEMON
printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$preload" "$real_daemon" >"$work/daemon"
chmod +x "$work/daemon"
DAEMON=$work/daemon
log_forget
must_start --healthz-bind-address 0.0.0.0:10256
check "$how: said to be missing" log_says 'missing=.*destroy element'
both
finish
