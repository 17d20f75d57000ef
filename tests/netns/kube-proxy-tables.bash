# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What kube-proxy's nftables mode leaves behind; for scripts that have sourced lib.sh. Service 1 with node port 30080, service 2
# with node port 30082 and policy Local, both of pod1 and rpod1, service 3 of nobody.

# kube_proxy - its table for the family of the moment: a chain for each Service port, verdict maps by front end, a
# packet mark for what is masqueraded, and checks in filter chains.
kube_proxy() {
	local ip=ip type=ipv4_addr pods=10.244.0.0/16 range=10.96.0.0/16 two one
	[ "$family" = 4 ] || ip=ip6 type=ipv6_addr pods=fd00:10:244::/48 range=fd00:10:96::/112
	two="dnat $ip to numgen random mod 2 map { 0 : $(addr pod1) . 8080, 1 : $(addr rpod1) . 8080 }"
	one="dnat $ip to numgen random mod 1 map { 0 : $(addr pod1) . 8080 }"
	in_ns node nft -f - <<-NFT || die "nft refuses kube-proxy's table"
	table $ip kube-proxy {
		comment "rules for kube-proxy"
		set cluster-ips { type $type; elements = { $(vip 1), $(vip 2), $(vip 3) } }
		set nodeport-ips { type $type; elements = { $(addr node) } }
		set hairpin-connections {
			type $type . $type . inet_proto . inet_service
			elements = { $(addr pod1) . $(addr pod1) . tcp . 8080, $(addr pod1) . $(addr pod1) . udp . 8080 }
		}
		map firewall-ips { type $type . inet_proto . inet_service : verdict; }
		map no-endpoint-services {
			type $type . inet_proto . inet_service : verdict
			elements = { $(vip 3) . tcp . 80 : goto reject-chain }
		}
		map no-endpoint-nodeports { type inet_proto . inet_service : verdict; }
		map service-ips {
			type $type . inet_proto . inet_service : verdict
			elements = {
				$(vip 1) . tcp . 80 : goto service-7BQ2HLXA-default/web/tcp/http,
				$(vip 1) . udp . 53 : goto service-K5RWN3OD-default/web/udp/dns,
				$(vip 2) . tcp . 80 : goto service-MZ4VTC6E-default/near/tcp/http
			}
		}
		map service-nodeports {
			type inet_proto . inet_service : verdict
			elements = {
				tcp . 30080 : goto external-7BQ2HLXA-default/web/tcp/http,
				tcp . 30082 : goto external-MZ4VTC6E-default/near/tcp/http
			}
		}
		chain filter-prerouting { type filter hook prerouting priority -110; ct state new jump firewall-check; }
		chain filter-output { type filter hook output priority -110; ct state new jump firewall-check; }
		chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
		chain nat-output { type nat hook output priority -100; jump services; }
		chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
		chain filter-input {
			type filter hook input priority 0
			ct state new jump nodeport-endpoints-check
			ct state new jump service-endpoints-check
		}
		chain filter-forward {
			type filter hook forward priority 0
			ct state new jump service-endpoints-check
			ct state new jump cluster-ips-check
		}
		chain filter-output-post-dnat {
			type filter hook output priority 0
			ct state new jump service-endpoints-check
			ct state new jump cluster-ips-check
		}
		chain firewall-check { $ip daddr . meta l4proto . th dport vmap @firewall-ips; }
		chain nodeport-endpoints-check {
			$ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
		}
		chain service-endpoints-check { $ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
		chain cluster-ips-check {
			$ip daddr @cluster-ips reject
			$ip daddr { $range } drop
		}
		chain reject-chain { reject; }
		chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
		chain masquerading {
			$ip saddr . $ip daddr . meta l4proto . th dport @hairpin-connections jump mark-for-masquerade
			meta mark and 0x4000 == 0 return
			meta mark set meta mark xor 0x4000
			masquerade fully-random
		}
		chain services {
			$ip daddr @cluster-ips $ip saddr != $pods jump mark-for-masquerade
			$ip daddr . meta l4proto . th dport vmap @service-ips
			$ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
		}
		chain service-7BQ2HLXA-default/web/tcp/http {
			meta l4proto tcp $two
		}
		chain service-K5RWN3OD-default/web/udp/dns {
			meta l4proto udp $two
		}
		chain service-MZ4VTC6E-default/near/tcp/http {
			meta l4proto tcp $two
		}
		chain external-7BQ2HLXA-default/web/tcp/http {
			jump mark-for-masquerade
			goto service-7BQ2HLXA-default/web/tcp/http
		}
		chain external-MZ4VTC6E-default/near/tcp/http {
			$ip saddr $pods goto service-MZ4VTC6E-default/near/tcp/http
			fib saddr type local jump mark-for-masquerade
			fib saddr type local goto service-MZ4VTC6E-default/near/tcp/http
			goto local-MZ4VTC6E-default/near/tcp/http
		}
		chain local-MZ4VTC6E-default/near/tcp/http {
			meta l4proto tcp $one
		}
	}
	NFT
}
