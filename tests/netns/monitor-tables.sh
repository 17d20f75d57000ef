#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --monitor-tables=false: nothing listens to nf_tables' notifications. Once a second the daemon asks whether the ruleset
# has changed, and then checks its tables at little cost. Rows Y8, Y13, Y23.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # while no table is there the kernel translates nothing, not even what it knows

default_daemon_args+=(--own-tables=false --monitor-tables=false --control-socket "$work/control")
{
	service web 1 ":tcp:80"
	# Intervals and client maps: their elements are counted in another way, or not at all.
	service ranges 2 ":tcp:80" "type: LoadBalancer" 'loadBalancerSourceRanges: [172.16.0.0/12, 0.0.0.0/0, "fd00::/16"]'
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress: [{ip: $(family=4 addr ext1)}, {ip: "$(family=6 addr ext1)"}]
	YAML
	slices ranges ":tcp:8080" pod1
	service sticky 3 ":tcp:80" "sessionAffinity: ClientIP" && slices sticky ":tcp:8080" pod1 pod2
} | write web.yaml
slices web ":tcp:8080" pod1 | write web-slice.yaml
must_start
settle
before=$(ruleset)
as_before() { [ "$(ruleset)" = "$before" ]; }
# The sockets of netfilter, and the groups that they listen to.
listeners() { in_ns node awk '$2 == 12 && $4 !~ /^0+$/' /proc/net/netlink; }
nobody_listens() { [ -z "$(listeners)" ]; }
check "Y23 nothing listens after the start" nobody_listens

damage() { # damage TITLE NFT-COMMAND...
	local title=$1 begin look_ms
	shift
	log_forget
	begin=$(now_ms)
	as_before
	look_ms=$(($(now_ms) - begin))
	begin=$(now_ms)
	in_ns node nft "$@" || die "nft $*"
	check "Y13 Y23 $title: put right" wait_until 100 as_before
	# Without the time of two looks: one that was too early by a moment, and the one that sees the old rules again.
	check "Y23 $title: within 2 s" test $(($(now_ms) - begin - 2 * look_ms)) -lt $((2000 * ${NETNS_SLOW:-1}))
	check "Y23 $title: the log says so" log_says 'msg="our tables were changed by another process: repairing them"'
	check "Y23 $title: nothing listens" nobody_listens
	# Each repair soon after another one waits longer.
	stop_daemon
	must_start
	settle
	before=$(ruleset)
}

damages() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	damage "the table is deleted" delete table $table kube-nftproxy
	expect_answer "Y13 Y23 the Service works" client tcp "$(vip 1)" 80 pod1
	damage "the whole ruleset is flushed" flush ruleset
	damage "a chain is added" add chain $table kube-nftproxy foreign
	since 6.16 || return 0
	damage "a front end is deleted" delete element $table kube-nftproxy services "{ $(vip 1) . tcp . 80 }"
	damage "one address is deleted, and one is added elsewhere" -f - <<-NFT
		delete element $table kube-nftproxy services { $(vip 1) . tcp . 80 }
		add element $table kube-nftproxy cluster-ips { $(vip 99) }
	NFT
	damage "a foreign address is added" add element $table kube-nftproxy cluster-ips "{ $(vip 99) }"
}
each_family damages

# What a check does not find, a reading of everything does: that of the hour, or that of diff.
log_forget
in_ns node nft flush chain ip kube-nftproxy prerouting
in_ns node nft add table ip other
sleep 3
refute "Y23 a flushed chain is not found by a check" log_says 'another process'
differs() { in_ns node "$DAEMON" diff --control-socket "$work/control" >"$work/diff"; [ -s "$work/diff" ]; }
check "Y23 but by diff" differs
check "Y13 Y23 which repairs it" wait_until 50 as_before

# As many elements and chains as before, so that a check finds nothing: diff lists what is missing and what is too much of each kind.
front_end="$(family=4 vip 1) . tcp . 80" other_end="$(family=4 vip 98) . tcp . 80"
in_ns node nft -f - <<-NFT
	delete element ip kube-nftproxy services { $front_end }
	add element ip kube-nftproxy services { $other_end : drop }
	delete element ip kube-nftproxy cluster-ips { $(family=4 vip 1) }
	add element ip kube-nftproxy cluster-ips { $(family=4 vip 98) }
	rename chain ip kube-nftproxy lb-tcp-1 renamed
NFT
check "Y23 elements and a chain are others" differs
lists() { grep -q -- "^$1 $2" "$work/diff" || { cat "$work/diff"; return 1; }; }
check "Y13 Y23 diff: a front end is missing" lists + "element ip services { $front_end"
check "Y13 Y23 diff: a front end is too much" lists - "element ip services { $other_end"
check "Y13 Y23 diff: an address is missing" lists + "element ip cluster-ips { $(family=4 vip 1)"
check "Y13 Y23 diff: an address is too much" lists - "element ip cluster-ips { $(family=4 vip 98)"
check "Y13 Y23 diff: a chain is missing" lists + "chain ip lb-tcp-1"
check "Y13 Y23 diff: a chain is too much" lists - "chain ip renamed"
check "Y13 Y23 which is repaired, too" wait_until 50 as_before

# A change of a Service meets what another program has changed, before a check finds it: its objects are read back at once.
log_forget
in_ns node nft delete element ip kube-nftproxy services "{ $(family=4 vip 1) . tcp . 80 }"
slices web ":tcp:8080" pod2 pod3 | write web-slice.yaml
settle
meets() { expect_distribution "Y23 a change meets one by another program" client tcp "$(vip 1)" 80 "pod2 pod3"; }
each_family meets
refute "Y23 and no Service is refused" log_says 'kernel refused'
slices web ":tcp:8080" pod1 | write web-slice.yaml
settle

# Another program that writes its own table all the time costs no reading, and delays no change.
nsenter --net=/run/netns/node "$(dirname "$PROBE")/foreign" 20 >"$work/foreign" &
foreign_pid=$!
log_forget
for pod in pod2 pod3 pod2; do
	slices web ":tcp:8080" $pod | write web-slice.yaml
	{ service sticky2 4 ":tcp:80" "sessionAffinity: ClientIP" && slices sticky2 ":tcp:8080" $pod; } | write sticky.yaml
	settle
	expect_answer "Y23 with session affinity, too" client tcp "$(vip 4)" 80 $pod
	expect_answer "Y23 a change beside another program's" client tcp "$(vip 1)" 80 $pod
	sleep 1.2
done
kill $foreign_pid
wait $foreign_pid
refute "Y8 Y23 nothing was read back" log_says 'msg=(verified|"put right")'
refute "Y23 the other program is not said to have changed our tables" log_says 'another process'
check "Y23 nothing listens in the end" nobody_listens

# With notifications there is a listener, or this test would see nothing.
stop_daemon
must_start --monitor-tables
refute "by default the daemon listens" nobody_listens
finish
