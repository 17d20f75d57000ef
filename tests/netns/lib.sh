# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # the variables are for the scripts that source this
# A small cluster in network namespaces, sourced by the packet tests:
#
#   client ──eth0── node ──eth1── remote          off-cluster │ our daemon runs here │ another node
#                    │ cni0                       with the pods rpod1, rpod2
#              pod1 pod2 pod3
#
# In every script, a Service "steady" with pods of its own exists from the first start on. Requests go over flows through
# it (TCP and UDP, both families) all the time: no change of other Services may break these flows. See steady_start
# and steady_end.
#
# All parts have addresses of both families. All traffic between them goes through `node`, also translated replies.
# A script that sources this file runs itself again in user (if not root), mount, PID and network
# namespaces of its own: these vanish with all processes and files when it ends, and any number of scripts can run
# side by side. Each case prints "ok TITLE" or "not ok TITLE"; the exit status is 0, 1 (a case failed) or 77 (skipped,
# reason printed).
#
# From the environment: top_builddir (where the daemon and probe were built), or DAEMON and PROBE; NETNS_FAMILIES (4, 6, or
# both) for the cases.

set -u
export LC_ALL=C

netns_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${top_builddir:=$netns_here/../../build-tests/gcc}"
DAEMON=${DAEMON:-$top_builddir/src/daemon/kube-nftproxy}
PROBE=${PROBE:-$top_builddir/tests/netns/probe}

skip_all() {
	echo "skipped: $*"
	exit 77
}

if [ -z "${NETNS_SANDBOX-}" ]; then
	[ -x "$DAEMON" ] || { echo "no daemon at $DAEMON; set top_builddir"; exit 99; }
	[ -x "$PROBE" ] || { echo "no probe at $PROBE; set top_builddir"; exit 99; }
	command -v nft >/dev/null || PATH=$PATH:/usr/sbin:/sbin
	command -v nft >/dev/null || skip_all "nft is not installed"
	netns_become=()
	[ "$(id -u)" = 0 ] || netns_become=(--map-root-user)
	unshare "${netns_become[@]}" -m -n -p -f --mount-proc true 2>/dev/null ||
		skip_all "this machine lets us make no network namespaces"
	DAEMON=$(realpath "$DAEMON") PROBE=$(realpath "$PROBE")
	export DAEMON PROBE PATH NETNS_SANDBOX=1
	exec unshare "${netns_become[@]}" -m -n -p -f --mount-proc --kill-child bash "$0" "$@"
fi

# --- inside the sandbox ---------------------------------------------------------------------------

mount -t tmpfs tmpfs /run || exit 99
mkdir -p /run/netns /run/test/manifests
mkfifo /run/test/never
work=/run/test
manifests=$work/manifests
daemon_log=$work/daemon.log
export NETNS_PORTS=$work/ports # see probe_ask.c
export STATE_DIRECTORY=$work/state-directory # of a daemon without --state-dir: not that of the machine
failed_cases=0
family=4

node_name=this-node
other_node_name=other-node
cluster_cidr=10.244.0.0/16,fd00:10:244::/48
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2) # each change of the rules is a line of the log

# addr NAME - the address of a part in the current $family; find_addr sets $address to it, which needs no process
addr() {
	find_addr "$1"
	echo "$address"
}
find_addr() {
	case $family.$1 in
	4.client) address=172.18.0.100 ;;
	4.node) address=172.18.0.10 ;;
	4.node-eth1) address=172.19.0.10 ;;
	4.cni0) address=10.244.1.1 ;;
	4.remote) address=172.19.0.20 ;;
	4.loopback) address=127.0.0.1 ;;
	4.pod[1-3]) address="10.244.1.1${1#pod}" ;;
	4.rpod[12]) address="10.244.2.1${1#rpod}" ;;
	4.cpod[1-9]) address="10.244.4.1${1#cpod}" ;; # pods that a test lets a CNI plugin make
	4.farm[1-9] | 4.farm[12][0-9]) address="10.244.1.$((100 + ${1#farm}))" ;; # see make_farm
	6.farm[1-9] | 6.farm[12][0-9]) address="fd00:10:244:1::$((100 + ${1#farm}))" ;;
	4.steady[12]) address="10.244.1.20${1#steady}" ;; # see steady_start
	6.steady[12]) address="fd00:10:244:1::20${1#steady}" ;;
	4.ext[1-9] | 4.ext1[0-9]) address="203.0.113.${1#ext}" ;; # assigned to no part, unless a test does so
	6.ext[1-9] | 6.ext1[0-9]) address="2001:db8:113::${1#ext}" ;;
	4.extreme) address=10.0.99.255 ;; # assigned to no part, unless a test does so
	6.extreme) address=fd00:ff00:63::ff ;;
	6.client) address=fd00:172:18::100 ;;
	6.node) address=fd00:172:18::10 ;;
	6.node-eth1) address=fd00:172:19::10 ;;
	6.cni0) address=fd00:10:244:1::1 ;;
	6.remote) address=fd00:172:19::20 ;;
	6.loopback) address=::1 ;;
	6.pod[1-3]) address="fd00:10:244:1::1${1#pod}" ;;
	6.rpod[12]) address="fd00:10:244:2::1${1#rpod}" ;;
	6.cpod[1-9]) address="fd00:10:244:4::1${1#cpod}" ;;
	*)
		echo "addr: no such part: $1" >&2
		exit 99
		;;
	esac
}

# vip N - the ClusterIP number N in the current $family
vip4=10.96.0. vip6=fd00:10:96::
vip() {
	if [ "$family" = 4 ]; then echo "$vip4$1"; else echo "$vip6$1"; fi
}

