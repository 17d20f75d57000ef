#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An upgrade: the tables are those of an older version, with another skeleton. The daemon replaces them under 500 connections a
# second from outside and from pods, and under UDP flows. No connection is refused, reset or lost, open ones continue, and the
# result is that of a fresh start. Clients with session affinity are balanced again. Row Y24.
#
# Such a connection seldom begins in the microsecond of the replacement. So SYNs also arrive as fast as they can be sent, while old
# rules are replaced that are slow for each packet: on a quiet machine, a packet is then among them.
#
# upgrade.nft has what commit 4f928e5 left behind for these manifests, as commands for nft: all but the tables themselves. With
# that commit's program as DAEMON, UPGRADE_SAVE=FILE writes it anew.
. "$(dirname "$0")/lib.sh"

. "$netns_here/upgrade.bash"

# as_commands - the listing of our tables on standard input as commands that fill them. The tables must exist.
as_commands() {
	awk '
		/^table / {where = $2 " " $3}
		/^\t(set|map) / {name = $2; kind = $1; text = ""; elements = ""; next}
		/^\tchain / {name = $2; kind = $1; chain = ""; next}
		/^\t}/ && kind == "chain" {chains[++n_chains] = "add chain " where " " name chain}
		/^\t}/ && kind != "chain" {
			sets[++n_sets] = "add " kind " " where " " name " {" text " }"
			if (elements != "")
				fills[++n_fills] = "add element " where " " name " " elements
		}
		/^\t}/ {kind = ""}
		kind == "" {next}
		{sub(/^[\t ]+/, "")}
		kind == "chain" && / hook / {chain = " { " $0 " }"; next}
		kind == "chain" {rules[++n_rules] = "add rule " where " " name " " $0; next}
		/^elements = / {sub(/^elements = /, ""); elements = $0; next}
		elements != "" {elements = elements " " $0; next}
		{text = text " " $0 ";"}
		END {
			for (i = 1; i <= n_chains; i++) print chains[i]
			for (i = 1; i <= n_sets; i++) print sets[i]
			for (i = 1; i <= n_fills; i++) print fills[i]
			for (i = 1; i <= n_rules; i++) print rules[i]
		}'
}

objects | write steady.yaml # instead of the one that only has the Service steady
if [ -n "${UPGRADE_SAVE-}" ]; then
	must_start
	steady_end
	stop_daemon
	learn() { who pod3 tcp "$(vip 4)" 80 && who client tcp "$(addr node)" 30084; }
	each_family learn >/dev/null
	{
		echo "# SPDX-License-Identifier: GPL-2.0-or-later"
		echo "# What commit 4f928e5 left behind for the manifests of upgrade.sh, which can write this file anew."
		in_ns node nft list ruleset | as_commands | sed -E "s/ expires [0-9a-z]+/ expires 2h59m/g"
	} >"$UPGRADE_SAVE"
	exit
fi

old_tables() {
	local table=ip map=affinity-beaye3fnkofb6gpr element address
	[ "$family" = 4 ] || { table=ip6 map=$map-address; }
	element=$(in_ns node nft get element "$table" kube-nftproxy "$map" "{ $(addr pod3) }" | grep ' expires ')
	address=$(grep -oE ': [0-9a-f.:]+' <<<"$element" | cut -c3-)
	for old_name in pod1 pod2; do
		[ "$address" != "$(addr "$old_name")" ] || break
	done
	expect_sticks "Y24 $left: the old ones know a client" "$old_name" pod3 tcp "$(vip 4)" 80
	expect_outcome "Y24 $left: before, a port without endpoints" pod3 tcp "$(vip 5)" 80 refused
}
new_tables() {
	refute "Y24 $left: clients with session affinity are balanced again" knows sticky:http pod3
	expect_sticks "Y24 $left: and stay from then on" "$(who pod3 tcp "$(vip 4)" 80)" pod3 tcp "$(vip 4)" 80
	expect_outcome "Y24 $left: afterwards, a port without endpoints" pod3 tcp "$(vip 5)" 80 refused
}

