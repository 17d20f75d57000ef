#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Zone and node hints. Rows E10 to E16, D10, Y3.
. "$(dirname "$0")/lib.sh"

{
	service zone 1 ":tcp:80:30080" "type: NodePort"
	slices zone ":tcp:8080" pod1,zone=zone-a,hint-zone=zone-a rpod1,zone=zone-b,hint-zone=zone-b
	service unhinted 2 ":tcp:80"
	slices unhinted ":tcp:8080" pod1,hint-zone=zone-a rpod1
	service elsewhere 3 ":tcp:80"
	slices elsewhere ":tcp:8080" pod1,hint-zone=zone-c rpod1,hint-zone=zone-c
	service unready 4 ":tcp:80"
	slices unready ":tcp:8080" pod1,hint-zone=zone-a pod2,notready rpod1,hint-zone=zone-b
	service node 5 ":tcp:80"
	slices node ":tcp:8080" pod1,hint-zone=zone-a,hint-node=other-node \
		pod2,hint-zone=zone-a,hint-node=this-node rpod1,hint-zone=zone-b,hint-node=other-node
	service half-node 6 ":tcp:80"
	slices half-node ":tcp:8080" pod1,hint-zone=zone-a pod2,hint-zone=zone-b,hint-node=this-node
} | write services.yaml
node zone-a | write node.yaml
must_start

in_zone_a() {
	expect_distribution "E12 endpoints hinted for our zone" client tcp "$(vip 1)" 80 pod1
	expect_distribution "E16 for node ports, too" client tcp "$(addr node)" 30080 pod1
	expect_distribution "E13 one endpoint without a hint switches hints off" client tcp "$(vip 2)" 80 "pod1 rpod1"
	expect_distribution "E13 hints that never name our zone are ignored" client tcp "$(vip 3)" 80 "pod1 rpod1"
	expect_distribution "E10 unready endpoints have no say" client tcp "$(vip 4)" 80 pod1
	expect_distribution "E11 hints for our node come first" client tcp "$(vip 5)" 80 pod2
	expect_distribution "E15 incomplete node hints leave zone hints" client tcp "$(vip 6)" 80 pod1
}
each_family in_zone_a

node zone-b | apply node.yaml
in_zone_b() {
	expect_distribution "D10 Y3 the node moves to another zone" client tcp "$(vip 1)" 80 rpod1
	expect_distribution "E11 node hints do not care" client tcp "$(vip 5)" 80 pod2
}
each_family in_zone_b

node | apply node.yaml
in_no_zone() {
	expect_distribution "E14 without a zone zone hints never match" client tcp "$(vip 1)" 80 "pod1 rpod1"
	expect_distribution "E14 node hints still work" client tcp "$(vip 5)" 80 pod2
}
each_family in_no_zone

# A taint, which no plan depends on; then the zone again.
stop_daemon
must_start -v 4
node | sed 's/^spec:/&\n  taints: [{key: ToBeDeletedByClusterAutoscaler, value: "1", effect: NoSchedule}]/' >"$work/tainted"
log_forget
write node.yaml <"$work/tainted"
check "Y3 a taint of the node: there is a sync" wait_until 50 log_says 'msg=synced '
check "Y3 but no Service is planned" log_says 'msg=synced services=0 '
log_forget
node zone-a | write node.yaml
check "Y3 another zone: all are planned" wait_until 50 log_says 'msg=synced services=[78] '
finish
