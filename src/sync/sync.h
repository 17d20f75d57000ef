/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync.h - from the store to the kernel, or to text
 *
 * Room:     sync. The one place where plan and backend meet.
 * Rule:     there are two ways to find out what a sync sends: the exact difference from what was last committed; or,
 *           if that is not known to be in the kernel (backend/knowledge.h), the difference from what is read back. Beside syncs, a
 *           survey compares what is installed with the kernel and puts it right (sync/survey.h).
 *           The installed state changes only after the kernel has accepted a transaction.
 * Stages:   sync/planner.h plans the Services, render/state.h computes the changes, backend/nfnl.h sends them. When no change waits,
 *           sync/ready_chains.h makes chains for the next ones.
 * Log:      sync/sync_log.h: by default, the first success after a quiet minute is a line, and the sums of the others are one
 *           line a minute. The first sync, repairs and failures are lines at once.
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/service_name.h"
#include "config/settings.h"
#include "sync/survey.h"

struct arena;
struct build_input;
struct changes;
struct frontend;
struct frontend_owners_lost;
struct metrics;
struct nfnl;
struct node_view;
struct plan;
struct recorder;
struct rejected_objects;
struct sd_event;
struct store;
struct sync;
struct sync_log;

#define SYNC_LISTENERS_MAX 4
#define SYNC_ATTEMPTS_MAX  8 /* of one sync_run() */
/* Size of one step, in elements (plan_size()). The kernel takes some milliseconds for it, and up to 8 KB an element. */
#define SYNC_STEP_SIZE 2000
/* More elements of a table that does not exist, or that is of another version, are not installed in one step and one transaction. */
#define SYNC_ONE_STEP_MAX 10000

/** struct sync_addresses - Addresses of the interfaces, sorted; borrowed for one call. */
struct sync_addresses {
	const struct addr *list;
	size_t n;
};

/**
 * struct sync_params - Everything is borrowed
 * @event:	NULL: sync_run() is never called
 * @request, @request_ctx: called when sync_run() is due although nothing else has changed; not NULL if @event is not
 * @nfnl:	NULL: only sync_print() is called
 * @no_affinity: this kernel cannot learn clients (NFNL_PROBE_LEARNING): leave session affinity out
 * @metrics:	are counted; NULL: none
 * @log:		gets each success; NULL: sync_run() is not called
 * @recorder:	gets Events about Services that lose a front end or that the kernel refuses; NULL: none
 * @rejected:	lists Services that the kernel refuses; NULL: no list
 */
struct sync_params {
	const struct settings *settings;
	struct store *store;
	struct sd_event *event;
	void (*request)(void *ctx);
	void *request_ctx;
	struct nfnl *nfnl;
	bool family_enabled[_FAMILY_MAX];
	bool no_affinity;
	struct metrics *metrics;
	struct sync_log *log;
	struct recorder *recorder;
	struct rejected_objects *rejected;
};

struct sync *sync_new(const struct sync_params *params);
struct sync *sync_free(struct sync *sync);
DEFINE_FREEP(struct sync, sync_free);

/**
 * sync_run() - Bring the kernel one step closer to the state of the store
 *
 * Takes Services out of the store's dirty set, as many as a step of SYNC_STEP_SIZE holds. Each Service is in one transaction,
 * together with those that give it a front end or get one from it; a larger one is changed part by part in several steps
 * (sync/large_service.h).
 * If sync_has_more() is true afterwards, another step is due. The first sync is as sync/first_sync.h says.
 *
 * A Service that the kernel refuses, or that cannot be planned, does not stop the others: it is left out, is logged, and
 * what it has installed stays; before the first success, what the kernel has for its front ends. sync/refusals.h says when it is tried
 * again. An error that may pass (ENOMEM, ENOBUFS, EINTR) is no fault of a Service: the whole step fails. If the kernel refuses
 * more than BACKEND_ALSO_FAILED_MAX Services in each of SYNC_ATTEMPTS_MAX attempts, the step fails, too, and the next call leaves out
 * further ones.
 *
 * Return: 0; negative errno: the last attempt changed nothing, but one before it may have succeeded. The next call tries
 * again what is left.
 */
