#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The API client against a real HTTP server over TLS, each fault of a list in each phase. KUBEAPI_FAULTS: only these
# faults, phases or formats.
# Loopback only, no privilege; exit 77 with the reason where a tool is missing.
set -u
. "$(dirname "$0")/prepare.sh"
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- ${KUBEAPI_FAULTS-}
run faults.py "$@"
