/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Jobs
 *
 * Each client map to read after a commit is a job, with the lists of endpoints whose clients it looks at; many lists share a map. The
 * first job is under way: its map is read (a pass), and the clients of removed endpoints are noted. Then they are deleted,
 * some in each transaction: deletions during the reading would make the kernel skip other clients. After a pass that
 * found some, the job goes to the end of the queue for another pass.
 *
 * A later commit replaces the endpoints of a list. So the noted clients are judged again just before they are deleted.
 */
#include "config.h"
#include "sync/client_expiry.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/nfnl_clients.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash_table.h"
#include "base/log.h"
#include "base/log_ratelimit.h"
#include "base/monotonic.h"
#include "render/port_chains.h"
#include "render/state.h"

#define CLIENT_EXPIRY_BATCH	 500			      /* clients deleted in one transaction */
#define CLIENT_EXPIRY_PRIORITY	 (SD_EVENT_PRIORITY_IDLE - 1) /* before stale UDP flows */
#define CLIENT_EXPIRY_ERRORS_MAX 3

/**
 * struct client_expiry_list - A list of endpoints whose clients are looked at
 * @key:	the hash key in a job
 * @pool:	its endpoints in use
 * @lost:	as in struct state_expiry; in a job, whether it ever was
 * @n_deleted:	clients that were deleted
 */
struct client_expiry_list {
	struct set_list_key key;
	struct client_map map;
	struct service_name owner;
	struct pool pool;
	bool lost;
	size_t n_deleted;
	UT_hash_handle hh;
};

/**
 * struct client_expiry_job
 * @lists:	by key; they own their strings and endpoints
 * @again:	a list has lost an endpoint during this pass
 * @n_passes, @n_errors: since a list has lost an endpoint
 * @start_us:	when a list lost an endpoint
 * @n_deleted:	clients that were deleted
 */
struct client_expiry_job {
	struct client_map map;
	struct client_expiry_list *lists;
	bool again;
	unsigned int n_passes;
	unsigned int n_errors;
	uint64_t start_us;
	size_t n_deleted;
	UT_hash_handle hh;
};

enum client_expiry_phase {
	CLIENT_EXPIRY_PHASE_IDLE,
	CLIENT_EXPIRY_PHASE_READ,
	CLIENT_EXPIRY_PHASE_DELETE,
};

/**
 * struct client_expiry
 * @arena:	what was collected: @lists, by map and key
 * @early:	reader of client_expiry_before(), and the clients that it found
 * @after_only:	the last transaction with clients was refused
 * @jobs:	by map, in order; @phase, @reader and @stale belong to the first one
 * @stale:	clients that this pass has found, @n_stale of them, of which @next is the next to delete
 */
struct client_expiry {
	struct nfnl *nfnl;
	client_expiry_done *done;
	void *ctx;
	sd_event_source *turn;
	struct skeleton skeleton;
	struct arena *arena;
	struct log_ratelimit log_ratelimit;
	struct client_expiry_list *lists;
	size_t n;
	struct nfnl_clients *early;
	bool after_only;
	struct client_expiry_job *jobs;
	enum client_expiry_phase phase;
	struct nfnl_clients *reader;
	struct client *stale;
	size_t n_stale;
	size_t next;
};

static int client_expiry_on_turn(sd_event_source *source, void *userdata);

struct client_expiry *client_expiry_new(struct sd_event *event, struct nfnl *nfnl, client_expiry_done *done,
					void *ctx)
{
	struct client_expiry *expiry = alloc_zeroed(1, sizeof(*expiry));

	expiry->nfnl = nfnl;
	expiry->done = done;
	expiry->ctx = ctx;
	expiry->arena = arena_new();
	expiry->early = nfnl_clients_new(nfnl);
	expiry->reader = nfnl_clients_new(nfnl);
	/* Only memory can be missing. */
	if (event && (sd_event_add_defer(event, &expiry->turn, client_expiry_on_turn, expiry) < 0 ||
		      sd_event_source_set_enabled(expiry->turn, SD_EVENT_OFF) < 0 ||
		      sd_event_source_set_priority(expiry->turn, CLIENT_EXPIRY_PRIORITY) < 0))
		alloc_failed();
	return expiry;
}

static void client_expiry_end_job(struct client_expiry *expiry, struct client_expiry_job *job)
{
	struct client_expiry_list *list, *next;

	HASH_DEL(expiry->jobs, job);
	HASH_ITER(hh, job->lists, list, next) {
		HASH_DEL(job->lists, list);
		service_name_free(list->owner);
		free((void *)list->pool.endpoints);
		free(list);
	}
	free(job);
}

