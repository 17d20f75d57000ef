#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Random objects mean the same in JSON and in protobuf; the encoder writes what a real server wrote.
# check-formats.sh [SEED [N]]
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v python3 >/dev/null 2>&1 || { echo "skipped: python3 is missing"; exit 77; }
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE
python3 "$top/tests/lib/kubeproto.py" "$top/tests/recordings" || exit 1
python3 "$top/tests/random/random_formats.py" "${1:-1}" "${2:-4000}" | "${top_builddir:-.}/tests/random/same_object"
