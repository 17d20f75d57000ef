#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kube-proxy's configuration file, and how its fields change what the daemon does. Rows X1 to X3, X5 to X8, X10, X12,
# X15, X17, D5, C14, C15, H12, Y17.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }
steady_wanted="" # a family goes and comes
config=$work/etc/config.conf
mkdir -p "$work/etc/..one" "$work/etc/..two"
default_daemon_args=(--state-dir "") # the file says the rest
daemon_source=(--config "$config")

config() { # config [LINE...]
	printf '%s\n' "apiVersion: kubeproxy.config.k8s.io/v1alpha1" "kind: KubeProxyConfiguration" \
		"clusterCIDR: $cluster_cidr" "kubeNftproxy: {manifests: $manifests, ownTables: false}" "$@"
}
sysctl_is() { # sysctl_is NAME VALUE
	[ "$(in_ns node cat "/proc/sys/net/netfilter/$1")" = "$2" ]
}
ended() { ! kill -0 "$daemon_pid" 2>/dev/null; }
configz() { # configz EXPRESSION - of what it says as c
	in_ns node curl -s --max-time 5 http://127.0.0.1:10249/configz | python3 -c '
import json, sys
c = json.load(sys.stdin)["kubeproxy.config.k8s.io"]
sys.exit(not eval(sys.argv[1]))' "$1"
}

{
	node
	service web 1 "http:tcp:80:30080"
	slices web "http:tcp:8080" pod1
} | write web.yaml
config "mode: iptables" "conntrack: {tcpEstablishedTimeout: 7m, udpTimeout: 11s, maxPerCore: 1000, min: 70001}" \
	"featureGates: {Other: true}" "hostnameOverride: elsewhere" >"$config"
must_start --cluster-cidr 10.0.0.0/8
answers() { expect_answer "X1 X5 what the file says is served" client tcp "$(vip 1)" 80 pod1; }
for family in ${NETNS_FAMILIES:-4 6}; do answers; done
check "X3 another mode is told of" log_says 'level=warn .*proxy mode not supported, using nftables" mode=iptables'
check "X12 what has no effect is told of" log_says 'level=warn .*settings without effect here" names=featureGates.Other'
check "X1 a flag beside the file is told of" log_says 'level=warn .*flags are ignored beside a configuration file" names=--cluster-cidr'
check "X10 --hostname-override counts more" log_says "msg=starting .*node=$node_name"
check "C15 a time-out of connection tracking" sysctl_is nf_conntrack_tcp_timeout_established 420
check "C15 another one" sysctl_is nf_conntrack_udp_timeout 11
check "C15 one that is by default" sysctl_is nf_conntrack_tcp_timeout_close_wait 3600
# The size of conntrack's table is a setting of the whole machine: it cannot be written in another network namespace.
check "C14 the size cannot be written here: told, with its name and value" log_says \
	'level=warn .*cannot write a kernel setting" key=/proc/sys/net/netfilter/nf_conntrack_max wanted=70001 '
check "H12 /configz is what was read" configz 'c["kind"] == "KubeProxyConfiguration" and c["conntrack"]["udpTimeout"] == "11s" and c["hostnameOverride"] == "this-node"'
check "X15 /configz has what was left open, too" configz 'c["nftables"]["syncPeriod"] == "30s" and c["metricsBindAddress"] == "127.0.0.1:10249"'

# X2. Writing the same file again is no change.
cp "$config" "$work/etc/new" && mv "$work/etc/new" "$config"
sleep 0.5
refute "X2 written, and the same: nothing happens" ended
config "mode: nftables" >"$work/etc/new"
mv "$work/etc/new" "$config"
check "X2 another file: the daemon ends" wait_until 50 ended
refute "X2 with an error" stop_daemon
check "X2 that says why" log_says 'level=error .*msg="configuration changed, exiting for a restart; rules are kept" err=".*config.conf has changed"'
refute "X2 and not that it could not start" log_says "cannot start"
for family in ${NETNS_FAMILIES:-4 6}; do
	expect_answer "X2 and its rules stay" client tcp "$(vip 1)" 80 pod1
done
must_start
config "mode: nftables" "nftables: {masqueradeAll: true}" >"$config"
check "X2 written in its place: the daemon ends" wait_until 50 ended
stop_daemon

