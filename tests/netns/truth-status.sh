#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What status says when something is wrong: its first line, its exit status, and that /healthz agrees. Rows H3, H6, H28.
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
says() { grep -Eq -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }; }
json() { # json EXPRESSION - of status as a
	in_ns node "$DAEMON" status --output json --control-socket "$control" >"$work/json"
	json_holds a "$work/json" "($1)" || { cat "$work/json"; return 1; }
}
put_node() {
	tell PUT /objects "{\"kind\": \"Node\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$node_name\", \"uid\": \"n\"},
		\"status\": {\"addresses\": [{\"type\": \"InternalIP\", \"address\": \"$(family=4 addr node)\"}]}}"
}
fits() { ! grep -nE '.{81}' "$work/answer"; }

# --- the API server is away, and there is neither a table nor a saved state
put web 1 pod1
put_node
tell POST /stop
starts
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

# --- the same with the rules of an earlier run
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
finish
