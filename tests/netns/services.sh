#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which Services we serve, for all values that their fields may have. Rows S1 to S4, S9 to S16, L10, P10, R10, Y8, T32.
. "$(dirname "$0")/lib.sh"

external_ips() { # external_ips N [MORE] - of one or more, in both families
	echo "externalIPs: [$(family=4 addr "ext$1"), \"$(family=6 addr "ext$1")\"${2:+, $2}]"
}

# What is left alone goes on to the other node, which has these addresses and says "outside".
in_ns node ip route add 203.0.113.0/24 via "$(family=4 addr remote)"
in_ns node ip -6 route add 2001:db8:113::/64 via "$(family=6 addr remote)"
for n in 1 2 3; do
	give remote lo "$(family=4 addr "ext$n")/32" "$(family=6 addr "ext$n")/128"
	serve outside remote "ext$n" 80
done

labelled() { # labelled LABEL - the Service on standard input, with the label
	sed "s|^  namespace: default|&\n  labels: {$1}|"
}
web() { # web [COMMAND...] - what is done to the Service
	[ $# -gt 0 ] || set -- cat
	service web 1 ":tcp:80:30080" "type: NodePort" | "$@"
	slices web ":tcp:8080" pod1
}
node zone-a | write node.yaml
web | write web.yaml
{
	service headless 2 ":tcp:80:30081" "$(external_ips 1)" | sed 's/clusterIP: .*/clusterIP: None/; s/clusterIPs: .*/clusterIPs: [None]/'
	slices headless ":tcp:8080" pod1
	service no-ip 3 ":tcp:80" "$(external_ips 3)" | sed '/clusterIP/d'
	slices no-ip ":tcp:8080" pod1
	service name 4 ":tcp:80:30082" "type: ExternalName" "externalName: web.example.com" "$(external_ips 2)"
	slices name ":tcp:8080" pod1
	# type ClusterIP, with what only the other types should have
	service plain 5 ":tcp:80:30083" "type: ClusterIP"
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress: [{ip: $(family=4 addr ext4)}, {ip: "$(family=6 addr ext4)"}]
	YAML
	slices plain ":tcp:8080" pod2
	service much 6 ":tcp:80" "trafficDistribution: PreferClose" "loadBalancerClass: example.com/lb" \
		"loadBalancerIP: $(family=4 addr ext1)" "publishNotReadyAddresses: true" "selector: {app: web}" \
		"allocateLoadBalancerNodePorts: false" "type: LoadBalancer" |
		sed 's|^  namespace: default|&\n  annotations: {service.kubernetes.io/topology-mode: Auto, service.kubernetes.io/topology-aware-hints: Auto, service.beta.kubernetes.io/load-balancer-source-ranges: 192.0.2.0/24}|'
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress: [{ip: $(family=4 addr ext5)}, {ip: "$(family=6 addr ext5)"}]
	YAML
	slices much ":tcp:8080" pod2 rpod1 pod3,notready
	service sloppy 7 ":tcp:80" 'externalIPs: ["203.000.113.006", "2001:0DB8:0113:0000::0006"]' |
		sed 's/clusterIP: .*/clusterIP: 010.096.000.007/; s/clusterIPs: .*/clusterIPs: ["010.096.000.007", "FD00:0010:0096:0:0:0:0:0007"]/'
	slices sloppy ":tcp:8080" pod3 | sed 's/10\.244\.1\.13/010.244.001.013/; s/fd00:10:244:1::13/FD00:010:0244:1:0::13/'
	service partly 8 ":tcp:80" "type: LoadBalancer" "$(external_ips 7 '"no address", "", "203.0.113.999"')" \
		'loadBalancerSourceRanges: ["no/range", " ", "172.18.0.100/32", "172.18.0.0/99", "fd00:172:18::100/128", "fd00::/200"]'
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress: [{ip: $(family=4 addr ext8)}, {ip: "$(family=6 addr ext8)"}]
	YAML
	slices partly ":tcp:8080" pod1
} | write services.yaml
must_start --control-socket "$work/control.sock" -v 4

ours_or_not() {
	expect_answer "S3 an external IP of a headless Service: left alone" client tcp "$(addr ext1)" 80 outside client
	expect_refused "S3 its node port: left alone" client tcp "$(addr node)" 30081
	expect_answer "S3 a Service without a cluster IP: left alone" client tcp "$(addr ext3)" 80 outside client
	expect_answer "S4 an external IP of an ExternalName: left alone" client tcp "$(addr ext2)" 80 outside client
	expect_refused "S4 its node port: left alone" client tcp "$(addr node)" 30082
	refute "S4 its cluster IP: left alone" answers client tcp "$(vip 4)" 80 --timeout 300
	expect_answer "S9 a node port of a Service of type ClusterIP" client tcp "$(addr node)" 30083 pod2
	expect_answer "S9 a load balancer IP of a Service of type ClusterIP" client tcp "$(addr ext4)" 80 pod2
	expect_distribution "S10 what is not for us is not read" pod1 tcp "$(vip 6)" 80 "pod2 rpod1"
	expect_answer "S10 loadBalancerIP is no address of the Service" client tcp "$(addr ext1)" 80 outside
	expect_answer "R10 the annotation of source ranges is not read" client tcp "$(addr ext5)" 80 "pod2 rpod1"
	expect_answer "S13 a cluster IP and an endpoint with leading zeros" client tcp "$(vip 7)" 80 pod3
	expect_answer "S13 an external IP with leading zeros" client tcp "$(addr ext6)" 80 pod3
	expect_answer "S14 an external IP among some that cannot be read" client tcp "$(addr ext7)" 80 pod1
	expect_answer "S14 a source range among some that cannot be read" client tcp "$(addr ext8)" 80 pod1
	expect_timeout "S14 the other ranges admit nobody" pod3 tcp "$(addr ext8)" 80
	check "S14 the address is named in the log" log_says 'level=warn .*object="Service default/partly" err="spec\.externalIPs\[.\]: ..no address.. is not an IP address'
	check "S14 the range is named in the log" log_says 'level=warn .*object="Service default/partly" err="spec\.loadBalancerSourceRanges\[3\]: ..172\.18\.0\.0/99.. is not a prefix'
}
answers() { [[ "$(ask "$@")" == *" saw "* ]]; }
each_family ours_or_not

# The label of another proxy comes and goes; its value does not matter, and may be empty.
ours() {
	expect_answer "$title: the cluster IP" pod3 tcp "$(vip 1)" 80 pod1
	expect_answer "$title: the node port" client tcp "$(addr node)" 30080 pod1
}
not_ours() {
	refute "$title: the cluster IP" answers pod3 tcp "$(vip 1)" 80 --timeout 300
	expect_refused "$title: the node port" client tcp "$(addr node)" 30080
}
title="S1 T32 ours"
each_family ours
web labelled "service.kubernetes.io/service-proxy-name: other" | apply web.yaml
title="S1 T32 it becomes another proxy's"
each_family not_ours
web | apply web.yaml
title="S1 T32 it is ours again"
each_family ours
web labelled 'service.kubernetes.io/service-proxy-name: ""' | apply web.yaml
title="S1 the label without a value"
each_family not_ours
{
	service web 1 ":tcp:80:30080" "type: NodePort"
	slices web ":tcp:8080" pod1 | sed 's|service-name: web|&, service.kubernetes.io/service-proxy-name: other|'
} | apply web.yaml
title="S2 the label on its slices means nothing"
each_family ours

# Two Services claim an external IP and a node port: the older has both, then the other.
claimant() { # claimant NAME NUMBER DATE ENDPOINT...
	service "$1" "$2" ":tcp:80:30084" "type: NodePort" "$(external_ips 9)" | sed "s/2026-01-01/$3/"
	local name=$1
	shift 3
	slices "$name" ":tcp:8080" "$@"
}
claimant younger 11 2026-02-02 pod1 | write a.yaml
claimant older 12 2026-01-01 pod2 | apply b.yaml
older() {
	expect_distribution "S15 the older Service has the external IP" client tcp "$(addr ext9)" 80 pod2
	expect_distribution "S15 and the node port" client tcp "$(addr node)" 30084 pod2
	expect_answer "S15 the younger one its cluster IP" client tcp "$(vip 11)" 80 pod1
}
each_family older
claimant older 12 2026-01-01 | apply b.yaml
without_endpoints() {
	expect_answer "S16 the older has no endpoints: the younger one serves the external IP" client tcp "$(addr ext9)" 80 pod1
	expect_answer "S16 and the node port" client tcp "$(addr node)" 30084 pod1
	expect_refused "S16 the older one's cluster IP refuses" client tcp "$(vip 12)" 80
}
each_family without_endpoints
claimant older 12 2026-01-01 pod2 | apply b.yaml
title="S16 with endpoints again it has both"
each_family older
remove b.yaml
takes_over() {
	expect_answer "S15 it goes, the younger one takes over" client tcp "$(addr ext9)" 80 pod1
	expect_answer "S15 the node port, too" client tcp "$(addr node)" 30084 pod1
}
each_family takes_over

# An external IP, which anyone who may write a Service may choose, takes no ClusterIP and no load balancer IP from another Service.
thief() { # thief: an older Service; the address is the later Service's ClusterIP, and the other one its load balancer IP
	service thief 13 ":tcp:80" "externalIPs: [\"${vip4}14\", \"${vip6}14\", \"$(family=4 addr ext18)\", \"$(family=6 addr ext18)\"]"
	slices thief ":tcp:8080" pod2
}
owner() { # owner ENDPOINT...
	service owner 14 ":tcp:80" "type: LoadBalancer" | sed 's/2026-01-01/2026-03-03/'
	printf '%s\n' "status:" "  loadBalancer:" "    ingress:" "    - ip: $(family=4 addr ext18)" "    - ip: \"$(family=6 addr ext18)\""
	slices owner ":tcp:8080" "$@"
}
stolen() {
	expect_distribution "$title: the cluster IP is its own" client tcp "$(vip 14)" 80 pod1
	expect_distribution "$title: the load balancer IP, too" client tcp "$(addr ext18)" 80 pod1
}
thief | apply thief.yaml
expect_stolen_first() { expect_answer "S15 nobody else has the address: the external IP is served" client tcp "$(vip 14)" 80 pod2; }
each_family expect_stolen_first
owner pod1 | apply owner.yaml
title="S15 an older Service's external IP is a later one's ClusterIP and load balancer IP"
each_family stolen
check "S15 the log says it" log_says 'service=default/thief has=default/owner frontend="10.96.0.14 tcp 80" why="it is its ClusterIP"'
in_ns node "$DAEMON" status --output json --control-socket "$work/control.sock" >"$work/answer"
check "S15 status says it" json_holds a "$work/answer" 'a["conflicts"] == 4 and {"frontend": "10.96.0.14 tcp 80", "address": "10.96.0.14", "protocol": "tcp", "port": 80,
	"service": "default/thief", "owner": "default/owner", "reason": "it is its ClusterIP"} in a["conflictsNamed"]'
