# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # work is lib.sh's
# A machine whose process 1 is a real systemd, sourced by unit.sh: this machine's /usr, for reading, with an /etc, /run and /var of
# its own, in PID, mount, IPC, UTS and cgroup namespaces of its own, and in the network of the part "node".
#
#   make_machine    its root file system is at $machine, /usr/local as `make install` leaves it
#   boot_machine    and process 1 runs
#   in_machine COMMAND...
#   halt_machine    as if it lost its power: /etc and /var stay for the next boot
#   end_machine     which happens by itself at the script's end: no process and no cgroup is left

machine=$work/machine
machine_pid=
machine_cgroup=
machine_unshare=
machine_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Of the units in this machine's systemd package only those that start a system. No other installed unit is started.
MACHINE_UNITS="sysinit.target basic.target multi-user.target sockets.target timers.target paths.target slices.target
local-fs.target local-fs-pre.target swap.target network-pre.target network.target network-online.target
shutdown.target umount.target final.target systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket"
# Units that would have effects outside of the namespaces.
MACHINE_LACKS="-sys_module,-sys_time,-sys_rawio,-syslog,-mac_admin,-mac_override,-wake_alarm"

make_machine() {
	local place
	for place in /lib/systemd/systemd /lib/systemd/systemd-journald /usr/bin/systemctl /usr/bin/journalctl; do
		[ -x $place ] || skip_all "$place is not there"
	done
	command -v setpriv make pgrep >/dev/null || skip_all "setpriv, make or pgrep is not installed"
	[ "$(awk '{sum += $3} END {printf "%d", sum}' /proc/self/uid_map)" -gt 65535 ] || skip_all "there is no user but root here"
	grep -q '^prefix = /usr/local$' "$top_builddir/Makefile" 2>/dev/null || skip_all "not a build for /usr/local"
	make_machine_cgroup
	make -s -C "$top_builddir" install DESTDIR="$work/installed" >"$work/install.log" 2>&1 || {
		sed 's/^/    # /' "$work/install.log"
		die "make install fails"
	}
	mkdir -p "$machine" && mount -t tmpfs -o mode=755 machine "$machine" || die "no root file system"
	mkdir -p "$machine"/{usr,etc/systemd/system,etc/default,run,root,proc,sys,dev} "$machine"/var/{lib,log,tmp,cache} || die "no root file system"
	mkdir -m 1777 "$machine/tmp"
	mount --bind /usr "$machine/usr" && mount -o remount,bind,ro "$machine/usr" || die "/usr cannot be mounted"
	for place in bin sbin lib lib32 lib64 libx32; do
		if [ -L "/$place" ]; then
			cp -P "/$place" "$machine/$place"
		elif [ -d "/$place" ]; then
			mkdir "$machine/$place" && mount --bind "/$place" "$machine/$place" && mount -o remount,bind,ro "$machine/$place"
		fi || die "/$place cannot be made"
	done
	mount --bind "$work/installed/usr/local" "$machine/usr/local" || die "/usr/local cannot be mounted"
	make_machine_units
	cp -P /etc/os-release /etc/ld.so.cache /etc/protocols /etc/services "$machine/etc/" 2>/dev/null
	printf '%s\n' "root:x:0:0:root:/root:/bin/sh" "nobody:x:65534:65534:nobody:/:/bin/false" >"$machine/etc/passwd"
	printf '%s\n' "root:x:0:" "systemd-journal:x:101:" "nogroup:x:65534:" >"$machine/etc/group"
	echo "passwd: files" >"$machine/etc/nsswitch.conf"
	echo 0123456789abcdef0123456789abcdef >"$machine/etc/machine-id"
}

make_machine_units() {
	local units=$work/units unit
	mkdir "$units" "$work/nothing" || die "no units"
	for unit in $MACHINE_UNITS; do
		cp "/lib/systemd/system/$unit" "$units/" || die "this systemd has no $unit"
	done
	mkdir "$units/sysinit.target.wants" "$units/sockets.target.wants"
	ln -s ../systemd-journald.service "$units/sysinit.target.wants/"
	ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket "$units/sockets.target.wants/"
	ln -s multi-user.target "$units/default.target"
	mount --bind "$units" "$machine/usr/lib/systemd/system" || die "no units"
	for unit in system-generators system-environment-generators; do
		[ ! -d "$machine/usr/lib/systemd/$unit" ] || mount --bind "$work/nothing" "$machine/usr/lib/systemd/$unit" ||
			die "generators of this machine would run"
	done
}

