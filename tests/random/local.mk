# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/random/random_changes
TESTS += tests/random/random_changes
tests_random_random_changes_SOURCES = tests/random/random_changes.c
tests_random_random_changes_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_random_random_changes_LDADD = \
	tests/lib/libtests.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/select/libselect.a src/model/libmodel.a src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS)
