#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From slices to endpoints, with all values that fields may have, and with fields missing. Rows L1 to L9, L12, L14,
# V5, E5, E8, E9.
. "$(dirname "$0")/lib.sh"

slice_of_one() { # slice_of_one NAME FAMILY TYPE LABELS PORTS ENDPOINTS, the last two as YAML lists
	cat <<-YAML
	---
	apiVersion: discovery.k8s.io/v1
	kind: EndpointSlice
	metadata: {name: "$1-$2-${3,,}", namespace: default, labels: {$4}}
	addressType: $3
	ports: $5
	endpoints: $6
	YAML
}
raw() { # raw NAME PORTS ENDPOINTS [LABELS] - for each family; an address is written as @PART
	local one family text
	for family in 4 6; do
		text=$3
		for one in pod1 pod2 pod3 rpod1; do
			text=${text//@$one/\"$(addr $one)\"}
		done
		slice_of_one "$1" "$family" "IPv$family" "${4-kubernetes.io/service-name: $1}" "$2" "$text"
	done
}
http='[{name: "", port: 8080, protocol: TCP}]'

{
	node zone-a
	service unnamed 1 ":tcp:80"
	slices unnamed ":tcp:8080" pod1
	raw unnamed-2 "$http" '[{addresses: [@pod2]}]' ""
	raw unnamed-3 "$http" '[{addresses: [@pod2]}]' 'kubernetes.io/service-name: ""'
	service names 2 ":tcp:80"
	slices names ":tcp:8080" pod1
	slice_of_one names 4 FQDN "kubernetes.io/service-name: names" "$http" '[{addresses: [pod2.example.com]}]'
	service ports 3 "http:tcp:80 none:tcp:81 zero:tcp:82 :tcp:83"
	raw ports '[{name: http, port: 8080, protocol: TCP}, {name: none, protocol: TCP}, {name: zero, port: 0, protocol: TCP}, {port: 9090, protocol: TCP}]' \
		'[{addresses: [@pod1]}]'
	service protocol 4 ":tcp:80"
	raw protocol '[{name: "", port: 8080}]' '[{addresses: [@pod3]}]'
	service addresses 5 ":tcp:80"
	raw addresses "$http" '[{addresses: []}, {addresses: [@pod1, @pod2]}]'
	service serving 6 ":tcp:80"
	raw serving "$http" '[{addresses: [@pod1], conditions: {ready: false, terminating: true}}, {addresses: [@pod2], conditions: {ready: false}}]'
	service nowhere 7 ":tcp:80" "internalTrafficPolicy: Local"
	raw nowhere "$http" '[{addresses: [@pod1]}, {addresses: [@pod2], nodeName: this-node}]'
	service two-ports 8 ":tcp:80"
	slices two-ports ":tcp:8080" pod1
	slices two-ports ":tcp:9090" pod1 pod2 | sed 's/name: two-ports-/name: two-ports-b-/'
	service twice 9 ":tcp:80"
	slices twice ":tcp:8080" pod1 | sed 's/name: twice-/name: twice-a-/'
	slices twice ":tcp:8080" pod1,stopped | sed 's/name: twice-/name: twice-b-/'
	service twice-again 10 ":tcp:80"
	slices twice-again ":tcp:8080" pod1,stopped | sed 's/name: twice-again-/name: twice-again-a-/'
	slices twice-again ":tcp:8080" pod1 | sed 's/name: twice-again-/name: twice-again-b-/'
	service published 11 ":tcp:80" "publishNotReadyAddresses: true"
	raw published "$http" '[{addresses: [@pod1], conditions: {ready: true, serving: true, terminating: true}}, {addresses: [@pod2], conditions: {ready: true, serving: false, terminating: true}}, {addresses: [@pod3]}]'
	service local 12 ":tcp:80" "internalTrafficPolicy: Local"
	slices local ":tcp:8080" pod1,hint-zone=zone-b pod2,terminating rpod1,hint-zone=zone-a
	service local-terminating 13 ":tcp:80" "internalTrafficPolicy: Local"
	slices local-terminating ":tcp:8080" pod1,terminating pod2,stopped pod3,notready rpod1
	service local-elsewhere 14 ":tcp:80" "internalTrafficPolicy: Local"
	slices local-elsewhere ":tcp:8080" pod1,stopped rpod1,terminating
	service local-nobody 15 ":tcp:80" "internalTrafficPolicy: Local"
	slices local-nobody ":tcp:8080" pod1,notready rpod1,stopped
} | write services.yaml
must_start

from_slices() {
	expect_distribution "L1 slices that name no Service serve nobody" client tcp "$(vip 1)" 80 pod1
	expect_distribution "L2 a slice of names beside one of addresses" client tcp "$(vip 2)" 80 pod1
	expect_answer "L3 a port with name and number" client tcp "$(vip 3)" 80 pod1
	expect_refused "L3 a port without a number" client tcp "$(vip 3)" 81
	expect_refused "L3 a port of number 0" client tcp "$(vip 3)" 82
	expect_answer "L3 a port without a name has the empty one, which the API server would give it" client tcp "$(vip 3)" 83 pod1
	check "L3 a port without a number is named in the log" log_says 'level=warn .*object="EndpointSlice default/ports-.*ports\[1\]\.port: missing'
	expect_answer "L4 a port without a protocol is TCP" client tcp "$(vip 4)" 80 pod3
	expect_distribution "L5 the first address of each endpoint that has one" client tcp "$(vip 5)" 80 pod1
	expect_distribution "L6 not ready, and nothing said about serving: it serves" client tcp "$(vip 6)" 80 pod1
	expect_distribution "L7 an endpoint that is on no node is not local" client tcp "$(vip 7)" 80 pod2
	expect_distribution "L8 slices add up, and an address may have two ports" client tcp "$(vip 8)" 80 "pod1 pod2"
	expect_answer "L9 a terminating double does not count" client tcp "$(vip 9)" 80 pod1
	expect_answer "L9 in either order" client tcp "$(vip 10)" 80 pod1
	expect_distribution "E8 ready and terminating is ready" client tcp "$(vip 11)" 80 "pod1 pod2 pod3"
	expect_distribution "E5 local: the ready one, without a look at hints" client tcp "$(vip 12)" 80 pod1
	expect_distribution "E5 local: the one that still serves, if none is ready" client tcp "$(vip 13)" 80 pod1
	expect_timeout "E9 somebody elsewhere could answer: dropped" client tcp "$(vip 14)" 80
	expect_refused "E9 nobody anywhere could: refused" client tcp "$(vip 15)" 80
}
each_family from_slices

# A slice moves to another Service, and exists before its Service does.
moving() { # moving SERVICE
	slices "$1" ":tcp:8080" pod2 | sed "s/name: $1-/name: moving-/"
}
{
	service from 21 ":tcp:80"
	service to 22 ":tcp:80"
	moving from
} | apply moving.yaml
before_the_move() { expect_answer "L12 a slice serves its Service" client tcp "$(vip 21)" 80 pod2; }
each_family before_the_move
{
	service from 21 ":tcp:80"
	service to 22 ":tcp:80"
	moving to
} | apply moving.yaml
after_the_move() {
	expect_refused "L12 its label changes: the old Service has nobody" client tcp "$(vip 21)" 80
	expect_answer "L12 and the new one has it" client tcp "$(vip 22)" 80 pod2
}
each_family after_the_move
slices early ":tcp:8080" pod3 | apply early.yaml
service early 23 ":tcp:80" | apply late.yaml
service_comes_later() { expect_answer "L14 a slice that was there before its Service" client tcp "$(vip 23)" 80 pod3; }
each_family service_comes_later
remove late.yaml
service_goes() { refute "L14 the Service goes" answers client tcp "$(vip 23)" 80 --timeout 300; }
answers() { [[ "$(ask "$@")" == *" saw "* ]]; }
each_family service_goes
service early 23 ":tcp:80" | apply late.yaml
service_is_back() { expect_answer "L14 and comes back, its slice was kept" client tcp "$(vip 23)" 80 pod3; }
each_family service_is_back

# A slice of the family that a Service does not have.
{
	service half 24 ":tcp:80" | sed "s/ipFamilies: .*/ipFamilies: [IPv4]/; s/, \"fd00:10:96::24\"//"
	slices half ":tcp:8080" pod1
} | apply half.yaml
family=4
expect_answer "V5 a Service of one family, slices of both" client tcp "$(vip 24)" 80 pod1
family=6
refute "V5 the other family has nothing" answers client tcp "$(vip 24)" 80 --timeout 300

finish
