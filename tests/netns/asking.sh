#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# status, explain and diff: what they say about the daemon, a Service and the kernel's tables, and that packets agree
# with it.
. "$(dirname "$0")/lib.sh"
steady_wanted="" # the rules are broken on purpose

control=$work/control.sock
default_daemon_args=(--cluster-cidr "$cluster_cidr" --state-dir "" -v 2 --control-socket "$control" --own-tables=false)

asks() { # asks EXIT-STATUS ARGUMENT... - the answer is in $work/answer
	local wanted=$1 status
	shift
	in_ns node "$DAEMON" "$@" --control-socket "$control" >"$work/answer" 2>"$work/complaint"
	status=$?
	[ "$status" = "$wanted" ] || { cat "$work/answer" "$work/complaint"; echo "exit status $status"; return 1; }
}
says() { grep -Eq -- "$1" "$work/answer" || { cat "$work/answer"; return 1; }; }
complains() { grep -Eq -- "$1" "$work/complaint" || { cat "$work/complaint"; return 1; }; }
fits() { ! grep -nE '.{81}' "$work/answer"; }
plain() { ! grep -q $'\033' "$work/answer"; }
json() { # json EXPRESSION - of the answer as a
	json_holds a "$work/answer" "$1" || { cat "$work/answer"; return 1; }
}

check "nobody answers: exit status 2" asks 2 status
check "nobody answers: it says where" complains "no daemon answers at $control"

{
	node zone-a
	service web 1 "http:tcp:80:30080 more:udp:81" "externalTrafficPolicy: Local" "type: NodePort"
	slices web "http:tcp:8080 more:udp:9090" pod1 pod2,notready rpod1 rpod2,terminating
	service zoned 2 "http:tcp:80"
	slices zoned "http:tcp:8080" pod1,hint-zone=zone-a pod2,hint-zone=zone-b
	service half-hinted 10 "http:tcp:80"
	slices half-hinted "http:tcp:8080" pod1,hint-zone=zone-a pod2
	service open 11 "http:tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [everybody]"
	slices open "http:tcp:8080" pod1
	service crowd 12 "http:tcp:80"
	slice crowd-4 IPv4 crowd "http:tcp:8080" |
		awk '{ if ($0 == "endpoints: []") { print "endpoints:"; for (i = 0; i < 30; i++) printf "- {addresses: [10.245.0.%d], conditions: {ready: %s}}\n", i + 1, i < 5 ? "false" : "true" } else print }'
	service mistaken 3 "http:tcp:80"
	slices mistaken "htpp:tcp:8080" pod1
	service other 4 "http:tcp:80" | sed 's|^  namespace: default|&\n  labels: {service.kubernetes.io/service-proxy-name: other}|'
	service nobody 5 "http:tcp:80"
	service late 1 "http:tcp:80" | sed 's/2026-01-01/2026-02-02/; s/name: late/name: zlate/'
	service affine 6 "http:tcp:80" "sessionAffinity: ClientIP"
	slices affine "http:tcp:8080" pod1 pod2
	service balanced 8 "http:tcp:80:30088" "type: LoadBalancer" "externalTrafficPolicy: Local" "healthCheckNodePort: 31999"
	echo "status: {loadBalancer: {ingress: [{ip: 203.0.113.7, ipMode: Proxy}]}}"
	service walled 7 "http:tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [172.18.0.100/32]" "externalIPs: [203.0.113.1]"
	echo 'status: {loadBalancer: {ingress: [{ip: 203.0.113.9}]}}'
	slices walled "http:tcp:8080" pod1
} | write all.yaml
must_start
settle

