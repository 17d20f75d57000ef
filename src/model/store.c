/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: groups and the entries of slices are found by namespace and name; an entry knows the group it is in (a
 * slice without a service name is in none). Dirty groups form a queue. An empty
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
#include "model/index.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

/**
 * struct group - A store_group with what the store knows about it
 * @pub:	must be first: readers' pointers are cast back
 * @next_dirty:	the queue
 * @seen:	generation in which the Service was last named
 * @names:	what @pub.namespace and @pub.name point to
 */
struct group {
	struct store_group pub;
	struct group *next_dirty;
	uint32_t seen;
	bool dirty;
	char names[];
};

/** struct slice_entry - One EndpointSlice; @group NULL if it serves nobody. */
struct slice_entry {
	struct slice *slice;
	struct group *group;
	uint32_t seen;
};

struct node_entry {
	struct node *node;
	uint32_t seen;
};

struct service_cidr_entry {
	struct service_cidr *service_cidr;
	uint32_t seen;
};

/**
 * struct store - All of it
 * @n_services:	groups that have one
 * @generation:	per kind; an object whose seen differs was not named since store_replace_begin()
 * @handed_out:	what store_dirty_next() returned last
 */
struct store {
	struct index groups;
	struct index slices;
	struct index nodes;
	struct index service_cidrs;
	size_t n_services;
	uint32_t generation[_OBJECT_KIND_MAX];
	bool replacing[_OBJECT_KIND_MAX];
	bool node_changed;
	uint64_t n_changes;
	struct group *dirty_first;
	struct group *dirty_last;
	struct group *handed_out;
};

static const char *const store_kind_names[] = {
	[OBJECT_KIND_SERVICE] = "Service",
	[OBJECT_KIND_ENDPOINT_SLICE] = "EndpointSlice",
	[OBJECT_KIND_NODE] = "Node",
	[OBJECT_KIND_SERVICE_CIDR] = "ServiceCIDR",
};
static_assert(ARRAY_SIZE(store_kind_names) == _OBJECT_KIND_MAX, "a name for each kind");

const char *store_kind_name(enum object_kind kind)
{
	assert((size_t)kind < ARRAY_SIZE(store_kind_names));
	return store_kind_names[kind];
}

static void store_group_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct group *group = item;

	*ret_namespace = group->pub.namespace;
	*ret_name = group->pub.name;
}

static void store_slice_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct slice_entry *entry = item;

	*ret_namespace = entry->slice->namespace;
	*ret_name = entry->slice->name;
}

static void store_node_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct node_entry *entry = item;

	*ret_namespace = "";
	*ret_name = entry->node->name;
}

static void store_service_cidr_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct service_cidr_entry *entry = item;

	*ret_namespace = "";
	*ret_name = entry->service_cidr->name;
}

static struct group *store_need_group(struct store *store, const char *namespace, const char *name)
{
	struct group *group = index_find(&store->groups, namespace, name);
	size_t namespace_size = strlen(namespace) + 1, name_size = strlen(name) + 1;

	if (group)
		return group;
	group = alloc_zeroed(1, sizeof(*group) + namespace_size + name_size);
	group->pub.namespace = memcpy(group->names, namespace, namespace_size);
	group->pub.name = memcpy(group->names + namespace_size, name, name_size);
	index_add(&store->groups, group);
	return group;
}

static bool store_group_is_empty(const struct group *group)
{
	return !group->pub.service && !group->pub.n_slices;
}

static void store_free_group(struct group *group)
{
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
	struct store *store = alloc_zeroed(1, sizeof(*store));

	store->groups.key = store_group_key;
	store->slices.key = store_slice_key;
	store->nodes.key = store_node_key;
	store->service_cidrs.key = store_service_cidr_key;
	return store;
}

struct store *store_free(struct store *store)
{
	struct service_cidr_entry *service_cidr;
	struct index_cursor cursor;
	struct slice_entry *slice;
	struct node_entry *node;
	struct group *group;

