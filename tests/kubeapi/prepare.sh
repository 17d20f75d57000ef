# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
# Sourced by the scripts here: what they need is there, or they end as skipped (77) with the reason.
# Then $top is the source, $build the build directory, and run SCRIPT WORD... starts a script of this directory.
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$top}
for tool in python3 openssl; do
	command -v "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is missing"; exit 77; }
done
# Debian's modules are its own python's, whatever other stands before it.
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
"$python" -c 'import h2' 2>/dev/null || { echo "skipped: python3-h2 is missing"; exit 77; }

run() {
	script=$1
	shift
	PYTHONDONTWRITEBYTECODE=1 exec "$python" "$top/tests/kubeapi/$script" "$top/tests/lib/apiserver.py" \
		"$build/tests/kubeapi/follow" "$@"
}
