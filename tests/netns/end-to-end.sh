#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The end-to-end tests of Kubernetes that exercise a Service proxy, replayed: the script changes the manifests as a
# control plane would change the objects, and the pods send requests. Rows T1 to T7, T14 to T17, T20, T21, T24, T25,
# T30, T31.
. "$(dirname "$0")/lib.sh"

node zone-a | write node.yaml
must_start
answers() { [[ "$(ask "$@")" == *" saw "* ]]; }

# expect TITLE FROM PROTOCOL WHERE PORT "NAME..." - in both families; no name: refused. WHERE is a function of the
# family's address; several sources may be given
expect() {
	local title=$1 from
	for family in 4 6; do
		for from in $2; do
			if [ -n "$6" ]; then
				expect_distribution "$title: $from" "$from" "$3" "$($4)" "$5" "$6"
			else
				expect_refused "$title: $from" "$from" "$3" "$($4)" "$5"
			fi
		done
	done
	family=4
}
v1() { vip 1; }
v2() { vip 2; }
v3() { vip 3; }
at_node() { addr node; }

# --- pods come and go
basic() { service basic 1 ":tcp:80" && slices basic ":tcp:8080" "$@"; }
basic | apply basic.yaml
expect "T1 no pod yet" "pod3 node" tcp v1 80 ""
basic pod1 | apply basic.yaml
expect "T1 the first pod" "pod3 node" tcp v1 80 pod1
basic pod1 rpod1 | apply basic.yaml
expect "T1 a second one" "pod3 node" tcp v1 80 "pod1 rpod1"
basic rpod1 | apply basic.yaml
expect "T1 the first one goes" "pod3 node" tcp v1 80 rpod1
basic | apply basic.yaml
expect "T1 the second one goes" "pod3 node" tcp v1 80 ""
remove basic.yaml

multiport() { # multiport FIRST-PORT'S-PODS SECOND-PORT'S-PODS
	service multiport 1 "one:tcp:80 two:tcp:81"
	# shellcheck disable=SC2086 # words
	slices multiport "one:tcp:8080" $1
	# shellcheck disable=SC2086 # words
	slices multiport "two:tcp:9090" $2 | sed 's/name: multiport-/name: multiport-two-/'
}
multiport pod1 "" | apply multiport.yaml
expect "T2 the first port" pod3 tcp v1 80 pod1
expect "T2 the second port has nobody" pod3 tcp v1 81 ""
multiport pod1 rpod1 | apply multiport.yaml
expect "T2 the second port" pod3 tcp v1 81 rpod1
multiport "" rpod1 | apply multiport.yaml
expect "T2 the first port's pod goes" pod3 tcp v1 80 ""
expect "T2 the second port's stays" pod3 tcp v1 81 rpod1
remove multiport.yaml

# --- types
typed() { # typed TYPE [PORTS]
	service typed 1 "${2:-:tcp:80}" "type: $1" "externalName: web.example.com"
	slices typed ":tcp:8080" pod1 rpod1
}
external_name() {
	typed ExternalName | sed '/clusterIP/d; /ipFamilies/d'
	slices typed ":tcp:8080" pod1 rpod1 | head -n 0
}
left_alone() {
	for family in 4 6; do
		refute "$1: its cluster IP" answers pod3 tcp "$(vip 1)" 80 --timeout 300
		expect_refused "$1: its node port" client tcp "$(addr node)" 30080
	done
	family=4
}
external_name | apply typed.yaml
left_alone "T4 ExternalName"
typed ClusterIP | apply typed.yaml
expect "T4 it becomes ClusterIP" "pod3 node client" tcp v1 80 "pod1 rpod1"
external_name | apply typed.yaml
left_alone "T6 ClusterIP becomes ExternalName"
typed NodePort ":tcp:80:30080" | apply typed.yaml
expect "T3 T5 ExternalName becomes NodePort: its cluster IP" "pod3 node" tcp v1 80 "pod1 rpod1"
expect "T3 T5 its node port" "pod3 node client" tcp at_node 30080 "pod1 rpod1"
external_name | apply typed.yaml
left_alone "T7 NodePort becomes ExternalName"
remove typed.yaml

# --- ports and protocols
both_protocols() { service both 1 "$1" && slices both "tcp-80:tcp:8080 udp-80:udp:9090" pod1; }
both_protocols "tcp-80:tcp:80 udp-80:udp:80" | apply both.yaml
expect "T14 TCP" pod3 tcp v1 80 pod1
expect "T14 UDP on the same port" pod3 udp v1 80 pod1
both_protocols "tcp-80:tcp:80" | apply both.yaml
expect "T14 UDP goes, TCP stays" pod3 tcp v1 80 pod1
expect "T14 UDP goes" pod3 udp v1 80 ""
both_protocols "udp-80:udp:80" | apply both.yaml
expect "T14 TCP goes" pod3 tcp v1 80 ""
expect "T14 TCP goes, UDP is back" pod3 udp v1 80 pod1
remove both.yaml

