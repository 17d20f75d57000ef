# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/report/test_health
TESTS += tests/unit/report/test_health
tests_unit_report_test_health_SOURCES = tests/unit/report/test_health.c
tests_unit_report_test_health_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_health_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_events
TESTS += tests/unit/report/test_events
tests_unit_report_test_events_SOURCES = tests/unit/report/test_events.c
tests_unit_report_test_events_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_events_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_metrics
TESTS += tests/unit/report/test_metrics
tests_unit_report_test_metrics_SOURCES = tests/unit/report/test_metrics.c
tests_unit_report_test_metrics_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_metrics_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_words
TESTS += tests/unit/report/test_words
tests_unit_report_test_words_SOURCES = tests/unit/report/test_words.c
tests_unit_report_test_words_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_words_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_status
TESTS += tests/unit/report/test_status
tests_unit_report_test_status_SOURCES = tests/unit/report/test_status.c
tests_unit_report_test_status_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_status_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_explain_verdict
TESTS += tests/unit/report/test_explain_verdict
tests_unit_report_test_explain_verdict_SOURCES = tests/unit/report/test_explain_verdict.c
tests_unit_report_test_explain_verdict_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_explain_verdict_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_list
TESTS += tests/unit/report/test_list
tests_unit_report_test_list_SOURCES = tests/unit/report/test_list.c
tests_unit_report_test_list_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_list_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/report/test_page
TESTS += tests/unit/report/test_page
tests_unit_report_test_page_SOURCES = tests/unit/report/test_page.c
tests_unit_report_test_page_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_report_test_page_LDADD = src/report/libreport.a src/base/libbase.a $(CMOCKA_LIBS)
