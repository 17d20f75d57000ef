# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/config/libconfig.a
src_config_libconfig_a_SOURCES = \
	src/config/command_line.c src/config/command_line.h \
	src/config/config_file.c src/config/config_file.h \
	src/config/flags.c src/config/flags.h \
	src/config/help.c src/config/help.h \
	src/config/setting_table.c src/config/setting_table.h \
	src/config/setting_value.c src/config/setting_value.h \
	src/config/subject.c src/config/subject.h \
	src/config/settings.c src/config/settings.h
src_config_libconfig_a_CFLAGS = $(AM_CFLAGS)

# For the build: it prints what contrib/completions are made of.
noinst_PROGRAMS += src/config/completions
src_config_completions_SOURCES = src/config/completions_main.c
src_config_completions_LDADD = src/config/libconfig.a
