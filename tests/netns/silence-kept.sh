#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Service of 40,000 front ends that the kernel refuses, or that cannot be planned: it stays as it is installed, while the daemon
# runs and at a restart. The event loop answers /livez all the time. Rows Y12, Y20, Y21.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/silence.bash"
. "$(dirname "$0")/monster.bash"
steady_wanted=""

refuse_file=$work/refuse
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 4)

# /livez is asked of the process in the file pid. It is that of the daemon from its first moment on, so that no answer is missed.
daemon_preloads refuse.so "REFUSE_FILE=$refuse_file" || skip_all "nothing can be preloaded into this daemon"
sed -i "2i echo \\$\\$ >$work/pid" "$DAEMON"

big() { # big ADDRESSES SLICES ENDPOINTS - a Service with 100 ports on its ClusterIP and on so many external addresses
	monster big 1 100 "$@"
}
restart() {
	stop_daemon
	log_forget
	NETNS_START_SECONDS=0.01 start_daemon || true
	wait_until 600 log_says 'msg="?(first sync|verified)'
}
silence_of_restart() { # silence_of_restart TITLE
	silence "Y12 $1: a restart" restart
	refute "Y12 $1: it is done in steps" log_says 'reading everything back|in one step'
	check "Y21 $1: what was there stays, and nothing is sent" log_says 'msg="first sync".* added=0 deleted=0 steps=0'
}
cannot_be_planned() { # cannot_be_planned TITLE
	silence_of_restart "$1"
	check "Y21 $1: it is named" log_says 'cannot be planned.*default/big'
}
refused() { # and tried again, after one second and after two more
	big 400 1 3 | write big.json
	wait_until 100 log_says 'kernel refused.*default/big' && sleep 4
}

many small 500 97 'sessionAffinity: None}' | write small.yaml
big 400 1 2 | write big.json
NETNS_START_SECONDS=60 must_start
silence_of_restart "40,000 front ends"
echo "EINVAL 10.100.0.3" >"$refuse_file" # an endpoint that the next version adds
silence "Y20 a new version is refused" refused
silence_of_restart "refused"
check "Y21 refused: it is named" log_says 'kernel refused.*default/big'
rm "$refuse_file"
stop_daemon
big 400 2 3000 | write big.json
cannot_be_planned "too many endpoints"
big 600 1 2 | write big.json
cannot_be_planned "over its limit"

# Another version arrives while parts of the one before it have been taken over.
restart_meanwhile() { # restart_meanwhile SECONDS COMMAND... - it writes the other version
	stop_daemon
	big 400 1 2 | write big.json
	log_forget
	NETNS_START_SECONDS=0.01 start_daemon || true
	wait_until 100 log_says 'listed.*kind=Service ' && sleep "$1"
	"${@:2}"
	wait_until 600 log_says 'msg="?(first sync|verified)'
}
other_version() { big "$@" | write big.json; }
rules_of_big() { in_ns node nft list map ip kube-nftproxy services | grep -c "198\.18\."; }
meanwhile() { # meanwhile TITLE RULES COMMAND... - so many rules are in force in the end
	local title=$1 rules=$2
	shift 2
	silence "Y12 $title during a restart" restart_meanwhile 0.4 "$@"
	check "Y21 $title during a restart: so many rules" wait_until 100 test_rules "$rules"
}
test_rules() { test "$(rules_of_big)" = "$1"; }
big 400 1 2 | write big.json
wait_until 300 test_rules 40000
meanwhile "too many endpoints" 40000 other_version 400 2 3000
meanwhile "over its limit" 40000 other_version 600 1 2
meanwhile "fewer addresses" 100 other_version 1 1 2
other_version 400 1 2
wait_until 300 test_rules 40000

# A refused Service asks for an address of the large one, and goes before it. The large one keeps it.
other_version 400 1 2
wait_until 300 test_rules 40000
stop_daemon
echo "EINVAL $(family=4 vip 1)" >"$refuse_file"
{ service web 1 "p0:tcp:1" 'externalIPs: ["198.18.0.1"]' | sed 's/2026-01-01/2020-01-01/' && slices web "p0:tcp:8080" pod1; } | write web.yaml
silence "Y12 a front end of a large Service that a refused one asks for: a restart" restart
check "Y21 it is said" log_says 'not kept.*service=default/web'
check "Y21 the large Service keeps it" wait_until 100 test_rules 40000
rm "$refuse_file"
remove web.yaml
meanwhile "deleted" 0 remove big.json
finish
