#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kubectl accepts contrib/kubernetes. Each kustomization renders; the result passes check-manifests.py, and kubectl's own
# validation against an API server that has only the kinds and fields of tests/schema. Exit status 77 if there is no
# kubectl, or one that is too old to print the version of its kustomize.
set -u
top=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
export HOME=$work KUBECONFIG=/dev/null
failed=0

skip() {
	echo "kustomizations: skipped: $*"
	exit 77
}
complain() {
	echo "kustomizations: $*"
	failed=1
}

command -v kubectl >/dev/null || skip "kubectl is not installed"
kubectl version --client 2>/dev/null | grep -qE '^Kustomize Version: v[4-9]' || skip "kubectl is too old"
python3 -c 'import yaml' 2>/dev/null || skip "python3-yaml is not installed"

# The server ends when its standard input is closed, so with this script.
coproc python3 "$top/tests/lib/apiserver.py" --kinds "$top/tests/schema/kubernetes.json"
read -r -t 30 ready <&"${COPROC[0]}" || { complain "no API server"; exit 1; }
url=$(sed -nE 's/.*"url": "([^"]*)".*/\1/p' <<<"$ready")

accepted() { # accepted FILE: by `kubectl apply`, before it sends anything
	timeout 60 kubectl -s "$url" --cache-dir "$work/cache" apply --dry-run=client --validate=strict -f "$1"
}

count=0
# With all components and without; a component is not complete by itself.
cp -r "$top/contrib/kubernetes" "$work/with-components"
sed -i -E '/^# (components:|- .*components\/)/s/^# //' "$work"/with-components/{,kubeadm/}kustomization.yaml
while read -r file; do
	directory=$(dirname "$file")
	name=${directory#"$top"/contrib/}
	name=${name#"$work"/}
	rendered=$work/${name//\//-}.yaml
	[[ "$name" != */components/* ]] || continue
	kubectl kustomize "$directory" >"$rendered" || { complain "$name does not render"; continue; }
	# base is a part of the others, and not complete by itself.
	[ "${name##*/}" = base ] || python3 "$top/tests/check-manifests.py" "$rendered" || complain "$name: see above"
	accepted "$rendered" || complain "kubectl does not accept $name"
	count=$((count + 1))
done < <(find "$top/contrib/kubernetes" "$work/with-components" -name kustomization.yaml | sort)
[ "$count" -ge 6 ] || complain "only $count kustomizations: is this script blind?"
for name in with-components with-components-kubeadm; do
	for word in "name: close-wait" "k8s-app: kube-proxy" "allowPrivilegeEscalation: false"; do
		grep -q "$word" "$work/$name.yaml" || complain "$name has no $word"
	done
done

# A misspelt field is noticed.
sed 's/hostNetwork:/hostNetworking:/' "$work/kubernetes.yaml" >"$work/slip.yaml"
accepted "$work/slip.yaml" 2>"$work/slip" && complain "kubectl accepts a field that does not exist"
grep -q hostNetworking "$work/slip" || complain "kubectl reports another error: $(cat "$work/slip")"
[ "$failed" = 0 ] && echo "kustomizations: ok"
exit "$failed"