	if (!store)
		return NULL;
	cursor = (struct index_cursor){ 0 };
	while ((group = index_next(&store->groups, &cursor)))
		store_free_group(group);
	cursor = (struct index_cursor){ 0 };
	while ((slice = index_next(&store->slices, &cursor))) {
		slice_free(slice->slice);
		free(slice);
	}
	cursor = (struct index_cursor){ 0 };
	while ((node = index_next(&store->nodes, &cursor))) {
		node_free(node->node);
		free(node);
	}
	cursor = (struct index_cursor){ 0 };
	while ((service_cidr = index_next(&store->service_cidrs, &cursor))) {
		service_cidr_free(service_cidr->service_cidr);
		free(service_cidr);
	}
	index_done(&store->groups);
	index_done(&store->slices);
	index_done(&store->nodes);
	index_done(&store->service_cidrs);
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
	store->n_changes++;
	group->pub.service = service;
	service_free((struct service *)old);
	store_dirty(store, group);
}

/* Have the entry's slice in the group that it names, which is dirty then. */
static void store_join(struct store *store, struct slice_entry *entry)
{
	const struct slice *slice = entry->slice;

	store->n_changes++;
	entry->group = NULL;
	if (!*slice->service_name)
		return;
	entry->group = store_need_group(store, slice->namespace, slice->service_name);
	store_join_group(store, entry->group, slice);
}

void store_put_slice(struct store *store, struct slice *slice)
{
	struct slice_entry *entry = index_find(&store->slices, slice->namespace, slice->name);
	struct slice *old;

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->slice = slice;
		index_add(&store->slices, entry);
		store_join(store, entry);
	} else if (slice_equal(entry->slice, slice)) {
		slice_free(slice);
	} else {
		old = entry->slice;
		if (entry->group)
			store_leave_group(store, entry->group, old);
		entry->slice = slice;
		store_join(store, entry);
		slice_free(old);
	}
	entry->seen = store->generation[OBJECT_KIND_ENDPOINT_SLICE];
}

void store_put_node(struct store *store, struct node *node)
{
	struct node_entry *entry = index_find(&store->nodes, "", node->name);

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->node = node;
		index_add(&store->nodes, entry);
		store->node_changed = true;
		store->n_changes++;
	} else if (node_equal(entry->node, node)) {
		node_free(node);
	} else {
		node_free(entry->node);
		entry->node = node;
		store->node_changed = true;
		store->n_changes++;
	}
	entry->seen = store->generation[OBJECT_KIND_NODE];
}

void store_put_service_cidr(struct store *store, struct service_cidr *service_cidr)
{
	struct service_cidr_entry *entry = index_find(&store->service_cidrs, "", service_cidr->name);

	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->service_cidr = service_cidr;
		index_add(&store->service_cidrs, entry);
		store->n_changes++;
	} else if (service_cidr_equal(entry->service_cidr, service_cidr)) {
		service_cidr_free(service_cidr);
	} else {
		service_cidr_free(entry->service_cidr);
		entry->service_cidr = service_cidr;
		store->n_changes++;
	}
	entry->seen = store->generation[OBJECT_KIND_SERVICE_CIDR];
}

static void store_del_service(struct store *store, struct group *group)
{
	if (!group || !group->pub.service)
		return;
	service_free((struct service *)group->pub.service);
	group->pub.service = NULL;
	store->n_services--;
	store->n_changes++;
	store_dirty(store, group);
}

static void store_del_slice(struct store *store, struct slice_entry *entry)
{
	if (!entry)
		return;
	index_remove(&store->slices, entry);
	store->n_changes++;
	if (entry->group)
		store_leave_group(store, entry->group, entry->slice);
	slice_free(entry->slice);
	free(entry);
}

static void store_del_node(struct store *store, struct node_entry *entry)
{
	if (!entry)
		return;
	index_remove(&store->nodes, entry);
	store->n_changes++;
	node_free(entry->node);
	free(entry);
	store->node_changed = true;
}

static void store_del_service_cidr(struct store *store, struct service_cidr_entry *entry)
{
	if (!entry)
		return;
	index_remove(&store->service_cidrs, entry);
	store->n_changes++;
	service_cidr_free(entry->service_cidr);
	free(entry);
}

