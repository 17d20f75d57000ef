#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An API server instead of manifests: which Services the daemon's selectors leave out, a start before all lists are
# complete, and a restart of the server. Rows S1, S2, Y1, T27, T33.
. "$(dirname "$0")/lib.sh"

start_api_server
follow_cluster() {
	local line notify
	exec {notify}< <("$PROBE" ready "$work/notify")
	read -r -t 10 -u "$notify" line && [ "$line" = bound ] || die "probe ready does not start"
	NOTIFY_SOCKET=$work/notify nsenter --net=/run/netns/node -- "$DAEMON" --hostname-override "$node_name" \
		--kubeconfig "$work/kubeconfig" --min-sync-period 0s "${default_daemon_args[@]}" \
		</dev/null >>"$daemon_log" 2>&1 {notify}<&- &
	daemon_pid=$!
	ready_from=$notify
}
is_ready() {
	local line=
	read -r -t "$1" -u "$ready_from" line
	[ "$line" = READY=1 ]
}

labels_of() { echo "\"labels\": {$1}"; }
service_json() { # service_json NAME NUMBER LABELS
	echo "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"default\", $(labels_of "$3")}," \
		"\"spec\": {\"ipFamilies\": [\"IPv4\", \"IPv6\"], \"clusterIP\": \"$(family=4 vip "$2")\"," \
		"\"clusterIPs\": [\"$(family=4 vip "$2")\", \"$(family=6 vip "$2")\"], \"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}"
}
slice_json() { # slice_json NAME FAMILY PART MORE-LABELS
	echo "{\"kind\": \"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1\", \"metadata\": {\"name\": \"$1-$2\"," \
		"\"namespace\": \"default\", $(labels_of "\"kubernetes.io/service-name\": \"$1\"$4")}, \"addressType\": \"IPv$2\"," \
		"\"endpoints\": [{\"addresses\": [\"$(family=$2 addr "$3")\"]}], \"ports\": [{\"name\": \"\", \"protocol\": \"TCP\", \"port\": 8080}]}"
}
put() { # put NAME NUMBER PART [SERVICE-LABELS [SLICE-LABELS]]
	tell PUT /objects "$(slice_json "$1" 4 "$3" "${5-}")"
	tell PUT /objects "$(slice_json "$1" 6 "$3" "${5-}")"
	tell PUT /objects "$(service_json "$1" "$2" "${4-}")"
}
becomes() { # becomes TITLE NUMBER NAME - it answers, soon
	check "$1" wait_until 10 reaches "$2" "$3"
}
gone() { ! in_ns node nft get element "$([ "$family" = 4 ] && echo ip || echo ip6)" kube-nftproxy cluster-ips "{ $(vip "$1") }" >/dev/null 2>&1; }

put web 1 pod1
put proxied 2 pod2 '"service.kubernetes.io/service-proxy-name": "other"'
put headless 3 pod3 '"service.kubernetes.io/headless": ""' ', "service.kubernetes.io/headless": ""'
put named 4 pod2 '' ', "service.kubernetes.io/service-proxy-name": "other"'
follow_cluster
is_ready "${NETNS_START_SECONDS:-20}" || die "the daemon does not start"
from_cluster() {
	becomes "S1 a Service of ours" 1 pod1
	check "S1 a Service of another proxy is not sent to us" gone 2
	expect_refused "S2 T33 a headless Service's slices are not sent to us" client tcp "$(vip 3)" 80
	becomes "S2 the label of another proxy means nothing on a slice" 4 pod2
}
each_family from_cluster
put web 1 pod1 '"service.kubernetes.io/service-proxy-name": ""'
loses() { check "S1 it gains the label" wait_until 50 gone 1; }
each_family loses
put web 1 pod1
put headless 3 pod3
gains() {
	becomes "S1 it loses the label" 1 pod1
	becomes "T33 the headless label goes" 3 pod3
}
each_family gains

# The server stops, and comes back with another state.
tell POST /stop
while_stopped() { expect_answer "T27 the API server is away" client tcp "$(vip 1)" 80 pod1; }
each_family while_stopped
put web 1 pod2
put late 5 pod1
tell POST /start
afterwards() {
	check "T27 it is back: what changed meanwhile" wait_until 80 reaches 1 pod2
	check "T27 and what is new" wait_until 80 reaches 5 pod1
}
each_family afterwards

# A start while slices cannot be listed: the installed rules stay as they are.
stop_daemon
stands=$(ruleset)
tell POST /fault '{"fault": "status", "code": 503, "resource": "endpointslices"}'
put web 1 pod3
log_forget
follow_cluster
refute "Y1 without slices there is no start" is_ready 3
check "Y1 Services alone change nothing" test "$(ruleset)" = "$stands"
tell POST /heal
check "Y1 with them there is" is_ready 60
started() { becomes "Y1 and what changed meanwhile" 1 pod3; }
each_family started

# A unit ordered after ours may be the one that starts the API server: READY=1 must not wait for the lists for ever.
stop_daemon
stands=$(ruleset)
tell POST /fault '{"fault": "status", "code": 503, "resource": "services"}'
log_forget
follow_cluster
check "Y1 systemd is not kept waiting for long" is_ready 30
refute "Y1 though there was no sync" log_says 'msg="first sync"'
check "Y1 and all stands" test "$(ruleset)" = "$stands"
kill "$server_pid"
finish
