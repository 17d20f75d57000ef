# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/render/librender.a
src_render_librender_a_SOURCES = \
	src/render/claims.c \
	src/render/claims.h \
	src/render/contribution.c \
	src/render/contribution.h \
	src/render/layout.c \
	src/render/layout.h \
	src/render/state.c src/render/state.h