int sync_run(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_first_done() - All that the store had is installed, but for what was refused. */
bool sync_first_done(const struct sync *sync);
/** sync_has_more() - Another step is due. */
bool sync_has_more(const struct sync *sync);
/** sync_n_refused() - Services whose newest version is not installed: the kernel refuses it, or it cannot be planned. */
size_t sync_n_refused(const struct sync *sync);
/** sync_retry_ms() - Monotonic: when sync_run() is due to try a refused Service again; UINT64_MAX: never. */
uint64_t sync_retry_ms(const struct sync *sync);
/** sync_intact() - No foreign change has been seen since our last commit, and none is looked for; true before the first one. */
bool sync_intact(const struct sync *sync);
/**
 * sync_check() - Without notifications: see whether another process has changed our tables, at little cost
 *
 * See backend/nfnl_check.h. Then nfnl_foreign_change() is true.
 */
void sync_check(struct sync *sync);
/** typedef sync_planned - The kernel has the rules of @service, or has deleted them with the Service. */
typedef void sync_planned(void *ctx, struct service_name service);
/**
 * sync_on_planned() - Call @planned after each success, for each planned Service; at most SYNC_LISTENERS_MAX
 *
 * Called again for a Service when, later than that, clients of removed endpoints were deleted.
 */
void sync_on_planned(struct sync *sync, sync_planned *planned, void *ctx);
/** sync_off_planned() - Undo sync_on_planned() with this @ctx. */
void sync_off_planned(struct sync *sync, const void *ctx);
/** typedef sync_committed - The kernel has accepted a transaction with @changes. */
typedef void sync_committed(void *ctx, const struct changes *changes);
/** sync_on_committed() - Call @committed after each transaction, whatever it was for; NULL: no longer. One at a time. */
void sync_on_committed(struct sync *sync, sync_committed *committed, void *ctx);
/** sync_count() - The installed objects, after the last success. */
void sync_count(const struct sync *sync, size_t *ret_elements, size_t *ret_chains, size_t *ret_rules);
/** sync_view() - How this node treats traffic, from the store and @addresses now; @arena owns the result. */
void sync_view(const struct sync *sync, const struct sync_addresses *addresses, struct arena *arena,
	       struct node_view *ret);
/**
 * sync_plan_requested() - The plan of one Service from the store now, with all front ends that it asks for
 * @ret_in:	input of the plan; valid until the store changes
 * @ret_plan:	@arena owns it
 *
 * Return: 0; negative errno as build_plan().
 */
int sync_plan_requested(const struct sync *sync, struct service_name service, struct arena *arena,
			struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_plan_owned() - The same without front ends that another Service owns. */
int sync_plan_owned(const struct sync *sync, struct service_name service, struct arena *arena,
		    struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_frontend_owner() - The Service that owns @frontend, or none; valid until the next sync_run(). */
struct service_name sync_frontend_owner(const struct sync *sync, const struct frontend *frontend);
/** sync_yields() - state_yields(): a node port of the same number goes before @frontend. */
bool sync_yields(const struct sync *sync, const struct frontend *frontend);
/** sync_why_owned() - Why another Service owns @frontend: frontend_owners_why(). */
const char *sync_why_owned(const struct sync *sync, const struct frontend *frontend);
/** sync_lost() - frontend_owners_lost(); the names are valid until the next sync_run(). */
size_t sync_lost(const struct sync *sync, struct frontend_owners_lost *ret, size_t max);
/** sync_n_lost() - frontend_owners_n_lost(). */
size_t sync_n_lost(const struct sync *sync);
/** sync_print() - The ruleset of the store as text; without nfnl, and only once. */
void sync_print(struct sync *sync, const struct sync_addresses *addresses, struct buf *text);

#endif
