/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store.h - all objects that the sources delivered, grouped by Service
 *
 * Room:     model. Pure: no I/O, clock, log.
 * Shapes:   a group is the unit of work: one Service name, its Service (if any) and its slices.
 *           A change marks its group dirty; store_dirty_next() hands the dirty groups out.
 * Ownership: store_put_*() take their object; readers get const pointers that stay valid until the
 *           next put/del of that object.
 * Rule:     slices are keyed by (namespace, name); a slice whose service-name label changes leaves
 *           its old group (tests/COVERAGE.md L12). An object equal to the stored one marks nothing dirty
 *           (S11, L10). A changed uid is an ordinary replacement.
 *
 * Replacing all objects of a kind (a relist): store_replace_begin(), the puts (and store_keep() for
 * objects that exist but were rejected), then store_replace_end(), which deletes all others;
 * or store_replace_abort(), which deletes nothing.
 */
#ifndef MODEL_STORE_H
#define MODEL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct service;
struct slice;
struct node;
struct service_cidr;
struct store;

/** enum object_kind - The kinds we use; also the index of per-kind arrays. */
enum object_kind {
	OBJECT_KIND_SERVICE,
	OBJECT_KIND_ENDPOINT_SLICE,
	OBJECT_KIND_NODE,
	OBJECT_KIND_SERVICE_CIDR,
	_OBJECT_KIND_MAX,
};

/**
 * struct store_group - One Service name
 * @service:	NULL while only slices are known (tests/COVERAGE.md L14)
 * @slices:	@n_slices of them, sorted by name; both families together
 */
struct store_group {
	const char *namespace;
	const char *name;
	const struct service *service;
	size_t n_slices;
	const struct slice *const *slices;
};

struct store *store_new(void);
struct store *store_free(struct store *store);
DEFINE_FREEP(struct store, store_free);

/** store_put_*() - Take the object (not NULL); it replaces one of the same key. */
void store_put_service(struct store *store, struct service *service);
void store_put_slice(struct store *store, struct slice *slice);
void store_put_node(struct store *store, struct node *node);
void store_put_service_cidr(struct store *store, struct service_cidr *service_cidr);
/** store_del() - Delete one object; unknown ones are fine (tests/COVERAGE.md L11). @namespace is "" for a Node or
 * ServiceCIDR.
 */
void store_del(struct store *store, enum object_kind kind, const char *namespace, const char *name);

void store_replace_begin(struct store *store, enum object_kind kind);
void store_keep(struct store *store, enum object_kind kind, const char *namespace, const char *name);
void store_replace_end(struct store *store, enum object_kind kind);
void store_replace_abort(struct store *store, enum object_kind kind);

/*
 * Digests: the bytes from which the stored version of a Service or an EndpointSlice was decoded, as a string. Most objects of a
 * relist are unchanged, and their bytes, too: then they are not decoded again.
 */
#define STORE_DIGEST_SIZE 17 /* with the NUL */

/** store_note_digest() - The object, which has just been put, was decoded from these bytes; for another kind nothing happens. */
void store_note_digest(struct store *store, enum object_kind kind, const char *namespace, const char *name,
		       const char *digest);
/** store_keep_digest() - As store_keep(), of the object with this digest. Return: false: there is none. */
bool store_keep_digest(struct store *store, enum object_kind kind, const char *digest);

/**
 * store_note_unread_node() - There is such a Node, but no version of it can be used: it is not the same as no Node
 *
 * It holds until the Node is put or deleted, or a replacement does not name it. A Node that is in the store stays as it is.
 */
void store_note_unread_node(struct store *store, const char *name);
bool store_is_unread_node(const struct store *store, const char *name);

/** store_find_group() - NULL if neither a Service nor a slice of that name is known. */
const struct store_group *store_find_group(const struct store *store, const char *namespace,
					   const char *name);
/** store_find_node() - NULL if unknown. */
const struct node *store_find_node(const struct store *store, const char *name);
/** store_each_service_cidr() - In no particular order. */
void store_each_service_cidr(const struct store *store,
			     void (*each)(void *ctx, const struct service_cidr *service_cidr), void *ctx);
/** store_each_group() - Every group, in no particular order; @each must not change the store. */
void store_each_group(const struct store *store, void (*each)(void *ctx, const struct store_group *group),
		      void *ctx);
/** store_changes() - How often an object was added, deleted or changed. */
uint64_t store_changes(const struct store *store);
/** store_has() - Whether the object is known. @namespace is "" for a Node or ServiceCIDR. */
bool store_has(const struct store *store, enum object_kind kind, const char *namespace, const char *name);
size_t store_count(const struct store *store, enum object_kind kind);

/** store_mark_dirty() - Mark one group, as if it had changed; unknown ones are ignored. */
void store_mark_dirty(struct store *store, const char *namespace, const char *name);
/** store_mark_all_dirty() - Mark every group (the node or the configuration changed), behind those that have changed themselves. */
void store_mark_all_dirty(struct store *store);
bool store_has_dirty(const struct store *store);
/** store_has_changed() - Whether this group is dirty because an object of it has changed. */
bool store_has_changed(const struct store *store, const char *namespace, const char *name);
/** store_each_changed() - All of these, in the order in which they changed; @each must not change the store. */
void store_each_changed(const struct store *store, void (*each)(void *ctx, const struct store_group *group),
			void *ctx);
/** store_node_changed() - Whether a Node was put with other content, deleted or noted as unread since the last call. */
bool store_node_changed(struct store *store);
/**
 * store_dirty_next() - Take the next dirty group out of the dirty set
 *
 * Groups whose objects have changed come before all others, so that a change does not wait for a large task. A group that was
 * deleted altogether comes once more, with @service NULL and no slices; it is forgotten at the next call.
 *
 * Return: NULL when none is left. The group is valid until the next call on @store.
 */
const struct store_group *store_dirty_next(struct store *store);
/** store_dirty_again() - Put the group that store_dirty_next() returned last back, behind all others; a deleted one, too. */
void store_dirty_again(struct store *store);
/**
 * store_dirty_later() - Put it back behind those that have changed, if it has changed itself
 *
 * Return: false: it has not, so it stays taken.
 */
bool store_dirty_later(struct store *store);

/** store_kind_name() - "Service", "EndpointSlice", "Node", "ServiceCIDR". */
const char *store_kind_name(enum object_kind kind);

#endif
