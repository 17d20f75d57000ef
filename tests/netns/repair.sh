#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other programs change our tables, which have no owner, while the daemon runs; the daemon repairs them. Rows Y7, Y13.
. "$(dirname "$0")/lib.sh"

{
	service web 1 ":tcp:80" && slices web ":tcp:8080" pod1
	service ranges 2 ":tcp:80" "type: LoadBalancer" 'loadBalancerSourceRanges: [172.16.0.0/12, "fd00::/16"]'
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress: [{ip: $(family=4 addr ext1)}, {ip: "$(family=6 addr ext1)"}]
	YAML
	slices ranges ":tcp:8080" pod1
	service sticky 3 ":tcp:80" "sessionAffinity: ClientIP" && slices sticky ":tcp:8080" pod1 pod2
} | write web.yaml
must_start --own-tables=false
settle
before=$(ruleset)
as_before() { [ "$(ruleset)" = "$before" ]; }

# Repeated damage is repaired after longer and longer delays: restart the daemon.
patient_again() {
	stop_daemon
	must_start --own-tables=false
	settle
	before=$(ruleset)
}

damage() { # damage TITLE NFT-COMMAND...
	local title=$1
	shift
	log_forget
	in_ns node nft "$@" || die "nft $*"
	check "Y7 $title: it is noticed" wait_until 100 log_says 'msg=(verified|"put right")'
	check "Y7 Y13 $title: put right" as_before
}

# The same, and only the changed objects are read back.
damage_part() {
	damage "$@"
	refute "Y7 $1: no whole table is read back" log_says 'msg=verified'
}

# The first element of a set, as nft takes it.
first_element() { # first_element TABLE KIND SET
	in_ns node nft -j list "$2" "$1" kube-nftproxy "$3" | python3 -c '
import json, sys
def text(e):
    if isinstance(e, dict) and "concat" in e:
        return " . ".join(text(part) for part in e["concat"])
    if isinstance(e, dict) and "prefix" in e:
        return "%s/%d" % (e["prefix"]["addr"], e["prefix"]["len"])
    if isinstance(e, dict) and "range" in e:
        return "-".join(e["range"])
    return str(e)
for entry in json.load(sys.stdin)["nftables"]:
    for e in (entry.get("set") or entry.get("map") or {}).get("elem", []):
        print(text(e[0] if isinstance(e, list) else e))
        sys.exit()'
}

# The handle of the first rule of a chain.
first_rule() { # first_rule TABLE CHAIN
	in_ns node nft -a list chain "$1" kube-nftproxy "$2" | sed -n 's/^\t\t.* # handle \([0-9]*\)$/\1/p' | head -n 1
}

repair() {
	local table=ip endpoint sticky sources
	[ "$family" = 4 ] || table=ip6
	patient_again
	damage_part "a front end is deleted" delete element $table kube-nftproxy services "{ $(vip 1) . tcp . 80 }"
	endpoint=$(first_element $table map endpoints)
	damage_part "an endpoint is another" "delete element $table kube-nftproxy endpoints { $endpoint };
		add element $table kube-nftproxy endpoints { $endpoint : $(addr remote) . 8080 }"
	damage_part "a foreign address is added" add element $table kube-nftproxy cluster-ips "{ $(vip 99) }"
	sources=$(in_ns node nft list chains $table | sed -n 's/.*chain \(sources-[^ ]*\) {.*/\1/p' | head -n 1)
	damage_part "a source range is deleted" delete rule $table kube-nftproxy "$sources" \
		handle "$(first_rule $table "$sources")"
	damage_part "a chain is flushed" flush chain $table kube-nftproxy lb-tcp-2
	damage_part "a rule of a base chain is deleted" delete rule $table kube-nftproxy prerouting \
		handle "$(first_rule $table prerouting)"
	sticky=$(in_ns node nft list chains $table | sed -n 's/.*chain \(learn-[^ ]*\) {.*/\1/p' | head -n 1)
	damage_part "a chain that learns is flushed" flush chain $table kube-nftproxy "$sticky"
	patient_again
	damage_part "a set is flushed" flush map $table kube-nftproxy endpoints
	damage_part "much at once" "flush chain $table kube-nftproxy output; flush set $table kube-nftproxy cluster-ips;
		add rule $table kube-nftproxy lb-tcp-1 counter; insert rule $table kube-nftproxy prerouting accept"
	damage "a chain is added" add chain $table kube-nftproxy foreign
	damage "a chain is renamed" rename chain $table kube-nftproxy lb-tcp-2 renamed
	damage "a base chain has another priority" -f - <<-NFT
		flush chain $table kube-nftproxy prerouting
		delete chain $table kube-nftproxy prerouting
		add chain $table kube-nftproxy prerouting { type nat hook prerouting priority -5; }
	NFT
	damage "a base chain is added" add chain $table kube-nftproxy foreign-base "{ type filter hook input priority 0; policy drop; }"
	damage "a set is added" add set $table kube-nftproxy foreign "{ type inet_service; }"
}
each_family repair
steady_end # while no nat chain is there the kernel translates nothing, not even what it knows
patient_again

repair_all() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	damage "the table is deleted" delete table $table kube-nftproxy
	damage "the whole ruleset is flushed" flush ruleset
	expect_answer "Y13 the Service works" client tcp "$(vip 1)" 80 pod1
}
each_family repair_all

# A change of a Service at the same moment is not lost.
{
	service web 1 ":tcp:80" && slices web ":tcp:8080" pod2
} | write web.yaml
in_ns node nft flush ruleset
settle
after() { expect_answer "Y13 a change in the same moment arrives" client tcp "$(vip 1)" 80 pod2; }
each_family after
finish