# --- status
check "status: a Service has lost a front end, so 1" asks 1 status
check "status: it serves, but" says '^Serving, but 2 front ends are lost to other Services$'
check "status: version and node" says "^kube-nftproxy $("$DAEMON" --version | cut -d ' ' -f 2) on $node_name, up [0-9]+ s\$"
check "status: health" says '^Health +healthy; load balancers may use this node$'
check "status: where objects come from" says "^Source +$manifests\$"
check "status: the last sync" says '^Rules +last made [0-9]+ s ago, in [0-9.]+ ms; [0-9]+ times, 0 failed$'
check "status: objects" says '^Objects +[0-9]+ Service$'
check "status: nobody has interfered" says '^Repairs +none'
check "status: 80 columns" fits
check "status: no colour where there is no terminal" plain
check "status: as JSON" asks 1 status --output json
check "status: JSON" json 'a["healthy"] is True and a["verdict"] == "serving" and a["troubles"] == ["conflicts"] and a["syncs"]["total"] >= 1 and a["tables"]["owned"] is False and a["refused"] == 0'
check "status: JSON has the form of its schema" json_fits status "$work/answer"
check "status: /statusz says the same" bash -c 'nsenter --net=/run/netns/node curl -s http://127.0.0.1:10249/statusz | grep -q "^Health  *healthy"'
check "the socket is for its user and group alone" test "$(stat -c %a "$control")" = 660

# --- explain
check "explain: a Service" asks 0 explain web
check "explain: its verdict comes first" says '^default/web: serves: 2 of 4 endpoints$'
check "explain: its policies" says 'externalTrafficPolicy Local'
check "explain: ready and here" says "^  \* 10\.244\.1\.11:8080 +used +used\$"
check "explain: not ready" says "^  \* 10\.244\.1\.12:8080 +not-ready +not-ready\$"
check "explain: on another node" says "^    10\.244\.2\.11:8080 +used +other-node\$"
check "explain: on which node" says '^      on node '
check "explain: terminating" says "^    10\.244\.2\.12:8080 +terminating +other-node\$"
check "explain: the ClusterIP's list" says '^      the list for Cluster, 2 endpoints$'
check "explain: the node port's lists" says '^      all others: the list for Local, 1 endpoint$'
check "explain: on which addresses node ports are" says "^      on: $(family=4 addr node)\$"
check "explain: 80 columns" fits
check "explain: one port by its name" asks 0 explain default/web:more
refute "explain: not the others" says '^Port http'
check "explain: one port by its number" asks 0 explain web:81
check "explain: it is that one" says '^Port more udp 81, IPv4: 2 of 4 endpoints used$'
check "explain: hints" asks 0 explain zoned
check "explain: who is hinted elsewhere" says '10\.244\.1\.12:8080 +hinted-elsewhere +used$'
check "explain: and that hints decide" says 'hints for zones decide; this node is in "zone-a"'
check "explain: hints that do not decide" asks 0 explain half-hinted
check "explain: says that they are ignored" says 'hints for zones are ignored: not every ready endpoint has one'
check "explain: does not claim that somebody listens" says '^not checked: whether endpoints listen on these ports; the command check does$'
check "explain: a source range that cannot be read" asks 0 explain open
check "explain: says who is let in" says '^1 of its loadBalancerSourceRanges cannot be read.*'
check "explain: everybody" says 'source is let in'
check "explain: a slice without the port" asks 1 explain mistaken
check "explain: names the slice" says 'EndpointSlice mistaken-4 has 1 endpoint, but no tcp port named "http"'
check "explain: another proxy's Service" asks 0 explain other
check "explain: says why it is not served" says '^default/other: not served: the label service.kubernetes.io/service-proxy-name'
check "explain: nobody behind it" asks 1 explain nobody
check "explain: rejected" says 'rejected: there is no endpoint on any node'
check "explain: a front end that another Service has" asks 1 explain zlate
check "explain: names the other" says 'conflict: Service default/web has it'
check "explain: session affinity" asks 0 explain affine
check "explain: its time" says '10800 s a client stays with its endpoint'
check "explain: what is no front end of ours" asks 1 explain balanced
check "explain: an address that another balances" says '^no front end: load balancer address 203\.0\.113\.7, whose ipMode is Proxy'
check "explain: the port for health checks" says '^healthCheckNodePort 31999: '
check "explain: no such Service: 1" asks 1 explain nowhere
check "explain: no such Service: says so" complains 'no Service default/nowhere is known'
check "explain: no such port: 1" asks 1 explain web:7
check "explain: which?" asks 2 explain
check "explain: as JSON" asks 0 explain web --output json --from "$(family=4 addr client)"
check "explain: JSON has the form of its schema" json_fits explain "$work/answer"
check "explain: JSON" json '[e["clusterReason"] for e in a["ports"][0]["endpoints"]] == ["ready", "not-ready", "ready", "terminating"]'