in_ns node "$DAEMON" status --control-socket "$work/control.sock" >"$work/answer"
check "S15 also as text" grep -qE "^Conflicts +4" "$work/answer"
in_ns node "$DAEMON" explain thief --control-socket "$work/control.sock" >"$work/answer"
check "S15 explain says it" grep -q "conflict: Service default/owner has it: it is its load" "$work/answer"
owner | apply owner.yaml
not_stolen() {
	expect_refused "S15 without endpoints it refuses, at its ClusterIP" client tcp "$(vip 14)" 80
	expect_refused "S15 and at its load balancer IP" client tcp "$(addr ext18)" 80
}
each_family not_stolen
remove owner.yaml
remove thief.yaml

# An external IP that is the node's own address takes the node port of the same number only while it has endpoints.
on_node() { # on_node ENDPOINT...
	service on-node 15 "a:tcp:30090 b:udp:30090" "externalIPs: [\"$(family=4 addr node)\", \"$(family=6 addr node)\"]"
	slices on-node "a:tcp:8080 b:udp:8080" "$@"
}
node_port_of() { # node_port_of ENDPOINT...
	service node-port 16 "a:tcp:80:30090 b:udp:80:30090" "type: NodePort" | sed 's/2026-01-01/2026-03-03/'
	slices node-port "a:tcp:8080 b:udp:8080" "$@"
}
node_port_of pod1 | write node-port.yaml
on_node | apply on-node.yaml
yields() {
	local from protocol
	for from in client pod3 node; do
		for protocol in tcp udp; do
			expect_answer "S16 $from, $protocol: an external IP without endpoints leaves the node port alone" "$from" $protocol "$(addr node)" 30090 pod1
		done
	done
	expect_answer "S16 the node port masquerades" client tcp "$(addr node)" 30090 pod1 cni0
}
each_family yields
family=4
hold_open client udp "$(addr node)" 30090
flow_goes_to() { # flow_goes_to NAME
	hold_line again
	[ "${hold_answer%% *}" = "$1" ]
}
on_node pod2 | apply on-node.yaml
not_yielding() { expect_distribution "S16 P10 with endpoints it goes before the node port" client tcp "$(addr node)" 30090 pod2; }
each_family not_yielding
check "S16 P10 and takes a UDP flow" wait_until 50 flow_goes_to pod2
on_node | apply on-node.yaml
each_family yields
check "S16 a UDP flow goes on with the node port's endpoint" wait_until 50 flow_goes_to pod1
flows_seen() { # flows_seen COMMAND... - make a change, and wait until the UDP flows were looked at
	log_forget
	"$@"
	wait_until 50 log_says 'mod=flows' || fail "$*: no flows were looked for"
}
change_node_port() { node_port_of "$@" | apply node-port.yaml; }
flows_seen change_node_port pod1,terminating pod3
check "S16 and stays there, whoever else comes" flow_goes_to pod1
change_on_node() { on_node "$@" | apply on-node.yaml; }
flows_seen change_on_node pod2,notready
check "S16 also if the external IP's Service changes and still has no endpoint" flow_goes_to pod1
remove node-port.yaml
check "S16 without the node port it is refused" wait_until 50 flow_goes_to refused
hold_close
on_node_alone() { expect_refused "S16 without the node port it refuses" client tcp "$(addr node)" 30090; }
each_family on_node_alone
family=4
node_port_of pod1 | write node-port.yaml
change_on_node pod2
hold_open client udp "$(addr node)" 30090
check "S16 P10 a flow to the external IP" test "${hold_answer%% *}" = pod2
remove on-node.yaml
check "S16 P10 the external IP is gone: the node port has its flow" wait_until 50 flow_goes_to pod1
hold_close
remove node-port.yaml
# Both are ports of one Service, and only the node port has endpoints.
both() { # both ENDPOINT...
	service both 17 "a:udp:30090 b:udp:53:30090" "type: NodePort" "externalIPs: [\"$(family=4 addr node)\"]"
	slices both "b:udp:8080" "$@"
}
change_both() { both "$@" | apply both.yaml; }
change_both pod1
hold_open client udp "$(addr node)" 30090
check "S16 two ports of one Service: the node port has the flow" test "${hold_answer%% *}" = pod1
flows_seen change_both pod1,terminating pod3
check "S16 two ports of one Service: and keeps it" flow_goes_to pod1
hold_close
remove both.yaml

