#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which endpoints are used as they come up and go down. Rows L6, E3, E4, E6, E7, N9, Y3.
. "$(dirname "$0")/lib.sh"

{
	service ready 1 ":tcp:80"
	slices ready ":tcp:8080" pod1 pod2,notready rpod1,terminating
	service terminating 2 ":tcp:80"
	slices terminating ":tcp:8080" pod1,terminating rpod1,terminating pod2,stopped pod3,notready
	service stopped 3 ":tcp:80"
	slices stopped ":tcp:8080" pod1,stopped pod2,notready
	service local 4 ":tcp:80" "internalTrafficPolicy: Local"
	slices local ":tcp:8080" pod1,terminating rpod1
} | write services.yaml
# No conditions at all: ready.
{
	service bare 5 ":tcp:80"
	slices bare ":tcp:8080" pod1 | sed /conditions/d
} | write bare.yaml
must_start

readiness() {
	expect_distribution "E3 E7 only ready endpoints are used" client tcp "$(vip 1)" 80 pod1
	expect_distribution "E4 none is ready: those that still serve are" client tcp "$(vip 2)" 80 "pod1 rpod1"
	expect_refused "E7 unready and stopped ones never are" client tcp "$(vip 3)" 80
	expect_distribution "E6 the local list falls back on its own" client tcp "$(vip 4)" 80 pod1
	expect_answer "L6 conditions left out mean ready" client tcp "$(vip 5)" 80 pod1
}

each_family readiness

changing() {
	service changing 6 ":tcp:80"
	slices changing ":tcp:8080" "$@"
}
changing pod1 pod2 | apply changing.yaml
while_changing() { expect_distribution "E3 two ready" client tcp "$(vip 6)" 80 "pod1 pod2"; }
each_family while_changing
changing pod1,notready pod2 | apply changing.yaml
while_changing() { expect_distribution "E7 Y3 one becomes unready" client tcp "$(vip 6)" 80 pod2; }
each_family while_changing
changing pod1,terminating pod2,notready | apply changing.yaml
while_changing() { expect_distribution "E4 the last one terminates" client tcp "$(vip 6)" 80 pod1; }
each_family while_changing
changing pod1,stopped pod2,notready | apply changing.yaml
while_changing() { expect_refused "N9 the last one has gone" client tcp "$(vip 6)" 80; }
each_family while_changing
changing pod1,stopped pod2 | apply changing.yaml
while_changing() { expect_distribution "N9 the first one is back" client tcp "$(vip 6)" 80 pod2; }
each_family while_changing
finish