void store_del(struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		store_del_service(store, index_find(&store->groups, namespace, name));
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		store_del_slice(store, index_find(&store->slices, namespace, name));
		return;
	case OBJECT_KIND_NODE:
		store_del_node(store, index_find(&store->nodes, "", name));
		return;
	case OBJECT_KIND_SERVICE_CIDR:
		store_del_service_cidr(store, index_find(&store->service_cidrs, "", name));
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
	struct service_cidr_entry *service_cidr;
	struct slice_entry *slice;
	struct node_entry *node;
	struct group *group;

	switch (kind) {
	case OBJECT_KIND_SERVICE:
		group = index_find(&store->groups, namespace, name);
		if (group)
			group->seen = store->generation[kind];
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		slice = index_find(&store->slices, namespace, name);
		if (slice)
			slice->seen = store->generation[kind];
		return;
	case OBJECT_KIND_NODE:
		node = index_find(&store->nodes, "", name);
		if (node)
			node->seen = store->generation[kind];
		return;
	case OBJECT_KIND_SERVICE_CIDR:
		service_cidr = index_find(&store->service_cidrs, "", name);
		if (service_cidr)
			service_cidr->seen = store->generation[kind];
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
}

void store_replace_end(struct store *store, enum object_kind kind)
{
	uint32_t generation = store->generation[kind];
	struct service_cidr_entry *service_cidr;
	struct index_cursor cursor = { 0 };
	struct slice_entry *slice;
	struct node_entry *node;
	struct group *group;

	assert(store->replacing[kind]);
	store->replacing[kind] = false;
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		while ((group = index_next(&store->groups, &cursor))) {
			if (group->seen != generation)
				store_del_service(store, group);
		}
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		while ((slice = index_next(&store->slices, &cursor))) {
			if (slice->seen != generation)
				store_del_slice(store, slice);
		}
		return;
	case OBJECT_KIND_NODE:
		while ((node = index_next(&store->nodes, &cursor))) {
			if (node->seen != generation)
				store_del_node(store, node);
		}
		return;
	case OBJECT_KIND_SERVICE_CIDR:
		while ((service_cidr = index_next(&store->service_cidrs, &cursor))) {
			if (service_cidr->seen != generation)
				store_del_service_cidr(store, service_cidr);
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
	const struct group *group = index_find(&store->groups, namespace, name);

	return group && !store_group_is_empty(group) ? &group->pub : NULL;
}

const struct node *store_find_node(const struct store *store, const char *name)
{
	const struct node_entry *entry = index_find(&store->nodes, "", name);

	return entry ? entry->node : NULL;
}

void store_each_service_cidr(const struct store *store,
			     void (*each)(void *ctx, const struct service_cidr *service_cidr), void *ctx)
{
	const struct service_cidr_entry *entry;
	struct index_cursor cursor = { 0 };

	while ((entry = index_next(&store->service_cidrs, &cursor)))
		each(ctx, entry->service_cidr);
}

void store_each_group(const struct store *store, void (*each)(void *ctx, const struct store_group *group),
		      void *ctx)
{
	struct index_cursor cursor = { 0 };
	const struct group *group;

	while ((group = index_next(&store->groups, &cursor))) {
		if (!store_group_is_empty(group))
			each(ctx, &group->pub);
	}
}

uint64_t store_changes(const struct store *store)
{
	return store->n_changes;
}

bool store_has(const struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	const struct group *group;

	switch (kind) {
	case OBJECT_KIND_SERVICE:
		group = index_find(&store->groups, namespace, name);
		return group && group->pub.service;
	case OBJECT_KIND_ENDPOINT_SLICE:
		return index_find(&store->slices, namespace, name);
	case OBJECT_KIND_NODE:
		return index_find(&store->nodes, "", name);
	case OBJECT_KIND_SERVICE_CIDR:
		return index_find(&store->service_cidrs, "", name);
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
	return false;
}

size_t store_count(const struct store *store, enum object_kind kind)
{
	switch (kind) {
	case OBJECT_KIND_SERVICE:
		return store->n_services;
	case OBJECT_KIND_ENDPOINT_SLICE:
		return store->slices.n;
	case OBJECT_KIND_NODE:
		return store->nodes.n;
	case OBJECT_KIND_SERVICE_CIDR:
		return store->service_cidrs.n;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object kind");
	return 0;
}

void store_mark_dirty(struct store *store, const char *namespace, const char *name)
{
	struct group *group = index_find(&store->groups, namespace, name);

	if (group && !store_group_is_empty(group))
		store_dirty(store, group);
}

void store_mark_all_dirty(struct store *store)
{
	struct index_cursor cursor = { 0 };
	struct group *group;

	while ((group = index_next(&store->groups, &cursor))) {
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

	if (group && !group->dirty && store_group_is_empty(group)) {
		index_remove(&store->groups, group);
		store_free_group(group);
	}
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
