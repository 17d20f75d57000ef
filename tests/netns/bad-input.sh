#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Broken manifests while the daemon runs: the log names the file, its last good objects stay in force, and other files
# are followed as before. What no rule depends on may hold anything. Rows S17, S18, D4, U11, Y41.
. "$(dirname "$0")/lib.sh"

web() {
	service web 1 ":tcp:80" && slices web ":tcp:8080" "$@"
}
web pod1 | write web.yaml
{
	service other 2 ":tcp:80" && slices other ":tcp:8080" pod2
} | write other.yaml
must_start
settle

web_works() { expect_answer "$title" client tcp "$(vip 1)" 80 "$who"; }
broken() { # broken TITLE LOG-PATTERN, the new web.yaml on standard input
	title=$1
	local pattern=$2
	log_forget
	apply web.yaml
	each_family web_works
	family=4
	check "$title: named in the log" log_says "$pattern"
}

who=pod1
{ web pod3; echo "  broken: [1, 2"; } | broken "a file that is no YAML keeps its last good objects" 'level=warn.*web\.yaml'
head -c 3000 /dev/urandom | broken "a binary file" 'level=warn.*web\.yaml'
web pod3 | sed 's/port: 80}/port: 70000}/' >"$work/text"
who=pod3
broken "a Service with a bad port keeps its last good version, the rest of the file counts" \
	'default/web.*70000' <"$work/text"
who=pod3
web pod1 | sed "s/\"$(family=4 addr pod1)\"/\"10.244.1.999\"/; s/\"$(family=6 addr pod1)\"/\"fd00::g\"/" |
	broken "a bad address" 'default/web-4.*10\.244\.1\.999'
# The same mistakes again: the log has them already.
count() { tail -n "+$((log_from + 1))" "$daemon_log" | grep -Ec -e "$1"; } # count PATTERN - lines since the last log_forget
log_forget
for part in pod1 pod2 pod3; do
	web $part | sed 's/port: 80}/port: 70000}/' | apply web.yaml
done
check "Y41 a mistake that stays is one line, whatever else changes" test "$(count '70000')" = 1
log_forget
for n in 1 2 3; do
	echo "broken: [$n" | apply web.yaml
done
check "Y41 and so is a file that stays broken in the same way" test "$(count 'web\.yaml')" = 1
who=pod2
web pod2 | broken "a good file counts again" 'level='
chaos() {
	expect_answer "the other file was never concerned" client tcp "$(vip 2)" 80 pod2
}
each_family chaos

# Words that are not known: a part is left out, the rest is served.
{
	service odd 3 "http:tcp:80 odd:dccp:81" "type: Odd" "internalTrafficPolicy: Here" "sessionAffinity: Cookie"
	slices odd "http:tcp:8080 odd:dccp:8081" pod1
} | apply odd.yaml
odd_words() { expect_answer "S17 a Service with words that are not known is served" client tcp "$(vip 3)" 80 pod1; }
each_family odd_words
check "S17 the port is named" log_says 'default/odd.*spec\.ports\[1\]\.protocol: .*DCCP.*the port is left out'
check "S17 the type is named" log_says 'default/odd.*spec\.type: .*Odd.*it is read as ClusterIP'
check "S17 session affinity is named" log_says 'default/odd.*spec\.sessionAffinity: .*Cookie.*it is read as None'

# A NUL in what is not read, in YAML and in JSON; and in what is read.
log_forget
{
	service web 1 ":tcp:80" "externalName: \"a\\0b\""
	slices web ":tcp:8080" pod3
} | apply web.yaml
who=pod3
title="a Service with a NUL in a field that is not read"
each_family web_works
echo '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default",
	"creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {"a": "b\u0000c", "d\u0000": "", "e": 99999999999999999999}},
	"spec": {"ipFamilies": ["IPv4", "IPv6"], "clusterIPs": ["'"$(family=4 vip 1)"'", "'"$(family=6 vip 1)"'"],
	"externalName": "\u0000", "ports": [{"port": 80, "targetPort": "\u0000"}]}}' >"$work/text"
