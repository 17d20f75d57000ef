# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/select/test_pick tests/unit/select/test_topology
TESTS += tests/unit/select/test_pick tests/unit/select/test_topology

tests_unit_select_test_pick_SOURCES = tests/unit/select/test_pick.c
tests_unit_select_test_pick_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_select_test_pick_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_select_test_pick_LDADD = tests/lib/libobjects.a src/select/libselect.a src/model/libmodel.a \
	src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_select_test_topology_SOURCES = tests/unit/select/test_topology.c
tests_unit_select_test_topology_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_select_test_topology_LDADD = src/select/libselect.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/select/test_local_ready
TESTS += tests/unit/select/test_local_ready
tests_unit_select_test_local_ready_SOURCES = tests/unit/select/test_local_ready.c
tests_unit_select_test_local_ready_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_select_test_local_ready_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_select_test_local_ready_LDADD = tests/lib/libobjects.a src/select/libselect.a src/model/libmodel.a \
	src/base/libbase.a $(CMOCKA_LIBS)
