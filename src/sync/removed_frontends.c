/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/removed_frontends.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "render/frontend_owners.h"
#include "render/layout.h"
#include "ruleset/change.h"

struct removed_frontends_entry {
	struct frontend_owners_key key;
	UT_hash_handle hh;
};

static struct removed_frontends_entry *removed_frontends_find(const struct removed_frontends *removed,
							      const struct frontend_owners_key *key)
{
	struct removed_frontends_entry *entry;

	HASH_FIND(hh, removed->entries, key, sizeof(*key), entry);
	return entry;
}

static void removed_frontends_add(struct removed_frontends *removed, const struct frontend_owners_key *key)
{
	struct removed_frontends_entry *entry;

	if (removed_frontends_find(removed, key))
		return;
	entry = alloc_zeroed(1, sizeof(*entry));
	entry->key = *key;
	HASH_ADD(hh, removed->entries, key, sizeof(entry->key), entry);
	removed->n++;
}

static void removed_frontends_del(struct removed_frontends *removed, struct removed_frontends_entry *entry)
{
	HASH_DEL(removed->entries, entry);
	free(entry);
	removed->n--;
}

/* The UDP front end whose verdict @change is about: each front end has one in one of the verdict maps. */
static bool removed_frontends_key(const struct changes *changes, const struct change *change,
				  struct frontend_owners_key *ret)
{
	struct element e;

	change_element(changes, change, &e);
	return layout_sets()[e.set].kind == SET_KIND_VERDICT_MAP && frontend_owners_key_of_element(&e, ret) &&
	       ret->protocol == PROTOCOL_UDP;
}

/* The deletions come before the additions (struct changes). */
void removed_frontends_note(struct removed_frontends *removed, const struct changes *changes)
{
	struct removed_frontends_entry *entry;
	struct frontend_owners_key key;
	size_t i;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->op == CHANGE_OP_ELEMENT_DEL && removed_frontends_key(changes, change, &key)) {
			removed_frontends_add(removed, &key);
		} else if (change->op == CHANGE_OP_ELEMENT_ADD && removed->n &&
			   removed_frontends_key(changes, change, &key)) {
			entry = removed_frontends_find(removed, &key);
			if (entry)
				removed_frontends_del(removed, entry);
		}
	}
}

void removed_frontends_keep(struct removed_frontends *removed,
			    bool (*keep)(void *ctx, const struct frontend *frontend), void *ctx)
{
	struct removed_frontends_entry *entry, *next;
	struct frontend frontend;

	HASH_ITER(hh, removed->entries, entry, next) {
		frontend_owners_frontend(&entry->key, &frontend);
		if (!keep(ctx, &frontend))
			removed_frontends_del(removed, entry);
	}
}

void removed_frontends_move(struct removed_frontends *from, struct removed_frontends *to)
{
	struct removed_frontends_entry *entry, *next;

	HASH_ITER(hh, from->entries, entry, next)
		removed_frontends_add(to, &entry->key);
	removed_frontends_done(from);
}

void removed_frontends_families(const struct removed_frontends *removed, bool family[_FAMILY_MAX])
{
	struct removed_frontends_entry *entry, *next;

	HASH_ITER(hh, removed->entries, entry, next)
		family[entry->key.family] = true;
}

bool removed_frontends_has(const struct removed_frontends *removed, const struct flow *flow,
			   bool to_node_port_address)
{
	struct frontend_owners_key key;
	struct frontend frontend = {
		.kind = FRONTEND_KIND_CLUSTER_IP,
		.addr = flow->daddr,
		.protocol = PROTOCOL_UDP,
		.port = flow->dport,
	};

	if (!removed->n || flow->protocol != PROTOCOL_UDP)
		return false;
	/* Not translated: it is none of ours, and its destination may have a use of its own now. */
	if (addr_cmp(&flow->daddr, &flow->reply_saddr) == 0 && flow->dport == flow->reply_sport)
		return false;
	frontend_owners_key_of(&frontend, &key);
	if (removed_frontends_find(removed, &key))
		return true;
	if (!to_node_port_address)
		return false;
	frontend.kind = FRONTEND_KIND_NODE_PORT;
	frontend_owners_key_of(&frontend, &key);
	return removed_frontends_find(removed, &key);
}

void removed_frontends_done(struct removed_frontends *removed)
{
	struct removed_frontends_entry *entry, *next;

	HASH_ITER(hh, removed->entries, entry, next)
		removed_frontends_del(removed, entry);
}