in_ns() { # in_ns NAMESPACE COMMAND...
	local name=$1
	shift
	nsenter --net="/run/netns/$name" -- "$@"
}

make_ns() {
	: >"/run/netns/$1"
	# No rp_filter, as some tests have routes in one direction only; no rate limit on ICMP errors, which tests count;
	# bridged packets do not pass iptables, whatever this kernel's default is.
	unshare --net="/run/netns/$1" bash -c '
		ip link set lo up
		cd /proc/sys/net
		for setting in ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 ipv6/conf/default/accept_dad=0 \
			ipv4/neigh/default/ucast_solicit=20 ipv4/neigh/default/mcast_solicit=20 \
			ipv6/neigh/default/ucast_solicit=20 ipv6/neigh/default/mcast_solicit=20 \
			ipv6/conf/all/accept_dad=0 ipv6/conf/default/accept_ra=0 ipv4/conf/all/rp_filter=0 \
			ipv4/conf/default/rp_filter=0 ipv4/conf/all/send_redirects=0 ipv4/conf/default/send_redirects=0 \
			ipv4/icmp_ratelimit=0 ipv6/icmp/ratelimit=0 \
			bridge/bridge-nf-call-iptables=0 bridge/bridge-nf-call-ip6tables=0; do
			[ -w "${setting%=*}" ] && echo "${setting#*=}" >"${setting%=*}"
		done
		exit 0' 2>/dev/null || exit 99
}

# ip_batch [NAMESPACE] - lines for ip on standard input, in one process: each process costs more than what it does here
ip_batch() {
	${1:+nsenter --net="/run/netns/$1" --} ip -batch - || exit 99
}

give() { # give NAMESPACE INTERFACE ADDRESS/LENGTH...
	local name=$1 interface=$2 one
	shift 2
	for one; do
		case $one in
		*:*) in_ns "$name" ip address add "$one" dev "$interface" nodad || exit 99 ;;
		*) in_ns "$name" ip address add "$one" dev "$interface" || exit 99 ;;
		esac
	done
}