in_slices() {
	service sliced 1 "a:tcp:80 b:udp:81 c:tcp:82"
	slices sliced "a:tcp:8080 b:udp:8080" pod1
	slices sliced "c:tcp:9090" pod2 | sed 's/name: sliced-/name: sliced-b-/'
	service spread 2 ":tcp:80"
	slices spread ":tcp:8080" pod1 pod2 | sed 's/name: spread-/name: spread-a-/'
	slices spread ":tcp:8080" rpod1 | sed 's/name: spread-/name: spread-b-/'
}
in_slices | apply slices.yaml
expect "T15 a port of the first slice" pod3 tcp v1 80 pod1
expect "T15 another one" pod3 udp v1 81 pod1
expect "T15 a port of the second slice" pod3 tcp v1 82 pod2
expect "T16 endpoints of two slices" pod3 tcp v2 80 "pod1 pod2 rpod1"
remove slices.yaml

service ports 1 "a:tcp:80" | apply ports.yaml
slices ports "a:tcp:8080 b:tcp:9090 c:udp:9090" pod1 | apply ports-slices.yaml
expect "T21 one port" client tcp v1 80 pod1
service ports 1 "a:tcp:80 b:tcp:81 c:udp:81" | apply ports.yaml
expect "T21 two are added" client tcp v1 81 pod1
expect "T21 and answer" client udp v1 81 pod1
service ports 1 "b:tcp:81" | apply ports.yaml
expect "T21 the others are deleted" client tcp v1 81 pod1
expect "T21 deleted" client tcp v1 80 ""
remove ports.yaml
remove ports-slices.yaml

# --- up, down, and once more
up() { service "up-$1" "$1" ":tcp:80" && slices "up-$1" ":tcp:8080" "$2"; }
up 1 pod1 | apply up-1.yaml
up 2 pod2 | apply up-2.yaml
expect "T24 the first is up" "pod3 node" tcp v1 80 pod1
expect "T24 the second is up" "pod3 node" tcp v2 80 pod2
remove up-1.yaml
for family in 4 6; do
	refute "T24 the first goes down" answers pod3 tcp "$(vip 1)" 80 --timeout 300
done
expect "T24 the second stays" "pod3 node" tcp v2 80 pod2
up 3 rpod1 | apply up-3.yaml
expect "T24 a third comes up" "pod3 node" tcp v3 80 rpod1
up 1 pod1 | apply up-1.yaml
expect "T25 the first is made anew" "pod3 node" tcp v1 80 pod1
rm "$manifests"/up-*.yaml
settle

# --- the API server's own Service, whose endpoints are in the network of nodes
serve apiserver node node 6443
serve other-apiserver remote remote 6443
kubernetes() { service kubernetes 1 "https:tcp:443" && slices kubernetes "https:tcp:6443" "$@"; }
kubernetes node | apply kubernetes.yaml
expect "T20 an API server on this node" "pod3 node" tcp v1 443 apiserver
kubernetes node remote | apply kubernetes.yaml
expect "T20 and one on another" "pod3 node" tcp v1 443 "apiserver other-apiserver"
remove kubernetes.yaml

# --- pods that are not ready, or on their way out
state() { # state READY - of the pods' unready and terminating conditions as the control plane writes them
	service unready 1 ":tcp:80:30081" "type: NodePort" "publishNotReadyAddresses: $1"
	slices unready ":tcp:8080" pod1,notready pod2,stopped | sed "s/ready: false/ready: $1/"
}
state true | apply unready.yaml
expect "T30 published: the cluster IP" pod3 tcp v1 80 "pod1 pod2"
expect "T30 published: the node port" client tcp at_node 30081 "pod1 pod2"
state false | apply unready.yaml
expect "T31 not published: the cluster IP" pod3 tcp v1 80 ""
expect "T31 not published: the node port" client tcp at_node 30081 ""
remove unready.yaml

# --- how long it takes until a new Service answers, twenty times
# Without the time of the commands here, which a busy machine takes for itself: the same ones with a file that the daemon does
# not read, and a pod that is asked directly.
latency() {
	local n ms all=() ours=()
	for n in $(seq 11 30); do
		latency_of "$n" "$work" "$(addr pod1)" 8080
		ours+=("$ms")
		latency_of "$n" "$manifests" "$(vip "$n")" 80
		all+=("$ms")
	done
	ms=$(($(median "${all[@]}") - $(median "${ours[@]}")))
	if [ "$ms" -lt 500 ]; then
		pass "T17 twenty Services, each answers soon: the median took $ms ms"
	else
		fail "T17 twenty Services, each answers soon" "the median took $ms ms: ${all[*]}; of it the commands: ${ours[*]}"
	fi
}
latency_of() { # latency_of NUMBER DIRECTORY ADDRESS PORT -> ms
	local started=${EPOCHREALTIME/./}
	{
		service "latency-$1" "$1" ":tcp:80" && slices "latency-$1" ":tcp:8080" pod1
	} | manifests=$2 write "latency-$1.yaml"
	wait_until 50 answers pod3 tcp "$3" "$4" --timeout 100
	ms=$(((${EPOCHREALTIME/./} - started) / 1000))
	rm "$2/latency-$1.yaml"
}
median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
each_family latency
finish
