# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += tests/unit/daemon/test_config_file tests/unit/daemon/test_intake tests/unit/daemon/test_node_view tests/unit/daemon/test_opts \
	tests/unit/daemon/test_pacer tests/unit/daemon/test_quiet
TESTS += tests/unit/daemon/test_config_file tests/unit/daemon/test_intake tests/unit/daemon/test_node_view tests/unit/daemon/test_opts \
	tests/unit/daemon/test_pacer tests/unit/daemon/test_quiet

tests_unit_daemon_test_intake_SOURCES = tests/unit/daemon/test_intake.c
tests_unit_daemon_test_intake_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_daemon_test_intake_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_intake_LDADD = tests/lib/libobjects.a $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_test_node_view_SOURCES = tests/unit/daemon/test_node_view.c
tests_unit_daemon_test_node_view_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_node_view_LDADD = $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_test_opts_SOURCES = tests/unit/daemon/test_opts.c
tests_unit_daemon_test_opts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_opts_LDADD = $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_test_pacer_SOURCES = tests/unit/daemon/test_pacer.c
tests_unit_daemon_test_pacer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_pacer_LDADD = src/daemon/libdaemon.a src/base/libbase.a $(CMOCKA_LIBS)

tests_unit_daemon_test_quiet_SOURCES = tests/unit/daemon/test_quiet.c
tests_unit_daemon_test_quiet_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_quiet_LDADD = src/daemon/libdaemon.a $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/daemon/test_abilities
TESTS += tests/unit/daemon/test_abilities
tests_unit_daemon_test_abilities_SOURCES = tests/unit/daemon/test_abilities.c
tests_unit_daemon_test_abilities_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_abilities_LDADD = src/daemon/libdaemon.a src/backend/libbackend.a \
	src/ruleset/libruleset.a src/base/libbase.a $(NFTNL_LIBS) $(MNL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/daemon/test_keeper
TESTS += tests/unit/daemon/test_keeper
tests_unit_daemon_test_keeper_SOURCES = tests/unit/daemon/test_keeper.c
tests_unit_daemon_test_keeper_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_unit_daemon_test_keeper_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SYSTEMD_CFLAGS)
tests_unit_daemon_test_keeper_LDADD = tests/lib/libobjects.a $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/daemon/test_measures
TESTS += tests/unit/daemon/test_measures
tests_unit_daemon_test_measures_SOURCES = tests/unit/daemon/test_measures.c
tests_unit_daemon_test_measures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_measures_LDADD = src/daemon/libdaemon.a src/report/libreport.a src/model/libmodel.a src/base/libbase.a \
	$(CMOCKA_LIBS)

tests_unit_daemon_test_config_file_SOURCES = tests/unit/daemon/test_config_file.c
tests_unit_daemon_test_config_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_test_config_file_LDADD = $(ALL_ROOMS) $(ALL_LIBS) $(CMOCKA_LIBS)
