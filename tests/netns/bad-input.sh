#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Broken manifests while the daemon runs: the log names the file, its last good objects stay in force, and other files
# are followed as before.
. "$(dirname "$0")/lib.sh"

web() {
	service web 1 ":tcp:80" && slices web ":tcp:8080" "$@"
}
web pod1 | write web.yaml
{
	service other 2 ":tcp:80" && slices other ":tcp:8080" pod2
} | write other.yaml
must_start
settle

web_works() { expect_answer "$title" client tcp "$(vip 1)" 80 "$who"; }
broken() { # broken TITLE LOG-PATTERN, the new web.yaml on standard input
	title=$1
	local pattern=$2
	log_forget
	apply web.yaml
	each_family web_works
	family=4
	check "$title: named in the log" log_says "$pattern"
}

who=pod1
{ web pod3; echo "  broken: [1, 2"; } | broken "a file that is no YAML keeps its last good objects" 'level=warn.*web\.yaml'
head -c 3000 /dev/urandom | broken "a binary file" 'level=warn.*web\.yaml'
web pod3 | sed 's/port: 80}/port: 70000}/' >"$work/text"
who=pod3
broken "a Service with a bad port keeps its last good version, the rest of the file counts" \
	'default/web.*70000' <"$work/text"
who=pod3
web pod1 | sed "s/\"$(family=4 addr pod1)\"/\"10.244.1.999\"/; s/\"$(family=6 addr pod1)\"/\"fd00::g\"/" |
	broken "a bad address" 'default/web-4.*10\.244\.1\.999'
who=pod2
web pod2 | broken "a good file counts again" 'level='
chaos() {
	expect_answer "the other file was never concerned" client tcp "$(vip 2)" 80 pod2
}
each_family chaos
rm "$manifests/web.yaml"
settle
vanished() { refute "a file that vanishes takes its objects along" knows "$(vip 1)"; }
knows() {
	local table=ip
	[ "$family" = 4 ] || table=ip6
	in_ns node nft get element $table kube-nftproxy cluster-ips "{ $1 }" >/dev/null 2>&1
}
each_family vanished
finish
