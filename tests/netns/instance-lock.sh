#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One kube-nftproxy in a network namespace: nobody without CAP_NET_ADMIN can keep it from starting, and a second one does not start
# whatever /proc shows. Row Y26.
. "$(dirname "$0")/lib.sh"

for program in setpriv python3; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
[ "$(wc -l </proc/self/uid_map)" = 1 ] && [ "$(awk '{print $3}' /proc/self/uid_map)" -gt 65532 ] ||
	skip_all "there is no user but root here"

# The first in PATH may be one that other users cannot execute.
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
plain=$work/bin/plain
mkdir "$work/bin"
chmod 755 "$work" "$work/bin"
cp "$DAEMON" "$plain"
cp "$(command -v sleep)" "$work/bin/as-root"
chmod 4755 "$work/bin/as-root"
user=(setpriv --reuid 65533 --regid 65533 --clear-groups)
admin=(--inh-caps "-all,+net_admin" --ambient-caps "-all,+net_admin")
chmod -R a+rX "$manifests"
service web 1 ":tcp:80" | write web.yaml
slices web ":tcp:8080" pod1 | write web-slice.yaml
chmod a+r "$manifests"/*

holder=
# hold_name [COMMAND...] - through that command, a process that binds the name of the lock's socket, listens, and then executes sleep or
# the program in $then
hold_name() {
	: >"$work/held"
	chmod a+w "$work/held"
	# Not in_ns, so that $! is the process itself.
	nsenter --net=/run/netns/node -- "$@" "$python" -c '
import os, socket, sys
held = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
held.bind("\0kube-nftproxy")
held.listen(4096)
held.set_inheritable(True)
with open(sys.argv[2], "w") as file:
    file.write("held")
os.execvp(sys.argv[1], [sys.argv[1], "1000"])' "${then-sleep}" "$work/held" &
	holder=$!
	wait_until 100 [ -s "$work/held" ] || die "the name cannot be bound"
}
let_go() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}
second() { # second [COMMAND...] - start another daemon through that command; its standard error is in $work/second
	timeout 10 nsenter --net=/run/netns/node -- "$@" --manifests "$manifests" --hostname-override other --own-tables=false \
		--state-dir "" --control-socket "" --healthz-bind-address "" --metrics-bind-address "" 2>"$work/second"
}
second_says() { grep -Eq "$1" "$work/second"; }
locked() { in_ns node nft list table ip kube-nftproxy-lock >/dev/null 2>&1; }

# A user that binds the name and then executes a program that any user may execute as root.
then=$work/bin/as-root hold_name "${user[@]}" --inh-caps -all
is_roots() { [ "$(awk '$1 == "Uid:" {print $3}' "/proc/$holder/status")" = 0 ]; }
check "the other program is root's now" wait_until 50 is_roots
start_daemon
check "Y26 a user with the name of the socket, whose process executed a setuid program: we start" test $? = 0
check "Y26 and the log warns" log_says 'level=warn .*a process without CAP_NET_ADMIN has bound the instance lock'
if since 5.12; then
	refute "Y26 a second daemon does not start, although the socket is not ours" second "$plain"
	check "Y26 and says which one runs" second_says "another kube-nftproxy is running in this network namespace: process $daemon_pid"
fi
let_go
stop_daemon
refute "Y26 the lock ends with the daemon" locked
hold_name "${user[@]}" "${admin[@]}"
refute "Y26 a process of an older version, with the privilege, is respected" second "$plain"
check "Y26 by name" second_says "another kube-nftproxy is running in this network namespace: process $holder"
let_go
hold_name
refute "Y26 and one of root" second "$plain"
check "Y26 by name, too" second_says "process $holder"
let_go
since 5.12 || finish

# Two daemons of different users, of which neither may see the other's processes.
cat >"$work/bin/hidden" <<-SH
	#!/bin/bash
	# hidden USER ARGUMENT... - the daemon as that user, with CAP_NET_ADMIN, and /proc hides the processes of others
	[ -z "\${NOTIFY_SOCKET-}" ] || chmod a+w "\$NOTIFY_SOCKET"
	exec unshare -m bash -c '
		mount -t proc -o hidepid=2 proc /proc || exit 99
		exec setpriv --reuid "\$0" --regid "\$0" --clear-groups ${admin[*]} "$plain" "\$@"' "\$@"
SH
cat >"$work/bin/first" <<-SH
	#!/bin/bash
	exec "$work/bin/hidden" 65532 "\$@"
SH
chmod 755 "$work/bin/"*
chmod u+s "$work/bin/as-root"
daemon=$DAEMON DAEMON=$work/bin/first
must_start --control-socket "" --own-tables=false
check "the daemon of a user runs" expect_answer "the Service works" client tcp "$(vip 1)" 80 pod1
before=$(ruleset)
refute "Y26 hidden processes, different users: a second daemon does not start" second "$work/bin/hidden" 65531
check "Y26 hidden processes: and says why" second_says "another kube-nftproxy is running in this network namespace"
check "Y26 hidden processes: the rules are the first one's" test "$(ruleset)" = "$before"
stop_daemon
DAEMON=$daemon

# A table of this name without an owner is nobody's.
in_ns node nft add table ip kube-nftproxy-lock
must_start
check "Y26 a table of the lock's name that nobody owns is replaced" locked
refute "Y26 nobody can delete it" in_ns node nft delete table ip kube-nftproxy-lock 2>/dev/null
check "Y26 flush ruleset passes it by" in_ns node nft flush ruleset
check "Y26 it is still there" locked
settle

# Connections that have arrived at once: a full queue would make the daemon look like none of ours.
kill -STOP "$daemon_pid"
in_ns node "$python" -c '
import socket, sys
held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for i in range(200)]
for one in held:
    one.connect("\0kube-nftproxy")
with open(sys.argv[1], "w") as file:
    file.write("connected")
for one in held:
    one.settimeout(5)
    one.recv(1)' "$work/connected" &
wait_until 100 [ -s "$work/connected" ] || die "there are no connections"
kill -CONT "$daemon_pid"
check "Y26 connections to the socket are closed, also if many arrive at once" wait $!

# A connection to the socket that cannot be accepted: there is no descriptor left.
n=0
while [ -e "/proc/$daemon_pid/fd/$n" ]; do n=$((n + 1)); done
prlimit --pid "$daemon_pid" --nofile="$n:$n"
in_ns node "$python" -c '
import socket, time
held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for i in range(20)]
for one in held:
    one.connect("\0kube-nftproxy")
time.sleep(3)' &
sleep 1
begin=$(cpu_ms)
sleep 1
used=$(($(cpu_ms) - begin))
check "Y26 without descriptors, connections to the socket do not keep the loop busy ($used ms of 1,000)" test "$used" -lt 300
wait $!
stop_daemon

# The lock is kept when the program is executed anew.
handle() { in_ns node nft -a list table ip kube-nftproxy-lock | awk '/^table/ {print $NF}'; }
config=$work/config.yaml
write_config() {
	printf 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: "%s"\nnftables: {syncPeriod: %s}\nhostnameOverride: %s\nkubeNftproxy: {manifests: %s, stateDir: ""}\n' \
		"$cluster_cidr" "$1" "$node_name" "$manifests" >"$config.new" && mv "$config.new" "$config"
}
write_config 30s
daemon_source=(--config "$config")
must_start
before=$(handle)
log_forget
write_config 20s
check "executed anew" wait_until 100 log_says 'executing this program anew'
check "and started" wait_until 100 log_says 'first sync'
check "Y26 executed anew: it is the same lock" test -n "$before" -a "$(handle)" = "$before"
refute "Y26 executed anew: a second daemon does not start" second "$plain"
check "Y26 executed anew: it names the same process" second_says "process $daemon_pid"
stop_daemon
refute "Y26 and ends with it" locked
finish
