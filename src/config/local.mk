# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/config/libconfig.a
src_config_libconfig_a_SOURCES = \
	src/config/config_file.c src/config/config_file.h \
	src/config/flags.c src/config/flags.h \
	src/config/proxy_config.c src/config/proxy_config.h \
	src/config/settings.c src/config/settings.h \
	src/config/settings_set.c src/config/settings_set.h
src_config_libconfig_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
