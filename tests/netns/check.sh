#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# W1 to W4 check: what beside us breaks a Service. Each trouble is made, is in the first line with exit status 1, and is undone.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # the packets of this node are broken on purpose

control=$work/control.sock
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2 --control-socket "$control")

asks() { # asks EXIT-STATUS ARGUMENT... - the answer is in $work/answer
	local wanted=$1 status
	shift
	in_ns node "$DAEMON" "$@" --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	[ "$status" = "$wanted" ] || { cat "$work/answer" "$work/complaint"; echo "exit status $status"; return 1; }
}
begins() { head -n 1 "$work/answer" | grep -Eq -- "$1" || { cat "$work/answer"; return 1; }; }
says() { grep -Eq -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }; }
complains() { grep -Eq -- "$1" "$work/complaint" || { cat "$work/complaint"; return 1; }; }
json() { json_holds a "$work/answer" "$1" || { cat "$work/answer"; return 1; }; }
fits() { ! tail -n +2 "$work/answer" | grep -nE '.{81}'; }

# finds TITLE STATUS FIRST-LINE [SERVICE] - both the text and the JSON have it
finds() {
	local word=unknown
	case $2 in
	0) word=ok ;;
	1) word=trouble ;;
	esac
	check "$1: JSON" asks "$2" check ${4-web} --output json
	check "$1: its verdict" json "a['verdict'] == '$word'"
	check "$1: its schema" schema
	check "$1: exit status $2" asks "$2" check ${4-web}
	check "$1: the first line" begins "$3"
	check "$1: 80 columns behind it" fits
}
schema() { python3 "$netns_here/../lib/json-schema.py" "$netns_here/../../contrib/schemas/check.json" "$work/answer"; }
# of JSON: the findings of a check that are no good news
bad() { echo "[c for c in a['checks'] if c['check'] == '$1' and c['verdict'] != 'ok']"; }
foreign() { in_ns node nft -f - || die "nft refuses a rule"; }
no_foreign() { in_ns node nft delete table "$@" || die "no such table"; }

check "W4 no daemon answers: exit status 2" asks 2 check web
check "W4 no daemon answers: it says where" complains "no daemon answers at $control"
finds "W4 this node alone needs no daemon" 0 '^this node: no trouble found$' ""

{
	node
	service web 1 "http:tcp:80:30080"
	slices web "http:tcp:8080" pod1 rpod1
	service wrong 2 "http:tcp:80"
	slices wrong "http:tcp:9999" pod1
	service dns 3 "dns:udp:53 dns-tcp:tcp:53"
	slices dns "dns:udp:8080 dns-tcp:tcp:8080" pod1
	service nobody 4 "http:tcp:80"
	service dual 6 "http:tcp:80"
	slices dual "http:tcp:8080" pod1
	service lost 5 "http:tcp:80"
} | write all.yaml
cat <<-YAML | write lost.yaml
	apiVersion: discovery.k8s.io/v1
	kind: EndpointSlice
	metadata: {name: lost-1, namespace: default, labels: {kubernetes.io/service-name: lost}}
	addressType: IPv4
	endpoints: [{addresses: [10.244.9.9]}, {addresses: [10.244.1.77]}]
	ports: [{name: http, port: 8080}]
YAML
must_start
settle

finds "W4 all is well" 0 '^default/web: no trouble found$'
check "W4 all is well: the connections" says '^ok +4 of 4 TCP endpoints take connections$'
check "W4 all is well: the routes" says '^ok +there is a route to each of 4 endpoint addresses$'
check "W4 no such Service: exit status 1" asks 1 check nowhere
check "W4 no such Service: says so" complains 'no Service default/nowhere is known'
check "W4 bad usage: exit status 2" asks 2 check a/b/c

