# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/serve/test_explainer_ports
TESTS += tests/unit/serve/test_explainer_ports
tests_unit_serve_test_explainer_ports_SOURCES = tests/unit/serve/test_explainer_ports.c
tests_unit_serve_test_explainer_ports_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_serve_test_explainer_ports_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_serve_test_explainer_ports_LDADD = tests/lib/libobjects.a src/serve/libserve.a src/report/libreport.a \
	src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/select/libselect.a src/model/libmodel.a \
	src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/serve/test_http_clients
TESTS += tests/unit/serve/test_http_clients
tests_unit_serve_test_http_clients_SOURCES = tests/unit/serve/test_http_clients.c
tests_unit_serve_test_http_clients_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_serve_test_http_clients_LDADD = src/serve/libserve.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/serve/test_http_server
TESTS += tests/unit/serve/test_http_server
tests_unit_serve_test_http_server_SOURCES = tests/unit/serve/test_http_server.c
tests_unit_serve_test_http_server_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_serve_test_http_server_LDADD = src/serve/libserve.a src/base/libbase.a $(MICROHTTPD_LIBS) $(CMOCKA_LIBS)
