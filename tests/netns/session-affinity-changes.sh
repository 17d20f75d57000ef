#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sessionAffinity: ClientIP over changes, restarts and time. Rows A4, A6 to A10.
. "$(dirname "$0")/lib.sh"

affine 600
web() { # web ENDPOINT... - one Service, all kinds of front ends
	service web 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" "${affinity_lines[@]}" \
		"externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	slices web "http:tcp:8080 dns:udp:8080" "$@"
}
{
	node zone-a
	web pod1 pod2 rpod1 rpod2
	service other 3 ":tcp:80" "${affinity_lines[@]}" && slices other ":tcp:8080" pod1 pod2 rpod1 rpod2
} | write services.yaml
must_start

# A7: other endpoints come and go, the Service is edited; a long connection stays open.
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
wait_until 50 chains_are_ready || die "the chains that are kept ready are not made"
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
	# shellcheck disable=SC2046
	case $how in
	removed) set -- ;;
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
	left=$(learnt web:http | grep "^$(client_key client) " | head -n 1)
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
	check "A9 nothing of it is left" test -z "$(ruleset | grep "comment \"default/web:")" -a -z "$(learnt web)"
}
each_family switched_off
check "A9 one Service with affinity less: two ports in two families" test \
	"$(ruleset | grep -c '^	chain learn-')" = "$((chains_before - 2 * 2))"
affine 600
{ node zone-a && web pod1 pod2; } | apply services.yaml
each_family note_bound
switched_on() { still_bound "A9 and on again"; }
each_family switched_on

expect_fresh_start "after all of this, the rules are those of a fresh start"
finish
