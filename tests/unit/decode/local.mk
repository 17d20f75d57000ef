# SPDX-License-Identifier: GPL-2.0-or-later
decode_test_libs = src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
decode_tests = \
	tests/unit/decode/test_json \
	tests/unit/decode/test_yaml
check_PROGRAMS += $(decode_tests)
TESTS += $(decode_tests)

tests_unit_decode_test_json_SOURCES = tests/unit/decode/test_json.c
tests_unit_decode_test_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_json_LDADD = $(decode_test_libs)
tests_unit_decode_test_yaml_SOURCES = tests/unit/decode/test_yaml.c
tests_unit_decode_test_yaml_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_yaml_LDADD = $(decode_test_libs)
