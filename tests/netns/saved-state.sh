#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A start without an API server: the daemon installs rules from the saved state, unless they might be older than the
# installed ones, or the file is damaged, too old or not ours. Rows Y1, Y13, Y25, Y27.
. "$(dirname "$0")/lib.sh"

start_api_server
steady_wanted="" # its Service would be a manifest
daemon_source=(--kubeconfig "$work/kubeconfig")
state=$work/state
must_start_here() { must_start --state-dir "$state" --control-socket "$work/control.sock" "$@"; }
tells() { # tells EXIT-STATUS PATTERN ARGUMENT... - the answer over the control socket, or the complaint
	local wanted=$1 pattern=$2 status
	shift 2
	in_ns node "$DAEMON" "$@" --control-socket "$work/control.sock" >"$work/answer" 2>&1
	status=$?
	[ "$status" = "$wanted" ] && grep -Eq -- "$pattern" "$work/answer" || { cat "$work/answer"; return 1; }
}
gone() { ! in_ns node nft get element ip kube-nftproxy cluster-ips "{ $(family=4 vip "$1") }" >/dev/null 2>&1; }
marked() { in_ns node nft list table ip kube-nftproxy-saved >/dev/null 2>&1; }
is_saved() { [ -s "$state/state" ] && [ ! -e "$state/state.behind" ] && marked; }
saved_time() { od -An -j21 -N4 --endian=big -tu4 "$state/state" | tr -d ' '; }
reboot_rules() { in_ns node nft flush ruleset; } # no table of ours, as after a start of the machine

put web 1 pod1
must_start_here
check "what was listed is saved, soon" wait_until 40 is_saved
check "for nobody else to read" test "$(stat -c %a "$state" "$state/state" | tr '\n' ' ')" = "700 600 "

put late 2 pod2
one_more() { check "a change is there at once" wait_until 10 reaches 2 pod2; }
each_family one_more
refute "and is not saved at once: there is no mark" marked
check "a stop ends well" stop_daemon
check "and saves it" is_saved
after=$(ruleset)

# The machine starts, the API server does not.
tell POST /stop
reboot_rules
log_forget
begin=$(now_ms)
must_start_here
check "Y1 no server, no rules: nothing is waited for" test $(($(now_ms) - begin)) -lt 3000
from_state() {
	check "Y1 no server, no rules: they come from the saved state" wait_until 10 reaches 1 pod1
	check "Y1 with what changed last" wait_until 10 reaches 2 pod2
}
each_family from_state
check "Y1 they are the same" test "$(ruleset)" = "$after"
check "status: serving, but from the saved state" tells 1 '^Serving, but requests to the API server have failed for [0-9]+ s; the rules are' status
check "status: rules are from the saved state" tells 1 '^            from what was saved [0-9]+ s ago, until the API server answers$' status
check "status: the server was never heard" tells 1 '^Objects +[0-9]+ Service +never heard of$' status
check "status: what is wrong" tells 1 '^Errors +for [0-9]+ s: services[:,]' status
check "the age counts from the start" bash -c 'nsenter --net=/run/netns/node curl -s http://127.0.0.1:10249/metrics | grep -Eq "^kube_nftproxy_watch_age_seconds.kind=.Service.. [0-9]"'
check "explain knows what was saved" tells 0 '^default/web: serves: 1 of 1 endpoint$' explain web
check "Y1 the log says so, and how old it is" log_says 'using the saved state until it does.* age_s=[0-9]+ objects=6 services=2'
stop_daemon
must_start_here --own-tables=false
in_ns node nft delete table ip kube-nftproxy
mended() { test "$(ruleset)" = "$after"; }
check "Y1 what somebody breaks is put right meanwhile" wait_until 30 mended

