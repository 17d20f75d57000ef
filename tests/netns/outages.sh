#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the log says of an API server that is away, and of one that refuses. Row Y38.
. "$(dirname "$0")/lib.sh"
steady_wanted=""

start_api_server
put web 1 pod1
daemon_source=(--kubeconfig "$work/kubeconfig")

lines() { tail -n "+$((log_from + 1))" "$daemon_log" | grep -Ec -e "$1"; } # lines PATTERN - how many since the last log_forget
unavailable='level=warn mod=source msg="source (still )?unavailable'
again='level=info mod=source msg="source available again" origin=http://127\.0\.0\.1:[0-9]+ seconds=[0-9]+$'
refuse() { # refuse CODE [RESOURCE] - from now on
	tell POST /fault "{\"fault\": \"status\", \"code\": $1, \"reason\": \"Because\", \"message\": \"no\"${2:+, \"resource\": \"$2\"}}"
	tell POST /drop
}
# one_line TITLE TENTHS PATTERN - one line about the failure, which has PATTERN; then another wait in which each kind asks again
one_line() {
	check "Y38 $1: it is said" wait_until "$2" log_says "$unavailable.*$3"
	sleep 5
	check "Y38 $1: in one line" test "$(lines "$unavailable")" = 1
	check "Y38 $1: with the kubeconfig" log_says "$unavailable.* origin=http://127.* kubeconfig=$work/kubeconfig\$"
	log_forget
}
ends() { # ends TITLE
	check "Y38 $1: its end is said" wait_until 150 log_says "$again"
	sleep 1
	check "Y38 $1: once" test "$(lines "$again")" = 1
	log_forget
}

must_start
log_forget
tell POST /stop
one_line "the server is away" 50 'connect to'
tell POST /start
ends "the server is back"
tell POST /stop
one_line "it is away a second time" 50 'connect to'
tell POST /start
ends "it is back a second time"
refuse 401
one_line "nobody knows us" 50 '401 Because'
tell POST /heal
ends "we are known again"
refuse 403 endpointslices
one_line "one kind is forbidden" 50 'endpointslices: 403 Because'
tell POST /heal
ends "it is allowed"
refuse 403
one_line "all is forbidden" 50 '403 Because'
stop_daemon
log_forget
start_daemon
one_line "all is forbidden at the start" 50 '403 Because'
refute "Y38 a kind that we can do without is no end of it" log_says "$again"
stop_daemon
refute "Y38 of a server that refuses, nothing says that it does not answer" grep -q "does not answer" "$daemon_log"
finish
