#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints with several slots, and with none: each front end, lists of its own, session affinity, living connections, and the
# rules after all of this. No setting makes slots yet, so this is a daemon with other plans (slots.c). Rows A6, A7, M6.
. "$(dirname "$0")/lib.sh"

DAEMON=$(dirname "$PROBE")/daemon-with-slots
[ -x "$DAEMON" ] || die "no $DAEMON"
export SLOTS_FILE=$work/slots
control=$work/control.sock
default_daemon_args+=(--control-socket "$control")

externals() { # externals LAST -> a list of addresses, in both families
	local n list=()
	for ((n = 1; n <= $1; n++)); do
		list+=("198.51.100.$n" "\"2001:db8:51::$n\"")
	done
	(IFS=,; echo "${list[*]}")
}
ext() { [ "$family" = 4 ] && echo "198.51.100.$1" || echo "2001:db8:51::$1"; }

# slots N1 N2 N3 - those of pod1, pod2 and rpod1 from the next plans on. So that all Services are planned, the manifest, which it prints,
# differs from the last one by an endpoint that is not ready.
slots() {
	local part f unused=()
	for part in pod1 pod2 rpod1; do
		for f in 4 6; do
			echo "$(family=$f addr $part) $1"
		done
		shift
	done >"$SLOTS_FILE"
	if ! rm "$work/unused" 2>/dev/null; then
		: >"$work/unused"
		unused=("rpod2,notready")
	fi
	node
	service web 1 "http:tcp:80:30080" "type: NodePort"
	service wide 2 "http:tcp:80" "externalIPs: [$(externals 30)]"
	service sticky 3 "http:tcp:80" "${affinity_lines[@]}"
	for part in web wide sticky; do
		slices "$part" "http:tcp:8080" pod1 pod2 rpod1 "${unused[@]}"
	done
}

# expect_weights TITLE FROM ADDRESS PORT NAME N... - of 60 requests for each slot, each name answers its share; no other name
# answers. Of 240 requests, 3/4 are off by 34 (5 standard deviations) once in 1,700,000 runs.
expect_weights() {
	local title=$1 from=$2 to=$3 port=$4 all=0 n name count tally
	shift 4
	for ((n = 2; n <= $#; n += 2)); do
		all=$((all + ${!n}))
	done
	tally=$(ask "$from" tcp "$to" "$port" -n $((60 * all)) --tally --timeout "${NETNS_ASK_MS:-900}")
	while [ $# -gt 0 ]; do
		name=$1
		count=$(awk -v name="$name" '$2 == name {sum += $1} END {print sum + 0}' <<<"$tally")
		if [ "$count" -lt $((60 * $2 - 34)) ] || [ "$count" -gt $((60 * $2 + 34)) ]; then
			fail "$title" "$from asks $to $port: $name answered $count times, expected about $((60 * $2)): ${tally//$'\n'/; }"
			return
		fi
		tally=$(grep -v " $name saw " <<<"$tally")
		shift 2
	done
	if [ -n "$tally" ]; then
		fail "$title" "$from asks $to $port: unexpected: ${tally//$'\n'/; }"
		return
	fi
	pass "$title"
}

affine 600
slots 3 1 0 | write services.yaml
must_start

weighted() {
	expect_weights "three slots and one: a ClusterIP, from outside" client "$(vip 1)" 80 pod1 3 pod2 1
	expect_weights "three slots and one: the node port" client "$(addr node)" 30080 pod1 3 pod2 1
	expect_weights "three slots and one: a ClusterIP, from the node" node "$(vip 1)" 80 pod1 3 pod2 1
	expect_weights "M6 three slots and one: a pod that may reach itself" pod1 "$(vip 1)" 80 pod1 3 pod2 1
	expect_weights "three slots and one: a list of its own" client "$(ext 7)" 80 pod1 3 pod2 1
}
each_family weighted
check "the list is stored once" test "$(ruleset | grep -c '^	chain pool-')" = 2
explained() { # explained EXPRESSION - of the endpoints of `explain web` as e
	in_ns node "$DAEMON" explain web --output json --control-socket "$control" >"$work/answer" 2>&1
	json_holds a "$work/answer" "all((lambda e: $1)(p['endpoints']) for p in a['ports'])"
}
check "explain says how many slots" explained \
	"[(e[i].get('clusterSlots'), e[i].get('clusterSlotsOf')) for i in (0, 1, 2)] == [(3, 4), (None, None), (0, 4)]"

# An endpoint loses its slots: living connections go on, new ones avoid it, and clients of session affinity leave it.
bind() { # bind NAME - the client is bound to that endpoint
	local n
	for ((n = 0; n < 30; n++)); do
		bound[$family]=$(who client tcp "$(vip 3)" 80)
		[ "${bound[$family]}" != "$1" ] || return 0
	done
	return 1
}
declare -A bound=()
slots 1 0 0 | apply services.yaml
bound_to_pod1() { check "A7 the client is bound to the only endpoint with a slot" bind pod1; }
each_family bound_to_pod1
slots 1 1 1 | apply services.yaml
still_bound() { expect_sticks "A7 the others get slots: it stays" pod1 client tcp "$(vip 3)" 80; }
each_family still_bound
family=4
hold_open client tcp "$(vip 3)" 80
check "a connection to pod1" test "${hold_answer%% *}" = pod1
slots 0 1 0 | apply services.yaml
hold_line still
check "pod1 has no slot any more: the connection goes on" test "${hold_answer%% *}" = pod1
hold_close
moved() {
	expect_sticks "A6 the client goes to another endpoint" pod2 client tcp "$(vip 3)" 80
	expect_weights "new connections avoid it" client "$(vip 1)" 80 pod2 1
	expect_weights "new connections avoid it: a list of its own" client "$(ext 30)" 80 pod2 1
}
each_family moved
slots 1 1 1 | apply services.yaml
stays() { expect_sticks "A6 it has a slot again: the client stays where it is now" pod2 client tcp "$(vip 3)" 80; }
each_family stays

# Under load, slots come, go and move.
rate_start churn client 200 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80 tcp "$(family=4 ext 3)" 80
for round in 1 2 3; do
	slots 2 0 "$round" | apply services.yaml
	slots 1 "$round" 5 | apply services.yaml
	slots 7 3 0 | apply services.yaml
done
rate_end churn "no connection is lost while slots come and go" "pod1 pod2 rpod1"

# The rules after all of this are those of a fresh start, and of the text.
slots 3 1 0 | apply services.yaml
expect_fresh_start "the rules are those of a fresh start"
stop_daemon
in_ns node nft flush ruleset
in_ns node "$DAEMON" "${daemon_source[@]}" "${default_daemon_args[@]}" --hostname-override "$node_name" --dry-run \
	>"$work/dump" 2>/dev/null
check "the text loads" in_ns node nft -f "$work/dump"
check "the rules are those of the text" test "$(ruleset_made)" = "$fresh"
finish