# A change of a Service that does not concern us sends nothing to the kernel.
family=4
nsenter --net=/run/netns/node -- nft monitor >"$work/monitor" 2>/dev/null </dev/null &
monitor=$!
monitor_says() { grep -qF "$1" "$work/monitor"; }
monitor_lives() { settle && wait_until 10 monitor_says 10.96.255.; }
wait_until 5 monitor_lives || die "the kernel's changes cannot be watched"
told() { # told - whether the kernel has heard about the Service since the file was emptied
	settle
	wait_until 50 monitor_says "10.96.255.$((200 + marker % 50))" || die "the kernel's changes cannot be watched"
	monitor_says "$(vip 1)"
}
is_told() { # is_told COMMAND... - of what the command puts into the manifest
	: >"$work/monitor"
	"$@" | write web.yaml
	told
}
gone_and_back() {
	: >"$work/monitor"
	kill -STOP "$daemon_pid"
	rm "$manifests/web.yaml"
	another_endpoint | write web.yaml
	annotated two | write web.yaml
	kill -CONT "$daemon_pid"
	told
}
annotated() { # annotated TEXT
	web | sed "s|^  namespace: default|&\n  annotations: {example.com/note: \"$1\"}|"
}
another_endpoint() {
	service web 1 ":tcp:80:30080" "type: NodePort"
	slices web ":tcp:8080" pod2
}
check "S11 Y8 an endpoint changes: the kernel is told" is_told another_endpoint
check "S11 and back" is_told web
refute "S11 L10 Y8 annotations of the Service and its slices change: it is not" is_told annotated one
refute "S11 L10 nor when the same comes again" is_told annotated one
refute "S12 gone, back, changed and changed back between two syncs: it is not" gone_and_back
kill "$monitor"
wait "$monitor" 2>/dev/null
finish
