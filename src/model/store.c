/*
 * DOC: Services are kept in groups, which are found by namespace and name; every other object has an entry.
 * The entry of a slice knows its group (a slice without a service name has none). Dirty groups form two queues: those that
 * changed, and those that were only marked, which come after all others.
 * A group that has become empty stays until the queue has handed it out, so that the reader of the queue
 * sees every deletion. So an empty group is always in the queue, or the one handed out last.
 */
#include "config.h"
#include "model/store.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/index.h"
#include "model/members.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

/* Dirty groups, in the order in which they became dirty. */
struct store_queue {
	struct group *first;
	struct group *last;
};

/**
 * struct group - A store_group with what the store knows about it
 * @pub:	must be first: readers' pointers are cast back
 * @prev_dirty, @next_dirty: its neighbours in @queue
 * @seen:	generation in which the Service was last named
 * @digest:	of the Service; "": not known
 * @queue:	the one that it is in; NULL: it is not dirty
 * @names:	what @pub.namespace and @pub.name point to
 */
struct group {
	struct store_group pub;
	struct group *prev_dirty;
	struct group *next_dirty;
	struct store_queue *queue;
	uint32_t seen;
	char digest[STORE_DIGEST_SIZE];
	char names[];
};

/**
 * struct entry - One object that is not a Service
 * @object:	struct slice, node or service_cidr
 * @group:	of a slice; NULL if it has no service name
 * @seen, @digest: as in struct group
 */
struct entry {
	void *object;
	struct group *group;
	uint32_t seen;
	char digest[STORE_DIGEST_SIZE];
};

/** struct unread - A Node that cannot be used; @seen as in struct group */
struct unread {
	char *name;
	uint32_t seen;
};

/**
 * struct store - All of it
 * @index:	of groups (OBJECT_KIND_SERVICE), and of the entries of the other kinds
 * @digests:	the same by their digests, for Services and slices
 * @n_services:	groups that have one
 * @generation:	per kind; an object whose seen differs was not named since store_replace_begin()
 * @unread:	a few at most: of an API server our own Node alone counts, and manifests need no Nodes
 * @changed, @marked: the dirty groups; all of @changed come first
 * @handed_out:	what store_dirty_next() returned last; @handed_out_changed: it was in @changed
 */
struct store {
	struct index index[_OBJECT_KIND_MAX];
	struct index digests[_OBJECT_KIND_MAX];
	size_t n_services;
	uint32_t generation[_OBJECT_KIND_MAX];
	bool replacing[_OBJECT_KIND_MAX];
	bool node_changed;
	size_t n_unread;
	struct unread *unread;
	uint64_t n_changes;
	struct store_queue changed;
	struct store_queue marked;
	struct group *handed_out;
	bool handed_out_changed;
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
	const struct slice *slice = ((const struct entry *)item)->object;

	*ret_namespace = slice->namespace;
	*ret_name = slice->name;
}

static void store_node_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct node *node = ((const struct entry *)item)->object;

	*ret_namespace = "";
	*ret_name = node->name;
}

static void store_service_cidr_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct service_cidr *service_cidr = ((const struct entry *)item)->object;

	*ret_namespace = "";
	*ret_name = service_cidr->name;
}

static void store_group_digest(const void *item, const char **ret_namespace, const char **ret_name)
{
	*ret_namespace = "";
	*ret_name = ((const struct group *)item)->digest;
}

static void store_slice_digest(const void *item, const char **ret_namespace, const char **ret_name)
{
	*ret_namespace = "";
	*ret_name = ((const struct entry *)item)->digest;
}

static struct group *store_need_group(struct store *store, const char *namespace, const char *name)
{
	struct group *group = index_find(&store->index[OBJECT_KIND_SERVICE], namespace, name);
	size_t namespace_size = strlen(namespace) + 1, name_size = strlen(name) + 1;

