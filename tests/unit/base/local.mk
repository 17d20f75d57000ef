# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/base/test_addr
TESTS += tests/unit/base/test_addr
tests_unit_base_test_addr_SOURCES = tests/unit/base/test_addr.c
tests_unit_base_test_addr_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_addr_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_sha256
TESTS += tests/unit/base/test_sha256
tests_unit_base_test_sha256_SOURCES = tests/unit/base/test_sha256.c
tests_unit_base_test_sha256_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_sha256_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_json_text
TESTS += tests/unit/base/test_json_text
tests_unit_base_test_json_text_SOURCES = tests/unit/base/test_json_text.c
tests_unit_base_test_json_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_json_text_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_log
TESTS += tests/unit/base/test_log
tests_unit_base_test_log_SOURCES = tests/unit/base/test_log.c
tests_unit_base_test_log_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_log_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_log_ratelimit
TESTS += tests/unit/base/test_log_ratelimit
tests_unit_base_test_log_ratelimit_SOURCES = tests/unit/base/test_log_ratelimit.c
tests_unit_base_test_log_ratelimit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_log_ratelimit_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_service_name
TESTS += tests/unit/base/test_service_name
tests_unit_base_test_service_name_SOURCES = tests/unit/base/test_service_name.c
tests_unit_base_test_service_name_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_service_name_LDADD = src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/base/test_merge
TESTS += tests/unit/base/test_merge
tests_unit_base_test_merge_SOURCES = tests/unit/base/test_merge.c
tests_unit_base_test_merge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_merge_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_hash
TESTS += tests/unit/base/test_hash
tests_unit_base_test_hash_SOURCES = tests/unit/base/test_hash.c
tests_unit_base_test_hash_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_hash_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_base32
TESTS += tests/unit/base/test_base32
tests_unit_base_test_base32_SOURCES = tests/unit/base/test_base32.c
tests_unit_base_test_base32_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_base32_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_special
TESTS += tests/unit/base/test_special
tests_unit_base_test_special_SOURCES = tests/unit/base/test_special.c
tests_unit_base_test_special_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_special_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_plain_text
TESTS += tests/unit/base/test_plain_text
tests_unit_base_test_plain_text_SOURCES = tests/unit/base/test_plain_text.c
tests_unit_base_test_plain_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_plain_text_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_log_output
TESTS += tests/unit/base/test_log_output
tests_unit_base_test_log_output_SOURCES = tests/unit/base/test_log_output.c
tests_unit_base_test_log_output_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_log_output_LDADD = src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/base/test_similar
TESTS += tests/unit/base/test_similar
tests_unit_base_test_similar_SOURCES = tests/unit/base/test_similar.c
tests_unit_base_test_similar_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_base_test_similar_LDADD = src/base/libbase.a $(CMOCKA_LIBS)
