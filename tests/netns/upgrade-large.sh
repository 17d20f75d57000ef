#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An upgrade with many Services: new tables are filled under a second name, in steps, and replace those of an older version, under the
# same connections as in upgrade.sh. Then the same is done in the other direction. A start goes on with what a daemon leaves that is
# killed in between. Rows Y12, Y24.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/upgrade.bash"

objects | write steady.yaml # instead of the one that only has the Service steady
# More than one transaction should have.
large_objects() {
	awk 'BEGIN {
		for (i = 0; i < 2000; i++) {
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: large-%d}\n", i
			printf "spec: {clusterIP: 10.97.%d.%d, ports: [{port: 80, protocol: TCP}]}\n", i / 250, i % 250 + 1
			printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
			printf "metadata: {name: large-%d-1, labels: {kubernetes.io/service-name: large-%d}}\n", i, i
			printf "addressType: IPv4\nports: [{name: \"\", port: 80, protocol: TCP}]\nendpoints:\n"
			for (e = 1; e <= 4; e++)
				printf "- {addresses: [10.%d.%d.%d]}\n", 147 + e, i / 250, i % 250 + 1
		}
	}'
}
second_tables() { in_ns node nft list tables | grep -c 'kube-nftproxy-2$'; }
# If the last kill came late, the tables have their usual name already.
has_usual_name() { log_says 'msg="(first sync|tables replaced)"' && [ "$(second_tables)" = 0 ]; }
large_upgrade() { # large_upgrade TITLE - connections go on while the daemon starts
	local title=$1
	log_forget
	load_begin
	NETNS_START_SECONDS=60 must_start "${large_args[@]}"
	check "Y24 $title: the tables get their usual name" wait_until 300 has_usual_name
	pause
	load_end "$title"
	refute "Y24 $title: nothing is done in one step" log_says 'in one step|reading everything back'
	check "Y24 $title: no table with the second name is left" test "$(second_tables)" = 0
	check "Y24 $title: the rules are those of a fresh start" test "$(ruleset_made)" = "$fresh"
	stop_daemon
}
large_objects | write large.yaml
large_args=(-v 4)
steady_wanted=""
NETNS_START_SECONDS=60 must_start "${large_args[@]}"
fresh=$(ruleset_made)
stop_daemon
in_ns node nft flush ruleset
load_tables plain
large_upgrade "large tables"
check "Y24 large tables: others are filled beside them" log_says 'filling others beside them'

# As a daemon leaves them that is killed after the others have replaced the old ones.
large_args=(-v 4 --own-tables=false)
for table in ip ip6; do
	in_ns node nft -s list table $table kube-nftproxy
done | sed -E 's/^(table ip6?) kube-nftproxy /\1 kube-nftproxy-2 /; s/^\tflags.*$//' >"$work/second.nft"
in_ns node nft "flush ruleset; include \"$work/second.nft\"" || die "the tables with the second name cannot be loaded"
large_upgrade "tables with the second name"
check "Y24 tables with the second name: they were in force" grep -q 'hook prerouting' "$work/second.nft"

# The same, and it was killed before it deleted the late copies of the base chains (HACKING.md).
awk '/^\tchain / { block = ""; inside = 1 }
	inside { block = block $0 "\n" }
	!inside { print }
	inside && /^\t}/ {
		printf "%s", block
		inside = 0
		if (block ~ /type nat hook/) {
			sub(/ \{/, "-late {", block)
			if (!sub(/ \+ 10;/, " + 11;", block)) sub(/nat;/, "nat + 1;", block)
			printf "%s", block
		}
	}' "$work/second.nft" >"$work/late.nft"
in_ns node nft "flush ruleset; include \"$work/late.nft\"" || die "tables with late copies cannot be loaded"
check "Y24 late copies: of each base chain" test "$(in_ns node nft list ruleset | grep -c 'chain .*-late {')" = 12
large_upgrade "late copies"
emptied() { tail -n "+$((log_from + 1))" "$daemon_log" | sed -n 's/.*the other tables are deleted.*in_steps=//p' | head -n 1; }
check "Y24 late copies: the tables are emptied in steps" test "$(emptied)" -gt 8000

# As one leaves them that is killed while it fills them.
in_ns node nft flush ruleset
load_tables plain
in_ns node nft -f - <<-'NFT' || die "no half filled tables can be made"
	table ip kube-nftproxy-2 { chain unused { drop; }; }
	table ip6 kube-nftproxy-2 { set services { type ipv6_addr; }; }
NFT
large_upgrade "half filled tables with the second name"
# With sets of each kind that a version had or may have, whose elements are deleted in steps.
in_ns node nft flush ruleset
load_tables plain
awk 'BEGIN {
	split("addresses verdicts ranges pairs clients constants", names)
	print "table ip kube-nftproxy-2 {"
	print "chain used { return; }"
	print "set addresses { type ipv4_addr; }"
	print "map verdicts { type ipv4_addr . inet_service : verdict; }"
	print "set ranges { type ipv4_addr; flags interval; }"
	print "set pairs { type ipv4_addr . inet_service; flags interval; }"
	print "map clients { type ipv4_addr : ipv4_addr; flags dynamic,timeout; }"
	print "set constants { type ipv4_addr; flags constant; elements = { 10.0.0.1, 10.0.0.2 }; }"
	print "}"
	for (n = 1; n <= 5; n++) {
		printf "add element ip kube-nftproxy-2 %s {", names[n]
		for (i = 0; i < 2000; i++) {
			key = sprintf("10.%d.%d.%d", n, i / 200, i % 200 + 1)
			if (n == 2) key = key " . 80 : goto used"
			if (n == 3) key = sprintf("10.%d.%d.%d-10.%d.%d.%d", n, i / 100, i % 100 * 2 + 1, n, i / 100, i % 100 * 2 + 2)
			if (n == 4) key = sprintf("10.%d.%d.0/25 . %d-%d", n, i / 10, i % 10 * 100, i % 10 * 100 + 50)
			if (n == 5) key = key " timeout 3h : 10.0.0.1"
			printf "%s%s", (i ? ", " : " "), key
		}
		print " }"
	}
}' | in_ns node nft -f - || die "no tables with sets of all kinds can be made"
large_upgrade "sets of all kinds in tables with the second name"
check "Y24 sets of all kinds in tables with the second name: they are emptied in steps" test "$(emptied)" -gt 8000
# The same while it fills those with the usual name.
in_ns node nft "flush ruleset; include \"$work/second.nft\"; add table ip kube-nftproxy; add chain ip kube-nftproxy unused"
large_upgrade "half filled tables with the usual name"
finish
