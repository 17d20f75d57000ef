#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# /metrics and the other paths of its port, which Prometheus and people read. Rows H11 to H13, H23, H24.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }
steady_wanted="" # its Service would be a manifest
start_api_server
daemon_source=(--kubeconfig "$work/kubeconfig")

get() { # get PATH [OPTION...] - prints the status code; the body is in $work/body, the head in $work/head
	local path=$1
	shift
	in_ns node curl -s --max-time 5 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" "http://127.0.0.1:10249$path"
}
gives() { # gives PATH CODE BODY
	[ "$(get "$1")" = "$2" ] && [ "$(cat "$work/body")" = "$3" ]
}
has_header() { grep -qi "^$1"$'\r'"\$" "$work/head"; }
value() { # value SERIES - or nothing
	get /metrics >"$work/code"
	awk -v series="$1" '$1 == series { print $2 }' "$work/body"
}
is() { # is SERIES TEST... - of the value as $value; TEST is an expression of awk on v
	awk -v v="$(value "$1")" "BEGIN { exit !(v != \"\" && $2) }" </dev/null
}
becomes() { check "$1" wait_until 50 is "$2" "$3"; } # becomes TITLE SERIES EXPRESSION

service_json() { # service_json NAME NUMBER SPEC
	echo "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"shop\", \"uid\": \"u-$1\"}," \
		"\"spec\": {\"clusterIP\": \"10.96.0.$2\", \"clusterIPs\": [\"10.96.0.$2\"], \"ipFamilies\": [\"IPv4\"]," \
		"$3\"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}"
}
slice_json() { # slice_json SERVICE ADDRESS NODE TRIGGER-TIME
	echo "{\"kind\": \"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1\", \"metadata\": {\"name\": \"$1-a\"," \
		"\"namespace\": \"shop\", \"uid\": \"s-$1\", \"labels\": {\"kubernetes.io/service-name\": \"$1\"}," \
		"\"annotations\": {\"endpoints.kubernetes.io/last-change-trigger-time\": \"$4\"}}, \"addressType\": \"IPv4\"," \
		"\"ports\": [{\"name\": \"\", \"protocol\": \"TCP\", \"port\": 8080}]," \
		"\"endpoints\": [{\"addresses\": [\"$2\"], \"nodeName\": \"$3\"}]}"
}
seconds_ago() { date -u -d "@$(($(date +%s) - $1))" +%Y-%m-%dT%H:%M:%SZ; }

tell PUT /objects "$(service_json web 1 "")"
tell PUT /objects "$(slice_json web 10.244.1.11 "$node_name" 2026-01-01T00:00:00Z)"
must_start --own-tables=false

check "H12 /healthz" gives /healthz 200 ok
check "H12 /proxyMode" gives /proxyMode 200 nftables
check "H12 another path is not there" gives /nowhere 404 "404 page not found"
check "H12 /metrics" test "$(get /metrics)" = 200
check "H12 in Prometheus' text format" has_header "Content-Type: text/plain; version=0.0.4; charset=utf-8"
refute "H12 on 127.0.0.1 alone" in_ns remote curl -s --max-time 2 -o /dev/null "http://$(family=4 addr node):10249/metrics"

becomes "H13 a sync has succeeded" 'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv6"}' 'v >= 1'
becomes "H13 the first of them read back what stood" 'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"}' 'v == 1'
becomes "H13 when that was" 'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"}' "v > $(date +%s) - 60 && v <= $(date +%s) + 1"
becomes "H13 when it was asked for" 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"}' "v > $(date +%s) - 60"
becomes "H13 nothing is pending" kubeproxy_sync_proxy_rules_endpoint_changes_pending 'v == 0'
becomes "H24 what began before we did says nothing of us" 'kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"}' 'v == 0'
becomes "the objects that are known" 'kube_nftproxy_objects{kind="Service"}' 'v == 1'
becomes "the watch is fresh" 'kube_nftproxy_watch_age_seconds{kind="Service"}' 'v >= 0 && v < 60'

