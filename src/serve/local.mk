# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/serve/libserve.a
src_serve_libserve_a_SOURCES = \
	src/serve/conntrack_table.c src/serve/conntrack_table.h \
	src/serve/explainer.c src/serve/explainer.h \
	src/serve/explainer_ports.c src/serve/explainer_ports.h \
	src/serve/explainer_truth.c src/serve/explainer_truth.h \
	src/serve/finder.c src/serve/finder.h \
	src/serve/health_check_ports.c src/serve/health_check_ports.h \
	src/serve/healthz.c src/serve/healthz.h \
	src/serve/http_clients.c src/serve/http_clients.h \
	src/serve/http_socket.c src/serve/http_socket.h \
	src/serve/http_server.c src/serve/http_server.h \
	src/serve/kept_sockets.c src/serve/kept_sockets.h \
	src/serve/lister.c src/serve/lister.h \
	src/serve/listener.c src/serve/listener.h \
	src/serve/metrics_handler.c src/serve/metrics_handler.h \
	src/serve/packet_walk.c src/serve/packet_walk.h \
	src/serve/process.c src/serve/process.h \
	src/serve/query.c src/serve/query.h \
	src/serve/query_child.c src/serve/query_child.h \
	src/serve/query_context.c src/serve/query_context.h \
	src/serve/serve.c src/serve/serve.h \
	src/serve/slow_queries.c src/serve/slow_queries.h
src_serve_libserve_a_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS) $(MICROHTTPD_CFLAGS)