	if (group)
		return group;
	group = alloc_zeroed(1, sizeof(*group) + namespace_size + name_size);
	group->pub.namespace = memcpy(group->names, namespace, namespace_size);
	group->pub.name = memcpy(group->names + namespace_size, name, name_size);
	index_add(&store->index[OBJECT_KIND_SERVICE], group);
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

static void store_clean(struct group *group)
{
	struct store_queue *queue = group->queue;

	*(group->prev_dirty ? &group->prev_dirty->next_dirty : &queue->first) = group->next_dirty;
	*(group->next_dirty ? &group->next_dirty->prev_dirty : &queue->last) = group->prev_dirty;
	group->queue = NULL;
}

static void store_append(struct store_queue *queue, struct group *group)
{
	group->queue = queue;
	group->prev_dirty = queue->last;
	group->next_dirty = NULL;
	*(queue->last ? &queue->last->next_dirty : &queue->first) = group;
	queue->last = group;
}

/* The group has changed. */
static void store_dirty(struct store *store, struct group *group)
{
	if (group->queue == &store->changed)
		return;
	if (group->queue)
		store_clean(group);
	store_append(&store->changed, group);
}

/* It did not change, but is to be handed out. */
static void store_mark(struct store *store, struct group *group)
{
	if (!group->queue)
		store_append(&store->marked, group);
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
	static index_key_fn *const keys[_OBJECT_KIND_MAX] = {
		[OBJECT_KIND_SERVICE] = store_group_key,
		[OBJECT_KIND_ENDPOINT_SLICE] = store_slice_key,
		[OBJECT_KIND_NODE] = store_node_key,
		[OBJECT_KIND_SERVICE_CIDR] = store_service_cidr_key,
	};
	struct store *store = alloc_zeroed(1, sizeof(*store));
	enum object_kind kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		store->index[kind].key = keys[kind];
	store->digests[OBJECT_KIND_SERVICE].key = store_group_digest;
	store->digests[OBJECT_KIND_ENDPOINT_SLICE].key = store_slice_digest;
	return store;
}

static void store_free_entry(struct entry *entry)
{
	free(entry->object);
	free(entry);
}

struct store *store_free(struct store *store)
{
	enum object_kind kind;
	void *item;

	if (!store)
		return NULL;
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct index_cursor cursor = { 0 };

		while ((item = index_next(&store->index[kind], &cursor))) {
			if (kind == OBJECT_KIND_SERVICE)
				store_free_group(item);
			else
				store_free_entry(item);
		}
		index_done(&store->index[kind]);
		index_done(&store->digests[kind]);
	}
	while (store->n_unread)
		free(store->unread[--store->n_unread].name);
	free(store->unread);
	free(store);
	return NULL;
}

/* The digest of an item, as the index of @kind has it. */
static char *store_digest(enum object_kind kind, void *item)
{
	return kind == OBJECT_KIND_SERVICE ? ((struct group *)item)->digest : ((struct entry *)item)->digest;
}

/* From now on it is not known from which bytes the item was decoded. */
static void store_forget_digest(struct store *store, enum object_kind kind, void *item)
{
	char *digest = store_digest(kind, item);

	if (*digest)
		index_remove(&store->digests[kind], item);
	*digest = '\0';
}

void store_put_service(struct store *store, struct service *service)
{
	struct group *group = store_need_group(store, service->namespace, service->name);
	const struct service *old = group->pub.service;

	store_forget_digest(store, OBJECT_KIND_SERVICE, group);
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

/* The object of @entry is there: the state that follows from it changes. */
static void store_join(struct store *store, enum object_kind kind, struct entry *entry)
{
	const struct slice *slice;

	store->n_changes++;
	if (kind == OBJECT_KIND_NODE)
		store->node_changed = true;
	if (kind != OBJECT_KIND_ENDPOINT_SLICE)
		return;
	slice = entry->object;
	entry->group = NULL;
	if (!*slice->service_name)
		return;
	entry->group = store_need_group(store, slice->namespace, slice->service_name);
	store_join_group(store, entry->group, slice);
}

/* Put an object that is not a Service; @members is its list. */
static void store_put(struct store *store, enum object_kind kind, const char *namespace, const char *name,
		      void *object, const struct members *members)
{
	struct entry *entry = index_find(&store->index[kind], namespace, name);
	void *old;

	if (entry)
		store_forget_digest(store, kind, entry);
	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->object = object;
		index_add(&store->index[kind], entry);
		store_join(store, kind, entry);
	} else if (members_equal(members, entry->object, object)) {
		free(object);
	} else {
		old = entry->object;
		if (entry->group)
			store_leave_group(store, entry->group, old);
		entry->object = object;
		store_join(store, kind, entry);
		free(old);
	}
	entry->seen = store->generation[kind];
}

