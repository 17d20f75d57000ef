#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# externalIPs and load balancer IPs, both policies. Rows P2 to P7, P10, P11, P13, E19 to E22, E24, M4, M5,
# N1, N3, U10.
. "$(dirname "$0")/lib.sh"

ingress() { # ingress N [MODE] - status of the Service printed before
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress:
	    - {ip: $(family=4 addr "ext$1")${2:+, ipMode: $2}}
	    - {ip: "$(family=6 addr "ext$1")"${2:+, ipMode: $2}}
	    - {hostname: lb.example.com}
	YAML
}

external_ips() {
	echo "externalIPs: [$(family=4 addr "ext$1"), \"$(family=6 addr "ext$1")\"]"
}

# Packets that are not translated are routed to the other node, which has two of the addresses.
in_ns node ip route add 203.0.113.0/24 via "$(family=4 addr remote)"
in_ns node ip -6 route add 2001:db8:113::/64 via "$(family=6 addr remote)"
for family in 4 6; do
	give remote lo "$(addr ext1)/$((family == 4 ? 32 : 128))" "$(addr ext5)/$((family == 4 ? 32 : 128))"
done
serve outside remote ext1 81
serve outside-5 remote ext5 80

{
	node
	service ext 1 "http:tcp:80 dns:udp:53 sig:sctp:3868" "$(external_ips 1)"
	slices ext "http:tcp:8080 dns:udp:8080 sig:sctp:8080" pod1 rpod1
	service lb 2 "http:tcp:80:30080" "type: LoadBalancer"
	ingress 2
	slices lb "http:tcp:8080" pod1 rpod1
	service local 3 "http:tcp:80" "type: LoadBalancer" "externalTrafficPolicy: Local"
	ingress 3 VIP
	slices local "http:tcp:8080" pod1 rpod1
	service elsewhere 4 "http:tcp:80" "type: LoadBalancer" "externalTrafficPolicy: Local"
	ingress 4
	slices elsewhere "http:tcp:8080" rpod1
	service proxy 5 "http:tcp:80:30085" "type: LoadBalancer"
	ingress 5 Proxy
	slices proxy "http:tcp:8080" pod1
	service nobody 6 "http:tcp:80 dns:udp:53" "$(external_ips 6)"
	service one-family 8 "http:tcp:80" "type: LoadBalancer" |
		sed "s/ipFamilies: .*/ipFamilies: [IPv6]/; s/clusterIP: .*/clusterIP: \"$(family=6 vip 8)\"/; s/clusterIPs: .*/clusterIPs: [\"$(family=6 vip 8)\"]/"
	ingress 8
	slices one-family "http:tcp:8080" pod3
	# an externalIP that is the node's own address, on the number of another Service's node port, and on a free one
	service on-node 7 "http:tcp:30080 alt:tcp:88" "externalIPs: [$(family=4 addr node), \"$(family=6 addr node)\"]"
	slices on-node "http:tcp:8080 alt:tcp:8080" pod2
	# external IPs and this ClusterIP are outside of the range; the other ClusterIPs are inside
	vip4=10.99.0. vip6=fd00:10:99:: service far 9 "http:tcp:80"
	slices far "http:tcp:8080" pod2
	service_cidr kubernetes
} | write services.yaml
must_start

