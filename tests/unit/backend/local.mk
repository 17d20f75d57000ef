# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/backend/test_fake
TESTS += tests/unit/backend/test_fake
tests_unit_backend_test_fake_SOURCES = tests/unit/backend/test_fake.c
tests_unit_backend_test_fake_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_backend_test_fake_LDADD = src/backend/libbackend.a src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/backend/test_text
TESTS += tests/unit/backend/test_text
tests_unit_backend_test_text_SOURCES = tests/unit/backend/test_text.c
tests_unit_backend_test_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_backend_test_text_LDADD = src/backend/libbackend.a src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/backend/test_nfnl_probe
TESTS += tests/unit/backend/test_nfnl_probe
tests_unit_backend_test_nfnl_probe_SOURCES = tests/unit/backend/test_nfnl_probe.c
tests_unit_backend_test_nfnl_probe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_backend_test_nfnl_probe_LDADD = src/backend/libbackend.a src/ruleset/libruleset.a src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/backend/test_ctflush
TESTS += tests/unit/backend/test_ctflush
tests_unit_backend_test_ctflush_SOURCES = tests/unit/backend/test_ctflush.c
tests_unit_backend_test_ctflush_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_backend_test_ctflush_LDADD = src/backend/libbackend.a src/base/libbase.a $(NFCT_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/backend/test_knowledge
TESTS += tests/unit/backend/test_knowledge
tests_unit_backend_test_knowledge_SOURCES = tests/unit/backend/test_knowledge.c
tests_unit_backend_test_knowledge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_backend_test_knowledge_LDADD = src/backend/libbackend.a src/ruleset/libruleset.a src/base/libbase.a $(CMOCKA_LIBS)
