/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/frontend_owners.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash_table.h"

struct frontend_owners_claim {
	struct frontend_owners_claimant *claimant;
	bool answers;
};

/* Nearly every key has one claimant; the others are in a list behind the owner. */
struct frontend_owners_other {
	struct frontend_owners_claim claim;
	struct frontend_owners_other *next;
};

struct frontend_owners_entry {
	struct frontend_owners_key key;
	struct frontend_owners_claim owner;
	struct frontend_owners_other *others; /* by rank */
	UT_hash_handle hh;
};

struct frontend_owners {
	struct frontend_owners_entry *entries;
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
		while (entry->others) {
			struct frontend_owners_other *other = entry->others;

			entry->others = other->next;
			free(other);
		}
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

static bool frontend_owners_before(const struct frontend_owners_claim *a,
				   const struct frontend_owners_claim *b)
{
	int64_t time_a = a->claimant->creation_time_s ? a->claimant->creation_time_s : INT64_MAX;
	int64_t time_b = b->claimant->creation_time_s ? b->claimant->creation_time_s : INT64_MAX;

	if (a->answers != b->answers)
		return a->answers;
	if (time_a != time_b)
		return time_a < time_b;
	return service_name_cmp(a->claimant->service, b->claimant->service) < 0;
}

static struct frontend_owners_entry *frontend_owners_find(const struct frontend_owners *owners,
							  const struct frontend_owners_key *key)
{
	struct frontend_owners_entry *entry;

	HASH_FIND(hh, owners->entries, key, sizeof(*key), entry);
	return entry;
}

void frontend_owners_add(struct frontend_owners *owners, const struct frontend_owners_key *key,
			 struct frontend_owners_claimant *claimant, bool answers)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);
	struct frontend_owners_claim claim = { .claimant = claimant, .answers = answers };
	struct frontend_owners_other *other, **place;

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->key = *key;
		entry->owner = claim;
		HASH_ADD(hh, owners->entries, key, sizeof(entry->key), entry);
		return;
	}
	other = alloc_zeroed(1, sizeof(*other));
	other->claim = claim;
	if (frontend_owners_before(&claim, &entry->owner)) {
		other->claim = entry->owner;
		entry->owner = claim;
	}
	place = &entry->others;
	while (*place && frontend_owners_before(&(*place)->claim, &other->claim))
		place = &(*place)->next;
	other->next = *place;
	*place = other;
}

void frontend_owners_remove(struct frontend_owners *owners, const struct frontend_owners_key *key,
			    const struct frontend_owners_claimant *claimant)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);
	struct frontend_owners_other **place, *gone;

	assert(entry);
	if (entry->owner.claimant == claimant) {
		if (!entry->others) {
			HASH_DEL(owners->entries, entry);
			free(entry);
			return;
		}
		entry->owner = entry->others->claim;
		place = &entry->others;
	} else {
		place = &entry->others;
		while (*place && (*place)->claim.claimant != claimant)
			place = &(*place)->next;
		assert(*place);
	}
	gone = *place;
	*place = gone->next;
	free(gone);
}

struct frontend_owners_claimant *frontend_owners_owner(const struct frontend_owners *owners,
						       const struct frontend_owners_key *key)
{
	struct frontend_owners_entry *entry = frontend_owners_find(owners, key);

	return entry ? entry->owner.claimant : NULL;
}
