/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/claims.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define uthash_fatal(msg) alloc_failed()
#include <uthash.h>

struct claims_claim {
	struct claims_owner *owner;
	bool answers;
};

/* Nearly every key has one claimant: the others hang in a list behind the winner. */
struct claims_other {
	struct claims_claim claim;
	struct claims_other *next;
};

struct claims_entry {
	struct claims_key key;
	struct claims_claim winner;
	struct claims_other *others; /* by rank */
	UT_hash_handle hh;
};

struct claims {
	struct claims_entry *entries;
};

struct claims *claims_new(void)
{
	return alloc_zeroed(1, sizeof(struct claims));
}

struct claims *claims_free(struct claims *claims)
{
	struct claims_entry *entry, *next;

	if (!claims)
		return NULL;
	HASH_ITER(hh, claims->entries, entry, next) {
		HASH_DEL(claims->entries, entry);
		while (entry->others) {
			struct claims_other *other = entry->others;

			entry->others = other->next;
			free(other);
		}
		free(entry);
	}
	free(claims);
	return NULL;
}

void claims_key_of(const struct frontend *frontend, struct claims_key *ret)
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

static bool claims_before(const struct claims_claim *a, const struct claims_claim *b)
{
	int64_t time_a = a->owner->creation_time_s ? a->owner->creation_time_s : INT64_MAX;
	int64_t time_b = b->owner->creation_time_s ? b->owner->creation_time_s : INT64_MAX;

	if (a->answers != b->answers)
		return a->answers;
	if (time_a != time_b)
		return time_a < time_b;
	return strcmp(a->owner->name, b->owner->name) < 0;
}

static struct claims_entry *claims_find(const struct claims *claims, const struct claims_key *key)
{
	struct claims_entry *entry;

	HASH_FIND(hh, claims->entries, key, sizeof(*key), entry);
	return entry;
}

void claims_add(struct claims *claims, const struct claims_key *key, struct claims_owner *owner, bool answers)
{
	struct claims_entry *entry = claims_find(claims, key);
	struct claims_claim claim = { .owner = owner, .answers = answers };
	struct claims_other *other, **place;

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->key = *key;
		entry->winner = claim;
		HASH_ADD(hh, claims->entries, key, sizeof(entry->key), entry);
		return;
	}
	other = alloc_zeroed(1, sizeof(*other));
	other->claim = claim;
	if (claims_before(&claim, &entry->winner)) {
		other->claim = entry->winner;
		entry->winner = claim;
	}
	place = &entry->others;
	while (*place && claims_before(&(*place)->claim, &other->claim))
		place = &(*place)->next;
	other->next = *place;
	*place = other;
}

void claims_remove(struct claims *claims, const struct claims_key *key, const struct claims_owner *owner)
{
	struct claims_entry *entry = claims_find(claims, key);
	struct claims_other **place, *gone;

	assert(entry);
	if (entry->winner.owner == owner) {
		if (!entry->others) {
			HASH_DEL(claims->entries, entry);
			free(entry);
			return;
		}
		entry->winner = entry->others->claim;
		place = &entry->others;
	} else {
		place = &entry->others;
		while (*place && (*place)->claim.owner != owner)
			place = &(*place)->next;
		assert(*place);
	}
	gone = *place;
	*place = gone->next;
	free(gone);
}

struct claims_owner *claims_winner(const struct claims *claims, const struct claims_key *key)
{
	struct claims_entry *entry = claims_find(claims, key);

	return entry ? entry->winner.owner : NULL;
}
