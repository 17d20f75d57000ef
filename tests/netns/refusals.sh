#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that refuses the elements of one Service, or of all for a while: running, at a restart and at a first start. The others are
# not held up; what the Service has installed stays; it is tried again until it is installed. Rows Y7, Y20, Y21, Y22, H26, A1,
# R1, S15, H28.
. "$(dirname "$0")/lib.sh"

command -v curl >/dev/null || skip_all "curl is not installed"
refuse_file=$work/refuse
control=$work/control.sock
default_daemon_args+=(--control-socket "$control" --sync-period 12s -v 4)
export NETNS_START_SECONDS=${NETNS_START_SECONDS:-25}

daemon_preloads refuse.so "REFUSE_FILE=$refuse_file" || skip_all "nothing can be preloaded into this daemon"

refuse() { # refuse ERROR [N...] - the elements of the Services on these vips, in both families; without any, all elements
	local error=$1 n
	shift
	{
		echo "$error"
		for n; do
			family=4 vip "$n"
			family=6 vip "$n"
		done
	} >"$refuse_file.new"
	mv "$refuse_file.new" "$refuse_file"
	step "the kernel refuses: $error $*"
}
accept() {
	rm "$refuse_file"
	step "the kernel accepts"
}

status_json() { # status_json EXPRESSION - of `status` as a
	in_ns node "$real_daemon" status --output json --control-socket "$control" >"$work/answer" 2>&1
	json_holds a "$work/answer" "$1"
}
healthz() { # healthz CODE [EXPRESSION] - of the body as b
	[ "$(in_ns node curl -s --max-time 5 -o "$work/body" -w '%{http_code}' http://127.0.0.1:10256/healthz)" = "$1" ] || return 1
	json_holds b "$work/body" "${2-True}"
}
refused='[r for r in a["refusals"] if r["object"] == "rules of Service default/web"]'

answers() { # answers N NAME - the Service on vip N, in both families
	local f
	for f in 4 6; do
		[ "$(family=$f who client tcp "$(family=$f vip "$1")" 80)" = "$2" ] || return 1
	done
}
web() { service web 1 ":tcp:80" "${affinity_lines[@]}" && slices web ":tcp:8080" "$@"; }
other() { service other 2 ":tcp:80" && slices other ":tcp:8080" "$@"; }
affinity_lines=()

running() {
	web pod1 | apply web.yaml
	other pod1 | apply other.yaml
	check "H26 nothing is refused" healthz 200 '"refusals" not in b'
	refuse EINVAL 1
	web pod2 | write web.yaml
	check "Y20 a Service is refused: that is said" wait_until 50 status_json "$refused"
	check "Y20 with the reason" grep -q "Invalid argument" "$work/answer"
	check "H28 status says so first" status_json 'a["verdict"] == "serving" and a["troubles"] == ["objects-refused"] and a["refusals"][0]["kind"] == "Rules"'
	check "H28 its JSON has the form of its schema" json_fits status "$work/answer"
	check "H26 the node serves: healthy, and the Service is named" healthz 200 'b["refusals"][0]["service"] == "default/web"'
	check "Y20 what it had stays" answers 1 pod1
	other pod2 | apply other.yaml
	check "Y20 another Service is not held up" answers 2 pod2
	sleep 2
	check "Y20 it is still named" status_json "$refused"
	accept
	check "Y20 it is tried again without any change" wait_until 150 answers 1 pod2
	check "Y20 and no longer named" status_json "not ($refused) and a['syncs']['refusedServices'] == 0"
	refuse EINVAL 1
	web pod3 | write web.yaml
	wait_until 50 status_json "$refused"
	accept
	web pod1 | write web.yaml
	check "Y20 a new version is tried" wait_until 150 answers 1 pod1
	refuse EINVAL 1
	web pod3 | write web.yaml
	wait_until 50 status_json "$refused"
	remove web.yaml
	check "Y20 a deleted Service is not refused" wait_until 150 status_json "not ($refused)"
	accept
}