# A server that is there but never answers is waited for a little.
stop_daemon
tell POST /start
tell POST /fault '{"fault": "hang"}'
reboot_rules
begin=$(now_ms)
must_start_here
check "Y1 a silent server, no rules: one second" test $(($(now_ms) - begin)) -lt 4000
each_family from_state
stop_daemon
tell POST /stop
tell POST /heal
must_start_here --own-tables=false
# The API server is back, with another state.
put web 1 pod3
tell DELETE /objects/services/default/late
tell POST /start
returned() { check "Y1 the server is back: its word counts" wait_until 100 reaches 1 pod3; }
each_family returned
check "Y1 and replaces everything" wait_until 30 gone 2
check "Y1 the log says so" wait_until 20 log_says 'its objects replace the saved state'
check "it is saved" wait_until 150 is_saved
now=$(ruleset)

# Rules are installed and the saved state is the newest: no rule changes, and the start succeeds.
stop_daemon
tell POST /stop
log_forget
must_start_here --own-tables=false # as those are that stand
check "Y1 rules stand: the same are made" log_says 'msg="first sync".* added=0 deleted=0'
check "Y1 and are the same" test "$(ruleset)" = "$now"

# The installed rules may be newer than the saved state.
stop_daemon
must_start_here
now=$(ruleset)
stop_daemon KILL
touch "$state/state.behind"
log_forget
NETNS_START_SECONDS=7 refute "Y1 rules stand that may be newer: they stay" start_daemon --state-dir "$state" --control-socket "$work/control.sock"
check "Y1 as they are" test "$(ruleset)" = "$now"
check "Y1 the log says so" log_says 'leaving the rules as they are'
check "status: nothing is claimed of them" tells 2 '^Tables +those of an earlier run' status
check "explain: not known yet is not unknown" tells 2 '^default/web: Services unknown' explain web
check "diff: there is nothing to compare with yet" tells 2 'no rules have been made since the start' diff
if since 6.9; then
	refute "Y13 and nobody else can take them away meanwhile" in_ns node nft delete table ip kube-nftproxy 2>/dev/null
	in_ns node nft flush ruleset
	check "Y13 flush ruleset passes them by" test "$(ruleset)" = "$now"
fi
stop_daemon KILL
NETNS_START_SECONDS=7 refute "Y1 without owning them they stay, too" start_daemon --state-dir "$state" --own-tables=false
reboot_rules
again() { check "Y1 until they are gone" wait_until 30 reaches 1 pod3; }
each_family again
stop_daemon
rm "$state/state.behind"

# The mark that tells this is in the kernel, not beside the file: the directory may be one that cannot be written any more.
put web 1 pod1
tell POST /start
must_start_here
check "a new state is saved" wait_until 150 is_saved
mount --bind "$state" "$state" && mount -o remount,bind,ro "$state" || die "the directory cannot be made read-only"
put web 1 pod2
newer() { check "Y25 the directory is read-only: a change is there" wait_until 100 reaches 1 pod2; }
each_family newer
now=$(ruleset)
stop_daemon KILL
tell POST /stop
log_forget
NETNS_START_SECONDS=7 refute "Y25 the directory is read-only: newer rules stay" start_daemon --state-dir "$state" --control-socket "$work/control.sock"
check "Y25 the directory is read-only: as they are" test "$(ruleset)" = "$now"
refute "Y25 the directory is read-only: there is no mark" marked
check "Y25 the directory is read-only: the log says so" log_says 'leaving the rules as they are'
check "Y25 status says why the saved state is not used" tells 2 'the saved state may be older than the rules' status
stop_daemon
umount "$state"
tell POST /start
must_start_here
check "it is saved again" wait_until 150 is_saved
check "and no rule is newer" stop_daemon
tell POST /stop
must_start_here
check "so it is used, although rules stand" log_says 'using the saved state'
# Rules that others make, such as those of manifests, are not those of the saved state.
stop_daemon
daemon_source=(--manifests "$manifests")
must_start
stop_daemon
daemon_source=(--kubeconfig "$work/kubeconfig")
log_forget
NETNS_START_SECONDS=7 refute "Y25 rules of another source stay" start_daemon --state-dir "$state"
stop_daemon
reboot_rules

