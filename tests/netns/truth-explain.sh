#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What explain says when something is wrong: its first line and its exit status, and that packets agree. Row H29.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # its Service would be a manifest

control=$work/control.sock
refuse_file=$work/refuse
start_api_server
daemon_source=(--kubeconfig "$work/kubeconfig")
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2 --control-socket "$control")
preloads=
daemon_preloads refuse.so "REFUSE_FILE=$refuse_file" && preloads=1

starts() {
	NETNS_START_SECONDS=0.01 start_daemon
	wait_until 100 [ -S "$control" ] || die "the daemon does not answer"
}
# says STATUS LINE ARGUMENT... - the exit status of explain, and its first line with the next ones that belong to it
says() {
	local wanted=$1 line=$2 status first
	shift 2
	in_ns node "${real_daemon:-$DAEMON}" explain "$@" --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	first=$(awk 'NR == 1 {printf "%s", $0; next} /^  [^ ]/ {printf " %s", substr($0, 3); next} {exit}' "$work/answer")
	[ "$status" = "$wanted" ] && grep -Eq -- "^($line)\$" <<<"$first" && return
	printf 'exit status %s: %s\n' "$status" "$(cat "$work/answer" "$work/complaint")"
	return 1
}
becomes() { # becomes TITLE STATUS LINE ARGUMENT...
	wait_until 100 says "${@:2}" >/dev/null
	check "$1" says "${@:2}"
}
json() { # json EXPRESSION ARGUMENT... - of the answer as a
	in_ns node "${real_daemon:-$DAEMON}" explain "${@:2}" --output json --control-socket "$control" >"$work/json" 2>&1
	json_fits explain "$work/json" || return 1
	json_holds a "$work/json" "($1)" || { cat "$work/json"; return 1; }
}
forbid() { tell POST /fault "{\"fault\": \"status\", \"code\": 403, \"reason\": \"Forbidden\", \"resource\": \"$1\"}"; }

put web 1 pod1
must_start
becomes "H29 it serves" 0 'default/web: serves: 1 of 1 endpoint' web
lists() { # lists STATUS LINE... - the exit status of list, and lines of it
	local wanted=$1 status line
	shift
	in_ns node "${real_daemon:-$DAEMON}" list --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	for line; do
		grep -Eq -- "^($line)\$" "$work/answer" || { cat "$work/answer" "$work/complaint"; return 1; }
	done
	[ "$status" = "$wanted" ] || { echo "exit status $status"; return 1; }
}
check "H29 it serves: list" lists 0 '2 front ends of 1 Service, all served' 'default/web +tcp 10\.96\.0\.1:80 ClusterIP +1/1  served'
check "H29 it serves: JSON" json 'a["verdict"] == "serves" and a["unknown"] == [] and "waiting" not in a
	and a["ports"][0]["frontends"][0]["verdict"] == "served" and a["ports"][0]["frontends"][0]["endpoints"] == 1' web
check "H29 no such Service: status 1" says 1 '' nowhere
check "H29 no such Service: it says so" grep -q 'no Service default/nowhere is known' "$work/complaint"

# --- one kind is forbidden, and the rules of an earlier run are in force
stop_daemon
forbid endpointslices
starts
becomes "H29 403 for slices: endpoints are unknown, not none" 2 \
	'default/web: EndpointSlices unknown \(.*403.*\); rules of an earlier run are in force' web
check "H29 403 for slices: the Service is answered" test "$(family=4 who client tcp "$(family=4 vip 1)" 80)" = pod1
check "H29 403 for slices: JSON" json 'a["verdict"] == "unknown" and [k["kind"] for k in a["unknown"]] == ["EndpointSlice"]
	and "403" in a["unknown"][0]["error"]' web
check "H29 403 for slices: list" lists 2 'EndpointSlices unknown \(.*403.*\); 2 front ends of 1 Service, 2 unknown' 'default/web .* unknown'
stop_daemon
tell POST /heal
forbid services
starts
becomes "H29 403 for Services: it is not said that there is none" 2 \
	'default/web: Services unknown \(.*403.*\); rules of an earlier run are in force' web
stop_daemon
tell POST /heal
forbid nodes
starts
becomes "H29 403 for Nodes: what is planned waits" 1 'default/web: waiting: .*; rules of an earlier run are in force' web
refute "H29 403 for Nodes: nobody claims that there is none" grep -q 'there is no Node object' "$work/answer"
stop_daemon
tell POST /heal
in_ns node nft flush ruleset
tell POST /stop
starts
becomes "H29 no server, no rules: unknown" 2 'default/web: Services unknown \(.*\), EndpointSlices unknown \(.*\); there are no rules on this node' web
tell POST /start
becomes "H29 the server is there" 0 'default/web: serves: 1 of 1 endpoint' web

# --- a sync fails: the kernel has the old endpoint
if [ -n "$preloads" ]; then
	echo EINVAL >"$refuse_file"
	put web 1 pod2
	becomes "H29 the kernel refuses a change: what it still has" 1 \
		'default/web: waiting: the kernel still has 2 endpoints \(10\.244\.1\.11:8080, \[.*\]:8080\): .*Invalid argument.*, for [0-9]+ s' web
	check "H29 the kernel refuses a change: packets agree" test "$(family=4 who client tcp "$(family=4 vip 1)" 80)" = pod1
	check "H29 the kernel refuses a change: JSON" json 'a["verdict"] == "waits" and a["waiting"]["installedEndpoints"] [:1] == ["10.244.1.11:8080"]
		and "Invalid argument" in a["waiting"]["error"] and a["waiting"]["seconds"] >= 0' web
	check "H29 the kernel refuses a change: list" lists 1 '2 front ends of 1 Service, 2 waits' 'default/web .* waits: .*Invalid argument.*'
	rm "$refuse_file"
	becomes "H29 the kernel accepts it" 0 'default/web: serves: 1 of 1 endpoint' web
	check "H29 the kernel accepts it: packets agree" test "$(family=4 who client tcp "$(family=4 vip 1)" 80)" = pod2
else
	skip "H29 the kernel refuses a change" "nothing can be preloaded into this daemon"
fi
finish