make_pod() { # make_pod NAME LAST-PART-OF-ADDRESS...: routed to the node, also towards its neighbours
	local name=$1 interface=veth${1#pod} part
	shift
	make_ns "$name"
	ip_batch <<-IP
	link add $interface netns /run/netns/node type veth peer name eth0 netns /run/netns/$name
	IP
	ip_batch node <<-IP
	link set $interface up
	link set $interface master cni0
	IP
	{
		echo "link set eth0 up"
		for part; do
			printf '%s\n' "address add 10.244.1.$part/32 dev eth0" "address add fd00:10:244:1::$part/128 dev eth0 nodad"
		done
		printf '%s\n' "route add 10.244.1.1 dev eth0" "route add default via 10.244.1.1" \
			"route add fd00:10:244:1::1 dev eth0" "route add default via fd00:10:244:1::1"
	} | ip_batch "$name" || exit 99
}

# make_farm COUNT - pods farm1 to farmCOUNT, which share a namespace and come and go: see farm_up
make_farm() {
	local parts=() n
	for ((n = 1; n <= $1; n++)); do
		parts+=("$((100 + n))")
	done
	make_pod farm "${parts[@]}"
}

make_cluster() {
	local name n
	for name in node client remote; do
		make_ns "$name"
	done
	ip_batch <<-IP
	link add eth0 netns /run/netns/node type veth peer name eth0 netns /run/netns/client
	link add eth1 netns /run/netns/node type veth peer name eth0 netns /run/netns/remote
	IP
	# Without a route to Service addresses a packet from a process on the node would not reach the output hook.
	ip_batch node <<-IP
	link set eth0 up
	link set eth1 up
	link add cni0 type bridge
	link set cni0 up
	address add 172.18.0.10/24 dev eth0
	address add fd00:172:18::10/64 dev eth0 nodad
	address add 172.19.0.10/24 dev eth1
	address add fd00:172:19::10/64 dev eth1 nodad
	address add 10.244.1.1/24 dev cni0
	address add fd00:10:244:1::1/64 dev cni0 nodad
	route add 10.244.2.0/24 via 172.19.0.20
	route add fd00:10:244:2::/64 via fd00:172:19::20
	route add default via 172.18.0.100
	route add default via fd00:172:18::100
	IP
	ip_batch client <<-IP
	link set eth0 up
	address add 172.18.0.100/24 dev eth0
	address add fd00:172:18::100/64 dev eth0 nodad
	route add default via 172.18.0.10
	route add default via fd00:172:18::10
	IP
	ip_batch remote <<-IP
	link set eth0 up
	address add 172.19.0.20/24 dev eth0
	address add fd00:172:19::20/64 dev eth0 nodad
	address add 10.244.2.11/32 dev lo
	address add 10.244.2.12/32 dev lo
	address add fd00:10:244:2::11/128 dev lo nodad
	address add fd00:10:244:2::12/128 dev lo nodad
	route add default via 172.19.0.10
	route add default via fd00:172:19::10
	IP
	for n in 1 2 3; do
		make_pod "pod$n" "1$n"
	done
	make_pod steady 201 202
}

# Every pod answers on 8080 and 9090, in all protocols.
serve_all() {
	local n
	for n in 1 2 3; do
		serve "pod$n" "pod$n" "pod$n"
	done
	for n in 1 2; do
		serve "rpod$n" remote "rpod$n"
		serve "steady$n" steady "steady$n"
	done
}

serve() { # serve NAME NAMESPACE PART [PORT...]
	local name=$1 namespace=$2 part=$3 where=() port protocol
	shift 3
	[ $# -gt 0 ] || set -- 8080 9090
	for port; do
		for protocol in tcp udp sctp; do
			where+=("$protocol" "$(family=4 addr "$part")" "$port" "$protocol" "$(family=6 addr "$part")" "$port")
		done
	done
	in_ns "$namespace" "$PROBE" serve "$name" "${where[@]}" >"$work/$name.pid" || exit 99
}

declare -A farm_pids=()
farm_up() { # farm_up NAME - it answers TCP and UDP on 8080
	farm_pids[$1]=$(in_ns farm "$PROBE" serve "$1" tcp "$(family=4 addr "$1")" 8080 udp "$(family=4 addr "$1")" 8080 \
		tcp "$(family=6 addr "$1")" 8080 udp "$(family=6 addr "$1")" 8080) || exit 99
}

# farm_down NAME - end it as a pod ends: open connections are served, then its port is closed
farm_down() {
	step "$1 ends"
	kill "${farm_pids[$1]}"
	unset "farm_pids[$1]"
}

# --- manifests ------------------------------------------------------------------------------------

# service NAME NUMBER PORTS [SPEC-LINE...] - a dual-stack Service on vip NUMBER.
# PORTS: "name:protocol:port[:nodePort] ..."
service() {
	local name=$1 number=$2 ports=$3 port fields
	shift 3
	printf '%s\n' "---
apiVersion: v1
kind: Service
metadata:
  name: $name
  namespace: default
  creationTimestamp: \"2026-01-01T00:00:00Z\"
spec:
  ipFamilies: [IPv4, IPv6]
  clusterIP: $vip4$number
  clusterIPs: [\"$vip4$number\", \"$vip6$number\"]
  ports:"
	for port in $ports; do
		IFS=: read -ra fields <<<"$port"
		echo "  - {name: \"${fields[0]}\", protocol: ${fields[1]^^}, port: ${fields[2]}${fields[3]:+, nodePort: ${fields[3]}}}"
	done
	for port; do
		echo "  $port"
	done
}

# empty_services FIRST LAST - many Services s0, s1 and so on, in both families, without endpoints
empty_services() {
	awk -v from="$1" -v to="$2" 'BEGIN {
		for (i = from; i <= to; i++) {
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\n", i
			printf "spec: {clusterIPs: [10.97.%d.%d, \"fd00:97::%x\"], ipFamilies: [IPv4, IPv6], ", i / 250, i % 250 + 1, i + 1
			print "ports: [{port: 80, protocol: TCP}]}"
		}
	}'
}

# slices NAME PORTS ENDPOINT... - two EndpointSlices, one a family. PORTS: "name:protocol:port ...".
# ENDPOINT: PART[,CONDITION...] where a condition is notready, terminating, stopped (terminating and not
# serving), zone=Z, hint-zone=Z, hint-node=N
slices() {
	slice "$1-4" IPv4 "$@"
	slice "$1-6" IPv6 "$@"
}

slice() { # slice SLICE-NAME FAMILY SERVICE PORTS ENDPOINT...
	local slice=$1 type=$2 service=$3 ports=$4 port fields endpoint family=${2#IPv}
	shift 4
	printf '%s\n' "---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: $slice
  namespace: default
  labels: {kubernetes.io/service-name: $service}
addressType: $type
ports:"
	for port in $ports; do
		IFS=: read -ra fields <<<"$port"
		echo "- {name: \"${fields[0]}\", protocol: ${fields[1]^^}, port: ${fields[2]}}"
	done
	[ $# -gt 0 ] || echo "endpoints: []"
	[ $# = 0 ] || echo "endpoints:"
	for endpoint; do
		slice_endpoint "$endpoint"
	done
}

slice_endpoint() {
	local fields word ready=true serving=true terminating=false zone="" hints="" on=$node_name address
	IFS=, read -ra fields <<<"$1"
	case ${fields[0]} in
	rpod* | remote) on=$other_node_name ;;
	esac
	for word in "${fields[@]:1}"; do
		case $word in
		notready) ready=false serving=false ;;
		terminating) ready=false terminating=true ;;
		stopped) ready=false serving=false terminating=true ;;
		zone=*) zone=${word#*=} ;;
		hint-zone=*) hints="${hints:+$hints, }forZones: [{name: ${word#*=}}]" ;;
		hint-node=*) hints="${hints:+$hints, }forNodes: [{name: ${word#*=}}]" ;;
		*)
			echo "slice_endpoint: no such condition: $word" >&2
			exit 99
			;;
		esac
	done
	find_addr "${fields[0]}"
	echo "- addresses: [\"$address\"]"
	echo "  conditions: {ready: $ready, serving: $serving, terminating: $terminating}"
	echo "  nodeName: $on"
	[ -z "$zone" ] || echo "  zone: $zone"
	[ -z "$hints" ] || echo "  hints: {$hints}"
}

# node [ZONE] - our own Node object
node() {
	cat <<-YAML
	---
	apiVersion: v1
	kind: Node
	metadata:
	  name: $node_name
	  labels: {kubernetes.io/hostname: $node_name${1:+, topology.kubernetes.io/zone: $1}}
	spec:
	  podCIDR: 10.244.1.0/24
	  podCIDRs: ["10.244.1.0/24", "fd00:10:244:1::/64"]
	status:
	  addresses:
	  - {type: InternalIP, address: $(family=4 addr node)}
	  - {type: InternalIP, address: "$(family=6 addr node)"}
	YAML
}

