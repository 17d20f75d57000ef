#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# /healthz and /livez: the answers to probes and load balancers. Rows H1, H3 to H12, H27.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }
steady_wanted="" # its Service would be a manifest
start_api_server
daemon_source=(--kubeconfig "$work/kubeconfig")

# get PATH [OPTION...] - prints the status code; the body is in $work/body, the head in $work/head
get() {
	local path=$1
	shift
	in_ns node curl -s --max-time 5 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" \
		"http://$(host_port)$path"
}
host_port() { [ "${family:-4}" = 4 ] && echo "127.0.0.1:10256" || echo "[::1]:10256"; }
gives() { [ "$(get "$1" "${@:3}")" = "$2" ]; } # gives PATH CODE
becomes() { check "$1" wait_until 30 gives "$2" "$3"; } # becomes TITLE PATH CODE
body() { # body EXPRESSION - of the body as b
	json_holds b "$work/body" "$1"
}
has_header() { grep -qi "^$1"$'\r'"\$" "$work/head"; }

put_node() { # put_node METADATA SPEC - more of them, as JSON members
	tell PUT /objects "{\"kind\": \"Node\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$node_name\", \"uid\": \"n\"$1}, \"spec\": {$2}}"
}
must_start

check "H3 H5 /livez before anything changed" gives /livez 200
check "H7 the Node was never seen: not eligible" gives /healthz 503
check "H8 /healthz says so" body 'b["nodeEligible"] is False and b["healthy"] is True'
check "H9 lastUpdated of a 503 is that of the rules" body 'b["lastUpdated"] == b["status"]["IPv4"]["lastUpdated"] != b["currentTime"]'
put_node "" ""
becomes "H6 H7 the Node is there: eligible" /healthz 200
check "H8 /healthz" body 'list(b) == ["lastUpdated", "currentTime", "nodeEligible", "healthy", "status"] and b["nodeEligible"] is True and b["healthy"] is True'
check "H8 H4 each family" body 'set(b["status"]) == {"IPv4", "IPv6"} and all(list(s) == ["lastUpdated", "healthy"] and s["healthy"] is True for s in b["status"].values())'
check "H8 the times" body 'all(__import__("datetime").datetime.strptime(b[k].split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S") and b[k].endswith("Z") for k in ("lastUpdated", "currentTime"))'
check "H9 lastUpdated of a 200 is now" body 'b["lastUpdated"] == b["currentTime"]'
check "H10 Content-Type" has_header "Content-Type: application/json"
check "H10 X-Content-Type-Options" has_header "X-Content-Type-Options: nosniff"
check "H8 /livez" gives /livez 200
check "H8 /livez says nothing of the Node" body 'list(b) == ["lastUpdated", "currentTime", "healthy", "status"]'
check "another path is not there" gives /nowhere 404
for method in POST PUT DELETE OPTIONS; do
	check "H1 $method" gives /livez 200 -X "$method"
	check "H27 $method with a body is refused" gives /livez 413 -X "$method" -d "data=$method"
	check "H27 $method in chunks, too" gives /livez 413 -X "$method" -H "Transfer-Encoding: chunked" -d "data=$method"
done
check "H1 HEAD" gives /livez 200 --head
from_outside() {
	check "H1 from another machine" test "$(in_ns remote curl -s --max-time 5 -o /dev/null -w '%{http_code}' "http://$(family=4 addr node):10256/livez")" = 200
	check "H1 from another machine, IPv6" test "$(in_ns remote curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://[$(family=6 addr node)]:10256/livez")" = 200
}
from_outside

put_node "" '"taints": [{"key": "other", "effect": "NoSchedule"}, {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}]'
becomes "H7 the autoscaler's taint: not eligible" /healthz 503
check "H5 and healthy all the same" gives /livez 200
put_node "" '"taints": [{"key": "other", "effect": "NoSchedule"}]'
becomes "H7 another taint alone: eligible" /healthz 200
put_node ', "deletionTimestamp": "2026-01-01T00:00:00Z"' ""
becomes "H7 being deleted: not eligible" /healthz 503
put_node "" ""
becomes "H7 the Node is back" /healthz 200
tell DELETE "/objects/nodes/$node_name"
sleep 0.5
check "H7 that the Node is gone says nothing" gives /healthz 200

