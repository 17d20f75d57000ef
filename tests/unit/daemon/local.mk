# SPDX-License-Identifier: GPL-2.0-or-later
daemon_tests = \
	tests/unit/daemon/test_kernel_features \
	tests/unit/daemon/test_sysctls
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)

tests_unit_daemon_test_kernel_features_SOURCES = tests/unit/daemon/test_kernel_features.c
tests_unit_daemon_test_kernel_features_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_kernel_features_LDADD = src/daemon/libdaemon.a src/backend/libbackend.a \
	src/ruleset/libruleset.a src/base/libbase.a $(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_test_sysctls_SOURCES = tests/unit/daemon/test_sysctls.c
tests_unit_daemon_test_sysctls_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_sysctls_LDADD = src/daemon/libdaemon.a src/base/libbase.a $(CMOCKA_LIBS)
