#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The first sync after a restart goes in steps, and asks the kernel for what it expects. What differs is put right, and nothing
# else is touched in between. Rows A6, Y7, Y12, Y21.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

external="externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
affine 3600
{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod1 pod2 pod3; } | write b-web.yaml
{ service gone 4 ":tcp:80:30084" && slices gone ":tcp:8080" pod1 pod2; } | write b-gone.yaml
{ service sticky 5 ":tcp:80" "${affinity_lines[@]}" && slices sticky ":tcp:8080" pod1 pod2; } | write b-sticky.yaml
ranges() { # ranges RANGE4 RANGE6 - of a load balancer
	service ranges 8 ":tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [\"$1\", \"$2\"]" |
		sed "\$a status: {loadBalancer: {ingress: [{ip: $(family=4 addr ext2)}, {ip: \"$(family=6 addr ext2)\"}]}}" &&
		slices ranges ":tcp:8080" pod1
}
ranges 172.18.0.0/16 fd00:172::/32 | write b-ranges.yaml
{ service other 6 ":tcp:80" "${affinity_lines[@]}" && slices other ":tcp:8080" pod1; } | write b-other.yaml
# Their client maps are left over when they go.
for i in {20..31}; do
	service "affine$i" "$i" ":tcp:80" "${affinity_lines[@]}" && slices "affine$i" ":tcp:8080" pod1
done | write b-affine.yaml
# More than one step of elements, and two Services that want one address: the older one, read last, has it.
# In one file, because small files are read first: the younger one is planned in the first step, the older one in the last.
write_many() { # write_many LAST_SERVICE POD_OF_OLD...
	{
		service young 2 ":tcp:80" "$external" | sed 's/2026-01-01/2026-06-01/' && slices young ":tcp:8080" pod2
		empty_services 0 "$1"
		service old 3 ":tcp:80" "$external" && slices old ":tcp:8080" "${@:2}"
	} | write many.yaml
}
write_many 1499 pod1

# The tables are not owned in this test: a change while no daemon runs is possible on every kernel.
quiet() {
	local before
	before=$(cpu_ms)
	sleep 0.3
	[ "$(cpu_ms)" = "$before" ]
}
start() { # start [OPTION]...
	log_forget
	must_start --own-tables=false "$@"
	wait_until 100 log_says 'msg="first sync"' || die "there was no first sync"
	sleep 0.5 # what is left over is read back and deleted
	wait_until 50 quiet || die "the daemon does not come to rest"
}
start
expect_owner() { expect_answer "$1" client tcp "$(addr ext1)" 80 pod1; }
owner() { expect_owner "Y12 the older Service has the address"; }
each_family owner
bound=$(who client tcp "$(vip 5)" 80)

restarts() { # restarts - with a record of what the kernel announces
	nsenter --net=/run/netns/node nft monitor >"$work/monitor" & # not in_ns, whose child a kill would not reach
	monitor=$!
	sleep 0.5
	start
	kill $monitor
	wait $monitor 2>/dev/null
}
announced() { grep -Ev 'kube-nftproxy-(probe|saved|lock)' "$work/monitor" | grep -Eq "$1"; }

before=$(ruleset)
stop_daemon
restarts
check "Y12 nothing has changed: nothing is sent" log_says 'msg="first sync".* added=0 deleted=0 steps=0'
check "Y12 the rules are the same" test "$(ruleset)" = "$before"
refute "Y12 and nothing was announced" announced '^(add|delete|create|flush|new) '

# A Service goes while no daemon runs. It loses its verdicts before the others are installed.
stop_daemon
mv "$manifests/b-gone.yaml" "$work/"
write_many 1499 pod1 pod2
restarts
event_line() { grep -nE -m 1 "$1" "$work/monitor" | cut -d : -f 1; }
loses_verdicts() {
	local table=ip6 gone last
	[ "$family" = 6 ] || table=ip
	last=$(event_line "^create element $table kube-nftproxy endpoints .*$(vip 3) . tcp . 80 . 1 : ")
	gone=$(event_line "^delete element $table kube-nftproxy services .*$(vip 4) \\. tcp . 80 ")
	check "Y12 a Service that went loses its verdicts first (IPv$family, event ${gone:-none}, the last Service: ${last:-none})" \
		test "${gone:-0}" -gt 0 -a "${gone:-0}" -lt "${last:-0}"
	gone=$(event_line "^delete element $table kube-nftproxy nodeports .*tcp . 30084 ")
	check "Y12 so does its node port (IPv$family, event ${gone:-none})" test "${gone:-0}" -gt 0 -a "${gone:-0}" -lt "${last:-0}"
}
each_family loses_verdicts
stop_daemon
mv "$work/b-gone.yaml" "$manifests/"
write_many 1499 pod1
start

# Each kind of difference, made while no daemon runs.
stop_daemon
rm "$manifests/b-gone.yaml" "$manifests/b-other.yaml"
{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod2; } | write b-web.yaml
[ "$bound" = pod1 ] && stays=pod2 || stays=pod1
{ service sticky 5 ":tcp:80" "${affinity_lines[@]}" && slices sticky ":tcp:8080" $stays; } | write b-sticky.yaml
{ service new 7 ":tcp:80:30087" && slices new ":tcp:8080" pod3; } | write c-new.yaml
ranges 172.18.0.0/24 fd00:172:18::/48 | write b-ranges.yaml
in_ns node nft delete element ip kube-nftproxy cluster-ips "{ 10.97.1.1 }"
in_ns node nft add element ip kube-nftproxy cluster-ips "{ 10.97.200.200 }"
in_ns node nft add element ip kube-nftproxy endpoints "{ $(family=4 vip 1) . tcp . 80 . 7 : 10.244.1.13 . 8080 }"
in_ns node nft add chain ip kube-nftproxy lb-tcp-9
rate_start owner client 1000 tcp "$(family=4 addr ext1)" 80 tcp "$(family=6 addr ext1)" 80
start
kill "${rate_pids[owner]}"
wait "${rate_pids[owner]}"
owner_answers=$(grep '^name' "$work/owner.rate")
check "Y12 the address of two Services stays with the older one (${owner_answers//$'\n'/, })" \
	test "$(awk '{print $2}' <<<"$owner_answers")" = pod1
