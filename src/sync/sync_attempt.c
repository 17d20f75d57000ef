/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/sync_attempt.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <stdio.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "config/settings.h"
#include "model/store.h"
#include "render/layout.h"
#include "render/state.h"
#include "report/metrics.h"
#include "sync/client_expiry.h"
#include "sync/no_local_endpoints.h"
#include "sync/node_view.h"
#include "sync/refusals.h"
#include "sync/sync_internal.h"

void sync_attempt_planned(void *ctx, struct service_name service)
{
	const struct sync *sync = ctx;
	size_t i;

	for (i = 0; i < sync->n_listeners; i++)
		sync->listeners[i].planned(sync->listeners[i].ctx, service);
}

void sync_attempt_skeleton(const struct sync *sync, const struct sync_addresses *addresses,
			   struct arena *arena, struct node_view *ret_view, struct skeleton *ret_skeleton)
{
	planner_view(&sync->planner, addresses->list, addresses->n, arena, ret_view);
	layout_skeleton(&ret_view->layout, arena, ret_skeleton);
}

bool sync_attempt_ranges_are_due(const struct sync *sync)
{
	return sync->first_done && planner_ranges_are_due(&sync->planner) && !sync->retry.n &&
	       !store_has_dirty(sync->store) && !planner_has_more(&sync->planner);
}

static void sync_attempt_drop_base_chains(struct skeleton *skeleton, const bool unhooked[_FAMILY_MAX],
					  struct arena *arena)
{
	struct chain *chains = arena_array(arena, skeleton->n_chains, sizeof(*chains));
	size_t i, n = 0;

	for (i = 0; i < skeleton->n_chains; i++)
		if (skeleton->chains[i].hook == RULE_HOOK_NONE || !unhooked[skeleton->chains[i].table])
			chains[n++] = skeleton->chains[i];
	skeleton->chains = chains;
	skeleton->n_chains = n;
}

void sync_attempt_begin(struct sync *sync, const struct sync_addresses *addresses,
			const bool unhooked[_FAMILY_MAX], size_t max_size)
{
	struct service_elements node_elements;
	struct skeleton skeleton;
	struct node_view view;

	if (store_node_changed(sync->store) && planner_node_changed(&sync->planner))
		store_mark_all_dirty(sync->store);
	if (sync_attempt_ranges_are_due(sync))
		planner_settle_ranges(&sync->planner);
	planner_view(&sync->planner, addresses->list, addresses->n, sync->arena, &view);
	if (planner_take_ranges(&sync->planner, &view.layout))
		store_mark_all_dirty(sync->store);
	layout_skeleton(&view.layout, sync->arena, &skeleton);
	view_warnings_log(&sync->warnings, sync->settings, &view,
			  store_count(sync->store, OBJECT_KIND_NODE) > 0);
	if (unhooked)
		sync_attempt_drop_base_chains(&skeleton, unhooked, sync->arena);
	service_elements_of_node(&view.layout, view.node_port_addresses, view.n_node_port_addresses,
				 sync->arena, &node_elements);
	state_begin(sync->state, &skeleton, &node_elements);
	planner_plan_dirty(&sync->planner, &sync->retry, sync->arena, max_size, &sync->planned, &sync->kept);
}

/* The Services that the refused changes belong to. */
static void sync_attempt_find_refused(struct sync_attempt *a)
{
	struct service_name service, last = SERVICE_NAME_NONE;
	size_t i;

	if (a->report.failed == SIZE_MAX)
		return;
	for (i = 0; i <= a->report.n_also_failed; i++) {
		service = a->changes.list[i ? a->report.also_failed[i - 1] : a->report.failed].owner;
		if (service_name_is_set(service) && !service_name_equal(service, last))
			service_names_add(&a->refused, service);
		last = service;
	}
}

/* After nfnl_commit() has returned @r. Frees the changes. */
static void sync_attempt_sent(struct sync *sync, struct sync_attempt *a, int r)
{
	if (r < 0 && r != -EAGAIN && r != -ESTALE)
		sync_attempt_find_refused(a);
	if ((r == -ENOENT || r == -EEXIST) && sync->first_done && !a->read_back)
		a->doubted = nfnl_doubt(sync->nfnl, &a->changes);
	change_done(&a->changes);
}

