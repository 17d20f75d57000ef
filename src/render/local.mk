# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/render/librender.a
src_render_librender_a_SOURCES = \
	src/render/layout.h \
	src/render/contribution.h
