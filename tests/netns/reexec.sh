#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The configuration file changes and the process executes itself anew: owned tables, health check node ports and the
# control socket, changes of Services in that moment, an API server that is there or not, the saved state, a program that
# gives credentials, and an execve() that fails. Row X2; config-file.sh has what is in the file.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || skip_all "curl is not installed"
config=$work/config.conf
control=$work/control.sock
default_daemon_args=(--control-socket "$control" -v 2)
daemon_source=(--config "$config")
source_line="kubeNftproxy: {manifests: $manifests, stateDir: \"\"}"

config() { # config [LINE...]
	printf '%s\n' "apiVersion: kubeproxy.config.k8s.io/v1alpha1" "kind: KubeProxyConfiguration" \
		"clusterCIDR: $cluster_cidr" "$source_line" "$@" >"$config.new"
	mv "$config.new" "$config"
}
seconds=30
# another - other settings in the file, at once
another() {
	seconds=$((seconds + 1))
	log_forget
	config "nftables: {syncPeriod: ${seconds}s}"
	sleep 0.3
	kill -HUP "$daemon_pid"
}
executed() { log_says 'msg="starting anew with another configuration"'; }
in_force() {
	in_ns node curl -s --max-time 5 http://127.0.0.1:10249/configz | grep -q "\"syncPeriod\": *\"${seconds}s\""
}
status() { in_ns node "$real_daemon" status --output json --control-socket "$control"; }
owned() { status >"$work/status.json" && json_holds s "$work/status.json" 's["tables"]["owned"]'; }
descriptors() { find "/proc/$daemon_pid/fd" -type l | wc -l; }
children() { pgrep -P "$daemon_pid" | wc -l; }
no_children() { [ "$(children)" = 0 ]; }
real_daemon=$DAEMON

# --- manifests --------------------------------------------------------------------------------------

balanced() {
	service balanced 1 "http:tcp:80:30080" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31000"
	slices balanced "http:tcp:8080" pod1
}
{ node; balanced; } | write all.yaml
config
must_start
settle
pid=$daemon_pid

# ask_all: each in turn, a connection each, until $work/end exists; a line that is not "200" is a failure.
ask_all() {
	until [ -e "$work/end" ]; do
		in_ns client curl -s --max-time 5 -o /dev/null -w '%{http_code}\n' http://172.18.0.10:31000/ || echo "IPv4 health check node port: $?"
		in_ns client curl -g -s --max-time 5 -o /dev/null -w '%{http_code}\n' "http://[fd00:172:18::10]:31000/" || echo "IPv6 health check node port: $?"
		in_ns node curl -s --max-time 5 -o /dev/null -w '%{http_code}\n' --unix-socket "$control" http://localhost/json/status || echo "control socket: $?"
	done >"$work/asked"
}
rm -f "$work/end"
ask_all &
asking=$!
rate_start web client 300 tcp "$(family=4 vip 1)" 80 tcp "$(family=6 vip 1)" 80 \
	tcp "$(family=4 addr node)" 30080 tcp "$(family=6 addr node)" 30080
for n in 1 2 3; do
	another
	# A change while it is executed.
	wait_until 50 log_says "executing this program anew"
	begin=$(now_ms)
	service late "$((20 + n))" ":tcp:80" | write late.yaml
	wait_until 100 kernel_has_cluster_ip "10.96.0.$((20 + n))"
	took=$(($(now_ms) - begin))
	check "X2 a change in this moment is in force soon ($took ms)" test "$took" -lt $((2000 * ${NETNS_SLOW:-1}))
	check "X2 and so are the settings" wait_until 50 in_force
done
touch "$work/end"
wait $asking
rate_end web "X2 connections meanwhile" pod1
# What is being answered at the moment of an execution is cut off: curl says 52 or 56 then.
cut_off=$(grep -c ': 5[26]$' "$work/asked")
check "X2 health check node ports and control socket always answered (cut off: $cut_off)" \
	test -s "$work/asked" -a "$cut_off" -le 2 -a -z "$(grep -v '^200$\|^000$\|: 5[26]$' "$work/asked")"
check "X2 the same process" test "$(pgrep -f "^$real_daemon --hostname-override" | tr '\n' ' ')" = "$pid "
if since 6.9; then
	check "X2 the tables are owned as before" owned
fi

# A port that another Service has now: the kept socket must not be in the way.
service balanced 1 "http:tcp:80:30080" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31001" |
	{ cat; slices balanced "http:tcp:8080" pod1; node; } >"$work/moved.yaml"