in_steps() { # in_steps TITLE - the tables were not read back in one step
	refute "$1" log_says 'reading everything back|first sync is done in one step'
}
# A restart while web is refused. $1: its endpoint until now; the manifest may have another.
restart_refused() {
	local start=$SECONDS
	log_forget
	must_start
	check "Y21 a first sync without it" log_says 'msg="first sync".* refused=1 '
	check "Y21 systemd is told that after 10 s, not before" test $((SECONDS - start)) -ge 9
	check "Y21 what it had stays" answers 1 "$1"
	check "Y21 the others are installed" answers 2 pod3
	check "H26 a node that never had everything installed is not healthy" healthz 503 'b["refusedServices"] >= 1'
	check "H28 status says the same" status_json 'a["verdict"] == "not-serving" and a["reason"] == "services-missing"'
	check "Y21 it is named" status_json "$refused"
	in_steps "Y7 in steps, although the kernel refuses a Service"
}
restart() {
	web pod1 | apply web.yaml
	stop_daemon
	refuse EINVAL 1
	web pod1 pod2 | write web.yaml
	other pod3 | write other.yaml
	restart_refused pod1
	affinity_lines=("sessionAffinity: ClientIP")
	web pod2 | write web.yaml
	sleep 1
	stop_daemon
	restart_refused pod1
	accept
	check "Y21 then it is installed" wait_until 150 answers 1 pod2
	check "H26 and the node is healthy" wait_until 30 healthz 200
	# Now with session affinity: its chains and maps stay, too.
	check "A1 the client is learnt" test "$(learnt web | wc -l)" -gt 0
	stop_daemon
	refuse EINVAL 1
	web pod1 pod2 | write web.yaml
	restart_refused pod2
	check "Y21 A1 with the client" test "$(learnt web | wc -l)" -gt 0
	# The chains and maps of the port have its old name.
	stop_daemon
	{ service web 1 "renamed:tcp:80" "${affinity_lines[@]}" && slices web "renamed:tcp:8080" pod1 pod2; } | write web.yaml
	restart_refused pod2
	check "Y21 A1 another port name: with the client" test "$(learnt web | wc -l)" -gt 0
	affinity_lines=()
	web pod3 | write web.yaml
	accept
	check "Y21 then it is installed" wait_until 150 answers 1 pod3
}

balancer() { # balancer NAME NUMBER RANGES ENDPOINT [LINE...] - on the addresses of extNUMBER as well
	local name=$1 number=$2 ranges=$3 endpoint=$4
	shift 4
	service "$name" "$number" ":tcp:80" "type: LoadBalancer" "loadBalancerSourceRanges: [$ranges]" "$@"
	cat <<-YAML
	status:
	  loadBalancer:
	    ingress:
	    - {ip: $(family=4 addr "ext$number")}
	    - {ip: "$(family=6 addr "ext$number")"}
	YAML
	slices "$name" ":tcp:8080" "$endpoint"
}
ext_answers() { # ext_answers N NAME - from the client, in both families
	local f
	for f in 4 6; do
		[ "$(family=$f who client tcp "$(family=$f addr "ext$1")" 80)" = "$2" ] || return 1
	done
}
many_ranges() { printf '"172.18.0.0/24", "fd00:172:18::/64"' && seq 0 99 | awk '{printf ", \"198.18.%d.0/28\", \"2001:db8:%x::/52\"", $1, $1 + 4096}'; }

flush_sources() { # flush_sources PATH - that part of the tree of web's IPv4 source ranges, so that it admits all
	local name
	name=$(in_ns node nft list chains ip | grep -oE "sources-[0-9]+-[a-z0-9]+-$1 " | head -n 1)
	in_ns node nft flush chain ip kube-nftproxy "${name% }"
}

