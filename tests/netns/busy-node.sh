#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Another program writes nftables all the time, into a table of its own. Starts, changes and restarts of ours do not wait
# for a quiet moment of its. Rows Y7, Y10, Y13.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

foreign=$(dirname "$PROBE")/foreign
[ -x "$foreign" ] || die "$foreign is not built"

# many SERVICES CLUSTER-IP-PREFIX ENDPOINT-PREFIX NAME - each with ten endpoints, which no packet ever reaches
many() {
	awk -v n="$1" -v ip="$2" -v endpoint="$3" -v name="$4" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s%d}\n", name, i
			printf "spec: {clusterIP: %s.%d.%d, ports: [{port: 80, protocol: TCP}]}\n", ip, i / 250, i % 250 + 1
			printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
			printf "metadata: {name: %s%d-1, labels: {kubernetes.io/service-name: %s%d}}\n", name, i, name, i
			printf "addressType: IPv4\nports: [{name: \"\", port: 80, protocol: TCP}]\nendpoints:\n"
			for (j = 0; j < 10; j++)
				printf "- {addresses: [%s.%d.%d]}\n", endpoint, j * 20 + i / 250, i % 250 + 1
		}
	}'
}

many "${BUSY_SERVICES:-10000}" 10.97 10.100 many | write many.yaml
turn=0
# 600 endpoints and that of the Service "mark" change in one file.
change() { # change POD
	turn=$((turn + 1))
	{ many 60 10.98 "10.$((101 + turn % 100))" changing && mark "$1"; } | write changing.yaml
}

within() { # within SECONDS TITLE COMMAND...
	local limit=$(($1 * 1000 * ${NETNS_SLOW:-1})) title=$2 begin clock_ms
	shift 2
	daemon_clock
	begin=$clock_ms
	until "$@"; do
		daemon_clock
		[ $((clock_ms - begin)) -lt $limit ] || { fail "$title" "not within $((limit / 1000)) s"; return 1; }
		sleep 0.01
	done
	pass "$title"
	daemon_clock
	echo "# $((clock_ms - begin)) ms"
}

first_sync() { log_says 'msg="?(first sync|verified)'; }
daemon_start() { # daemon_start OPTION... - without waiting for it
	log_forget
	NETNS_START_SECONDS=0.01 start_daemon "$@" || true
}

busy() { # busy OWN-TABLES COMMITS-PER-SECOND [OPTION]
	local what="--own-tables=$1${3:+ $3}, $2 commits a second" pid
	nsenter --net=/run/netns/node "$foreign" "$2" >"$work/foreign" &
	pid=$!
	change pod1
	daemon_start "--own-tables=$1" "${@:3}"
	within 20 "Y10 Y13 $what: a start" first_sync
	change pod2
	within 10 "Y7 Y13 $what: 600 endpoints change" reaches 9 pod2
	mark pod1 | write changing.yaml
	within 10 "Y7 Y13 $what: 60 Services go" reaches 9 pod1
	refute "Y13 $what: nobody else is said to have changed our tables" log_says 'changed by'
	stop_daemon
	daemon_start "--own-tables=$1" "${@:3}"
	within 20 "Y10 Y13 $what: a restart" first_sync
	change pod3
	within 10 "Y7 Y13 $what: a change after the restart" reaches 9 pod3
	stop_daemon
	kill $pid
	wait $pid
	check "Y13 $what: the other program was not refused" grep -q ' 0 failed' "$work/foreign"
	in_ns node nft flush ruleset
}

for own in true false; do
	for rate in ${BUSY_RATES:-1 20 100 1000}; do
		busy $own "$rate"
	done
done
busy false 100 --monitor-tables=false
finish
