#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The end-to-end tests of Kubernetes about policies, networks of nodes, UDP servers that are replaced, and ranges of
# Services, replayed as in end-to-end.sh. Rows T35 to T38, T41 to T46, T49 to T53, T56, T57, T60 to T64, T66, T76.
. "$(dirname "$0")/lib.sh"

node zone-a | write node.yaml
must_start
serve here node node 8080 9090
serve there remote remote 8080 9090

expect() { # expect TITLE "FROM..." PROTOCOL WHERE PORT "NAME..." [refused|timeout] - in both families
	local title=$1 from
	for family in 4 6; do
		for from in $2; do
			case ${7-} in
			"") expect_distribution "$title: $from" "$from" "$3" "$($4)" "$5" "$6" ;;
			*) expect_outcome "$title: $from" "$from" "$3" "$($4)" "$5" "$7" ;;
			esac
		done
	done
	family=4
}
v1() { vip 1; }
v2() { vip 2; }
at_node() { addr node; }
app() { # app "SPEC-LINES" ENDPOINT...: lines are separated by semicolons
	local spec=()
	IFS=';' read -ra spec <<<"$1"
	shift
	service app 1 "http:tcp:80:30080 dns:udp:80:30080 sig:sctp:80:30080" "type: NodePort" "${spec[@]}"
	slices app "http:tcp:8080 dns:udp:8080 sig:sctp:8080" "$@"
}

# --- policies
app "" pod1,notready rpod1,notready | apply app.yaml
expect "T35 evicted: refused" "pod3 node" tcp v1 80 "" refused
app "internalTrafficPolicy: Local" pod1 rpod1 | apply app.yaml
expect "T36 internalTrafficPolicy Local, from a pod" pod3 tcp v1 80 pod1
expect "T37 internalTrafficPolicy Local, from the node" node tcp v1 80 pod1
app "internalTrafficPolicy: Local" rpod1 | apply app.yaml
expect "T36 internalTrafficPolicy Local, nobody here" pod3 tcp v1 80 "" timeout
expect "T37 internalTrafficPolicy Local, nobody here" node tcp v1 80 "" timeout
app "internalTrafficPolicy: Local" node remote | apply app.yaml
expect "T38 internalTrafficPolicy Local, to the node's network" "pod3 node" tcp v1 80 here
app "internalTrafficPolicy: Local" remote | apply app.yaml
expect "T38 internalTrafficPolicy Local, to another node's network" "pod3 node" tcp v1 80 "" timeout

app "internalTrafficPolicy: Cluster" pod1,terminating rpod1,terminating | apply app.yaml
expect "T41 internalTrafficPolicy Cluster, all terminate" "pod3 node" tcp v1 80 "pod1 rpod1"
expect "T43 externalTrafficPolicy Cluster, all terminate" "client pod3" tcp at_node 30080 "pod1 rpod1"
app "" pod1,terminating rpod1 | apply app.yaml
expect "T41 one is ready: that one" "pod3 node" tcp v1 80 rpod1
expect "T43 one is ready: that one" client tcp at_node 30080 rpod1
app "internalTrafficPolicy: Local" pod1,terminating rpod1 | apply app.yaml
expect "T42 internalTrafficPolicy Local, the one here terminates" "pod3 node" tcp v1 80 pod1
app "externalTrafficPolicy: Local" pod1,terminating rpod1 | apply app.yaml
expect "T44 externalTrafficPolicy Local, the one here terminates" client tcp at_node 30080 pod1

app "externalTrafficPolicy: Local" pod1 rpod1 | apply app.yaml
expect "T45 externalTrafficPolicy Local" client tcp at_node 30080 pod1
app "externalTrafficPolicy: Cluster" pod1 rpod1 | apply app.yaml
expect "T45 it becomes Cluster" client tcp at_node 30080 "pod1 rpod1"
app "externalTrafficPolicy: Local" rpod1 | apply app.yaml
expect "T45 and Local again, with nobody here" client tcp at_node 30080 "" timeout

{
	service named 2 "http:tcp:80"
	slices named "http:tcp:8080" pod1
	slices named "http:tcp:9090" pod2 | sed 's/name: named-/name: named-b-/'
} | apply named.yaml
expect "T46 a named port that is another number in each pod" pod3 tcp v2 80 "pod1 pod2"
remove named.yaml

