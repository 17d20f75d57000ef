# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion for bash.

_kube_nftproxy() {
	local current=$2 previous=$3
	COMPREPLY=()
	case $previous in
	--config | --kubeconfig | --write-config-to | --manifests | --control-socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--state-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--detect-local-mode)
		mapfile -t COMPREPLY < <(compgen -W "ClusterCIDR NodeCIDR BridgeInterface InterfaceNamePrefix" -- "$current")
		return
		;;
	--kube-api-content-type)
		mapfile -t COMPREPLY < <(compgen -W "application/vnd.kubernetes.protobuf application/json" -- "$current")
		return
		;;
	--output | --log-format)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current")
		return
		;;
	--pod-bridge-interface | --pod-interface-name-prefix)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo ./*)" -X './' -- "$current")
		COMPREPLY=("${COMPREPLY[@]#./}")
		return
		;;
	--nodeport-addresses)
		mapfile -t COMPREPLY < <(compgen -W "primary" -- "$current")
		return
		;;
	esac
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
		--oom-score-adj --output --own-tables --pod-bridge-interface --pod-interface-name-prefix --state-dir
		--sync-period --v --version --write-config-to" -- "$current")
}
complete -F _kube_nftproxy kube-nftproxy