# --- endpoints
finds "W1 a wrong targetPort" 1 '^default/wrong: trouble: 10\.244\.1\.11:9999 refuses the connection: nothing listens there' wrong
check "W1 a wrong targetPort: what to do" says 'fix: compare targetPort'
check "W1 a wrong targetPort: in words for programs" asks 1 check wrong --output json
check "W1 a wrong targetPort: reason" json "[(c['reason'], c['address'], c['port']) for c in $(bad connection)][0] == ('refused', '10.244.1.11', 9999)"
finds "W4 UDP" 2 '^default/dns: unknown: 2 UDP endpoints: whether anything listens there cannot be checked$' dns
finds "W1 no endpoints" 1 '^default/nobody: trouble: no endpoint of the Service is used$' nobody
in_ns node ip route add unreachable 10.244.9.9/32
finds "W1 no route" 1 '^default/lost: trouble: no route to 10\.244\.9\.9: ' lost
in_ns node ip route del unreachable 10.244.9.9/32
check "W1 an address that nobody has" says '^trouble +10\.244\.1\.77:8080 (does not answer|cannot be reached)'

# --- this node
in_ns node sysctl -qw net.ipv4.ip_forward=0
finds "W2 forwarding is off" 1 '^default/web: trouble: net\.ipv4\.ip_forward is 0: '
check "W2 forwarding is off: what to do" says 'fix: sysctl -w net\.ipv4\.ip_forward=1$'
finds "W2 forwarding is off, without a Service" 1 '^this node: trouble: net\.ipv4\.ip_forward is 0: ' ""
in_ns node sysctl -qw net.ipv4.ip_forward=1
in_ns node sysctl -qw net.ipv6.conf.all.forwarding=0
finds "W2 forwarding of IPv6 is off" 1 '^default/web: trouble: net\.ipv6\.conf\.all\.forwarding is 0: '
in_ns node sysctl -qw net.ipv6.conf.all.forwarding=1
in_ns node sysctl -qw net.ipv4.conf.eth0.forwarding=0
finds "W2 an interface does not forward" 1 '^default/web: trouble: what arrives on eth0 is not forwarded$'
in_ns node sysctl -qw net.ipv4.conf.eth0.forwarding=1
in_ns node sysctl -qw net.ipv4.conf.eth1.rp_filter=1
finds "W2 a strict rp_filter that does no harm" 0 '^default/web: no trouble found$'
in_ns node ip route add 10.244.2.11 dev eth0 table 77
in_ns node ip rule add from 172.19.0.10 to 10.244.2.11 lookup 77
finds "W2 a strict rp_filter, and answers that come by another way" 1 '^default/web: trouble: rp_filter drops the answers of 10\.244\.2\.11: they come by eth1'
in_ns node ip rule del from 172.19.0.10 to 10.244.2.11 lookup 77
in_ns node ip route flush table 77
in_ns node sysctl -qw net.ipv4.conf.eth1.rp_filter=0
in_ns node sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
finds "W2 nf_conntrack_tcp_loose" 1 '^default/web: trouble: nf_conntrack_tcp_loose is 0: '
in_ns node sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
# The limit belongs to the whole machine. So the command sees other files here.
echo 100 >"$work/max"
echo 100 >"$work/count"
full() { # full EXIT-STATUS
	in_ns node unshare -m bash -c "
		mount --bind '$work/max' /proc/sys/net/netfilter/nf_conntrack_max
		mount --bind '$work/count' /proc/sys/net/netfilter/nf_conntrack_count
		'$DAEMON' check web --control-socket '$control'" >"$work/answer"
	[ $? = "$1" ]
}
check "W2 connection tracking is full: exit status 1" full 1
check "W2 connection tracking is full: the first line" begins '^default/web: trouble: connection tracking has 100 of 100 entries: new connections are dropped$'
echo 95 >"$work/count"
check "W2 connection tracking is nearly full: exit status 1" full 1
check "W2 connection tracking is nearly full: the first line" begins '^default/web: trouble: connection tracking has 95 of 100 entries: it is nearly full$'
echo 50 >"$work/count"
check "W2 connection tracking is half full" full 0