before=$(value kubeproxy_sync_proxy_rules_endpoint_changes_total)
tell PUT /objects "$(slice_json web 10.244.1.12 "$node_name" "$(seconds_ago -1)")"
becomes "H13 a change of endpoints is counted" kubeproxy_sync_proxy_rules_endpoint_changes_total "v == $before + 1"
becomes "H13 its sync sent the difference alone" 'kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family="IPv4"}' 'v >= 1'
becomes "H24 how long it took from the cluster" 'kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"}' 'v == 1'
becomes "H24 and that was not long" 'kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="5"}' 'v == 1'
tell PUT /objects "$(slice_json web 10.244.1.12 "$node_name" "$(seconds_ago -2)")"
tell PUT /objects "$(service_json web 1 '"internalTrafficPolicy": "Local",')"
becomes "H13 a change of a Service is counted" kubeproxy_sync_proxy_rules_service_changes_total 'v == 2'
becomes "H24 a version that changes nothing is none" 'kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"}' 'v == 1'

becomes "H23 an endpoint is here" 'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"}' 'v == 0'
tell PUT /objects "$(slice_json web 10.244.2.11 "$other_node_name" 2026-01-01T00:00:00Z)"
becomes "H23 endpoints are elsewhere alone" 'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"}' 'v == 1'
becomes "H23 the other policy is Cluster" 'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="external"}' 'v == 0'
tell DELETE /objects/services/shop/web
becomes "H23 the Service is gone" 'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"}' 'v == 0'

# The metrics about the kernel's tables count what nft lists.
tell PUT /objects "$(service_json again 2 '"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}},')"
tell PUT /objects "$(slice_json again 10.244.1.11 "$node_name" 2026-01-01T00:00:00Z)"
becomes "the Service stands" 'kube_nftproxy_objects{kind="Service"}' 'v == 1'
sleep 0.5
listed() { in_ns node nft -a list table "$1" kube-nftproxy; }
chains=$({ listed ip; listed ip6; } | grep -c '^	chain ')
rules=$({ listed ip; listed ip6; } | awk '/^\tchain / { c = 1; next } /^\t}/ { c = 0 } c && !/^\t\ttype / && /# handle/' | wc -l)
becomes "as many chains as nft lists" kube_nftproxy_chains "v == $chains"
becomes "as many rules as nft lists" kube_nftproxy_rules "v == $rules"

becomes "nothing was put right yet" kube_nftproxy_repairs_total 'v == 0'
in_ns node nft flush table ip kube-nftproxy
becomes "a repair is counted" kube_nftproxy_repairs_total 'v == 1'
becomes "healthy" kube_nftproxy_healthy 'v == 1'
becomes "tables that are not owned" kube_nftproxy_tables_owned 'v == 0'
in_ns node curl -s -o /dev/null http://127.0.0.1:10256/livez
in_ns node curl -s -o /dev/null http://127.0.0.1:10256/healthz
becomes "H13 /livez said that it is well" 'kubeproxy_proxy_livez_total{code="200"}' 'v == 1'
becomes "H13 /healthz said that the Node was not seen" 'kubeproxy_proxy_healthz_total{code="503"}' 'v == 1'
becomes "the process" process_resident_memory_bytes 'v > 1000000'
becomes "its start" process_start_time_seconds "v > $(date +%s) - 120 && v < $(date +%s) + 2"
becomes "its processor time" process_cpu_seconds_total 'v > 0 && v < 60'
host=$(sed -n 's|.*server: *"\{0,1\}[a-z]*://\([^/" ]*\).*|\1|p' "$work/kubeconfig")
becomes "H13 what was asked of the API server" "rest_client_requests_total{code=\"200\",host=\"$host\",method=\"GET\"}" 'v >= 4'
becomes "H13 an Event that was written" "rest_client_requests_total{code=\"201\",host=\"$host\",method=\"POST\"}" 'v >= 1'
becomes "H13 how long that took" "rest_client_request_duration_seconds_count{host=\"$host\",verb=\"POST\"}" 'v >= 1'
becomes "its descriptors" process_open_fds "v > 5 && v < 100"

if command -v promtool >/dev/null; then
	in_ns node curl -s -o "$work/body" http://127.0.0.1:10249/metrics
	# Kubernetes' own names break promtool's naming rules; only a syntax error counts.
	check "promtool reads it" bash -c '! promtool check metrics <"$1" 2>&1 | grep -vE "^kubeproxy_"' - "$work/body"
else
	skip "promtool reads it" "promtool is not installed"
