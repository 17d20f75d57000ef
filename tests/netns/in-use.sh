#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules for external addresses and for session affinity stand only while a Service needs them: each new connection would pay for
# them. Rows Y11, Y12, Y35.
. "$(dirname "$0")/lib.sh"

affine 3600
plain() { service plain 1 ":tcp:80" && slices plain ":tcp:8080" pod1 pod2; }
external() {
	service external 2 ":tcp:80" "externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	slices external ":tcp:8080" pod2
}
sticky() { service sticky 3 ":tcp:80" "${affinity_lines[@]}" && slices sticky ":tcp:8080" pod1 pod2 pod3; }
service_cidr main 10.96.0.0/16 fd00:10:96::/64 | write ranges.yaml
plain | write plain.yaml

# asks SET - rules of both tables that look it up: prerouting, output and translated; or input and translated
asks() {
	local table
	for table in ip ip6; do
		in_ns node nft list table "$table" kube-nftproxy
	done | grep -c "@$1 "
}
rules() { # rules TITLE EXTERNAL AFFINITY - how many ask for them
	check "Y35 $1: $2 rules for external addresses" test "$(asks external-addresses)" = "$2"
	check "Y35 $1: $3 rules for session affinity" test "$(asks affinity-addresses)" = "$3"
}
works() { # works TITLE SERVICE...
	local name
	for family in 4 6; do
		for name in "${@:2}"; do
			case $name in
			external) expect_answer "Y35 $1: the external IP" client tcp "$(addr ext1)" 80 pod2 cni0 ;;
			sticky)
				local first
				first=$(who client tcp "$(vip 3)" 80)
				for _ in 1 2 3 4; do
					expect_answer "Y35 $1: the client stays" client tcp "$(vip 3)" 80 "${first:-nobody}"
				done
				;;
			plain) expect_distribution "Y35 $1: the ClusterIP" pod3 tcp "$(vip 1)" 80 "pod1 pod2" ;;
			esac
		done
	done
	family=4
}
restart() { # restart [SIGNAL] - the next daemon takes the tables over
	stop_daemon "$@"
	log_forget
	must_start --own-tables=false
}
nothing_sent() { log_says 'msg="first sync".* added=0 deleted=0 steps=0'; }

must_start --own-tables=false
rules "one plain Service" 0 0
works "one plain Service" plain
restart
check "Y12 one plain Service, a restart: nothing is sent" nothing_sent
rules "one plain Service, a restart" 0 0

external | apply external.yaml
rules "an external IP comes" 6 0
works "an external IP comes" plain external
restart KILL
check "Y12 an external IP, a restart: nothing is sent" nothing_sent
sticky | apply sticky.yaml
rules "session affinity comes, too" 6 4
works "session affinity comes, too" plain external sticky
restart
check "Y12 both, a restart: nothing is sent" nothing_sent
works "both, a restart" plain external sticky
remove external.yaml
rules "the external IP goes" 0 4
works "the external IP goes" plain sticky
restart
check "Y12 session affinity, a restart: nothing is sent" nothing_sent
remove sticky.yaml
wait_until 100 test "$(asks affinity-addresses)" = 0
rules "session affinity goes" 0 0
works "session affinity goes" plain

# While no daemon runs.
stop_daemon
external | write external.yaml
sticky | write sticky.yaml
must_start --own-tables=false
rules "they come while no daemon runs" 6 4
works "they come while no daemon runs" plain external sticky
stop_daemon
rm "$manifests/external.yaml" "$manifests/sticky.yaml"
must_start --own-tables=false
settle
rules "they go while no daemon runs" 0 0
works "they go while no daemon runs" plain

# The rules of before, which always asked, become those of now.
external | apply external.yaml
sticky | apply sticky.yaml
stop_daemon
rm "$manifests/external.yaml" "$manifests/sticky.yaml"
in_ns node nft "delete element ip kube-nftproxy external-addresses { $(family=4 addr ext1) }
delete element ip6 kube-nftproxy external-addresses { $(family=6 addr ext1) }" || die "no element can be deleted"
must_start --own-tables=false
settle
rules "rules that always asked" 0 0
expect_fresh_start "Y11 the rules are those of a fresh start"
finish