# --- rules of other programs
foreign <<<'table ip other { chain pre { type nat hook prerouting priority -110; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.244.1.12:8080; }; }'
finds "W3 a foreign dnat" 1 '^default/web: trouble: table ip other, chain pre, rule handle [0-9]+ \(.*dnat\) translates packets to 10\.96\.0\.1, port 80, before our rules'
check "W3 a foreign dnat: in words for programs" asks 1 check web --output json
check "W3 a foreign dnat: where" json "[(c['table'], c['chain'], c['reason'], c['handle'] > 0) for c in $(bad foreign-nat)] == [('ip other', 'pre', 'rule', True)]"
finds "W3 a foreign dnat for others" 1 '^default/wrong: trouble: 10\.244\.1\.11:9999 refuses' wrong
no_foreign ip other
foreign <<<'table ip other { chain pre { type nat hook prerouting priority -100; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.244.1.12:8080; }; }'
finds "W3 a foreign dnat of our priority" 2 '^default/web: unknown: table ip other, chain pre, .* may translate packets to 10\.96\.0\.1, port 80, before our rules'
no_foreign ip other
foreign <<<'table ip other { set vips { type ipv4_addr . inet_service; elements = { 10.96.0.1 . 80 }; }; chain to { meta l4proto tcp dnat to 10.244.1.12:8080; }; chain pre { type nat hook prerouting priority -110; iifname "eth0" ip daddr . tcp dport @vips jump to; }; }'
finds "W3 a foreign dnat that depends on the interface" 2 '^default/web: unknown: table ip other, chain to, .* may translate'
no_foreign ip other
# As container engines have them: what is for this node's own addresses alone is none of a ClusterIP.
foreign <<<'table ip other { chain hosts { meta l4proto tcp dnat to 10.244.1.12:8080; }; chain pre { type nat hook prerouting priority -110; fib daddr type local jump hosts; }; }'
finds "W3 a foreign dnat of this node's addresses" 0 '^default/dual: no trouble found$' dual
finds "W3 a foreign dnat of a node port" 1 '^default/web: trouble: table ip other, chain hosts, .* translates packets to any address of this node, port 30080, before our rules$'
no_foreign ip other
if command -v iptables-nft >/dev/null; then
	in_ns node iptables-nft -w -t nat -N DOCKER
	in_ns node iptables-nft -w -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	in_ns node iptables-nft -w -t nat -A DOCKER -p tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
	in_ns node iptables-nft -w -P FORWARD DROP
	in_ns node iptables-nft -w -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	in_ns node iptables-nft -w -A FORWARD -m comment --comment "pods" -d 10.244.0.0/16 -j ACCEPT
	finds "W3 rules of iptables-nft that do no harm" 0 '^default/web: no trouble found$'
	in_ns node iptables-nft -w -D FORWARD 2
	finds "W3 a policy of iptables-nft" 1 '^default/web: trouble: table ip filter, chain FORWARD, policy drop, drops packets to 10\.244\.1\.11, port 8080'
	in_ns node iptables-nft -w -A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
	finds "W3 a policy of iptables-nft, and a rule for what is translated" 0 '^default/web: no trouble found$'
	in_ns node nft flush ruleset ip
	stop_daemon
	must_start
	settle
else
	skip "W3 rules of iptables-nft" "iptables-nft is not installed"
