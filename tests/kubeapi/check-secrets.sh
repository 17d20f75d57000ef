#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon and the API client, whatever fails: nothing that they print holds a secret.
# Loopback only, no privilege; exit 77 with the reason where a tool is missing.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$top}
for tool in python3 openssl; do
	command -v "$tool" >/dev/null 2>&1 || { echo "skipped: $tool is missing"; exit 77; }
done
# Debian's modules are its own python's, whatever other stands before it.
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3
[ -x "$build/src/daemon/kube-nftproxy" ] || { echo "skipped: the daemon is not built"; exit 77; }
"$python" -c 'import h2' 2>/dev/null || { echo "skipped: python3-h2 is missing"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 exec "$python" "$top/tests/kubeapi/secrets.py" "$top/tests/lib/apiserver.py" \
	"$build/tests/kubeapi/follow" "$build/src/daemon/kube-nftproxy"
