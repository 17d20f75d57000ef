#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every row of the specification has a test or a reason for having none, and tests/COVERAGE.md is up to date (see
# tests/coverage).
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
python3 "$top/tests/coverage" --check && echo "coverage: ok"
