/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: a group is one allocation, found by "namespace\0name\0"; so is the entry of a slice, which knows
 * the group it is in (a slice without a service name is in none). Dirty groups form a queue. An empty
 * group, whose last object is gone, stays until the queue has handed it out: whoever follows the queue
 * thus learns of every deletion. So an empty group is always queued or the one handed out last.
 */
#include "config.h"
#include "model/store.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"

#define uthash_malloc(size) alloc_bytes(size)
#define uthash_fatal(text)  alloc_failed()
#include <uthash.h>

/**
 * struct group - A store_group with what the store knows about it
 * @pub:	must be first: readers' pointers are cast back
 * @next_dirty:	the queue
 * @seen:	generation in which the Service was last named
 */
struct group {
	struct store_group pub;
	UT_hash_handle hh;
	struct group *next_dirty;
	bool dirty;
	uint32_t seen;
	char key[];
};

/** struct slice_entry - One EndpointSlice; @group NULL if it serves nobody. */
struct slice_entry {
	UT_hash_handle hh;
	struct slice *slice;
	struct group *group;
	uint32_t seen;
	char key[];
};

struct node_entry {
	UT_hash_handle hh;
	struct node *node;
	uint32_t seen;
};

/**
 * struct store - All of it
 * @n_services:	groups that have one
 * @generation:	per kind; an object whose seen differs was not named since store_replace_begin()
 * @handed_out:	what store_dirty_next() returned last
 */
struct store {
	struct group *groups;
	struct slice_entry *slices;
	struct node_entry *nodes;
	size_t n_services;
	uint32_t generation[_OBJECT_KIND_MAX];
	bool replacing[_OBJECT_KIND_MAX];
	bool node_changed;
	struct group *dirty_first;
	struct group *dirty_last;
	struct group *handed_out;
};

static const char *const store_kind_names[] = {
	[OBJECT_KIND_SERVICE] = "Service",
	[OBJECT_KIND_ENDPOINT_SLICE] = "EndpointSlice",
	[OBJECT_KIND_NODE] = "Node",
};
static_assert(ARRAY_SIZE(store_kind_names) == _OBJECT_KIND_MAX, "a name for each kind");

const char *store_kind_name(enum object_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(store_kind_names));
	return store_kind_names[kind];
}

static size_t store_key_size(const char *namespace, const char *name)
{
	return strlen(namespace) + strlen(name) + 2;
}

static void store_key_fill(char *key, const char *namespace, const char *name)
{
	size_t len = strlen(namespace) + 1;

	memcpy(key, namespace, len);
	memcpy(key + len, name, strlen(name) + 1);
}

static struct group *store_get_group(const struct store *store, const char *namespace, const char *name)
{
	size_t size = store_key_size(namespace, name);
	_cleanup_free_ char *key = alloc_bytes(size);
	struct group *group;

	store_key_fill(key, namespace, name);
	HASH_FIND(hh, store->groups, key, size, group);
	return group;
}

static struct group *store_need_group(struct store *store, const char *namespace, const char *name)
{
	struct group *group = store_get_group(store, namespace, name);
	size_t size = store_key_size(namespace, name);

	if (group)
		return group;
	group = alloc_zeroed(1, sizeof(*group) + size);
	store_key_fill(group->key, namespace, name);
	group->pub.namespace = group->key;
	group->pub.name = group->key + strlen(namespace) + 1;
	HASH_ADD_KEYPTR(hh, store->groups, group->key, size, group);
	return group;
}

static bool store_group_is_empty(const struct group *group)
{
	return !group->pub.service && !group->pub.n_slices;
}

static void store_free_group(struct store *store, struct group *group)
{
	HASH_DEL(store->groups, group);
	service_free((struct service *)group->pub.service);
	free((void *)group->pub.slices);
	free(group);
}

static void store_dirty(struct store *store, struct group *group)
{
	if (group->dirty)
		return;
	group->dirty = true;
	group->next_dirty = NULL;
	if (store->dirty_last)
		store->dirty_last->next_dirty = group;
	else
		store->dirty_first = group;
	store->dirty_last = group;
}

