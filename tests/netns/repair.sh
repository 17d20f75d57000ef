#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Somebody else changes our tables while we run, which nobody else owns: they are put right. Rows Y7, Y13.
. "$(dirname "$0")/lib.sh"

{
	service web 1 ":tcp:80" && slices web ":tcp:8080" pod1
} | write web.yaml
must_start --own-tables=false
settle
before=$(ruleset)
as_before() { [ "$(ruleset)" = "$before" ]; }

damage() { # damage TITLE NFT-COMMAND...
	local title=$1
	shift
	in_ns node nft "$@" || die "nft $*"
	check "Y7 Y13 $title: put right" wait_until 100 as_before
}

repair() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	damage "a front end is deleted" delete element $table kube-nftproxy services "{ $(vip 1) . tcp . 80 }"
	damage "a foreign address is added" add element $table kube-nftproxy cluster-ips "{ $(vip 99) }"
	damage "a chain is flushed" flush chain $table kube-nftproxy lb-tcp-1
	damage "a rule is added" add rule $table kube-nftproxy lb-tcp-1 counter
	damage "a set is flushed" flush map $table kube-nftproxy endpoints
}
each_family repair
steady_end # while no nat chain is there the kernel translates nothing, not even what it knows

repair_all() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	damage "the table is deleted" delete table $table kube-nftproxy
	damage "the whole ruleset is flushed" flush ruleset
	expect_answer "Y13 the Service works" client tcp "$(vip 1)" 80 pod1
}
each_family repair_all

# The change that comes at the same moment is not lost.
{
	service web 1 ":tcp:80" && slices web ":tcp:8080" pod2
} | write web.yaml
in_ns node nft flush ruleset
settle
after() { expect_answer "Y13 a change in the same moment arrives" client tcp "$(vip 1)" 80 pod2; }
each_family after
finish