# --- each way, each protocol
app "" pod1 pod2 rpod1 | apply app.yaml
for protocol in tcp udp sctp; do
	expect "T49 $protocol to the cluster IP" pod3 $protocol v1 80 "pod1 pod2 rpod1"
	expect "T49 $protocol to the node port" pod3 $protocol at_node 30080 "pod1 pod2 rpod1"
	expect "T51 $protocol to the cluster IP" pod1 $protocol v1 80 "pod1 pod2 rpod1"
	expect "T51 $protocol to the node port" pod1 $protocol at_node 30080 "pod1 pod2 rpod1"
	[ $protocol != sctp ] || continue # answers to the node itself come to no raw socket
	expect "T50 $protocol to the cluster IP" node $protocol v1 80 "pod1 pod2 rpod1"
	expect "T50 $protocol to the node port" node $protocol at_node 30080 "pod1 pod2 rpod1"
done
app "" pod1 rpod1 | apply app.yaml
for protocol in tcp udp; do
	expect "T52 $protocol, an endpoint goes" "pod3 client" $protocol at_node 30080 "pod1 rpod1"
done
app "" node remote | apply app.yaml
for protocol in tcp udp; do
	expect "T56 $protocol, endpoints in the network of nodes" "pod3 client" $protocol v1 80 "here there"
done
expect "T56 from the node itself" node tcp v1 80 "here there"
{
	app "" pod1 pod2
	service twin 2 "http:tcp:80:30081" "type: NodePort" && slices twin "http:tcp:8080" pod1 pod2
} | apply app.yaml
expect "T57 the first of two Services with the same endpoints" pod3 tcp v1 80 "pod1 pod2"
expect "T57 the second one" "pod3 pod1" tcp v2 80 "pod1 pod2"
app "" pod1 pod2 | apply app.yaml
expect "T57 the second one has gone" pod1 tcp v1 80 "pod1 pod2"
app "" pod1 | sed 's/, nodePort: 30080//' | apply app.yaml
for protocol in tcp udp; do
	expect "T53 $protocol, the node port has gone" client $protocol at_node 30080 "" refused
	expect "T53 $protocol, the cluster IP stays" client $protocol v1 80 pod1
done

# --- a UDP server is replaced while a client keeps its port
follows() { # follows TITLE FROM WHERE PORT "SPEC-LINES" OLD NEW
	local title=$1 old=${6%%,*} new=${7%%,*} lines=$5
	for family in 4 6; do
		app "$lines" "$6" | apply app.yaml
		local hold_timeout_ms=400
		hold_open "$2" udp "$($3)" "$4"
		case $6 in
		*,notready) refute "$title: nobody answers yet" test "${hold_answer%% *}" = "$old" ;;
		*) check "$title: the first server answers" test "${hold_answer%% *}" = "$old" ;;
		esac
		app "$lines" "$7" | apply app.yaml
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			hold_line again
			[ "${hold_answer%% *}" != "$new" ] || break
			# Reading a large table of flows takes about 30 ms.
			sleep 0.1
		done
		check "$title: the second one answers" test "${hold_answer%% *}" = "$new"
		hold_close
	done
	family=4
}
follows "T60 behind a node port" client at_node 30080 "" pod1 pod2
follows "T61 behind a cluster IP" pod3 v1 80 "" pod1 rpod1
follows "T62 with internalTrafficPolicy Local" pod3 v1 80 "internalTrafficPolicy: Local" pod1 pod2
follows "T63 for a client in the node's network" node v1 80 "" pod1 pod2
follows "T64 which was not ready" client v1 80 "" pod1,notready pod1
for family in 4 6; do
	app "" pod1 | apply app.yaml
	hold_open client udp "$(addr node)" 30080
	app "" pod1 | sed 's/port: 8080/port: 9090/' | apply app.yaml
	for _ in 1 2 3 4 5; do
		hold_line again
	done
	check "T66 the target port changes: the flow goes on" test "${hold_answer%% *}" = pod1
	hold_close
done
family=4

# --- ranges of Services
{
	service_cidr kubernetes 10.96.0.0/16 fd00:10:96::/112
	service_cidr more 10.97.0.0/16 fd00:10:97::/112
} | apply ranges.yaml
{
	service far 3 ":tcp:80" | sed 's/10\.96\.0\.3/10.97.0.3/g; s/fd00:10:96::3/fd00:10:97::3/g'
	slices far ":tcp:8080" pod1
} | apply far.yaml
in_second_range() { if [ "$family" = 4 ]; then echo 10.97.0.3; else echo fd00:10:97::3; fi; }
unused_in_second_range() { if [ "$family" = 4 ]; then echo 10.97.0.4; else echo fd00:10:97::4; fi; }
expect "T76 a Service of the second range" "pod3 node" tcp in_second_range 80 pod1
expect "T76 an unused address of it" pod3 tcp unused_in_second_range 80 "" timeout
finish
