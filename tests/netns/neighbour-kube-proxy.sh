#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tables of kube-proxy's nftables mode, as a stopped kube-proxy leaves them, beside ours: Services work whichever
# of both translates first, and no connection fails when kube-proxy's tables are removed. Rows K3 to K6, K9, P9, M2,
# M4 to M6, E20, E21, N1, N9, U1, U2, P14, Y14, Y16.
. "$(dirname "$0")/lib.sh"
expect_timeout_ms=250

# Both know service 1 with node port 30080 and service 2 with node port 30082 and policy Local, of pod1 and rpod1,
# and service 3 of nobody.
somebody=
services() { # services ENDPOINT...
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort"
	slices web "http:tcp:8080 dns:udp:8080" "$@"
	service near 2 "http:tcp:80:30082" "type: NodePort" "externalTrafficPolicy: Local"
	slices near "http:tcp:8080" "$@"
	# shellcheck disable=SC2086 # one or none
	service empty 3 "http:tcp:80" && slices empty "http:tcp:8080" $somebody
}

. "$netns_here/kube-proxy-tables.bash"

# theirs - kube-proxy's tables with handles, which shows that no rule was replaced by an equal one
theirs() {
	in_ns node nft -a list table ip kube-proxy
	in_ns node nft -a list table ip6 kube-proxy
}
theirs_are() { [ -n "$1" ] && [ "$(theirs)" = "$1" ]; }

saw_client() { ask client tcp "$1" "$2" -n 20 | grep -q "saw $(addr client)\$"; }
agreed() {
	local from
	for from in client pod3 node; do
		expect_distribution "$title: $from: a ClusterIP" "$from" tcp "$(vip 1)" 80 "pod1 rpod1"
		expect_distribution "$title: $from: a node port" "$from" tcp "$(addr node)" 30080 "pod1 rpod1"
	done
	expect_answer "M2 $title: a pod keeps its source" pod3 tcp "$(vip 1)" 80 "pod1 rpod1" pod3
	expect_answer "P9 $title: UDP" pod3 udp "$(vip 1)" 53 "pod1 rpod1" pod3
	refute "M2 $title: off-cluster is masqueraded" saw_client "$(vip 1)" 80
	refute "M4 $title: a node port is masqueraded" saw_client "$(addr node)" 30080
	expect_answer "M5 $title: policy Local keeps the client's source" client tcp "$(addr node)" 30082 pod1 client
	expect_distribution "E20 $title: policy Local, a pod is short-circuited" pod3 tcp "$(addr node)" 30082 \
		"pod1 rpod1"
	expect_distribution "E21 $title: policy Local, so is the node" node tcp "$(addr node)" 30082 "pod1 rpod1"
	expect_distribution "M6 $title: hairpin" pod1 tcp "$(vip 1)" 80 "pod1 rpod1"
	expect_refused "N1 $title: nobody: refused" pod3 tcp "$(vip 3)" 80
	expect_refused "U1 $title: an undefined port" pod3 tcp "$(vip 1)" 81
	expect_timeout "U2 $title: an address that nobody has" pod3 tcp "$(vip 77)" 80
}

# removed FROM - kube-proxy's table of the family is removed while FROM opens connections, and has one open
removed() {
	load_start "$1" tcp "$(vip 1)" 80
	hold_open "$1" tcp "$(vip 1)" 80
	expect_answer "$title: $1: before theirs are removed" "$1" tcp "$(vip 1)" 80 "pod1 rpod1"
	in_ns node nft delete table "$([ "$family" = 4 ] && echo ip || echo ip6)" kube-proxy
	expect_distribution "$title: $1: after theirs are removed" "$1" tcp "$(vip 1)" 80 "pod1 rpod1"
	hold_line hello
	check "P14 $title: $1: an open connection stays" grep -qx "r\?pod1 hello" <<<"$hold_answer"
	hold_close
	load_stop
	if load_only_answers; then
		pass "Y14 $title: $1: no connection fails"
	else
		fail "Y14 $title: $1: connections while theirs are removed" "${load_tally//$'\n'/; }"
	fi
}

# The load uses the same ports again and again. Wait until conntrack has forgotten the connections that have ended: a new
# one from the same port would count as the old one, and pod2 has been an endpoint in between.
in_ns node sh -c 'echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait' 2>/dev/null

{ node && service_cidr kubernetes; } | write cluster.yaml
services pod1 rpod1 | write services.yaml

# As when kube-proxy is replaced: its tables exist when our daemon starts. Ours are newer, so the kernel asks them first.
each_family kube_proxy
before=$(theirs)
must_start
check "K3 a start leaves them alone" theirs_are "$before"
title="ours first"
each_family agreed

# kube-proxy's tables no longer change and ours do: our newer state decides.
somebody=pod2
{
	services pod2 pod1
	service new 4 "http:tcp:80:30084" "type: NodePort" && slices new "http:tcp:8080" pod2
} | apply services.yaml
changed() {
	expect_distribution "$title: endpoints that came and went" client tcp "$(vip 1)" 80 "pod1 pod2"
	expect_distribution "$title: by node port" client tcp "$(addr node)" 30080 "pod1 pod2"
}
unknown_to_them() {
	expect_answer "$title: a Service that they don't know" pod3 tcp "$(vip 4)" 80 pod2 pod3
	expect_answer "$title: from the node" node tcp "$(vip 4)" 80 pod2 cni0
	expect_answer "$title: its node port" client tcp "$(addr node)" 30084 pod2 cni0
	expect_answer "N9 $title: a Service that has nobody for them" pod3 tcp "$(vip 3)" 80 pod2 pod3
	expect_answer "N9 $title: from the node" node tcp "$(vip 3)" 80 pod2 cni0
}
each_family changed
each_family unknown_to_them
check "K3 changes leave them alone" theirs_are "$before"
stop_daemon
check "K3 a stop leaves them alone" theirs_are "$before"
steady_end # without our tables nothing of ours is translated any more
in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
check "K3 --cleanup leaves them alone" theirs_are "$before"
alone() { expect_distribution "Y16 theirs serve again" client tcp "$(vip 1)" 80 "pod1 rpod1"; }
each_family alone

somebody=
services pod1 rpod1 | write services.yaml
must_start
ours_first() { removed client; }
each_family ours_first

# kube-proxy started once more, and stopped again: now its tables are the newer ones.
each_family kube_proxy
title="theirs first"
each_family agreed
somebody=pod2
{
	services pod1 rpod1
	service new 4 "http:tcp:80:30084" "type: NodePort" && slices new "http:tcp:8080" pod2
} | apply services.yaml
each_family unknown_to_them
theirs_first() {
	local from
	for from in client pod3 node; do
		removed "$from"
		kube_proxy
	done
}
each_family theirs_first

# Their outdated state decides as long as the kernel asks them first. Removing them is enough.
services pod2 | apply services.yaml
stale() { expect_distribution "$title: endpoints that went are theirs still" client tcp "$(vip 1)" 80 "pod1 rpod1"; }
each_family stale
in_ns node nft delete table ip kube-proxy
in_ns node nft delete table ip6 kube-proxy
at_last() { expect_distribution "theirs are removed: the endpoint that came" client tcp "$(vip 1)" 80 "pod2"; }
each_family at_last
finish
