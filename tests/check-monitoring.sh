#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The dashboard and the alerts use metrics that exist. Each alert fires when it should, and only then (tests/alerts.yaml), and names a
# command to run.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
alerts=$top/contrib/monitoring/alerts.yaml tests=$top/tests/alerts.yaml dashboard=$top/contrib/monitoring/dashboard.json
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
# Each alert says in plain words what is wrong and which command to run, and is tested both firing and not firing.
python3 - "$alerts" "$tests" <<'PYTHON' || failed=1
import re, sys, yaml
rules = [rule for group in yaml.safe_load(open(sys.argv[1]))["groups"] for rule in group["rules"]]
tests = [test for group in yaml.safe_load(open(sys.argv[2]))["tests"] for test in group["promql_expr_test"]]
failed = False
def complain(text):
    global failed
    failed = True
    print("monitoring:", text)
if len(rules) < 15:
    complain(f"only {len(rules)} alerts were read: is this script blind?")
for rule in rules:
    name, texts = rule["alert"], rule.get("annotations", {})
    mine = [test for test in tests if test["expr"] == f'ALERTS{{alertname="{name}",alertstate="firing"}}']
    for kind, there in (("firing", [t for t in mine if t["exp_samples"]]), ("not firing", [t for t in mine if not t["exp_samples"]])):
        if not there:
            complain(f"no test has {name} {kind}")
    if not texts.get("summary") or not re.search(r"`(kube-nftproxy|systemctl|kubectl) [a-z]+", texts.get("description", "")):
        complain(f"{name} has no summary, or its description names no command to run")
for name in {re.search(r'alertname="(\w+)"', test["expr"]).group(1) for test in tests} - {rule["alert"] for rule in rules}:
    complain(f"there is a test of {name}, but no such alert")
sys.exit(failed)
PYTHON
[ "$failed" = 0 ] || exit 1
if ! command -v promtool >/dev/null; then
	echo "skipped: promtool is not installed (it is in Debian's package prometheus), so no alert was tried"
	exit 77
fi
expressions=$(mktemp)
trap 'rm -f "$expressions"' EXIT
python3 - "$dashboard" >"$expressions" <<'PYTHON'
import json, sys
rules = [{"record": f"dashboard:{panel['id']}:{target['refId']}",
          "expr": target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")}
         for panel in json.load(open(sys.argv[1]))["panels"] for target in panel["targets"]]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
PYTHON
promtool check rules "$expressions" || exit 1
promtool check rules "$alerts" && promtool test rules "$tests" || exit 1
echo "monitoring: ok"