differences() {
	expect_distribution "Y12 endpoints went" client tcp "$(vip 1)" 80 "pod2"
	expect_answer "Y12 a Service came" client tcp "$(addr node)" 30087 pod3
	expect_answer "A6 the endpoint of a client went" client tcp "$(vip 5)" 80 "$stays"
	owner
}
each_family differences
after=$(ruleset_made)
stop_daemon
in_ns node nft flush ruleset
start
check "Y12 the rules are those of a fresh start" test "$(ruleset_made)" = "$after"

# More than one transaction of elements is left over, of whole Services and of lists that have become shorter; client maps; and an
# element and a chain of nobody.
stop_daemon
rm "$manifests/b-affine.yaml"
write_many 49 pod1
{ service new 7 ":tcp:80:30087" && slices new ":tcp:8080"; } | write c-new.yaml
in_ns node nft add element ip kube-nftproxy cluster-ips "{ 10.97.200.200 }"
in_ns node nft add chain ip kube-nftproxy lb-tcp-9
start -v 4
check "Y12 what is left over is deleted" log_says 'msg="first sync".* deleted=[0-9]{4}'
refute "Y12 without reading everything back in one step" log_says 'reading everything back'
after=$(ruleset_made)
stop_daemon
in_ns node nft flush ruleset
start
check "Y12 the rules are those of a fresh start" test "$(ruleset_made)" = "$after"

# Another process changes our tables while they are taken over.
stop_daemon
write_many 1499 pod1
start
after=$(ruleset_made)
stop_daemon
meddle() { # until it is noticed; before the first sync begins, a change does not matter
	local i
	for i in {1..600}; do
		in_ns node nft add element ip kube-nftproxy cluster-ips "{ 10.97.20$((i / 250)).$((i % 250)) }"
		log_says 'taking them over anew|msg="first sync"' && return
	done
}
log_forget
meddle &
meddling=$!
start -v 4
wait $meddling
check "Y12 changed meanwhile: the tables are taken over anew" log_says 'taking them over anew'
refute "Y12 changed meanwhile: nothing is done in one step" log_says 'in one step|reading everything back'
check "Y12 changed meanwhile: the rules are those of before" test "$(ruleset_made)" = "$after"
stop_daemon
write_many 49 pod1
start

# A Service that cannot be planned is left out; it keeps what it had, and the others are taken over in steps all the same.
in_steps() { # in_steps TITLE
	check "Y21 $1, one Service is left out" log_says 'msg="first sync".* refused=1 '
	refute "Y21 $1: the others are done in steps" log_says 'first sync is done in one step'
}
huge() { # huge ENDPOINTS - 600 ports if there are many
	awk -v n="$1" -v ip="$(family=4 vip 9)" -v pod="$(family=4 addr pod1)" 'BEGIN {
		printf "apiVersion: v1\nkind: Service\nmetadata: {name: huge}\nspec:\n  clusterIP: %s\n", ip
		ports = n > 1 ? 600 : 1
		if (n > 1) {
			printf "  externalIPs: ["
			for (i = 0; i < 20; i++)
				printf "%s198.18.0.%d", i ? ", " : "", i + 1
			print "]"
		}
		print "  ports:"
		for (i = 0; i < ports; i++)
			printf "  - {name: p%d, port: %d, protocol: TCP}\n", i, 80 + i
		printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\naddressType: IPv4\n"
		printf "metadata: {name: huge-1, labels: {kubernetes.io/service-name: huge}}\nports:\n"
		for (i = 0; i < ports; i++)
			printf "- {name: p%d, port: 8080, protocol: TCP}\n", i
		printf "endpoints:\n- {addresses: [%s]}\n", pod
		for (i = 1; i < n; i++)
			printf "- {addresses: [10.100.%d.%d]}\n", i / 250, i % 250 + 1
	}'
}
huge_answers() { expect_answer "Y21 $1" client tcp "$(family=4 vip 9)" 80 pod1; }
huge 1 | apply huge.yaml
family=4 huge_answers "there is a Service"
stop_daemon
huge 1000 | write huge.yaml
{ service new 7 ":tcp:80:30087" && slices new ":tcp:8080" pod3; } | write c-new.yaml
start -v 4
in_steps "a restart"
family=4 huge_answers "what it had stays"
came() { expect_answer "Y21 the others are changed" client tcp "$(addr node)" 30087 pod3; }
each_family came
after=$(ruleset_made)
stop_daemon
start -v 4
check "Y21 another restart changes nothing" test "$(ruleset_made)" = "$after"
stop_daemon
in_ns node nft flush ruleset
start -v 4
in_steps "a start without tables"
each_family came
rm "$manifests/huge.yaml"

# Everything is gone.
stop_daemon
rm "$manifests"/*.yaml
start
check "Y12 without Services the rules of the earlier run are deleted" \
	test "$(in_ns node nft list map ip kube-nftproxy services | grep -c ': jump')" = 0
start_fresh=$(ruleset)
stop_daemon
in_ns node nft flush ruleset
start
check "Y12 the rules are those of a fresh start without Services" test "$(ruleset)" = "$start_fresh"
finish
