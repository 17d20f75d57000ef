#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# House rules that a grep can check: unsafe calls, exit() outside main, names that lack their stem.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
cd "$top" || exit 99
bad=0
complain() { echo "house: $*" >&2; bad=1; }

grep -nE '\b(sprintf|strcpy|strcat|atoi|popen|system|gets|strtok) *\(' src/*/*.c src/*/*.h && complain "a call that the house does without"
grep -nE '\bexit *\(' src/*/*.c | grep -v '^src/daemon/main\.c:' && complain "exit() outside main.c"
grep -nE '^[[:space:]]*//|[;{}][[:space:]]*//' src/*/*.c src/*/*.h && complain "a // comment"
grep -nE '^extern ' src/*/*.h && complain "an extern variable"
for f in src/*/*.c; do
	lines=$(wc -l <"$f")
	[ "$lines" -le 1000 ] || complain "$f has $lines lines; split it by stage"
done
stems=$(ls src/*/*.c | sed 's|.*/||; s|\.c$||' | sort | uniq -d)
[ -z "$stems" ] || complain "stems that are not unique: $stems"
# shellcheck disable=SC2044 # our own names hold no blanks
for object in $(find "$build/src" -name '*.o' 2>/dev/null); do
	stem=$(basename "$object" .o)
	stem=${stem##*-}
	case $object in */daemon/*main.o) continue ;; esac
	names=$(nm -g --defined-only "$object" 2>/dev/null | awk '$2 ~ /^[TDBRC]$/ {print $3}' | grep -vE "^${stem}(_|$)" | grep -vE '^(__|_fini|_init)' )
	[ -z "$names" ] || complain "$(basename "$object"): names without the stem ${stem}_: $(echo $names)"
done
[ "$bad" = 0 ] && echo "house: ok"
exit "$bad"
