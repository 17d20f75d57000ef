#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Thousands of chains: Services with session affinity, and load balancers with source ranges of their own. The event loop
# answers /livez all the time while the tables are taken over at a restart, compared with what is installed, and put right after
# changes by another program that do not say where they were. Rows Y5, Y7, Y12.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

control=$work/control.sock
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 4 --control-socket "$control")
most_ms=$((${SILENCE_MS:-150} * ${NETNS_SLOW:-1}))

# many PREFIX COUNT NET SPEC - Services with two endpoints; @ in SPEC is replaced by two numbers that differ for each
many() {
	awk -v name="$1" -v n="$2" -v net="$3" -v spec="$4" 'BEGIN {
		for (i = 0; i < n; i++) {
			own = spec
			gsub("@", int(i / 250) "." i % 250, own)
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s%d}\n", name, i
			printf "spec: {clusterIP: 10.%d.%d.%d, ports: [{port: 80, protocol: TCP}], %s\n", net, i / 250, i % 250 + 1, own
			printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
			printf "metadata: {name: %s%d-1, labels: {kubernetes.io/service-name: %s%d}}\n", name, i, name, i
			printf "addressType: IPv4\nports: [{name: \"\", port: 80, protocol: TCP}]\nendpoints:\n"
			printf "- {addresses: [10.%d.%d.%d]}\n- {addresses: [10.%d.%d.%d]}\n", net + 50, i / 250, i % 250 + 1, net + 51, i / 250, i % 250 + 1
		}
	}'
}
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

# Asks /livez on a kept connection, again 2 ms after each answer. At its end it prints the longest time to an answer, in ms, and how
# many there were. Its clock stands still while it or the daemon waits for a processor, see daemon_clock.
cat >"$work/livez.py" <<'PYTHON'
import http.client, signal, sys, time
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(1))

def waited_s(pid):
    try:
        with open("/proc/%s/schedstat" % pid) as file:
            return int(file.read().split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return 0

def pid():
    with open(sys.argv[1]) as file:
        return file.read().strip()

longest, n, connection = 0, 0, None
print("started", flush=True)
while not ended:
    begin_pid = pid()
    begin, waited, own = time.monotonic(), waited_s(begin_pid), waited_s("self")
    try:
        if not connection:
            connection = http.client.HTTPConnection("127.0.0.1", 10256, timeout=60)
        connection.request("GET", "/livez")
        connection.getresponse().read()
        if begin_pid == pid():
            n += 1
            longest = max(longest, time.monotonic() - begin - (waited_s(begin_pid) - waited) - (waited_s("self") - own))
    except (OSError, http.client.HTTPException):
        connection = None
    time.sleep(0.002)
print("%d %d" % (1000 * longest, n))
PYTHON

# silence TITLE COMMAND... - the command succeeds, and /livez is answered all the time
silence() {
	local title=$1 livez gap n
	shift
	: >"$work/gap"
	echo "$daemon_pid" >"$work/pid"
	nsenter --net=/run/netns/node -- python3 "$work/livez.py" "$work/pid" >"$work/gap" &
	livez=$!
	wait_until 300 [ -s "$work/gap" ] || die "/livez is not asked"
	check "$title" "$@"
	sleep 0.1
	kill $livez
	wait $livez
	read -r gap n < <(tail -n 1 "$work/gap")
	check "$title: /livez is answered within $most_ms ms ($gap ms, $n answers)" test "$gap" -le $most_ms -a "$n" -gt 20
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

large() { # large OPTION
	NETNS_START_SECONDS=60 must_start "$1"
	silence "Y12 $1: a restart" restart "$1"
	refute "Y12 $1: it is done in steps" log_says 'reading everything back|in one step'
	check "Y12 $1: nothing is sent" log_says 'msg="first sync".* added=0 deleted=0 steps=0'
	silence "Y5 $1: the tables are compared with what is installed" diff
	[ "$1" = --own-tables=true ] || foreign_changes
	stop_daemon
	in_ns node nft flush ruleset
}
large --own-tables=true
large --own-tables=false
finish
