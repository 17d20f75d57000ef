#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kubernetes Events: what `kubectl get events` shows to an operator, and what the daemon does if it may not write
# them. Row D11.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # its Service would be a manifest

start_api_server --tls
daemon_source=(--kubeconfig "$work/kubeconfig")

service_json() { # service_json NAME UID PORT [CREATED]
	echo "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"shop\", \"uid\": \"$2\"," \
		"\"creationTimestamp\": \"${4:-2026-01-01T00:00:00Z}\"}, \"spec\": {\"clusterIP\": \"10.96.0.1\"," \
		"\"clusterIPs\": [\"10.96.0.1\"], \"ipFamilies\": [\"IPv4\"], \"ports\": [{\"protocol\": \"TCP\", \"port\": $3}]}}"
}
# events REASON - those that the server has, a line each: object uid type action instance; note
events() {
	in_ns node curl -sf --noproxy '*' "$server_control/events" | python3 -c '
import json, sys
for e in json.load(sys.stdin):
    r = e["regarding"]
    if e["reason"] == sys.argv[1]:
        print(r["apiVersion"], r["kind"], r.get("namespace", "-") + "/" + r["name"], r.get("uid", "-"), e["type"],
              e["action"], e["reportingInstance"] + ";", e["note"])
' "$1"
}
has_event() { # has_event REASON LINE - and no other of that reason
	[ "$(events "$1")" = "$2" ]
}
matches_event() { # matches_event REASON PATTERN
	[[ "$(events "$1")" =~ ^$2$ ]]
}
requests() { # requests VERB - how many there were
	in_ns node curl -sf --noproxy '*' "$server_control/requests" | python3 -c '
import json, sys
print(sum(1 for r in json.load(sys.stdin) if (r["resource"], r["verb"]) == ("events", sys.argv[1])))' "$1"
}
version=$("$DAEMON" --version | cut -d ' ' -f 2)

tell PUT /objects "$(service_json web u-web 80)"
tell PUT /objects "$(service_json late u-late 80 2026-02-01T00:00:00Z)"
must_start --own-tables=false
check "D11 the start" wait_until 150 has_event Starting \
	"v1 Node -/$node_name $node_name Normal StartKubeProxy kube-nftproxy-$node_name; kube-nftproxy $version"
check "a Service that does not get its front end" wait_until 50 has_event FrontendConflict \
	"v1 Service shop/late u-late Warning Sync kube-nftproxy-$node_name; 10.96.0.1 tcp 80 is Service shop/web's: it is older or first by name"

tell PUT /objects "$(service_json web u-web 70000)"
check "an object that is refused" wait_until 50 has_event Refused \
	"v1 Service shop/web u-web Warning Decode kube-nftproxy-$node_name; spec.ports[0].port: 70000 is not in 1..65535"

in_ns node nft delete element ip kube-nftproxy cluster-ips '{ 10.96.0.1 }'
check "rules that somebody else changed, and who that was" wait_until 50 matches_event RulesChanged \
	"v1 Node -/$node_name $node_name Warning Repair kube-nftproxy-$node_name; The rules of this node were changed by nft \(pid [0-9]+\), and are put right"
refute "nothing of it is trouble" log_says 'mod=events'

# An Event that every node would write exists once for all nodes: a node that comes second accepts that it exists.
tell PUT /objects "$(service_json web u-web 80)"
stop_daemon
before=$(requests create)
log_forget
must_start --own-tables=false
more_requests() { [ "$(requests create)" -ge $((before + 2)) ]; }
check "another start says the same of the Services" wait_until 150 more_requests
check "and that is no second Event" has_event FrontendConflict \
	"v1 Service shop/late u-late Warning Sync kube-nftproxy-$node_name; 10.96.0.1 tcp 80 is Service shop/web's: it is older or first by name"
check "but another start is another" test "$(events Starting | wc -l)" = 2
refute "nor is that trouble" log_says 'mod=events'

# A server that forbids writing Events.
log_forget
tell POST /fault '{"fault": "status", "resource": "events", "code": 403, "reason": "Forbidden", "message": "events is forbidden", "times": 1}'
tell PUT /objects "$(service_json other u-other 70001)"
check "a right that we lack is named" wait_until 50 log_says 'mod=events .*403 Forbidden: events is forbidden'
tell PUT /objects "$(service_json other u-other 8080)"
serves() { in_ns node nft list set ip kube-nftproxy cluster-ip-ports | grep -q '10\.96\.0\.1 \. tcp \. 8080'; }
check "and all else goes on" wait_until 50 serves

# A server that fails at first: the daemon tries again.
log_forget
tell POST /fault '{"fault": "status", "resource": "events", "code": 503, "times": 1}'
tell PUT /objects "$(service_json other u-other 70002)"
again() { [[ "$(events Refused)" == *70002* ]]; }
check "what may pass is tried again" wait_until 150 again
refute "without a word" log_says 'mod=events'
kill "$server_pid"
finish
