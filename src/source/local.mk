# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/source/libsource.a
src_source_libsource_a_SOURCES = \
	src/source/source.h \
	src/source/body.c src/source/body.h \
	src/source/child.c src/source/child.h \
	src/source/credentials.c src/source/credentials.h \
	src/source/files.c src/source/files.h \
	src/source/files_keys.c src/source/files_keys.h \
	src/source/files_reading.c src/source/files_reading.h \
	src/source/files_watch.c src/source/files_watch.h \
	src/source/ifaddr.c src/source/ifaddr.h \
	src/source/kubeapi.c src/source/kubeapi.h src/source/kubeapi_internal.h src/source/kubeapi_stream.c \
	src/source/manifest.c src/source/manifest.h \
	src/source/negotiation.c src/source/negotiation.h \
	src/source/plugin.c src/source/plugin.h \
	src/source/reflector.c src/source/reflector.h \
	src/source/request.c src/source/request.h \
	src/source/savefile.c src/source/savefile.h \
	src/source/transfer.c src/source/transfer.h \
	src/source/writing.c src/source/writing.h
src_source_libsource_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(MNL_CFLAGS)
