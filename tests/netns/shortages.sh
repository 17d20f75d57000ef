#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full disk, a directory that cannot be written, no descriptor left: the daemon says so, goes on, and loses nothing. Row Y28.
. "$(dirname "$0")/lib.sh"

web() { # web PART
	service web 1 ":tcp:80"
	slices web ":tcp:8080" "$1"
}
answers() { [ "$(who client tcp "$(vip 1)" 80)" = "$1" ]; } # answers NAME
no_descriptors() { # the daemon can open nothing more
	local n=0
	sleep 1 # what it opens for a moment at its start is closed
	while [ -e "/proc/$daemon_pid/fd/$n" ]; do n=$((n + 1)); done
	prlimit --pid "$daemon_pid" --nofile="$n:"
}
descriptors() { prlimit --pid "$daemon_pid" --nofile="$(prlimit --pid "$daemon_pid" --nofile -o HARD --noheadings | tr -d " "):"; }

# --- descriptors ------------------------------------------------------------------------------------------

web pod1 | write web.yaml
must_start
no_descriptors
log_forget
web pod2 | write web.yaml
check "Y28 no descriptor: a manifest that cannot be read is named" wait_until 50 log_says 'web\.yaml.*Too many open files'
check "Y28 no descriptor: what it had is served" answers pod1
descriptors
check "Y28 descriptors again: it is read without another change" wait_until 150 answers pod2
stop_daemon

config=$work/config.yaml
write_config() { # write_config SYNC-PERIOD
	printf 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: "%s"\nnftables: {syncPeriod: %s}\nkubeNftproxy: {manifests: %s, stateDir: ""}\n' \
		"$cluster_cidr" "$1" "$manifests" >"$config.new" && mv "$config.new" "$config"
}
write_config 30s
default_daemon_args=() daemon_source=(--config "$config")
must_start
no_descriptors
log_forget
write_config 20s
check "Y28 no descriptor: the configuration file is named" wait_until 50 log_says 'cannot be used.*config\.yaml: Too many open files'
descriptors
check "Y28 descriptors again: it is in force without another change" wait_until 200 log_says 'starting anew with another configuration'
stop_daemon

default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2) daemon_source=(--manifests "$manifests")
# How many descriptors a start needs depends on how many are open already: from the first number that is enough, it goes on.
before=$(ruleset)
for ((n = 5; n < 100; n++)); do
	log_forget
	timeout 5 prlimit --nofile="$n:$n" nsenter --net=/run/netns/node -- \
		"$DAEMON" --hostname-override "$node_name" --manifests "$manifests" --state-dir "" 2>>"$daemon_log"
	status=$?
	! log_says 'msg="first sync"' || break
	check "Y28 a start with $n descriptors fails" test $status != 0 -a $status != 124
	check "Y28 a start with $n descriptors: the reason is said" log_says 'Too many open files|error while loading shared libraries'
	check "Y28 a start with $n descriptors: no rule has changed" test "$(ruleset)" = "$before"
done
check "Y28 $n descriptors are enough for a start" test "$n" -gt 8 -a "$n" -lt 100

# --- files that are written -----------------------------------------------------------------------------

log=$daemon_log daemon_log=/dev/full
must_start
check "Y28 a log on a full disk: Services work" answers pod2
stop_daemon
daemon_log=$log
must_start --control-socket /proc/none
check "Y28 no place for the control socket: it is said" log_says 'cannot listen.*status, explain and diff'
check "Y28 no place for the control socket: Services work" answers pod2
stop_daemon
said() { grep -q "$1" "$work/err"; }
refute "Y28 --write-config-to a full disk fails" in_ns node "$DAEMON" --manifests "$manifests" --hostname-override "$node_name" \
	--write-config-to /dev/full 2>"$work/err"
check "Y28 --write-config-to a full disk: and says so" said 'No space left'
small=$work/small
mkdir "$small"
mount -t tmpfs -o size=8k tmpfs "$small" || die "no small disk"
echo before >"$small/config.yaml"
head -c 65536 /dev/zero >"$small/zero" 2>/dev/null
refute "Y28 --write-config-to where there is no space fails" in_ns node "$DAEMON" --manifests "$manifests" \
	--hostname-override "$node_name" --write-config-to "$small/config.yaml" 2>"$work/err"
check "Y28 --write-config-to where there is no space: the file is as before" test "$(cat "$small/config.yaml")" = before
check "Y28 --write-config-to where there is no space: nothing else is left" test "$(find "$small" -type f -printf "%f\n" | sort | tr '\n' ' ')" = "config.yaml zero "
umount "$small"
refute "Y28 --dry-run to a full disk fails" in_ns node "$DAEMON" --manifests "$manifests" --hostname-override "$node_name" \
	--dry-run >/dev/full 2>"$work/err"
check "Y28 --dry-run to a full disk: and says so" said 'No space left'
must_start --control-socket "$work/control.sock"
refute "Y28 status to a full disk fails" in_ns node "$DAEMON" status --control-socket "$work/control.sock" >/dev/full 2>"$work/err"
check "Y28 status to a full disk: and says so" said 'No space left'
settle
steady_end # its Service goes with the manifests
stop_daemon
rm "$manifests"/*

# --- the saved state ------------------------------------------------------------------------------------

start_api_server
steady_wanted=""
daemon_source=(--kubeconfig "$work/kubeconfig")
state=$work/state
mkdir "$state"
mount -t tmpfs -o size=64k tmpfs "$state" || die "no small disk"
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "$state" -v 2)
marked() { in_ns node nft list table ip kube-nftproxy-saved >/dev/null 2>&1; }
put web 1 pod1
must_start
check "the state is saved" wait_until 150 marked
cp "$state/state" "$work/good"
head -c 65536 /dev/zero >"$state/zero" 2>/dev/null
log_forget
put web 1 pod2
check "Y28 a full disk: the change is in force" wait_until 50 answers pod2
check "Y28 a full disk: it is said" wait_until 200 log_says 'cannot save the state.*No space left'
refute "Y28 a full disk: no mark" marked
check "Y28 a full disk: the last good state is still there" cmp -s "$state/state" "$work/good"
check "Y28 a full disk: and no half of the next one" test ! -e "$state/state.new"
rm "$state/zero"
check "Y28 space again: it is saved" wait_until 300 marked
check "Y28 space again: it is said" log_says 'saving the state works again'
no_descriptors
log_forget
put web 1 pod1
check "Y28 no descriptor: the change is in force" wait_until 50 answers pod1
check "Y28 no descriptor: it is said that nothing is saved" wait_until 200 log_says 'cannot save the state.*Too many open files'
refute "Y28 no descriptor: no mark" marked
descriptors
check "Y28 descriptors again: it is saved" wait_until 300 marked
umount -l "$state"
rmdir "$state"
log_forget
put web 1 pod2
check "Y28 the directory is gone: the change is in force" wait_until 50 answers pod2
check "Y28 the directory is gone: it is said" wait_until 200 log_says 'cannot save the state.*No such file'
stop_daemon
kill "$server_pid"
finish
