# SPDX-License-Identifier: GPL-2.0-or-later
sync_tests = \
	tests/unit/sync/test_ifaddr \
	tests/unit/sync/test_measures \
	tests/unit/sync/test_node_view \
	tests/unit/sync/test_pacer \
	tests/unit/sync/test_planner \
	tests/unit/sync/test_sync_log \
	tests/unit/sync/test_refusals \
	tests/unit/sync/test_sync_summary
check_PROGRAMS += $(sync_tests)
TESTS += $(sync_tests)

tests_unit_sync_test_ifaddr_SOURCES = tests/unit/sync/test_ifaddr.c
tests_unit_sync_test_ifaddr_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_ifaddr_LDADD = src/sync/libsync.a src/base/libbase.a $(MNL_LIBS) $(CMOCKA_LIBS)

tests_unit_sync_test_measures_SOURCES = tests/unit/sync/test_measures.c
tests_unit_sync_test_measures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_measures_LDADD = src/sync/libsync.a src/plan/libplan.a src/select/libselect.a src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_sync_test_node_view_SOURCES = tests/unit/sync/test_node_view.c
tests_unit_sync_test_node_view_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_node_view_LDADD = src/sync/libsync.a src/config/libconfig.a src/render/librender.a \
	src/ruleset/libruleset.a src/plan/libplan.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a \
	$(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_sync_test_pacer_SOURCES = tests/unit/sync/test_pacer.c
tests_unit_sync_test_pacer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_pacer_LDADD = src/sync/libsync.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_sync_test_refusals_SOURCES = tests/unit/sync/test_refusals.c
tests_unit_sync_test_refusals_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_refusals_LDADD = src/sync/libsync.a src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_sync_test_sync_summary_SOURCES = tests/unit/sync/test_sync_summary.c
tests_unit_sync_test_sync_summary_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_sync_summary_LDADD = src/sync/libsync.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_sync_test_planner_SOURCES = tests/unit/sync/test_planner.c
tests_unit_sync_test_planner_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_sync_test_planner_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_sync_test_planner_LDADD = tests/lib/libobjects.a src/sync/libsync.a src/config/libconfig.a \
	src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/select/libselect.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_sync_test_sync_log_SOURCES = tests/unit/sync/test_sync_log.c
tests_unit_sync_test_sync_log_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_sync_test_sync_log_LDADD = $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)
