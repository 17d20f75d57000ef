#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual names all flags, fields of the configuration file, environment variables, reasons of Events and metrics, and
# none that does not exist.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
program=$build/src/daemon/kube-nftproxy
page=$top/man/kube-nftproxy.8 config_page=$top/man/kube-nftproxy.config.5
failed=0
cd "$top" || exit 99

complain() {
	echo "manual: $*"
	failed=1
}
section() { # section NAME [PAGE] - its source
	awk -v name="$1" '/^\.Sh / { here = $0 == ".Sh " name } here' "${2:-$page}"
}
same() { # same WHAT LEAST NAMES-THERE NAMES-IN-THE-MANUAL
	[ "$(grep -c . <<<"$3")" -ge "$2" ] || complain "only $(grep -c . <<<"$3") $1 found: is this script blind?"
	diff <(sort -u <<<"$3") <(sort -u <<<"$4") | sed -n "s/^</manual: not in the manual, $1:/p; s/^>/manual: in the manual alone, $1:/p"
	cmp -s <(sort -u <<<"$3") <(sort -u <<<"$4") || failed=1
}
words() { grep -oE -- "$1" | sort -u; }

# Reasons are literals where an Event is made, or arguments of these two functions.
reasons=$(cat src/*/*.c | tr '\n\t' '  ' | grep -oE '(\.reason = |recorder_add_node\([^;"{]*|service_report_event\([^;"{]*)"[A-Z][A-Za-z]+"' | words '[A-Za-z]+"$' | tr -d '"')
[ "$(grep -lE '^[[:space:]]+\.reason = reason,$' src/*/*.c | tr "\n" " ")" = "src/intake/recorder.c src/sync/service_report.c " ] ||
	complain "Events have reasons that this script does not see"
same "a reason of Events" 5 "$reasons" "$(section EVENTS | sed -n 's/^\.It Ql //p')"

metrics=$(cat src/report/metrics_*.c | words '"(kubeproxy|kube_nftproxy|rest_client|process)_[a-z0-9_]+"' | tr -d '"')
same "a metric" 30 "$metrics" "$(section METRICS | grep '^\.It ' | words '[a-z]+_[a-z0-9_]+')"

variables=$(cat src/*/*.c | grep -oE '\<(secure_)?getenv\("[A-Z_]+"' | words '[A-Z_]+"$' | tr -d '"')
# Variables that libraries read or that have two names, and PATH (see EXEC PLUGINS).
others='^(NOTIFY_SOCKET|WATCHDOG_USEC|HTTP_PROXY|HTTPS_PROXY|NO_PROXY)$'
same "an environment variable" 5 "$variables" "$(section ENVIRONMENT | grep '^\.It ' | words '\<[A-Z_]{2,}\>' | grep -vE "$others")"

fields=$(tr '\n' ' ' <src/config/setting_table.c | grep -oE '\{ [^{}]*\.path = [^{}]*\}' | grep -v WITHOUT_EFFECT |
	sed -E 's/.*\.path = "([^"]*)".*/\1/' | grep -vE '^(apiVersion|kind|configSyncPeriod)$')
same "a field" 30 "$fields" "$(section FIELDS "$config_page" | sed -n 's/^\.It //p' | sed 's/ Pq .*//' | words '[a-zA-Z.]+')"

if [ -x "$program" ]; then
	flags=$("$program" --help | words '--[a-z][a-z-]*')
	# Other names of flags, which --help does not show.
	names='^--(logging-format|iptables-sync-period|iptables-min-sync-period)$'
	same "a flag" 30 "$flags" "$(grep -E '^\.It .*Fl Fl ' "$page" | grep -oE 'Fl Fl [a-z][a-z-]*' | sed 's/Fl Fl /--/' | sort -u | grep -vE -- "$names")"
fi
# Pq and similar macros enclose the rest of their line.
grep -nE '^\.It .* [A-Z]q .*([A-Z]q| Fl| Ar) ' man/*.[578] && complain "an item inside the brackets of another"
[ "$failed" = 0 ] && echo "manual: ok"
exit "$failed"
