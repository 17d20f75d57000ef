# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/random/random_changes
TESTS += tests/random/random_changes
tests_random_random_changes_SOURCES = \
	tests/random/random_changes.c tests/random/kept.c tests/random/kept.h \
	tests/random/remembered.c tests/random/remembered.h
tests_random_random_changes_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_random_random_changes_LDADD = \
	tests/lib/libtests.a src/sync/libsync.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/select/libselect.a src/model/libmodel.a src/base/libbase.a \
	$(NFTNL_LIBS) $(MNL_LIBS)
check_PROGRAMS += tests/random/same_object
SLOW_TESTS += tests/random/check-formats.sh
tests_random_same_object_SOURCES = tests/random/same_object.c
tests_random_same_object_LDADD = src/decode/libdecode.a src/model/libmodel.a src/base/libbase.a $(JANSSON_LIBS) $(YAML_LIBS)
dist_check_SCRIPTS += tests/random/check-formats.sh
EXTRA_DIST += tests/random/random_formats.py
