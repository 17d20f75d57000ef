#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What status says when something is wrong: its first line, its exit status, and that /healthz agrees. Rows H3, H6, H7, H28.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # its Service would be a manifest

control=$work/control.sock
start_api_server
daemon_source=(--kubeconfig "$work/kubeconfig")
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2 --control-socket "$control")

# starts [OPTION...] - without waiting until it has made rules, but until it answers
starts() {
	NETNS_START_SECONDS=0.01 start_daemon "$@"
	wait_until 100 answers || die "the daemon does not answer"
}
answers() { in_ns node "$DAEMON" status --control-socket "$control" >/dev/null 2>&1; [ $? != 2 ] || [ -S "$control" ]; }
healthz() { in_ns node curl -s --max-time 5 -o "$work/body" -w '%{http_code}' "http://127.0.0.1:10256${1:-/healthz}"; }

# is STATUS FIRST-LINE CODE - the exit status of status, its first line, and the code of /healthz; the text is in $work/answer
is() {
	local status first code
	in_ns node "$DAEMON" status --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	first=$(head -n 1 "$work/answer")
	code=$(healthz)
	[ "$status" = "$1" ] && grep -Eq -- "^($2)\$" <<<"$first" && [ "$code" = "$3" ] && return
	printf 'exit status %s, /healthz %s: %s\n' "$status" "$code" "$(cat "$work/answer" "$work/complaint" "$work/body")"
	return 1
}
becomes() { # becomes TITLE STATUS FIRST-LINE CODE
	wait_until "${limit:-100}" is "${@:2}" >/dev/null
	check "$1" is "${@:2}"
}
says() { grep -Eq -- "$1" "$work/answer"; }
json() { # json EXPRESSION - of status as a
	in_ns node "$DAEMON" status --output json --control-socket "$control" >"$work/json"
	json_holds a "$work/json" "($1)" 2>/dev/null && json_fits status "$work/json"
}
put_node() { # put_node [SPEC] - members of it, as JSON
	tell PUT /objects "{\"kind\": \"Node\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$node_name\", \"uid\": \"n\"}, \"spec\": {${1-}},
		\"status\": {\"addresses\": [{\"type\": \"InternalIP\", \"address\": \"$(family=4 addr node)\"}]}}"
}
fits() { ! grep -nE '.{81}' "$work/answer"; }

# --- the API server is away, and there is neither a table nor a saved state
put web 1 pod1
put_node
tell POST /stop
tells_systemd() { # tells_systemd PATTERN - the daemon, which is started, says this as STATUS once it has waited
	local line notify
	exec {notify}< <("$PROBE" ready "$work/notify")
	read -r -t 10 -u "$notify" line && [ "$line" = bound ] || die "probe ready does not start"
	NOTIFY_SOCKET=$work/notify nsenter --net=/run/netns/node -- "$DAEMON" --hostname-override "$node_name" \
		"${daemon_source[@]}" "${default_daemon_args[@]}" </dev/null >>"$daemon_log" 2>&1 {notify}<&- &
	daemon_pid=$!
	while read -r -t 30 -u "$notify" line && ! [[ $line =~ ^STATUS= ]]; do
		:
	done
	exec {notify}<&-
	[[ $line =~ $1 ]] || { echo "$line"; return 1; }
}
check "H28 no server, no rules: systemd is told so" tells_systemd '^STATUS=Waiting for the API server; there are no rules on this node\.$'
becomes "H28 no server, no rules: not serving" 1 'NOT SERVING: there are no rules on this node' 503
check "H28 no server, no rules: what is not known" says '^Why +Service, EndpointSlice, Node, ServiceCIDR: not listed yet, see below$'
refute "H28 no server, no rules: nobody claims that rules are in force" says 'in force|Health +healthy'
check "H28 no server, no rules: what the kernel has" says '^Tables +none that packets meet$'
check "H28 no server, no rules: in 80 columns" fits
check "H28 no server, no rules: JSON" json 'a["verdict"] == "not-serving" and a["reason"] == "no-rules" and a["healthy"] is False
	and a["tables"]["rulesMade"] == "none" and "requests-fail" in a["troubles"]'
healthz >/dev/null
check "H28 no server, no rules: /healthz says the same" json_holds b "$work/body" \
	'b["healthy"] is False and b["verdict"] == "not-serving" and b["reason"] == "no-rules"'
check "H3 no server, no rules: the daemon works" test "$(healthz /livez)" = 200
tell POST /start
becomes "H28 the server is there: serving" 0 'Serving' 200
check "H28 serving: JSON" json 'a["verdict"] == "serving" and a["reason"] == "none" and a["troubles"] == [] and a["tables"]["rulesMade"] == "made"'