wanted=$steady_wanted
upgrade() { # upgrade TABLES TITLE [OPTION...] - the options are the daemon's
	local tables=$1 title=$2 n_owned=0
	shift 2
	load_tables "$tables"
	steady_wanted=$wanted
	steady_start
	left=$title
	each_family old_tables
	load_begin
	pause
	must_start "$@"
	pause
	load_end "$title"
	check "Y24 $title: the rules are those of a fresh start" test "$(ruleset_made)" = "$fresh"
	each_family new_tables
	! since 6.9 || [ $# != 0 ] || n_owned=2
	check "Y24 $title: the tables have an owner, if they should" \
		test "$({ in_ns node nft list table ip kube-nftproxy; in_ns node nft list table ip6 kube-nftproxy; } |
			grep -c 'flags owner')" = "$n_owned"
	steady_end # without our tables nothing is translated any more
	stop_daemon
	in_ns node nft flush ruleset
}

more_objects | write more.yaml
steady_wanted=""
must_start
fresh=$(ruleset_made)
stop_daemon
in_ns node nft flush ruleset
upgrade plain "tables without flags"
upgrade plain "tables without flags that get no owner" --own-tables=false
if since 6.9; then
	upgrade persistent "tables that persist"
else
	skip "Y24 tables that persist" "this kernel does not have the flag"
fi

walk_rules=2000
# No time for a hundred thousand connections that never end.
in_ns node sh -c 'echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent' 2>/dev/null
slow_old_tables() {
	local table n
	load_tables plain
	for table in ip ip6; do
		for ((n = 0; n < walk_rules; n++)); do
			echo "insert rule $table kube-nftproxy prerouting fib daddr type blackhole drop"
		done
	done | in_ns node nft -f - || die "the old rules cannot be made slow"
	in_ns node nft -f - <<-'NFT' || die "the node cannot count"
		table inet watch {
			counter translated {}
			counter own-stack {}
			counter elsewhere {}
			chain input {
				type filter hook input priority 0;
				tcp sport 20000 counter name own-stack drop
			}
			chain forward {
				type filter hook forward priority 0;
				tcp sport 20000 tcp dport 8080 counter name translated drop
				tcp sport 20000 counter name elsewhere drop
			}
		}
	NFT
}
count() { # count COUNTER
	in_ns node nft -j list counter inet watch "$1" | grep -oE '"packets": [0-9]+' | grep -oE '[0-9]+'
}
more_than() { [ "$(count translated)" -gt "$1" ]; }
flood() { # flood FROM
	in_ns client "$PROBE" syns 60000 "$1" tcp "$(addr ext1)" 80 tcp "$(addr node)" 30080 >/dev/null &
}
heard() { # whether the listener has begun: it hears of a chain of ours
	in_ns node nft 'add chain inet watch heard; delete chain inet watch heard'
	[ -s "$work/heard" ]
}
within_walks() {
	local round floods before listener late own=0 elsewhere=0 same=yes
	for round in 1 2 3; do
		slow_old_tables
		family=4 flood 198.18.0.0
		floods=$!
		family=6 flood 2001:db8:5::
		floods="$floods $!"
		wait_until 100 more_than 0 || die "no SYN arrives"
		in_ns node stdbuf -o L nft monitor chains >"$work/heard" &
		listener=$!
		wait_until 100 heard || die "nft hears of no chain"
		must_start
		before=$(count translated)
		wait_until 100 more_than "$before" || die "no SYN arrives behind the new rules"
		# shellcheck disable=SC2086 # words
		kill $floods $listener
		# shellcheck disable=SC2086 # words
		wait $floods $listener 2>/dev/null
		late=$(grep -aoE "(create|add|delete) chain ip6? kube-nftproxy [a-z-]+-late" "$work/heard" | sort -u | wc -l)
		own=$((own + $(count own-stack))) elsewhere=$((elsewhere + $(count elsewhere)))
		echo "# round $round: $(count translated) SYNs translated; $own to the node's own stack and $elsewhere elsewhere so far"
		[ "$(ruleset_made)" = "$fresh" ] || same=no
		stop_daemon
		in_ns node nft flush ruleset
	done
	family="4 and IPv6"
	check "Y24 amid the replacement: each base chain has a late copy, which is deleted again" [ "$late" = 24 ]
	check "Y24 amid the replacement: no SYN reaches the node's own stack" [ "$own" = 0 ]
	check "Y24 amid the replacement: no SYN leaves with its old destination" [ "$elsewhere" = 0 ]
	check "Y24 amid the replacement: the rules are those of a fresh start" [ "$same" = yes ]
}
steady_wanted=""
within_walks
finish