# --- look-ups
check "explain: an address and a port" asks 0 explain "$(family=4 vip 2):80"
check "explain: says whose it is" says '^default/zoned: serves: '
check "explain: an address" asks 0 explain "$(family=4 vip 6)"
check "explain: says whose it is" says '^default/affine: serves: '
check "explain: an IPv6 address" asks 0 explain "[$(family=6 vip 2)]:80"
check "explain: says whose it is" says '^default/zoned: serves: '
check "explain: a node port" asks 0 explain 30080
check "explain: says whose it is" says '^default/web: serves: '
refute "explain: no other port" says '^Port more'
check "explain --to" asks 0 explain --to "$(family=4 vip 2):80"
check "explain --to: says whose it is" says '^default/zoned: serves: '
check "explain: two Services ask for it, and one has it" asks 0 explain "$(family=4 vip 1):80"
check "explain: says whose it is" says '^default/web: '
check "explain: an address without that port: 1" asks 1 explain "$(family=4 vip 2):81"
check "explain: whose address it is" complains 'Service default/zoned has .*, but not with port 81'
check "explain: an address that no Service has: 1" asks 1 explain 192.0.2.1
check "explain: what becomes of packets" complains 'no Service has 192\.0\.2\.1: packets to it are left alone'
check "explain: a node port that no Service has: 1" asks 1 explain 31000
check "explain: says so" complains 'no Service has node port 31000'
check "explain -n" asks 0 explain -n default zoned
check "explain -n: another namespace: 1" asks 1 explain -n shop zoned
check "explain: did you mean" complains 'no Service shop/zoned is known; did you mean default/zoned\?'
check "explain: a wrong letter: 1" asks 1 explain zond
check "explain: did you mean" complains 'did you mean default/zoned\?'
check "-o json" asks 0 explain zoned -o json
check "-o json: it is JSON" json 'a["verdict"] == "serves"'
check "--color always" asks 0 explain zoned --color always
refute "--color always: with colours" plain
check "--color is a word: 2" asks 2 explain zoned --color perhaps
on_terminal() { # on_terminal COLUMNS ARGUMENT... - the output on a terminal of that width
	in_ns node script -qec "stty cols $1; $DAEMON ${*:2} --control-socket $control" /dev/null </dev/null | tr -d '\r' >"$work/answer"
}
if command -v script >/dev/null; then
	on_terminal 150 explain zoned
	refute "on a terminal text has colours" plain
	check "and its width" grep -Eq '.{90}' "$work/answer"
	on_terminal 60 explain zoned --color never
	check "--color never" plain
	refute "a small terminal" grep -Eq '.{80}' "$work/answer"
else
	skip "text on a terminal" "script is not installed"
fi
check "NO_COLOR" env NO_COLOR=1 nsenter --net=/run/netns/node "$DAEMON" explain zoned --control-socket "$control"
check "explain: many endpoints" asks 1 explain crowd
check "explain: they are folded" says '^    and 10 more endpoints: --all shows them$'
check "explain: totals first" says '^Port http tcp 80, IPv4: 25 of 30 endpoints used$'
check "explain: those that are used come first" test "$(grep -c ' used ' "$work/answer")" -ge 20
check "explain --all" asks 1 explain crowd --all
check "explain --all: all" test "$(grep -c '^    10\.245\.' "$work/answer")" = 30

# --- list
check "list: some front ends are not served, so 1" asks 1 list
check "list: how many" says '^[0-9]+ front ends of [0-9]+ Services, [0-9]+ served, [0-9]+ refused, [0-9]+ lost$'
check "list: a front end that serves" says '^default/web +tcp 10\.96\.0\.1:80 ClusterIP +2/4  served$'
check "list: a node port" says '^default/web +tcp 30080 nodePort +2/4  served$'
check "list: one without endpoints" says '^default/nobody +tcp 10\.96\.0\.5:80 ClusterIP +0/0  refused: no endpoint on any node$'
check "list: one that another Service has" says '^default/zlate .* lost: Service default/web has it: '
refute "list: what is another proxy's is not listed" says '^default/other '
check "list: only what is not served" asks 1 list --problems
refute "list: no others" says ' served$'
check "list: with the same first line" says '^[0-9]+ front ends of [0-9]+ Services, [0-9]+ served, [0-9]+ refused, [0-9]+ lost$'
check "list: as JSON" asks 1 list --problems --output json
check "list: JSON has the form of its schema" json_fits list "$work/answer"
check "list: JSON" json '(a["verdict"] == "problems" and len(a["frontends"]) == a["problems"] < a["total"]
	and [f for f in a["frontends"] if f["name"] == "nobody"][0]["verdict"] == "refused")'