far() { if [ "$family" = 4 ]; then echo 10.99.0.9; else echo fd00:10:99::9; fi; }
cases() {
	expect_answer "U10 a ClusterIP outside of the range" client tcp "$(far)" 80 pod2 cni0
	expect_answer "U10 from a pod" pod3 tcp "$(far)" 80 pod2 pod3
	expect_answer "U10 from the node" node tcp "$(far)" 80 pod2
	expect_refused "U10 an undefined port" client tcp "$(far)" 81
	expect_answer "U10 a ClusterIP in the range" client tcp "$(vip 1)" 80 "pod1 rpod1"
	expect_answer "U10 from the node" node tcp "$(vip 1)" 80 "pod1 rpod1"
	expect_distribution "P2 an externalIP, off-cluster" client tcp "$(addr ext1)" 80 "pod1 rpod1"
	expect_distribution "P2 UDP" client udp "$(addr ext1)" 53 "pod1 rpod1"
	expect_answer "P2 SCTP" client sctp "$(addr ext1)" 3868 "pod1 rpod1"
	expect_distribution "P13 from a pod" pod3 tcp "$(addr ext1)" 80 "pod1 rpod1"
	expect_distribution "P13 from the node" node tcp "$(addr ext1)" 80 "pod1 rpod1"
	expect_distribution "P4 P6 a load balancer IP beside a host name" client tcp "$(addr ext2)" 80 "pod1 rpod1"
	expect_distribution "E24 from a pod" pod3 tcp "$(addr ext2)" 80 "pod1 rpod1"
	expect_answer "M5 policy Local keeps the client's source" client tcp "$(addr ext3)" 80 pod1 client
	expect_distribution "E19 and stays on this node" client tcp "$(addr ext3)" 80 "pod1"
	expect_distribution "E20 a pod is short-circuited" pod3 tcp "$(addr ext3)" 80 "pod1 rpod1"
	expect_distribution "E21 the node is short-circuited" node tcp "$(addr ext3)" 80 "pod1 rpod1"
	expect_timeout "N3 endpoints elsewhere only: dropped" client tcp "$(addr ext4)" 80
	expect_answer "E22 a pod gets there" pod3 tcp "$(addr ext4)" 80 rpod1 pod3
	expect_answer "E22 the node gets there, masqueraded" node tcp "$(addr ext4)" 80 rpod1 node-eth1
	expect_refused "N1 nobody: refused" client tcp "$(addr ext6)" 80
	expect_refused "N1 UDP" client udp "$(addr ext6)" 53
	expect_refused "N1 from a pod" pod3 tcp "$(addr ext6)" 80
	expect_answer "P10 an externalIP on a node address wins over a node port" client tcp "$(addr node)" 30080 pod2
	expect_answer "M4 policy Cluster is masqueraded" client tcp "$(addr node)" 30080 pod2 cni0
	expect_answer "M4 on a port that is no node port, too" client tcp "$(addr node)" 88 pod2 cni0
}
each_family cases

untouched() {
	expect_answer "P5 ipMode Proxy: left alone" client tcp "$(addr ext5)" 80 outside-5 client
	expect_answer "P5 its ClusterIP still works" pod3 tcp "$(vip 5)" 80 pod1
	expect_answer "P5 and its node port" client tcp "$(addr node)" 30085 pod1
	expect_answer "P11 another port of an externalIP: left alone" client tcp "$(addr ext1)" 81 outside client
}
each_family untouched

family=6
expect_answer "P7 a load balancer IP of the Service's only family" client tcp "$(addr ext8)" 80 pod3
family=4
answers() { [[ "$(ask "$@")" == *" saw "* ]]; }
refute "P7 one of the family that it lacks" answers client tcp "$(addr ext8)" 80 --timeout 300
stop_daemon

# Without external IPs. The rules of the daemon before are taken over.
must_start --serve-external-ips=false --control-socket "$work/control.sock"
without() {
	expect_answer "P3 without external IPs: the packet is left alone" client tcp "$(addr ext1)" 81 outside client
	refute "P3 not served" answers client tcp "$(addr ext1)" 80 --timeout 300
	refute "P3 not rejected for want of an endpoint, either: no rule names it" knows external-services "$(addr ext6)"
	expect_answer "P3 its ClusterIP is" pod3 tcp "$(vip 1)" 80 "pod1 rpod1"
	expect_distribution "P3 and so are load balancer IPs" client tcp "$(addr ext2)" 80 "pod1 rpod1"
	expect_answer "P3 a node port whose number an external IP had" client tcp "$(addr node)" 30080 "pod1 rpod1"
}
knows() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	in_ns node nft list table $table kube-nftproxy | grep -qF "$2 "
}
each_family without
wake_daemon
status() { in_ns node "$DAEMON" "$@" --control-socket "$work/control.sock"; }
check "P3 status names the Services" grep -qzE 'ExternalIPs not served, but 3 Services have some:\s+default/ext, default/nobody, default/on-node' <(status status)
check "P3 explain says why" grep -qzE 'no front end: external IPs 203\.0\.113\.[0-9]+, .*--serve-external-ips=false' <(status explain ext)
finish
