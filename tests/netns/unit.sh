#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The unit as `make install` leaves it, under a real systemd as process 1: the start with the machine, its user and
# rights, its watchdog, reload, restart, stop, a crash, a start that fails, and a start of the machine without the API
# server.
. "$(dirname "$0")/lib.sh"
. "$netns_here/machine.bash"
[ -z "${NETNS_MUTATE-}" ] || skip_all "no rules are broken here"

unit=kube-nftproxy
make_machine

of() { # of PROPERTY [UNIT] - as systemd knows it
	in_machine systemctl show --value -p "$1" "${2:-$unit}"
}
is() { [ "$(of "$1")" = "$2" ]; } # is PROPERTY VALUE
rose() { [ "$(of "$1")" -ge "$2" ]; } # rose PROPERTY NUMBER
proc() { in_machine cat "/proc/$(of MainPID)/status" | awk -v key="$1:" '$1 == key {print $2}'; }
ctl() { in_machine systemctl "$@"; }
at() { in_machine stat -L -c "%u %g %a" "$1" 2>/dev/null; } # at PATH - owner, group and mode
came_back() { # came_back FORMER-PID - in one question: between two of them the unit may have changed, and has no process for a moment
	local now
	now=$(in_machine systemctl show -p ActiveState -p MainPID "$unit")
	grep -qx 'ActiveState=active' <<<"$now" && ! grep -qxE "MainPID=(0|$1)" <<<"$now"
}
ask_daemon() { in_machine kube-nftproxy "$@" >/dev/null 2>&1; }
ask_status_owned() { ! since 6.9 || in_machine kube-nftproxy status --output json | grep -q '"owned": *true'; }
ask_daemon_as_nobody() { in_machine setpriv --reuid 65534 --regid 65534 --clear-groups kube-nftproxy status >/dev/null 2>&1; }
journal_has() { # journal_has EXPRESSION - some entry of the unit, as e
	machine_journal -u $unit -o json | python3 -c 'import json, sys
sys.exit(not any(eval(sys.argv[1]) for e in map(json.loads, sys.stdin)))' "$1" 2>/dev/null
}
show_journal() { [ "$failed_cases" = 0 ] || machine_journal -u $unit | sed 's/^/    # /'; }
options() { echo "KUBE_NFTPROXY_OPTS=\"--hostname-override $node_name $*\"" >"$machine/etc/default/$unit"; }
drop_in() { # drop_in NAME LINE... - none: it goes
	local file=$machine/etc/systemd/system/$unit.service.d/$1.conf
	shift
	mkdir -p "${file%/*}"
	if [ $# -gt 0 ]; then printf '%s\n' "[Service]" "$@" >"$file"; else rm "$file"; fi
	[ -z "$machine_pid" ] || ctl daemon-reload
}
unit_of_ours() { # unit_of_ours NAME LINE... - another service of the machine, started with it
	local name=$1
	shift
	printf '%s\n' "[Unit]" "[Service]" "$@" "[Install]" "WantedBy=multi-user.target" >"$machine/etc/systemd/system/$name.service"
}
served() {
	for family in ${NETNS_FAMILIES:-4 6}; do
		expect_answer "$how: a Service is served" client tcp "$(vip 1)" 80 pod1
	done
	family=4
}

{ node; service web 1 "http:tcp:80:30080"; slices web "http:tcp:8080" pod1; } | write web.yaml
chmod -R a+rX "$manifests"
mkdir "$machine/etc/$unit" && mount --bind "$manifests" "$machine/etc/$unit" || die "no manifests"
from_manifests="--manifests /etc/$unit --cluster-cidr $cluster_cidr"
options "$from_manifests"
# This unit records whether the rules are installed when it is started.
unit_of_ours kubelet Type=oneshot RemainAfterExit=yes ExecStart="/bin/sh -c 'exec nft list tables >/var/lib/kubelet-saw'"
unit_of_ours kube-proxy ExecStart="/bin/sleep infinity"
kubelet_saw_rules() { [ "$(grep -c " $unit$" "$machine/var/lib/kubelet-saw")" = 2 ]; }
systemctl --root="$machine" -q enable $unit kubelet 2>/dev/null || die "the unit cannot be enabled"

how=boot
boot_machine
check "$how: active with the machine" is ActiveState active
check "$how: at the first try" is NRestarts 0
check "$how: it said READY itself" is StatusText "Rules are installed."
check "$how: kubelet starts later, with rules in force" kubelet_saw_rules
check "$how: the settings that the daemon may not write" \
	test "$(in_ns node cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close_wait)" = 3600
modules() { in_machine env SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console /lib/systemd/systemd-modules-load 2>&1; }
modules_are_loaded() { modules | grep -q "apply: /usr/local/lib/modules-load.d/$unit.conf"; }
check "$how: its list of modules is read" modules_are_loaded
served
steady_start

uid=$(of UID)
check "rights: a user for the time being" test "$uid" -ge 61184 -a "$uid" -le 65519
check "rights: its process is that" test "$(proc Uid)" = "$uid"
check "rights: CAP_NET_ADMIN alone" test "$(proc CapEff) $(proc CapBnd)" = "0000000000001000 0000000000001000"
check "rights: the last to go when memory is short" is OOMScoreAdjust -999
no_core() { in_machine grep -q '^Max core file size  *0  *0 ' "/proc/$(of MainPID)/limits"; }
check "rights: no core file" no_core
check "rights: no way to more, and a filter of system calls" test "$(proc NoNewPrivs) $(proc Seccomp)" = "1 2"
# Paths that only root could write if the process ran as root.
writable() {
	in_machine nsenter -t "$(of MainPID)" -m -w -- sh -c "for p in / /etc /usr /var /var/lib /run /run/lock /dev/shm /run/$unit /var/lib/$unit; do
		! touch \$p/x 2>/dev/null || { echo \$p; rm \$p/x; }; done"
}
check "rights: two directories can be written, and nothing else" test "$(writable | tr '\n' ' ')" = "/run/$unit /var/lib/$unit "
judged_well() { in_machine systemd-analyze security --no-pager --threshold=17 $unit.service >/dev/null; }
check "rights: as systemd judges it" judged_well
check "rights: the state's directory" test "$(at /var/lib/$unit)" = "$uid $uid 700"
check "rights: the socket's directory" test "$(at /run/$unit)" = "$uid $uid 750"

check "asking: status" ask_daemon status
check "asking: nothing differs" ask_daemon diff
check "asking: explain" ask_daemon explain default/web
refute "asking: not for everybody" ask_daemon_as_nobody

check "journal: entries with their fields" journal_has '(e.get("NFTPROXY_MOD") == "sync" and int(e["NFTPROXY_SERVICES"]) >= 1
	and e["PRIORITY"] == "6" and len(e["MESSAGE_ID"]) == 32)'