# Restarts while web is refused, and its newest version does not say what is installed.
restart_ranges() {
	other pod3 | apply other.yaml
	balancer web 1 "$(many_ranges)" pod1 "$@" | apply web.yaml
	check "R1 before: the client is admitted${1:+, $1}" ext_answers 1 pod1
	stop_daemon
	refuse EINVAL 1
	balancer web 1 '"192.0.2.0/24"' pod2 "$@" | write web.yaml
	restart_refused pod1
	check "Y21 R1 the source ranges that it had stay${1:+, $1}" ext_answers 1 pod1
	stop_daemon
	flush_sources a
	log_forget
	must_start
	check "Y21 a chain that only leads to them is put right${1:+, $1}" ext_answers 1 pod1
	stop_daemon
	flush_sources aa
	log_forget
	must_start
	in_steps "Y7 source ranges that another program has changed: in steps${1:+, $1}"
	check "Y21 source ranges that another program has changed admit nobody${1:+, $1}" \
		test "$(family=4 who client tcp "$(family=4 addr ext1)" 80)" != pod1
	check "Y21 and this is said${1:+, $1}" log_says 'not kept.*service=default/web'
	check "Y21 the other family is as it was${1:+, $1}" test "$(family=6 who client tcp "$(family=6 addr ext1)" 80)" = pod1
	balancer web 1 "$(many_ranges)" pod2 "$@" | write web.yaml
	accept
	check "Y21 then it is installed${1:+, $1}" wait_until 150 ext_answers 1 pod2
}
# Another program has changed chains of the port: they follow from what is installed.
restart_changed_chains() {
	affinity_lines=("sessionAffinity: ClientIP")
	web pod1 pod2 | apply web.yaml
	stop_daemon
	in_ns node nft list chains ip | grep -oE '(learn|service)-[a-z0-9]+' | sort -u | while read -r chain; do
		in_ns node nft flush chain ip kube-nftproxy "$chain"
	done
	refuse EINVAL 1
	web pod3 | write web.yaml
	log_forget
	must_start
	in_steps "Y7 chains that another program has changed: in steps"
	check "Y21 they are put right" answers_one_of 1 pod1 pod2
	check "A1 the client is learnt" test "$(learnt web | wc -l)" -gt 0
	accept
	check "Y21 then it is installed" wait_until 150 answers 1 pod3
	affinity_lines=()
}
answers_one_of() { # answers_one_of N NAME NAME - each family one of them
	local f
	for f in 4 6; do
		case $(family=$f who client tcp "$(family=$f vip "$1")" 80) in
		"$2" | "$3") ;;
		*) return 1 ;;
		esac
	done
}
# web asks for addresses that other has, and comes before it. As long as web is refused, other keeps them.
restart_changed_hands() {
	local asks
	asks="externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
	web pod1 | apply web.yaml
	{ service other 2 ":tcp:80" "$asks" "$@" && slices other ":tcp:8080" pod2; } | apply other.yaml
	check "S15 other has the addresses${1:+, $1}" ext_answers 1 pod2
	stop_daemon
	refuse EINVAL 1
	{ service web 1 ":tcp:80" "$asks" "$@" | sed 's/2026-01-01/2020-01-01/' && slices web ":tcp:8080" pod3; } | write web.yaml
	log_forget
	must_start
	in_steps "Y7 a front end has changed hands: in steps${1:+, $1}"
	check "Y21 a front end has changed hands: it answers${1:+, $1}" ext_answers 1 pod2
	check "Y21 what web had stays${1:+, $1}" answers 1 pod1
	accept
	check "Y21 then it is web's${1:+, $1}" wait_until 150 ext_answers 1 pod3
}

as_fresh() { # as_fresh TITLE - the ruleset is that of a fresh start
	local before
	settle
	before=$(ruleset)
	stop_daemon
	in_ns node nft flush ruleset
	must_start
	check "$1" test "$before" = "$(ruleset)"
}

first_start() {
	stop_daemon
	in_ns node nft flush ruleset
	refuse EINVAL 1
	must_start
	check "Y21 a first start: the others are installed" answers 2 pod1
	refute "Y21 and the refused one is not" answers 1 pod1
	check "H26 such a node is not healthy" healthz 503
	accept
	check "Y21 it is tried again" wait_until 150 answers 1 pod1
	check "H26 then the node is healthy" wait_until 30 healthz 200
}

