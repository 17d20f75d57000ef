#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# In a user namespace no process may raise socket buffers: a small ruleset still works. One that is too large for the
# buffer fails with a message that says so, and the installed rules stay.
. "$(dirname "$0")/lib.sh"

if [ "$(cat /proc/self/uid_map | awk '{print $3; exit}')" = 4294967295 ] && [ -z "${SMALL_BUFFERS-}" ]; then
	# Real root: once more, in a user namespace.
	unshare --user --map-root-user true 2>/dev/null || skip_all "user namespaces are not allowed here"
	export SMALL_BUFFERS=1
	unset NETNS_SANDBOX
	exec unshare --map-root-user bash "$0"
fi
grep -q . /proc/sys/net/core/wmem_max 2>/dev/null && wmem=$(cat /proc/sys/net/core/wmem_max)

service web 1 ":tcp:80" | write web.yaml
must_start
settle
check "a small ruleset works without raised buffers" test -n "$(ruleset)"
before=$(ruleset)

many() { # many COUNT: Services as a List of one line each, for speed
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\nspec: {clusterIP: 10.%d.%d.%d, ports: [{port: 80, protocol: TCP}]}\n", i, 97 + int(i / 64000), int(i / 250) % 256, i % 250 + 1
	}'
}
log_forget
many 150000 | write many.yaml
said() { log_says 'level=error.*(buffer|wmem|large|big)'; }
served() { in_ns node nft get element ip kube-nftproxy cluster-ips '{ 10.99.87.250 }' >/dev/null 2>&1; }
settled() { said || served; }
wait_until 150 settled
if served; then
	pass "a batch of 150,000 Services fits in what this kernel allows (${wmem:-unknown} bytes)"
else
	check "a batch that is too large is named as such" said
	check "what stood still stands" test "$(ruleset)" = "$before"
	rm "$manifests/many.yaml"
	settle
	pass "with less to say all is well again"
fi
finish
