#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --cleanup removes our tables and nothing else; the tables of others are never touched. Rows Y16, K3.
. "$(dirname "$0")/lib.sh"

service web 1 ":tcp:80" | write web.yaml
in_ns node nft -f - <<-NFT
table ip kube-nftproxy-not-ours {
	set mine { type ipv4_addr; elements = { 192.0.2.1 }; }
}
table inet filter {
	chain input { type filter hook input priority 0; tcp dport 1 drop; }
}
table ip6 kube-proxy { }
NFT
others() { in_ns node nft -s list ruleset | awk '/^table/ {ours = $3 ~ /^kube-nftproxy(-saved|-lock|-2)?$/} !ours'; }
before=$(others)
must_start
check "K3 a start touches no table of others" test "$(others)" = "$before"
settle
steady_end # without our tables nothing is translated any more
stop_daemon
in_ns node nft add table ip kube-nftproxy-saved # as a run with a saved state leaves it
in_ns node nft add table ip6 kube-nftproxy-2 # as a run that was killed during an upgrade leaves it
check "Y16 --cleanup ends well" in_ns node "$DAEMON" --cleanup 2>>"$daemon_log"
refute "Y16 the IPv4 table is gone" in_ns node nft list table ip kube-nftproxy 2>/dev/null
refute "Y16 the IPv6 table is gone" in_ns node nft list table ip6 kube-nftproxy 2>/dev/null
check "Y16 no table of ours is left" test -z "$(in_ns node nft list tables | grep -E 'kube-nftproxy(-saved|-lock|-2)?$')"
check "Y16 tables of others are untouched" test "$(others)" = "$before"
nameless() { # nameless COMMAND... - where the host name can be no node's
	# shellcheck disable=SC2016 # for that shell
	in_ns node unshare --uts -- sh -c 'echo "(none)" >/proc/sys/kernel/hostname && exec "$@"' sh "$@"
}
check "Y16 --cleanup with nothing to remove ends well" nameless "$DAEMON" --cleanup 2>>"$daemon_log"
refute "a start needs a name" nameless "$DAEMON" --manifests "$manifests" 2>>"$daemon_log"
refute "Y16 --cleanup without the right to fails" \
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin nsenter --net=/run/netns/node -- "$DAEMON" --cleanup 2>>"$daemon_log"
finish
