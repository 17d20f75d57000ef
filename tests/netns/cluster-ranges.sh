#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets to addresses outside of the known ranges of ClusterIPs are not looked up among the ClusterIPs. Each front end is
# served all the same, whatever the ranges are, while they change, and over a restart. Rows U10, Y11.
. "$(dirname "$0")/lib.sh"

near4=10.96.0.0/16 near6=fd00:10:96::/112
far4=10.99.0.0/24 far6=fd00:10:99::/112
far() { if [ "$family" = 4 ]; then echo "10.99.0.$1"; else echo "fd00:10:99::$1"; fi; }
far_service() { vip4=10.99.0. vip6=fd00:10:99:: service "$@"; }

external_ips() { # external_ips N - two external IPs: one of those in the range has no Service as a ClusterIP
	echo "externalIPs: [$(family=4 addr "ext$1"), $(family=4 vip "20$1"), \"$(family=6 addr "ext$1")\", \"$(family=6 vip "20$1")\"]"
}
ingress() { # ingress N - status of the Service printed before
	printf '%s\n' "status:" "  loadBalancer:" "    ingress:" "    - {ip: $(family=4 addr "ext$1")}" \
		"    - {ip: \"$(family=6 addr "ext$1")\"}"
}

{
	node zone-a
	service near 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" && slices near "http:tcp:8080 dns:udp:8080" pod1
	far_service far 1 "http:tcp:80 dns:udp:53" && slices far "http:tcp:8080 dns:udp:8080" pod2
	far_service empty 2 "http:tcp:80"
	far_service sticky 3 "http:tcp:80" "sessionAffinity: ClientIP" && slices sticky "http:tcp:8080" pod1
	service ext 4 "http:tcp:80" "$(external_ips 1)" && slices ext "http:tcp:8080" pod3
	service lb 5 "http:tcp:80" "type: LoadBalancer" "externalTrafficPolicy: Local" && ingress 2
	slices lb "http:tcp:8080" pod1 rpod1
} | write services.yaml
many=600
[ -z "${NETNS_MUTATE-}" ] || many=0
# So many that a change of the ranges takes several transactions.
for ((n = 0; n < many; n++)); do
	vip4=10.99.$((1 + n / 200)). vip6=fd00:10:99:1:$((n / 200)):: service "many-$n" "$((n % 200 + 1))" "http:tcp:80"
done | write many.yaml