# --- load balancers, and the Node object
put_node '"taints": [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]'
becomes "H28 H7 the autoscaler's taint: serving, but not for load balancers" 1 'Serving, but load balancers may not use this node' 503
check "H28 the autoscaler's taint: why" says '^ +its Node object is being deleted, or the autoscaler has marked it$'
check "H28 the autoscaler's taint: JSON" json 'a["troubles"] == ["node-ineligible"] and a["nodeEligible"] is False and a["nodeSeen"] is True'
put_node
becomes "H28 without it: serving" 0 Serving 200
tell DELETE "/objects/nodes/$node_name"
becomes "H28 H7 the Node object is deleted: serving, but" 1 "Serving, but there is no Node object $node_name" 200
check "H28 the Node object is deleted: what that means" says '^Node +there is no such Node object: node ports are on every address'
put_node
becomes "H28 it is back: serving" 0 Serving 200

# --- the same as at first, but with the rules of an earlier run
stop_daemon
tell POST /stop
starts
becomes "H28 no server, rules of an earlier run: unknown" 2 'Unknown: only rules of an earlier run are in force' 503
check "H28 rules of an earlier run: how many" says '^Tables +those of an earlier run, with 2 ClusterIPs'
check "H28 rules of an earlier run: JSON" json 'a["verdict"] == "unknown" and a["reason"] == "earlier-rules"
	and a["tables"]["rulesMade"] == "earlier" and a["tables"]["earlierClusterIPs"] == 2'
stop_daemon
starts --own-tables=false
in_ns node nft flush ruleset
becomes "H28 somebody deletes the rules of an earlier run: not serving" 1 'NOT SERVING: there are no rules on this node' 503
stop_daemon

# --- every request is refused
kind() { # kind NAME EXPRESSION - of that kind in the JSON of status, as k
	json "[k for k in a['objects'] if k['kind'] == '$1' and ($2)]"
}
refused() { # refused CODE REASON
	tell POST /start
	tell POST /fault "{\"fault\": \"status\", \"code\": $1, \"reason\": \"$2\"}"
	starts
	becomes "H28 $1 at a start, no rules: not serving" 1 'NOT SERVING: there are no rules on this node' 503
	check "H28 $1: a kind that was never listed is unknown, not none" says '^Objects +unknown Service +never heard of$'
	check "H28 $1: and so is each other one" says '^ +unknown EndpointSlice +never heard of$'
	check "H28 $1: with the error and since when, once" \
		grep -Eq "Errors for [0-9]+ s: (watch )?services, (watch )?endpointslices, (watch )?nodes, (watch )?servicecidrs: $1 $2: [^:]* Health" \
		<<<"$(tr -s ' \n' ' ' <"$work/answer")"
	refute "H28 $1: nobody claims that there is no Node object" says '^Node +there is no such|there is no Node'
	check "H28 $1: JSON" kind EndpointSlice "k['known'] is False and 'number' not in k and k['troubleCode'] == $1 and k['troubleSeconds'] >= 0"
	tell POST /heal
	tell POST /start
	limit=400 becomes "H28 $1 is over: serving" 0 'Serving' 200
	tell POST /fault "{\"fault\": \"status\", \"code\": $1, \"reason\": \"$2\"}"
	tell POST /drop
	becomes "H28 $1 later: it serves what it knows" 1 "Serving, but requests to the API server have failed for [0-9]+ s \($1\)" 200
	check "H28 $1 later: how old the last word is" says '^Objects +2 Service +heard of [0-9]+ s ago$'
	check "H28 $1 later: JSON" wait_until 50 kind Service "k['known'] is True and k['number'] == 2 and k['troubleCode'] == $1 and k['heardSecondsAgo'] >= 0"
	stop_daemon
	starts
	becomes "H28 $1, rules of an earlier run: unknown" 2 'Unknown: only rules of an earlier run are in force' 503
	stop_daemon
	tell POST /heal
	in_ns node nft flush ruleset
}
put web2 2 pod2
refused 401 Unauthorized
refused 403 Forbidden

# A kind that we can do without.
tell POST /fault '{"fault": "status", "code": 403, "reason": "Forbidden", "resource": "servicecidrs"}'
starts
limit=600 becomes "H28 403 for ServiceCIDRs: serving without them" 0 Serving 200
check "H28 403 for ServiceCIDRs: they are unknown, not none" says '^ +unknown ServiceCIDR +not there: the server lacks it, or refuses it$'
stop_daemon
tell POST /heal

