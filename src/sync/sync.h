/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync.h - from the store to the kernel, or to text
 *
 * Room:     sync. The one place where plan and backend meet.
 * Rule:     two roads to the kernel, no third: the exact difference from what is installed, or, when that is
 *           not known (start, a lost answer, somebody else's change), the difference from what was read back: all of
 *           it, or what somebody has touched.
 *           What is installed changes only after the kernel said yes.
 */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/service_name.h"
#include "config/settings.h"

struct arena;
struct build_input;
struct frontend;
struct metrics;
struct nfnl;
struct node_view;
struct plan;
struct recorder;
struct rejected_objects;
struct store;
struct sync;

#define SYNC_LISTENERS_MAX 4

/** struct sync_addresses - Addresses of the interfaces, sorted; borrowed for one call. */
struct sync_addresses {
	const struct addr *list;
	size_t n;
};

/**
 * sync_new() - @settings, @store and @nfnl are borrowed; @nfnl is NULL for text only
 */
struct sync *sync_new(const struct settings *settings, struct store *store, struct nfnl *nfnl,
		      const bool family_enabled[_FAMILY_MAX]);
struct sync *sync_free(struct sync *sync);
DEFINE_FREEP(struct sync, sync_free);

/**
 * sync_run() - Bring the kernel to the state of the store
 *
 * Takes the dirty set. A Service that cannot be planned or that the kernel refuses keeps what it had, is
 * logged, and is tried again when it changes; the others go on.
 *
 * Return: 0; negative errno: nothing was changed, all of it is tried again at the next call.
 */
int sync_run(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_refusals() - Where to note what the kernel refuses; @refusals is borrowed. */
void sync_refusals(struct sync *sync, struct rejected_objects *refusals);
/** sync_tell() - Whom to tell of Services that lose a front end or that the kernel refuses; @recorder may be NULL. */
void sync_tell(struct sync *sync, struct recorder *recorder);
/** sync_measure() - Count into @metrics from now on, which is borrowed. */
void sync_measure(struct sync *sync, struct metrics *metrics);
/** sync_leave_out_affinity() - Before the first run: this kernel can't remember clients. */
void sync_leave_out_affinity(struct sync *sync);
/** sync_intact() - No foreign change has been seen since our last commit; true before the first one. */
bool sync_intact(const struct sync *sync);
/** typedef sync_planned - The kernel has what was planned for this Service, which may be gone. */
typedef void sync_planned(void *ctx, const char *namespace, const char *name);
/** sync_on_planned() - Call @planned after each success, for each Service that it was about; at most SYNC_LISTENERS_MAX. */
void sync_on_planned(struct sync *sync, sync_planned *planned, void *ctx);
/** sync_off_planned() - No more. */
void sync_off_planned(struct sync *sync, const void *ctx);
/** sync_count() - What stands, as it is after the last success. */
void sync_count(struct sync *sync, size_t *ret_elements, size_t *ret_chains, size_t *ret_rules);
/** sync_view() - How this node treats traffic, as the store and @addresses are now; @arena owns it. */
void sync_view(const struct sync *sync, const struct sync_addresses *addresses, struct arena *arena,
	       struct node_view *ret);
/**
 * sync_plan_owned() - The plan of one Service as the store is now, without what another Service has
 * @ret_in:	what it was computed from; valid until the store changes
 * @ret_plan:	@arena owns it
 *
 * Return: 0; negative errno as build_plan().
 */
int sync_plan_owned(const struct sync *sync, const char *namespace, const char *name, struct arena *arena,
		    struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_plan_all_of() - The same, with what another Service has: what it asks for. */
int sync_plan_all_of(const struct sync *sync, const char *namespace, const char *name, struct arena *arena,
		     struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_frontend_owner() - The Service that has @frontend, or none; valid until the next run. */
struct service_name sync_frontend_owner(const struct sync *sync, const struct frontend *frontend);
/**
 * sync_compare() - What stands, against what should
 * @columns:	as diff_text_print()
 * @text:	gets a line for each difference
 *
 * Reads all of both tables. What differs is put right by the next run.
 */
int sync_compare(struct sync *sync, const struct sync_addresses *addresses, size_t columns, struct buf *text,
		 struct err *reterr) __attribute__((warn_unused_result));
/** sync_print() - The ruleset of the store as text; for a sync without nfnl, once. */
void sync_print(struct sync *sync, const struct sync_addresses *addresses, struct buf *text);

#endif
