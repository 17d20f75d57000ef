#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Manifests give the expected text for nft, byte for byte; the same documents in other orders and split over files give
# the same bytes.
#
#   tests/golden/run.sh             compare
#   tests/golden/run.sh --update    write expect.nft anew (make golden-update); review that diff
set -u
export LC_ALL=C
# shellcheck source=tests/golden/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

complain() { # complain CASE TEXT
	echo "not ok $1: $2"
	failed=$((failed + 1))
}

same() { # same CASE WHAT MANIFESTS
	dry_run "$1" "$3" >"$work/out" 2>"$work/err" || {
		complain "$1" "$2: exit status $?"
		cat "$work/err"
		return 1
	}
	cmp -s "$here/$1/expect.nft" "$work/out" && return 0
	complain "$1" "$2"
	diff -u "$here/$1/expect.nft" "$work/out" | head -n 60
	return 1
}

# The documents of $1 in another order: last to first, or those with odd numbers behind the others.
reversed() {
	awk 'BEGIN { RS = "---\n" } { d[NR] = $0 }
		END { for (i = NR; i > 0; i--) printf "%s%s", i < NR ? "---\n" : "", d[i] }' "$1"
}

interleaved() {
	awk 'BEGIN { RS = "---\n" } { d[NR] = $0 }
		END { for (k = 0; k < 2; k++) for (i = 2 - k; i <= NR; i += 2) printf "---\n%s", d[i] }' "$1"
}

split_up() { # split_up FILE DIRECTORY
	mkdir -p "$2"
	awk -v dir="$2" 'BEGIN { RS = "---\n" } { printf "%s", $0 >(dir "/" 99 - NR ".yaml") }' "$1"
}

run_case() {
	local name=$1 file
	file=$(manifest "$name")
	if [ -e "$here/$name/addresses" ] && ! can_unshare; then
		echo "ok $name # skipped: no network namespaces here"
		return
	fi
	if [ "${update:-}" ]; then
		dry_run "$name" "$file" >"$work/out" 2>"$work/err" || {
			complain "$name" "exit status $?"
			cat "$work/err"
			return
		}
		cmp -s "$work/out" "$here/$name/expect.nft" || echo "updated $name"
		cp "$work/out" "$here/$name/expect.nft"
		return
	fi
	same "$name" "the manifests as they are" "$file" || return
	case $file in
	*.yaml)
		reversed "$file" >"$work/in.yaml"
		same "$name" "documents reversed" "$work/in.yaml" || return
		interleaved "$file" >"$work/in.yaml"
		same "$name" "documents interleaved" "$work/in.yaml" || return
		rm -rf "$work/split"
		split_up "$file" "$work/split"
		same "$name" "a file for each document" "$work/split" || return
		;;
	esac
	echo "ok $name"
}

[ "${1:-}" = --update ] && update=1
for name in $(cases); do
	run_case "$name"
done
[ "$failed" = 0 ] || echo "$failed cases failed"
[ "$failed" = 0 ]
