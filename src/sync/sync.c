/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/sync.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/diff_text.h"
#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_read.h"
#include "backend/text.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/log_ratelimit.h"
#include "base/monotonic.h"
#include "intake/recorder.h"
#include "intake/rejected_objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/store.h"
#include "plan/build.h"
#include "render/state.h"
#include "report/metrics.h"
#include "sync/client_expiry.h"
#include "sync/no_local_endpoints.h"
#include "sync/node_view.h"

#define SYNC_ATTEMPTS_MAX 8
#define SYNC_REFUSED_KIND "rules of Service" /* by the kernel */

/* Names of Services, "namespace" NUL "name" NUL, one after another. */
struct sync_names {
	struct buf bytes;
	size_t n;
};

struct sync {
	const struct settings *settings;
	struct store *store;
	struct nfnl *nfnl;
	bool family_enabled[_FAMILY_MAX];
	bool no_affinity;
	struct state *state;
	struct arena *arena;
	bool first_done;	    /* a sync has succeeded */
	struct log_ratelimit quiet; /* about conflicts */
	struct recorder *recorder;
	bool warned_unknown;
	bool warned_pod_cidr;
	bool warned_loopback;
	bool warned_service_cidrs;
	uint64_t warned_prefixes;     /* node_view's @unmatched */
	struct sync_names retry;      /* to be planned again: an attempt failed */
	struct sync_names planned;    /* in this attempt */
	struct client_expiry *purges; /* of this attempt */
	size_t n_listeners;
	struct {
		sync_planned *planned;
		void *ctx;
	} listeners[SYNC_LISTENERS_MAX];
	struct metrics *metrics; /* NULL: nobody counts */
	struct no_local_endpoints *no_local;
	struct rejected_objects *refusals; /* NULL: nobody asks */
};

struct sync *sync_new(const struct settings *settings, struct store *store, struct nfnl *nfnl,
		      const bool family_enabled[_FAMILY_MAX])
{
	struct sync *sync = alloc_zeroed(1, sizeof(*sync));

	sync->settings = settings;
	sync->store = store;
	sync->nfnl = nfnl;
	memcpy(sync->family_enabled, family_enabled, sizeof(sync->family_enabled));
	sync->state = state_new();
	sync->arena = arena_new();
	sync->purges = client_expiry_new();
	return sync;
}

struct sync *sync_free(struct sync *sync)
{
	if (!sync)
		return NULL;
	no_local_endpoints_free(sync->no_local);
	state_free(sync->state);
	arena_free(sync->arena);
	client_expiry_free(sync->purges);
	buf_done(&sync->retry.bytes);
	buf_done(&sync->planned.bytes);
	free(sync);
	return NULL;
}

void sync_tell(struct sync *sync, struct recorder *recorder)
{
	sync->recorder = recorder;
}

void sync_leave_out_affinity(struct sync *sync)
{
	sync->no_affinity = true;
}

bool sync_intact(const struct sync *sync)
{
	return !sync->first_done || nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT;
}

static void sync_names_add(struct sync_names *names, const char *namespace, const char *name)
{
	buf_add(&names->bytes, namespace, strlen(namespace) + 1);
	buf_add(&names->bytes, name, strlen(name) + 1);
	names->n++;
}

static void sync_names_clear(struct sync_names *names)
{
	buf_reset(&names->bytes);
	names->n = 0;
}

void sync_on_planned(struct sync *sync, sync_planned *planned, void *ctx)
{
	assert(sync->n_listeners < SYNC_LISTENERS_MAX);
	sync->listeners[sync->n_listeners].planned = planned;
	sync->listeners[sync->n_listeners++].ctx = ctx;
}

void sync_off_planned(struct sync *sync, const void *ctx)
{
	size_t i, n = 0;

	for (i = 0; i < sync->n_listeners; i++)
		if (sync->listeners[i].ctx != ctx)
			sync->listeners[n++] = sync->listeners[i];
	sync->n_listeners = n;
}

void sync_measure(struct sync *sync, struct metrics *metrics)
{
	sync->metrics = metrics;
	sync->no_local = no_local_endpoints_new(metrics->no_local_endpoints);
}

