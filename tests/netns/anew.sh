#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Large tables are made anew, or changed in place, in steps: when another program has deleted them, when a start finds them half
# filled, and when other settings or ranges lead to other rules. The event loop answers all the time. Rows U10, Y7, Y12, Y13.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/silence.bash"
steady_wanted=""

default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 4 --own-tables=false)
many many "1500" 97 'externalIPs: [203.0.@]}' | write many.yaml
web() { { service web 1 ":tcp:80:30080" && slices web ":tcp:8080" "$@"; }; }
# Outside of the range that ServiceCIDRs have later.
far() { if [ "$family" = 4 ]; then echo "10.99.0.$1"; else echo "fd00:10:99::$1"; fi; }
far_service() { vip4=10.99.0. vip6=fd00:10:99:: service "$@"; }
web pod1 | write web.yaml
{ far_service far 1 ":tcp:80" "externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]" && slices far ":tcp:8080" pod2; } | write far.yaml

served() { # served TITLE [POD]
	expect_answer "$1: a ClusterIP" client tcp "$(vip 1)" 80 "${2:-pod1}"
	expect_answer "$1: a node port" client tcp "$(addr node)" 30080 "${2:-pod1}"
	expect_answer "$1: a ClusterIP of another range" client tcp "$(far 1)" 80 pod2
	expect_answer "$1: an external IP" client tcp "$(addr ext1)" 80 pod2
}
both() { # both TITLE [POD]
	family=4 served "$1, IPv4" "${2-}"
	family=6 served "$1, IPv6" "${2-}"
}
first_sync() { log_says 'msg="?first sync'; }
# Without the address of settle's marker, which is another one each time.
rules() { ruleset_made | sed -E 's/(10\.96\.255\.|fd00:10:96::ff:)2[0-9]+/marker/'; }
same_rules() { # same_rules TITLE RULES
	local now
	now=$(rules)
	if [ "$now" = "$2" ]; then
		pass "$1"
	else
		fail "$1" "$(command diff <(echo "$2") <(echo "$now") | head -n 40)"
	fi
}
NETNS_START_SECONDS=60 must_start
settle
both "before"
before=$(rules)

# gone TITLE NFT-COMMAND WHAT-IS-LEFT
put_right() {
	in_ns node nft "$deletes" || die "the tables cannot be changed"
	# A change that comes while the tables are made anew.
	web pod3 | write web.yaml
	wait_until 600 log_says 'msg="?(put right|verified)'
}
gone() {
	log_forget
	deletes=$2
	[ -z "${3-}" ] || rate_start kept client 500 tcp "$3" 80
	silence "Y7 $1" put_right
	check "Y7 $1: it is made anew in steps" log_says 'making them anew'
	refute "Y7 $1: nothing is done in one step" log_says 'in one step|reading everything back'
	[ -z "${3-}" ] || rate_end kept "Y7 $1: the other table serves all the time" pod2
	settle
	both "Y7 $1" pod3
	web pod1 | apply web.yaml
	same_rules "Y7 $1: the rules are as before" "$before"
}
gone "table ip is deleted" "delete table ip kube-nftproxy" "$(family=6 far 1)"
gone "both tables are deleted" "flush ruleset"
gone "a table with few elements is deleted, and one with many" "delete table ip6 kube-nftproxy; delete table ip kube-nftproxy"

# again OPTION... - a restart; connections go on
again() {
	stop_daemon
	log_forget
	NETNS_START_SECONDS=0.01 start_daemon "$@" || true
	echo "$daemon_pid" >"$work/pid"
	wait_until 600 first_sync
}
changed() { # changed TITLE POD OPTION... - the rules of the skeleton are others than before
	local title=$1 pod=$2
	shift 2
	rate_start web client 300 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80
	rate_start far client 300 tcp "$(family=4 far 1)" 80 tcp "$(family=6 addr ext1)" 80
	silence "Y12 $title" again "$@"
	rate_end web "Y12 $title: each connection to a ClusterIP is answered" "$pod"
	rate_end far "Y12 $title: each connection to a ClusterIP of another range and an external IP is answered" pod2
	refute "Y12 $title: nothing is done in one step" log_says 'in one step|reading everything back'
	settle
	both "Y12 $title" "$pod"
	in_place=$(rules)
	stop_daemon
	in_ns node nft flush ruleset
	NETNS_START_SECONDS=60 must_start "$@"
	settle
	same_rules "Y12 $title: the rules are those of a fresh start" "$in_place"
}
changed "masquerade-all" pod1 --masquerade-all
# While no daemon runs, the ranges change, and so do Services in and out of them.
stop_daemon
service_cidr near | write cidr.yaml
web pod3 | write web.yaml
changed "other ranges" pod3
stop_daemon
rm "$manifests/cidr.yaml"
changed "no ranges" pod3
stop_daemon
service_cidr far 10.99.0.0/24 fd00:10:99::/112 | write cidr.yaml
changed "ranges without most ClusterIPs" pod3 --masquerade-all

# Killed while new tables are being filled: they have no base chains. The next start fills them in steps.
stop_daemon
in_ns node nft flush ruleset
NETNS_START_SECONDS=0.01 start_daemon --masquerade-all || true
half_full() { in_ns node nft list map ip kube-nftproxy services 2>/dev/null | grep -q jump; }
wait_until 300 half_full
kill -9 "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
hooked() { in_ns node nft list chains ip | grep -q 'hook prerouting'; }
refute "Y13 killed while tables are being filled: no packet meets them" hooked
log_forget
silence "Y13 a start with half filled tables" again --masquerade-all
refute "Y13 a start with half filled tables: nothing is done in one step" log_says 'in one step|reading everything back'
settle
both "Y13 a start with half filled tables" pod3
same_rules "Y13 a start with half filled tables: the rules are those of a fresh start" "$in_place"
finish
