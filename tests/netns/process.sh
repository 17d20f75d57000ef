#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon and its machine: descriptors, the clock, files, what others write, a reader of the log that stops. Rows Y30 to Y34.
. "$(dirname "$0")/lib.sh"

steady_wanted=""
command -v python3 >/dev/null || skip_all "python3 is not installed"
command -v curl >/dev/null || skip_all "curl is not installed"
control=$work/control.sock
default_daemon_args+=(--control-socket "$control")
{ service web 1 ":tcp:80" && slices web ":tcp:8080" pod1; } >"$manifests/web.yaml"
# shellcheck disable=SC2120 # "check" gives arguments
status() { in_ns node "$real" status --control-socket "$control" "$@" >"$work/answer" 2>"$work/complaint"; }
ends_with() { # ends_with STATUS [OPTION...] - status answers, and has this exit status
	local wanted=$1
	shift
	status "$@"
	[ $? = "$wanted" ]
}
real=$DAEMON
livez() { [ "$(in_ns node curl -s --max-time 1 -o /dev/null -w '%{http_code}' http://127.0.0.1:10256/livez)" = 200 ]; }

# --- the control socket
echo precious >"$control"
must_start
check "Y30 a file at the control socket's path: it starts" livez
check "Y30 the file is as before" [ "$(cat "$control")" = precious ]
check "Y30 the log says so" log_says 'cannot listen.*control.sock: it exists, and is no socket'
stop_daemon
rm "$control"
echo precious >"$work/precious"
ln -s "$work/precious" "$control"
must_start
check "Y30 a link stays, too" test -L "$control"
stop_daemon
rm "$control"
ln -s "$work/nothing" "$control"
must_start
check "Y30 so does one that leads nowhere" test -L "$control"
stop_daemon
rm "$control"
must_start
kill -KILL "$daemon_pid"
wait "$daemon_pid" 2>/dev/null
check "Y30 a socket that a dead daemon left is there" test -S "$control"
must_start
check "Y30 it is replaced" status
stop_daemon
must_start --control-socket "$work/new/control.sock"
stop_daemon
if [ "$(id -u)" = 0 ] && chown 12345 "$control" 2>/dev/null; then
	must_start
	check "Y30 a socket of another user stays" test "$(stat -c %u "$control")" = 12345
	stop_daemon
else
	skip "Y30 a socket of another user stays" "there is no other user in this namespace"
fi
rm -f "$control"

# --- no descriptors
must_start
kill -STOP "$daemon_pid"
in_ns node python3 -c '
import socket, sys, time
kept = []
for _ in range(20):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one.connect("\0kube-nftproxy")
    kept.append(one)
    kept.append(socket.create_connection(("127.0.0.1", 10256)))
print("connected", flush=True)
time.sleep(60)' >"$work/connected" &
holder=$!
connected() { grep -q connected "$work/connected"; }
wait_until 100 connected || die "no connections"
# No number is free below the limit.
used=0
while [ -e "/proc/$daemon_pid/fd/$used" ]; do
	used=$((used + 1))
done
prlimit --nofile="$used:20000" --pid "$daemon_pid"
before=$(cpu_ms)
kill -CONT "$daemon_pid"
sleep 2
check "Y31 no descriptor left: it does not spin" test $(($(cpu_ms) - before)) -lt 600
prlimit --nofile=1000:20000 --pid "$daemon_pid"
check "Y31 when there are some again, clients are answered" wait_until 30 livez
kill "$holder"
stop_daemon

# --- the clock of the day
if daemon_as_if "AS_IF_CLOCK=$work/clock"; then
	sed 's/port: 80,/port: 80000,/' <<<"$(service bad 3 ":tcp:80")" | sed 's/port: 80}/port: 80000}/' >"$manifests/bad.yaml"
	config=$work/config.yaml
	write_config() { # write_config DURATION - nftables.syncPeriod
		printf '%s\n' "apiVersion: kubeproxy.config.k8s.io/v1alpha1" "kind: KubeProxyConfiguration" "clusterCIDR: $cluster_cidr" \
			"kubeNftproxy: {manifests: $manifests, stateDir: \"\", controlSocket: $control}" "nftables: {syncPeriod: $1}" >"$config.new"
		mv "$config.new" "$config"
	}
	write_config 30s
	daemon_source=(--config "$config")
	must_start
	log_forget
	write_config for-ever
	wait_until 50 log_says 'the configuration file has changed and cannot be used' || die "the configuration file is not read"
	for clock in -86400 86400; do
		echo $clock >"$work/clock"
		check "Y32 the clock is set by $clock s: status" ends_with 1 --output json # an object is refused
		check "Y32 the clock is set by $clock s: durations are true" json_holds a "$work/answer" \
			'all(0 <= s < 600 for s in (a["upSeconds"], a["syncs"]["lastSecondsAgo"], a["configProblemSecondsAgo"],
				*(r["forSeconds"] for r in a["refusals"]))) and a["refusals"]'
		status
		refute "Y32 the clock is set by $clock s: nothing is said never to be" grep -E 'never|23h|1d' "$work/answer"
		check "Y32 the clock is set by $clock s: rules follow" settle
	done
	rm "$manifests/bad.yaml"
	stop_daemon
	daemon_source=(--manifests "$manifests")
	daemon_as_is
