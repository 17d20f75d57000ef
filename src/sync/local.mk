# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += src/sync/libsync.a
src_sync_libsync_a_SOURCES = \
	src/sync/client_expiry.c src/sync/client_expiry.h \
	src/sync/current_ports.c src/sync/current_ports.h \
	src/sync/first_sync.c src/sync/first_sync.h \
	src/sync/first_sync_frame.c src/sync/first_sync_frame.h \
	src/sync/ifaddr.c src/sync/ifaddr.h \
	src/sync/kept_frontends.c src/sync/kept_frontends.h \
	src/sync/kept_lookup.c src/sync/kept_lookup.h \
	src/sync/large_service.c src/sync/large_service.h \
	src/sync/no_local_endpoints.c src/sync/no_local_endpoints.h \
	src/sync/leftovers.c src/sync/leftovers.h \
	src/sync/leftovers_chains.c src/sync/leftovers_chains.h \
	src/sync/leftovers_target.c src/sync/leftovers_target.h \
	src/sync/node_view.c src/sync/node_view.h \
	src/sync/pacer.c src/sync/pacer.h \
	src/sync/other_tables.c src/sync/other_tables.h \
	src/sync/overlarge.c src/sync/overlarge.h \
	src/sync/part_list.c src/sync/part_list.h \
	src/sync/planner.c src/sync/planner.h \
	src/sync/ready_chains.c src/sync/ready_chains.h \
	src/sync/removed_frontends.c src/sync/removed_frontends.h \
	src/sync/refusals.c src/sync/refusals.h \
	src/sync/service_estimate.c src/sync/service_estimate.h \
	src/sync/service_names.c src/sync/service_names.h \
	src/sync/service_report.c src/sync/service_report.h \
	src/sync/stale_flows.c src/sync/stale_flows.h \
	src/sync/survey.c src/sync/survey.h \
	src/sync/sync.c src/sync/sync.h \
	src/sync/sync_attempt.c src/sync/sync_attempt.h \
	src/sync/sync_internal.h \
	src/sync/sync_log.c src/sync/sync_log.h \
	src/sync/sync_summary.c src/sync/sync_summary.h \
	src/sync/verification.c src/sync/verification.h \
	src/sync/view_warnings.c src/sync/view_warnings.h \
	src/sync/waiting_services.c src/sync/waiting_services.h
src_sync_libsync_a_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS) $(MNL_CFLAGS)
