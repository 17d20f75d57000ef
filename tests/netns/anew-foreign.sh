#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another program changes our tables so often that a start cannot take them over, or leaves in them what cannot be put right. Large tables
# are then made anew in steps, beside those that are in force. The event loop answers all the time. Rows Y7, Y12, Y13, Y21.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/silence.bash"
steady_wanted=""
refuse_file=$work/refuse
preloads=
daemon_preloads refuse.so "REFUSE_FILE=$refuse_file" && preloads=1

default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 4 --own-tables=false)
many many "1500" 97 'externalIPs: [203.0.@]}' | write many.yaml
{ service web 1 ":tcp:80:30080" && slices web ":tcp:8080" pod1; } | write web.yaml

served() { # served TITLE
	expect_answer "$1: a ClusterIP" client tcp "$(vip 1)" 80 pod1
	expect_answer "$1: a node port" client tcp "$(addr node)" 30080 pod1
}
# Without the address of settle's marker, which is another one each time.
rules() { ruleset_made | sed -E 's/(10\.96\.255\.|fd00:10:96::ff:)2[0-9]+/marker/'; }
as_before() { [ "$(rules)" = "$before" ]; }
web_answers() { # web_answers NAME - in both families
	[ "$(family=4 who client tcp "$(family=4 vip 1)" 80)" = "$1" ] && [ "$(family=6 who client tcp "$(family=6 vip 1)" 80)" = "$1" ]
}
# The tables with the second name are in force for a while.
second_tables() { in_ns node nft list tables | grep -c "kube-nftproxy-2$"; }
usual_name() { [ "$(second_tables)" = 0 ]; }
serves_all_the_time() { # serves_all_the_time TITLE COMMAND... - it must succeed, while connections go on
	local title=$1
	shift
	rate_start web client 300 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80
	silence "$title" "$@"
	rate_end web "$title: each connection is answered" pod1
	refute "$title: nothing is done in one step" log_says 'in one step|reading everything back'
	check "$title: the tables have their usual name in the end" wait_until 30 usual_name
	settle
	family=4 served "$title"
	family=6 served "$title"
	check "$title: the rules are as before" wait_until 30 as_before
}
NETNS_START_SECONDS=60 must_start
settle
before=$(rules)

# A survey cannot put these right.
foreign_change() { # foreign_change COMMANDS GONE... - until GONE is true
	in_ns node nft "$1" || die "the tables cannot be changed"
	shift
	wait_until 600 "$@"
}
no_set() { ! in_ns node nft list set ip kube-nftproxy foreign >/dev/null 2>&1; }
priority() { in_ns node nft -y list chain ip kube-nftproxy unused-prerouting | grep -q 'priority -90'; }
log_forget
serves_all_the_time "Y7 a set is added" foreign_change "add set ip kube-nftproxy foreign { type ipv4_addr; }" no_set
log_forget
serves_all_the_time "Y7 a base chain has another priority" foreign_change "delete chain ip kube-nftproxy unused-prerouting
	add chain ip kube-nftproxy unused-prerouting { type nat hook prerouting priority -80; }" priority

# diff of tables that are not there, or have a map too much, says only that, and does not read them.
stop_daemon
NETNS_START_SECONDS=60 must_start --monitor-tables=false --control-socket "$work/control"
settle
finds() { # finds LINE NFT-COMMAND... - the daemon itself looks once a second
	local line=$1 i
	shift
	for i in {1..5}; do
		in_ns node nft "$@"
		in_ns node "$DAEMON" diff --control-socket "$work/control" >"$work/diff" 2>&1 && echo "status 0" >>"$work/diff"
		wait_until 100 as_before || return 1
		[ "$(cat "$work/diff")" != "$line" ] || return 0
		sleep "0.$i"
	done
	cat "$work/diff"
	return 1
}
log_forget
silence "Y13 diff: a table is missing" finds "+ table ip kube-nftproxy" delete table ip kube-nftproxy
silence "Y13 diff: a client map is too much" finds "- map ip clients-3f" \
	add map ip kube-nftproxy clients-3f "{ typeof numgen random mod 2 . numgen random mod 2 . ip daddr : ip daddr . th dport; flags dynamic,timeout; }"
refute "Y13 diff: nothing is done in one step" log_says 'in one step|reading everything back'

# Each time it takes the tables over, there is another change.
meddle() {
	local i
	for ((i = 0; ; i++)); do
		in_ns node nft add element ip kube-nftproxy cluster-ips "{ 10.55.$((i / 250)).$((i % 250)) }" 2>/dev/null
	done
}
again() {
	stop_daemon
	log_forget
	meddle &
	meddling=$!
	NETNS_START_SECONDS=0.01 start_daemon || true
	echo "$daemon_pid" >"$work/pid"
	wait_until 600 log_says 'msg="?first sync'
	kill $meddling
	wait $meddling 2>/dev/null
	true
}
again_for_a_while() { # as again, but it leaves off when the daemon waits
	stop_daemon
	log_forget
	meddle &
	meddling=$!
	NETNS_START_SECONDS=0.01 start_daemon || true
	echo "$daemon_pid" >"$work/pid"
	wait_until 600 log_says 'msg="sync failed.*another process changes our tables'
	kill $meddling
	wait $meddling 2>/dev/null
	wait_until 600 log_says 'msg="?first sync'
}
serves_all_the_time "Y12 a restart while another program changes our tables all the time" again

# Likewise if a Service cannot be planned meanwhile: what it has is copied.
ports=$(seq 2000 | awk '{printf "p%d:tcp:%d ", $1, 1000 + $1}')
{
	service web 1 ":tcp:80:30080 $ports" "sessionAffinity: ClientIP" && slices web ":tcp:8080" pod2
	slice web-many IPv4 web "$ports"
} | awk '{ if ($0 == "endpoints: []") { print "endpoints:"; for (i = 0; i < 300; i++) printf "- addresses: [10.100.%d.%d]\n", i / 250, i % 250 + 1 } else print }' | write web.yaml
serves_all_the_time "Y12 Y21 likewise, and a Service cannot be planned" again

# What the kernel refuses cannot be copied: the tables are taken over when the other program leaves them alone for a moment.
if [ -n "$preloads" ]; then
	{ echo EINVAL && family=4 vip 1 && family=6 vip 1; } >"$refuse_file"
	{ service web 1 ":tcp:80:30080" "sessionAffinity: ClientIP" && slices web ":tcp:8080" pod2; } | write web.yaml
	serves_all_the_time "Y12 Y21 likewise, and the kernel refuses a Service" again_for_a_while
	rm "$refuse_file"
	check "Y21 then it is installed" wait_until 300 web_answers pod2
else
	skip "Y12 Y21 the kernel refuses a Service" "nothing can be preloaded into this daemon"
fi
finish