rm "$manifests/web.yaml"
apply web.json <"$work/text"
slices web ":tcp:8080" pod2 | apply web-slices.yaml
who=pod2
title="and one in JSON"
each_family web_works
refute "neither is refused" log_says 'object refused'
sed 's/"port": 80/"name": "\\u0000", "port": 80/' "$work/text" | apply web.json
check "a NUL in a field that is read is named" wait_until 30 log_says 'default/web.*spec\.ports\[0\]\.name: a NUL within a string'
title="and its last good version stays"
each_family web_works
rm "$manifests/web.json" "$manifests/web-slices.yaml"
settle
# Addresses that the API refuses as endpoints and external IPs, in manifests: each is left out, and named; the rest of the Service works.
serve own node loopback 81
hostile() {
	service hostile 5 ":tcp:81" "type: LoadBalancer" \
		'externalIPs: ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "ff02::1", "'"$(family=4 addr ext5)"'", "'"$(family=6 addr ext5)"'"]'
	printf '%s\n' "status:" '  loadBalancer: {ingress: [{ip: "127.0.0.1"}, {ip: "::1"}, {ip: "'"$(family=4 addr ext6)"'"}, {ip: "'"$(family=6 addr ext6)"'"}]}'
	slices hostile ":tcp:8080" pod1 loopback
}
log_forget
hostile | apply hostile.yaml
special() {
	expect_answer "S18 the node's own port on loopback is its own" node tcp "$(addr loopback)" 81 own
	expect_distribution "S18 only the other endpoint is used" client tcp "$(vip 5)" 81 pod1
	expect_answer "S18 the other external IP works" client tcp "$(addr ext5)" 81 pod1
	expect_answer "S18 the other load balancer IP works" client tcp "$(addr ext6)" 81 pod1
}
each_family special
check "S18 an external IP is named" log_says 'Service.*default/hostile.*spec\.externalIPs\[0\]: 127\.0\.0\.1 may not be .*loopback'
check "S18 a load balancer IP is named" log_says 'default/hostile.*status\.loadBalancer\.ingress\[0\]\.ip: 127\.0\.0\.1 may not be .*loopback'
check "S18 an endpoint is named" log_says 'default/hostile-4.*endpoints\[1\]\.addresses\[0\]: 127\.0\.0\.1 may not be .*loopback'
for word in 'unspecified' 'link-local' 'multicast' 'broadcast'; do
	check "S18 $word is named" log_says "externalIPs.* may not be .*$word"
done
log_forget
service_cidr absurd 0.0.0.0/0 ::/0 10.0.0.0/7 fd00::/8 127.0.0.0/8 fe80::/64 10.96.0.0/16 fd00:10:96::/112 | apply ranges.yaml
absurd() {
	expect_answer "U11 an absurd range does not cut the node off" node tcp "$(addr rpod1)" 8080 rpod1
	expect_answer "U11 nor a pod" pod3 tcp "$(addr rpod1)" 8080 rpod1
	expect_timeout "U11 the other range is used" client tcp "$(vip 77)" 80
}
each_family absurd
check "U11 it is named" log_says 'ServiceCIDR.*absurd.*spec\.cidrs\[0\]: 0\.0\.0\.0/0: .*shorter than /8'
check "U11 IPv6, too" log_says 'spec\.cidrs\[3\]: fd00::/8: .*shorter than /48'
check "U11 one of loopback addresses, too" log_says 'spec\.cidrs\[4\]: 127\.0\.0\.0/8: .*loopback'
rm "$manifests/hostile.yaml" "$manifests/ranges.yaml"

vanished() { refute "a file that vanishes takes its objects along" knows "$(vip 1)"; }
knows() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	in_ns node nft get element $table kube-nftproxy cluster-ips "{ $1 }" >/dev/null 2>&1
}
each_family vanished
finish
