#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The API server has a name, and no DNS server answers. The event loop does not wait for the name: /livez, repairs, SIGHUP
# and SIGTERM are answered at once, and the server is followed again as soon as the name leads to it.
. "$(dirname "$0")/lib.sh"

steady_wanted="" # its Service would be a manifest
printf 'hosts: files dns\n' >"$work/nsswitch.conf"
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf || skip_all "this machine has no /etc/nsswitch.conf"
echo "127.0.0.1 api.test" >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts || skip_all "this machine has no /etc/hosts"
# Another machine swallows what is sent to it. One look-up takes 25 s.
in_ns remote nft 'table inet dns { chain input { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 53 drop; }; }'
printf 'nameserver %s\noptions timeout:25 attempts:1\n' "$(addr remote)" >"$work/resolv.conf"
mount --bind "$work/resolv.conf" /etc/resolv.conf || skip_all "this machine has no /etc/resolv.conf"

most_ms=$((400 * ${NETNS_SLOW:-1})) # beside other tests; without them it is less than 10 ms
start_api_server
sed -i 's|http://127\.0\.0\.1:|http://api.test:|' "$work/kubeconfig"
daemon_source=(--kubeconfig "$work/kubeconfig")
options=(--own-tables=false --state-dir "$work")
put web 1 pod1
must_start "${options[@]}"
check "a server with a name is followed" wait_until 50 reaches 1 pod1
saved() { [ -s "$work/state" ]; }
wait_until 300 saved || die "nothing is saved"
stop_daemon

is_repaired() { in_ns node nft get element ip kube-nftproxy cluster-ips "{ $(vip 1) }" >/dev/null 2>&1; }
looks_up() { [ "$(find "/proc/$daemon_pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ]; }
says_degraded() { log_says 'tried again in'; }
repair() { # repair TITLE
	local start
	in_ns node nft delete element ip kube-nftproxy cluster-ips "{ $(vip 1) }"
	start=$(now_ms)
	check "$1" wait_until 300 is_repaired
	start=$(($(now_ms) - start))
	check "$1: in $start ms" test "$start" -le $((5 * most_ms))
}

: >"$work/hosts"
log_forget
NETNS_START_SECONDS=30 must_start "${options[@]}"
check "a start from the saved state" wait_until 300 log_says 'msg="first sync"'
echo "$daemon_pid" >"$work/pid"
: >"$work/livez"
nsenter --net=/run/netns/node -- python3 "$netns_here/livez.py" "$work/pid" 0.002 >"$work/livez" &
livez=$!
wait_until 300 [ -s "$work/livez" ] || die "/livez is not asked"
check "the name is looked up" wait_until 300 looks_up
repair "a repair while the name is looked up"
kill -HUP "$daemon_pid"
read -r -t 1 <>"$work/never" || :
repair "a repair after SIGHUP"
log_forget
check "the attempt is given up" wait_until 300 says_degraded
repair "a repair after it"
check "and begins again" wait_until 300 looks_up
read -r -t $((12 * ${NETNS_SLOW:-1})) <>"$work/never" || :
kill $livez
wait $livez
read -r longest _ n < <(tail -n 1 "$work/livez")
check "/livez is answered within $most_ms ms all the time ($longest ms, $n answers)" test "$longest" -le "$most_ms" -a "$n" -gt 1000

echo "127.0.0.1 api.test" >"$work/hosts"
put web 1 pod2
check "the name leads to the server: what changed meanwhile" wait_until 600 reaches 1 pod2

# stops TITLE - SIGTERM while the name is looked up
stops() {
	local start
	wait_until 300 looks_up || die "$1: no look-up"
	start=$(now_ms)
	check "$1" stop_daemon
	start=$(($(now_ms) - start))
	check "$1: in $start ms" test "$start" -le $((5 * most_ms))
}
stop_daemon
: >"$work/hosts"
for n in 1 2; do
	NETNS_START_SECONDS=0.$n start_daemon "${options[@]}" || :
	stops "a stop while the name is looked up, after a start of 0.$n s"
done
kill "$server_pid"
finish
