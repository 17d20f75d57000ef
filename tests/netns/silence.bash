# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # the variables of lib.sh
# How long the event loop answers nothing, with many Services. Read after lib.sh.
most_ms=$((${SILENCE_MS:-150} * ${NETNS_SLOW:-1}))

# many PREFIX COUNT NET SPEC - Services with two endpoints; @ in SPEC is replaced by two numbers that differ for each
many() {
	awk -v name="$1" -v n="$2" -v net="$3" -v spec="$4" 'BEGIN {
		for (i = 0; i < n; i++) {
			own = spec
			gsub("@", int(i / 250) "." i % 250, own)
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s%d}\n", name, i
			printf "spec: {clusterIP: 10.%d.%d.%d, ports: [{port: 80, protocol: TCP}], %s\n", net, i / 250, i % 250 + 1, own
			printf "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
			printf "metadata: {name: %s%d-1, labels: {kubernetes.io/service-name: %s%d}}\n", name, i, name, i
			printf "addressType: IPv4\nports: [{name: \"\", port: 80, protocol: TCP}]\nendpoints:\n"
			printf "- {addresses: [10.%d.%d.%d]}\n- {addresses: [10.%d.%d.%d]}\n", net + 50, i / 250, i % 250 + 1, net + 51, i / 250, i % 250 + 1
		}
	}'
}
# silence TITLE COMMAND... - the command succeeds, and /livez is answered all the time
silence() {
	local title=$1 livez longest n
	shift
	: >"$work/livez"
	echo "$daemon_pid" >"$work/pid"
	nsenter --net=/run/netns/node -- python3 "$netns_here/livez.py" "$work/pid" 0.002 >"$work/livez" &
	livez=$!
	wait_until 300 [ -s "$work/livez" ] || die "/livez is not asked"
	check "$title" "$@"
	sleep 0.1
	kill $livez
	wait $livez
	read -r longest _ n < <(tail -n 1 "$work/livez")
	check "$title: /livez is answered within $most_ms ms ($longest ms, $n answers)" test "$longest" -le $most_ms -a "$n" -gt 8
}