# A saved state has an age limit.
aged() { # aged SECONDS - the state was saved so long ago
	python3 - "$state/state" "$1" <<-'PY'
	import hashlib, struct, sys, time
	data = bytearray(open(sys.argv[1], "rb").read()[:-32])
	data[17:25] = struct.pack(">q", int(time.time()) - int(sys.argv[2]))
	open(sys.argv[1], "wb").write(bytes(data) + hashlib.sha256(data).digest())
	PY
}
aged $((400 * 86400))
log_forget
NETNS_START_SECONDS=7 refute "Y25 a state of 400 days ago is not used" start_daemon --state-dir "$state" --control-socket "$work/control.sock"
check "Y25 a state of 400 days ago: no rule is made of it" test -z "$(ruleset)"
check "Y25 a state of 400 days ago: the log says so" log_says 'the saved state is too old.*age_s=345[0-9]+ limit_s=86400'
check "Y25 a state of 400 days ago: status says so" tells 1 'the saved state is too old: it was right 400 days ago' status
check "Y25 a state of 400 days ago: not healthy" bash -c 'nsenter --net=/run/netns/node curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:10256/healthz | grep -q 503'
stop_daemon
must_start_here --state-max-age 0
check "Y25 without a limit it is used" log_says 'using the saved state'
stop_daemon
reboot_rules
aged 90000
must_start_here --state-max-age 26h
check "Y25 within another limit it is used" log_says 'using the saved state'
stop_daemon
reboot_rules
# A quiet cluster's state is as good as the day before: its time moves on while the server is heard.
tell POST /start
must_start_here --state-max-age 8s
wait_until 150 is_saved || die "it is not saved"
first=$(saved_time)
moved_on() { tell POST /bookmark; [ "$(saved_time)" -gt $((first + 9)) ]; }
check "Y25 the time of a state without changes moves on" wait_until 400 moved_on
check "Y25 and the mark goes with it" marked
stop_daemon
tell POST /stop

# A file that cannot be used is ignored, and the log says why.
refused() { # refused TITLE REASON [OPTION...]
	local title=$1 reason=$2
	shift 2
	log_forget
	NETNS_START_SECONDS=7 start_daemon --state-dir "$state" "$@" && fail "$title" "it starts"
	check "$title: no rule is made of it" test -z "$(ruleset)"
	check "$title: the log says why" log_says "the saved state is unusable.*$reason"
	stop_daemon
}
cp "$state/state" "$work/good"
reboot_rules
printf 'X' | dd of="$state/state" bs=1 seek=100 conv=notrunc 2>/dev/null
refused "a damaged state" "its checksum is wrong"
head -c 200 "$work/good" >"$state/state"
refused "a state that is cut off" "damaged"
cp "$work/good" "$state/state"
refused "another node's state" "it was saved for node $node_name" --hostname-override somebody-else
rm "$state/state"
log_forget
NETNS_START_SECONDS=7 start_daemon --state-dir "$state" && fail "no state" "it starts"
check "no state: it waits" log_says "there is no saved state"
tell POST /start
check "and starts when the server does" wait_until 100 reaches 1 pod2
stop_daemon

