#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sessionAffinity: ClientIP. Rows A1 to A11.
. "$(dirname "$0")/lib.sh"

affine() { # affine TIMEOUT -> spec lines
	affinity_lines=("sessionAffinity: ClientIP" "sessionAffinityConfig: {clientIP: {timeoutSeconds: $1}}")
}

# who FROM PROTOCOL ADDRESS PORT -> the name that answers
who() {
	local got
	got=$(ask "$@")
	echo "${got%% *}"
}

# expect_sticks TITLE NAME FROM PROTOCOL ADDRESS PORT - every new connection goes to that one. Of two endpoints,
# chance would do so once in 4,000.
expect_sticks() {
	local title=$1 name=$2 tally
	shift 2
	tally=$(ask "$@" -n 12 --tally | sed 's/ saw .*//; s/^[0-9]* //' | sort -u)
	if [ "$tally" = "$name" ]; then pass "$title"; else fail "$title" "$* answered by: ${tally//$'\n'/; }, expected $name"; fi
}

# learnt NAME[:PORT] - the entries of a Service port's client maps, a line each: "client timeout T expires E : endpoint"
learnt() {
	in_ns node nft list table "$([ "$family" = 4 ] && echo ip || echo ip6)" kube-nftproxy |
		awk -v comment="comment \"default/$1\"" '
			/^\tmap / {ours = 0}
			index($0, comment) {ours = 1}
			/^\t}/ {ours = 0}
			ours && / expires / {gsub(/elements = \{|[\t},]/, ""); sub(/^ */, ""); print}' | tr -s ' '
}

knows() { # knows NAME PART... - each of these parts' addresses stands in a client map of the Service
	local name=$1 part all
	shift
	all=$(learnt "$name")
	for part; do
		grep -q "^$(addr "$part") timeout " <<<"$all" || return 1
	done
}

# The endpoints: two pods here, two there; and the node itself.
serve node-itself node node-eth1 8081
affine 600
web() { # web ENDPOINT... - one Service, all kinds of front ends
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" "${affinity_lines[@]}" \
		"externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	slices web "http:tcp:8080 dns:udp:8080" "$@"
}
local_policy() {
	service local 2 ":tcp:80:30082" "type: NodePort" "externalTrafficPolicy: Local" "${affinity_lines[@]}"
	slices local ":tcp:8080" "$@"
}
{
	node zone-a
	web pod1 pod2 rpod1 rpod2
	service other 3 ":tcp:80" "${affinity_lines[@]}" && slices other ":tcp:8080" pod1 pod2 rpod1 rpod2
	service self 4 ":tcp:80" "${affinity_lines[@]}" && slices self ":tcp:8081" node-eth1 node-eth1
} | write services.yaml
local_policy pod1 pod2 rpod1 rpod2 | write local.yaml
must_start

shared() {
	local name
	name=$(who client tcp "$(vip 1)" 80)
	check "A3 a new client is recorded" knows web:http client
	expect_sticks "A2 and comes back to its endpoint" "$name" client tcp "$(vip 1)" 80
	expect_sticks "A1 through the node port" "$name" client tcp "$(addr node)" 30080
	expect_sticks "A1 through an externalIP" "$name" client tcp "$(addr ext1)" 80
	name=$(who pod3 tcp "$(addr ext1)" 80)
	expect_sticks "A1 a pod: learnt by an externalIP, used by the ClusterIP" "$name" pod3 tcp "$(vip 1)" 80
	name=$(who pod3 tcp "$(addr node)" 30080)
	expect_sticks "A1 learnt before, whatever is masqueraded" "$name" pod3 tcp "$(addr ext1)" 80
	# From the node itself: the source address is the one that it chose, before masquerading.
	name=$(who node tcp "$(vip 1)" 80)
	expect_sticks "A2 the node itself" "$name" node tcp "$(vip 1)" 80
	name=$(who client udp "$(vip 1)" 53)
	expect_sticks "A11 UDP, each flow anew" "$name" client udp "$(vip 1)" 53
	check "A1 the key is the Service port: another one knows nobody" test -z "$(learnt other)"
	name=$(who client tcp "$(vip 3)" 80)
	expect_sticks "A2 another Service remembers for itself" "$name" client tcp "$(vip 3)" 80
	check "A3 a Service whose endpoint is the node itself answers" test "$(who client tcp "$(vip 4)" 80)" = node-itself
	check "A3 and learns, although nothing passes postrouting" knows self client
	check "A3 its own processes, too" test "$(who node tcp "$(vip 4)" 80)" = node-itself
}
each_family shared