int sync_attempt_commit(struct sync *sync, struct sync_attempt *a, struct err *reterr)
{
	int r;

	service_report_conflicts(&sync->report, sync->state);
	service_report_not_kept(&sync->report, sync->state);
	client_expiry_collect(sync->client_expiry, sync->state);
	arena_reset(sync->arena);
	client_expiry_before(sync->client_expiry, &a->changes);
	r = nfnl_commit(sync->nfnl, &a->changes, &a->report, reterr);
	if (client_expiry_refused(sync->client_expiry, &a->changes, &a->report, r))
		r = -EAGAIN;
	sync_attempt_sent(sync, a, r);
	return r;
}

void sync_attempt_roll_back(struct sync *sync)
{
	size_t i;

	service_names_clear(&sync->retry);
	for (i = 0; i < sync->planned.n; i++)
		service_names_add(&sync->retry, sync->planned.list[i]);
	for (i = 0; i < sync->kept.n; i++)
		service_names_add(&sync->retry, sync->kept.list[i]);
	state_rollback(sync->state);
	planner_end(&sync->planner, false);
	if (sync->no_local_endpoints)
		no_local_endpoints_end(sync->no_local_endpoints, false);
	arena_reset(sync->arena);
}

int sync_attempt_chain_first(struct sync *sync, struct sync_attempt *a, struct snapshot *frame,
			     struct err *reterr)
{
	struct lb_chain lb;
	int r;

	if (a->read_back || !state_chain_first(sync->state, frame, &a->changes, &lb))
		return 0;
	r = nfnl_commit(sync->nfnl, &a->changes, &a->report, reterr);
	sync_attempt_sent(sync, a, r);
	if (r < 0)
		return r;
	sync_attempt_roll_back(sync);
	state_chain_made(sync->state, &lb);
	if (sync->metrics)
		sync->metrics->bytes_sent += a->report.bytes;
	log_debug("sync", "a chain was made before what needs it", LOG_NUMBER("slots", lb.n_slots),
		  LOG_NUMBER("kernel_us", a->report.kernel_us));
	return 1;
}

void sync_attempt_accept(struct sync *sync)
{
	size_t i;

	if (sync->no_local_endpoints)
		no_local_endpoints_end(sync->no_local_endpoints, true);
	state_commit(sync->state);
	planner_end(&sync->planner, true);
	service_names_clear(&sync->retry);
	client_expiry_commit(sync->client_expiry, state_skeleton(sync->state));
	for (i = 0; i < sync->planned.n; i++)
		if (refusals_del(sync->refusals, sync->planned.list[i]))
			service_report_accepted(&sync->report, sync->planned.list[i]);
}

void sync_attempt_count(struct sync *sync, const struct sync_attempt *a, uint64_t total_us)
{
	struct metrics *metrics = sync->metrics;
	double seconds = (double)total_us / 1e6;

	if (!metrics)
		return;
	metrics->last_sync_ms = seconds * 1000;
	histogram_observe(&metrics->sync, seconds);
	histogram_observe(a->verified ? &metrics->full : &metrics->partial, seconds);
	histogram_observe(&metrics->fine, seconds);
	histogram_observe(&metrics->kernel, (double)a->report.kernel_us / 1e6);
	metrics->bytes_sent += a->report.bytes;
	metrics->elements_added += a->n_added;
	metrics->elements_deleted += a->n_deleted;
}

bool sync_attempt_is_passing(int r)
{
	return r == -ENOMEM || r == -ENOBUFS || r == -EINTR;
}

int sync_attempt_leave_out(struct sync *sync, const struct sync_attempt *a, int r, const struct err *err)
{
	uint64_t now_ms = monotonic_ms();
	char also[96];
	bool any = false;
	size_t i;

	if (sync_attempt_is_passing(r))
		return r;
	/* The error names a change of the first one. */
	(void)snprintf(also, sizeof(also), "the kernel refused its rules: %s", strerror(-r));
	for (i = 0; i < a->refused.n; i++) {
		struct service_name service = a->refused.list[i];

		if (refusals_waits(sync->refusals, service))
			continue;
		service_report_refused(&sync->report, service, refusals_put(sync->refusals, service, now_ms),
				       i ? also : err->text);
		/* It may not have been planned: with a snapshot, all that is installed is compared. */
		service_names_add(&sync->retry, service);
		any = true;
	}
	return any ? 0 : r;
}

void sync_attempt_forget(struct sync *sync)
{
	planner_done(&sync->planner);
	state_free(sync->former);
	sync->former = sync->state;
	sync->state = sync->planner.state = state_new();
	service_names_clear(&sync->retry);
	store_mark_all_dirty(sync->store);
	nfnl_forget(sync->nfnl);
}