# wide ADDRESSES PORTS [LINE] - web with a node port, on external addresses beside that of ext1, with other ports beside 80
wide() {
	local addresses ports
	addresses=$(seq "$1" | awk '{printf ", 198.18.%d.%d", $1 / 250, $1 % 250 + 1}')
	ports=$(seq "$2" | awk '{printf "p%d:tcp:%d ", $1, 1000 + $1}')
	service web 1 ":tcp:80:30080 $ports" "type: NodePort" "${@:3}" \
		"externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"$addresses]"
}
wide_answers() { # wide_answers NAME - each front end that web has with `wide 0 0`, in both families
	local f
	for f in 4 6; do
		[ "$(family=$f who client tcp "$(family=$f vip 1)" 80)" = "$1" ] || return 1
		[ "$(family=$f who client tcp "$(family=$f addr node)" 30080)" = "$1" ] || return 1
		[ "$(family=$f who client tcp "$(family=$f addr ext1)" 80)" = "$1" ] || return 1
	done
}
over_the_limit() { # over_the_limit [LINE] - two restarts while web has too many front ends to plan them
	local what="over the limit${1:+, $1}" i
	{ wide 0 0 "$@" && slices web ":tcp:8080" pod1; } | apply web.yaml
	other pod1 | apply other.yaml
	empty_services 0 999 | apply many.yaml # a restart takes several steps
	{ service gone 3 ":tcp:80" && slices gone ":tcp:8080" pod1; } | apply gone.yaml
	check "Y21 not yet $what: all front ends answer" wide_answers pod1
	for i in 1 2; do
		stop_daemon
		{ wide 600 100 "$@" && slices web ":tcp:8080" pod2; } | write web.yaml
		other pod3 | write other.yaml
		rm -f "$manifests/gone.yaml"
		log_forget
		must_start
		check "Y21 $what, restart $i: it is named" log_says 'default/web.*front ends .*more than 50000'
		check "Y21 $what, restart $i: what it had stays" wide_answers pod1
		in_steps "Y7 $what, restart $i: in steps"
		check "Y21 $what: the others are installed" answers 2 pod3
		refute "Y21 $what: a Service that went meanwhile is gone" answers 3 pod1
	done
	{ wide 0 0 "$@" && slices web ":tcp:8080" pod2; } | write web.yaml
	check "Y21 no longer $what: it is installed" wait_until 150 wide_answers pod2
}

no_memory() {
	web pod1 | apply web.yaml
	refuse ENOMEM
	web pod2 | write web.yaml
	other pod1 | write other.yaml
	sleep 2
	check "Y22 no memory: what is installed stays" answers 1 pod1
	refute "Y22 no Service is to blame" status_json "$refused"
	accept
	check "Y22 everything is tried again" wait_until 150 answers 1 pod2
	check "Y22 everything is tried again" answers 2 pod1
	stop_daemon
	refuse ENOMEM
	web pod1 | write web.yaml
	(sleep 4 && rm "$refuse_file") &
	log_forget
	must_start
	check "Y22 at a restart" log_says 'msg="sync failed.*Cannot allocate memory'
	check "Y22 and then everything is installed" answers 1 pod1
	stop_daemon
	steady_end # while no nat chain is there the kernel translates nothing, not even what it knows
	in_ns node nft flush ruleset
	refuse ENOMEM
	(sleep 4 && rm "$refuse_file") &
	must_start
	check "Y22 at a first start" answers 1 pod1
	check "Y22 at a first start" healthz 200
}

web pod1 | write web.yaml
other pod1 | write other.yaml
must_start
running
restart
restart_ranges
restart_ranges "sessionAffinity: ClientIP"
restart_changed_chains
restart_changed_hands
restart_changed_hands "sessionAffinity: ClientIP"
over_the_limit
over_the_limit "sessionAffinity: ClientIP"
no_memory
as_fresh "Y21 the ruleset is that of a fresh start"
first_start
finish