# Two hundred clients that send nothing, or never close: other clients do not wait for them.
exec {idle}< <(exec nsenter --net=/run/netns/node -- python3 -c '
import socket, sys, time
idle = [socket.create_connection(("127.0.0.1", 10256)) for _ in range(200)]
for one in idle[:100]:
    one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")
print("open", flush=True)
for _ in range(100):
    for one in idle[:50]:
        try:
            one.sendall(b"y")
        except OSError:
            pass
    time.sleep(0.2)
' 2>/dev/null </dev/null)
idle_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$idle" line || die "no idle clients"
check "200 idle clients: /livez answers" gives /livez 200 --max-time $((1 * ${NETNS_SLOW:-1}))
# Established (01), by the number of the port in hexadecimal.
closed() { [ "$(in_ns node awk '$2 ~ /:2810$/ && $4 == "01"' /proc/net/tcp | wc -l)" -le 60 ]; }
check "200 idle clients: those that say nothing are dropped" wait_until 100 closed
kill "$idle_pid"
stop_daemon

# Rules that another program has changed, and that are not yet repaired, are not healthy.
must_start --own-tables=false
becomes "H3 after a restart" /livez 200
break_again() {
	in_ns node nft delete table ip kube-nftproxy 2>/dev/null
	gives /livez 503
}
check "changed by somebody else: not healthy" wait_until 100 break_again
becomes "put right: healthy again" /livez 200
stop_daemon

# Another process has the port, for a while.
exec {taken}< <(exec nsenter --net=/run/netns/node -- python3 -c '
import socket, time
taken = socket.create_server(("0.0.0.0", 10256))
print("taken", flush=True)
time.sleep(600)' </dev/null)
taken_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$taken" line || die "the port cannot be taken"
log_forget
must_start
check "H11 the port is taken: it starts all the same, and says so" log_says "level=warn .*cannot listen on 0.0.0.0 port 10256: Address already in use"
kill "$taken_pid"
check "H11 the port is free: tried again" wait_until 100 gives /livez 200
stop_daemon
exec {taken}< <(exec nsenter --net=/run/netns/node -- python3 -c '
import socket, time
taken = socket.create_server(("0.0.0.0", 10256))
print("taken", flush=True)
time.sleep(600)' </dev/null)
taken_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$taken" line || die "the port cannot be taken"
refute "H11 with --bind-address-hard-fail that is the end" timeout 10 nsenter --net=/run/netns/node -- "$DAEMON" \
	--manifests "$manifests" --hostname-override "$node_name" --state-dir "" --bind-address-hard-fail 2>>"$daemon_log"
kill "$taken_pid"

# At another address, or switched off.
must_start --healthz-bind-address "[::1]:12345"
check "H1 on another address" test "$(in_ns node curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://[::1]:12345/livez")" = 200
refute "H1 and not on the one by default" gives /livez 200
stop_daemon
must_start --healthz-bind-address "[::]"
check "H1 both families, IPv4" test "$(in_ns node curl -s --max-time 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:10256/livez")" = 200
check "H1 both families, IPv6" test "$(in_ns node curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://[::1]:10256/livez")" = 200
stop_daemon
must_start --healthz-bind-address "0.0.0.0" --metrics-bind-address "0.0.0.0"
from_outside
check "H12 metrics on both families" test "$(in_ns node curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://[::1]:10249/metrics")" = 200
stop_daemon
must_start --healthz-bind-address "127.0.0.1"
refute "H1 an address is of one family" test "$(in_ns node curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://[::1]:10256/livez")" = 200
stop_daemon
log_forget
if daemon_as_if AS_IF_NO_IPV6=1; then
	must_start
	check "H1 without IPv6 in the kernel" gives /livez 200
	refute "H1 that is no error" log_says "cannot listen"
	stop_daemon
	daemon_as_is
else
	skip "H1 without IPv6 in the kernel" "nothing can be preloaded into this daemon"
fi
must_start --healthz-port 0
refute "H1 nowhere" gives /livez 200
stop_daemon
finish
