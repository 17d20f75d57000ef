#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The API server's machine vanishes: no packet ends its connections. The daemon notices within 45 s even if it sends
# nothing on them, and continues the watches as soon as the server can be reached again.
. "$(dirname "$0")/lib.sh"

steady_wanted="" # its Service would be a manifest
command -v python3 >/dev/null || skip_all "python3 is not installed"
command -v curl >/dev/null || skip_all "curl is not installed"
command -v openssl >/dev/null || skip_all "openssl is not installed"

# On another machine, and over TLS: all watches on one connection, if its python speaks HTTP/2.
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=api -keyout "$work/key" \
	-out "$work/crt" -addext "subjectAltName=IP:$(addr remote)" 2>/dev/null || die "no certificate"
exec {server_out}< <(exec nsenter --net=/run/netns/remote -- "$python" "$netns_here/../lib/apiserver.py" --stay \
	--address "$(addr remote)" --cert "$work/crt" --key "$work/key" 2>/dev/null </dev/null)
server_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$server_out" line || die "the API server does not start"
cat >"$work/kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "$(sed -E 's/.*"url": "([^"]*)".*/\1/' <<<"$line")", certificate-authority: crt}}]
users: [{name: u, user: {}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
YAML
control=$(sed -E 's/.*"control": "([^"]*)".*/\1/' <<<"$line")
put() { # put NAME NUMBER PART
	local object
	for object in "{\"kind\": \"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1\", \"addressType\": \"IPv4\",
		\"metadata\": {\"name\": \"$1-4\", \"namespace\": \"default\", \"labels\": {\"kubernetes.io/service-name\": \"$1\"}},
		\"endpoints\": [{\"addresses\": [\"$(addr "$3")\"]}], \"ports\": [{\"name\": \"\", \"protocol\": \"TCP\", \"port\": 8080}]}" \
		"{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"default\"},
		\"spec\": {\"ipFamilies\": [\"IPv4\"], \"clusterIP\": \"$(vip "$2")\", \"clusterIPs\": [\"$(vip "$2")\"],
		\"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}"; do
		in_ns remote curl -sf --noproxy '*' -X PUT "$control/objects" -d "$object" >/dev/null || die "no PUT"
	done
}
connections() { in_ns node ss -tnH state established dst "$(addr remote)"; }
connected() { [ -n "$(connections)" ]; }
disconnected() { [ -z "$(connections)" ]; }

put web 1 pod1
daemon_source=(--kubeconfig "$work/kubeconfig")
must_start --own-tables=false
check "a server on another machine is followed" wait_until 20 reaches 1 pod1
check "over connections that stay" connected

in_ns remote nft -f - <<'NFT'
table inet gone {
	chain comes { type filter hook input priority -300; iifname != "lo" drop; }
	chain goes { type filter hook output priority -300; oifname != "lo" drop; }
}
NFT
start=$(now_ms)
log_forget
put late 2 pod2
put web 1 pod3
# Data that waits to be sent keeps TCP from sending keepalive probes, and must not hide that the peer is gone: an Event,
# and all requests anew.
(
	sleep 12
	kill -HUP "$daemon_pid"
	in_ns node nft delete element ip kube-nftproxy cluster-ips "{ $(vip 1) }"
) &
check "the connections are given up" wait_until 700 disconnected
took=$(($(now_ms) - start))
check "within 45 s ($took ms)" test "$took" -le 45000
check "what is known stands" reaches 1 pod1
tried() { log_says "tried again in"; }
check "the log says so" wait_until 150 tried

in_ns remote nft delete table inet gone
check "there is a way again: what changed meanwhile" wait_until 300 reaches 1 pod3
check "and what is new" wait_until 50 reaches 2 pod2
check "over a connection again" connected
kill "$server_pid"
finish