# service_cidr NAME CIDR... - a ServiceCIDR object; without CIDRs, those of the addresses that vip() prints
service_cidr() {
	local name=$1 list
	shift
	[ $# -gt 0 ] || set -- 10.96.0.0/16 fd00:10:96::/112
	list=$(printf '"%s", ' "$@")
	cat <<-YAML
	---
	apiVersion: networking.k8s.io/v1
	kind: ServiceCIDR
	metadata: {name: $name}
	spec: {cidrs: [${list%, }]}
	YAML
}

# write FILE - standard input becomes a manifest, by a rename as editors and kubectl users do it
write() {
	wake_daemon
	step "$1 is written"
	cat >"$manifests/.$1.new" && mv "$manifests/.$1.new" "$manifests/$1"
}

# apply FILE - write, and wait until the rules have it. For this a marker Service is written afterwards. Its file is the last one by
# name, so it is read after others of the same moment: when its address is in the kernel, all others were read. Services are
# installed one by one, so another one may still wait then.
apply() {
	write "$1"
	settle
}

remove() { # remove FILE - the manifest goes, with its objects
	wake_daemon
	step "$1 is removed"
	rm "$manifests/$1"
	settle
}

marker=0
settle() {
	marker=$((marker + 1))
	vip4=10.96.255. vip6=fd00:10:96::ff: service marker "$((200 + marker % 50))" "m:tcp:1" >"$manifests/.marker.new"
	wake_daemon
	step "the marker is written"
	mv "$manifests/.marker.new" "$manifests/~marker.yaml"
	{ wait_until 100 kernel_has_cluster_ip "10.96.255.$((200 + marker % 50))" && wait_until 100 no_change_waits; } ||
		die "the rules do not follow the manifests"
	mutate_rules
}

kernel_has_cluster_ip() {
	in_ns node nft get element ip kube-nftproxy cluster-ips "{ $1 }" >/dev/null 2>&1
}

# no_change_waits - or the daemon cannot be asked
no_change_waits() {
	! in_ns node "$DAEMON" status --output json 2>/dev/null | grep -q '"pendingChanges": *[1-9]'
}

wait_until() { # wait_until TENTHS COMMAND...
	local left=$((10 * $1))
	shift
	until "$@"; do
		[ $((left -= 1)) -gt 0 ] || return 1
		# A sleep without a process: nothing is ever written there.
		read -r -t 0.01 <>"$work/never" || :
	done
}

# --- the daemon -----------------------------------------------------------------------------------

daemon_pid=
daemon_source=(--manifests "$manifests") # a script may give another
# start_daemon [OPTION...] - with default_daemon_args; returns when the daemon reports that it is ready
start_daemon() {
	start_daemon_with "${default_daemon_args[@]}" "$@"
}

start_daemon_with() {
	local line notify
	step "the daemon is started"
	exec {notify}< <("$PROBE" ready "$work/notify")
	read -r -t 10 -u "$notify" line && [ "$line" = bound ] || die "probe ready does not start"
	# nsenter becomes the daemon, so that its process is the one to signal and to wait for.
	NOTIFY_SOCKET=$work/notify nsenter --net=/run/netns/node -- "$DAEMON" --hostname-override "$node_name" \
		"${daemon_source[@]}" --min-sync-period 0s ${NETNS_MUTATE:+--own-tables=false} "$@" </dev/null >>"$daemon_log" 2>&1 {notify}<&- &
	daemon_pid=$!
	line=
	while read -r -t "${NETNS_START_SECONDS:-15}" -u "$notify" line && [ "$line" != READY=1 ]; do
		: # a STATUS
	done
	exec {notify}<&-
	[ "$line" = READY=1 ] && mutate_rules && steady_start
}

# For tests/mutate, which finds out whether a test notices wrong rules: NETNS_MUTATE is a command that breaks the installed
# rules. The daemon, which would repair them, is stopped (SIGSTOP) until the next manifest is written.
mutate_rules() {
	[ -n "${NETNS_MUTATE-}" ] || return 0
	kill -STOP "$daemon_pid"
	# shellcheck disable=SC2086 # words
	in_ns node $NETNS_MUTATE || die "the rules cannot be mutated"
}
wake_daemon() {
	[ -z "${NETNS_MUTATE-}" ] || [ -z "$daemon_pid" ] || kill -CONT "$daemon_pid"
}

# shellcheck disable=SC2120 # the arguments are for the scripts to give
must_start() {
	start_daemon "$@" || die "the daemon does not start"
}

# shellcheck disable=SC2120 # the signal is for the scripts to give
stop_daemon() { # stop_daemon [SIGNAL] - returns the daemon's exit status
	local status
	wake_daemon
	step "the daemon gets SIG${1:-TERM}"
	kill "-${1:-TERM}" "$daemon_pid" 2>/dev/null
	wait "$daemon_pid" 2>/dev/null
	status=$?
	daemon_pid=
	return $status
}

# daemon_preloads LIBRARY VARIABLE=VALUE... - from now on LIBRARY of this directory is preloaded into the daemon, until daemon_as_is.
# Fails if that cannot be, as with a sanitizer, which must be the first of all libraries.
daemon_preloads() {
	real_daemon=$DAEMON
	local preload
	preload=$(dirname "$PROBE")/$1
	shift
	[ -e "$preload" ] || die "no $preload"
	LD_PRELOAD=$preload "$DAEMON" --version >/dev/null 2>&1 || return 1
	printf '#!/bin/sh\n%s LD_PRELOAD=%s exec %s "$@"\n' "$*" "$preload" "$real_daemon" >"$work/daemon"
	chmod +x "$work/daemon"
	DAEMON=$work/daemon
}
# daemon_as_if VARIABLE=VALUE... - likewise, on another machine, see as_if.c
daemon_as_if() { daemon_preloads as-if.so "$@"; }
daemon_as_is() {
	DAEMON=$real_daemon
}

log_says() { # log_says PATTERN - since the last log_forget
	tail -n "+$((log_from + 1))" "$daemon_log" | grep -Eq -e "$1"
}
log_from=0
log_forget() {
	log_from=$(wc -l <"$daemon_log")
}

# cpu_ms - the CPU time that the daemon has used
cpu_ms() {
	awk -v tick="$(getconf CLK_TCK)" '{print int(($14 + $15) * 1000 / tick)}' "/proc/$daemon_pid/stat"
}

# daemon_clock - sets $clock_ms to a clock that stands still while the daemon waits for a processor. On a busy machine this
# time says nothing about the daemon. Where the kernel does not count it, the clock goes on.
daemon_clock() {
	local waited_ns=0
	[ ! -r "/proc/$daemon_pid/schedstat" ] || read -r _ waited_ns _ <"/proc/$daemon_pid/schedstat"
	clock_ms=$((${EPOCHREALTIME/./} / 1000 - waited_ns / 1000000))
}

# since VERSION - this kernel is of that version or later
since() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]
}