void store_put_slice(struct store *store, struct slice *slice)
{
	store_put(store, OBJECT_KIND_ENDPOINT_SLICE, slice->namespace, slice->name, slice, slice_members());
}

static struct unread *store_find_unread(const struct store *store, const char *name)
{
	size_t i;

	for (i = 0; i < store->n_unread; i++)
		if (strcmp(store->unread[i].name, name) == 0)
			return &store->unread[i];
	return NULL;
}

static void store_forget_unread(struct store *store, struct unread *unread)
{
	if (!unread)
		return;
	free(unread->name);
	*unread = store->unread[--store->n_unread];
	store->node_changed = true;
	store->n_changes++;
}

bool store_is_unread_node(const struct store *store, const char *name)
{
	return store_find_unread(store, name);
}

void store_note_unread_node(struct store *store, const char *name)
{
	struct unread *unread = store_find_unread(store, name);

	if (store_has(store, OBJECT_KIND_NODE, "", name))
		return;
	if (!unread) {
		unread = ALLOC_APPEND(store->unread, store->n_unread);
		unread->name = alloc_string(name);
		store->node_changed = true;
		store->n_changes++;
	}
	unread->seen = store->generation[OBJECT_KIND_NODE];
}

/* A replacement of all Nodes ends. */
static void store_forget_unseen(struct store *store)
{
	size_t i = store->n_unread;

	while (i--)
		if (store->unread[i].seen != store->generation[OBJECT_KIND_NODE])
			store_forget_unread(store, &store->unread[i]);
}

void store_put_node(struct store *store, struct node *node)
{
	store_forget_unread(store, store_find_unread(store, node->name));
	store_put(store, OBJECT_KIND_NODE, "", node->name, node, node_members());
}

void store_put_service_cidr(struct store *store, struct service_cidr *service_cidr)
{
	store_put(store, OBJECT_KIND_SERVICE_CIDR, "", service_cidr->name, service_cidr,
		  service_cidr_members());
}

static void store_del_service(struct store *store, struct group *group)
{
	if (!group->pub.service)
		return;
	store_forget_digest(store, OBJECT_KIND_SERVICE, group);
	service_free((struct service *)group->pub.service);
	group->pub.service = NULL;
	store->n_services--;
	store->n_changes++;
	store_dirty(store, group);
}

static void store_del_entry(struct store *store, enum object_kind kind, struct entry *entry)
{
	store_forget_digest(store, kind, entry);
	index_remove(&store->index[kind], entry);
	store->n_changes++;
	if (kind == OBJECT_KIND_NODE)
		store->node_changed = true;
	if (entry->group)
		store_leave_group(store, entry->group, entry->object);
	store_free_entry(entry);
}

/* @item: a group or an entry, as the index of @kind has them. */
static void store_del_item(struct store *store, enum object_kind kind, void *item)
{
	if (kind == OBJECT_KIND_SERVICE)
		store_del_service(store, item);
	else
		store_del_entry(store, kind, item);
}

static uint32_t *store_seen(enum object_kind kind, void *item)
{
	return kind == OBJECT_KIND_SERVICE ? &((struct group *)item)->seen : &((struct entry *)item)->seen;
}

static void *store_find(const struct store *store, enum object_kind kind, const char *namespace,
			const char *name)
{
	assert((size_t)kind < _OBJECT_KIND_MAX);
	return index_find(&store->index[kind], namespace, name);
}

void store_del(struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	void *item = store_find(store, kind, namespace, name);

	if (item)
		store_del_item(store, kind, item);
	if (kind == OBJECT_KIND_NODE)
		store_forget_unread(store, store_find_unread(store, name));
}

void store_replace_begin(struct store *store, enum object_kind kind)
{
	store->generation[kind]++;
	store->replacing[kind] = true;
}

void store_keep(struct store *store, enum object_kind kind, const char *namespace, const char *name)
{
	void *item = store_find(store, kind, namespace, name);

	if (item)
		*store_seen(kind, item) = store->generation[kind];
}

void store_note_digest(struct store *store, enum object_kind kind, const char *namespace, const char *name,
		       const char *digest)
{
	void *item = store->digests[kind].key ? store_find(store, kind, namespace, name) : NULL;

	/* Two objects with the same bytes: the name is in them, so one of them is being replaced. */
	if (!item || index_find(&store->digests[kind], "", digest))
		return;
	store_forget_digest(store, kind, item);
	(void)snprintf(store_digest(kind, item), STORE_DIGEST_SIZE, "%s", digest);
	index_add(&store->digests[kind], item);
}

