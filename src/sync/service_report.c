/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/service_report.h"

#include <stdio.h>

#include "base/log.h"
#include "base/monotonic.h"
#include "intake/recorder.h"
#include "intake/rejected_objects.h"
#include "model/service.h"
#include "model/store.h"
#include "render/state.h"

static void service_report_event(struct service_report *report, struct service_name service,
				 const char *reason, bool from_every_node, const char *note)
{
	const struct store_group *group = store_find_group(report->store, service.namespace, service.name);
	struct event event = {
		.type = EVENT_TYPE_WARNING,
		.kind = "Service",
		.api_version = "v1",
		.namespace = service.namespace,
		.name = service.name,
		.uid = group && group->service ? group->service->uid : "",
		.reason = reason,
		.action = "Sync",
		.note = note,
		.from_every_node = from_every_node,
	};

	recorder_add(report->recorder, &event);
}

static void service_report_conflict(struct service_report *report, const struct state_conflict *conflict)
{
	char loser[SERVICE_NAME_TEXT_SIZE], winner[SERVICE_NAME_TEXT_SIZE];
	char addr[ADDR_TEXT_SIZE], frontend[96], services[1100], note[700];
	const struct frontend *f = conflict->frontend;

	(void)snprintf(frontend, sizeof(frontend), "%s %s %u",
		       f->kind == FRONTEND_KIND_NODE_PORT ? "nodePort" : addr_print(&f->addr, addr),
		       addr_protocol_name(f->protocol), f->port);
	(void)snprintf(services, sizeof(services), "%s %s", service_name_print(conflict->loser, loser),
		       service_name_print(conflict->winner, winner));
	if (!log_ratelimit_may_say(&report->conflicts, services, frontend, monotonic_ms()))
		return;
	log_warn("sync", "two Services claim one front end, one of them has it", LOG_TEXT("service", loser),
		 LOG_TEXT("has", winner), LOG_TEXT("frontend", frontend), LOG_TEXT("why", conflict->why));
	(void)snprintf(note, sizeof(note), "%s is Service %s's: %s", frontend, winner, conflict->why);
	service_report_event(report, conflict->loser, "FrontendConflict", true, note);
}

void service_report_conflicts(struct service_report *report, struct state *state)
{
	struct state_conflict conflict;

	while (state_next_conflict(state, &conflict))
		service_report_conflict(report, &conflict);
}

void service_report_not_kept(struct service_report *report, struct state *state)
{
	char text[SERVICE_NAME_TEXT_SIZE];
	struct service_name service;

	while (state_next_not_kept(state, &service))
		if (log_ratelimit_may_say(&report->refused, service_name_print(service, text), "not kept",
					  monotonic_ms()))
			log_warn("sync",
				 "some front ends of a Service led to what is not its own, and were not kept",
				 LOG_TEXT("service", text));
}

static void service_report_reject(struct service_report *report, struct service_name service,
				  const char *reason)
{
	if (report->rejected)
		rejected_objects_put(report->rejected, &(struct rejected_object){
							       .kind = REJECTED_OBJECTS_KIND_RULES,
							       .namespace = service.namespace,
							       .name = service.name,
							       .service = service,
							       .manifest = "",
							       .reason = reason,
							       .since_ms = monotonic_ms(),
						       });
}

void service_report_refused(struct service_report *report, struct service_name service, bool first,
			    const char *reason)
{
	char text[SERVICE_NAME_TEXT_SIZE];

	if (first && log_ratelimit_may_say(&report->refused, service_name_print(service, text), reason,
					   monotonic_ms()))
		log_error("sync", "the kernel refused a Service, its old rules are kept",
			  LOG_TEXT("service", text), LOG_TEXT("err", reason));
	if (first)
		service_report_event(report, service, "RefusedByKernel", false, reason);
	service_report_reject(report, service, reason);
}

void service_report_unplannable(struct service_report *report, struct service_name service, bool first,
				const char *reason)
{
	char text[SERVICE_NAME_TEXT_SIZE];

	if (first && log_ratelimit_may_say(&report->refused, service_name_print(service, text), reason,
					   monotonic_ms()))
		log_warn("sync", "Service cannot be planned, its old rules are kept",
			 LOG_TEXT("service", text), LOG_TEXT("err", reason));
	service_report_reject(report, service, reason);
}

void service_report_accepted(struct service_report *report, struct service_name service)
{
	const struct store_group *group = store_find_group(report->store, service.namespace, service.name);
	char text[SERVICE_NAME_TEXT_SIZE];

	if (group && group->service &&
	    log_ratelimit_may_say(&report->refused, service_name_print(service, text), "installed",
				  monotonic_ms()))
		log_notice("sync", "a Service that was refused is installed", LOG_TEXT("service", text));
	if (report->rejected)
		rejected_objects_del(report->rejected, REJECTED_OBJECTS_KIND_RULES, service.namespace,
				     service.name, "");
}
