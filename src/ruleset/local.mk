# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/ruleset/libruleset.a
src_ruleset_libruleset_a_SOURCES = \
	src/ruleset/change.c src/ruleset/change.h \
	src/ruleset/client_map.c src/ruleset/client_map.h \
	src/ruleset/image.c src/ruleset/image.h \
	src/ruleset/invalidated.c src/ruleset/invalidated.h \
	src/ruleset/reconcile.c src/ruleset/reconcile.h \
	src/ruleset/rule.c src/ruleset/rule.h \
	src/ruleset/set.c src/ruleset/set.h \
	src/ruleset/snapshot.c src/ruleset/snapshot.h \
	src/ruleset/table.c src/ruleset/table.h \
	src/ruleset/trace.c src/ruleset/trace.h \
	src/ruleset/validate.c src/ruleset/validate.h