void sync_count(struct sync *sync, size_t *ret_elements, size_t *ret_chains, size_t *ret_rules)
{
	*ret_elements = state_n_elements(sync->state);
	state_count_chains(sync->state, ret_chains, ret_rules);
}

static struct topology_node sync_here(const struct sync *sync)
{
	const struct node *node = store_find_node(sync->store, sync->settings->hostname);

	return (struct topology_node){ .node_name = sync->settings->hostname,
				       .zone = node ? node->zone : "" };
}

/* @group may be NULL: it is gone. */
static void sync_input(const struct sync *sync, const struct topology_node *here,
		       const struct store_group *group, struct build_input *ret)
{
	const struct node *node = store_find_node(sync->store, sync->settings->hostname);
	int family;

	*ret = (struct build_input){ .here = *here, .no_affinity = sync->no_affinity };
	memcpy(ret->family_enabled, sync->family_enabled, sizeof(ret->family_enabled));
	for (family = 0; family < _FAMILY_MAX; family++) {
		const struct addr *addr = settings_node_addr(sync->settings, family,
							     node ? node_primary_addr(node, family) : NULL);

		ret->has_node_addr[family] = addr != NULL;
		if (addr)
			ret->node_addr[family] = *addr;
	}
	if (group) {
		ret->service = group->service;
		ret->n_slices = group->n_slices;
		ret->slices = group->slices;
	}
}

int sync_plan_all_of(const struct sync *sync, const char *namespace, const char *name, struct arena *arena,
		     struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	struct topology_node here = sync_here(sync);

	sync_input(sync, &here, store_find_group(sync->store, namespace, name), ret_in);
	return build_plan(ret_in, arena, ret_plan, reterr);
}

struct service_name sync_frontend_owner(const struct sync *sync, const struct frontend *frontend)
{
	return state_owner(sync->state, frontend);
}

int sync_plan_owned(const struct sync *sync, const char *namespace, const char *name, struct arena *arena,
		    struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	struct service_name service = { namespace, name };
	size_t i, n = 0;
	int r = sync_plan_all_of(sync, namespace, name, arena, ret_in, ret_plan, reterr);

	if (r < 0)
		return r;
	for (i = 0; i < ret_plan->n_frontends; i++) {
		if (state_owns(sync->state, service, &ret_plan->frontends[i]))
			ret_plan->frontends[n++] = ret_plan->frontends[i];
	}
	ret_plan->n_frontends = n;
	return 0;
}

/* Compute the plan of one Service and hand it to the state. @group may be NULL: it is gone. */
static void sync_plan(struct sync *sync, const struct topology_node *here, const char *namespace,
		      const char *name, const struct store_group *group)
{
	struct plan *plan = arena_alloc(sync->arena, sizeof(*plan));
	struct build_input in;
	struct err err = { 0 };
	struct service_name service = { namespace, name };
	char text[SERVICE_NAME_TEXT_SIZE];

	sync_input(sync, here, group, &in);
	if (build_plan(&in, sync->arena, plan, &err) < 0) {
		log_warn("sync", "Service cannot be planned, what it had stays",
			 LOG_TEXT("service", service_name_print(service, text)), LOG_TEXT("err", err.text));
		return;
	}
	plan->service = service_name_copy_to(sync->arena, service);
	/* Once each: one that changes while attempts fail is both dirty and to be tried again. */
	if (!state_plan(sync->state, plan))
		return;
	if (sync->no_local)
		no_local_endpoints_note(sync->no_local, plan);
	sync_names_add(&sync->planned, namespace, name);
}

static void sync_plan_named(struct sync *sync, const struct topology_node *here, const char *namespace,
			    const char *name)
{
	sync_plan(sync, here, namespace, name, store_find_group(sync->store, namespace, name));
}

