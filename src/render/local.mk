# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/render/librender.a
src_render_librender_a_SOURCES = \
	src/render/affinity.c src/render/affinity.h \
	src/render/diff.c src/render/diff.h \
	src/render/diff_affinity.c src/render/diff_affinity.h \
	src/render/diff_count.c src/render/diff_count.h \
	src/render/diff_kept.c src/render/diff_kept.h \
	src/render/diff_step.c src/render/diff_step.h \
	src/render/frontend_owners.c src/render/frontend_owners.h \
	src/render/layout.c src/render/layout.h \
	src/render/layout_sets.c \
	src/render/lb_chain.c src/render/lb_chain.h \
	src/render/service_elements.c src/render/service_elements.h \
	src/render/state_parts.c src/render/state_parts.h \
	src/render/state_split.c src/render/state_split.h \
	src/render/state_walk.c src/render/state_walk.h \
	src/render/state.c src/render/state.h \
	src/render/state_internal.h