# More elements than one step of the first sync has. Each step is a transaction, and has a generation of its own.
many() { # many COUNT - Services of both families, as JSON
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "%s{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"namespace\": \"default\", \"name\": \"s%d\"}, ", i ? "," : "[", i
			printf "\"spec\": {\"clusterIPs\": [\"10.97.%d.%d\", \"fd00:97::%x\"], ", i / 250, i % 250 + 1, i + 1
			printf "\"clusterIP\": \"10.97.%d.%d\", \"ipFamilies\": [\"IPv4\", \"IPv6\"], ", i / 250, i % 250 + 1
			printf "\"ports\": [{\"port\": 80, \"protocol\": \"TCP\"}]}}"
		}
		print "]"
	}' >"$work/many.json"
	tell POST /change "@$work/many.json"
}
# The number of the node's generation of nftables: each transaction adds one.
generation() {
	in_ns node python3 -c '
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_NETFILTER if hasattr(socket, "NETLINK_NETFILTER") else 12)
s.send(struct.pack("=IHHII4x", 20, 10 << 8 | 16, 1, 1, 0))  # NFT_MSG_GETGEN
print(struct.unpack(">I", s.recv(4096)[24:28])[0])  # NFTA_GEN_ID'
}
steps_start() { # steps_start - a start without a server; its transactions are counted
	local before
	before=$(generation)
	log_forget
	must_start_here
	wait_until 100 log_says 'msg="first sync"' || die "there was no first sync"
	n_steps=$(($(generation) - before))
}
must_start_here
many 1500
last() { in_ns node nft get element ip kube-nftproxy cluster-ips '{ 10.97.5.250 }' >/dev/null 2>&1; }
wait_until 100 last || die "the Services do not come"
wait_until 150 is_saved || die "they are not saved"
stop_daemon
is_saved || die "they are not saved"
after=$(ruleset)
tell POST /stop
reboot_rules
steps_start
check "Y1 many saved Services: the rules are made in steps ($n_steps)" test "$n_steps" -ge 4
check "Y1 many saved Services: they are the same" test "$(ruleset)" = "$after"
stop_daemon
steps_start
check "Y1 many saved Services, the rules are there: nothing is sent" log_says 'msg="first sync".* added=0 deleted=0 steps=0'
check "Y1 many saved Services, the rules are there: they are the same" test "$(ruleset)" = "$after"
stop_daemon

# The server comes back between the steps: sooner or later its state is there, whatever of the saved one is.
put web 1 pod1
tell DELETE /objects/services/default/s7
reboot_rules
log_forget
NETNS_START_SECONDS=0.01 start_daemon --state-dir "$state" --control-socket "$work/control.sock"
wait_until 100 log_says 'using the saved state' || die "the saved state is not used"
tell POST /start
comes_back() { check "Y1 the server comes back meanwhile: its word counts" wait_until 150 reaches 1 pod1; }
each_family comes_back
s7() { in_ns node nft get element ip kube-nftproxy cluster-ips '{ 10.97.0.8 }' >/dev/null 2>&1; }
refute "Y1 the server comes back meanwhile: what it lacks is not there" s7
check "Y1 the server comes back meanwhile: all else is" last
stop_daemon

# An object that cannot be read at a start: the server lists a bad version of it.
bad_web() {
	tell PUT /objects "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"web\", \"namespace\": \"default\"},
		\"spec\": {\"clusterIP\": \"$(family=4 vip 1)\", \"ports\": [{\"protocol\": \"TCP\", \"port\": 70000}]}}"
}
must_start --state-dir "$state" --control-socket "$work/control.sock"
check "it is saved once more" wait_until 150 is_saved
stop_daemon
bad_web
tell DELETE /objects/services/default/s8
log_forget
must_start_here
good() { check "Y27 a bad version at a start: the last good one is in force" wait_until 50 reaches 1 pod1; }
each_family good
check "Y27 a bad version at a start: the log says so" log_says 'objects are refused, using what was saved of their last good versions" objects=1 '
check "Y27 a bad version at a start: status names it" tells 1 'Service default/web' status
s8() { in_ns node nft get element ip kube-nftproxy cluster-ips '{ 10.97.0.9 }' >/dev/null 2>&1; }
refute "Y27 a bad version at a start: what was deleted is not there" s8
stop_daemon
reboot_rules
must_start_here
each_family good
put web 1 pod2
better() { check "Y27 a better version counts" wait_until 50 reaches 1 pod2; }
each_family better
stop_daemon

# The state directory cannot be written.
touch "$work/file"
log_forget
must_start --state-dir "$work/file/state"
check "a place that is none: the proxy works without" log_says 'nothing is saved.*cannot be made'
stop_daemon
kill "$server_pid"
finish
