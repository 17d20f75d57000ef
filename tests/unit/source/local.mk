# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/source/test_ifaddr
TESTS += tests/unit/source/test_ifaddr
tests_unit_source_test_ifaddr_SOURCES = tests/unit/source/test_ifaddr.c
tests_unit_source_test_ifaddr_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_ifaddr_LDADD = src/source/libsource.a src/base/libbase.a $(MNL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/source/test_files
TESTS += tests/unit/source/test_files
tests_unit_source_test_files_SOURCES = tests/unit/source/test_files.c
tests_unit_source_test_files_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_files_LDADD = src/source/libsource.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a \
	$(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/source/test_reflector
TESTS += tests/unit/source/test_reflector
tests_unit_source_test_reflector_SOURCES = tests/unit/source/test_reflector.c
tests_unit_source_test_reflector_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_reflector_LDADD = src/source/libsource.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/source/test_body
TESTS += tests/unit/source/test_body
tests_unit_source_test_body_SOURCES = tests/unit/source/test_body.c
tests_unit_source_test_body_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_body_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_source_test_body_LDADD = tests/lib/libwire.a src/source/libsource.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a \
	$(JANSSON_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/source/test_request
TESTS += tests/unit/source/test_request
tests_unit_source_test_request_SOURCES = tests/unit/source/test_request.c
tests_unit_source_test_request_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_request_LDADD = src/source/libsource.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/source/test_negotiation
TESTS += tests/unit/source/test_negotiation
tests_unit_source_test_negotiation_SOURCES = tests/unit/source/test_negotiation.c
tests_unit_source_test_negotiation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_negotiation_LDADD = src/source/libsource.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/source/test_credentials
TESTS += tests/unit/source/test_credentials
tests_unit_source_test_credentials_SOURCES = tests/unit/source/test_credentials.c
tests_unit_source_test_credentials_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_source_test_credentials_LDADD = src/source/libsource.a src/decode/libdecode.a src/base/libbase.a \
	$(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
