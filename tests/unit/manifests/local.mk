# SPDX-License-Identifier: GPL-2.0-or-later
manifests_tests = \
	tests/unit/manifests/test_files
check_PROGRAMS += $(manifests_tests)
TESTS += $(manifests_tests)

tests_unit_manifests_test_files_SOURCES = tests/unit/manifests/test_files.c
tests_unit_manifests_test_files_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_manifests_test_files_LDADD = src/manifests/libmanifests.a src/decode/libdecode.a \
	src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
