#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A client keeps its endpoint when a traffic policy changes, as long as the new list has it; and when front ends come and go.
# Rows A3, A5, A7.
. "$(dirname "$0")/lib.sh"

affine 600
web() { # web INTERNAL EXTERNAL NODEPORT [SPEC-LINE]
	local type=NodePort port=":$3"
	[ -n "$3" ] || { type=ClusterIP && port=""; }
	service web 1 ":tcp:80$port" "type: $type" "internalTrafficPolicy: $1" ${2:+"externalTrafficPolicy: $2"} "${affinity_lines[@]}" \
		"${@:4}"
	slices web ":tcp:8080" pod1 pod2 rpod1 rpod2
}
set_to() { { node zone-a && web "$@"; } | apply web.yaml; }
{ node zone-a && web Cluster Cluster 30080; } | write web.yaml
must_start

# A client of each family that is bound to an endpoint of this node, and one that is bound to another node's.
declare -A near near_to far
bind_clients() {
	local n from name prefix=172.18.0. length=24
	[ "$family" = 4 ] || { prefix=fd00:172:18::; length=64; }
	for n in $(seq 201 230); do
		from=$prefix$n
		in_ns client ip address add "$from/$length" dev eth0 preferred_lft 0
		name=$(who client tcp "$(vip 1)" 80 --from "$from")
		case $name in
		pod*) near[$family]=$from near_to[$family]=$name ;;
		rpod*) far[$family]=$from ;;
		esac
		[ -z "${near[$family]-}" ] || [ -z "${far[$family]-}" ] || break
	done
	check "A3 a client is bound to an endpoint of this node, one to another's" test -n "${near[$family]-}" -a -n "${far[$family]-}"
}
each_family bind_clients

keeps() { # keeps WHERE PORT
	expect_sticks "A7 $how: the client keeps its endpoint" "${near_to[$family]}" client tcp "$1" "$2" --from "${near[$family]}"
}
by_vip() { keeps "$(vip 1)" 80; }
by_node_port() { keeps "$(addr node)" 30080; }
moved() { # the client of an endpoint that the new list lacks
	local name
	name=$(who client tcp "$1" "$2" --from "${far[$family]}")
	check "A5 $how: the client of another node's endpoint gets one of this node" grep -q '^pod' <<<"$name"
}
far_by_vip() { moved "$(vip 1)" 80; }
far_by_node_port() { moved "$(addr node)" 30080; }

set_to Local Cluster 30080
how="internalTrafficPolicy from Cluster to Local"
each_family by_vip
each_family by_node_port
each_family far_by_vip
set_to Cluster Cluster 30080
how="internalTrafficPolicy from Local to Cluster"
each_family by_vip
set_to Cluster Local 30080
how="externalTrafficPolicy from Cluster to Local"
each_family by_node_port
each_family by_vip
each_family far_by_node_port
set_to Cluster Cluster 30080
how="externalTrafficPolicy from Local to Cluster"
each_family by_node_port
set_to Local Local 30080
how="both policies from Cluster to Local"
each_family by_vip
each_family by_node_port
set_to Cluster Cluster ""
how="both policies back to Cluster, without a node port"
each_family by_vip
set_to Cluster Cluster 30080
how="a node port is added"
each_family by_node_port
each_family by_vip
set_to Cluster Cluster 30080 "externalIPs: [$(family=4 addr ext1), \"$(family=6 addr ext1)\"]"
how="an external IP is added"
by_external() { keeps "$(addr ext1)" 80; }
each_family by_external
each_family by_node_port
set_to Cluster Cluster 30080
how="the external IP goes"
each_family by_vip
finish
