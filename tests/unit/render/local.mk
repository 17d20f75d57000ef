# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/render/test_layout
TESTS += tests/unit/render/test_layout
tests_unit_render_test_layout_SOURCES = tests/unit/render/test_layout.c
tests_unit_render_test_layout_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_layout_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/render/test_generations
TESTS += tests/unit/render/test_generations
tests_unit_render_test_generations_SOURCES = tests/unit/render/test_generations.c
tests_unit_render_test_generations_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_generations_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/render/test_slots
TESTS += tests/unit/render/test_slots
tests_unit_render_test_slots_SOURCES = tests/unit/render/test_slots.c
tests_unit_render_test_slots_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_slots_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/render/test_state
TESTS += tests/unit/render/test_state
tests_unit_render_test_state_SOURCES = tests/unit/render/test_state.c
tests_unit_render_test_state_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_render_test_state_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_state_LDADD = tests/lib/libtests.a src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/render/test_port_chains
TESTS += tests/unit/render/test_port_chains
tests_unit_render_test_port_chains_SOURCES = tests/unit/render/test_port_chains.c tests/lib/cpu.h
tests_unit_render_test_port_chains_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_render_test_port_chains_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_port_chains_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/render/test_frontend_owners
TESTS += tests/unit/render/test_frontend_owners
tests_unit_render_test_frontend_owners_SOURCES = tests/unit/render/test_frontend_owners.c tests/lib/cpu.h
tests_unit_render_test_frontend_owners_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_render_test_frontend_owners_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_frontend_owners_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a \
	src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/render/test_source_list
TESTS += tests/unit/render/test_source_list
tests_unit_render_test_source_list_SOURCES = tests/unit/render/test_source_list.c
tests_unit_render_test_source_list_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_source_list_LDADD = src/render/librender.a src/ruleset/libruleset.a src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/render/test_lb_chains
TESTS += tests/unit/render/test_lb_chains
tests_unit_render_test_lb_chains_SOURCES = tests/unit/render/test_lb_chains.c
tests_unit_render_test_lb_chains_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_render_test_lb_chains_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_lb_chains_LDADD = tests/lib/libtests.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/render/test_kept
TESTS += tests/unit/render/test_kept
tests_unit_render_test_kept_SOURCES = tests/unit/render/test_kept.c
tests_unit_render_test_kept_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_render_test_kept_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_render_test_kept_LDADD = tests/lib/libtests.a src/backend/libbackend.a src/render/librender.a src/ruleset/libruleset.a \
	src/plan/libplan.a src/base/libbase.a $(CMOCKA_LIBS)