compares() { # compares RANGE... - the rules compare with these before they ask `services`; none: they ask for all packets
	local table=ip range rules
	[ "$family" = 4 ] || table=ip6
	rules=$(in_ns node nft list chain "$table" kube-nftproxy prerouting) || return 1
	[ "$(grep -c "vmap @services$" <<<"$rules")" = $(($# ? $# : 1)) ] || return 1
	for range; do
		grep -q "$table daddr $range $table daddr \. meta l4proto \. th dport vmap @services$" <<<"$rules" || return 1
	done
}

# compare_soon TITLE [RANGE...] - the comparison comes with the last of several transactions
compare_soon() {
	local title=$1
	shift
	wake_daemon
	check "$title" wait_until 100 compares "$@"
	mutate_rules
}

served() { # served WHEN
	local from title="U10 $1"
	for from in client node; do
		expect_answer "$title: $from to a ClusterIP of another range" "$from" tcp "$(far 1)" 80 pod2 cni0
	done
	expect_answer "$title: a pod, which is not masqueraded" pod3 udp "$(far 1)" 53 pod2 pod3
	expect_refused "$title: no endpoints" client tcp "$(far 2)" 80
	expect_refused "$title: an undefined port" pod3 tcp "$(far 1)" 81
	expect_answer "$title: session affinity" client tcp "$(far 3)" 80 pod1 cni0
	expect_answer "$title: an external IP" client tcp "$(addr ext1)" 80 pod3 cni0
	expect_answer "$title: an external IP in a range" client tcp "$(vip 201)" 80 pod3 cni0
	expect_answer "$title: a load balancer, policy Local" client tcp "$(addr ext2)" 80 pod1 client
	expect_answer "$title: a node port" client tcp "$(addr node)" 30080 pod1 cni0
}

# through TITLE COMMAND... - each connection to a ClusterIP of each range is answered while the command runs
through() {
	local title=$1 tally pid out
	shift
	load_start client tcp "$(vip 1)" 80
	pid=$load_pid out=$load_out
	load_start client tcp "$(far 1)" 80
	"$@"
	load_stop
	tally=$load_tally
	load_pid=$pid load_out=$out
	load_stop
	for load_tally in "$load_tally" "$tally"; do
		if load_only_answers; then
			pass "$title: each connection is answered"
		else
			fail "$title: connections" "${load_tally//$'\n'/; }"
		fi
	done
}

each_range() { # each_range WHEN COMMAND [RANGE...] - the command changes the ranges; then the rules compare with these of the family
	local when=$1 command=$2 range wanted=()
	shift 2
	through "U10 $when" "$command" "$@"
	for range; do
		[ "$((family == 4))" = "$([[ $range == *:* ]] && echo 0 || echo 1)" ] && wanted+=("$range")
	done
	compare_soon "U10 $when: the rules compare with the ranges" "${wanted[@]}"
	served "$when"
}

ranges() {
	if [ $# = 0 ]; then remove ranges.yaml; else service_cidr kubernetes "$@" | apply ranges.yaml; fi
}
restart() { # restart [RANGE...]
	stop_daemon
	if [ $# = 0 ]; then rm "$manifests/ranges.yaml"; else service_cidr kubernetes "$@" | write ranges.yaml; fi
	must_start
}

must_start
changes() {
	check "U10 no range is known: all packets are looked up" compares
	served "no range"
	log_forget
	each_range "a range comes" ranges "$near4" "$near6"
	check "U10 a range comes: all front ends have moved before the rules compare" log_says 'msg=synced services=0 .* added=0 deleted=0 steps=[1-9]'
	each_range "another range" ranges "$far4" "$far6"
	each_range "two ranges" ranges "$near4" "$near6" "$far4" "$far6"
	through "U10 three ranges" ranges "$near4" "$near6" 10.97.0.0/16 fd00:10:97::/112 10.98.0.0/16 fd00:10:98::/112
	compare_soon "U10 with three ranges all packets are looked up"
	served "three ranges"
	each_range "the ranges go" ranges
}
each_family changes

# A Service that cannot be planned stays as it is installed, which is not as the ranges want it. The rules wait for it.
large() { # large PORTS ENDPOINTS - of these only the first one answers
	far_service large 4 "p0:tcp:80 $(for ((n = 1; n < $1; n++)); do printf 'p%d:tcp:%d ' "$n" "$((1000 + n))"; done)"
	for family in 4 6; do
		slice "large-$family" "IPv$family" large "$(for ((n = 0; n < $1; n++)); do printf 'p%d:tcp:8080 ' "$n"; done)" pod2
		for ((n = 1; n < $2; n++)); do
			if [ "$family" = 4 ]; then
				echo "- addresses: [10.100.$((n / 250)).$((n % 250 + 1))]"
			else
				echo "- addresses: [\"fd00:10:100::$n\"]"
			fi
		done
	done
}
large 1 1 | apply large.yaml
large 600 1000 | apply large.yaml
cannot_be_planned() {
	expect_answer "U10 a Service that cannot be planned, before" client tcp "$(far 4)" 80 pod2 cni0
	ranges "$near4" "$near6"
	check "U10 a Service that cannot be planned: all packets are looked up" compares
	expect_answer "U10 a Service that cannot be planned, with a range" client tcp "$(far 4)" 80 pod2 cni0
	served "a Service that cannot be planned"
	restart
	expect_answer "U10 a Service that cannot be planned, without ranges" client tcp "$(far 4)" 80 pod2 cni0
	restart "$near4" "$near6"
	check "U10 a Service that cannot be planned, restarted: all packets are looked up" compares
	expect_answer "U10 a Service that cannot be planned, restarted" client tcp "$(far 4)" 80 pod2 cni0
	ranges
}
each_family cannot_be_planned
can_be_planned() {
	compare_soon "U10 then it can be planned: the rules compare" "$( [ "$family" = 4 ] && echo "$near4" || echo "$near6" )"
	expect_answer "U10 then it can be planned" client tcp "$(far 4)" 80 pod2 cni0
}
ranges "$near4" "$near6"
large 1 1 | apply large.yaml
each_family can_be_planned

restarts() {
	each_range "a restart" restart "$near4" "$near6"
	each_range "a restart with another range" restart "$far4" "$far6"
	each_range "a restart without ranges" restart
	each_range "a restart with a range" restart "$near4" "$near6"
}
each_family restarts
expect_fresh_start "U10 Y11 the rules are those of a fresh start"
finish
