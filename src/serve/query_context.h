/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query_context.h - what all answers of this room are made of
 *
 * Room:     serve. Filled completely by the daemon, or by a command that runs without one; never changed afterwards.
 */
#ifndef SERVE_QUERY_CONTEXT_H
#define SERVE_QUERY_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "report/health.h"
#include "report/metrics_print.h"
#include "sync/sync.h"

struct ifaddr;
struct intake;
struct kubeapi;
struct offline_start;
struct rejected_objects;
struct settings;
struct store;

/**
 * struct query_tables - The state of our tables in the kernel; its owner keeps it up to date
 * @installed:	a sync has succeeded since the start, so there are rules to compare with
 * @owned:	the kernel lets no other process change the tables
 * @changed_by:	the last process that changed them, "nft (pid 12)"; "" if there was none or it is unknown
 * @n_failed:	syncs that have failed since the last one that succeeded
 * @failed_ms:	then: when the first of them failed, by the monotonic clock
 * @failure:	why the last one failed
 */
struct query_tables {
	bool installed;
	bool owned;
	char changed_by[64];
	uint64_t n_failed;
	uint64_t failed_ms;
	struct err failure;
};

/**
 * struct query_context - All borrowed
 * @kubeapi:	NULL: the source is manifests
 * @offline_start: NULL: there is no saved state to start from
 * @metrics:	answers of /healthz and /livez are counted there
 * @metrics, @health, @refresh, @on_difference: NULL without a daemon
 * @refresh:	called with @ctx before an answer
 * @on_difference: called with @ctx when diff has found a difference or has failed; shall start a repair
 * @config_problem: called with @ctx: why the changed configuration file is not in force, and since when by the monotonic clock;
 *		returns NULL if it is. NULL: there is no daemon
 * @n_earlier:	called with @ctx: how many ClusterIPs the rules of an earlier run have; SIZE_MAX: unknown. NULL: there is no daemon
 * @not_made:	called with @ctx: why no rules are made although they could be; NULL: they are. NULL: there is no daemon
 * @start_ms:	monotonic clock: when this process began
 */
struct query_context {
	const struct settings *settings;
	const struct store *store;
	struct sync *sync;
	const struct ifaddr *ifaddr;
	const struct intake *intake;
	const struct rejected_objects *rejected;
	const struct query_tables *tables;
	const struct kubeapi *kubeapi;
	const struct offline_start *offline_start;
	struct metrics *metrics;
	struct health *health;
	health_refresh *refresh;
	void (*on_difference)(void *ctx);
	const char *(*config_problem)(void *ctx, uint64_t *ret_since_ms);
	size_t (*n_earlier)(void *ctx);
	const char *(*not_made)(void *ctx);
	void *ctx;
	uint64_t start_ms;
};

/** query_context_refresh() - Call @refresh, if there is one. */
void query_context_refresh(const struct query_context *context);
/** query_context_addresses() - The addresses of this node's interfaces; valid until they change. */
struct sync_addresses query_context_addresses(const struct query_context *context);
/** query_context_config_problem() - As @config_problem, which may be NULL. */
const char *query_context_config_problem(const struct query_context *context, uint64_t *ret_since_ms);
/** query_context_now() - The values of this moment, after query_context_refresh(); @ret is overwritten. */
void query_context_now(const struct query_context *context, struct metrics_now *ret);

#endif
