# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/decode/libdecode.a
src_decode_libdecode_a_SOURCES = \
	src/decode/json.h \
	src/decode/json_stream.h \
	src/decode/object.h \
	src/decode/yaml.h
src_decode_libdecode_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