struct client_expiry *client_expiry_free(struct client_expiry *expiry)
{
	struct client_expiry_job *job, *next;

	if (!expiry)
		return NULL;
	HASH_ITER(hh, expiry->jobs, job, next) {
		client_expiry_end_job(expiry, job);
	}
	sd_event_source_disable_unref(expiry->turn);
	nfnl_clients_free(expiry->early);
	nfnl_clients_free(expiry->reader);
	arena_free(expiry->arena);
	free(expiry->stale);
	free(expiry);
	return NULL;
}

static struct client_expiry_job *client_expiry_find(struct client_expiry *expiry,
						    const struct client_map *map)
{
	struct client_expiry_job *job;

	HASH_FIND(hh, expiry->jobs, map, sizeof(*map), job);
	return job;
}

static struct client_expiry_list *client_expiry_find_list(struct client_expiry_job *job,
							  const struct set_list_key *key)
{
	struct client_expiry_list *list = NULL;

	if (job)
		HASH_FIND(hh, job->lists, key, sizeof(*key), list);
	return list;
}

static int client_expiry_cmp(const void *a, const void *b)
{
	const struct client_expiry_list *x = a, *y = b;
	int r = memcmp(&x->map, &y->map, sizeof(x->map));

	return r ? r : memcmp(&x->key, &y->key, sizeof(x->key));
}

void client_expiry_collect(struct client_expiry *expiry, struct state *state)
{
	struct buf bytes = BUF_INIT;
	struct state_expiry next;

	arena_reset(expiry->arena);
	while (state_next_expiry(state, &next)) {
		struct client_expiry_list list = { .key = next.list, .map = next.map, .lost = next.lost };
		struct pool_endpoint *endpoints;
		const struct pool *in_use;

		if (!next.lost && !client_expiry_find_list(client_expiry_find(expiry, &next.map), &next.list))
			continue;
		if (next.pool) {
			in_use = plan_in_use(next.pool, expiry->arena);
			endpoints = arena_array(expiry->arena, in_use->n_endpoints, sizeof(*endpoints));
			memcpy(endpoints, in_use->endpoints, in_use->n_endpoints * sizeof(*endpoints));
			list.pool =
				(struct pool){ .n_endpoints = in_use->n_endpoints, .endpoints = endpoints };
		}
		list.owner = service_name_copy_to(expiry->arena, next.owner);
		buf_add(&bytes, &list, sizeof(list));
	}
	expiry->n = bytes.size / sizeof(*expiry->lists);
	expiry->lists = arena_array(expiry->arena, expiry->n, sizeof(*expiry->lists));
	if (expiry->n) {
		memcpy(expiry->lists, bytes.data, bytes.size);
		qsort(expiry->lists, expiry->n, sizeof(*expiry->lists), client_expiry_cmp);
	}
	buf_done(&bytes);
}

/* Where client_expiry_before() puts what it reads: @lists are the @n_lists of one map. */
struct client_expiry_early {
	struct client_expiry *expiry;
	const struct client_expiry_list *lists;
	size_t n_lists;
	struct changes *changes;
	size_t n;
};

static void client_expiry_found_early(void *ctx, const struct client *found)
{
	struct client_expiry_early *early = ctx;
	struct client_expiry_list key = { .key = found->key.list, .map = early->lists->map };
	const struct client_expiry_list *list =
		bsearch(&key, early->lists, early->n_lists, sizeof(key), client_expiry_cmp);
	struct client *client;

	if (!list || !list->lost || early->n == CLIENT_EXPIRY_BATCH ||
	    !port_chains_is_stale(&list->pool, found))
		return;
	early->n++;
	client = arena_alloc(early->expiry->arena, sizeof(*client));
	*client = *found;
	change_del_client(early->changes, list->owner, &list->map, client);
}

/* The lists from @i on that have the same map, and whether one has lost an endpoint. */
static size_t client_expiry_same_map(const struct client_expiry *expiry, size_t i, bool *ret_lost)
{
	size_t n = 0;

	*ret_lost = false;
	for (; i + n < expiry->n; n++) {
		if (memcmp(&expiry->lists[i].map, &expiry->lists[i + n].map, sizeof(expiry->lists[i].map)) !=
		    0)
			break;
		*ret_lost |= expiry->lists[i + n].lost;
	}
	return n;
}

