# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/source/libsource.a
src_source_libsource_a_SOURCES = \
	src/source/source.h \
	src/source/credentials.h \
	src/source/files.h \
	src/source/ifaddr.c src/source/ifaddr.h \
	src/source/kubeapi.h
src_source_libsource_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(MNL_CFLAGS)
