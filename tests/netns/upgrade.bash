# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # the variables of lib.sh
# The objects whose tables upgrade.nft has, these tables, and connections while they are replaced. Read after lib.sh.
affine 10800
objects() {
	node
	service_cidr main
	service steady 240 "tcp:tcp:80 udp:udp:80" "type: ClusterIP"
	slices steady "tcp:tcp:8080 udp:udp:8080" steady1 steady2
	service web 1 "http:tcp:80:30080 dns:udp:53:30053" "type: NodePort" \
		"externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	slices web "http:tcp:8080 dns:udp:8080" pod1 rpod1
	service local 2 "http:tcp:80:30082" "type: NodePort" "externalTrafficPolicy: Local"
	slices local "http:tcp:8080" pod1 pod2 rpod1
	service ranges 3 "http:tcp:80:30083" "type: LoadBalancer" \
		"loadBalancerSourceRanges: [$(family=4 addr client)/32, \"$(family=6 addr client)/128\"]"
	load_balancer_status
	slices ranges "http:tcp:8080" pod2 rpod2
	service sticky 4 "http:tcp:80:30084" "type: NodePort" "${affinity_lines[@]}"
	slices sticky "http:tcp:8080" pod1 pod2
	service empty 5 "http:tcp:80:30085" "type: NodePort"
}
# Services that the old version did not know: with them, the new tables are more than one part of a batch.
more_objects() {
	local n
	for n in {0..499}; do
		vip4=10.96.$((1 + n / 100)). vip6=fd00:10:96::$((1 + n / 100)):
		service "more-$n" $((1 + n % 100)) ":tcp:80"
		slices "more-$n" ":tcp:8080" pod1 rpod1
	done
	vip4=10.96.0. vip6=fd00:10:96::
}
load_balancer_status() {
	cat <<-YAML
	status:
	  loadBalancer: {ingress: [{ip: $(family=4 addr ext2)}, {ip: "$(family=6 addr ext2)"}]}
	YAML
}

# load_tables LEFT - the tables of the old version: "plain", or as its daemon leaves them where the kernel has the flag persist
load_tables() {
	local table
	for table in ip ip6; do
		case $1 in
		plain) in_ns node nft add table "$table" kube-nftproxy ;;
		persistent) in_ns node python3 "$netns_here/persistent-table.py" "$table" kube-nftproxy ;;
		esac || die "the table $table cannot be made"
	done
	in_ns node nft -f "$netns_here/upgrade.nft" || die "the tables of the old version cannot be loaded"
}
both() { echo "$1" "$(family=4 "$2" "$3")" "$4" "$1" "$(family=6 "$2" "$3")" "$4"; } # both PROTOCOL FUNCTION ARGUMENT PORT

# shellcheck disable=SC2046 # words
load_begin() {
	rate_start outside client 500 $(both tcp vip 1 80) $(both tcp addr node 30080) $(both tcp addr ext1 80) \
		$(both tcp addr node 30082) $(both tcp addr ext2 80) $(both tcp addr node 30084)
	rate_start pods pod1 500 $(both tcp vip 1 80) $(both tcp vip 2 80) $(both tcp vip 4 80) $(both tcp addr node 30080)
	rate_start udp client 200 $(both udp vip 1 53) $(both udp addr node 30053)
	rate_start udp-pods pod3 200 $(both udp vip 1 53)
}
load_end() {
	family="4 and IPv6"
	rate_end outside "Y24 $1: connections from outside, also to node ports" "pod1 pod2 rpod1 rpod2"
	rate_end pods "Y24 $1: connections of a pod" "pod1 pod2 rpod1"
	rate_end udp "Y24 $1: UDP from outside" "pod1 rpod1"
	rate_end udp-pods "Y24 $1: UDP of a pod" "pod1 rpod1"
	family=4
}
pause() { sleep "${NETNS_SLOW:-1}"; }
