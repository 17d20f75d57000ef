#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Manifests that became bad while no daemon ran: what they had stays in force. Row Y27.
. "$(dirname "$0")/lib.sh"

web() { # web PART - the Service web, and this endpoint of it
	service web 1 ":tcp:80"
	slices web ":tcp:8080" "$1"
}
late() {
	service late 2 ":tcp:80"
	slices late ":tcp:8080" "$1"
}
break_web() { head -c -40 "$manifests/web.yaml" >"$manifests/.web.new" && mv "$manifests/.web.new" "$manifests/web.yaml"; }
bad_web() { web pod1 | sed 's/port: 80}/port: 80000}/' | write web.yaml; }
state=$work/state
must_start_here() { must_start --control-socket "$work/control.sock" "$@"; }
tells() { # tells PATTERN
	in_ns node "$DAEMON" status --control-socket "$work/control.sock" >"$work/answer" 2>&1
	grep -Eq -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }
}
answers() { # answers NUMBER NAME
	[ "$(who client tcp "$(vip "$1")" 80)" = "$2" ]
}
gone() { ! in_ns node nft get element ip kube-nftproxy cluster-ips "{ $(family=4 vip "$1") }" >/dev/null 2>&1; }

# Nothing was saved: no rule is changed until the file can be read.
web pod1 | write web.yaml
late pod2 | write late.yaml
must_start_here
settle
before=$(ruleset)
stop_daemon
break_web
late pod3 | write late.yaml
log_forget
begin=$(now_ms)
must_start_here
check "Y27 a broken file, nothing saved: we are ready all the same, after a while" test $(($(now_ms) - begin)) -ge 5000
check "Y27 a broken file, nothing saved: all rules stay" test "$(ruleset)" = "$before"
stays() { expect_answer "Y27 a broken file, nothing saved: its Service works" client tcp "$(vip 1)" 80 pod1; }
each_family stays
check "Y27 the log names the file" log_says 'level=warn .*its last good objects are not known.*file=.*/web\.yaml'
check "Y27 status names the file, and what that means" tells 'web\.yaml cannot be read, and$|/web\.yaml cannot be read, and its last good'
check "Y27 status names what is wrong with it" tells 'Manifest .*/web\.yaml'
web pod3 | write web.yaml
mended() { check "Y27 when the file is mended, rules are made" wait_until 50 answers 1 pod3; }
each_family mended
check "Y27 of all files" wait_until 50 answers 2 pod3
settle
stop_daemon

break_web
must_start_here
rm "$manifests/web.yaml"
check "Y27 when the file is removed, so is its Service" wait_until 50 gone 1
check "Y27 and others are not" answers 2 pod3
stop_daemon
web pod1 | write web.yaml
must_start_here
settle
steady_end # its Service comes and goes with the tables from here on
stop_daemon
break_web
must_start_here --wait-for-manifests=false
check "Y27 with --wait-for-manifests=false the others are followed at once" wait_until 50 gone 1
check "Y27 and work" answers 2 pod3
stop_daemon
in_ns node nft flush ruleset
must_start_here
check "Y27 without rules nothing is waited for" answers 2 pod3
stop_daemon

# What was good last was saved: it is used, and the other files are followed.
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "$state" -v 2)
saved() { [ -s "$state/state" ] && in_ns node nft list table ip kube-nftproxy-saved >/dev/null 2>&1; }
web pod1 | write web.yaml
must_start_here
settle
check "what manifests had is saved" wait_until 150 saved
stop_daemon
break_web
late pod1 | write late.yaml
log_forget
must_start_here
restored() {
	expect_answer "Y27 a broken file: its Service works from what was saved" client tcp "$(vip 1)" 80 pod1
	expect_answer "Y27 a broken file: another file is followed" client tcp "$(vip 2)" 80 pod1
}
each_family restored
check "Y27 a broken file: the log says so" log_says 'level=warn .*using what was saved of their last good objects.* objects=3'
check "Y27 a broken file: status names it" tells 'Manifest .*/web\.yaml'
wait_until 150 saved || die "it is not saved again"
stop_daemon KILL
must_start_here
check "Y27 a broken file: and at the next start" answers 1 pod1
stop_daemon
in_ns node nft flush ruleset
must_start_here
check "Y27 a broken file: also if no rules are installed" answers 1 pod1
web pod2 | write web.yaml
check "Y27 a file that is mended is followed" wait_until 50 answers 1 pod2
settle
wait_until 200 saved || die "it is not saved again"

stop_daemon
bad_web
must_start_here
check "Y27 a bad version of a Service: the good one works" answers 1 pod1
check "Y27 a bad version of a Service: status names it" tells 'Service default/web'
{ service web 1 ":tcp:80" && echo "---"; } | write web.yaml
stop_daemon
rm "$manifests/web.yaml"
must_start_here
check "Y27 a file that was removed meanwhile: its Service is, too" gone 1
web pod2 | write web.yaml
settle
wait_until 200 saved || die "it is not saved again"

# Another file defines the Service now.
stop_daemon
break_web
{ late pod3 && web pod3; } | write late.yaml
must_start_here
check "Y27 another file defines the Service now: that counts" answers 1 pod3
{ late pod3 && web pod3; } | write web.yaml # the same objects, twice
late pod3 | write late.yaml
settle
wait_until 200 saved || die "it is not saved again"

# Rules that are newer than the saved state are not replaced by it.
mount --bind "$state" "$state" && mount -o remount,bind,ro "$state" || die "the directory cannot be made read-only"
web pod1 | write web.yaml
settle
check "it works" answers 1 pod1
stop_daemon
break_web
log_forget
must_start_here
check "Y27 the saved state is older than the rules: the rules stay" answers 1 pod1
check "Y27 the saved state is older than the rules: the log says so" log_says 'cannot be used.*it may be older than the rules'
stop_daemon
umount "$state"
finish
