#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A Service port with many front ends stores its endpoints once, not for each front end. Rows P2, E1, A1, A2, A3, A6, A7, Y9.
# shellcheck disable=SC2046 # names of endpoints are words

. "$(dirname "$0")/lib.sh"

make_farm 10
externals() { # externals FIRST LAST -> a list of addresses, in both families
	local n all=()
	for ((n = $1; n <= $2; n++)); do
		all+=("198.51.100.$n" "\"2001:db8:51::$n\"")
	done
	(IFS=,; echo "${all[*]}")
}
several() { # several FIRST LAST -> farmFIRST ... farmLAST
	local n
	for ((n = $1; n <= $2; n++)); do
		echo "farm$n"
	done
}
for part in $(several 1 10); do
	farm_up "$part"
done
wide() { # wide LAST-ADDRESS ENDPOINT... - a Service with the addresses 1 to LAST-ADDRESS
	local last=$1
	shift
	service wide 1 "http:tcp:80:30080 dns:udp:53" "type: NodePort" "externalIPs: [$(externals 1 "$last")]" "${affinity_lines[@]}"
	slices wide "http:tcp:8080 dns:udp:8080" "$@"
}
owns_lists() { # owns_lists - the chain of a list of its own exists, and nothing of the Service is stored by front end
	ruleset | grep -A1 '^	chain pool-' | grep -q 'comment "default/wide:http"' && ! ruleset | grep -q "$(vip 1) \. tcp \. 80 \. "
}
shares_lists() { ! ruleset | grep -q '^	chain pool-' && ruleset | grep -q "$(vip 1) \. tcp \. 80 \. "; }
ext() { [ "$family" = 4 ] && echo "198.51.100.$1" || echo "2001:db8:51::$1"; }

affinity_lines=()
{ node zone-a && wide 12 $(several 1 10); } | write wide.yaml
must_start

served_by() { # served_by ROWS FIRST LAST
	expect_distribution "$1 an external IP of many" client tcp "$(ext 7)" 80 "$(several "$2" "$3")"
	expect_distribution "$1 another one, UDP" client udp "$(ext 12)" 53 "$(several "$2" "$3")"
	expect_distribution "$1 the ClusterIP, from a pod" pod1 tcp "$(vip 1)" 80 "$(several "$2" "$3")"
	expect_distribution "$1 the node port" client tcp "$(addr node)" 30080 "$(several "$2" "$3")"
	expect_distribution "$1 the ClusterIP, from the node itself" node tcp "$(vip 1)" 80 "$(several "$2" "$3")"
}
served_by_few() { expect_distribution "$1 one address of few" client tcp "$(ext 2)" 80 "$(several "$2" "$3")"; }
many() {
	check "the port has lists of its own" owns_lists
	served_by "P2 E1" 1 10
}
each_family many
{ node zone-a && wide 12 $(several 1 9); } | apply wide.yaml
fewer() { served_by "Y9 an endpoint went:" 1 9; }
each_family fewer
{ node zone-a && wide 2 $(several 1 9); } | apply wide.yaml
few_addresses() {
	check "with few addresses, each has its endpoints" shares_lists
	served_by_few "P2 E1" 1 9
}
each_family few_addresses
{ node zone-a && wide 12 $(several 1 10); } | apply wide.yaml
many_again() {
	check "with many again it has its own lists" owns_lists
	served_by "P2 E1 again:" 1 10
}
each_family many_again

# Session affinity. What is learnt stays, however the endpoints are stored.
affine 600
{ node zone-a && wide 12 $(several 1 10); } | apply wide.yaml
declare -A bound
binds() {
	bound[$family]=$(who client tcp "$(ext 3)" 80)
	check "A3 a new client is recorded" knows wide:http client
	expect_sticks "A2 and comes back" "${bound[$family]}" client tcp "$(ext 3)" 80
	expect_sticks "A1 through another address" "${bound[$family]}" client tcp "$(ext 9)" 80
	expect_sticks "A1 through the node port" "${bound[$family]}" client tcp "$(addr node)" 30080
}
each_family binds
{ node zone-a && wide 2 $(several 1 10); } | apply wide.yaml
how="with few addresses"
still() { expect_sticks "A7 $how" "${bound[$family]}" client tcp "$(vip 1)" 80; }
each_family still
{ node zone-a && wide 12 $(several 1 10); } | apply wide.yaml
how="with many again"
each_family still
others() { # all but those that the client is bound to
	local n
	for ((n = 1; n <= 10; n++)); do
		case " ${bound[4]} ${bound[6]} " in *" farm$n "*) ;; *) echo "farm$n" ;; esac
	done
}
{ node zone-a && wide 12 $(others); } | apply wide.yaml
rebalanced() {
	local now
	now=$(who client tcp "$(ext 3)" 80)
	check "A6 its endpoint is removed: another one serves it" grep -qx "$now" <<<"$(others)"
	expect_sticks "A6 from then on" "$now" client tcp "$(ext 4)" 80
}
each_family rebalanced
finish
