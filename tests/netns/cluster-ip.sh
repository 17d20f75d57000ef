#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ClusterIPs: every protocol, from everywhere, spread over the endpoints; ports matched by name; endpoints in
# several slices. Rows S8, L3, L8, P1, P9, P12, P13.
. "$(dirname "$0")/lib.sh"

{
	service web 1 "http:tcp:80 query:udp:80 signal:sctp:80 admin:tcp:9000"
	slice web-a-4 IPv4 web "http:tcp:8080 query:udp:8080 signal:sctp:8080 admin:tcp:9090" pod1 rpod1
	slice web-a-6 IPv6 web "http:tcp:8080 query:udp:8080 signal:sctp:8080 admin:tcp:9090" pod1 rpod1
	slice web-b-4 IPv4 web "http:tcp:9090 query:udp:9090 signal:sctp:9090" pod2
	slice web-b-6 IPv6 web "http:tcp:9090 query:udp:9090 signal:sctp:9090" pod2
	service unnamed 2 ":tcp:80"
	slices unnamed ":tcp:8080" pod3
	service misnamed 3 "http:tcp:80"
	slices misnamed "https:tcp:8080" pod1
	service other-protocol 4 "dns:udp:80"
	slices other-protocol "dns:tcp:8080" pod1
} | write services.yaml
must_start

cluster_ip() {
	local from protocol
	for protocol in tcp udp sctp; do
		for from in pod3 node client; do
			expect_distribution "P1 P9 P12 L8 $protocol from $from reaches all endpoints" \
				"$from" $protocol "$(vip 1)" 80 "pod1 pod2 rpod1"
		done
	done
	expect_answer "P13 from a pod of another node" rpod2 tcp "$(vip 2)" 80 pod3 rpod2
	expect_distribution "S8 a port of the same Service has endpoints of its own" \
		pod3 tcp "$(vip 1)" 9000 "pod1 rpod1"
	expect_answer "L3 the unnamed port matches the unnamed port" pod1 tcp "$(vip 2)" 80 pod3
	expect_refused "S8 a port of another name is no endpoint" pod2 tcp "$(vip 3)" 80
	expect_refused "S8 a port of another protocol is no endpoint" pod2 udp "$(vip 4)" 80
}

each_family cluster_ip
finish