static void sync_plan_all(struct sync *sync, const struct topology_node *here)
{
	const struct store_group *group;
	const char *namespace, *name;
	struct service_name service;
	size_t at = 0, i;

	sync_names_clear(&sync->planned);
	for (i = 0; i < sync->retry.n; i++) {
		namespace = sync->retry.bytes.data + at;
		name = namespace + strlen(namespace) + 1;
		at += strlen(namespace) + strlen(name) + 2;
		sync_plan_named(sync, here, namespace, name);
	}
	while ((group = store_dirty_next(sync->store)))
		sync_plan(sync, here, group->namespace, group->name, group);
	while (state_next_affected(sync->state, &service))
		sync_plan_named(sync, here, service.namespace, service.name);
}

/* O8: once, and again when it was otherwise meanwhile. */
static void sync_warn_prefixes(struct sync *sync, uint64_t unmatched)
{
	char text[CIDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < sync->settings->n_node_port_addresses; i++) {
		const struct cidr *cidr = &sync->settings->node_port_addresses[i];

		if ((unmatched & ~sync->warned_prefixes) >> i & 1 &&
		    log_ratelimit_may_say(&sync->quiet, cidr_print(cidr, text), "unmatched", monotonic_ms()))
			log_warn(
				"sync",
				"--nodeport-addresses: this node has no address in this prefix, which serves no "
				"node port until it has",
				LOG_TEXT("prefix", text));
	}
	sync->warned_prefixes = unmatched;
}

static void sync_warn_view(struct sync *sync, const struct node_view *view)
{
	if (view->waits_for_pod_cidr && !sync->warned_pod_cidr)
		log_warn("sync",
			 "NodeCIDR: the Node has no podCIDR yet; until then no traffic counts as pod traffic",
			 LOG_TEXT("node", sync->settings->hostname));
	/* Manifests without any Node are a choice, a name that no Node has is a mistake. */
	if (view->unknown && !sync->warned_unknown)
		log_write(
			sync->settings->manifests && !store_count(sync->store, OBJECT_KIND_NODE)
				? LOG_LEVEL_INFO
				: LOG_LEVEL_WARN,
			"sync",
			"there is no such Node object: node ports are served on every address, zones do not "
			"count",
			LOG_TEXT("node", sync->settings->hostname));
	if (view->skipped_loopback && !sync->warned_loopback)
		log_warn("sync", "--nodeport-addresses: loopback addresses never serve node ports");
	if (view->skipped_service_cidrs && !sync->warned_service_cidrs)
		log_warn("sync", "too many ServiceCIDRs: unused addresses of the last ones are not dropped",
			 LOG_NUMBER("max", NODE_VIEW_SERVICE_CIDRS_MAX),
			 LOG_NUMBER("left_out", view->skipped_service_cidrs));
	sync_warn_prefixes(sync, view->unmatched);
	sync->warned_service_cidrs = view->skipped_service_cidrs;
	sync->warned_unknown = view->unknown;
	sync->warned_pod_cidr = view->waits_for_pod_cidr;
	sync->warned_loopback = view->skipped_loopback;
}

static void sync_add_service_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	buf_add(ctx, service_cidr->cidrs, service_cidr->n_cidrs * sizeof(*service_cidr->cidrs));
}

/* The ranges of all ServiceCIDRs, overlaps and all. */
static size_t sync_service_cidrs(const struct sync *sync, struct arena *arena, const struct cidr **ret)
{
	struct buf bytes = BUF_INIT;
	struct cidr *cidrs;
	size_t n;

	store_each_service_cidr(sync->store, sync_add_service_cidr, &bytes);
	n = bytes.size / sizeof(*cidrs);
	cidrs = arena_array(arena, n, sizeof(*cidrs));
	if (n)
		memcpy(cidrs, bytes.data, bytes.size);
	buf_done(&bytes);
	*ret = cidrs;
	return n;
}

void sync_view(const struct sync *sync, const struct sync_addresses *addresses, struct arena *arena,
	       struct node_view *ret)
{
	struct node_view_input in = {
		.settings = sync->settings,
		.node = store_find_node(sync->store, sync->settings->hostname),
		.addresses = addresses->list,
		.n_addresses = addresses->n,
	};

	memcpy(in.family_enabled, sync->family_enabled, sizeof(in.family_enabled));
	in.n_service_cidrs = sync_service_cidrs(sync, arena, &in.service_cidrs);
	node_view_compute(&in, arena, ret);
}