# One of many addresses each, so that chance is seen not to be at work: all clients of a node, twice.
many_clients() {
	local n first="" second="" prefix=172.18.0 length=24
	[ "$family" = 4 ] || { prefix=fd00:172:18: length=64; }
	for n in $(seq 201 224); do
		# not one that the client would choose by itself
		in_ns client ip address add "$prefix$([ "$family" = 4 ] && echo . || echo :)$n/$length" dev eth0 \
			preferred_lft 0
	done
	for n in $(seq 201 224); do
		first+="$(who client tcp "$(vip 1)" 80 --from "$prefix$([ "$family" = 4 ] && echo . || echo :)$n") "
	done
	for n in $(seq 201 224); do
		second+="$(who client tcp "$(vip 1)" 80 --from "$prefix$([ "$family" = 4 ] && echo . || echo :)$n") "
	done
	check "A2 each of 24 clients comes back to its own" test "$first" = "$second"
	check "A3 and they were spread" test "$(tr ' ' '\n' <<<"$first" | sort -u | grep -c pod)" = 4
}
each_family many_clients

# A5: two lists, and what is in both is learnt for both.
two_lists() {
	local name there
	name=$(who client tcp "$(addr node)" 30082)
	expect_sticks "A5 policy Local: one of this node" "$name" client tcp "$(addr node)" 30082
	expect_sticks "A5 the ClusterIP goes on to the same, which it has, too" "$name" client tcp "$(vip 2)" 80
	# A client that the ClusterIP has sent elsewhere gets one here through the node port.
	for n in $(seq 201 224); do
		there=$([ "$family" = 4 ] && echo "172.18.0.$n" || echo "fd00:172:18::$n")
		name=$(who client tcp "$(vip 2)" 80 --from "$there")
		case $name in rpod*) break ;; esac
	done
	check "A5 a client is bound to another node's endpoint" grep -q rpod <<<"$name"
	expect_sticks "A5 the node port gives it one of ours" "$(who client tcp "$(addr node)" 30082 --from "$there")" \
		client tcp "$(addr node)" 30082 --from "$there"
	check "A5 which is one of ours" grep -q '^pod' <<<"$(who client tcp "$(addr node)" 30082 --from "$there")"
	expect_sticks "A5 the ClusterIP stays with what it knows" "$name" client tcp "$(vip 2)" 80 --from "$there"
}
each_family two_lists

# A7: other endpoints come and go, the Service is edited; a long connection is nobody's business.
declare -A bound
note_bound() { bound[$family]=$(who client tcp "$(vip 1)" 80); }
still_bound() { expect_sticks "$1" "${bound[$family]}" client tcp "$(vip 1)" 80; }
each_family note_bound
others() { # others NAME - all but these
	local part all=()
	for part in pod1 pod2 pod3 rpod1 rpod2; do
		case " $* " in *" $part "*) ;; *) all+=("$part") ;; esac
	done
	echo "${all[@]}"
}
# shellcheck disable=SC2207 # parts are words
gone=($(others "${bound[4]}" "${bound[6]}" pod3))
# shellcheck disable=SC2046 # parts are words
{
	node zone-a
	web $(others "${gone[0]}")
	service other 3 ":tcp:80" "${affinity_lines[@]}" && slices other ":tcp:8080" pod1 pod2 rpod1 rpod2
} | apply services.yaml
after_change() { still_bound "A7 other endpoints came and went"; }
each_family after_change
gone_one=${gone[0]}
forgotten() {
	local there=$1
	! learnt web:http | grep -Eq " : $(addr "$there")( |$)"
}
no_trace() { check "A6 nobody is bound to the one that went" forgotten "$gone_one"; }
each_family no_trace
edited() {
	service web 1 "http:tcp:8880:30080 dns:udp:53" "type: NodePort" "${affinity_lines[@]}"
	slices web "http:tcp:8080 dns:udp:8080" pod1 pod2 pod3 rpod1 rpod2
}
{ node zone-a && edited; } | apply services.yaml
after_edit() {
	expect_sticks "A7 the Service has another port number" "${bound[$family]}" client tcp "$(vip 1)" 8880
	expect_sticks "A7 and lost an externalIP" "${bound[$family]}" client tcp "$(addr node)" 30080
}
each_family after_edit
{ node zone-a && web pod1 pod2 rpod1 rpod2; } | apply services.yaml

