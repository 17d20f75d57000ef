#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet that misses the element of its endpoint goes to another endpoint, or is dropped. A packet that meets two generations of the
# rules is one of a million (generations.sh), so here elements are missing for good: the daemon, which would repair that, is stopped.
# Each kind of front end, in each protocol, and a list of its own. Rows Y9, N9.
. "$(dirname "$0")/lib.sh"

three() { # three PORT[:NODEPORT] - that port in each protocol
	echo "t:tcp:$1 u:udp:$1 s:sctp:$1"
}
externals() { # externals PART LAST -> a list of that part's addresses and LAST others, in both families
	local n list=("$(family=4 addr "$1")" "\"$(family=6 addr "$1")\"")
	for ((n = 1; n <= $2; n++)); do
		list+=("198.51.100.$n" "\"2001:db8:51::$n\"")
	done
	(IFS=,; echo "${list[*]}")
}
{
	node
	# External addresses are the node's own, so that what is not dropped is answered: refused.
	service web 1 "$(three 80:30080)" "type: NodePort" "externalIPs: [$(externals node 0)]"
	slices web "$(three 8080)" pod1 pod2 pod3
	service local 2 "$(three 81:30081)" "type: LoadBalancer" "externalTrafficPolicy: Local"
	printf '%s\n' "status:" "  loadBalancer:" "    ingress:" "    - {ip: $(family=4 addr node)}" "    - {ip: \"$(family=6 addr node)\"}"
	slices local "$(three 8080)" pod1 pod2 pod3 rpod1
	service wide 3 "$(three 80)" "externalIPs: [$(externals node-eth1 30)]" && slices wide "$(three 8080)" pod1 pod2 pod3
} | write services.yaml
must_start --own-tables=false
kill -STOP "$daemon_pid"

table() { [ "$family" = 4 ] && echo ip || echo ip6; }
lost() { # lost NUMBER... - these numbers of the front end have no element
	local number
	for number; do
		# A mutant may have lost it before.
		in_ns node nft delete element "$(table)" kube-nftproxy "$endpoints" "{ $key . $number }" 2>/dev/null || :
	done
}
# each_front_end COMMAND - a front end: its address and port, its verdict, the chain for missed packets, and its endpoints' elements
each_front_end() {
	local protocol to port title verdicts verdict endpoints key chain
	for protocol in tcp udp sctp; do
		to=$(addr node)
		title="an external IP, $protocol" port=80 verdict="$to . $protocol . 80"
		verdicts=services chain=lb-$protocol endpoints=endpoints key=$verdict "$1"
		title="policy Local, $protocol" port=81 verdict="$to . $protocol . 81"
		verdicts=services-outside chain=lb-local-$protocol endpoints=endpoints-local key=$verdict "$1"
		title="a node port, $protocol" port=30080 verdict="$protocol . 30080"
		verdicts=nodeports chain=nodeport-$protocol endpoints=nodeport-endpoints key=$verdict "$1"
		title="a node port with policy Local, $protocol" port=30081 verdict="$protocol . 30081"
		verdicts=nodeports-outside chain=nodeport-local-$protocol endpoints=nodeport-endpoints-local key=$verdict "$1"
	done
}
leads_to() { # leads_to CHAIN - the verdict of the front end
	in_ns node nft -f - <<-NFT || fail "$title: its verdict becomes $1"
		delete element $(table) kube-nftproxy $verdicts { $verdict }
		add element $(table) kube-nftproxy $verdicts { $verdict : jump $1 }
	NFT
}
all_there() {
	expect_distribution "Y9 $title: nothing is missing" client "$protocol" "$to" "$port" "pod1 pod2 pod3"
}
missed() { # straight to the rules for packets that have missed their endpoint
	leads_to "$chain-missed"
	expect_distribution "Y9 $title: a packet that missed its endpoint goes to one of the first two" client "$protocol" "$to" "$port" "pod1 pod2"
	lost 1
	expect_distribution "Y9 $title: or to the first one" client "$protocol" "$to" "$port" pod1
	leads_to "$chain-3"
}
first_left() {
	lost 1 2
	expect_distribution "Y9 $title: the first endpoint is left, and gets all packets" client "$protocol" "$to" "$port" pod1
}
none_left() {
	lost 0
	expect_timeout "N9 $title: no endpoint is left" client "$protocol" "$to" "$port"
}
own_lists() {
	local protocol rule title endpoints key to port=80
	for protocol in tcp udp sctp; do
		rule=$(in_ns node nft list table "$(table)" kube-nftproxy | grep -A1 "^		comment \"default/wide:${protocol:0:1}\"" | tail -n 1)
		title="a list of its own, $protocol" to=$(addr node-eth1)
		endpoints=$(grep -o 'pools-[0-7]' <<<"$rule")
		key=$(grep -oE 'offset [0-9]+' <<<"$rule" | cut -d ' ' -f 2 | paste -sd ' ' | sed 's/ / . /')
		all_there
		first_left
		none_left
	done
}
cases() {
	each_front_end all_there
	each_front_end missed
	each_front_end first_left
	each_front_end none_left
	own_lists
}
each_family cases
kill -CONT "$daemon_pid"
finish
