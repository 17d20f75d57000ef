#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another proxy, with iptables rules, serves the Services that carry its label, in the same range of addresses. Its
# DNAT at the usual priority works beside ours, whether its rules were made before or after ours, and although our
# rules know the range. Rows S1, U1, U2, U8, K3, K9.
. "$(dirname "$0")/lib.sh"

command -v iptables >/dev/null && command -v ip6tables >/dev/null || skip_all "iptables is not installed"

labelled() { sed 's|^  namespace: default|&\n  labels: {service.kubernetes.io/service-proxy-name: other}|'; }
ours() { service web 1 "http:tcp:80:30080" "type: NodePort" && slices web "http:tcp:8080" pod1; }
theirs() {
	service other 3 "http:tcp:80:30090 dns:udp:53" "type: NodePort"
	slices other "http:tcp:8080 dns:udp:8080" pod2
}
expect_timeout_ms=250
{ node && service_cidr kubernetes; } | write cluster.yaml
ours | write ours.yaml
theirs | labelled | write theirs.yaml

# Sends its Service (number 3, node port 30090) to pod2; marks what is not from a pod, and masquerades by the mark.
other_proxy() {
	local iptables=iptables to pods=10.244.0.0/16
	to=$(addr pod2)
	[ "$family" = 4 ] || { iptables=ip6tables to="[$to]" pods=fd00:10:244::/48; }
	in_ns node "$iptables-restore" --noflush <<-RULES || die "iptables refuses the other proxy's rules"
	*nat
	:OTHER-SERVICES -
	:OTHER-MARK -
	-A PREROUTING -j OTHER-SERVICES
	-A OUTPUT -j OTHER-SERVICES
	-A OTHER-MARK -j MARK --or-mark 0x4000
	-A OTHER-SERVICES ! -s $pods -d $(vip 3) -j OTHER-MARK
	-A OTHER-SERVICES -d $(vip 3) -p tcp --dport 80 -j DNAT --to-destination $to:8080
	-A OTHER-SERVICES -d $(vip 3) -p udp --dport 53 -j DNAT --to-destination $to:8080
	-A OTHER-SERVICES -m addrtype --dst-type LOCAL -p tcp --dport 30090 -j OTHER-MARK
	-A OTHER-SERVICES -m addrtype --dst-type LOCAL -p tcp --dport 30090 -j DNAT --to-destination $to:8080
	-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
	COMMIT
	RULES
}
no_other_proxy() {
	in_ns node nft delete table ip nat
	in_ns node nft delete table ip6 nat
}
others() { # what stands that is not ours, without counters
	in_ns node iptables-save | sed '/^#/d; s/ \[.*//'
	in_ns node ip6tables-save | sed '/^#/d; s/ \[.*//'
}
others_are() { [ -n "$1" ] && [ "$(others)" = "$1" ]; }

its_services() {
	expect_answer "U8 $title: its Service, off-cluster" client tcp "$(vip 3)" 80 pod2 cni0
	expect_answer "U8 $title: from a pod, whose source stays" pod3 tcp "$(vip 3)" 80 pod2 pod3
	expect_answer "U8 $title: from the node" node tcp "$(vip 3)" 80 pod2 cni0
	expect_answer "U8 $title: UDP" pod3 udp "$(vip 3)" 53 pod2 pod3
	expect_answer "U8 $title: its node port" client tcp "$(addr node)" 30090 pod2 cni0
	expect_answer "U8 $title: on an address that serves none of ours" client tcp "$(addr node-eth1)" 30090 pod2 cni0
	expect_answer "U8 $title: its node port, from a pod" pod3 tcp "$(addr node)" 30090 pod2
	expect_timeout "U8 $title: a port that it does not have" pod3 tcp "$(vip 3)" 81
	expect_answer "$title: our Service" pod3 tcp "$(vip 1)" 80 pod1 pod3
	expect_answer "$title: our Service, from the node" node tcp "$(vip 1)" 80 pod1 cni0
	expect_answer "$title: our node port" client tcp "$(addr node)" 30080 pod1 cni0
	expect_refused "U1 $title: a port that ours does not have" pod3 tcp "$(vip 1)" 81
	expect_timeout "U2 $title: an address that nobody has" pod3 tcp "$(vip 77)" 80
}

each_family other_proxy
before=$(others)
must_start
title="before us"
each_family its_services
check "K3 $title: its rules stay as they are" others_are "$before"

# Under load the Service goes from one proxy to the other and back. Each of them has another endpoint for it.
mine() {
	theirs | sed "s/$(family=4 addr pod2)/$(family=4 addr pod1)/; s/$(family=6 addr pod2)/$(family=6 addr pod1)/"
}
changes_hands() {
	load_start pod3 tcp "$(vip 3)" 80
	mine | apply theirs.yaml
	expect_answer "S1 the label goes: the Service is ours" pod3 tcp "$(vip 3)" 80 pod1 pod3
	expect_answer "S1 and its node port" client tcp "$(addr node)" 30090 pod1 cni0
	expect_refused "U1 and a port that it does not have" pod3 tcp "$(vip 3)" 81
	theirs | labelled | apply theirs.yaml
	expect_answer "S1 the label comes: the Service is the other's" pod3 tcp "$(vip 3)" 80 pod2 pod3
	expect_answer "S1 and its node port" client tcp "$(addr node)" 30090 pod2 cni0
	expect_timeout "U8 and a port that it does not have" pod3 tcp "$(vip 3)" 81
	load_stop
	if load_only_answers && [ "$(grep -c . <<<"$load_tally")" = 2 ]; then
		pass "S1 no connection is lost"
	else
		fail "S1 connections over changes of the label" "${load_tally//$'\n'/; }"
	fi
}
each_family changes_hands

no_other_proxy
its_absence() { expect_timeout "U8 without it, nobody answers" pod3 tcp "$(vip 3)" 80; }
each_family its_absence
each_family other_proxy
title="after us"
each_family its_services

# Our changes do not concern its flows.
flow_stays() {
	hold_open client udp "$(vip 3)" 53
	ours | sed "s/30080/3008$family/" | apply ours.yaml
	theirs | labelled | sed "s/name: other-/name: again-/" | apply theirs.yaml
	hold_line again
	check "U8 a UDP flow of its Service stays" test "${hold_answer%% *}" = pod2
	hold_close
}
each_family flow_stays
stop_daemon
check "K3 stopped: its rules stay as they are" others_are "$before"
steady_end # without our tables nothing of ours is translated any more
in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
check "K3 after --cleanup, too" others_are "$before"
cleaned_up() { expect_answer "U8 after --cleanup its Service is served" pod3 tcp "$(vip 3)" 80 pod2 pod3; }
each_family cleaned_up
finish
