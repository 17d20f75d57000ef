# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/backend/libbackend.a
src_backend_libbackend_a_SOURCES = \
	src/backend/backend.h \
	src/backend/fake.c \
	src/backend/fake.h
src_backend_libbackend_a_CFLAGS = $(AM_CFLAGS) $(NFTNL_CFLAGS) $(MNL_CFLAGS)
