# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion for bash.

# What follows a flag that takes a value; nothing where anything may.
_kube_nftproxy_value() { # _kube_nftproxy_value FLAG CURRENT
	local words=""
	case $1 in
	--config | --kubeconfig | --write-config-to | --manifests | --control-socket)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$2")
		return
		;;
	--state-dir)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$2")
		return
		;;
	--detect-local-mode) words="ClusterCIDR NodeCIDR BridgeInterface InterfaceNamePrefix" ;;
	--kube-api-content-type) words="application/vnd.kubernetes.protobuf application/json" ;;
	--output | --log-format) words="text json" ;;
	--pod-bridge-interface | --pod-interface-name-prefix) words=$(cd /sys/class/net && echo *) ;;
	--nodeport-addresses) words="primary" ;;
	--proxy-mode) words="nftables" ;;
	--own-tables | --bind-address-hard-fail | --conntrack-tcp-be-liberal | --masquerade-all) words="true false" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

_kube_nftproxy() {
	local current=$2 previous=$3 flag="" prefix=""
	COMPREPLY=()
	# A flag, "=" and a value are three words where COMP_WORDBREAKS has the "=", else one.
	if [[ $current = --*=* ]]; then
		flag=${current%%=*}
		prefix=$flag=
		current=${current#*=}
	elif [[ ${COMP_WORDS[COMP_CWORD]-} = "=" ]]; then
		flag=$previous
		current=""
	elif [[ $previous = "=" ]]; then
		flag=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $previous in
	# These have no value, or one behind "=".
	--bind-address-hard-fail | --cleanup | --conntrack-tcp-be-liberal | --dry-run | --help | --init-only | \
		--masquerade-all | --own-tables | --version) ;;
	-v | --*) flag=${flag:-$previous} ;;
	esac
	if [[ $flag ]]; then
		_kube_nftproxy_value "$flag" "$current"
		# To bash that is no name of a file or directory.
		[[ ! $prefix ]] || compopt -o nospace
		COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
		return
	fi
	if [[ $COMP_CWORD = 1 && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "status explain diff" -- "$current")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "
		--bind-address --bind-address-hard-fail --cleanup --cluster-cidr --config --conntrack-max-per-core
		--conntrack-min --conntrack-tcp-be-liberal --conntrack-tcp-timeout-close-wait
		--conntrack-tcp-timeout-established --conntrack-udp-timeout --conntrack-udp-timeout-stream --context
		--control-socket --detect-local-mode --dry-run --from --healthz-bind-address --healthz-port --help
		--hostname-override --init-only --kube-api-content-type --kubeconfig --log-format --manifests
		--masquerade-all --master --metrics-bind-address --metrics-port --min-sync-period --nodeport-addresses
		--oom-score-adj --output --own-tables --pod-bridge-interface --pod-interface-name-prefix --proxy-mode
		--state-dir --sync-period --v --version --write-config-to" -- "$current")
}
complete -F _kube_nftproxy kube-nftproxy
