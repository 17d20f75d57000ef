#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# With CAP_NET_ADMIN and nothing else, as a user that is not root and may write only in two directories: as the unit
# and the DaemonSet run the daemon.
. "$(dirname "$0")/lib.sh"

for program in setpriv setcap; do
	command -v $program >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
[ "$(cat /proc/self/uid_map | wc -l)" = 1 ] && [ "$(awk '{print $3}' /proc/self/uid_map)" -gt 65532 ] ||
	{ echo "skipped: there is no user but root here"; exit 77; }

# Copies: the other user may not enter the folder that the program was built in.
plain=$work/bin/plain state=$work/state run=$work/run
user=(--reuid 65532 --regid 65532 --clear-groups)
mkdir -p "$state" "$run" "$work/bin"
chown 65532:65532 "$state" "$run"
chmod 755 "$work" "$work/bin"
cp "$DAEMON" "$plain"
cp "$DAEMON" "$work/bin/kube-nftproxy"
setcap cap_net_admin=ep "$work/bin/kube-nftproxy" || { echo "skipped: no file capabilities here"; exit 77; }
unit=$work/bin/kube-nftproxy.service
cp "$netns_here/../../contrib/systemd/kube-nftproxy.service.in" "$unit"
cp "$netns_here/as-in-the-unit.py" "$work/bin/filter"
# The unit's system call filter, if systemd and libseccomp can print it.
filter=("$work/bin/filter" "$unit")
"${filter[@]}" /bin/true >/dev/null || filter=()
cat >"$work/bin/as-in-the-unit" <<-SH
	#!/bin/bash
	# As systemd does it: an ambient capability, its filter of system calls, and a file system that cannot be written.
	chmod a+w "\$NOTIFY_SOCKET"
	exec unshare -m bash -c '
		mount --bind "\$0" "\$0" && mount --bind "\$1" "\$1" || exit 99
		for place in / /run /tmp /dev/shm; do mount -o remount,bind,ro \$place 2>/dev/null; done
		shift
		exec "\$@"' "$state" "$run" setpriv ${user[*]} --inh-caps -all,+net_admin --ambient-caps -all,+net_admin \
		--bounding-set -all,+net_admin --no-new-privs ${filter[*]} "$plain" "\$@"
SH
cat >"$work/bin/as-in-the-image" <<-SH
	#!/bin/bash
	# As a container runtime does it: the program has it, the bounding set lets it.
	chmod a+w "\$NOTIFY_SOCKET"
	exec setpriv ${user[*]} --inh-caps -all --bounding-set -all,+net_admin "$work/bin/kube-nftproxy" "\$@"
SH
chmod 755 "$work/bin/"*
chmod -R a+rX "$manifests"

status_of() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$daemon_pid/status"; }

{
	node
	service web 1 "http:tcp:80:30080" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31000"
	slices web "http:tcp:8080" pod1
} | write web.yaml
chmod a+r "$manifests"/*

for how in as-in-the-unit as-in-the-image; do
	DAEMON=$work/bin/$how
	default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "$state" --control-socket "$run/control.sock")
	must_start
	check "$how: not root" test "$(status_of Uid)" = 65532
	check "$how: CAP_NET_ADMIN alone" test "$(status_of CapEff)" = 0000000000001000
	if [ $how = as-in-the-unit ] && [ ${#filter[@]} -gt 0 ]; then
		check "$how: its filter of system calls" test "$(status_of Seccomp)" = 2
		check "$how: a file system that cannot be written" bash -c '! nsenter --mount="/proc/$0/ns/mnt" touch /etc/x /run/x 2>/dev/null' "$daemon_pid"
	fi
	check "$how: and no way to more" test "$(status_of CapBnd)" = 0000000000001000
	for family in ${NETNS_FAMILIES:-4 6}; do
		expect_answer "$how: a Service is served" client tcp "$(vip 1)" 80 pod1
	done
	family=4
	check "$how: it is healthy, and says so over its socket" in_ns node "$plain" status --control-socket "$run/control.sock"
	check "$how: nothing differs" in_ns node "$plain" diff --control-socket "$run/control.sock"
	# Who has no privilege in the node's network namespace, be it the daemon's user or another one.
	before=$(ruleset)
	for uid in 65532 65533; do
		for command in "flush ruleset" "delete table ip kube-nftproxy" "flush map ip kube-nftproxy services" \
			"add table ip kube-nftproxy-lock" "add table ip other"; do
			# shellcheck disable=SC2086 # words of nft
			refute "$how: user $uid may not $command" in_ns node setpriv --reuid $uid --regid $uid --clear-groups \
				--inh-caps -all --bounding-set -all nft $command 2>"$work/refused"
			check "$how: the kernel says so" grep -q 'Operation not permitted' "$work/refused"
		done
	done
	check "$how: the rules are as before" test "$(ruleset)" = "$before"
	check "$how: a health check node port" wait_until 50 test "$(in_ns client curl -s -o /dev/null -w '%{http_code}' "http://$(addr node):31000/")" = 200
	service web 1 "http:tcp:80:30080" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31000" >"$work/one"
	{ node; cat "$work/one"; slices web "http:tcp:8080" pod2; } | write web.yaml
	chmod a+r "$manifests"/*
	moved() { [[ "$(ask client tcp "$(vip 1)" 80)" = pod2* ]]; }
	check "$how: changes arrive" wait_until 100 moved
	refute "$how: nothing is an error" log_says 'level=error'
	stop_daemon
	{ node; cat "$work/one"; slices web "http:tcp:8080" pod1; } | write web.yaml
	chmod a+r "$manifests"/*
done
# Files that a killed daemon left behind, which ran as root.
rm -f "$run/control.sock"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$run/control.sock"
chmod 660 "$run/control.sock"
must_start
check "a socket that may not be asked: it says so" log_says 'level=warn .*control\.sock: it belongs to another user, .*Permission denied'
refute "a socket that may not be asked: and not that somebody listens" log_says 'another process listens'
stop_daemon
finish
