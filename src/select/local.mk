# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/select/libselect.a
src_select_libselect_a_SOURCES = \
	src/select/local_ready.c src/select/local_ready.h \
	src/select/pick.c src/select/pick.h \
	src/select/topology.c src/select/topology.h