fi
if command -v prometheus >/dev/null; then
	cat >"$work/prometheus.yml" <<-YAML
	global: {scrape_interval: 1s}
	scrape_configs:
	- job_name: kube-nftproxy
	  static_configs: [{targets: ["127.0.0.1:10249"]}]
	YAML
	in_ns node prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
		--web.listen-address=127.0.0.1:9090 >"$work/prometheus.log" 2>&1 &
	asks() { # asks QUERY ANSWER
		[ "$(in_ns node curl -s --max-time 5 "http://127.0.0.1:9090/api/v1/query" --data-urlencode "query=$1" |
			python3 -c 'import json, sys; print(*(r["value"][1] for r in json.load(sys.stdin)["data"]["result"]))' 2>/dev/null)" = "$2" ]
	}
	check "a Prometheus scrapes it" wait_until 300 asks 'up{job="kube-nftproxy"}' 1
	check "a Prometheus knows a counter" wait_until 100 asks kube_nftproxy_repairs_total 1
	check "a Prometheus knows a histogram" wait_until 100 asks 'kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"}' 1
	kill $!
else
	skip "a Prometheus scrapes it" "prometheus is not installed"
fi

# What is so now goes up, and down again.
becomes "it serves" 'kube_nftproxy_verdict{verdict="serving"}' 'v == 1'
becomes "with rules that it has made" 'kube_nftproxy_rules_state{state="made"}' 'v == 1'
becomes "nothing is rejected" 'kube_nftproxy_objects_rejected{kind="Service"}' 'v == 0'
becomes "no Service lacks endpoints" kube_nftproxy_services_without_endpoints 'v == 0'
becomes "no conflict" kube_nftproxy_frontend_conflicts 'v == 0'
becomes "Services were listed" 'kube_nftproxy_listed{kind="Service"}' 'v == 1'
becomes "Services are watched" 'kube_nftproxy_watch_connected{kind="Service"}' 'v == 1'
becomes "no request fails" 'kube_nftproxy_requests_failing{kind="Service"}' 'v == 0'
becomes "flows of this node" kube_nftproxy_conntrack_entries "v >= 0 && v < 10000"
becomes "and their limit" kube_nftproxy_conntrack_limit "v == $(in_ns node cat /proc/sys/net/netfilter/nf_conntrack_max)"
tell PUT /objects "$(service_json lonely 3 "")"
becomes "a Service without endpoints" kube_nftproxy_services_without_endpoints 'v == 1'
tell PUT /objects "$(service_json bad 4 '"sessionAffinity": 7,')"
becomes "a Service that cannot be read" 'kube_nftproxy_objects_rejected{kind="Service"}' 'v == 1'
tell PUT /objects "$(service_json late 3 "")"
becomes "two Services ask for an address" kube_nftproxy_frontend_conflicts 'v == 1'
stop_daemon
must_start --own-tables=false
becomes "a new process says so from the first answer on: rejected" 'kube_nftproxy_objects_rejected{kind="Service"}' 'v == 1'
becomes "in conflict" kube_nftproxy_frontend_conflicts 'v == 1'
becomes "without endpoints" kube_nftproxy_services_without_endpoints 'v == 2'
tell DELETE /objects/services/shop/late
becomes "the conflict is over" kube_nftproxy_frontend_conflicts 'v == 0'
tell PUT /objects "$(slice_json lonely 10.244.1.11 "$node_name" 2026-01-01T00:00:00Z)"
becomes "the Service has an endpoint" kube_nftproxy_services_without_endpoints 'v == 0'
tell DELETE /objects/services/shop/bad
becomes "the bad Service is gone" 'kube_nftproxy_objects_rejected{kind="Service"}' 'v == 0'
tell DELETE /objects/endpointslices/shop/lonely-a
becomes "its endpoint is gone" kube_nftproxy_services_without_endpoints 'v == 1'
tell DELETE /objects/services/shop/lonely
becomes "and the Service" kube_nftproxy_services_without_endpoints 'v == 0'
stop_daemon

must_start --metrics-bind-address "0.0.0.0:12346"
check "H12 on another address" test "$(in_ns remote curl -s --max-time 5 -o /dev/null -w '%{http_code}' "http://$(family=4 addr node):12346/proxyMode")" = 200
refute "H12 and not on the one by default" gives /healthz 200 ok
stop_daemon
must_start --metrics-port 0
refute "H12 nowhere" gives /healthz 200 ok
stop_daemon
must_start
kill "$server_pid"
becomes "no watch is connected" 'kube_nftproxy_watch_connected{kind="Service"}' 'v == 0'
becomes "requests fail" 'kube_nftproxy_requests_failing{kind="Service"}' 'v == 1'
becomes "H13 what nobody answered" "rest_client_requests_total{code=\"<error>\",host=\"$host\",method=\"GET\"}" 'v >= 1'
stop_daemon
finish