check "--problems belongs to list: 2" asks 2 explain web --problems

# --- the page for browsers
page() { # page ARGUMENTS - the code
	in_ns node curl -s -o "$work/answer" -w '%{http_code}' -H 'Accept: text/html,application/xhtml+xml' "http://127.0.0.1:10249/statusz$1"
}
well_formed() { python3 "$netns_here/../lib/html-page.py" "$work/answer"; }
check "page: a browser gets it" test "$(page "")" = 200
check "page: the verdict" says '<h1 class="trouble">Serving, but 2 front ends are lost to other Services</h1>'
check "page: all front ends" says '<a href="\?service=default/web#explain">default/web</a></td><td>10\.96\.0\.1:80 tcp</td><td>ClusterIP</td><td class="n">2 of 4</td><td class="good">served'
check "page: it is complete, and loads nothing" well_formed
check "page: a Service" test "$(page "?service=default/web&problems=1")" = 200
check "page: what explain says" says '^<h2 id="explain">default/web</h2>$'
check "page: and its verdict" says '<pre>default/web: serves: 2 of 4 endpoints$'
refute "page: only what is not served" says '>served'
check "page: it is complete, and loads nothing" well_formed
check "page: a filter" test "$(page "?filter=nobody")" = 200
refute "page: no other Service" says 'service=default/web'
check "page: a filter with signs" test "$(page '?filter=%3Cscript%3E%2F%22%27%26&service=no%2Fsuch%2Fthing')" = 200
check "page: they are escaped" says 'value="&lt;script&gt;/&quot;&#39;&amp;"'
check "page: it is complete, and loads nothing" well_formed

# explain says of a packet what really happens to it.
check "explain --from: a client outside" asks 0 explain web --from "$(family=4 addr client)"
check "explain --from: what it is taken for" says "^172.18.0.100 is taken for one from outside\$"
check "explain --from: the ClusterIP" says 'from 172\.18\.0\.100: translated to one of 2 endpoints; masqueraded: yes'
check "explain --from: the node port, for others" says 'from 172\.18\.0\.100: translated to its one endpoint; masqueraded: no'
refute "explain --from: without the rules" says 'ip prerouting: '
check "explain --from --rules" asks 0 explain web --from "$(family=4 addr client)" --rules
check "explain --from: which rules" says 'ip prerouting: '
check "explain --from: 80 columns" fits
family=4
expect_answer "a packet agrees: masqueraded" client tcp "$(vip 1)" 80 "pod1 rpod1"
expect_answer "a packet agrees: its address stays" client tcp "$(addr node)" 30080 pod1 client
check "explain --from: a pod" asks 0 explain web --from "$(addr pod1)"
check "explain --from: it is known as one" says "is taken for a pod's"
check "explain --from: only when it reaches itself" says 'translated to one of 2 endpoints; masqueraded: only when'
check "explain --from: the node itself" asks 0 explain web --from "$(addr node)"
check "explain --from: known as that" says "is taken for this node's own"
check "explain --from: filtered" asks 0 explain walled --from 172.18.0.99
check "explain --from: which source would be admitted" says 'dropped; only 172\.18\.0\.100/32 is admitted'
check "explain --from: admitted" asks 0 explain walled --from "$(family=4 addr client)"
check "explain --from: by which range" says 'admitted by 172\.18\.0\.100/32'
check "explain --from: of the other family" asks 0 explain zoned --from "$(family=6 addr client)"
check "explain --from: says that it reaches nothing" says 'it is IPv6, and reaches no front end of IPv4'
check "explain --from: a client that may have an endpoint" asks 0 explain affine --from "$(family=4 addr client)"
check "explain --from: says so" says 'one of 2 endpoints: the one that this'
check "explain --from: no address" asks 2 explain web --from nonsense
check "explain --from: IPv6" asks 0 explain web --from "$(family=6 addr client)"
check "explain --from: IPv6's front ends" says "fd00:172:18::100: translated to one of 2 endpoints"
check "explain --from: IPv6 in 80 columns" fits

