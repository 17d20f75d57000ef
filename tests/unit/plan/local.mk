# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/plan/test_build tests/unit/plan/test_plan
TESTS += tests/unit/plan/test_build tests/unit/plan/test_plan

tests_unit_plan_test_build_SOURCES = tests/unit/plan/test_build.c
tests_unit_plan_test_build_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_build_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_build_LDADD = tests/lib/libobjects.a src/plan/libplan.a src/select/libselect.a \
	src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_plan_test_plan_SOURCES = tests/unit/plan/test_plan.c
tests_unit_plan_test_plan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_plan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_plan_LDADD = tests/lib/libobjects.a src/plan/libplan.a src/select/libselect.a \
	src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/plan/test_stale
TESTS += tests/unit/plan/test_stale
tests_unit_plan_test_stale_SOURCES = tests/unit/plan/test_stale.c
tests_unit_plan_test_stale_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_stale_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_stale_LDADD = tests/lib/libobjects.a src/plan/libplan.a src/select/libselect.a \
	src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/plan/test_build_cost
TESTS += tests/unit/plan/test_build_cost
tests_unit_plan_test_build_cost_SOURCES = tests/unit/plan/test_build_cost.c tests/lib/cpu.h
tests_unit_plan_test_build_cost_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_build_cost_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_build_cost_LDADD = src/plan/libplan.a src/select/libselect.a src/model/libmodel.a src/base/libbase.a \
	$(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/plan/test_split
TESTS += tests/unit/plan/test_split
tests_unit_plan_test_split_SOURCES = tests/unit/plan/test_split.c
tests_unit_plan_test_split_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_split_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_split_LDADD = src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/plan/test_found
TESTS += tests/unit/plan/test_found
tests_unit_plan_test_found_SOURCES = tests/unit/plan/test_found.c tests/lib/cpu.h
tests_unit_plan_test_found_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_plan_test_found_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_plan_test_found_LDADD = src/plan/libplan.a src/select/libselect.a src/model/libmodel.a src/base/libbase.a \
	$(CMOCKA_LIBS)
