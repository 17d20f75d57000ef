#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Thousands of chains: Services with session affinity, and load balancers with source ranges of their own. The event loop
# answers /livez all the time while the tables are taken over at a restart, compared with what is installed, and put right after
# changes by another program that do not say where they were. Rows Y5, Y7, Y12.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/silence.bash"
steady_wanted=""

control=$work/control.sock
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 4 --control-socket "$control")

ranges='type: LoadBalancer, loadBalancerSourceRanges: ['
for i in 1 2 3 4 5; do
	ranges+="198.$i.@/32, "
done
ranges+='10.0.0.0/8]}
status: {loadBalancer: {ingress: [{ip: 203.@}]}}'
{
	many affine "${SILENCE_AFFINE:-4000}" 97 'sessionAffinity: ClientIP}'
	many balanced "${SILENCE_RANGES:-3000}" 98 "${ranges//203.@/203.0.@}"
} | write many.yaml

# wide ADDRESSES PORTS - a Service with session affinity; more than 50,000 front ends cannot be planned
wide() {
	awk -v ips="$1" -v ports="$2" 'BEGIN {
		printf "apiVersion: v1\nkind: Service\nmetadata: {name: wide}\nspec: {clusterIP: 10.99.0.1, sessionAffinity: ClientIP, externalIPs: ["
		for (i = 0; i < ips; i++)
			printf "%s198.18.%d.%d", i ? ", " : "", i / 250, i % 250 + 1
		printf "], ports: ["
		for (i = 0; i < ports; i++)
			printf "%s{name: p%d, port: %d, protocol: TCP}", i ? ", " : "", i, 80 + i
		printf "]}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
		printf "metadata: {name: wide-1, labels: {kubernetes.io/service-name: wide}}\naddressType: IPv4\n"
		print "ports: [{name: p0, port: 80, protocol: TCP}]\nendpoints:\n- {addresses: [10.99.1.1]}"
	}'
}

first_sync() { log_says 'msg="?(first sync|verified)'; }
restart() {
	stop_daemon
	log_forget
	NETNS_START_SECONDS=0.01 start_daemon "$@" || true
	echo "$daemon_pid" >"$work/pid"
	wait_until 600 first_sync
}
repaired() {
	in_ns node nft -f "$work/damage" || die "the tables cannot be changed"
	wait_until 600 log_says 'msg=verified'
}
repaired_part() {
	in_ns node nft -f "$work/damage" || die "the tables cannot be changed"
	wait_until 600 log_says 'msg="put right"'
}

# damage TITLE NFT-COMMANDS - they name so much that everything is unknown, or do not say what was changed
damage() {
	log_forget
	echo "$2" >"$work/damage"
	silence "Y7 $1" repaired
	refute "Y7 $1: it is put right in steps" log_says 'reading everything back'
	check "Y7 $1: the rules are as before" diff # nft takes half a minute to list them
}
foreign_changes() {
	local chains
	log_forget
	echo "flush chain ip kube-nftproxy lb-tcp-2" >"$work/damage"
	silence "Y7 a chain is emptied" repaired_part
	damage "a chain is added" "add chain ip kube-nftproxy foreign"
	chains=$(in_ns node nft list chains ip | grep -oE 'chain (learn|affinity|sources)-[a-z0-9-]+' | cut -d ' ' -f 2 | head -n 600)
	damage "600 chains are emptied, and two are renamed" "$(sed 's/^/flush chain ip kube-nftproxy /' <<<"$chains")
		rename chain ip kube-nftproxy lb-tcp-2 renamed
		rename chain ip kube-nftproxy $(head -n 1 <<<"$chains") renamed-too"
	damage "a large map and a large set are emptied" "flush map ip kube-nftproxy endpoints
		flush set ip kube-nftproxy cluster-ip-ports"
	damage "10,000 elements and 300 chains are added" "$(awk 'BEGIN {
		for (i = 0; i < 10000; i++)
			printf "add element ip kube-nftproxy cluster-ips { 10.55.%d.%d }\n", i / 250, i % 250 + 1
		for (i = 0; i < 300; i++)
			printf "add chain ip kube-nftproxy lb-udp-%d\nadd rule ip kube-nftproxy lb-udp-%d jump lb-tcp-2\n", i + 9, i + 9
	}')"
}
diff() { in_ns node "$DAEMON" diff --control-socket "$control" >"$work/diff"; }

restart_wide() { # restart_wide OPTION - with many Services, while one cannot be planned
	wide 600 100 | write wide.yaml
	silence_of_restart "$1, a Service over its limit" "$1"
	check "Y12 $1, a Service over its limit: it is named" log_says 'cannot be planned.*default/wide'
	silence "Y5 $1, a Service over its limit: the tables are compared with what is installed" diff
	wide 1 1 | write wide.yaml
}
silence_of_restart() { # silence_of_restart TITLE OPTION
	silence "Y12 $1: a restart" restart "$2"
	refute "Y12 $1: it is done in steps" log_says 'reading everything back|in one step'
	check "Y12 $1: nothing is sent" log_says 'msg="first sync".* added=0 deleted=0 steps=0'
}
large() { # large OPTION
	wide 1 1 | write wide.yaml
	NETNS_START_SECONDS=60 must_start "$1"
	silence_of_restart "$1" "$1"
	silence "Y5 $1: the tables are compared with what is installed" diff
	[ "$1" = --own-tables=true ] || foreign_changes
	[ "$1" = --own-tables=false ] || restart_wide "$1"
	stop_daemon
	in_ns node nft flush ruleset
}
large --own-tables=true
large --own-tables=false
finish
