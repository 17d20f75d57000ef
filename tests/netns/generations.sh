#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Endpoints come and go without pause, while SYNs of new connections arrive as fast as they can be sent. A packet can meet
# two generations of the rules in one walk; still it goes to an endpoint or is dropped, and never reaches the node's own
# stack or another machine with its old destination. Every kind of front end; 1 and 2 endpoints, 9 and 10, 1 and none. Rows Y9, N9.
#
# Such a packet is one of millions: NETNS_GENERATIONS_SECONDS=600 is a time in which one is certain to be seen; by default
# each pair of numbers takes two seconds.
. "$(dirname "$0")/lib.sh"
seconds=${NETNS_GENERATIONS_SECONDS:-2}

make_farm 10
# Endpoints only count what reaches them, and do not answer. Sources are not assigned, so nothing may come back.
in_ns farm nft -f - <<-'NFT' || die "the farm cannot count"
	table inet watch {
		counter arrived {}
		chain prerouting {
			type filter hook prerouting priority -300;
			tcp dport 8080 counter name arrived drop
		}
	}
NFT
in_ns client nft -f - <<-'NFT' || die "the client cannot drop"
	table inet watch {
		chain prerouting {
			type filter hook prerouting priority -300;
			tcp dport 20000 drop
			icmp type destination-unreachable drop
			icmpv6 type destination-unreachable drop
		}
	}
NFT
# Packets with their old destination, and whatever else is left of the SYNs.
in_ns node nft -f - <<-'NFT' || die "the node cannot count"
	table inet watch {
		counter own-stack {}
		counter elsewhere {}
		chain input {
			type filter hook input priority 0;
			tcp sport 20000 counter name own-stack drop
		}
		chain forward {
			type filter hook forward priority 0;
			tcp sport 20000 tcp dport != 8080 counter name elsewhere drop
		}
	}
NFT
# No time for a million connections that never end.
in_ns node sh -c 'echo 1 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent' 2>/dev/null

several() { # several FIRST LAST -> farmFIRST ... farmLAST
	local n
	for ((n = $1; n <= $2; n++)); do
		echo "farm$n"
	done
}

changes() {
	tail -n "+$((log_from + 1))" "$daemon_log" | grep -c 'msg=synced'
}

endpoints() { # endpoints SUFFIX FIRST LAST: slices of all Services whose endpoints come and go
	local name
	for name in plain local; do
		# shellcheck disable=SC2046 # words
		slices $name ":tcp:8080" $(several "$2" "$3") | sed "s/^  name: $name-/&$1-/"
	done
}

# The chains of these numbers exist all the time, as they do in a cluster of some size.
keep_chains() {
	local n
	for n in 1 2 9 10; do
		service "keep$n" "$((20 + n))" ":tcp:80:$((31000 + n))" "type: NodePort"
		# shellcheck disable=SC2046 # words
		slices "keep$n" ":tcp:8080" $(several 1 "$n")
		service "keep-local$n" "$((40 + n))" ":tcp:80:$((31100 + n))" "type: NodePort" "externalTrafficPolicy: Local" \
			"externalIPs: [$(family=4 addr ext3), \"$(family=6 addr ext3)\"]" | sed "s/port: 80,/port: $((80 + n)),/"
		# shellcheck disable=SC2046 # words
		slices "keep-local$n" ":tcp:8080" $(several 1 "$n")
	done
}

{
	node zone-a
	service plain 1 ":tcp:80:30080" "type: NodePort" "externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	service local 2 ":tcp:80:30081" "type: NodePort" "externalTrafficPolicy: Local" \
		"externalIPs: [$(family=4 addr ext2), \"$(family=6 addr ext2)\"]"
} | write services.yaml
endpoints few 1 1 | write few.yaml
must_start

# The last endpoint comes and goes until $work/toggling is gone.
toggle() {
	while [ -e "$work/toggling" ]; do
		mv "$work/last.yaml" "$manifests/last.yaml"
		sleep 0.002
		mv "$manifests/last.yaml" "$work/last.yaml"
		sleep 0.002
	done
}

# nft does not repeat the request if a transaction of the daemon interrupts it.
count() { # count NAMESPACE COUNTER
	local found
	until found=$(in_ns "$1" nft -j reset counter inet watch "$2" 2>"$work/count.err"); do
		grep -q "Interrupted system call" "$work/count.err" || return 1
	done
	printf '%s\n' "$found" | grep -oE '"packets": [0-9]+' | grep -oE '[0-9]+'
}

# The last SYNs are still being processed when the last one was sent.
all_seen() {
	local now before=$seen
	now=$(in_ns farm nft -j list counter inet watch arrived)
	seen=$now
	[ "$now" = "$before" ]
}

flood() { # flood TITLE COUNT [STEP]: so many endpoints, and one less, or STEP less
	local title=$1 n=$2 step=${3-1} toggler syns arrived own elsewhere from seen targets
	case $family in
	4) from=198.18.0.0 ;;
	6) from=2001:db8:5:: ;;
	esac
	targets=(tcp "$(vip 1)" 80 tcp "$(addr node)" 30080 tcp "$(addr ext1)" 80
		tcp "$(vip 2)" 80 tcp "$(addr node)" 30081 tcp "$(addr ext2)" 80)
	endpoints last $((n - step + 1)) "$n" >"$work/last.yaml"
	endpoints few 1 $((n - step)) | apply few.yaml
	count farm arrived >/dev/null
	count node own-stack >/dev/null
	count node elsewhere >/dev/null
	log_forget
	touch "$work/toggling"
	toggle &
	toggler=$!
	syns=$(in_ns client "$PROBE" syns $((seconds * 1000)) "$from" "${targets[@]}") || die "no SYNs"
	rm "$work/toggling"
	wait "$toggler"
	seen=
	wait_until 50 all_seen
	arrived=$(count farm arrived) own=$(count node own-stack) elsewhere=$(count node elsewhere)
	check "Y9 $title: no SYN reaches the node's own stack" [ "$own" = 0 ]
	check "Y9 $title: no SYN leaves with its old destination" [ "$elsewhere" = 0 ]
	echo "# $title: $syns SYNs, of which $arrived arrived; $(changes) changes"
	check "N9 $title: there were SYNs and changes" [ "$((arrived > 0 && $(changes) > 1))" = 1 ]
}

# Each change brings the first chain for its number of endpoints, which is empty for a packet that began its walk before. Those for one
# endpoint more or less are kept ready.
new_chains() {
	flood "1 and 4 endpoints, new chains" 4 3
	flood "one endpoint and none, new chains" 1
}
ready_chains() {
	flood "3 and 4 endpoints, chains that are kept ready" 4
}

floods() {
	flood "1 and 2 endpoints" 2
	flood "9 and 10 endpoints" 10
	flood "one endpoint and none" 1
}

each_family new_chains
each_family ready_chains
keep_chains | apply keep.yaml
each_family floods
finish
