# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/decode/test_json
TESTS += tests/unit/decode/test_json
tests_unit_decode_test_json_SOURCES = tests/unit/decode/test_json.c
tests_unit_decode_test_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_json_LDADD = $(decode_test_libs)

decode_test_libs = src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