/* Errors do not matter here: the map is read again after the commit. */
static void client_expiry_read_early(struct client_expiry *expiry, struct changes *changes)
{
	struct client_expiry_early early = { .expiry = expiry, .changes = changes };
	uint64_t end_us = monotonic_us() + CLIENT_EXPIRY_COMMIT_US;
	struct err err = { 0 };
	bool lost;
	size_t i;
	int r;

	for (i = 0; i < expiry->n && early.n < CLIENT_EXPIRY_BATCH && monotonic_us() < end_us;
	     i += early.n_lists) {
		early.lists = &expiry->lists[i];
		early.n_lists = client_expiry_same_map(expiry, i, &lost);
		if (!lost || nfnl_clients_start(expiry->early, &early.lists->map, &err) < 0)
			continue;
		do
			r = nfnl_clients_step(expiry->early, client_expiry_found_early, &early, &err);
		while (r > 0 && early.n < CLIENT_EXPIRY_BATCH && monotonic_us() < end_us);
	}
}

void client_expiry_before(struct client_expiry *expiry, struct changes *changes)
{
	struct changes own;
	struct err err = { 0 };

	if (expiry->after_only || !expiry->n)
		return;
	if (nfnl_clients_can_destroy(expiry->nfnl)) {
		client_expiry_read_early(expiry, changes);
		change_finish(changes);
		return;
	}
	change_init(&own, changes->skeleton);
	client_expiry_read_early(expiry, &own);
	if (own.n && nfnl_clients_delete(expiry->nfnl, &own, &err) < 0)
		log_debug("sync", "clients are deleted only after the transaction",
			  LOG_TEXT("err", err.text));
	change_done(&own);
}

bool client_expiry_refused(struct client_expiry *expiry, const struct changes *changes,
			   const struct backend_report *report, int r)
{
	bool has_client = false;
	size_t i;

	if (r >= 0 || r == -ESTALE)
		return false;
	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CLIENT_DEL)
			has_client = true;
	if (!has_client ||
	    (report->failed != SIZE_MAX && changes->list[report->failed].op != CHANGE_OP_CLIENT_DEL))
		return false;
	expiry->after_only = true;
	return true;
}

static void client_expiry_add_job(struct client_expiry *expiry, const struct client_expiry_list *from)
{
	struct client_expiry_job *job = client_expiry_find(expiry, &from->map);
	struct client_expiry_list *list = client_expiry_find_list(job, &from->key);
	size_t size = from->pool.n_endpoints * sizeof(*from->pool.endpoints);
	struct pool_endpoint *endpoints = NULL;

	if (!list && !from->lost)
		return;
	if (!job) {
		job = alloc_zeroed(1, sizeof(*job));
		job->map = from->map;
		HASH_ADD(hh, expiry->jobs, map, sizeof(job->map), job);
	}
	if (!list) {
		list = alloc_zeroed(1, sizeof(*list));
		list->key = from->key;
		list->owner = service_name_copy(from->owner);
		HASH_ADD(hh, job->lists, key, sizeof(list->key), list);
	}
	if (size) {
		endpoints = alloc_bytes(size);
		memcpy(endpoints, from->pool.endpoints, size);
	}
	free((void *)list->pool.endpoints);
	list->pool = (struct pool){ .n_endpoints = from->pool.n_endpoints, .endpoints = endpoints };
	if (from->lost) {
		list->lost = true;
		job->again = true;
		job->start_us = monotonic_us();
		job->n_passes = job->n_errors = 0;
	}
}

/* The list of the job under way that @client is stale for, or NULL. */
static struct client_expiry_list *client_expiry_stale_for(struct client_expiry *expiry,
							  const struct client *client)
{
	struct client_expiry_list *list = client_expiry_find_list(expiry->jobs, &client->key.list);

	return list && port_chains_is_stale(&list->pool, client) ? list : NULL;
}

static void client_expiry_found(void *ctx, const struct client *client)
{
	struct client_expiry *expiry = ctx;

	if (client_expiry_stale_for(expiry, client))
		*ALLOC_APPEND(expiry->stale, expiry->n_stale) = *client;
}

/* Delete some of the clients that the pass has found. */
static int client_expiry_delete(struct client_expiry *expiry, struct err *reterr)
{
	struct client_expiry_job *job = expiry->jobs;
	struct client_expiry_list *list;
	struct changes changes;
	int r;

	change_init(&changes, &expiry->skeleton);
	for (; expiry->next < expiry->n_stale && changes.n < CLIENT_EXPIRY_BATCH; expiry->next++) {
		list = client_expiry_stale_for(expiry, &expiry->stale[expiry->next]);
		if (!list)
			continue;
		change_del_client(&changes, list->owner, &job->map, &expiry->stale[expiry->next]);
		list->n_deleted++;
	}
	r = nfnl_clients_delete(expiry->nfnl, &changes, reterr);
	job->n_deleted += r < 0 ? 0 : changes.n;
	change_done(&changes);
	return r == -EAGAIN ? 0 : r;
}

