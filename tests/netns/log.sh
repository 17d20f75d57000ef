#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How much a busy node logs, and how its lines look. Rows Y19, Y36, Y37.
. "$(dirname "$0")/lib.sh"
steady_wanted=""
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" --own-tables=false)

lines() { # lines PATTERN - how many since the last log_forget
	tail -n "+$((log_from + 1))" "$daemon_log" | grep -Ec -e "$1"
}
sum() { # sum FIELD - of all lines of sums since the last log_forget
	tail -n "+$((log_from + 1))" "$daemon_log" | grep -E 'mod=sync msg=summary ' | grep -Eo " $1=[0-9]+" |
		awk -F = '{sum += $2} END {print sum + 0}'
}
web() { # web N - a Service with a UDP port; each N has another endpoint
	{ service web 1 "dns:udp:53 http:tcp:80" && slices web "dns:udp:$((10000 + $1)) http:tcp:8080" pod1; } | write web.yaml
}
one_change() { # one_change N - and the kernel has it
	web "$1"
	wait_until 100 has_endpoint $((10000 + $1)) || die "change $1 is not installed"
}
has_endpoint() {
	in_ns node nft list map ip kube-nftproxy endpoints 2>/dev/null | grep -q " \. $1\b"
}

web 0
must_start
check "Y19 the first sync is a line at once" [ "$(lines 'msg="first sync"')" = 1 ]
stamped='^ts=20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z level=[a-z]+ mod=[a-z]+ msg='
check "Y36 each line begins with its time" test "$(lines "$stamped")" -ge 3 -a "$(lines "$stamped")" = "$(lines .)"
now_minus_line() { # seconds since the last line
	echo $(($(date +%s) - $(date -d "$(tail -n 1 "$daemon_log" | sed 's/^ts=\([^ ]*\) .*/\1/')" +%s)))
}
check "Y36 it is the time of now, in UTC" test "$(now_minus_line)" -ge 0 -a "$(now_minus_line)" -lt 60
log_forget
one_change 1
check "Y19 the first change on a quiet node is a line at once" wait_until 50 log_says 'mod=sync msg=synced services=1 changed=default/web '

log_forget
for ((n = 2; n <= 201; n++)); do
	one_change $n
done
check "Y19 200 changes: hardly a line" test "$(lines .)" -le 4
# On a slow machine the changes take more than a minute, and a second sum has the last of them.
summed() { sleep 0.5 && [ $(($(sum syncs) + $(lines msg=synced))) -ge "$1" ]; }
check "Y19 the sums of 200 changes come within a minute" wait_until $((14 * ${NETNS_SLOW:-1})) summed 190
stop_daemon
check "Y19 no change is lost in them, also at the end" test "$(($(sum syncs) + $(lines msg=synced)))" -ge 200
check "Y19 what was added and deleted" test "$(sum added)" -ge 190 -a "$(sum deleted)" -ge 190 -a "$(sum bytes)" -gt 1000
check "Y19 times" log_says 'msg=summary seconds=[0-9]+ .* median_ms=[0-9.]+ longest_ms=[0-9.]+$'
check "Y19 hardly a line in all of it" test "$(lines .)" -le 8

# Another program changes our tables all the time.
must_start
log_forget
for n in 1 2 3 4 5 6 7; do
	in_ns node nft delete element ip kube-nftproxy services "{ $(vip 1) . tcp . 80 }" || die "element not there"
	wait_until 200 in_ns node nft get element ip kube-nftproxy services "{ $(vip 1) . tcp . 80 }" >/dev/null 2>&1 ||
		die "repair $n does not come"
done
stop_daemon
check "Y19 a repair is a line at once" test "$(lines 'msg="put right"')" = 3
check "Y19 and so is its cause" test "$(lines 'changed by another process')" = 3
check "Y19 too many of them are summed up" test "$(sum repairs)" = 4

# JSON has the same fields.
log_forget
must_start --log-format json
one_change 202
one_change 203
stop_daemon
check "Y19 the sums in JSON" log_says '^\{"ts":"[^"]*","level":"info","mod":"sync","msg":"summary","seconds":[0-9]+,"syncs":[1-9][0-9]*,.*"longest_ms":[0-9.]+\}$'

# Each change is a line where that is asked for.
must_start -v 2
log_forget
for n in 1 2 3 4 5; do
	one_change $n
done
stop_daemon
check "Y19 -v 2: a line for each change" test "$(lines 'msg=synced')" = 5
refute "Y19 -v 2: no sums" log_says 'msg=summary'

# Only what goes wrong, and its end.
must_start -v 0
log_forget
for n in 6 7 8; do
	one_change $n
done
refute "Y37 -v 0: no line about changes" log_says .
in_ns node nft delete element ip kube-nftproxy services "{ $(vip 1) . tcp . 80 }" || die "element not there"
check "Y37 a foreign change is a line" wait_until 100 log_says 'level=warn mod=sync msg="our tables were changed by another process'
check "Y37 and so is its repair" wait_until 100 log_says 'level=info mod=sync msg="put right"'
echo "broken: [1, 2" | write web.yaml
check "Y37 a broken file is a line" wait_until 100 log_says 'level=warn mod=source .*web\.yaml'
web 9
check "Y37 and so is its end" wait_until 100 log_says 'level=info mod=source msg="source available again" origin=[^ ]*web\.yaml'
stop_daemon
check "Y37 and the stop" log_says 'msg="stopping, rules are kept"'
refute "Y37 -v 0: no sums" log_says 'msg=summary'
finish
