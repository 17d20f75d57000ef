# SPDX-License-Identifier: GPL-2.0-or-later
# 5,000 nodes' clients and one server, on a simulated clock.
check_PROGRAMS += tests/sim/herd
SLOW_TESTS += tests/sim/herd
tests_sim_herd_SOURCES = tests/sim/herd.c
tests_sim_herd_LDADD = src/kubeapi/libkubeapi.a src/base/libbase.a
