# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/report/libreport.a
src_report_libreport_a_SOURCES = \
	src/report/event.c src/report/event.h \
	src/report/events.c src/report/events.h \
	src/report/explain.c src/report/explain.h \
	src/report/explain_json.c src/report/explain_json.h \
	src/report/explain_text.c src/report/explain_text.h \
	src/report/explain_verdict.c src/report/explain_verdict.h \
	src/report/health.c src/report/health.h \
	src/report/histogram.c src/report/histogram.h \
	src/report/list.c src/report/list.h \
	src/report/metrics.c src/report/metrics.h \
	src/report/metrics_gauges.c src/report/metrics_gauges.h \
	src/report/metrics_lines.c src/report/metrics_lines.h \
	src/report/metrics_now.h \
	src/report/metrics_print.c src/report/metrics_print.h \
	src/report/page.c src/report/page.h \
	src/report/status.c src/report/status.h \
	src/report/status_json.c src/report/status_json.h \
	src/report/status_text.c src/report/status_text.h \
	src/report/status_verdict.c src/report/status_verdict.h \
	src/report/words.c src/report/words.h
