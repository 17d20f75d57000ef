/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/frontend_owners.h"

#include <arpa/inet.h>
#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash_table.h"
#include "render/layout_sets.h"

struct frontend_owners_claim {
	struct frontend_owners_claimant *claimant;
	struct frontend_owners_rank rank;
};

/*
 * Nearly every key has one claimant. The others are in a binary tree (tsearch(3)) by rank, because there may be
 * very many of them.
 */
struct frontend_owners_entry {
	struct frontend_owners_key key;
	struct frontend_owners_claim owner;
	void *others;
	UT_hash_handle hh;
};

/** struct frontend_owners_search - A key for tfind(), which passes it to the comparison; @last: the last claim compared */
struct frontend_owners_search {
	struct frontend_owners_claim *last;
};

/* @n_lost: entries for which frontend_owners_is_lost() is true */
struct frontend_owners {
	struct frontend_owners_entry *entries;
	size_t n_lost;
};

struct frontend_owners *frontend_owners_new(void)
{
	return alloc_zeroed(1, sizeof(struct frontend_owners));
}

struct frontend_owners *frontend_owners_free(struct frontend_owners *owners)
{
	struct frontend_owners_entry *entry, *next;

	if (!owners)
		return NULL;
	HASH_ITER(hh, owners->entries, entry, next) {
		HASH_DEL(owners->entries, entry);
		tdestroy(entry->others, free);
		free(entry);
	}
	free(owners);
	return NULL;
}

void frontend_owners_key_of(const struct frontend *frontend, struct frontend_owners_key *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->family = frontend->addr.family;
	ret->protocol = frontend->protocol;
	ret->port = frontend->port;
	if (frontend->kind == FRONTEND_KIND_NODE_PORT)
		ret->node_port = 1;
	else
		memcpy(ret->addr, frontend->addr.bytes, sizeof(ret->addr));
}

void frontend_owners_frontend(const struct frontend_owners_key *key, struct frontend *ret)
{
	*ret = (struct frontend){
		.kind = key->node_port ? FRONTEND_KIND_NODE_PORT : FRONTEND_KIND_CLUSTER_IP,
		.addr = { .family = key->family },
		.protocol = key->protocol,
		.port = key->port,
	};
	memcpy(ret->addr.bytes, key->addr, sizeof(key->addr));
}

bool frontend_owners_key_of_element(const struct element *e, struct frontend_owners_key *ret)
{
	enum family table = e->table;
	uint16_t port;
	size_t at = 0;

	memset(ret, 0, sizeof(*ret));
	ret->family = e->table;
	switch (layout_sets_key(e->set)) {
	case LAYOUT_KEY_OTHER:
		return false;
	case LAYOUT_KEY_FRONTEND:
		at = set_field_size(SET_FIELD_ADDR, table);
		memcpy(ret->addr, e->key, at);
		break;
	case LAYOUT_KEY_NODE_PORT:
		ret->node_port = 1;
		break;
	}
	ret->protocol = e->key[at];
	memcpy(&port, e->key + at + set_field_size(SET_FIELD_PROTOCOL, table), sizeof(port));
	ret->port = ntohs(port);
	return true;
}

/* Node ports only meet node ports. */
static const uint8_t frontend_owners_order[_FRONTEND_KIND_MAX] = {
	[FRONTEND_KIND_CLUSTER_IP] = 0,
	[FRONTEND_KIND_LOAD_BALANCER_IP] = 1,
	[FRONTEND_KIND_EXTERNAL_IP] = 2,
	[FRONTEND_KIND_NODE_PORT] = 0,
};

static int frontend_owners_cmp_rank(const struct frontend_owners_rank *a,
				    const struct frontend_owners_rank *b)
{
	if (frontend_owners_order[a->kind] != frontend_owners_order[b->kind])
		return (int)frontend_owners_order[a->kind] - (int)frontend_owners_order[b->kind];
	return (int)b->answers - (int)a->answers;
}

struct frontend_owners_rank frontend_owners_rank_of(const struct frontend *frontend)
{
	return (struct frontend_owners_rank){ (uint8_t)frontend->kind, plan_answers(frontend) };
}

void frontend_owners_add_rank(struct frontend_owners_rank *rank, const struct frontend_owners_rank *other)
{
	if (frontend_owners_cmp_rank(other, rank) < 0)
		*rank = *other;
}

const char *frontend_owners_why(struct frontend_owners_rank winner, struct frontend_owners_rank loser)
{
	if (winner.kind != loser.kind)
		return winner.kind == FRONTEND_KIND_CLUSTER_IP ? "it is its ClusterIP"
							       : "it is its load balancer's IP";
	return winner.answers && !loser.answers ? "it has endpoints" : "it is older or first by name";
}

static int frontend_owners_cmp(const void *a, const void *b)
{
	const struct frontend_owners_claim *p = a, *q = b;
	int64_t time_p = p->claimant->creation_time_s ? p->claimant->creation_time_s : INT64_MAX;
	int64_t time_q = q->claimant->creation_time_s ? q->claimant->creation_time_s : INT64_MAX;
	int r;

	r = frontend_owners_cmp_rank(&p->rank, &q->rank);
	if (r)
		return r;
	if (time_p != time_q)
		return time_p < time_q ? -1 : 1;
	r = service_name_cmp(p->claimant->service, q->claimant->service);
	return r ? r : (p->claimant->part > q->claimant->part) - (p->claimant->part < q->claimant->part);
}

