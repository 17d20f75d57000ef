# SPDX-License-Identifier: GPL-2.0-or-later
config_tests = \
	tests/unit/config/test_command_line \
	tests/unit/config/test_config_file \
	tests/unit/config/test_setting_table \
	tests/unit/config/test_subject
check_PROGRAMS += $(config_tests)
TESTS += $(config_tests)

config_libs = src/config/libconfig.a src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a \
	$(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)

tests_unit_config_test_command_line_SOURCES = tests/unit/config/test_command_line.c
tests_unit_config_test_command_line_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_command_line_LDADD = $(config_libs)

tests_unit_config_test_config_file_SOURCES = tests/unit/config/test_config_file.c
tests_unit_config_test_config_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_config_file_LDADD = $(config_libs)

tests_unit_config_test_setting_table_SOURCES = tests/unit/config/test_setting_table.c
tests_unit_config_test_setting_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_setting_table_LDADD = $(config_libs)

tests_unit_config_test_subject_SOURCES = tests/unit/config/test_subject.c
tests_unit_config_test_subject_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_config_test_subject_LDADD = $(config_libs)