/* Open a transaction with everything that is to be planned. Returns how many Services that was. */
static size_t sync_begin(struct sync *sync, const struct sync_addresses *addresses)
{
	struct topology_node here = sync_here(sync);
	struct service_elements contribution;
	struct skeleton skeleton;
	struct node_view view;

	/* A zone is in every plan. */
	if (store_node_changed(sync->store))
		store_mark_all_dirty(sync->store);
	sync_view(sync, addresses, sync->arena, &view);
	sync_warn_view(sync, &view);
	layout_skeleton(&view.layout, sync->arena, &skeleton);
	service_elements_of_node(view.node_port_addresses, view.n_node_port_addresses, sync->arena,
				 &contribution);
	state_begin(sync->state, &skeleton, &contribution);
	sync_plan_all(sync, &here);
	return sync->planned.n;
}

static void sync_tell_of(struct sync *sync, struct service_name service, const char *reason, bool everywhere,
			 const char *note)
{
	const struct store_group *group = store_find_group(sync->store, service.namespace, service.name);
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
		.from_every_node = everywhere,
	};

	recorder_add(sync->recorder, &event);
}

static void sync_log_conflict(struct sync *sync, const struct state_conflict *conflict, const char *key)
{
	char loser[SERVICE_NAME_TEXT_SIZE], winner[SERVICE_NAME_TEXT_SIZE], note[700];

	log_warn("sync", "two Services claim one front end, one of them has it",
		 LOG_TEXT("service", service_name_print(conflict->loser, loser)),
		 LOG_TEXT("has", service_name_print(conflict->winner, winner)), LOG_TEXT("frontend", key));
	(void)snprintf(note, sizeof(note), "%s is Service %s's, which is older or first by name", key,
		       winner);
	sync_tell_of(sync, conflict->loser, "FrontendConflict", true, note);
}

static void sync_log_conflicts(struct sync *sync)
{
	struct state_conflict conflict;
	char addr[ADDR_TEXT_SIZE], key[96], who[1100];
	char loser[SERVICE_NAME_TEXT_SIZE], winner[SERVICE_NAME_TEXT_SIZE];

	while (state_next_conflict(sync->state, &conflict)) {
		const struct frontend *f = conflict.frontend;

		(void)snprintf(key, sizeof(key), "%s %s %u",
			       f->kind == FRONTEND_KIND_NODE_PORT ? "nodePort" : addr_print(&f->addr, addr),
			       addr_protocol_name(f->protocol), f->port);
		(void)snprintf(who, sizeof(who), "%s %s", service_name_print(conflict.loser, loser),
			       service_name_print(conflict.winner, winner));
		if (log_ratelimit_may_say(&sync->quiet, who, key, monotonic_ms()))
			sync_log_conflict(sync, &conflict, key);
	}
}

/* What one attempt found out, for the log and for the next attempt. */
struct sync_attempt {
	size_t n_services;
	size_t n_changes;
	size_t n_added;
	size_t n_deleted;
	bool read_back;
	bool verified; /* a whole table was read back */
	struct backend_report report;
	struct service_name refused; /* the Service at fault, if there is one; a copy */
	char changed[560];	     /* "namespace/name and 3 more", for the log */
};

static void sync_describe_planned(struct sync *sync, struct sync_attempt *a)
{
	const char *namespace = sync->planned.bytes.data;
	char text[SERVICE_NAME_TEXT_SIZE];

	if (!a->n_services) {
		(void)snprintf(a->changed, sizeof(a->changed), "-");
		return;
	}
	(void)service_name_print((struct service_name){ namespace, namespace + strlen(namespace) + 1 }, text);
	if (a->n_services == 1)
		(void)snprintf(a->changed, sizeof(a->changed), "%s", text);
	else
		(void)snprintf(a->changed, sizeof(a->changed), "%s and %zu more", text, a->n_services - 1);
}

