#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completions know every flag that --help lists and no other, and bash's does what it should.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
program=${top_builddir:-$top}/src/daemon/kube-nftproxy
[ -x "$program" ] || { echo "skipped: $program is not built"; exit 77; }
failed=0

complain() {
	echo "completions: $*"
	failed=1
}

flags=$("$program" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u)
check_flags() { # check_flags SHELL FILE PATTERN - which finds the flags' names in it
	diff <(echo "$flags" | sed 's/^--//') <(grep -oE -- "$3" "$top/contrib/completions/$2" | grep -oE '[a-z][a-z-]*$' | sort -u) ||
		complain "$1 and --help differ"
}
check_flags bash kube-nftproxy.bash '(^|[[:space:]|"])--[a-z][a-z-]*'
check_flags zsh _kube-nftproxy "'--[a-z][a-z-]*"
check_flags fish kube-nftproxy.fish ' -l [a-z][a-z-]*'

# shellcheck source=contrib/completions/kube-nftproxy.bash disable=SC1091
. "$top/contrib/completions/kube-nftproxy.bash"
gives() { # gives EXPECTED WORD... - the last one is completed
	local expected=$1
	shift
	COMP_CWORD=$#
	_kube_nftproxy kube-nftproxy "${*: -1}" "$([ $# -gt 1 ] && echo "${*: -2:1}")"
	[ "${COMPREPLY[*]-}" = "$expected" ] || complain "\"$*\" gives \"${COMPREPLY[*]-}\", not \"$expected\""
}
gives "status explain diff" ""
gives "explain" ex
gives "--masquerade-all --master" --mas
gives "BridgeInterface" --detect-local-mode Br
gives "text json" --output ""
! command -v zsh >/dev/null || zsh -n "$top/contrib/completions/_kube-nftproxy" || complain "zsh cannot read it"
! command -v fish >/dev/null || fish -n "$top/contrib/completions/kube-nftproxy.fish" || complain "fish cannot read it"
[ "$failed" = 0 ] && echo "completions: ok"
exit "$failed"
