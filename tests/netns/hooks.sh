#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What other tables and the rest of the system may rely on: which addresses each hook sees, packet marks, established
# connections, sysctls. Rows K4, K5, K9, M9, C16.
. "$(dirname "$0")/lib.sh"

sysctls() { in_ns node sysctl -a -r '^net\.' 2>/dev/null | grep -vE 'nf_conntrack_count|\.neigh\.'; }
command -v sysctl >/dev/null || sysctls() { in_ns node bash -c 'grep -rs . /proc/sys/net/{ipv4/conf,ipv6/conf,ipv4/*,bridge,netfilter/nf_conntrack_[a-bd-z]*}'; }

{
	service web 1 "http:tcp:80:30080" "type: NodePort" && slices web "http:tcp:8080" pod1
	node zone-a
} | write services.yaml
sysctls >"$work/before"
must_start
settle
sysctls >"$work/after"
# Two have other values by default (C15), and the table's size cannot be changed in a network namespace (C14).
ours='nf_conntrack_tcp_timeout_(established|close_wait)'
check "C16 no other sysctl is changed" diff <(grep -vE "$ours" "$work/before") <(grep -vE "$ours" "$work/after")

# Filters that count the packets of a connection from the client to the node port, at each hook.
counters() {
	local ip=ip
	[ "$family" = 4 ] || ip=ip6
	in_ns node nft -f - <<-NFT || die "cannot count"
	table $ip seen {
		counter before-dstnat { }
		counter after-dstnat { }
		counter forward { }
		counter before-srcnat { }
		counter after-srcnat { }
		counter mark-in { }
		counter mark-kept { }
		chain before-dstnat {
			type filter hook prerouting priority -101;
			tcp dport 30080 meta mark set 0x4001 counter name mark-in
			$ip daddr $(addr node) tcp dport 30080 ct state new counter name before-dstnat
		}
		chain after-dstnat {
			type filter hook prerouting priority -99;
			$ip daddr $(addr pod1) tcp dport 8080 ct state new counter name after-dstnat
		}
		chain forward {
			type filter hook forward priority 0;
			$ip saddr $(addr client) $ip daddr $(addr pod1) tcp dport 8080 ct state new counter name forward
		}
		chain before-srcnat {
			type filter hook postrouting priority 99;
			$ip saddr $(addr client) tcp dport 8080 ct state new counter name before-srcnat
			tcp dport 8080 meta mark 0x4001 counter name mark-kept
		}
		chain after-srcnat {
			type filter hook postrouting priority 101;
			$ip saddr $(addr cni0) tcp dport 8080 ct state new counter name after-srcnat
		}
	}
	NFT
}
seen() { # seen COUNTER
	local ip=ip
	[ "$family" = 4 ] || ip=ip6
	in_ns node nft list counter $ip seen "$1" | grep -q 'packets [1-9]'
}
hooks() {
	local name
	counters
	expect_answer "K9 a connection beside filters of others" client tcp "$(addr node)" 30080 pod1 cni0
	for name in before-dstnat after-dstnat before-srcnat after-srcnat; do
		check "K4 translation is done at dstnat and srcnat: $name" seen "$name"
	done
	check "K9 a filter sees the client and the endpoint" seen forward
	check "M9 a packet mark of others" seen mark-in
	check "M9 is as it was" seen mark-kept
	in_ns node nft delete table "$([ "$family" = 4 ] && echo ip || echo ip6)" seen
}
each_family hooks

# The mark bits that kube-proxy uses do not make us masquerade.
marked() {
	local ip=ip
	[ "$family" = 4 ] || ip=ip6
	in_ns node nft -f - <<-NFT || die "cannot mark"
	table $ip marks {
		chain set-mark { type filter hook prerouting priority -150; meta mark set 0x4000; }
	}
	NFT
	expect_answer "M9 a packet mark of others does not masquerade a pod" pod3 tcp "$(vip 1)" 80 pod1 pod3
	in_ns node nft delete table $ip marks
}
each_family marked

# An established connection needs none of our rules.
without_rules() {
	hold_open client tcp "$(vip 1)" 80
	check "K5 a connection" test "${hold_answer%% *}" = pod1
	in_ns node nft delete table ip kube-nftproxy
	in_ns node nft delete table ip6 kube-nftproxy
	hold_line again
	check "K5 goes on without a rule" test "$hold_answer" = "pod1 again"
	hold_close
	must_start
	stop_daemon
}
stop_daemon
# A nat chain of another table, so that the kernel keeps connection tracking and translation on.
for ip in ip ip6; do
	in_ns node nft -f - <<-NFT || die "cannot keep translation on"
	table $ip nat {
		chain in { type nat hook prerouting priority -100; }
		chain out { type nat hook postrouting priority 100; ct state invalid counter; }
	}
	NFT
done
each_family without_rules

finish
