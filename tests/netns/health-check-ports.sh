#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# healthCheckNodePort: the answers to load balancers about each Service. Rows H14 to H22, H25.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }

steady_wanted="" # the rules are broken on purpose

balanced() { # balanced PORT [SPEC-LINE...] - a Service behind a load balancer, with that healthCheckNodePort
	service balanced 1 "http:tcp:80:30080" "type: LoadBalancer" "externalTrafficPolicy: ${policy:-Local}" "healthCheckNodePort: $1" "${@:2}"
}
where() { # where PORT [PART] - in the family of the moment
	[ "$family" = 4 ] && echo "$(addr "${2:-node}"):$1" || echo "[$(addr "${2:-node}")]:$1"
}
get() { # get PORT [PATH] [OPTION...] - asked from the client
	local port=$1 path=${2:-/}
	shift; [ $# -eq 0 ] || shift
	in_ns client curl -g -s --max-time 5 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" "http://$(where "$port")$path"
}
gives() { [ "$(get "$1" "${@:3}")" = "$2" ]; } # gives PORT CODE [PATH] [OPTION...]
becomes() { check "$1" wait_until 50 gives "${@:2}"; }
has_header() { grep -qi "^$1"$'\r'"\$" "$work/head"; }
silent() { ! get "$1" >/dev/null; }
each_family() { # each_family FUNCTION
	for family in $(echo "${NETNS_FAMILIES:-4 6}"); do "$1"; done
}
expected_body() { # expected_body COUNT HEALTHY
	printf '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "balanced"\n\t},\n\t"localEndpoints": %s,\n\t"serviceProxyHealthy": %s\n}' "$1" "$2"
}

{ node; balanced 31000; slices balanced "http:tcp:8080" pod1 pod2 rpod1; } | write all.yaml
must_start --own-tables=false
settle

two_here() {
	becomes "H14 H15 it answers" 31000 200
	check "H17 the body" test "$(cat "$work/body")" = "$(expected_body 2 true)"
	check "H17 Content-Type" has_header "Content-Type: application/json"
	check "H17 X-Content-Type-Options" has_header "X-Content-Type-Options: nosniff"
	check "H17 the weight" has_header "X-Load-Balancing-Endpoint-Weight: 2"
	check "H16 whatever the path" gives 31000 200 /any/path
	check "H16 whatever the method" gives 31000 200 / -X POST
}
each_family two_here

{ node; balanced 31000; slices balanced "http:tcp:8080 more:tcp:9090" pod1 pod2,notready rpod1; } | apply all.yaml
one_here() {
	becomes "H18 ports and endpoints that are not ready do not add up" 31000 200
	check "H18 one is left" has_header "X-Load-Balancing-Endpoint-Weight: 1"
}
each_family one_here

{ node; balanced 31000; slices balanced "http:tcp:8080" pod1,terminating rpod1; } | apply all.yaml
draining() {
	becomes "H18 who only serves while it terminates does not count" 31000 503
	check "H17 the body of a 503" test "$(cat "$work/body")" = "$(expected_body 0 true)"
	check "H17 the weight of a 503" has_header "X-Load-Balancing-Endpoint-Weight: 0"
}
each_family draining

{ node; balanced 31001; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
moved() {
	becomes "H20 another port" 31001 200
	check "H20 the old one is closed" silent 31000
}
each_family moved

# Only the primary addresses serve node ports here, so only they serve health check node ports.
elsewhere() {
	check "H15 not on another address of the node" bash -c '! nsenter --net=/run/netns/remote curl -g -s --max-time 2 -o /dev/null "$1"' - "http://$(where 31001 node-eth1)/"
}
each_family elsewhere
no_rules() {
	check "H25 no rule of ours names the port" bash -c '! nsenter --net=/run/netns/node nft list ruleset | grep -q 31001'
}
no_rules

{ node; policy=Cluster balanced 31001; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
cluster_policy() { check "H20 policy Cluster has none" silent 31001; }
each_family cluster_policy
{ node; balanced 31001 "loadBalancerClass: x"; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
back() { becomes "H20 policy Local again" 31001 200; }
each_family back
{ node; balanced 31001 | sed 's/type: LoadBalancer/type: NodePort/'; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
node_port() { check "H14 a Service of type NodePort has none" silent 31001; }
each_family node_port
{ node; balanced 31001 | sed 's/healthCheckNodePort: .*/healthCheckNodePort: 0/'; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
zero() { check "H14 0 is none" silent 31001; }
each_family zero

# A family without a ClusterIP has no health check node port.
{ node; balanced 31002 | sed 's/ipFamilies: .*/ipFamilies: [IPv4]/; s/clusterIPs: .*/clusterIPs: ["10.96.0.1"]/'; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
family=4 becomes "H15 the family that the Service has" 31002 200
family=6 check "H15 and not the other" silent 31002

# Another process has the port, for a while.
exec {taken}< <(exec nsenter --net=/run/netns/node -- python3 -c '
import socket, time
taken = socket.create_server(("172.18.0.10", 31003))
print("taken", flush=True)
time.sleep(600)' </dev/null)
taken_pid=$!
read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$taken" line || die "the port cannot be taken"
log_forget
{ node; balanced 31003; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
check "H19 the port is taken: it says so" log_says "level=warn .*for=\"the health check node port of Service default/balanced\" err=\"cannot listen on 172.18.0.10 port 31003: Address already in use"
family=6 becomes "H19 the other family is served" 31003 200
kill "$taken_pid"
family=4 check "H19 tried again" wait_until 100 gives 31003 200

# The addresses change while it runs.
in_ns node ip address add 172.18.0.11/24 dev eth0
stop_daemon
must_start --own-tables=false --nodeport-addresses 172.18.0.0/24,fd00:172:18::/64
{ node; balanced 31004; slices balanced "http:tcp:8080" pod1; } | apply all.yaml
at() { [ "$(in_ns client curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://$1:31004/")" = 200 ]; }
check "H15 an address in the prefixes" wait_until 50 at 172.18.0.10
check "H15 and another one" wait_until 50 at 172.18.0.11
in_ns node ip address add 172.18.0.12/24 dev eth0
check "H15 one that comes later" wait_until 50 at 172.18.0.12
in_ns node ip address add fd00:172:18::12/64 dev eth0 nodad
check "H15 in the other family, too" wait_until 50 at "[fd00:172:18::12]"

# Rules changed by another program count as not healthy, and load balancers get that answer.
broken() {
	in_ns node nft delete table ip kube-nftproxy 2>/dev/null
	gives 31004 503
}
family=4 check "H16 not healthy" wait_until 100 broken
check "H16 the body says so" grep -q '"serviceProxyHealthy": false' "$work/body"
family=4 becomes "H16 healthy again" 31004 200
stop_daemon

# H22: the answers do not depend on /healthz, which is switched off.
must_start --healthz-port 0 --nodeport-addresses 0.0.0.0/0,::/0
everywhere() { becomes "H22 without /healthz; H15 on every address" 31004 200; }
each_family everywhere
remote_asks() { [ "$(in_ns remote curl -g -s --max-time 5 -o /dev/null -w '%{http_code}' "http://$(where 31004 node-eth1)/")" = 200 ]; }
each_other() { check "H15 on every address, the other interface's too" wait_until 50 remote_asks; }
each_family each_other
remove all.yaml
gone() { check "H20 the Service is gone" silent 31004; }
each_family gone
stop_daemon

# H21: not before rules have been made.
{ node; balanced 31005; slices balanced "http:tcp:8080" pod1; } | write all.yaml
start_daemon --own-tables=false
family=4 becomes "H21 it answers once the rules stand" 31005 200
check "H21 and then they do" kernel_has_cluster_ip 10.96.0.1
stop_daemon
finish