# chains_are_ready - beside each lb chain that is in use, those for one endpoint more and one less exist, and no others. The
# daemon makes and deletes them when it has nothing else to do.
chains_are_ready() {
	local table
	for table in ip ip6; do
		in_ns node nft -s list table "$table" kube-nftproxy 2>/dev/null | awk '
			function number(name) { return substr(name, match(name, /[0-9]+$/)) + 0 }
			function kind(name) { return substr(name, 1, match(name, /[0-9]+$/) - 1) }
			BEGIN { lb = "(lb|nodeport)(-local)?-(tcp|udp|sctp)-[0-9]+" }
			/^\tchain / { if ($2 ~ "^" lb "$") exists[$2] = 1; next }
			{ for (line = $0; match(line, "(goto|jump) (admit-[0-9]+-[a-z0-9]+-)?" lb);) {
				name = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
				sub(/^.*(goto|jump) /, "", name); sub(/^admit-[0-9]+-[a-z0-9]+-/, "", name)
				used[name] = needed[name] = 1 } }
			END {
				for (name in used) {
					needed[kind(name) number(name) + 1] = 1
					if (number(name) > 1) needed[kind(name) number(name) - 1] = 1
				}
				for (name in needed) if (!(name in exists)) exit 1
				for (name in exists) if (!(name in needed)) exit 1
			}' || return 1
	done
}

# ruleset - our tables in the kernel, in an order that does not depend on the kernel's history. With a daemon that runs: when the
# chains are made that are kept ready. If they are not, a comparison shows it.
ruleset() {
	local table
	[ -z "$daemon_pid" ] || [ -n "${NETNS_MUTATE-}" ] || wait_until 50 chains_are_ready || :
	for table in ip ip6; do
		in_ns node nft -s list table "$table" kube-nftproxy 2>/dev/null |
			awk -v table="$table" '
				/^\t(chain|set|map) / {block = table}
				block != "" {block = block "\001" $0}
				/^\t}/ {print block; block = ""}' | sort
	done | tr '\001' '\n'
}

# ruleset_made - the same without what packets have taught the tables
ruleset_made() {
	ruleset | awk '/^\t}/ {dynamic = 0} !dynamic || /^\t\tcomment / {print} /^\t\tflags dynamic/ {dynamic = 1}'
}

# expect_fresh_start TITLE - the daemon starts again without tables, and makes the same rules; they are in $fresh
expect_fresh_start() {
	fresh=$(ruleset_made)
	steady_end # without our tables nothing is translated any more
	stop_daemon
	in_ns node nft flush ruleset
	must_start
	check "$1" test "$(ruleset_made)" = "$fresh"
}

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# json_holds NAME FILE EXPRESSION - the expression, of Python, is true of the JSON in the file, which has that name in it
json_holds() {
	python3 -c 'import json, sys
with open(sys.argv[2]) as file:
    sys.exit(not eval(sys.argv[3], {sys.argv[1]: json.load(file)}))' "$@"
}

# json_fits NAME FILE - the JSON in the file has the form of contrib/schemas/NAME.json
json_fits() {
	python3 "$netns_here/../lib/json-schema.py" "$netns_here/../../contrib/schemas/$1.json" "$2"
}

# --- cases ----------------------------------------------------------------------------------------

die() {
	echo "not ok $*"
	show_log
	exit 1
}

show_log() {
	[ ! -s "$daemon_log" ] || tail -n 15 "$daemon_log" | sed 's/^/    # /'
}

pass() {
	echo "ok $* (IPv$family)"
	step "$*"
	steady_look
}

fail() { # fail TITLE DETAIL...
	local title=$1
	echo "not ok $title (IPv$family)"
	shift
	printf '    # %s\n' "$@"
	failed_cases=$((failed_cases + 1))
	# One failed case is enough to show that a mutation is noticed.
	[ -z "${NETNS_MUTATE-}" ] || exit 1
	step "$title"
	steady_look
}

skip() { # skip TITLE REASON
	echo "ok $1 (IPv$family) # skipped: $2"
}

# check TITLE COMMAND... - the command succeeds
check() {
	local title=$1
	shift
	if "$@"; then pass "$title"; else fail "$title" "failed: $*"; fi
}

refute() { # refute TITLE COMMAND... - the command fails
	local title=$1
	shift
	if "$@"; then fail "$title" "should fail: $*"; else pass "$title"; fi
}

ask() { # ask NAMESPACE PROTOCOL ADDRESS PORT [OPTION...]; a part with an address of its own may be the namespace
	local from=$1
	shift
	case $from in
	rpod*) in_ns remote "$PROBE" ask "$@" --from "$(addr "$from")" ;;
	*) in_ns "$from" "$PROBE" ask "$@" ;;
	esac
}

# mark PART... - a Service on vip 9, by which scripts see whether a change is in force
mark() { service mark 9 ":tcp:80" && slices mark ":tcp:8080" "$@"; }
# reaches NUMBER NAME - who answers on that vip; for wait_until, as it does not wait for long
reaches() { [[ "$(ask client tcp "$(vip "$1")" 80 --timeout 200)" == "$2 saw "* ]]; }

