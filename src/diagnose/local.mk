# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/diagnose/libdiagnose.a
src_diagnose_libdiagnose_a_SOURCES = \
	src/diagnose/check.c src/diagnose/check.h \
	src/diagnose/connect_check.c src/diagnose/connect_check.h \
	src/diagnose/finding.c src/diagnose/finding.h \
	src/diagnose/foreign_check.c src/diagnose/foreign_check.h \
	src/diagnose/foreign_rules.c src/diagnose/foreign_rules.h \
	src/diagnose/host_settings.c src/diagnose/host_settings.h \
	src/diagnose/nftrace.c src/diagnose/nftrace.h \
	src/diagnose/nftrace_event.c src/diagnose/nftrace_event.h \
	src/diagnose/nftrace_packets.c src/diagnose/nftrace_packets.h \
	src/diagnose/nftrace_report.c src/diagnose/nftrace_report.h \
	src/diagnose/nftrace_rules.c src/diagnose/nftrace_rules.h \
	src/diagnose/nftrace_table.c src/diagnose/nftrace_table.h \
	src/diagnose/packet_facts.c src/diagnose/packet_facts.h \
	src/diagnose/route_check.c src/diagnose/route_check.h \
	src/diagnose/rule_registers.c src/diagnose/rule_registers.h \
	src/diagnose/rule_sets.c src/diagnose/rule_sets.h \
	src/diagnose/rule_text.c src/diagnose/rule_text.h \
	src/diagnose/rule_walk.c src/diagnose/rule_walk.h \
	src/diagnose/rule_xt.c src/diagnose/rule_xt.h \
	src/diagnose/targets.c src/diagnose/targets.h
src_diagnose_libdiagnose_a_CFLAGS = $(AM_CFLAGS) $(NFTNL_CFLAGS) $(MNL_CFLAGS) $(JANSSON_CFLAGS)