check "journal: sent as such, by that user" journal_has "e['_TRANSPORT'] == 'journal' and e['_UID'] == '$uid'"

how=reload
pid=$(of MainPID)
check "$how: it can" ctl reload $unit
read_again() { journal_has '"msg=reloaded" in e["MESSAGE"]'; }
check "$how: the daemon is told" wait_until 50 read_again
check "$how: and goes on" test "$(of ActiveState) $(of MainPID)" = "active $pid"

how=restart
before=$(ruleset)
load_start client tcp "$(vip 1)" 80
check "$how: it can" ctl restart $unit
check "$how: another process" came_back "$pid"
load_stop
check "$how: no connection failed" load_only_answers
check "$how: the rules are the same" test "$(ruleset)" = "$before"

how="another configuration"
mkdir "$machine/etc/proxy"
period() { # period DURATION - the configuration file with that nftables.syncPeriod
	printf '%s\n' "apiVersion: kubeproxy.config.k8s.io/v1alpha1" "kind: KubeProxyConfiguration" "clusterCIDR: $cluster_cidr" \
		"kubeNftproxy: {manifests: /etc/$unit}" "nftables: {syncPeriod: $1}" >"$machine/etc/proxy/new"
	mv "$machine/etc/proxy/new" "$machine/etc/proxy/config.conf"
}
has_period() { in_ns node curl -s --max-time 5 http://127.0.0.1:10249/configz | grep -q "\"syncPeriod\": *\"$1\""; }
settled() { is ActiveState active && is StatusText "Rules are installed."; }
period 30s
options --config /etc/proxy/config.conf
ctl restart $unit
pid=$(of MainPID)
started=$(of ExecMainStartTimestampMonotonic)
load_start client tcp "$(vip 1)" 80
for seconds in 31 32; do
	period ${seconds}s
	check "$how: it is in force" wait_until 150 has_period ${seconds}s
	check "$how: ready again" wait_until 100 settled
	check "$how: the same process" test "$(of MainPID) $(of NRestarts) $(of ExecMainStartTimestampMonotonic)" = "$pid 0 $started"
	check "$how: with the same rights" test "$(proc CapEff) $(proc CapPrm) $(proc CapAmb) $(proc NoNewPrivs)" = \
		"0000000000001000 0000000000001000 0000000000000000 1"
done
period for-ever
cannot_be_used() { journal_has 'e["PRIORITY"] == "4" and "nftables.syncPeriod" in e["MESSAGE"]'; }
check "$how: one with an error is named" wait_until 100 cannot_be_used
period 33s
sleep 0.5
check "$how: reload has it used at once" ctl reload $unit
check "$how: and it is" wait_until 20 has_period 33s
check "$how: the reload has ended" wait_until 100 is ActiveState active
check "$how: the unit was never restarted" test "$(of MainPID) $(of NRestarts)" = "$pid 0"
load_stop
check "$how: no connection failed" load_only_answers
check "$how: the rules are the same" test "$(ruleset)" = "$before"
check "$how: nothing differs" ask_daemon diff
check "$how: the tables are owned" ask_status_owned
options "$from_manifests"
ctl restart $unit

how=crash
crashes=0
for signal in KILL TERM; do
	pid=$(of MainPID)
	in_machine kill -$signal "$pid"
	check "$how: SIG$signal, and the rules stand" test "$(ruleset)" = "$before"
	served
	check "$how: it is started anew" wait_until 100 came_back "$pid"
	check "$how: by systemd" is NRestarts $((crashes += 1))
	check "$how: the rules are the same" test "$(ruleset)" = "$before"
	check "$how: nothing differs" ask_daemon diff
done

how=watchdog
check "$how: it is armed" is WatchdogUSec 1min
seconds=$((4 * ${NETNS_SLOW:-1}))
drop_in watchdog WatchdogSec=${seconds}s
ctl restart $unit
pid=$(of MainPID)
since_us=$(of ActiveEnterTimestampMonotonic)
check "$how: a loop that runs says so" wait_until $((seconds * 50)) rose WatchdogTimestampMonotonic $((since_us + seconds * 1500000))
check "$how: and is left alone" test "$(of MainPID) $(of NRestarts)" = "$pid 0"
in_machine kill -STOP "$pid"
check "$how: one that hangs is ended, and started anew" wait_until $((seconds * 50)) came_back "$pid"
watchdog_did_it() { machine_journal -u init.scope -u $unit | grep -q "Failed with result 'watchdog'"; }
check "$how: for that reason" watchdog_did_it
check "$how: the rules are the same" test "$(ruleset)" = "$before"
drop_in watchdog

how=stop
ctl start $unit
check "$how: it can" ctl stop $unit
check "$how: it ends well" test "$(of ActiveState) $(of Result) $(of ExecMainStatus)" = "inactive success 0"
check "$how: the rules stand" test "$(ruleset)" = "$before"
served
check "$how: no socket is left" test -z "$(at /run/$unit)"
check "$how: the state's directory is" test -n "$(at /var/lib/$unit)"

# The kubeconfig does not exist yet, as on a node that is being set up: systemd tries again without a limit.
how="a kubeconfig that comes late"
drop_in quick RestartSec=50ms
options --kubeconfig /etc/kubernetes/proxy.conf
refute "$how: it does not start" ctl start $unit 2>/dev/null
check "$how: it is tried again and again" wait_until 300 rose NRestarts 12
served
options "$from_manifests"
check "$how: then it starts by itself" wait_until 100 is ActiveState active
drop_in quick

how="another proxy"
ctl start kube-proxy
check "$how: only one of them runs" wait_until 100 is ActiveState inactive
check "$how: the rules stand" test "$(ruleset)" = "$before"
ctl start $unit
only_ours() { [ "$(of ActiveState kube-proxy) $(of ActiveState)" = "inactive active" ]; }
check "$how: only the other runs" wait_until 100 only_ours

# A kubeconfig that only root can read.
how=credential
steady_end
ctl stop $unit
start_api_server
mkdir "$machine/etc/kubernetes" && install -m 600 "$work/kubeconfig" "$machine/etc/kubernetes/proxy.conf" || die "no kubeconfig"
put web 1 pod1
options --cluster-cidr "$cluster_cidr" --kubeconfig /run/credentials/$unit.service/kubeconfig
drop_in credential LoadCredential=kubeconfig:/etc/kubernetes/proxy.conf
check "$how: it starts" ctl start $unit
check "$how: rules of what the server says" ask_daemon diff
served
uid=$(of UID)
check "$how: it stops" ctl stop $unit
check "$how: the state is saved, for that user" test "$(at /var/lib/$unit/state)" = "$uid $uid 600"

how="boot without the API server"
show_journal
tell POST /stop
halt_machine
in_ns node nft flush ruleset
rm "$machine/var/lib/kubelet-saw"
boot_machine
check "$how: active with the machine" is ActiveState active
check "$how: kubelet starts later, with rules in force" kubelet_saw_rules
served
check "$how: nothing is an error" test -z "$(machine_journal -b -u $unit -p err)"

show_journal
finish
