#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# W5 to W7 trace: what happens to real packets, and where. The table that traces is gone afterwards.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # the packets of this node are broken on purpose

control=$work/control.sock
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2 --control-socket "$control")

begins() { head -n 1 "$work/answer" | grep -Eq -- "$1" || { cat "$work/answer" "$work/complaint"; return 1; }; }
says() { grep -Eq -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }; }
complains() { grep -Eq -- "$1" "$work/complaint" || { cat "$work/complaint"; return 1; }; }
json() { json_holds a "$work/answer" "$1" || { cat "$work/answer"; return 1; }; }
schema() { python3 "$netns_here/../lib/json-schema.py" "$netns_here/../../contrib/schemas/trace.json" "$work/answer"; }
foreign() { in_ns node nft -f - || die "nft refuses a rule"; }
no_foreign() { in_ns node nft delete table "$@" || die "no such table"; }
table_there() { in_ns node nft list tables | grep -q "inet kube-nftproxy-trace-"; }
no_table() { ! table_there; }
start_trace() { # start_trace ARGUMENT... -> trace_pid: its table is there
	nsenter --net=/run/netns/node -- "$DAEMON" trace "$@" --control-socket "$control" >"$work/answer" 2>"$work/complaint" &
	trace_pid=$!
	wait_until 50 table_there || { cat "$work/complaint"; return 1; }
}
ends() { # ends EXIT-STATUS
	local status
	wait "$trace_pid"
	status=$?
	[ "$status" = "$1" ] || { cat "$work/answer" "$work/complaint"; echo "exit status $status"; return 1; }
}
asks() { # asks EXIT-STATUS ARGUMENT... - without waiting for a table
	local wanted=$1 status
	shift
	in_ns node "$DAEMON" trace "$@" --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	[ "$status" = "$wanted" ] || { cat "$work/answer" "$work/complaint"; echo "exit status $status"; return 1; }
}
# traces TITLE STATUS FIRST-LINE [ADDRESS PORT [SERVICE]] - of a packet of the client, as text and as JSON
traces() {
	local title=$1 status=$2 first=$3 target=${4-$(vip 1)} port=${5-80} service=${6-web} format
	for format in json text; do
		start_trace "$service" --from "$(addr client)" --count 1 --for 5s --output $format || die "trace does not start"
		ask client tcp "$target" "$port" --timeout 300 >/dev/null
		check "$title: exit status $status" ends "$status"
		[ $format = text ] || check "$title: JSON" schema
	done
	check "$title: the first line" begins "$first"
	check "$title: the table is gone" no_table
}

{
	node
	service web 1 "http:tcp:80:30080"
	slices web "http:tcp:8080" pod1
	service here 2 "http:tcp:80"
	slices here "http:tcp:8443" node
	service dns 4 "dns:udp:53"
	slices dns "dns:udp:8080" pod1
	service nobody 3 "http:tcp:80"
} | write all.yaml
must_start
settle

each_case() {
	local table=ip pod
	pod=$(addr pod1)
	[ "$family" = 4 ] || { table=ip6 pod="\\[$pod\\]"; }
	traces "W5 a packet that is delivered" 0 "^packet 1: delivered to ${pod//./\\.}:8080, translated by table $table kube-nftproxy$"
	check "W5 a packet that is delivered: how it came" says "^  tcp from .*, came by eth0$"
	check "W5 a packet that is delivered: our rules" says "^  $table kube-nftproxy, lb-tcp-1, rule [0-9]+: .*dnat -> accept|^    .*dnat -> accept"
	check "W5 a packet that is delivered: how it leaves" says "^  leaves by cni0, from .* to ${pod//./\\.}:8080$"
	check "W5 a packet that is delivered: the last line" says '^1 packet seen, 1 delivered$'
	traces "W5 a packet to a node port" 0 "^packet 1: delivered to ${pod//./\\.}:8080, translated by table $table kube-nftproxy$" "$(addr node)" 30080
	traces "W5 a packet to a Service without endpoints" 1 "^packet 1: rejected by table $table kube-nftproxy, chain no-endpoints, rule handle [0-9]+ \\(.*reject\\)$" "$(vip 3)" 80 nobody
	traces "W5 a packet to an endpoint that is this node" 0 "^packet 1: delivered to .*:8443, translated by table $table kube-nftproxy$" "$(vip 2)" 80 here
	check "W5 a packet to an endpoint that is this node: it is not forwarded" says '^  for a process of this node, from '
	start_trace dns --from "$(addr client)" --count 1 --for 5s
	ask client udp "$(vip 4)" 53 >/dev/null
	check "W5 a datagram: exit status 0" ends 0
	check "W5 a datagram: the first line" begins "^packet 1: delivered to ${pod//./\\.}:8080, translated by table $table kube-nftproxy$"
	foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; tcp dport 8080 counter drop; }; }'
	traces "W5 a packet that another program drops" 1 '^packet 1: dropped by table inet filter, chain forward, rule handle [0-9]+ \(meta l4proto tcp th dport 8080 counter drop\)$'
	no_foreign inet filter
	foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; policy drop; }; }'
	traces "W5 a packet that a policy drops" 1 '^packet 1: dropped by table inet filter, chain forward, its policy$'
	no_foreign inet filter
	foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; reject; }; }'
	traces "W5 a packet that another program rejects" 1 '^packet 1: rejected by table inet filter, chain forward, rule handle [0-9]+ \(reject\)$'
	no_foreign inet filter
	foreign <<<"table $table other { chain pre { type nat hook prerouting priority -110; tcp dport 80 dnat to $(addr pod2); }; }"
	traces "W5 a packet that another program translates" 1 "^packet 1: misdirected to .*, which is no endpoint of the Service, translated by table $table other, chain pre, rule handle [0-9]+ "
	no_foreign "$table" other
	foreign <<<'table inet other { chain raw { type filter hook prerouting priority raw; tcp dport 80 notrack; }; }'
	in_ns node ip -"$family" route add "$(vip 1)" dev eth1
	traces "W5 a packet without tracking" 1 '^packet 1: not translated: it leaves by eth1 to '
	in_ns node ip -"$family" route del "$(vip 1)" dev eth1
	no_foreign inet other
	if [ "$family" = 4 ]; then
		in_ns node sysctl -qw net.ipv4.conf.eth0.forwarding=0
		traces "W5 a packet that is not forwarded" 1 '^packet 1: lost: no chain saw it any more behind table ip kube-nftproxy, chain [a-z0-9-]+, translated by table ip kube-nftproxy; '
		in_ns node sysctl -qw net.ipv4.conf.eth0.forwarding=1
	fi
}
each_family each_case
family=4

