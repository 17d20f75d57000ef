#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The API server's name resolves to several addresses. If one refuses connections or does not answer, the daemon tries
# the next, at the start and when the connection in use ends.
. "$(dirname "$0")/lib.sh"

printf 'hosts: files\n' >"$work/nsswitch.conf"
mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf || skip_all "this machine has no /etc/nsswitch.conf"
: >"$work/hosts"
mount --bind "$work/hosts" /etc/hosts || skip_all "this machine has no /etc/hosts"
known_as() { # known_as ADDRESS... - what the name leads to, in that order
	printf '%s api.test\n' "$@" >"$work/hosts"
}

start_api_server
sed -i 's|http://127\.0\.0\.1:|http://api.test:|' "$work/kubeconfig"
# 127.0.0.3 refuses, as no process listens there; 127.0.0.4 accepts connections and does not answer.
in_ns node nft -f - <<-NFT
table ip silence {
	chain input { type filter hook input priority 0; ip daddr 127.0.0.4 drop; }
}
NFT
daemon_source=(--kubeconfig "$work/kubeconfig")
endpoint() { # endpoint PART - the only one from now on
	tell PUT /objects "{\"kind\": \"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1\", \"metadata\": {\"name\": \"web-4\",
		\"namespace\": \"default\", \"labels\": {\"kubernetes.io/service-name\": \"web\"}}, \"addressType\": \"IPv4\",
		\"endpoints\": [{\"addresses\": [\"$(addr "$1")\"]}], \"ports\": [{\"name\": \"\", \"protocol\": \"TCP\", \"port\": 8080}]}"
}
tell PUT /objects "{\"kind\": \"Service\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"web\", \"namespace\": \"default\"},
	\"spec\": {\"clusterIP\": \"$(vip 1)\", \"clusterIPs\": [\"$(vip 1)\"], \"ipFamilies\": [\"IPv4\"],
	\"ports\": [{\"protocol\": \"TCP\", \"port\": 80}]}}"
endpoint pod1
steady_wanted="" # its Service would be a manifest

asks() { [[ "$(ask client tcp "$(vip 1)" 80 --timeout 300)" == "$1 saw "* ]]; }
starts() { # starts TITLE ADDRESS...
	local title=$1
	shift
	known_as "$@"
	NETNS_START_SECONDS=${NETNS_START_SECONDS:-30} must_start
	check "$title" wait_until 50 asks pod1
	stop_daemon
}
starts "the second address, when the first refuses" 127.0.0.3 127.0.0.1
starts "the second address, when the first is silent" 127.0.0.4 127.0.0.1
starts "the third address, when the first refuses and the second is silent" 127.0.0.3 127.0.0.4 127.0.0.1

# The address in use goes away while the daemon watches; another one leads to the server.
known_as 127.0.0.5 127.0.0.1
must_start
check "followed by its second address" wait_until 50 asks pod1
port=$(sed -nE 's|.*http://api.test:([0-9]+)".*|\1|p' "$work/kubeconfig")
in_ns node nft -f - <<-NFT
table ip silence {
	chain turn { type nat hook output priority -100; ip daddr 127.0.0.5 dnat to 127.0.0.1; }
	chain input { tcp dport $port ct original ip daddr 127.0.0.1 reject with tcp reset; }
}
NFT
tell POST /drop
endpoint pod2
check "the first address, when the second refuses" wait_until 150 asks pod2
kill "$server_pid"
finish
