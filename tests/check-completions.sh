#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completions have every flag that --help lists and no other, and each flag offers the right values.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
build=${top_builddir:-$top}
program=$build/src/daemon/kube-nftproxy completions=$build/contrib/completions
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
failed=0

complain() {
	echo "completions: $*"
	failed=1
}

flags=$("$program" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u)
check_flags() { # check_flags SHELL FILE PATTERN - which finds the flags' names in it
	diff <(echo "$flags" | sed 's/^--//') <(grep -oE -- "$3" "$completions/$2" | grep -oE '[a-z][a-z-]*$' | sort -u) ||
		complain "$1 and --help differ"
}
check_flags bash kube-nftproxy '"--[a-z][a-z-]*'
check_flags zsh _kube-nftproxy "'--[a-z][a-z-]*"
check_flags fish kube-nftproxy.fish ' -l [a-z][a-z-]*'

# shellcheck disable=SC1091 # it is made by the build
. "$completions/kube-nftproxy"
compopt() { options+=" $*"; } # the real one is for the shell that completes
gives() { # gives EXPECTED WORD... - the last one is completed
	local expected=$1 current=${*: -1}
	shift
	COMP_WORDS=(kube-nftproxy "$@")
	COMP_CWORD=$#
	options=""
	# What bash hands over of "--flag=" is the empty value.
	[ "$current" != "=" ] || current=""
	_kube_nftproxy kube-nftproxy "$current" "${COMP_WORDS[COMP_CWORD - 1]}"
	[ "${COMPREPLY[*]-}" = "$expected" ] || complain "bash: \"$*\" gives \"${COMPREPLY[*]-}\", not \"$expected\""
}
has_option() { # has_option NAME - the completion before asked for it
	case "$options " in
	*" -o $1 "*) ;;
	*) complain "bash: the option $1 is missing" ;;
	esac
}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/configuration" "$work/configuration/directory"
touch "$work/configuration/of everything"

gives "status explain list diff check trace" ""
gives "explain" ex
# Names of Services are asked for.
kube-nftproxy() { printf '%s\n' "2 front ends" "SERVICE" "shop/web  tcp 80" "shop/web  30080" "kube-system/dns  tcp 53"; }
gives "kube-system/dns shop/web" explain ""
gives "shop/web" explain sh
gives "" status sh
unset -f kube-nftproxy
gives "--masquerade-all --master" --mas
gives "--output" status --out
gives "BridgeInterface" --detect-local-mode Br
gives "text json" --output ""
# As bash splits it, which is not always at "=".
gives "BridgeInterface" --detect-local-mode "=" Br
gives "text json" --output "="
gives "--detect-local-mode=BridgeInterface" --detect-local-mode=Br
gives "false" --own-tables "=" f
gives "--manifests" --own-tables --mani
gives "nftables" --proxy-mode ""
gives "" --cluster-cidr ""
gives "" -v ""
gives "lo" --pod-bridge-interface lo
gives "$work/configuration" --manifests "$work/conf"
has_option filenames # else a blank follows a directory, and no slash
gives "$work/configuration" --config "=" "$work/conf"
has_option filenames
gives "$work/configuration/of everything" --config "$work/configuration/o"
has_option filenames
gives "$work/configuration/directory" --state-dir "$work/configuration/"
has_option filenames

if command -v zsh >/dev/null; then
	zsh -n "$completions/_kube-nftproxy" || complain "zsh cannot read it"
fi
fish_gives() { # fish_gives EXPECTED LINE
	local got
	got=$(fish --no-config -c "source '$completions/kube-nftproxy.fish'; complete -C 'kube-nftproxy $2'" |
		cut -f 1 | sort -u | tr '\n' ' ')
	[ "$got" = "${1:+$1 }" ] || complain "fish: \"$2\" gives \"$got\", not \"$1\""
}
if command -v fish >/dev/null; then
	fish -n "$completions/kube-nftproxy.fish" || complain "fish cannot read it"
	fish_gives "check diff explain list status trace" ""
	fish_gives "" "status "
	fish_gives "" "--dry-run "
	fish_gives "--masquerade-all --master" --mas
	fish_gives "BridgeInterface" "--detect-local-mode Br"
	fish_gives "--detect-local-mode=BridgeInterface" "--detect-local-mode=Br"
	fish_gives "lo" "--pod-bridge-interface lo"
	fish_gives "$work/configuration/" "--manifests $work/conf"
	fish_gives "$work/configuration/directory/" "--state-dir $work/configuration/"
fi
[ "$failed" = 0 ] && echo "completions: ok"
exit "$failed"
