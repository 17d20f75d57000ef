#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# House rules that grep and nm can check: unsafe calls, exit() outside main.c, // comments, extern variables, long files,
# and external names that do not begin with the stem of their file.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
cd "$top" || exit 99
bad=0
complain() { echo "house: $*" >&2; bad=1; }

grep -nE '\b(sprintf|strcpy|strcat|atoi|popen|system|gets|strtok) *\(' src/*/*.c src/*/*.h && complain "a call that this source does not use"
grep -nE '\bexit *\(' src/*/*.c | grep -v '^src/daemon/main\.c:' && complain "exit() outside main.c"
grep -nE '^[[:space:]]*//|[;{}][[:space:]]*//' src/*/*.c src/*/*.h && complain "a // comment"
grep -nE '^extern ' src/*/*.h && complain "an extern variable"
for f in src/*/*.c; do
	lines=$(wc -l <"$f")
	[ "$lines" -le 1000 ] || complain "$f has $lines lines; split it by stage"
done
grep -o '`tests/[^`]*`' SECURITY.md | tr -d '`' | sort -u | while read -r f; do [ -e "$f" ] || echo "$f"; done | grep . &&
	complain "a test in SECURITY.md that does not exist"
stems=$(ls src/*/*.c | sed 's|.*/||; s|\.c$||' | sort | uniq -d)
[ -z "$stems" ] || complain "stems that are not unique: $stems"
# One nm for all objects: "OBJECT:ADDRESS TYPE NAME". A library with flags of its own has its name before the stem.
names=$(find "$build/src" -name '*.o' ! -name '*main.o' -exec nm -A -g --defined-only {} + 2>/dev/null | awk '
	$2 ~ /^[TDBRC]$/ && $3 !~ /^(__|_fini|_init)/ {
		object = $1
		sub(/:[0-9a-f]*$/, "", object)
		stem = object
		sub(/.*[\/-]/, "", stem)
		sub(/\.o$/, "", stem)
		if ($3 != stem && index($3, stem "_") != 1)
			print object ": " $3
	}')
[ -z "$names" ] || complain "external names that do not begin with the stem of their file: $names"
[ "$bad" = 0 ] && echo "house: ok"
exit "$bad"