# One kind only: Services are known, endpoints are not.
must_start
stop_daemon
tell POST /fault '{"fault": "status", "code": 403, "reason": "Forbidden", "resource": "endpointslices"}'
starts
becomes "H28 403 for slices, rules of an earlier run: unknown" 2 'Unknown: only rules of an earlier run are in force' 503
check "H28 403 for slices: what is waited for" says '^Why +EndpointSlice: not listed yet, see below$'
check "H28 403 for slices: they are unknown" says '^ +unknown EndpointSlice +never heard of$'
check "H28 403 for slices: Services are not" says '^Objects +2 Service +heard of [0-9]+ s ago$'
stop_daemon
tell POST /heal

# --- the API server comes back with an empty store, and makes its own Service again
must_start
becomes "H28 before the store is lost" 0 Serving 200
tell POST /stop
tell POST /forget
put kubernetes 3 pod3
tell POST /start
limit=400 becomes "H28 a server with an empty store: not serving, though the Node's list is not believed yet" 1 \
	"NOT SERVING: the API server has lost its data, and has no Node $node_name( any)?( more)?" 503
check "H28 a server with an empty store: why" says '^(Errors)? +for [0-9]+ s: .*nodes: the list is empty and older'
check "H28 a server with an empty store: JSON" json 'a["verdict"] == "not-serving" and a["reason"] == "data-lost" and "data-doubted" in a["troubles"]'
check "H3 a server with an empty store: the daemon works" test "$(healthz /livez)" = 200
put_node
limit=600 becomes "H28 the Node is registered again: serving" 0 Serving 200

# All lists are empty: none is believed for some minutes, and until then everything is served as before.
tell POST /stop
tell POST /forget
tell POST /start
limit=200 becomes "H28 all lists are empty: they are not believed at once" 1 'Serving, but the API server may have lost its data' 200
check "H28 all lists are empty: what was there is served" wait_until 10 reaches 3 pod3
stop_daemon

# --- a sync fails: the kernel has no memory
put web 1 pod1
put_node
in_ns node nft flush ruleset
if daemon_preloads refuse.so "REFUSE_FILE=$work/refuse"; then
	must_start --sync-period 5s
	becomes "H28 before a sync fails" 0 Serving 200
	echo ENOMEM >"$work/refuse"
	put web 1 pod2
	becomes "H28 a sync fails: it serves, but" 1 'Serving, but syncs have failed for [0-9]+ s' 200
	check "H28 a sync fails: why" says '^Why +[0-9]+ syncs? (has|have) failed, the last one because .*'
	error=$(sed -n '/^Why/,/^kube-nftproxy/p' "$work/answer" | tr -s ' \n' ' ')
	check "H28 a sync fails: the error, and which Services wait" \
		grep -q 'Cannot allocate memory.* waits\?, and the kernel has what it had before: .*default/web' <<<"$error"
	check "H28 a sync fails: so it is" reaches 1 pod1
	check "H28 a sync fails: JSON" json 'a["troubles"] == ["sync-fails"] and a["syncs"]["failing"]["errno"] == 12
		and a["syncs"]["failing"]["times"] >= 1 and a["syncs"]["failing"]["seconds"] >= 0
		and "Cannot allocate memory" in a["syncs"]["failing"]["error"] and a["syncs"]["failing"]["waitingNamed"] == ["default/web"]'
	limit=200 becomes "H28 for twice the sync period: not serving" 1 'NOT SERVING: no change has reached the kernel for [0-9]+ s' 503
	check "H28 for twice the sync period: why" says '^Why +[0-9]+ syncs have failed, the last one because '
	check "H28 for twice the sync period: in 80 columns" fits
	rm "$work/refuse"
	becomes "H28 a sync succeeds: serving" 0 Serving 200
	check "H28 a sync succeeds: JSON" json '"failing" not in a["syncs"]'
	check "H28 a sync succeeds: the change is there" reaches 1 pod2
	stop_daemon
	in_ns node nft flush ruleset
	echo ENOMEM >"$work/refuse"
	starts --sync-period 5s
	becomes "H28 the first sync fails: there are no rules" 1 'NOT SERVING: there are no rules on this node' 503
	failed_first() { is 1 'NOT SERVING: there are no rules on this node' 503 >/dev/null && says '^Why +[0-9]+ syncs? (has|have) failed'; }
	check "H28 the first sync fails: why" wait_until 50 failed_first
	rm "$work/refuse"
	becomes "H28 the first sync succeeds: serving" 0 Serving 200
	stop_daemon
	daemon_as_is
else
	skip "H28 a sync fails" "nothing can be preloaded into this daemon"
fi
finish
