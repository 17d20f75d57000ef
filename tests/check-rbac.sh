#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The ClusterRole in contrib/kubernetes allows exactly the requests that the daemon makes (`get` goes with `list`).
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$top" || exit 99

# "group/resource get,list,watch", once from the requests and once from the rules.
asked=$({
	sed -nE 's|.*\.path = "/api/v1/(.*)",|/\1|p; s|.*\.path = "/apis/(.*)/v[^/]*/(.*)",|\1/\2|p' src/kubeapi/request.c |
		sed 's/$/ get,list,watch/'
	grep -q '"PATCH" : "POST"' src/kubeapi/write_request.c &&
		sed -nE 's|.*"/apis/(.*)/v[^/]*/namespaces/".*|\1/events create,patch|p' src/report/event.c
} | sort)
allowed=$(awk '
	/^- apiGroups:/ { group = $3; gsub(/[][",]/, "", group) }
	/^  resources:/ { sub(/^  resources: */, ""); gsub(/[][ ]/, ""); n = split($0, resources, ",") }
	/^  verbs:/ { sub(/^  verbs: */, ""); gsub(/[][ ]/, ""); for (i = 1; i <= n; i++) print group "/" resources[i] " " $0 }
' contrib/kubernetes/base/rbac.yaml | sort)
if [ -z "$asked" ] || [ "$asked" != "$allowed" ]; then
	printf 'rbac: asked for:\n%s\nallowed:\n%s\n' "$asked" "$allowed" >&2
	exit 1
fi
echo "rbac: ok"