# expect_answer TITLE FROM PROTOCOL ADDRESS PORT "NAME..." [SOURCE-PART] - one of the names answers, and
# (if given) it saw the source address of that part
expect_answer() {
	local title=$1 from=$2 protocol=$3 to=$4 port=$5 names=$6 source=${7-} got
	got=$(ask "$from" "$protocol" "$to" "$port")
	case " $names " in
	*" ${got%% *} "*) ;;
	*)
		fail "$title" "$from asks $protocol $to $port: expected an answer of ${names// / or }, got: $got"
		return
		;;
	esac
	if [ -n "$source" ] && [ "${got##* saw }" != "$(addr "$source")" ]; then
		fail "$title" "$from asks $protocol $to $port: expected source $(addr "$source") ($source), got: $got"
		return
	fi
	pass "$title"
}

# expect_outcome TITLE FROM PROTOCOL ADDRESS PORT OUTCOME - refused, timeout, eperm, ...
expect_outcome() {
	local got
	got=$(ask "$2" "$3" "$4" "$5" --timeout "${expect_timeout_ms:-400}")
	if [ "$got" = "$6" ]; then
		pass "$1"
	else
		fail "$1" "$2 asks $3 $4 $5: expected $6, got: $got"
	fi
}
# An SCTP socket does not report an ICMP error but tries again; a raw socket reports it.
expect_refused() { expect_outcome "$1" "$2" "${3/%sctp/sctp-raw}" "${@:4}" refused; }
expect_timeout() { expect_outcome "$@" timeout; }

