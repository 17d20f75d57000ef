#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The API client against a real HTTP server over TLS, scenario by scenario, with JSON and HTTP/1.1.
# Loopback only, no privilege; exit 77 with the reason where a tool is missing.
set -u
. "$(dirname "$0")/prepare.sh"
run follow.py --json "$@"
