#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Very expensive Services, each applied beside a small one that changes at the same time: the small change is in force soon,
# /livez answers all the time, also while explain is asked about one, and what is over a limit is refused and named.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/monster.bash"
steady_wanted=""

# claimants COUNT - Services that claim one externalIP and port
claimants() {
	awk -v n="$1" 'BEGIN {
		printf "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": ["
		for (i = 0; i < n; i++) {
			printf "%s{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"claimant-%d\"}", i ? ",\n" : "", i
			printf ", \"spec\": {\"clusterIP\": \"10.98.%d.%d\", \"externalIPs\": [\"198.19.0.1\"]", i / 250, i % 250 + 1
			printf ", \"ports\": [{\"port\": 80, \"protocol\": \"TCP\"}]}}"
		}
		print "]}"
	}'
}

memory_mb() { awk '/VmHWM/ {print int($2 / 1024)}' "/proc/$daemon_pid/status"; }
named() { # named SERVICE - status lists it as refused
	in_ns node "$DAEMON" status --control-socket "$control" | grep -A50 '^Refused' | grep -q "default/$1"
}

has() { # has KEY - of the maps of front ends with and without endpoints
	in_ns node nft get element ip kube-nftproxy services "{ $1 }" >/dev/null 2>&1 ||
		in_ns node nft get element ip kube-nftproxy services-empty "{ $1 }" >/dev/null 2>&1
}

soon_ms=$((2000 * ${NETNS_SLOW:-1}))
most_ms=$((500 * ${NETNS_SLOW:-1})) # from one answer of /livez to the next, with the pause of 100 ms
pod=pod1
# The time that the daemon waits for a processor is not counted.
ask_livez() { # -> livez
	: >"$work/livez"
	echo "$daemon_pid" >"$work/pid"
	nsenter --net=/run/netns/node -- python3 "$netns_here/livez.py" "$work/pid" 0.1 >"$work/livez" &
	livez=$!
	wait_until 300 [ -s "$work/livez" ] || die "/livez is not asked"
}
stop_asking_livez() { # -> gap
	kill $livez
	wait $livez
	read -r _ gap _ < <(tail -n 1 "$work/livez")
}
# beside TITLE MAX-CPU-MS - the monster is standard input; "mark" changes at once after it, and again until the monster is done
beside() {
	local title=$1 max_cpu=$2 livez begin took worst=0 gap cpu clock_ms
	ask_livez
	cpu=$(cpu_ms)
	write monster.json
	for _ in 1 2 3 4; do
		[ $pod = pod1 ] && pod=pod2 || pod=pod1
		daemon_clock
		begin=$clock_ms
		mark $pod | write mark.yaml
		wait_until 300 reaches 9 $pod || { fail "$title: the small Service changes" "not within 30 s"; break; }
		daemon_clock
		took=$((clock_ms - begin))
		[ $took -le $worst ] || worst=$took
		sleep 0.2
	done
	wait_until 50 quiet_daemon
	cpu=$(($(cpu_ms) - cpu))
	stop_asking_livez
	check "$title: the small Service changes" test $worst -lt $soon_ms
	check "$title: /livez answers" test "$gap" -lt $most_ms
	check "$title: CPU time" test $cpu -lt $((max_cpu * ${NETNS_SLOW:-1}))
	echo "# small change $worst ms, /livez $gap ms, CPU $cpu ms, memory $(memory_mb) MB"
}
# explains SERVICE LINES ARG... - the answer has so many lines at least, and /livez answers while it is made
explains() {
	local service=$1 lines=$2 livez gap
	shift 2
	ask_livez
	in_ns node "$DAEMON" explain "$service" --all --rules --control-socket "$control" "$@" >"$work/explained"
	stop_asking_livez
	check "explain $service $*: the answer is whole" test "$(wc -l <"$work/explained")" -ge "$lines"
	check "explain $service $*: /livez answers" test "$gap" -lt $most_ms
	echo "# /livez $gap ms, memory $(memory_mb) MB"
}
# The daemon used no CPU time for half a second.
quiet_daemon() {
	local before
	before=$(cpu_ms)
	sleep 0.5
	[ "$(cpu_ms)" = "$before" ]
}

control=$work/control.sock
mark pod1 | write mark.yaml
# Whatever a monster takes, the machine survives.
echo 900 >/proc/self/oom_score_adj
ulimit -v 4000000
must_start --control-socket "$control"

monster fits-front-ends 1 100 400 0 0 | beside "40,000 front ends" 4000
refute "40,000 front ends: not refused" named fits-front-ends
check "40,000 front ends: in force" wait_until 50 has "198.18.0.1 . tcp . 100"
explains fits-front-ends 80000
explains fits-front-ends 200000 --from 192.0.2.7

monster front-ends 2 400 500 0 0 | beside "200,000 front ends" 4000
check "200,000 front ends: refused and named" wait_until 20 named front-ends
check "200,000 front ends: the log says why" log_says 'default/front-ends.*200400 front ends \(400 ports on 501 addresses\), more than 50000'

monster elements 3 4096 0 1 4000 | beside "4,096 ports x 4,000 endpoints" 6000
check "4,096 ports x 4,000 endpoints: refused and named" wait_until 20 named elements

monster slices 4 4000 0 10 1 | beside "4,000 ports in 10 slices" 8000
refute "4,000 ports in 10 slices: not refused" named slices

monster nodes 5 2 200 2 100 | beside "200 addresses, 200 endpoints" 8000
monster nodes 5 2 200 2 99 | beside "200 addresses, an endpoint goes" 8000
refute "200 addresses: not refused" named nodes
monster wide 7 2 2499 2 1000 | beside "2,500 addresses, 2,000 endpoints" 8000
monster wide 7 2 2499 2 999 | beside "2,500 addresses, endpoints go" 8000
refute "2,500 addresses: not refused" named wide

claimants 20000 | beside "20,000 Services claim one address" 10000
# The address does not go from each to the next one in one step.
claimants 1 | beside "19,999 of them are deleted" 10000
claimants 20000 | beside "20,000 Services claim the address again" 10000
printf '{"apiVersion": "v1", "kind": "List", "items": []}' | beside "20,000 of them are deleted" 10000

# Over the limit after it was inside: the old rules stay. Inside again: the new ones come.
monster grows 6 1 1 1 1 | beside "1 port" 4000
monster grows 6 4096 0 1 4000 | beside "1 port becomes 4,096" 6000
check "1 port becomes 4,096: refused and named" wait_until 20 named grows
check "1 port becomes 4,096: the old rules are kept" has "198.18.0.1 . tcp . 1"
monster grows 6 400 500 0 0 | beside "1 port becomes 200,000 front ends" 4000
check "1 port becomes 200,000 front ends: refused and named" wait_until 20 named grows
check "1 port becomes 200,000 front ends: the old rules are kept" has "198.18.0.1 . tcp . 1"
refute "1 port becomes 200,000 front ends: no new rules" has "198.18.0.2 . tcp . 2"
monster grows 6 2 1 1 1 | beside "2 ports again" 4000
check "2 ports again: in force" wait_until 50 has "198.18.0.1 . tcp . 2"
refute "2 ports again: not named any more" named grows

stop_daemon
finish