# expect_distribution TITLE FROM PROTOCOL ADDRESS PORT "NAME..." - all of these answer about equally
# often, and no other endpoint answers. 60 requests for each name; fewer than 25 answers would be 5 standard deviations off.
# On a busy machine an answer may take 0.9 s. A lost SYN is sent again after 1 s, so a loss still shows as a timeout.
expect_distribution() {
	local title=$1 from=$2 protocol=$3 to=$4 port=$5 names=$6 tally name count
	# shellcheck disable=SC2086 # the names are words
	set -- $names
	# With a mutant, often no request is answered, and so many of them would take minutes.
	if [ -n "${NETNS_MUTATE-}" ]; then
		tally=$(ask "$from" "$protocol" "$to" "$port")
		[[ $tally == *" saw "* ]] || { fail "$title" "$from asks $protocol $to $port, got: $tally"; return; }
	fi
	tally=$(ask "$from" "$protocol" "$to" "$port" -n $((60 * $#)) --tally --timeout "${NETNS_ASK_MS:-900}")
	for name; do
		count=$(awk -v name="$name" '$2 == name {sum += $1} END {print sum + 0}' <<<"$tally")
		if [ "$count" -lt 25 ]; then
			fail "$title" "$from asks $protocol $to $port: $name answered $count of $((60 * $#)) times:" "${tally//$'\n'/; }"
			return
		fi
		tally=$(grep -v " $name saw " <<<"$tally")
	done
	if [ -n "$tally" ]; then
		fail "$title" "$from asks $protocol $to $port: unexpected: ${tally//$'\n'/; }"
		return
	fi
	pass "$title"
}

# A connection that stays open, or a UDP flow that keeps its port and goes on after errors: hold_open starts it, hold_line
# sends a line and sets hold_answer.
hold_open() { # hold_open FROM PROTOCOL ADDRESS PORT -> hold_answer
	local from=$1
	shift
	coproc HOLD { in_ns "$from" "$PROBE" hold "$@" --timeout "${hold_timeout_ms:-2000}"; }
	hold_line_in=${HOLD[1]} hold_line_out=${HOLD[0]} hold_pid=$HOLD_PID
	read -r -t 5 -u "$hold_line_out" hold_answer
}
hold_line() { # hold_line TEXT -> hold_answer
	hold_answer=
	echo "$1" >&"$hold_line_in" && read -r -t 5 -u "$hold_line_out" hold_answer
}
hold_close() {
	exec {hold_line_in}>&-
	wait "$hold_pid" 2>/dev/null
}

# Requests without a pause: load_start, then load_stop -> load_tally ("COUNT OUTCOME" lines).
load_start() { # load_start FROM PROTOCOL ADDRESS PORT
	local from=$1 line
	shift
	exec {load_out}< <(exec nsenter --net="/run/netns/$from" -- "$PROBE" load "$@" --timeout 1500)
	load_pid=$!
	read -r -t 5 -u "$load_out" line && [ "$line" = started ] || die "probe load does not start"
}
load_stop() {
	kill "$load_pid"
	load_tally=$(cat <&"$load_out")
	exec {load_out}<&-
}
load_only_answers() { # load_only_answers: every outcome of the tally is an answer
	[ -n "$load_tally" ] && ! grep -v ' saw ' <<<"$load_tally" >/dev/null
}

# --- flows that stay ------------------------------------------------------------------------------

# Not with NETNS_MUTATE: the rules for these flows would be mutants that no other test can notice.
[ -n "${NETNS_MUTATE-}" ] || {
	service steady 240 "tcp:tcp:80 udp:udp:80" "type: ClusterIP"
	slices steady "tcp:tcp:8080 udp:udp:8080" steady1 steady2
} >"$manifests/steady.yaml"

steady_pid=
steady_wanted=yes
[ -z "${NETNS_MUTATE-}" ] || steady_wanted=""
# steady_start - start the flows, with the first start of the daemon; their manifest is written before
steady_start() {
	local n targets=()
	[ -z "$steady_pid" ] && [ -n "$steady_wanted" ] || return 0
	for n in 4 6; do
		targets+=(tcp "$(family=$n vip 240)" 80 udp "$(family=$n vip 240)" 80)
	done
	nsenter --net=/run/netns/client -- "$PROBE" steady "${NETNS_STEADY_MS:-10000}" stay "${targets[@]}" \
		</dev/null >"$work/steady.out" 2>"$work/steady.broken" &
	steady_pid=$!
	wait_until 300 [ -s "$work/steady.out" ] || die "probe steady does not start"
	steady_look
}

# step TEXT - note what the script has just done, or is about to do; if a steady flow breaks, steady_broke() prints the steps
# of that time
step() {
	echo "$EPOCHREALTIME $1" >>"$work/steps"
}

# Called after each case: report a flow that broke, with the case.
steady_look() {
	[ -n "$steady_pid" ] && [ -s "$work/steady.broken" ] || return 0
	local pid=$steady_pid
	steady_pid="" steady_wanted=""
	kill "$pid"
	wait "$pid"
	steady_broke
}

steady_broke() {
	local when what
	while read -r _ when what; do
		echo "not ok steady flows outlive what does not concern them: $what"
		failed_cases=$((failed_cases + 1))
		awk -v when="$when" '{line = $0; sub(/^[^ ]* /, "", line)}
			$1 < when {before = line; next}
			++after <= 4 {text = text "\n    # after: " line}
			END {print "    # the last good answer came after: " before text}' "$work/steps"
	done <"$work/steady.broken"
}

# steady_end - end the flows and report: at the end of the script, or before a step that breaks every flow by its nature
steady_end() {
	local pid=$steady_pid
	[ -n "$pid" ] || return 0
	steady_pid="" steady_wanted=""
	step "the end"
	kill "$pid"
	wait "$pid"
	if [ -s "$work/steady.broken" ]; then
		steady_broke
	elif [ "$(grep -c '^held [1-9][0-9]* moved 0 ' "$work/steady.out")" = 4 ]; then
		echo "ok steady flows outlive what does not concern them"
	else
		fail "steady flows" "$(cat "$work/steady.out")"
	fi
}

# --- connections at a fixed rate ------------------------------------------------------------------

declare -A rate_pids=()
# rate_start NAME FROM PER-SECOND PROTOCOL ADDRESS PORT... - targets take turns. On an emulated machine, for
# which NETNS_SLOW=N is set, the rate is divided by N.
rate_start() {
	local name=$1 from=$2 per_second=$(($3 / ${NETNS_SLOW:-1}))
	shift 3
	: >"$work/$name.rate"
	nsenter --net="/run/netns/$from" -- "$PROBE" rate "$per_second" "$rate_timeout_ms" "$@" </dev/null \
		>"$work/$name.rate" 2>&1 &
	rate_pids[$name]=$!
	wait_until 100 [ -s "$work/$name.rate" ] || die "probe rate does not start"
}
# A connection that takes longer counts as lost. A lost SYN is sent again after one second.
rate_timeout_ms=$((3000 * ${NETNS_SLOW:-1}))

# lost_packets - where packets were lost, as far as the kernel counts it: queues, listeners, connection tracking
lost_packets() {
	local name
	awk '{lost = lost " " $2} END {print "queues of all namespaces, by processor:" lost}' /proc/net/softnet_stat
	for name in node client farm; do
		in_ns "$name" cat /proc/net/netstat 2>/dev/null | awk -v name="$name" '
			$1 != "TcpExt:" {next}
			!n {n = split($0, title); next}
			{for (i = 2; i <= n; i++) if ($i && title[i] ~ /Drop|Overflow|PAWS|SynRetrans|Timeouts/) out = out " " title[i] " " $i}
			END {print name ":" out}'
		in_ns "$name" cat /proc/net/stat/nf_conntrack 2>/dev/null | awk -v name="$name" '
			NR == 1 {for (i = 1; i <= NF; i++) title[i] = $i; next}
			{for (i = 1; i <= NF; i++) if ($i !~ /^0+$/ && title[i] ~ /insert_failed|drop|invalid|clash|chaintoolong/) out = out " " title[i] " 0x" $i}
			END {print name " conntrack:" out}'
	done
}

# rate_end NAME TITLE "NAME..." - all connections were answered, at most one sent its SYN twice; each of the names has answered.
# A machine whose processors are taken away for a while loses a packet now and then.
rate_end() {
	local name=$1 title=$2 names=$3 out one total figures
	kill "${rate_pids[$name]}"
	wait "${rate_pids[$name]}"
	unset "rate_pids[$name]"
	out=$(<"$work/$name.rate")
	total=$(grep '^total ' <<<"$out")
	figures=$(sed -E 's/^total ([0-9]+) .* max_ms ([0-9]+) per_second ([0-9]+)$/\1 at \3 a second, slowest \2 ms/' <<<"$total")
	if ! grep -Eq '^total ([1-9][0-9]+) ok \1 refused 0 reset 0 timeout 0 other 0 again [01] ' <<<"$total"; then
		fail "$title" "$total" "$(grep '^bad ' <<<"$out")" "$(lost_packets)" "steps:" "$(tail -n 12 "$work/steps")"
		return
	fi
	if grep -q '^bad ' <<<"$out"; then
		grep '^bad ' <<<"$out" | sed 's/^/    # /'
		lost_packets | sed 's/^/    # /'
	fi
	for one in $names; do
		if ! grep -q "^name $one " <<<"$out"; then
			fail "$title" "$one never answered: ${out//$'\n'/; }"
			return
		fi
	done
	pass "$title ($figures)"
}

# --- an API server instead of manifests -----------------------------------------------------------

# start_api_server [--tls] - tests/lib/apiserver.py on the node -> server_pid, and $work/kubeconfig for it. With TLS it
# speaks HTTP/2.
start_api_server() {
	local line url python=python3 trust="" tls=()
	# Debian installs modules for its own python, which may not be the first in PATH.
	[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
	command -v python3 >/dev/null || skip_all "python3 is not installed"
	command -v curl >/dev/null || skip_all "curl is not installed"
	if [ "${1-}" = --tls ]; then
		command -v openssl >/dev/null || skip_all "openssl is not installed"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=api -days 2 \
			-addext subjectAltName=IP:127.0.0.1 -keyout "$work/key" -out "$work/cert" 2>/dev/null ||
			die "openssl makes no certificate"
		tls=(--cert "$work/cert" --key "$work/key")
		trust=", certificate-authority: $work/cert"
	fi
	exec {server_out}< <(exec nsenter --net=/run/netns/node -- "$python" "$netns_here/../lib/apiserver.py" --stay "${tls[@]}" 2>/dev/null </dev/null)
	server_pid=$!
	read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$server_out" line || die "the API server does not start"
	url=$(sed -E 's/.*"url": "([^"]*)".*/\1/' <<<"$line")
	server_control=$(sed -E 's/.*"control": "([^"]*)".*/\1/' <<<"$line")
	cat >"$work/kubeconfig" <<-YAML
	apiVersion: v1
	kind: Config
	current-context: here
	clusters: [{name: c, cluster: {server: "$url"$trust}}]
	users: [{name: u, user: {}}]
	contexts: [{name: here, context: {cluster: c, user: u}}]
	YAML
}
tell() { # tell METHOD PATH [JSON] - a request to the control port of the API server
	in_ns node curl -sf --noproxy '*' -X "$1" "$server_control$2" ${3:+-d "$3"} >/dev/null || die "the API server takes no $1 $2"
}

put() { # put NAME NUMBER PART - the server has a Service on vip NUMBER, and that endpoint of it
	local f
	for f in 4 6; do
		tell PUT /objects "{\"kind\": \"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1\", \"metadata\": {\"name\": \"$1-$f\",
			\"namespace\": \"default\", \"labels\": {\"kubernetes.io/service-name\": \"$1\"}}, \"addressType\": \"IPv$f\",
			\"endpoints\": [{\"addresses\": [\"$(family=$f addr "$3")\"]}], \"ports\": [{\"name\": \"\", \"protocol\": \"TCP\", \"port\": 8080}]}"
	done
	tell PUT /objects "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"$1\", \"namespace\": \"default\"},
		\"spec\": {\"ipFamilies\": [\"IPv4\", \"IPv6\"], \"clusterIP\": \"$(family=4 vip "$2")\",
		\"clusterIPs\": [\"$(family=4 vip "$2")\", \"$(family=6 vip "$2")\"], \"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}"
}

# --- session affinity -----------------------------------------------------------------------------

affine() { # affine TIMEOUT -> spec lines
	affinity_lines=("sessionAffinity: ClientIP" "sessionAffinityConfig: {clientIP: {timeoutSeconds: $1}}")
}

# who FROM PROTOCOL ADDRESS PORT -> the name that answers
who() {
	local got
	got=$(ask "$@" --timeout "${NETNS_ASK_MS:-1000}")
	echo "${got%% *}"
}

# expect_sticks TITLE NAME FROM PROTOCOL ADDRESS PORT - every new connection goes to that endpoint. With two endpoints,
# this happens by chance once in 4,000 runs.
expect_sticks() {
	local title=$1 name=$2 tally
	shift 2
	tally=$(ask "$@" -n 12 --tally --timeout "${NETNS_ASK_MS:-1000}" | sed 's/ saw .*//; s/^[0-9]* //' | sort -u)
	if [ "$tally" = "$name" ]; then pass "$title"; else fail "$title" "$* answered by: ${tally//$'\n'/; }, expected $name"; fi
}

# learnt NAME[:PORT] - the clients of a Service port in the client maps, a line each: "client timeout T expires E : endpoint".
# The comment of its learning chain names the port, and the rules of this chain have the keys of its lists.
learnt() {
	in_ns node nft list table "$([ "$family" = 4 ] && echo ip || echo ip6)" kube-nftproxy |
		awk -v comment="comment \"default/$1" '
			/^\tmap clients-/ {clients = 1}
			/^\tchain learn-/ {chain = 1}
			/^\t}/ {clients = chain = ours = 0}
			clients && / expires / {gsub(/elements = \{|[\t},]/, ""); sub(/^ */, ""); lines[++n] = $0}
			chain && index($0, comment) {ours = 1}
			ours && / update / {
				sub(/.* update @[^{]*\{ */, "")
				gsub(/numgen random mod 1 offset /, "")
				split($0, word, " ")
				keys[word[1] " . " word[3] " . "] = 1
			}
			END {
				for (i = 1; i <= n; i++)
					for (key in keys)
						if (index(lines[i], key) == 1)
							print substr(lines[i], length(key) + 1)
			}' | tr -s ' '
}

# client_key PART -> how a client map names it
client_key() { python3 "$netns_here/client-key.py" "$(addr "$1")"; }

knows() { # knows NAME PART... - each of these parts is a client of the Service
	local name=$1 part all
	shift
	all=$(learnt "$name")
	for part; do
		grep -q "^$(client_key "$part") timeout " <<<"$all" || return 1
	done
}

each_family() { # each_family FUNCTION
	for family in ${NETNS_FAMILIES:-4 6}; do
		"$1"
	done
}

finish() {
	steady_end
	[ -z "$daemon_pid" ] || stop_daemon
	if [ "$failed_cases" -gt 0 ]; then
		show_log
		exit 1
	fi
	exit 0
}

: >"$daemon_log"
make_cluster
serve_all
