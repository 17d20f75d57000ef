#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The CNI plugins bridge and portmap beside our tables: hostPorts work as before, and so do node ports, also with the
# same number on another address. No row says which of both gets a number that they share on one address: it is the
# one whose tables were made last. Rows O3, O5, O9, N5, P8, M4, M6, K3, K9.
. "$(dirname "$0")/lib.sh"

cni_path=
for directory in /usr/lib/cni /opt/cni/bin; do
	[ ! -x "$directory/portmap" ] || [ ! -x "$directory/bridge" ] || cni_path=$directory
done
[ -n "$cni_path" ] || skip_all "containernetworking-plugins is not installed"
command -v iptables >/dev/null && command -v ip6tables >/dev/null || skip_all "iptables is not installed"

# cni COMMAND POD PLUGIN - as a runtime calls it: configuration on standard input, result on standard output
cni() {
	in_ns node env CNI_COMMAND="$1" CNI_CONTAINERID="$2" CNI_NETNS="/run/netns/$2" CNI_IFNAME=eth0 \
		CNI_PATH="$cni_path" "$cni_path/$3"
}

bridge_conf() {
	cat <<-JSON
	{
	  "cniVersion": "1.0.0", "name": "podnet", "type": "bridge", "bridge": "podnet0",
	  "isGateway": true, "hairpinMode": true,
	  "ipam": {
	    "type": "host-local", "dataDir": "$work/ipam", "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
	    "ranges": [
	      [{"subnet": "10.244.4.0/24", "rangeStart": "10.244.4.11", "gateway": "10.244.4.1"}],
	      [{"subnet": "fd00:10:244:4::/64", "rangeStart": "fd00:10:244:4::11", "gateway": "fd00:10:244:4::1"}]
	    ]
	  }
	}
	JSON
}

portmap_conf() { # portmap_conf PORT-MAPPINGS RESULT-OF-BRIDGE
	cat <<-JSON
	{
	  "cniVersion": "1.0.0", "name": "podnet", "type": "portmap",
	  "runtimeConfig": {"portMappings": [$1]},
	  "prevResult": $(cat "$2")
	}
	JSON
}

mapping() { # mapping HOST-PORT POD-PORT PROTOCOL [HOST-ADDRESS]
	echo "{\"hostPort\": $1, \"containerPort\": $2, \"protocol\": \"$3\"${4:+, \"hostIP\": \"$4\"}}"
}

declare -A mappings
add_pod() { # add_pod POD MAPPING...
	local pod=$1 result=$work/$1.json IFS=,
	shift
	mappings[$pod]="$*"
	make_ns "$pod"
	bridge_conf | cni ADD "$pod" bridge >"$result" || die "bridge does not add $pod: $(cat "$result")"
	portmap_conf "${mappings[$pod]}" "$result" | cni ADD "$pod" portmap >"$work/portmap.json" ||
		die "portmap does not add $pod: $(cat "$work/portmap.json")"
	unset IFS
	serve "$pod" "$pod" "$pod"
}

delete_pod() {
	portmap_conf "${mappings[$1]}" "$work/$1.json" | cni DEL "$1" portmap || die "portmap does not delete $1"
	bridge_conf | cni DEL "$1" bridge || die "bridge does not delete $1"
}

# All rules of the node but ours, with handles. Parts of iptables' rules that nft cannot print come from iptables.
neighbours() {
	in_ns node iptables-save | sed '/^#/d; s/ \[.*//'
	in_ns node ip6tables-save | sed '/^#/d; s/ \[.*//'
	in_ns node nft -s -j list ruleset | /usr/bin/python3 -c '
import json, sys
for item in json.load(sys.stdin)["nftables"]:
    if not any(str(x.get(key)).startswith("kube-nftproxy") for x in item.values() for key in ("table", "name")):
        print(json.dumps(item, sort_keys=True))'
}
neighbours_are() { [ -n "$1" ] && [ "$(neighbours)" = "$1" ]; }

host_ports() { # host_ports TITLE
	local to
	for to in node node-eth1; do
		expect_answer "$1: a hostPort of $to, off-node" client tcp "$(addr $to)" 8081 cpod1 client
		expect_answer "$1: a hostPort of $to, UDP" client udp "$(addr $to)" 8081 cpod1 client
		expect_answer "$1: a hostPort of $to, from a pod" pod3 tcp "$(addr $to)" 8081 cpod1 pod3
		expect_answer "$1: a hostPort of $to, from the node" node tcp "$(addr $to)" 8081 cpod1
	done
	expect_answer "$1: a hostPort, from its own pod" cpod1 tcp "$(addr node)" 8081 cpod1
	expect_answer "$1: a hostPort, from its neighbour" cpod2 tcp "$(addr node)" 8081 cpod1
	# portmap serves loopback where the kernel can route it: IPv4.
	[ "$family" = 6 ] ||
		expect_answer "$1: a hostPort, from the node, on loopback" node tcp "$(addr loopback)" 8081 cpod1
	expect_answer "$1: the number of a node port on another address" client tcp "$(addr node-eth1)" 30080 cpod1 client
	expect_answer "$1: that number, from the node" node tcp "$(addr node-eth1)" 30080 cpod1
}