# --- the table
nft_before=$(in_ns node nft list ruleset | grep -v counter)
start_trace web --from "$(addr client)" --count 5 --for 20s
check "W6 it says what it adds" complains "adding table inet kube-nftproxy-trace-$trace_pid, which marks packets from $(addr client) .*goes away with this command, after 20 s or 5 packets$"
kill -9 "$trace_pid"
wait "$trace_pid" 2>/dev/null
# Linux before 5.12 has no owners; it is said then.
if complains 'does not delete the table by itself' >/dev/null; then
	skip "W6 killed: the table is gone" "this kernel has no owners of tables"
	no_foreign inet "kube-nftproxy-trace-$trace_pid"
else
	check "W6 killed: the table is gone" no_table
fi
start_trace web --from "$(addr client)" --for 20s
ask client tcp "$(vip 1)" 80 >/dev/null
sleep 0.3
kill -TERM "$trace_pid"
check "W6 ended by a signal: says what it saw, status 0" ends 0
check "W6 ended by a signal: the packets" says '^[2-9] packets seen, [2-9] delivered$'
check "W6 ended by a signal: the table is gone" no_table
check "W6 no other table was touched" [ "$(in_ns node nft list ruleset | grep -v counter)" = "$nft_before" ]

# --- a kernel without the flag owner
if daemon_preloads no-owner.so; then
	start_trace web --from "$(addr client)" --count 1 --for 5s
	check "W6 a kernel without owners: it says what to do" complains 'this kernel does not delete the table by itself'
	ask client tcp "$(vip 1)" 80 >/dev/null
	check "W6 a kernel without owners: exit status 0" ends 0
	check "W6 a kernel without owners: the table is gone" no_table
	start_trace web --from "$(addr client)" --for 20s
	kill -INT "$trace_pid"
	check "W6 a kernel without owners, ended by a signal: exit status 2" ends 2
	check "W6 a kernel without owners, ended by a signal: the table is gone" no_table
	daemon_as_is
else
	skip "W6 a kernel without owners" "nothing can be preloaded into this program"
fi

# --- no packet
check "W7 no packet: exit status 2" asks 2 web --from 198.51.100.9 --for 1s
check "W7 no packet: the first line" begins '^no packet seen from 198\.51\.100\.9 to Service default/web$'
check "W7 no packet: JSON" asks 2 web --from 198.51.100.9 --for 1s --output json
check "W7 no packet: its verdict" json 'a["verdict"] == "none-seen" and a["packets"] == []'
check "W7 no packet: its schema" schema
check "W7 packets of others are not traced" start_trace web --from "$(addr remote)" --for 2s
ask client tcp "$(vip 1)" 80 >/dev/null
check "W7 packets of others: exit status 2" ends 2
check "W7 no such Service: exit status 1" asks 1 nowhere --from 10.0.0.1
check "W7 a bad address: exit status 2" asks 2 web --from nobody
check "W7 a bad address: says so" complains '^kube-nftproxy: --from: "nobody"'
unprivileged() {
	in_ns node setpriv --inh-caps=-all --bounding-set=-all --ambient-caps=-all "$DAEMON" trace web --from 10.0.0.1 --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	[ $? = 2 ]
}
check "W7 without CAP_NET_ADMIN: exit status 2" unprivileged
check "W7 without CAP_NET_ADMIN: says so" complains 'trace needs root \(CAP_NET_ADMIN\)'

# --- a packet of the node itself
start_trace web --from "$(addr node)" --count 1 --for 5s
ask node tcp "$(vip 1)" 80 >/dev/null
wait "$trace_pid"
start_trace web --from "$(addr cni0)" --count 1 --for 5s --output json
in_ns node curl -s --max-time 1 --interface "$(addr cni0)" "http://$(vip 1):80" >/dev/null
check "W5 a packet that this node sends" ends 0
check "W5 a packet that this node sends: JSON" schema
check "W5 a packet that this node sends: from where" json 'a["packets"][0]["in"] is None and a["packets"][0]["out"] == "cni0"'

finish