# A cgroup below our own, in the hierarchy of version 2, whether that is mounted here or not. To mount it in a cgroup namespace
# shows our own as its root, and leaves the hierarchy's options alone.
make_machine_cgroup() {
	mkdir "$work/cgroup" || die "no place for cgroups"
	unshare -C mount -t cgroup2 cgroup2 "$work/cgroup" 2>/dev/null || skip_all "no cgroups of version 2 here"
	machine_cgroup=$(mktemp -d "$work/cgroup/kube-nftproxy-test-XXXXXX" 2>/dev/null) || skip_all "we may make no cgroup"
	trap end_machine EXIT
}

boot_machine() {
	local seconds=$((60 * ${NETNS_SLOW:-1}))
	export -f machine_init machine_devices
	export machine machine_path MACHINE_LACKS
	(
		trap - EXIT
		echo 0 >"$machine_cgroup/cgroup.procs" &&
			exec nsenter --net=/run/netns/node -- unshare -m -p -u -i -C -f --kill-child bash -c machine_init
	) </dev/null >"$work/boot.log" 2>&1 &
	machine_unshare=$!
	machine_is_up() {
		[ -n "$machine_pid" ] || machine_pid=$(pgrep -P "$machine_unshare")
		[ -n "$machine_pid" ] && [[ "$(in_machine systemctl is-system-running 2>/dev/null)" = @(running|degraded) ]]
	}
	wait_until $((10 * seconds)) machine_is_up && return 0
	sed 's/^/    # /' "$work/boot.log"
	in_machine systemctl --no-pager list-jobs | sed 's/^/    # /'
	machine_journal | tail -n 30 | sed 's/^/    # /'
	die "systemd does not come up"
}

# Process 1 until it becomes systemd.
machine_init() {
	set -e
	cd "$machine"
	mkdir -p old
	hostname this-node
	mount -t proc proc proc
	# The kernel's settings are this machine's, except those of the network namespace.
	mount --bind proc/sys proc/sys
	mount -o remount,bind,ro proc/sys
	mount --bind proc/sys/net proc/sys/net
	mount -o remount,bind,rw proc/sys/net
	if [ -e proc/sysrq-trigger ]; then
		mount --bind proc/sysrq-trigger proc/sysrq-trigger
		mount -o remount,bind,ro proc/sysrq-trigger
	fi
	mount -t sysfs sysfs sys
	mount -t cgroup2 cgroup2 sys/fs/cgroup
	mount -o remount,bind,ro sys
	mount -t tmpfs -o mode=755 run run
	machine_devices
	pivot_root . old
	umount -l /old
	rmdir /old
	cd /
	# As on a machine that is not a container: systemd passes credentials by a mount in a child process.
	mount --make-rshared /
	exec setpriv --bounding-set "$MACHINE_LACKS" env -i container=test PATH="$machine_path" /lib/systemd/systemd
}

machine_devices() {
	local device
	mount -t tmpfs -o mode=755 dev dev
	while read -r device; do
		# shellcheck disable=SC2086 # words
		mknod -m 666 dev/$device
	done <<-DEVICES
		null c 1 3
		zero c 1 5
		full c 1 7
		random c 1 8
		urandom c 1 9
		tty c 5 0
	DEVICES
	mkdir dev/pts dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
	mount -t tmpfs shm dev/shm
}

in_machine() {
	nsenter -t "$machine_pid" -m -p -u -i -C -n -w -- env -i LC_ALL=C PATH="$machine_path" "$@" </dev/null
}

# shellcheck disable=SC2120 # the options are for the scripts to give
machine_journal() { # machine_journal [OPTION...]
	in_machine journalctl -q --no-pager "$@" 2>/dev/null
}

halt_machine() {
	[ -n "$machine_unshare" ] || return 0
	kill -KILL "$machine_unshare"
	wait "$machine_unshare" 2>/dev/null
	machine_unshare="" machine_pid=""
	wait_until 50 machine_leaves_no_process || die "processes of the machine are left"
}

machine_leaves_no_process() { grep -q '^populated 0$' "$machine_cgroup/cgroup.events"; }

end_machine() {
	halt_machine
	[ -z "$machine_cgroup" ] || wait_until 50 machine_leaves_no_cgroup || echo "# cgroups are left: $machine_cgroup"
	machine_cgroup=
}

machine_leaves_no_cgroup() {
	find "$machine_cgroup" -depth -type d -exec rmdir {} \; 2>/dev/null
	[ ! -e "$machine_cgroup" ]
}
