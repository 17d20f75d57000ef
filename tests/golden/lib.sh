# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What run.sh and kernel.sh share: the cases, and where they run. A case is a directory with
#   in.yaml or in.json   the manifests
#   args                 the daemon's other arguments
#   addresses            optional: addresses that the node has, so the case runs in a network namespace of its own
#   expect.nft           what --dry-run prints

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${top_builddir:=$(cd "$here/../.." && pwd)}"
DAEMON=$top_builddir/src/daemon/kube-nftproxy
PATH=$PATH:/usr/sbin:/sbin

cases() {
	local file
	for file in "$here"/*/args; do
		basename "$(dirname "$file")"
	done
}

manifest() { # manifest CASE: its file
	if [ -e "$here/$1/in.json" ]; then
		echo "$here/$1/in.json"
	else
		echo "$here/$1/in.yaml"
	fi
}

# Namespaces cost nothing for root; others need a user namespace, which the system may forbid.
if [ "$(id -u)" = 0 ]; then
	UNSHARE="unshare -n"
else
	UNSHARE="unshare -rn"
fi

can_unshare() {
	$UNSHARE true 2>/dev/null
}

# Run a command in a network namespace of its own where the node has the case's addresses.
in_namespace() { # in_namespace CASE COMMAND...
	local addresses=$here/$1/addresses
	shift
	# shellcheck disable=SC2016
	$UNSHARE bash -c 'addresses=$1
		shift
		ip link set lo up
		if [ -e "$addresses" ]; then
			while read -r address; do
				case $address in
				*:*) ip address add "$address" dev lo nodad || exit 99 ;;
				*) ip address add "$address" dev lo || exit 99 ;;
				esac
			done <"$addresses"
		fi
		exec "$@"' bash "$addresses" "$@"
}

dry_run() { # dry_run CASE MANIFESTS
	local args
	read -ra args <"$here/$1/args"
	if [ -e "$here/$1/addresses" ]; then
		in_namespace "$1" "$DAEMON" --dry-run --manifests "$2" "${args[@]}"
	else
		"$DAEMON" --dry-run --manifests "$2" "${args[@]}"
	fi
}
