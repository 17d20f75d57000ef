# SPDX-License-Identifier: GPL-2.0-or-later
if HAVE_CMOCKA
check_LIBRARIES += tests/lib/libobjects.a
tests_lib_libobjects_a_SOURCES = tests/lib/objects.c tests/lib/objects.h
tests_lib_libobjects_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
endif
# What several test programs share.
check_LIBRARIES += tests/lib/libtests.a
tests_lib_libtests_a_SOURCES = \
	tests/lib/generate.c \
	tests/lib/generate.h \
	tests/lib/pipeline.c \
	tests/lib/pipeline.h \
	tests/lib/plans.c \
	tests/lib/plans.h \
	tests/lib/slots.c \
	tests/lib/slots.h
tests_lib_libtests_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
EXTRA_DIST += tests/lib/apiserver.py tests/lib/discovery.py tests/lib/html-page.py tests/lib/http2.py tests/lib/kubeproto.py tests/lib/release.sh
check_LIBRARIES += tests/lib/libwire.a
tests_lib_libwire_a_SOURCES = tests/lib/wire.c tests/lib/wire.h
tests_lib_libwire_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
