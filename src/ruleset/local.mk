# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/ruleset/libruleset.a
src_ruleset_libruleset_a_SOURCES = \
	src/ruleset/set.h \
	src/ruleset/rule.h \
	src/ruleset/change.h \
	src/ruleset/image.h \
	src/ruleset/trace.h
