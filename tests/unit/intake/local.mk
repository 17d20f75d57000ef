# SPDX-License-Identifier: GPL-2.0-or-later
intake_tests = \
	tests/unit/intake/test_intake \
	tests/unit/intake/test_offline_start \
	tests/unit/intake/test_outages \
	tests/unit/intake/test_programming_latency \
	tests/unit/intake/test_rejected_objects \
	tests/unit/intake/test_saved_state \
	tests/unit/intake/test_state_saver
check_PROGRAMS += $(intake_tests)
TESTS += $(intake_tests)

tests_unit_intake_test_intake_SOURCES = tests/unit/intake/test_intake.c
tests_unit_intake_test_intake_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_intake_test_intake_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_intake_test_intake_LDADD = tests/lib/libobjects.a $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_intake_test_offline_start_SOURCES = tests/unit/intake/test_offline_start.c
tests_unit_intake_test_offline_start_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_intake_test_offline_start_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_intake_test_offline_start_LDADD = tests/lib/libobjects.a $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_intake_test_outages_SOURCES = tests/unit/intake/test_outages.c
tests_unit_intake_test_outages_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_intake_test_outages_LDADD = src/intake/libintake.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_intake_test_programming_latency_SOURCES = tests/unit/intake/test_programming_latency.c
tests_unit_intake_test_programming_latency_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_intake_test_programming_latency_LDADD = src/intake/libintake.a src/report/libreport.a \
	src/model/libmodel.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_intake_test_rejected_objects_SOURCES = tests/unit/intake/test_rejected_objects.c
tests_unit_intake_test_rejected_objects_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_intake_test_rejected_objects_LDADD = src/intake/libintake.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_intake_test_saved_state_SOURCES = tests/unit/intake/test_saved_state.c
tests_unit_intake_test_saved_state_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_intake_test_saved_state_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_intake_test_saved_state_LDADD = tests/lib/libobjects.a src/intake/libintake.a \
	src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_intake_test_state_saver_SOURCES = tests/unit/intake/test_state_saver.c
tests_unit_intake_test_state_saver_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_intake_test_state_saver_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_intake_test_state_saver_LDADD = tests/lib/libobjects.a $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)