# --- refused objects
service zoned 2 "http:tcp:80" | sed 's/port: 80}/port: 80000}/' | write bad.yaml
check "refused: status names it" wait_until 50 bash -c "nsenter --net=/run/netns/node '$DAEMON' status --control-socket '$control' | grep -A2 '^Refused' | grep -q 'Service default/zoned'"
check "refused: explain, too" asks 0 explain zoned
check "refused: with the reason" says '; its last good version is in use$'
service never 9 "http:tcp:80" | sed 's/port: 80}/port: 80000}/' | write bad.yaml
slice odd-name IPv4 nobody "http:tcp:8080" pod1 | sed 's/port: 8080/port: 80800/' | write odd.yaml
slice nobodys-1 IPv4 nobodys "http:tcp:8080" pod1 | sed 's/port: 8080/port: 80800/' | write odd2.yaml
printf 'kind: Service\n\tmetadata' >"$manifests/broken.yaml"
broken() { asks 1 status && says "^  Manifest .*/broken\.yaml( \(for [^)]*\))?\$"; }
check "refused: a file that cannot be read is in status" wait_until 50 broken
check "refused: and that it never was any good" asks 1 explain never
check "refused: not served" says '^default/never: not served: it is refused, and no good version of it was seen$'
refute "refused: there is no last good version" says 'last good version'
check "refused: a slice of another name by its label" asks 1 explain nobody
check "refused: it is named" says 'refused: EndpointSlice odd-name: '
refute "refused: none of a Service whose name begins so" says 'nobodys-1'
rm "$manifests"/{bad,odd,odd2,broken}.yaml
mended() { asks 1 status && ! says '^Refused' >/dev/null; }
check "refused: nothing is, once all are gone" wait_until 50 mended