bool store_keep_digest(struct store *store, enum object_kind kind, const char *digest)
{
	void *item =
		*digest && store->digests[kind].key ? index_find(&store->digests[kind], "", digest) : NULL;

	if (item)
		*store_seen(kind, item) = store->generation[kind];
	return item;
}

void store_replace_end(struct store *store, enum object_kind kind)
{
	struct index_cursor cursor = { 0 };
	void *item;

	assert(store->replacing[kind]);
	store->replacing[kind] = false;
	while ((item = index_next(&store->index[kind], &cursor)))
		if (*store_seen(kind, item) != store->generation[kind])
			store_del_item(store, kind, item);
	if (kind == OBJECT_KIND_NODE)
		store_forget_unseen(store);
}

void store_replace_abort(struct store *store, enum object_kind kind)
{
	store->replacing[kind] = false;
}

const struct store_group *store_find_group(const struct store *store, const char *namespace, const char *name)
{
	const struct group *group = index_find(&store->index[OBJECT_KIND_SERVICE], namespace, name);

	return group && !store_group_is_empty(group) ? &group->pub : NULL;
}

const struct node *store_find_node(const struct store *store, const char *name)
{
	const struct entry *entry = store_find(store, OBJECT_KIND_NODE, "", name);

	return entry ? entry->object : NULL;
}

void store_each_service_cidr(const struct store *store,
			     void (*each)(void *ctx, const struct service_cidr *service_cidr), void *ctx)
{
	const struct entry *entry;
	struct index_cursor cursor = { 0 };

	while ((entry = index_next(&store->index[OBJECT_KIND_SERVICE_CIDR], &cursor)))
		each(ctx, entry->object);
}

void store_each_group(const struct store *store, void (*each)(void *ctx, const struct store_group *group),
		      void *ctx)
{
	struct index_cursor cursor = { 0 };
	const struct group *group;

	while ((group = index_next(&store->index[OBJECT_KIND_SERVICE], &cursor))) {
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
	const void *item = store_find(store, kind, namespace, name);

	return item && (kind != OBJECT_KIND_SERVICE || ((const struct group *)item)->pub.service);
}

size_t store_count(const struct store *store, enum object_kind kind)
{
	assert((size_t)kind < _OBJECT_KIND_MAX);
	return kind == OBJECT_KIND_SERVICE ? store->n_services : store->index[kind].n;
}

void store_mark_dirty(struct store *store, const char *namespace, const char *name)
{
	struct group *group = index_find(&store->index[OBJECT_KIND_SERVICE], namespace, name);

	if (group && !store_group_is_empty(group))
		store_dirty(store, group);
}

void store_mark_all_dirty(struct store *store)
{
	struct index_cursor cursor = { 0 };
	struct group *group;

	while ((group = index_next(&store->index[OBJECT_KIND_SERVICE], &cursor))) {
		if (!store_group_is_empty(group))
			store_mark(store, group);
	}
}

bool store_has_dirty(const struct store *store)
{
	return store->changed.first || store->marked.first;
}

bool store_has_changed(const struct store *store, const char *namespace, const char *name)
{
	const struct group *group = index_find(&store->index[OBJECT_KIND_SERVICE], namespace, name);

	return group && group->queue == &store->changed;
}

void store_each_changed(const struct store *store, void (*each)(void *ctx, const struct store_group *group),
			void *ctx)
{
	const struct group *group;

	for (group = store->changed.first; group; group = group->next_dirty)
		each(ctx, &group->pub);
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

	if (group && !group->queue && store_group_is_empty(group)) {
		index_remove(&store->index[OBJECT_KIND_SERVICE], group);
		store_free_group(group);
	}
	group = store->changed.first ? store->changed.first : store->marked.first;
	store->handed_out = group;
	store->handed_out_changed = store->changed.first != NULL;
	if (!group)
		return NULL;
	store_clean(group);
	return &group->pub;
}

void store_dirty_again(struct store *store)
{
	assert(store->handed_out);
	store_mark(store, store->handed_out);
}

bool store_dirty_later(struct store *store)
{
	assert(store->handed_out);
	if (store->handed_out_changed)
		store_dirty(store, store->handed_out);
	return store->handed_out_changed;
}