another
wait_until 50 log_says "executing this program anew"
write all.yaml <"$work/moved.yaml"
answers_there() { [ "$(in_ns client curl -s --max-time 5 -o /dev/null -w '%{http_code}' http://172.18.0.10:31001/)" = 200 ]; }
check "X2 a health check node port that moves in this moment" wait_until 100 answers_there
listens_on() { [ -n "$(in_ns node ss -Htln "sport = :$1")" ]; }
no_longer() { ! listens_on 31000; }
check "X2 the old one is closed" wait_until 100 no_longer
settle
n=$(descriptors)
another
check "X2 once more" wait_until 100 in_force
settle
check "X2 no descriptor is left over" test "$(descriptors)" -le "$n"

# A control socket whose file was removed is made anew.
rm "$control"
another
answers() { status >/dev/null; }
check "X2 a removed control socket comes back" wait_until 100 answers
steady_end
stop_daemon

# --- execve() fails -----------------------------------------------------------------------------------

preload=$top_builddir/tests/netns/no-exec.so
if [ -e "$preload" ] && LD_PRELOAD=$preload "$DAEMON" --version >/dev/null 2>&1; then
	DAEMON=$work/daemon
	printf '#!/bin/sh\nNO_EXEC_FILE=%s LD_PRELOAD=%s exec %s "$@"\n' "$work/no-exec" "$preload" "$real_daemon" >"$DAEMON"
	chmod +x "$DAEMON"
	must_start
	settle
	before=$(grep -E "^(Cap|SigBlk|SigIgn|SigCgt)" "/proc/$daemon_pid/status")
	touch "$work/no-exec"
	n=$(descriptors)
	another
	check "X2 a program that cannot be executed: told" wait_until 50 log_says \
		'level=warn .*cannot start anew with the changed configuration, trying again every minute" err=".*config.conf is not in force: cannot execute .*: No such file'
	check "X2 the daemon goes on" settle
	refute "X2 with the old settings" in_force
	status >"$work/status.json"
	check "X2 status says why" json_holds s "$work/status.json" '"is not in force: cannot execute" in s["configProblem"]'
	check "X2 with its descriptors, rights and signals" test "$(descriptors) $(grep -E '^(Cap|SigBlk|SigIgn|SigCgt)' "/proc/$daemon_pid/status")" = "$n $before"
	rm "$work/no-exec"
	kill -HUP "$daemon_pid"
	check "X2 SIGHUP tries it again" wait_until 50 in_force
	check "X2 the preloaded library is there again" grep -q no-exec.so "/proc/$daemon_pid/maps"
	check "X2 a stop ends well" stop_daemon
	DAEMON=$real_daemon
else
	skip "X2 a program that cannot be executed" "this build cannot be run with a preloaded library"
fi
rm "$manifests"/*

# --- an API server --------------------------------------------------------------------------------------

start_api_server --tls
state=$work/state
source_line=$(printf 'clientConnection: {kubeconfig: %s}\nkubeNftproxy: {stateDir: %s}' "$work/kubeconfig" "$state")
put web 1 pod1
config
must_start
is_saved() { [ -s "$state/state" ] && in_ns node nft list table ip kube-nftproxy-saved >/dev/null 2>&1; }
check "X2 what was listed is saved" wait_until 40 is_saved
put late 2 pod2
wait_until 50 reaches 2 pod2
another
wait_until 50 log_says "executing this program anew"
check "X2 the state is saved before" is_saved
begin=$(now_ms)
put late 2 pod3
check "X2 a change in this moment is in force" wait_until 100 reaches 2 pod3
echo "    # after $(($(now_ms) - begin)) ms"
check "X2 and so are the settings" wait_until 50 in_force

# Without the server the rules stay, and a change of the settings is in force from the saved state.
check "X2 the state is saved again" wait_until 200 is_saved
before=$(ruleset)
tell POST /stop
another
check "X2 executed without the server" wait_until 50 executed
check "X2 the rules stay" test "$(ruleset)" = "$before"
check "X2 the saved state is used" wait_until 150 log_says "the API server has given no lists, using the saved state until it does"
check "X2 the rules are the same" test "$(ruleset)" = "$before"
tell POST /start
put late 2 pod1
check "X2 the server is back" wait_until 300 reaches 2 pod1

# A program that gives credentials and takes its time: the execution waits for it, and leaves no child behind.
cat >"$work/plugin" <<-SH
	#!/bin/sh
	echo run >>$work/plugin.runs
	sleep 2
	echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}'
SH
chmod +x "$work/plugin"
sed -i "s|user: {}|user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: $work/plugin, interactiveMode: Never}}|" "$work/kubeconfig"
kill -HUP "$daemon_pid"
check "X2 a program for credentials runs" wait_until 50 test -s "$work/plugin.runs"
another
sleep 0.5
refute "X2 as long as it runs, nothing is executed" executed
check "X2 after it" wait_until 100 executed
check "X2 and the settings are in force" wait_until 100 in_force
check "X2 no child is left" wait_until 100 no_children
stop_daemon
finish
