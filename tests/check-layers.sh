#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every #include of ours and of the outside libraries keeps to src/LAYERS.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$top/src" || exit 99
bad=0
complain() { echo "layers: $*" >&2; bad=1; }

for file in $(find . -name '*.c' -o -name '*.h' | sed 's|^\./||' | sort); do
	room=${file%%/*}
	allowed=$(sed -n "s/^$room://p" LAYERS)
	grep -q "^$room:" LAYERS || complain "$file: room $room is not in src/LAYERS"
	for include in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$file"); do
		[ "$include" = config.h ] && continue
		other=${include%%/*}
		[ "$other" = "$include" ] && complain "$file includes \"$include\" without its room"
		case " base $room $allowed " in
		*" $other "*) ;;
		*) complain "$file may not include $include ($room may use: base$allowed)" ;;
		esac
	done
	while IFS=: read -r header rooms; do
		header=${header#@}
		if grep -q "^#include <$header" "$file"; then
			case " $rooms " in
			*" $room "*) ;;
			*) complain "$file may not include <$header> (only:$rooms)" ;;
			esac
			case $file in
			*.h) complain "$file: no header of ours includes <$header>" ;;
			esac
		fi
	done <<-LIST
	$(grep '^@' LAYERS)
	LIST
	case " $(sed -n 's/^!pure: //p' LAYERS) " in
	*" $room "*)
		if grep -nE '^#include ("base/(log|monotonic).h"|<(stdio_ext|time|sys/time|sys/socket|fcntl|syslog|pthread)\.h>)' "$file"; then
			complain "$file: room $room is pure: no log, clock or I/O"
		fi
		;;
	esac
done
[ "$bad" = 0 ] && echo "layers: ok"
exit "$bad"