# As a ConfigMap is mounted: a link to a link, of which one is replaced.
config >"$work/etc/..one/config.conf"
config "nftables: {masqueradeAll: true}" >"$work/etc/..two/config.conf"
ln -s ..one "$work/etc/..data"
ln -sf ..data/config.conf "$config"
must_start
ln -s ..two "$work/etc/..data_tmp"
mv -T "$work/etc/..data_tmp" "$work/etc/..data"
check "X2 a ConfigMap's link is replaced: the daemon ends" wait_until 50 ended
stop_daemon
rm "$config"

# D5, X7: the bind address replaces the Node's address of its family.
in_ns node ip address add 172.18.0.77/24 dev eth0
config "bindAddress: 172.18.0.77" >"$config"
must_start
settle
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 4 "* ]]; then
	family=4
	expect_answer "D5 node ports are served on it" client tcp 172.18.0.77 30080 pod1
	expect_refused "D5 and not on the Node's own" client tcp "$(addr node)" 30080
fi
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 6 "* ]]; then
	family=6
	expect_answer "D5 the other family is as it was" client tcp "$(addr node)" 30080 pod1
fi
stop_daemon
config 'bindAddress: "::"' >"$config"
must_start
check "X7 an IPv6 one makes the others' defaults that" test "$(in_ns node curl -g -s --max-time 5 "http://[::1]:10249/proxyMode")" = nftables
stop_daemon

# X8
config 'healthzBindAddress: "172.18.0.10"' 'metricsBindAddress: "[::1]:1234"' >"$config"
must_start
check "X8 an address without a port" test "$(in_ns node curl -s --max-time 5 -o /dev/null -w '%{http_code}' http://172.18.0.10:10256/livez)" = 200
check "X8 an address with one" test "$(in_ns node curl -g -s --max-time 5 "http://[::1]:1234/proxyMode")" = nftables
stop_daemon

# X6
config 'nodePortAddresses: ["172.18.0.77/32", "fd00:172:18::/64"]' >"$config"
must_start
settle
if [[ " ${NETNS_FAMILIES:-4 6} " = *" 4 "* ]]; then
	family=4
	expect_answer "X6 node ports on listed addresses" client tcp 172.18.0.77 30080 pod1
	expect_refused "X6 and on no others" client tcp "$(addr node)" 30080
fi
stop_daemon

# X17: the machine has no IPv6, and all prefixes are IPv6.
in_ns node sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
config | sed 's/clusterCIDR: .*/clusterCIDR: fd00:10:244::\/48/' >"$config"
refute "X17 a clusterCIDR of the other family alone" timeout 10 nsenter --net=/run/netns/node -- "$DAEMON" --config "$config" \
	--hostname-override "$node_name" 2>"$work/err"
check "X17 it says so" grep -q "config.conf: clusterCIDR: no prefix of IPv4" "$work/err"
in_ns node sysctl -q -w net.ipv6.conf.all.disable_ipv6=0

# Y17
in_ns node sh -c 'echo 5 >/proc/sys/net/netfilter/nf_conntrack_udp_timeout'
config "conntrack: {udpTimeout: 12s}" >"$config"
refute "C15 a daemon that cannot start" in_ns node "$DAEMON" --kubeconfig "$work/etc/none" --conntrack-udp-timeout 12s
check "C15 has written nothing" sysctl_is nf_conntrack_udp_timeout 5
check "Y17 --init-only ends well" in_ns node "$DAEMON" --config "$config" --init-only
check "Y17 and has written the settings" sysctl_is nf_conntrack_udp_timeout 12
config "conntrack: {maxPerCore: 0}" >"$config"
check "Y17 --init-only where all can be written" in_ns node "$DAEMON" --config "$config" --init-only 2>"$work/err"
check "Y17 says that all is" grep -q "msg=\"kernel settings written\"" "$work/err"
config "conntrack: {maxPerCore: 70001}" >"$config"
check "Y17 --init-only where one cannot be written" in_ns node "$DAEMON" --config "$config" --init-only 2>"$work/err"
check "Y17 says how many are not" grep -q "level=warn .*not all kernel settings could be written\" left=1" "$work/err"
finish