services() {
	expect_answer "a node port, whose number is a hostPort of another address" client tcp "$(addr node)" 30080 cpod2
	expect_answer "that node port, from a pod" pod3 tcp "$(addr node)" 30080 cpod2
	expect_answer "that node port, from the node" node tcp "$(addr node)" 30080 cpod2
	expect_answer "M6 that node port, from its own endpoint" cpod2 tcp "$(addr node)" 30080 cpod2
	expect_answer "a Service of a pod that has hostPorts" client tcp "$(vip 2)" 80 cpod1
	expect_answer "that Service: a pod keeps its source" pod3 tcp "$(vip 2)" 80 cpod1 pod3
	expect_answer "that Service, from the node" node tcp "$(vip 2)" 80 cpod1
	expect_answer "M6 that Service, from its own endpoint" cpod1 tcp "$(vip 2)" 80 cpod1
	expect_answer "a node port to a pod that has hostPorts" client tcp "$(addr node)" 30081 cpod1
	expect_refused "N5 a node port on another address stays with the node" client tcp "$(addr node-eth1)" 30081
}

add_pod cpod1 "$(mapping 8081 8080 tcp)" "$(mapping 8081 8080 udp)" \
	"$(mapping 30080 8080 tcp "$(family=4 addr node-eth1)")" "$(mapping 30080 8080 tcp "$(family=6 addr node-eth1)")"
add_pod cpod2
alone() {
	expect_answer "without us: a hostPort" client tcp "$(addr node)" 8081 cpod1 client
}
each_family alone
before=$(neighbours)

web() { service web 1 ":tcp:80:30080" "type: NodePort" && slices web ":tcp:8080" "$@"; }
node | write node.yaml
web cpod2 | write web.yaml
{
	service mapped 2 ":tcp:80:30081" "type: NodePort" && slices mapped ":tcp:8080" cpod1
} | write mapped.yaml
must_start
check "K3 a start leaves portmap's rules alone" neighbours_are "$before"
beside() { host_ports "beside us"; }
each_family beside
each_family services
web cpod2 pod1 | apply web.yaml
web cpod2 | apply web.yaml
check "K3 a sync leaves them alone" neighbours_are "$before"
stop_daemon
check "K3 a stop leaves them alone" neighbours_are "$before"
stopped() { expect_answer "after a stop: a hostPort" client tcp "$(addr node)" 8081 cpod1 client; }
each_family stopped

# Without a restriction of node-port addresses the numbers of both must differ, but nothing else.
must_start --nodeport-addresses 0.0.0.0/0,::/0
everywhere() {
	expect_answer "O5 every address serves node ports: a hostPort" client tcp "$(addr node-eth1)" 8081 cpod1 client
	expect_answer "O5 a node port" client tcp "$(addr node-eth1)" 30081 cpod1
}
each_family everywhere
stop_daemon

# hostPort and node port of one number on one address: both translate at the same priority, the usual one, and there
# the kernel asks the table first that was made last.
same_number() { # same_number TITLE WHO
	expect_answer "$1" client tcp "$(addr node)" 30081 "$2"
	expect_answer "$1, from a pod" pod3 tcp "$(addr node)" 30081 "$2"
	expect_answer "$1, from the node" node tcp "$(addr node)" 30081 "$2"
}
{
	service mapped 2 ":tcp:80:30081" "type: NodePort" && slices mapped ":tcp:8080" pod1
} | write mapped.yaml
must_start
add_pod cpod3 "$(mapping 30081 8080 tcp)"
ours_last() { same_number "one number for both, our tables are the younger ones: the node port" pod1; }
each_family ours_last
steady_end # without our tables nothing of ours is translated any more
stop_daemon
in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
freed() { same_number "after --cleanup the hostPort has it" cpod3; }
each_family freed
must_start
delete_pod cpod3
# The nat tables are removed; the next pod's CNI plugins make new tables with the pod's rules.
in_ns node nft delete table ip nat
in_ns node nft delete table ip6 nat
add_pod cpod4 "$(mapping 30081 8080 tcp)"
theirs_last() { same_number "one number for both, portmap's tables are the younger ones: the hostPort" cpod4; }
each_family theirs_last

delete_pod cpod4
deleted() {
	same_number "the pod with the hostPort goes: the node port" pod1
	expect_answer "its neighbour's Service stays" client tcp "$(vip 1)" 80 cpod2
}
each_family deleted
delete_pod cpod1
all_deleted() {
	expect_refused "a hostPort whose pod is gone" client tcp "$(addr node)" 8081
	same_number "node ports stay" pod1
	expect_answer "a Service stays" client tcp "$(vip 1)" 80 cpod2
}
each_family all_deleted
finish