/* Always to the left. */
static int frontend_owners_cmp_first(const void *search, const void *claim)
{
	((struct frontend_owners_search *)search)->last = (struct frontend_owners_claim *)claim;
	return -1;
}

static struct frontend_owners_claim *frontend_owners_first(void *const *others)
{
	struct frontend_owners_search search = { .last = NULL };

	(void)tfind(&search, others, frontend_owners_cmp_first);
	return search.last;
}

/* Another Service asks for it, too. The parts of one Service are in conflict only while a front end moves from one to another. */
static bool frontend_owners_is_lost(const struct frontend_owners_entry *entry)
{
	return entry->others && !service_name_equal(frontend_owners_first(&entry->others)->claimant->service,
						    entry->owner.claimant->service);
}

static struct frontend_owners_entry *frontend_owners_find(const struct frontend_owners *owners,
							  const struct frontend_owners_key *key)
{
	struct frontend_owners_entry *entry;

	HASH_FIND(hh, owners->entries, key, sizeof(*key), entry);
	return entry;
}

static void frontend_owners_add_other(struct frontend_owners_entry *entry,
				      const struct frontend_owners_claim *claim)
{
	struct frontend_owners_claim *other = alloc_bytes(sizeof(*other));

	*other = *claim;
	if (!tsearch(other, &entry->others, frontend_owners_cmp))
		alloc_failed();
}

static struct frontend_owners_claim *frontend_owners_find_other(
	const struct frontend_owners_entry *entry, const struct frontend_owners_claimant *claimant)
{
	struct frontend_owners_claim claim = { .claimant = (struct frontend_owners_claimant *)claimant };
	struct frontend_owners_claim *const *found;
	unsigned int rank;

	for (rank = 0; rank < 2 * _FRONTEND_KIND_MAX; rank++) {
		claim.rank = (struct frontend_owners_rank){ (uint8_t)(rank / 2), rank % 2 };
		found = tfind(&claim, &entry->others, frontend_owners_cmp);
		if (found && (*found)->claimant == claimant)
			return *found;
	}
	return NULL;
}

void frontend_owners_add(struct frontend_owners *owners, const struct frontend_owners_key *key,
			 struct frontend_owners_claimant *claimant, struct frontend_owners_rank rank)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);
	struct frontend_owners_claim claim = { .claimant = claimant, .rank = rank };

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->key = *key;
		entry->owner = claim;
		HASH_ADD(hh, owners->entries, key, sizeof(entry->key), entry);
		return;
	}
	owners->n_lost -= frontend_owners_is_lost(entry);
	if (frontend_owners_cmp(&claim, &entry->owner) < 0) {
		frontend_owners_add_other(entry, &entry->owner);
		entry->owner = claim;
	} else {
		frontend_owners_add_other(entry, &claim);
	}
	owners->n_lost += frontend_owners_is_lost(entry);
}

void frontend_owners_remove(struct frontend_owners *owners, const struct frontend_owners_key *key,
			    const struct frontend_owners_claimant *claimant)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);
	struct frontend_owners_claim *gone;

	assert(entry);
	owners->n_lost -= frontend_owners_is_lost(entry);
	if (entry->owner.claimant != claimant) {
		gone = frontend_owners_find_other(entry, claimant);
		assert(gone);
	} else if (entry->others) {
		gone = frontend_owners_first(&entry->others);
		entry->owner = *gone;
	} else {
		HASH_DEL(owners->entries, entry);
		free(entry);
		return;
	}
	(void)tdelete(gone, &entry->others, frontend_owners_cmp);
	free(gone);
	owners->n_lost += frontend_owners_is_lost(entry);
}

struct frontend_owners_claimant *frontend_owners_owner(const struct frontend_owners *owners,
						       const struct frontend_owners_key *key)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);

	return entry ? entry->owner.claimant : NULL;
}

bool frontend_owners_is_contested(const struct frontend_owners *owners, const struct frontend_owners_key *key,
				  const struct frontend_owners_claimant *claimant)
{
	const struct frontend_owners_entry *entry = frontend_owners_find(owners, key);

	return entry && entry->owner.claimant == claimant && entry->others;
}

struct frontend_owners_rank frontend_owners_rank(const struct frontend_owners *owners,
						 const struct frontend_owners_key *key)
{
	return frontend_owners_find(owners, key)->owner.rank;
}

size_t frontend_owners_n_lost(const struct frontend_owners *owners)
{
	return owners->n_lost;
}

size_t frontend_owners_lost(const struct frontend_owners *owners, struct frontend_owners_lost *ret,
			    size_t max)
{
	const struct frontend_owners_entry *entry;
	const struct frontend_owners_claim *loser;
	size_t n = 0;

	for (entry = owners->entries; entry; entry = entry->hh.next) {
		if (!frontend_owners_is_lost(entry))
			continue;
		loser = frontend_owners_first(&entry->others);
		if (n < max)
			ret[n] = (struct frontend_owners_lost){
				.key = entry->key,
				.winner = entry->owner.claimant->service,
				.loser = loser->claimant->service,
				.why = frontend_owners_why(entry->owner.rank, loser->rank),
			};
		n++;
	}
	return n;
}