static void client_expiry_warn(struct client_expiry *expiry, struct service_name owner, const char *why)
{
	char text[SERVICE_NAME_TEXT_SIZE];

	(void)service_name_print(owner, text);
	if (log_ratelimit_may_say(&expiry->log_ratelimit, text, why, monotonic_ms()))
		log_warn("sync", "clients of removed endpoints may be kept until they time out",
			 LOG_TEXT("service", text), LOG_TEXT("err", why));
}

/* The pass is over: @r as nfnl_clients_step(), 0: its clients were deleted. */
static void client_expiry_end_pass(struct client_expiry *expiry, int r, const struct err *err)
{
	struct client_expiry_job *job = expiry->jobs;
	struct client_expiry_list *list;
	bool more = r < 0 || expiry->n_stale || job->again;

	expiry->phase = CLIENT_EXPIRY_PHASE_IDLE;
	free(expiry->stale);
	expiry->stale = NULL;
	expiry->n_stale = expiry->next = 0;
	job->n_errors += r < 0;
	job->n_passes++;
	/* Without the map there are no clients. */
	if (r == -ENOENT)
		more = false;
	if (more && job->n_errors < CLIENT_EXPIRY_ERRORS_MAX && job->n_passes < CLIENT_EXPIRY_PASSES_MAX) {
		HASH_DEL(expiry->jobs, job);
		HASH_ADD(hh, expiry->jobs, map, sizeof(job->map), job);
		return;
	}
	for (list = job->lists; list; list = list->hh.next) {
		if (more)
			client_expiry_warn(expiry, list->owner,
					   r < 0 ? err->text : "too many clients come and go");
		if (list->lost)
			expiry->done(expiry->ctx, list->owner, job->map.table, &list->key, list->n_deleted);
	}
	log_debug("sync", "clients of removed endpoints are deleted", LOG_TEXT("map", job->map.name),
		  LOG_NUMBER("clients", job->n_deleted), LOG_NUMBER("passes", job->n_passes),
		  LOG_MS("total_ms", monotonic_us() - job->start_us));
	client_expiry_end_job(expiry, job);
}

/* One datagram, or one transaction. */
static void client_expiry_step(struct client_expiry *expiry)
{
	struct client_expiry_job *job = expiry->jobs;
	struct err err = { 0 };
	int r = 0;

	switch (expiry->phase) {
	case CLIENT_EXPIRY_PHASE_IDLE:
		job->again = false;
		r = nfnl_clients_start(expiry->reader, &job->map, &err);
		expiry->phase = CLIENT_EXPIRY_PHASE_READ;
		break;
	case CLIENT_EXPIRY_PHASE_READ:
		r = nfnl_clients_step(expiry->reader, client_expiry_found, expiry, &err);
		if (!r)
			expiry->phase = CLIENT_EXPIRY_PHASE_DELETE;
		break;
	case CLIENT_EXPIRY_PHASE_DELETE:
		r = client_expiry_delete(expiry, &err);
		if (!r && expiry->next == expiry->n_stale)
			client_expiry_end_pass(expiry, 0, NULL);
		break;
	}
	if (r < 0)
		client_expiry_end_pass(expiry, r, &err);
}

static void client_expiry_turn(struct client_expiry *expiry, uint64_t max_us)
{
	uint64_t end_us = monotonic_us() + max_us;

	while (expiry->jobs && monotonic_us() < end_us)
		client_expiry_step(expiry);
	(void)sd_event_source_set_enabled(expiry->turn, expiry->jobs ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int client_expiry_on_turn(sd_event_source *source, void *userdata)
{
	(void)source;
	client_expiry_turn(userdata, CLIENT_EXPIRY_TURN_US);
	return 0;
}

void client_expiry_commit(struct client_expiry *expiry, const struct skeleton *skeleton)
{
	bool lost = false;
	size_t i;

	/* Only the table's name is used; it does not change. */
	expiry->skeleton = (struct skeleton){ .table_name = skeleton->table_name };
	for (i = 0; i < expiry->n; i++) {
		client_expiry_add_job(expiry, &expiry->lists[i]);
		lost = lost || expiry->lists[i].lost;
	}
	expiry->n = 0;
	expiry->after_only = false;
	if (lost)
		client_expiry_turn(expiry, CLIENT_EXPIRY_COMMIT_US);
}
