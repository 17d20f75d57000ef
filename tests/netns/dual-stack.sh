#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each family on its own: Services of one family, endpoints of one family only, families in any order. Rows S5
# to S7, V1 to V3.
. "$(dirname "$0")/lib.sh"

single() { # single NAME NUMBER FAMILY
	cat <<-YAML
	---
	apiVersion: v1
	kind: Service
	metadata: {name: $1, namespace: default}
	spec:
	  ipFamilies: [IPv$3]
	  clusterIP: "$(family=$3 vip "$2")"
	  clusterIPs: ["$(family=$3 vip "$2")"]
	  ports:
	  - {port: 80, protocol: TCP, nodePort: 3000$3}
	YAML
}

{
	node zone-a
	single only-4 1 4
	slices only-4 ":tcp:8080" pod1
	single only-6 2 6
	slices only-6 ":tcp:8080" pod2
	service half 3 ":tcp:80"
	slice half-4 IPv4 half ":tcp:8080" pod1
	cat <<-YAML
	---
	apiVersion: v1
	kind: Service
	metadata: {name: six-first}
	spec:
	  ipFamilies: [IPv6, IPv4]
	  clusterIP: "$(family=6 vip 4)"
	  clusterIPs: ["$(family=6 vip 4)", "$(family=4 vip 4)"]
	  ports:
	  - {port: 80, protocol: TCP}
	---
	apiVersion: v1
	kind: Service
	metadata: {name: old}
	spec:
	  clusterIP: "$(family=4 vip 5)"
	  ports:
	  - {port: 80, protocol: TCP}
	YAML
	slices six-first ":tcp:8080" pod3
	slices old ":tcp:8080" pod1
} | write services.yaml
must_start

dual_stack() {
	expect_answer "S6 the families may come in any order" client tcp "$(vip 4)" 80 pod3
}

each_family dual_stack
family=4
expect_answer "V1 an IPv4 Service serves IPv4" client tcp "$(vip 1)" 80 pod1
expect_answer "S7 an old object without families serves its address" client tcp "$(vip 5)" 80 pod1
expect_answer "S5 its node port, too" client tcp "$(addr node)" 30004 pod1
expect_refused "S5 the IPv6 Service has no IPv4 node port" client tcp "$(addr node)" 30006
expect_answer "V3 the family with endpoints works" client tcp "$(vip 3)" 80 pod1
family=6
expect_answer "V1 an IPv6 Service serves IPv6" client tcp "$(vip 2)" 80 pod2
expect_answer "S5 its node port, too" client tcp "$(addr node)" 30006 pod2
expect_refused "S5 the IPv4 Service has no IPv6 node port" client tcp "$(addr node)" 30004
expect_refused "V3 the family without endpoints refuses" client tcp "$(vip 3)" 80
steady_end # without our tables nothing is translated any more
stop_daemon

# IPv6 is switched off on the node: IPv4 works as before, and no rules are written for IPv6.
in_ns node nft flush ruleset
in_ns node bash -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6' || die "cannot disable IPv6"
must_start
family=4
expect_answer "V2 without IPv6, IPv4 is served" client tcp "$(vip 3)" 80 pod1
refute "V2 and no front end is written for IPv6" in_ns node nft get element ip6 kube-nftproxy cluster-ips "{ $(family=6 vip 2) }" 2>/dev/null
finish