# A10: restarts, and a kill.
stop_daemon
log_forget
must_start
check "A10 a restart changes nothing" log_says 'msg="first sync".* added=0 deleted=0.* steps=0 '
after_restart() { still_bound "A10 and affinity survives it"; }
each_family after_restart
kill -KILL "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
must_start
after_kill() { still_bound "A10 a kill, too"; }
each_family after_kill

# A6: its endpoint goes, and it is rebalanced; when that comes back, it stays where it is. Also while the daemon is down.
for how in removed notready terminating; do
	each_family note_bound
	# shellcheck disable=SC2206
	lost=(${bound[4]} ${bound[6]})
	case $how in
	removed) set -- ;;
	# shellcheck disable=SC2046
	*) set -- $(printf "%s,$how\n" "${lost[@]}" | sort -u) ;;
	esac
	# shellcheck disable=SC2046,SC2068
	{ node zone-a && web $(others "${lost[@]}") $@; } | apply services.yaml
	rebalanced() {
		local now
		check "A6 $how: its clients are forgotten" forgotten "${bound[$family]}"
		now=$(who client tcp "$(vip 1)" 80)
		check "A6 $how: and served by another" test "$now" != "${bound[$family]}" -a "$now" != timeout -a "$now" != refused
		bound[$family]=$now
		still_bound "A6 $how: from then on"
	}
	each_family rebalanced
	{ node zone-a && web pod1 pod2 pod3 rpod1 rpod2; } | apply services.yaml
	returned() { still_bound "A6 $how: it comes back, its clients do not go back"; }
	each_family returned
done
each_family note_bound
stop_daemon
# shellcheck disable=SC2046
{ node zone-a && web $(others "${bound[4]}" "${bound[6]}"); } | write services.yaml
must_start
while_down() {
	check "A6 A10 gone while the daemon was down: forgotten" forgotten "${bound[$family]}"
	refute "A6 A10 and not asked" test "$(who client tcp "$(vip 1)" 80)" = "${bound[$family]}"
}
each_family while_down

# A8, A4: the timeout is changed on the fly; entries keep theirs until refreshed.
affine 3
# shellcheck disable=SC2046
{ node zone-a && web $(others "${bound[4]}" "${bound[6]}"); } | apply services.yaml
kept() { check "A8 another timeout: what was learnt stays" knows web:http client; }
each_family kept
refreshed() {
	local left
	bound[$family]=$(who client tcp "$(vip 1)" 80)
	left=$(learnt web:http | grep "^$(addr client) " | head -n 1)
	check "A8 the next connection brings the new timeout ($left)" grep -Eq 'expires ([0-3]s|[0-9]+ms)' <<<"$left"
}
each_family refreshed
keep_alive() {
	local n
	for n in 1 2 3 4 5; do
		sleep 1
		ask client tcp "$(vip 1)" 80 >/dev/null
	done
	still_bound "A4 each connection refreshes: bound for longer than the timeout"
}
family=4
note_bound
keep_alive
sleep 4
too_late() { refute "A4 without connections the time is over" knows web:http client; }
each_family too_late

# A9: switched off, and on again.
chains_before=$(ruleset | grep -c '^	chain learn-')
off() {
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort"
	slices web "http:tcp:8080 dns:udp:8080" pod1 pod2
}
{ node zone-a && off; } | apply services.yaml
switched_off() {
	expect_distribution "A9 switched off: everybody is served by all" client tcp "$(vip 1)" 80 "pod1 pod2"
	check "A9 nothing of it is left" test -z "$(ruleset | grep "comment \"default/web:")"
}
each_family switched_off
check "A9 one Service with affinity less: two ports, by address, and one by node port, in two families" test \
	"$(ruleset | grep -c '^	chain learn-')" = "$((chains_before - 2 * 3))"
affine 600
{ node zone-a && web pod1 pod2; } | apply services.yaml
each_family note_bound
switched_on() { still_bound "A9 and on again"; }
each_family switched_on

# What stands after all of this is what a fresh start would make.
made() { # made - the ruleset, without what packets have taught it
	ruleset | awk '/^\t}/ {dynamic = 0} !dynamic || /^\t\tcomment / {print} /^\t\tflags dynamic/ {dynamic = 1}'
}
after=$(made)
stop_daemon
in_ns node nft flush ruleset
must_start
check "the rules are those of a fresh start" test "$(made)" = "$after"
finish
