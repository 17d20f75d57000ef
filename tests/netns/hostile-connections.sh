#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Thousands of connections that are there to keep others out: probes of others are answered all the same, and the daemon goes on
# with its work. Row H27.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip_all "python3 is not installed"
command -v curl >/dev/null || skip_all "curl is not installed"
hostile=10000
limit=$(ulimit -Hn)
[ "$limit" = unlimited ] || [ "$limit" -gt $((hostile + 1000)) ] || hostile=$((limit - 1000))
ulimit -Sn "$limit"
ip_batch client <<-IP
address add 172.18.0.101/24 dev eth0
IP

# attack KIND COUNT [PORT] - from the two addresses of the client, until attack_ends
attack() {
	local line
	exec {attack_out}< <(exec nsenter --net=/run/netns/client -- python3 "$netns_here/hostile.py" "$1" "$2" \
		"$(family=4 addr node)" "${3:-10256}" 172.18.0.100 172.18.0.101 </dev/null)
	attack_pid=$!
	read -r -t $((60 * ${NETNS_SLOW:-1})) -u "$attack_out" line && [ "$line" = open ] || die "no hostile connections"
}
attack_ends() { # -> attack_stayed
	kill "$attack_pid"
	read -r -t $((20 * ${NETNS_SLOW:-1})) -u "$attack_out" attack_opened attack_stayed
	exec {attack_out}<&-
	echo "    # $attack_opened connections were opened"
}

# probes NAMESPACE SECONDS [PORT] - new connections one after the other; prints the longest time to an answer in ms, how many there
# were, and how often a packet to connect was lost. This happens on a busy machine, before the daemon is concerned: the time begins
# when the connection is there then.
probes() {
	in_ns "$1" timeout 60 python3 -c '
import socket, sys, time
host, port, until = sys.argv[1], int(sys.argv[2]), time.monotonic() + float(sys.argv[3])
longest = n = lost = 0
while time.monotonic() < until:
    asked, answer = time.monotonic(), b""
    try:
        with socket.create_connection((host, port), timeout=5) as one:
            if int.from_bytes(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[100:], sys.byteorder):
                asked, lost = time.monotonic(), lost + 1
            one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = one.recv(65536)
    except OSError:
        pass
    longest = max(longest, time.monotonic() - asked if answer.startswith(b"HTTP/1.1 200 ") else 99)
    n += 1
    time.sleep(0.02)
print(int(1000 * longest), n, lost)' "$(family=4 addr node)" "${3:-10256}" "$2"
}
answered() { # answered NAMESPACE SECONDS - no probe waited for a second
	probe_result=$(probes "$@")
	echo "    # longest answer in ms, probes, packets lost: $probe_result"
	# A queue that the daemon does not empty would lose them all.
	[ "${probe_result%% *}" -lt $((1000 * ${NETNS_SLOW:-1})) ] && [ "${probe_result##* }" -le 2 ]
}

{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod1; } >"$manifests/web.yaml"
must_start --metrics-bind-address 0.0.0.0
check "H27 nobody disturbs" answered remote 2
for kind in silent head body unread requests metrics; do
	port=10256
	[ $kind != metrics ] || port=10249
	attack $kind $hostile $port
	check "H27 $kind, $hostile connections: probes from elsewhere are answered" answered remote 4
	check "H27 $kind: probes from the node itself, too" answered node 2
	service "new-$kind" 2 ":tcp:80" | write new.yaml
	check "H27 $kind: rules follow the manifests" settle
	remove new.yaml
	if [ $kind != requests ] && [ $kind != metrics ]; then
		sleep $((12 * ${NETNS_SLOW:-1}))
		attack_ends
		check "H27 $kind: no connection is open for longer than its time" test "$attack_stayed" = 0
	else
		attack_ends
	fi
done
stop_daemon

# With few descriptors, the control socket, netlink and the files still have theirs.
must_start
prlimit --nofile=300:300 --pid "$daemon_pid" || die "the limit cannot be set"
attack silent 2000
check "H27 few descriptors: probes are answered" answered remote 4
log_forget
service few 3 ":tcp:80" | write few.yaml
check "H27 few descriptors: rules follow the manifests" settle
check "H27 few descriptors: the log does not complain" test "$(tail -n "+$((log_from + 1))" "$daemon_log" | grep -Ec 'Too many open files')" = 0
before=$(cpu_ms)
sleep 2
check "H27 few descriptors: it does not spin" test $(($(cpu_ms) - before)) -lt 1500
attack_ends
stop_daemon
finish