# Two files with the same object: the reasons of each file are shown.
service twice 10 "http:tcp:80" | write twice-a.yaml
service twice 10 "http:tcp:81" | write twice-b.yaml
in_json() { asks 1 status --output json && json_fits status "$work/answer"; }
check "refused: JSON has the form of its schema" in_json
refused_of() { # refused_of PATTERN... - one for each
	asks 1 status >/dev/null || return 1
	[ "$(grep -cE '^  Service default/twice \(for [^)]*\)$' "$work/answer")" = $# ] || return 1
	local pattern
	for pattern; do
		tr -s ' \n' ' ' <"$work/answer" | grep -q "Service default/twice (for [^S]*$pattern" || return 1
	done
}
check "refused: what another file defines" wait_until 50 refused_of 'twice-a.yaml defines it already'
service twice 10 "http:tcp:82" | write twice-a.yaml
settle
check "refused: still, when the other file has changed" refused_of 'twice-a.yaml defines it already'
service twice 10 "http:tcp:80" | sed 's/port: 80}/port: 80000}/' | write twice-a.yaml
service twice 10 "http:tcp:81" | sed 's/port: 81}/port: 81000}/' | write twice-b.yaml
check "refused: of both" wait_until 50 refused_of '80000 is not' '81000 is not'
rm "$manifests/twice-a.yaml"
check "refused: of the one that is left" wait_until 50 refused_of '81000 is not'
rm "$manifests/twice-b.yaml"
check "refused: of none" wait_until 50 mended

# --- diff
settle
check "diff: nothing differs: 0" asks 0 diff
check "diff: and nothing is said" test ! -s "$work/answer"
check "diff: as JSON" asks 0 diff --output json
at_once() { # several requests, and one whose client does not wait; all others are answered
	local i pids=()
	in_ns node curl -s --max-time 0.001 --unix-socket "$control" http://localhost/text/diff
	for i in 1 2 3 4; do
		in_ns node curl -sf --max-time 60 --unix-socket "$control" http://localhost/text/diff >"$work/at-once-$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
	! grep -q . "$work"/at-once-*
}
check "diff: several at once" at_once
check "diff: JSON" json 'a == {"verdict": "same", "same": True, "differences": []}'
check "diff: JSON has the form of its schema" json_fits diff "$work/answer"
kill -STOP "$daemon_pid"
in_ns node nft delete element ip kube-nftproxy cluster-ips '{ 10.96.0.2 }'
in_ns node nft add element ip kube-nftproxy cluster-ips '{ 10.96.77.77 }'
in_ns node nft flush chain ip6 kube-nftproxy translated
alone() { # without the daemon, which sleeps
	in_ns node "$DAEMON" diff --manifests "$manifests" --hostname-override "$node_name" --cluster-cidr "$cluster_cidr" \
		"$@" >"$work/answer" 2>"$work/complaint"
	[ $? = 1 ]
}
check "diff without a daemon: something differs: 1" alone
check "diff: what is missing" says '^\+ element ip cluster-ips \{ 10\.96\.0\.2 \}'
check "diff: what is too much" says '^- element ip cluster-ips \{ 10\.96\.77\.77 \}'
check "diff: a chain's rules" says '^\+ rule ip6 translated: '
check "diff: 80 columns" fits
check "diff without a daemon: JSON" alone --output json
check "diff without a daemon: JSON has the form of its schema" json_fits diff "$work/answer"
check "diff without a daemon: says so" json 'a["verdict"] == "different" and a["same"] is False and len(a["differences"]) > 3'
kill -CONT "$daemon_pid"
put_right() { asks 0 diff; }
check "diff: nothing differs once it is put right" wait_until 50 put_right
check "status: a repair" asks 1 status
check "status: and who it was" says '^Repairs +1, the last after nft \(pid [0-9]+\)$'

stop_daemon

# The second change waits for its sync: it is no difference between what was installed and the kernel.
must_start --min-sync-period 5s
change() { { service changing 8 "http:tcp:80" && slices changing "http:tcp:8080" "$@"; } | write changing.yaml; }
log_forget
change pod1
check "diff: the first of two changes is made" wait_until 100 log_says 'default/changing'
change pod1 pod2 pod3
sleep 1
check "diff: a change that waits is no difference" asks 0 diff
check "diff: the second change is made later" wait_until 100 log_says 'added=[1-9].*deleted=[1-9]'
rm "$manifests/changing.yaml"
stop_daemon

# --- without a daemon, and where a daemon has no socket
offline() { in_ns node "$DAEMON" "$@" --manifests "$manifests" --hostname-override "$node_name" --cluster-cidr "$cluster_cidr" >"$work/answer" 2>"$work/complaint"; }
offline_is() { local wanted=$1; shift; offline "$@"; [ $? = "$wanted" ]; }
check "status without a daemon: JSON" offline_is 2 status --output json
check "status without a daemon: JSON has the form of its schema" json_fits status "$work/answer"
check "explain without a daemon" offline explain web --from "$(family=4 addr client)"
check "explain without a daemon: the same" says 'from 172\.18\.0\.100: translated to its one endpoint; masqueraded: no'
check "explain without a daemon: conflicts" offline_is 1 explain zlate
check "explain without a daemon: names the other" says 'conflict: Service default/web has it'
check "status without a daemon: what is in the kernel is not known, so 2" offline_is 2 status
check "status without a daemon: says so" says '^Unknown: no daemon was asked, this is what the source has$'
check "status without a daemon: objects" says '^Objects +[0-9]+ Service$'
refute "status without a daemon: nothing of health" says '^Health'
must_start --hostname-override nobody
check "a wrong node name: the log says what that means" log_says 'there is no such Node object: node ports are served on every address.* node=nobody'
check "a wrong node name: status" asks 1 status
check "a wrong node name: status says so" says '^Node +there is no such Node object: node ports are on every address'
check "a wrong node name: explain" asks 0 explain web
check "a wrong node name: explain says where node ports are" says '^      on: every address of this node but loopback, as there is no Node object$'
stop_daemon
must_start --control-socket ""
check "without a control socket nobody can ask" asks 2 status
stop_daemon
finish