/* Where @name is among the group's slices, or would be. */
static size_t store_slice_position(const struct group *group, const char *name)
{
	size_t low = 0, high = group->pub.n_slices;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(group->pub.slices[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void store_join_group(struct store *store, struct group *group, const struct slice *slice)
{
	size_t n = group->pub.n_slices;
	size_t at = store_slice_position(group, slice->name);
	const struct slice **slices;

	slices = alloc_resized((void *)group->pub.slices, n + 1, sizeof(*slices));
	memmove(slices + at + 1, slices + at, (n - at) * sizeof(*slices));
	slices[at] = slice;
	group->pub.slices = slices;
	group->pub.n_slices = n + 1;
	store_dirty(store, group);
}

static void store_leave_group(struct store *store, struct group *group, const struct slice *slice)
{
	const struct slice **slices = (const struct slice **)group->pub.slices;
	size_t at = store_slice_position(group, slice->name);

	assert(at < group->pub.n_slices && slices[at] == slice);
	group->pub.n_slices--;
	memmove(slices + at, slices + at + 1, (group->pub.n_slices - at) * sizeof(*slices));
	if (group->pub.n_slices) {
		slices = alloc_resized(slices, group->pub.n_slices, sizeof(*slices));
	} else {
		free(slices);
		slices = NULL;
	}
	group->pub.slices = slices;
	store_dirty(store, group);
}

struct store *store_new(void)
{
	return alloc_zeroed(1, sizeof(struct store));
}

struct store *store_free(struct store *store)
{
	struct slice_entry *slice, *next_slice;
	struct group *group, *next_group;
	struct node_entry *node, *next_node;

	if (!store)
		return NULL;
	HASH_ITER(hh, store->groups, group, next_group) {
		store_free_group(store, group);
	}
	HASH_ITER(hh, store->slices, slice, next_slice) {
		HASH_DEL(store->slices, slice);
		slice_free(slice->slice);
		free(slice);
	}
	HASH_ITER(hh, store->nodes, node, next_node) {
		HASH_DEL(store->nodes, node);
		node_free(node->node);
		free(node);
	}
	free(store);
	return NULL;
}

void store_put_service(struct store *store, struct service *service)
{
	struct group *group = store_need_group(store, service->namespace, service->name);
	const struct service *old = group->pub.service;

	group->seen = store->generation[OBJECT_KIND_SERVICE];
	if (old && service_equal(old, service)) {
		service_free(service);
		return;
	}
	if (!old)
		store->n_services++;
	group->pub.service = service;
	service_free((struct service *)old);
	store_dirty(store, group);
}

static struct slice_entry *store_get_slice(const struct store *store, const char *namespace, const char *name)
{
	size_t size = store_key_size(namespace, name);
	_cleanup_free_ char *key = alloc_bytes(size);
	struct slice_entry *entry;

	store_key_fill(key, namespace, name);
	HASH_FIND(hh, store->slices, key, size, entry);
	return entry;
}

static struct slice_entry *store_need_slice(struct store *store, const char *namespace, const char *name)
{
	struct slice_entry *entry = store_get_slice(store, namespace, name);
	size_t size = store_key_size(namespace, name);

	if (entry)
		return entry;
	entry = alloc_zeroed(1, sizeof(*entry) + size);
	store_key_fill(entry->key, namespace, name);
	HASH_ADD_KEYPTR(hh, store->slices, entry->key, size, entry);
	return entry;
}

/* Put @slice (NULL: nothing) where the entry's slice was. */
static void store_replace_slice(struct store *store, struct slice_entry *entry, struct slice *slice)
{
	struct slice *old = entry->slice;

	if (entry->group)
		store_leave_group(store, entry->group, old);
	entry->group = NULL;
	entry->slice = slice;
	if (slice && *slice->service_name) {
		entry->group = store_need_group(store, slice->namespace, slice->service_name);
		store_join_group(store, entry->group, slice);
	}
	slice_free(old);
}

void store_put_slice(struct store *store, struct slice *slice)
{
	struct slice_entry *entry = store_need_slice(store, slice->namespace, slice->name);

	entry->seen = store->generation[OBJECT_KIND_ENDPOINT_SLICE];
	if (entry->slice && slice_equal(entry->slice, slice))
		slice_free(slice);
	else
		store_replace_slice(store, entry, slice);
}

static struct node_entry *store_get_node(const struct store *store, const char *name)
{
	struct node_entry *entry;

	HASH_FIND(hh, store->nodes, name, strlen(name), entry);
	return entry;
}

void store_put_node(struct store *store, struct node *node)
{
	struct node_entry *entry = store_get_node(store, node->name);

	if (entry && node_equal(entry->node, node)) {
		entry->seen = store->generation[OBJECT_KIND_NODE];
		node_free(node);
		return;
	}
	if (entry) {
		HASH_DEL(store->nodes, entry);
		node_free(entry->node);
	} else {
		entry = alloc_zeroed(1, sizeof(*entry));
	}
	entry->node = node;
	entry->seen = store->generation[OBJECT_KIND_NODE];
	HASH_ADD_KEYPTR(hh, store->nodes, node->name, strlen(node->name), entry);
	store->node_changed = true;
}

static void store_del_service(struct store *store, struct group *group)
{
	if (!group || !group->pub.service)
		return;
	service_free((struct service *)group->pub.service);
	group->pub.service = NULL;
	store->n_services--;
	store_dirty(store, group);
}

static void store_del_slice(struct store *store, struct slice_entry *entry)
{
	if (!entry)
		return;
	store_replace_slice(store, entry, NULL);
	HASH_DEL(store->slices, entry);
	free(entry);
}

static void store_del_node(struct store *store, struct node_entry *entry)
{
	if (!entry)
		return;
	HASH_DEL(store->nodes, entry);
	node_free(entry->node);
	free(entry);
	store->node_changed = true;
}

void store_del(struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		store_del_service(store, store_get_group(store, namespace, name));
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		store_del_slice(store, store_get_slice(store, namespace, name));
		return;
	case OBJECT_KIND_NODE:
		store_del_node(store, store_get_node(store, name));
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
}

void store_replace_begin(struct store *store, enum object_kind kind)
{
	store->generation[kind]++;
	store->replacing[kind] = true;
}

void store_keep(struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	struct slice_entry *slice;
	struct node_entry *node;
	struct group *group;

	switch (kind) {
	case OBJECT_KIND_SERVICE:
		group = store_get_group(store, namespace, name);
		if (group)
			group->seen = store->generation[kind];
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		slice = store_get_slice(store, namespace, name);
		if (slice)
			slice->seen = store->generation[kind];
		return;
	case OBJECT_KIND_NODE:
		node = store_get_node(store, name);
		if (node)
			node->seen = store->generation[kind];
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
}

void store_replace_end(struct store *store, enum object_kind kind)
{
	uint32_t generation = store->generation[kind];
	struct slice_entry *slice, *next_slice;
	struct node_entry *node, *next_node;
	struct group *group, *next_group;

	assert(store->replacing[kind]);
	store->replacing[kind] = false;
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		HASH_ITER(hh, store->groups, group, next_group) {
			if (group->seen != generation)
				store_del_service(store, group);
		}
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		HASH_ITER(hh, store->slices, slice, next_slice) {
			if (slice->seen != generation)
				store_del_slice(store, slice);
		}
		return;
	case OBJECT_KIND_NODE:
		HASH_ITER(hh, store->nodes, node, next_node) {
			if (node->seen != generation)
				store_del_node(store, node);
		}
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
}

void store_replace_abort(struct store *store, enum object_kind kind)
{
	store->replacing[kind] = false;
}

const struct store_group *store_find_group(const struct store *store, const char *namespace, const char *name)
{
	const struct group *group = store_get_group(store, namespace, name);

	return group && !store_group_is_empty(group) ? &group->pub : NULL;
}

const struct node *store_find_node(const struct store *store, const char *name)
{
	const struct node_entry *entry = store_get_node(store, name);

	return entry ? entry->node : NULL;
}

size_t store_count(const struct store *store, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		return store->n_services;
	case OBJECT_KIND_ENDPOINT_SLICE:
		return HASH_COUNT(store->slices);
	case OBJECT_KIND_NODE:
		return HASH_COUNT(store->nodes);
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
	return 0;
}

void store_mark_dirty(struct store *store, const char *namespace, const char *name)
{
	struct group *group = store_get_group(store, namespace, name);

	if (group && !store_group_is_empty(group))
		store_dirty(store, group);
}

void store_mark_all_dirty(struct store *store)
{
	struct group *group, *next;

	HASH_ITER(hh, store->groups, group, next) {
		if (!store_group_is_empty(group))
			store_dirty(store, group);
	}
}

bool store_has_dirty(const struct store *store)
{
	return store->dirty_first;
}

bool store_node_changed(struct store *store)
{
	bool changed = store->node_changed;

	store->node_changed = false;
	return changed;
}

const struct store_group *store_dirty_next(struct store *store)
{
	struct group *group = store->handed_out;

	if (group && !group->dirty && store_group_is_empty(group))
		store_free_group(store, group);
	group = store->dirty_first;
	store->handed_out = group;
	if (!group)
		return NULL;
	store->dirty_first = group->next_dirty;
	if (!store->dirty_first)
		store->dirty_last = NULL;
	group->next_dirty = NULL;
	group->dirty = false;
	return &group->pub;
}
