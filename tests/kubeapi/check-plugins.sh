#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Exec plugins that give the credentials, good ones and all others.
# Loopback only, no privilege; exit 77 with the reason where a tool is missing.
set -u
. "$(dirname "$0")/prepare.sh"
[ -x "$build/src/daemon/kube-nftproxy" ] || { echo "skipped: the daemon is not built"; exit 77; }
run plugins.py "$build/src/daemon/kube-nftproxy" "$@"
