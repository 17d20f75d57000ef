# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packages of another Debian release, for bash scripts that source this; $work is the script's directory.

# use_release RELEASE: set $apt_options so that apt uses that Debian release, from this machine's own package sources. Its
# lists are kept in $work: this machine's lists do not change. "" is this machine's release.
: "${work:?}"
apt_options=()
use_release() {
	local lists=$work/apt/$1
	apt_options=()
	[ -n "$1" ] || return 0
	apt_options=(-o "Dir::State::lists=$lists/lists" -o "Dir::State::status=$lists/status" -o "Dir::Cache=$lists/cache"
		-o "Dir::Etc::sourcelist=$lists/sources.list" -o "Dir::Etc::sourceparts=-")
	[ ! -e "$lists/fetched" ] || return 0
	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial" || return 1
	: >"$lists/status"
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		sed -n "s/^\([^ ]* \)$(. /etc/os-release && echo "$VERSION_CODENAME")\(-[a-z]*\)\{0,1\} /deb \1$1\2 /p" |
		sort -u >"$lists/sources.list"
	apt-get "${apt_options[@]}" update >&2 && : >"$lists/fetched"
}
