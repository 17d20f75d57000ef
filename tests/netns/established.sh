#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections outlive changes, and no new connection fails during a change. Rows P14, Y9.
. "$(dirname "$0")/lib.sh"

web() {
	service web 1 "http:tcp:80" && slices web "http:tcp:8080" "$@"
}
web pod1 pod2 | write web.yaml
must_start

established() {
	local first
	web pod1 pod2 | apply web.yaml
	hold_open client tcp "$(vip 1)" 80
	first=${hold_answer%% *}
	check "P14 a connection opens" test -n "$first"
	web pod3 | apply web.yaml
	hold_line "after the endpoint was removed"
	check "P14 it survives the removal of its endpoint" test "$hold_answer" = "$first after the endpoint was removed"
	remove web.yaml
	hold_line "after the Service was removed"
	check "P14 it survives the removal of its Service" test "$hold_answer" = "$first after the Service was removed"
	hold_close
	web pod1 pod2 | apply web.yaml
}
each_family established

replaced() {
	local round
	web pod1 | apply web.yaml
	load_start client tcp "$(vip 1)" 80
	for round in 1 2 3 4 5 6 7 8; do
		web pod$((round % 3 + 1)) | apply web.yaml
	done
	load_stop
	if load_only_answers; then
		pass "Y9 the only endpoint is replaced under load: no connection is lost"
	else
		fail "Y9 the only endpoint is replaced under load" "${load_tally//$'\n'/; }"
	fi
	check "Y9 the new endpoints did answer" test "$(wc -l <<<"$load_tally")" -ge 3
	web pod1 pod2 rpod1 | apply web.yaml
	load_start pod3 tcp "$(vip 1)" 80
	for round in 1 2 3 4; do
		web pod1 rpod1 | apply web.yaml
		web pod1 | apply web.yaml
		web pod1 pod2 rpod1 | apply web.yaml
	done
	load_stop
	if load_only_answers; then
		pass "Y9 endpoints come and go under load: no connection is lost"
	else
		fail "Y9 endpoints come and go under load" "${load_tally//$'\n'/; }"
	fi
}
each_family replaced
finish