else
	skip "Y32 the clock is set" "nothing can be preloaded into this daemon"
fi

# --- what others have written
clean() { # clean FILE - it has nothing that a terminal obeys, and that nobody sees; lines and our own colours may be there
	python3 -c '
import re, sys
text = open(sys.argv[1], "rb").read().decode()
text = re.sub("\033\\[(0|1|31|32)m", "", text)
sys.exit(not text or re.search("[\0-\10\13-\37\177-\237\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text) is not None)' "$1"
}
evil=$'evil\e[2J\xc2\x9b31m\xe2\x80\xaegnp\x7f\a.yaml'
printf 'kind: Service\n\tmetadata' >"$manifests/$evil"
log_forget
must_start
# The rules of the earlier run stay as they are, so it is not known what they serve.
named() { ends_with 2 && grep -q 'evil.x1b\[2J.u009b31m.u202egnp.x7f.x07.yaml' "$work/answer"; }
check "Y34 what others have written: status shows it, escaped" named
check "Y34 status is clean" clean "$work/answer"
ask_socket() { in_ns node curl -s --max-time 5 -o "$work/answer" --unix-socket "$control" "http://localhost/$1"; }
ask_socket colour/status
check "Y34 status in colours is clean" clean "$work/answer"
check "Y34 and has its colours" grep -q $'\e\[31m' "$work/answer"
ask_socket json/status
check "Y34 status as JSON is clean" clean "$work/answer"
check "Y34 JSON has the same name" json_holds a "$work/answer" \
	'any("evil\033[2J\u009b31m\u202egnp\177\a.yaml" in r["object"] for r in a["refusals"])'
ask_socket $'text/explain/default/%1b%5b2J%c2%9b/-/-'
check "Y34 an error is clean" clean "$work/answer"
tail -n "+$((log_from + 1))" "$daemon_log" >"$work/answer"
check "Y34 the log is clean" clean "$work/answer"
stop_daemon
log_forget
must_start --log-format json
tail -n "+$((log_from + 1))" "$daemon_log" >"$work/answer"
check "Y34 the log as JSON is clean" clean "$work/answer"
check "Y34 the log as JSON is JSON" python3 -c 'import json, sys; [json.loads(line) for line in open(sys.argv[1])]' "$work/answer"
stop_daemon
rm "$manifests/$evil"
# Somebody else may answer at the socket.
rm -f "$control"
in_ns node python3 -c '
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("ready", flush=True)
while True:
    one = server.accept()[0]
    one.recv(4096)
    one.sendall(b"HTTP/1.0 200 OK\r\n\r\nup\33[2J\302\2331m\342\200\256\nreally\n")
    one.close()' "$control" >"$work/liar" 2>/dev/null &
liar=$!
lies() { grep -q ready "$work/liar"; }
wait_until 100 lies || die "nobody lies"
check "Y34 who is asked for the status may be anybody" status
check "Y34 the command is clean" clean "$work/answer"
kill "$liar"
"$real" --config $'\e[2J\xe2\x80\xae' 2>"$work/answer"
check "Y34 a complaint is clean" clean "$work/answer"

# --- the reader of the log stops
mkfifo "$work/log"
python3 -c '
import fcntl, os, signal, sys, time
log = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(log, 1031, 4096)  # F_SETPIPE_SZ
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("open", flush=True)
signal.sigwait([signal.SIGUSR1])
os.set_blocking(log, False)
with open(sys.argv[2], "ab", 0) as to:
    while True:
        try:
            to.write(os.read(log, 65536))
        except BlockingIOError:
            time.sleep(0.01)
' "$work/log" "$work/log.read" >"$work/reader" &
: >"$work/log.read"
reader=$!
reader_open() { grep -q open "$work/reader"; }
wait_until 100 reader_open || die "no reader of the log"
# Not for a command that asks: it would wait with its complaint.
printf '#!/bin/sh\n[ "$1" != status ] || exec %s "$@"\nexec %s "$@" 2>%s\n' "$real" "$real" "$work/log" >"$work/daemon"
chmod +x "$work/daemon"
DAEMON=$work/daemon
must_start -v 4
for n in $(seq 30); do
	service "many-$n" "$((20 + n))" ":tcp:80" | write "many-$n.yaml"
	read -r -t 0.03 <>"$work/never"
done
check "Y33 nobody reads the log: probes are answered" livez
check "Y33 nobody reads the log: rules follow the manifests" settle
kill -USR1 "$reader"
sleep 0.2
service "later" "60" ":tcp:80" | write later.yaml
lost() { grep -Eq 'level=warn mod=daemon msg="lines of the log were lost, as nobody read them" lines=[1-9]' "$work/log.read"; }
check "Y33 it is read again: the log says what was lost" wait_until 50 lost
check "Y33 each line is whole" test "$(grep -Evc '^ts=[^ ]+Z level=' "$work/log.read")" = 0
after() { grep -q 'default/later' "$work/log.read"; }
check "Y33 it goes on" wait_until 50 after
check "Y33 standard error is as it was for other processes" test "$((0$(awk '$1 == "flags:" {print $2}' "/proc/$daemon_pid/fdinfo/2") & 04000))" = 0
DAEMON=$real
stop_daemon
kill "$reader"
finish
