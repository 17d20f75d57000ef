# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/plan/libplan.a
src_plan_libplan_a_SOURCES = \
	src/plan/plan.c src/plan/plan.h \
	src/plan/build.c src/plan/build.h \
	src/plan/found.c src/plan/found.h \
	src/plan/places.c src/plan/places.h \
	src/plan/split.c src/plan/split.h \
	src/plan/stale.c src/plan/stale.h