static void sync_keep_for_retry(struct sync *sync, struct service_name refused)
{
	const char *namespace, *name;
	size_t at = 0, i;

	sync_names_clear(&sync->retry);
	for (i = 0; i < sync->planned.n; i++) {
		namespace = sync->planned.bytes.data + at;
		name = namespace + strlen(namespace) + 1;
		at += strlen(namespace) + strlen(name) + 2;
		if (!service_name_equal((struct service_name){ namespace, name }, refused))
			sync_names_add(&sync->retry, namespace, name);
	}
}

/* A large sync leaves megabytes of freed memory behind that the next ones have no use for. */
#define SYNC_TRIM_STEPS 10000

static void sync_trim(size_t n_steps)
{
	if (n_steps > SYNC_TRIM_STEPS)
		(void)malloc_trim(0);
}

static bool sync_is_whole(const struct snapshot *snapshot)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (!snapshot->partial[family])
			return true;
	return false;
}

static int sync_attempt(struct sync *sync, const struct sync_addresses *addresses, struct sync_attempt *ret,
			struct err *reterr)
{
	struct snapshot snapshot;
	struct changes changes;
	int r;

	*ret = (struct sync_attempt){ .report = { .failed = SIZE_MAX } };
	ret->n_services = sync_begin(sync, addresses);
	sync_describe_planned(sync, ret);
	ret->read_back = nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT;
	if (ret->read_back) {
		r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, false, &snapshot, reterr);
		if (r < 0) {
			sync_keep_for_retry(sync, SERVICE_NAME_NONE);
			state_rollback(sync->state);
			return r;
		}
		state_use_snapshot(sync->state, &snapshot);
		ret->verified = sync_is_whole(&snapshot);
	}
	change_init(&changes, NULL);
	state_changes(sync->state, &changes);
	if (ret->read_back)
		snapshot_done(&snapshot);
	sync_log_conflicts(sync);
	client_expiry_collect(sync->purges, sync->state);
	arena_reset(sync->arena);
	ret->n_changes = changes.n;
	ret->n_added = changes.n_elements_added;
	ret->n_deleted = changes.n_elements_deleted;
	r = client_expiry_add(sync->purges, sync->nfnl, &changes, reterr);
	if (!r)
		r = nfnl_commit(sync->nfnl, &changes, &ret->report, reterr);
	if (client_expiry_client_aged(&changes, &ret->report, r))
		r = -EAGAIN;
	if (r < 0 && r != -EAGAIN && ret->report.failed != SIZE_MAX)
		ret->refused = service_name_copy(changes.list[ret->report.failed].owner);
	change_done(&changes);
	if (r < 0) {
		sync_keep_for_retry(sync, ret->refused);
		state_rollback(sync->state);
		return r;
	}
	state_commit(sync->state);
	sync_names_clear(&sync->retry);
	/* If no endpoint went, no packet in flight can have taught one that went. */
	if (ret->n_changes)
		client_expiry_again(sync->purges, sync->nfnl, state_skeleton(sync->state));
	return 0;
}

static void sync_log_done(struct sync *sync, const struct sync_attempt *a, uint64_t total_us)
{
	enum log_level level = sync->first_done && !a->n_changes ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	const char *msg = !sync->first_done ? "first sync"
			  : a->verified	    ? "verified"
			  : a->read_back    ? "put right"
					    : "synced";

	log_write(level, "sync", msg, LOG_NUMBER("services", a->n_services), LOG_TEXT("changed", a->changed),
		  LOG_NUMBER("added", a->n_added), LOG_NUMBER("deleted", a->n_deleted),
		  LOG_NUMBER("steps", a->n_changes), LOG_NUMBER("bytes", a->report.bytes),
		  LOG_NUMBER("elements", state_n_elements(sync->state)),
		  LOG_MS("kernel_ms", a->report.kernel_us), LOG_MS("total_ms", total_us));
}

static void sync_tell_planned(struct sync *sync)
{
	const char *namespace = sync->planned.bytes.data, *name;
	size_t i, j;

	for (i = 0; i < sync->planned.n; i++) {
		name = namespace + strlen(namespace) + 1;
		if (sync->refusals)
			rejected_objects_del(sync->refusals, SYNC_REFUSED_KIND, namespace, name, "");
		for (j = 0; j < sync->n_listeners; j++)
			sync->listeners[j].planned(sync->listeners[j].ctx, namespace, name);
		namespace = name + strlen(name) + 1;
	}
}

