# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/ruleset/test_image
TESTS += tests/unit/ruleset/test_image
tests_unit_ruleset_test_image_SOURCES = tests/unit/ruleset/test_image.c
tests_unit_ruleset_test_image_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ruleset_test_image_LDADD = src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/ruleset/test_trace
TESTS += tests/unit/ruleset/test_trace
tests_unit_ruleset_test_trace_SOURCES = tests/unit/ruleset/test_trace.c
tests_unit_ruleset_test_trace_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ruleset_test_trace_LDADD = src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/ruleset/test_elements
TESTS += tests/unit/ruleset/test_elements
tests_unit_ruleset_test_elements_SOURCES = tests/unit/ruleset/test_elements.c
tests_unit_ruleset_test_elements_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_ruleset_test_elements_LDADD = src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
