#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From kube-proxy to kube-nftproxy and back, as contrib/kubernetes/README.md describes it, under 500 connections a
# second: kube-proxy's tables are installed, our daemon starts, kube-proxy's tables are removed, endpoints change, the
# daemon stops, kube-proxy's tables come again, ours are removed. No connection is refused or reset. Rows K3, P14,
# Y12, Y14, Y16.
. "$(dirname "$0")/lib.sh"
. "$netns_here/kube-proxy-tables.bash"
steady_wanted="" # our tables come and go

in_ns node sh -c 'echo 10 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait' 2>/dev/null
web() {
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort"
	slices web "http:tcp:8080 dns:udp:8080" "$@"
}
load_begin() {
	rate_start tcp client 500 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80 \
		tcp "$(family=4 addr node)" 30080 tcp "$(family=6 addr node)" 30080
	rate_start pods pod3 200 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80
}
load_end() { # load_end TITLE "NAME..."
	family="4 and IPv6"
	rate_end tcp "$1: connections of a client" "$2"
	rate_end pods "$1: connections of a pod" "$2"
	family=4
}
pause() { sleep $((2 * ${NETNS_SLOW:-1})); }
theirs_go() {
	in_ns node nft delete table ip kube-proxy
	in_ns node nft delete table ip6 kube-proxy
}

{ node && web pod1 rpod1; } | write services.yaml
each_family kube_proxy
load_begin
pause
must_start
settle
pause
theirs_go
pause
load_end "P14 Y14 to us, and kube-proxy's tables go" "pod1 rpod1"
check "K3 ours alone stand" test "$(in_ns node nft list tables | grep -v 'kube-nftproxy-lock$' | sort | tr '\n' ' ')" = "table ip kube-nftproxy table ip6 kube-nftproxy "

# The endpoints change again and kube-proxy's tables do not know: only ours decide.
load_begin
{ node && web pod1 pod2 rpod1; } | apply services.yaml
pause
load_end "Y12 endpoints that come afterwards" "pod1 pod2 rpod1"

{ node && web pod1 rpod1; } | apply services.yaml
load_begin
pause
stop_daemon
each_family kube_proxy
pause
check "Y16 and back: --cleanup" in_ns node "$DAEMON" --cleanup
pause
load_end "P14 Y16 and back, and our tables go" "pod1 rpod1"
check "K3 theirs alone stand" test "$(in_ns node nft list tables | sort | tr '\n' ' ')" = "table ip kube-proxy table ip6 kube-proxy "
finish
