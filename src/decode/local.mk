# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/decode/libdecode.a
src_decode_libdecode_a_SOURCES = \
	src/decode/api_status.c src/decode/api_status.h \
	src/decode/base64.c src/decode/base64.h \
	src/decode/decode_node.c src/decode/decode_node.h \
	src/decode/decode_service.c src/decode/decode_service.h \
	src/decode/decode_service_cidr.c src/decode/decode_service_cidr.h \
	src/decode/decode_slice.c src/decode/decode_slice.h \
	src/decode/document.c src/decode/document.h \
	src/decode/encode.c src/decode/encode.h \
	src/decode/field.c src/decode/field.h \
	src/decode/json.c src/decode/json.h \
	src/decode/json_guess.c src/decode/json_guess.h \
	src/decode/json_load.c src/decode/json_load.h \
	src/decode/json_stream.c src/decode/json_stream.h \
	src/decode/object.c src/decode/object.h \
	src/decode/object_sink.h \
	src/decode/object_tree.c src/decode/object_tree.h \
	src/decode/protobuf.c src/decode/protobuf.h \
	src/decode/protobuf_object.c src/decode/protobuf_object.h \
	src/decode/protobuf_schema.c src/decode/protobuf_schema.h \
	src/decode/protobuf_stream.c src/decode/protobuf_stream.h \
	src/decode/protobuf_value.c src/decode/protobuf_value.h \
	src/decode/rfc3339.c src/decode/rfc3339.h \
	src/decode/warnings.c src/decode/warnings.h \
	src/decode/watch_event.c src/decode/watch_event.h \
	src/decode/yaml.c src/decode/yaml.h \
	src/decode/yaml_events.c src/decode/yaml_events.h \
	src/decode/yaml_scalar.c src/decode/yaml_scalar.h \
	src/decode/yaml_tree.c src/decode/yaml_tree.h \
	src/decode/yaml_value.c src/decode/yaml_value.h
src_decode_libdecode_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS)
