/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_report.h - report Services that lose a front end, that the kernel refuses, or that cannot be planned
 *
 * Room:     sync. Effects: the log, Events, the list of rejected objects.
 */
#ifndef SYNC_SERVICE_REPORT_H
#define SYNC_SERVICE_REPORT_H

#include "base/log_ratelimit.h"
#include "base/service_name.h"

struct recorder;
struct rejected_objects;
struct state;
struct store;

/** struct service_report - Everything is borrowed; @recorder and @rejected may be NULL. The last two limit log lines. */
struct service_report {
	const struct store *store;
	struct recorder *recorder;
	struct rejected_objects *rejected;
	struct log_ratelimit conflicts;
	struct log_ratelimit refused;
};

/** service_report_not_kept() - Services of the transaction in @state of whose front ends some could not stay as they were installed. */
void service_report_not_kept(struct service_report *report, struct state *state);
/** service_report_conflicts() - All front ends of the transaction in @state that two Services claim. */
void service_report_conflicts(struct service_report *report, struct state *state);
/**
 * service_report_refused() - The kernel refused the rules of @service
 * @first:	it was not refused before: else only the list of rejected objects changes
 */
void service_report_refused(struct service_report *report, struct service_name service, bool first,
			    const char *reason);
/** service_report_unplannable() - There is no plan of @service; @first as above. */
void service_report_unplannable(struct service_report *report, struct service_name service, bool first,
				const char *reason);
/** service_report_accepted() - The kernel has the rules of @service, which were refused before, or not planned. */
void service_report_accepted(struct service_report *report, struct service_name service);

#endif
