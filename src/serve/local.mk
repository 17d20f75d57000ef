# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/serve/libserve.a
src_serve_libserve_a_SOURCES = \
	src/serve/serve.c src/serve/serve.h
src_serve_libserve_a_CFLAGS = $(AM_CFLAGS) $(MICROHTTPD_CFLAGS)
