# SPDX-License-Identifier: GPL-2.0-or-later
config_tests = \
	tests/unit/config/test_config_file \
	tests/unit/config/test_settings
check_PROGRAMS += $(config_tests)
TESTS += $(config_tests)

tests_unit_config_test_config_file_SOURCES = tests/unit/config/test_config_file.c
tests_unit_config_test_config_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_config_file_LDADD = $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_config_test_settings_SOURCES = tests/unit/config/test_settings.c
tests_unit_config_test_settings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_settings_LDADD = src/config/libconfig.a src/decode/libdecode.a src/model/libmodel.a \
	src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