static void sync_count_success(struct sync *sync, const struct sync_attempt *a, uint64_t total_us)
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

/* After a success. Returns false if somebody has changed our tables meanwhile. */
static bool sync_succeeded(struct sync *sync, const struct sync_attempt *attempt, uint64_t start_us)
{
	uint64_t total_us = monotonic_us() - start_us;

	sync_log_done(sync, attempt, total_us);
	sync_count_success(sync, attempt, total_us);
	sync->first_done = true;
	sync_tell_planned(sync);
	sync_trim(attempt->verified ? SIZE_MAX : attempt->n_changes);
	return nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT;
}

static void sync_note_refused(struct sync *sync, struct service_name service, const char *reason)
{
	if (!sync->refusals)
		return;
	rejected_objects_put(sync->refusals, &(struct rejected_object){ .kind = SYNC_REFUSED_KIND,
									.namespace = service.namespace,
									.name = service.name,
									.service = service,
									.manifest = "",
									.reason = reason });
}

int sync_run(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
{
	char service[SERVICE_NAME_TEXT_SIZE];
	struct sync_attempt attempt;
	int attempts, r;

	for (attempts = 0; attempts < SYNC_ATTEMPTS_MAX; attempts++) {
		uint64_t start_us = monotonic_us();

		r = sync_attempt(sync, addresses, &attempt, reterr);
		arena_reset(sync->arena);
		if (sync->no_local)
			no_local_endpoints_end(sync->no_local, r >= 0);
		if (!r) {
			if (sync_succeeded(sync, &attempt, start_us))
				return 0;
		} else if (r == -ESTALE) {
			log_warn("sync", "what stands is not what was installed: reading it back",
				 LOG_TEXT("err", reterr->text));
		} else if (r == -EAGAIN) {
			log_debug("sync", "a client was forgotten while it was to be: again",
				  LOG_TEXT("err", reterr->text));
		} else if (service_name_is_set(attempt.refused)) {
			log_error("sync", "the kernel refused a Service, what it had stays",
				  LOG_TEXT("service", service_name_print(attempt.refused, service)),
				  LOG_TEXT("err", reterr->text));
			sync_tell_of(sync, attempt.refused, "RefusedByKernel", false, reterr->text);
			sync_note_refused(sync, attempt.refused, reterr->text);
		} else {
			return r;
		}
		service_name_free(attempt.refused);
	}
	return err_set(reterr, -EAGAIN, "our tables were changed or refused %d times in a row", attempts);
}

int sync_compare(struct sync *sync, const struct sync_addresses *addresses, size_t columns, struct buf *text,
		 struct err *reterr)
{
	struct snapshot snapshot;
	struct changes changes;
	enum knowledge_state before = nfnl_knowledge(sync->nfnl);
	int r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, true, &snapshot, reterr);

	if (r < 0)
		return r;
	(void)sync_begin(sync, addresses);
	state_use_snapshot(sync->state, &snapshot);
	change_init(&changes, NULL);
	state_changes(sync->state, &changes);
	snapshot_done(&snapshot);
	diff_text_print(&changes, columns, text);
	if (!changes.n && (before == KNOWLEDGE_CURRENT || before == KNOWLEDGE_CHANGED))
		nfnl_confirm(sync->nfnl);
	change_done(&changes);
	sync_keep_for_retry(sync, SERVICE_NAME_NONE);
	state_rollback(sync->state);
	arena_reset(sync->arena);
	return 0;
}

void sync_refusals(struct sync *sync, struct rejected_objects *refusals)
{
	sync->refusals = refusals;
}

void sync_print(struct sync *sync, const struct sync_addresses *addresses, struct buf *text)
{
	struct changes changes;

	(void)sync_begin(sync, addresses);
	change_init(&changes, NULL);
	state_changes(sync->state, &changes);
	sync_log_conflicts(sync);
	text_print(&changes, text);
	change_done(&changes);
	state_commit(sync->state);
	arena_reset(sync->arena);
}
