#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The dashboard and the alerts use metrics that exist, and Prometheus can read the alerts.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
alerts=$top/contrib/monitoring/alerts.yaml dashboard=$top/contrib/monitoring/dashboard.json
failed=0

complain() {
	echo "monitoring: $*"
	failed=1
}

there() { # the names in the code, with the further ones that a histogram has
	grep -oE '"(kubeproxy|kube_nftproxy|rest_client|process)_[a-z0-9_]+"' -h "$top"/src/report/metrics_*.c | tr -d '"' | sort -u |
		while read -r name; do
			echo "$name"
			case $name in
			*_duration_seconds) printf '%s_bucket\n%s_sum\n%s_count\n' "$name" "$name" "$name" ;;
			esac
		done
}
used() { # the names in expressions
	{
		grep -E '^ *(expr:|histogram_quantile|kubeproxy_)' "$alerts"
		python3 -c 'import json, sys
for panel in json.load(open(sys.argv[1]))["panels"]:
    for target in panel["targets"]:
        print(target["expr"])' "$dashboard"
		grep -o 'label_values([a-z_]*' "$dashboard"
	} | grep -oE '\b(kubeproxy|kube_nftproxy|rest_client|process)_[a-z0-9_]+' | sort -u
}

names=$(used)
[ "$(wc -l <<<"$names")" -ge 15 ] || complain "only $(wc -l <<<"$names") metrics are used: is this script blind?"
for name in $names; do
	there | grep -qx "$name" || complain "no metric is called $name"
done
if command -v promtool >/dev/null; then
	promtool check rules "$alerts" || failed=1
else
	echo "monitoring: promtool is not installed, the alerts were not read"
fi
[ "$failed" = 0 ] && echo "monitoring: ok"
exit "$failed"
