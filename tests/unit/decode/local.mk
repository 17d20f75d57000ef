# SPDX-License-Identifier: GPL-2.0-or-later
decode_test_libs = src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS) $(CMOCKA_LIBS)
decode_tests = \
	tests/unit/decode/test_decode_fields \
	tests/unit/decode/test_json \
	tests/unit/decode/test_json_stream \
	tests/unit/decode/test_members \
	tests/unit/decode/test_protobuf \
	tests/unit/decode/test_protobuf_object \
	tests/unit/decode/test_protobuf_stream \
	tests/unit/decode/test_recordings \
	tests/unit/decode/test_yaml \
	tests/unit/decode/test_yaml_limits \
	tests/unit/decode/test_yaml_value
check_PROGRAMS += $(decode_tests)
TESTS += $(decode_tests)

tests_unit_decode_test_decode_fields_SOURCES = tests/unit/decode/test_decode_fields.c
tests_unit_decode_test_decode_fields_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_decode_fields_LDADD = $(decode_test_libs)
tests_unit_decode_test_json_SOURCES = tests/unit/decode/test_json.c
tests_unit_decode_test_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_json_LDADD = $(decode_test_libs)
tests_unit_decode_test_json_stream_SOURCES = tests/unit/decode/test_json_stream.c
tests_unit_decode_test_json_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_json_stream_LDADD = $(decode_test_libs)
tests_unit_decode_test_members_SOURCES = tests/unit/decode/test_members.c
tests_unit_decode_test_members_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_members_LDADD = $(decode_test_libs)
tests_unit_decode_test_protobuf_SOURCES = tests/unit/decode/test_protobuf.c
tests_unit_decode_test_protobuf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_protobuf_LDADD = $(decode_test_libs)
tests_unit_decode_test_protobuf_object_SOURCES = tests/unit/decode/test_protobuf_object.c
tests_unit_decode_test_protobuf_object_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_decode_test_protobuf_object_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_protobuf_object_LDADD = tests/lib/libwire.a $(decode_test_libs)
tests_unit_decode_test_protobuf_stream_SOURCES = tests/unit/decode/test_protobuf_stream.c
tests_unit_decode_test_protobuf_stream_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_decode_test_protobuf_stream_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_protobuf_stream_LDADD = tests/lib/libwire.a $(decode_test_libs)
tests_unit_decode_test_recordings_SOURCES = tests/unit/decode/test_recordings.c
tests_unit_decode_test_recordings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_recordings_LDADD = $(decode_test_libs)
tests_unit_decode_test_yaml_SOURCES = tests/unit/decode/test_yaml.c
tests_unit_decode_test_yaml_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_yaml_LDADD = $(decode_test_libs)
tests_unit_decode_test_yaml_value_SOURCES = tests/unit/decode/test_yaml_value.c
tests_unit_decode_test_yaml_value_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_yaml_value_LDADD = $(decode_test_libs)

EXTRA_DIST += \
	tests/recordings/04-services-list.http \
	tests/recordings/05-services-list-shop-all.http \
	tests/recordings/06-eps-list-page1.http \
	tests/recordings/07-eps-list-page2.http \
	tests/recordings/08-eps-list-lastpage.http \
	tests/recordings/09-eps-list-selector-rv0.http \
	tests/recordings/11-empty-list.http \
	tests/recordings/12-eps-watch.http \
	tests/recordings/13-eps-watchlist-stream.http \
	tests/recordings/14-services-watchlist-stream.http \
	tests/recordings/15-node-watchlist-stream.http \
	tests/recordings/16-watch-too-old-rv.http \
	tests/recordings/17-watch-future-rv.http \
	tests/recordings/18-list-future-rv-504.http \
	tests/recordings/26-no-rights-403.http \
	tests/recordings/43-expired-continue-410.http \
	tests/recordings/46j-json-services-list.http \
	tests/recordings/47j-json-eps-list.http \
	tests/recordings/48bj-json-node-list.http \
	tests/recordings/39-protobuf-watchlist-node.http \
	tests/recordings/46-protobuf-services-list.http \
	tests/recordings/47-protobuf-eps-list.http \
	tests/recordings/47b-protobuf-eps-list-limit3.http \
	tests/recordings/47c-protobuf-empty-list.http \
	tests/recordings/48-protobuf-servicecidrs-list.http \
	tests/recordings/48b-protobuf-node-list.http \
	tests/recordings/48j-json-servicecidrs-list.http \
	tests/recordings/49-protobuf-services-watchlist-stream.http \
	tests/recordings/50-protobuf-eps-watchlist-stream.http \
	tests/recordings/51-protobuf-eps-watch.http \
	tests/recordings/51j-json-eps-watch.http \
	tests/recordings/52-protobuf-expired-continue-410.http \
	tests/recordings/52c-protobuf-future-rv-504.http \
	tests/recordings/52d-protobuf-no-rights-403.http \
	tests/recordings/52g-protobuf-watch-future-rv.http \
	tests/recordings/52j-json-expired-continue-410.http \
	tests/recordings/54-protobuf-watch-too-old-rv.http \
	tests/recordings/54j-json-watch-too-old-rv.http \
	tests/recordings/expected-protobuf.txt \
	tests/recordings/expected.txt
tests_unit_decode_test_yaml_limits_SOURCES = tests/unit/decode/test_yaml_limits.c
tests_unit_decode_test_yaml_limits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_decode_test_yaml_limits_LDADD = $(decode_test_libs)
