# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/render/librender.a
src_render_librender_a_SOURCES = \
	src/render/affinity.c \
	src/render/affinity.h \
	src/render/claims.c \
	src/render/claims.h \
	src/render/contribution.c \
	src/render/contribution.h \
	src/render/layout.c \
	src/render/layout.h \
	src/render/layout_internal.h \
	src/render/stage.c \
	src/render/stage_affinity.c \
	src/render/state.c \
	src/render/state.h \
	src/render/state_internal.h
