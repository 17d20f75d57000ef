# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/diagnose/test_rule_walk
TESTS += tests/unit/diagnose/test_rule_walk
tests_unit_diagnose_test_rule_walk_SOURCES = tests/unit/diagnose/test_rule_walk.c
tests_unit_diagnose_test_rule_walk_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(NFTNL_CFLAGS)
tests_unit_diagnose_test_rule_walk_LDADD = src/diagnose/libdiagnose.a src/backend/libbackend.a src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/diagnose/test_targets
TESTS += tests/unit/diagnose/test_targets
tests_unit_diagnose_test_targets_SOURCES = tests/unit/diagnose/test_targets.c
tests_unit_diagnose_test_targets_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_diagnose_test_targets_LDADD = src/diagnose/libdiagnose.a src/report/libreport.a src/base/libbase.a \
	$(JANSSON_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/diagnose/test_nftrace
TESTS += tests/unit/diagnose/test_nftrace
tests_unit_diagnose_test_nftrace_SOURCES = tests/unit/diagnose/test_nftrace.c
tests_unit_diagnose_test_nftrace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_diagnose_test_nftrace_LDADD = src/diagnose/libdiagnose.a src/backend/libbackend.a src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/diagnose/test_host_settings
TESTS += tests/unit/diagnose/test_host_settings
tests_unit_diagnose_test_host_settings_SOURCES = tests/unit/diagnose/test_host_settings.c
tests_unit_diagnose_test_host_settings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_diagnose_test_host_settings_LDADD = src/diagnose/libdiagnose.a src/report/libreport.a src/backend/libbackend.a \
	src/base/libbase.a $(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)