fi
foreign <<<'table inet other { chain raw { type filter hook prerouting priority raw; ip daddr 10.96.0.0/16 notrack; }; }'
finds "W3 notrack" 1 '^default/web: trouble: table inet other, chain raw, rule handle [0-9]+ \(.*ip daddr 10\.96\.0\.0/16 notrack\) switches tracking off for packets to 10\.96\.0\.1, port 80'
no_foreign inet other
foreign <<<'table inet other { chain raw { type filter hook prerouting priority raw; tcp sport 8080 notrack; }; }'
finds "W3 notrack for answers" 1 '^default/web: trouble: .* switches tracking off for answers of 10\.244\.1\.11, port 8080, and others'
no_foreign inet other
foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; ip daddr 10.244.1.0/24 tcp dport { 8080, 8443 } counter drop; }; }'
finds "W3 a foreign drop" 1 '^default/web: trouble: table inet filter, chain forward, rule handle [0-9]+ \(.*counter drop\) drops packets to 10\.244\.1\.11, port 8080'
check "W3 a foreign drop: what to do" says 'fix: accept translated connections in a rule before it'
finds "W3 a foreign drop, without a Service" 2 '^this node: unknown: table inet filter, chain forward, .* may drop packets to endpoints' ""
no_foreign inet filter
foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; ct status dnat accept; ip daddr 10.244.1.0/24 drop; }; }'
finds "W3 a foreign drop behind what check recommends" 0 '^default/web: no trouble found$'
no_foreign inet filter
foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; policy drop; ct state established,related accept; }; }'
finds "W3 a foreign policy" 1 '^default/web: trouble: table inet filter, chain forward, policy drop, drops packets to 10\.244\.1\.11, port 8080, and others'
finds "W3 a foreign policy, without a Service" 1 '^this node: trouble: table inet filter, chain forward, policy drop, drops packets to endpoints' ""
in_ns node nft add rule inet filter forward tcp dport 8080 accept
finds "W3 a foreign policy and a rule for some, without a Service" 2 '^this node: unknown: table inet filter, chain forward, policy drop, may drop packets to endpoints' ""
finds "W3 a foreign policy and a rule for us" 0 '^default/web: no trouble found$'
no_foreign inet filter
# What depends on the client is known with --from.
foreign <<<'table inet filter { chain forward { type filter hook forward priority filter; ip saddr 172.18.0.0/24 ip daddr 10.244.1.11 drop; }; }'
finds "W3 a foreign drop for some clients" 2 '^default/web: unknown: table inet filter, chain forward, .* may drop packets to 10\.244\.1\.11, port 8080$'
finds "W3 a foreign drop for this client" 1 '^default/web: trouble: table inet filter, chain forward, .* drops packets to 10\.244\.1\.11, port 8080$' "web --from 172.18.0.100"
finds "W3 a foreign drop for other clients" 0 '^default/web: no trouble found$' "web --from 10.244.2.11"
cat >"$work/four.yaml" <<-YAML
	apiVersion: v1
	kind: Service
	metadata: {name: four, namespace: default}
	spec: {clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9], ipFamilies: [IPv4], ports: [{port: 80, protocol: TCP}]}
YAML
check "W4 a client of another family: exit status 2" asks 2 check four --from fd00::1 --manifests "$work/four.yaml" --hostname-override "$node_name"
check "W4 a client of another family: says so" complains 'the Service has no IPv6 address: nothing from fd00::1 reaches it'
no_foreign inet filter
foreign <<<'table inet filter { chain output { type filter hook output priority -150; ip daddr 10.96.0.1 drop; }; }'
finds "W3 what this node sends is not what a client sends" 0 '^default/web: no trouble found$' "web --from 172.18.0.100"
finds "W3 what this node sends" 1 '^default/web: trouble: table inet filter, chain output, .* drops packets to' "web --from 172.18.0.10"
no_foreign inet filter
foreign <<<'table inet filter { chain input { type filter hook input priority filter; ip saddr 10.244.1.11 tcp sport 8080 drop; }; }'
finds "W3 a foreign drop of answers to this node" 1 '^default/web: trouble: table inet filter, chain input, .* drops answers of 10\.244\.1\.11, port 8080'
no_foreign inet filter
foreign <<<'table inet filter { chain post { type filter hook postrouting priority filter; ip saddr 10.244.1.11 drop; }; }'
finds "W3 a foreign drop of answers that leave" 1 '^default/web: trouble: table inet filter, chain post, .* drops answers of 10\.244\.1\.11, port 8080'
no_foreign inet filter
foreign <<<'table inet filter { flags dormant; chain forward { type filter hook forward priority filter; policy drop; }; }'
finds "W3 a table that is switched off" 0 '^default/web: no trouble found$'
no_foreign inet filter
foreign <<<'table inet filter { map ports { type inet_service : verdict; elements = { 8080 : goto closed, 22 : accept }; }; chain closed { reject; }; chain forward { type filter hook forward priority filter; tcp dport vmap @ports; }; }'
finds "W3 a verdict map" 1 '^default/web: trouble: table inet filter, chain closed, rule handle [0-9]+ \(reject\) rejects packets to'
no_foreign inet filter

# --- without root
unprivileged() {
	in_ns node setpriv --inh-caps=-all --bounding-set=-all --ambient-caps=-all "$DAEMON" check web --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	[ $? = 2 ]
}
check "W4 without CAP_NET_ADMIN: exit status 2" unprivileged
check "W4 without CAP_NET_ADMIN: the first line" begins '^default/web: unknown: rules of other programs are unknown: reading them needs root'
check "W4 from manifests" asks 0 check web --manifests "$manifests/all.yaml" --hostname-override "$node_name"

finish
