/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - bytes to model objects, whatever the format
 *
 * Room:     decode (model -> decode). Pure: bytes in, owned objects or an error out.
 * Shapes:   one object at a time; a stream is first cut into objects (json_stream.h) or documents.
 * Rule:     a bad object is rejected whole, with its kind, namespace/name, field and reason. An
 *           unknown enum value is rejected, never defaulted. Unknown fields are skipped.
 * Limits:   below; over a limit the object is refused and named, the rest goes on.
 */
#ifndef DECODE_OBJECT_H
#define DECODE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "decode/warnings.h"
#include "model/store.h"

#define OBJECT_SIZE_MAX		     (8u * 1024 * 1024) /* bytes of one object's text; etcd stores 1.5 MiB */
#define OBJECT_DEPTH_MAX	     64			/* nesting of arrays and objects */
#define OBJECT_NAME_MAX		     253		/* characters of a name or namespace */
#define OBJECT_SERVICE_PORTS_MAX     4096		/* spec.ports of one Service */
#define OBJECT_SERVICE_ADDRESSES_MAX 1024		/* externalIPs, ingress and source ranges, each */
#define OBJECT_NODE_TAINTS_MAX	     1024
#define OBJECT_NODE_ADDRESSES_MAX    1024  /* status.addresses and podCIDRs of a Node, each */
#define OBJECT_SERVICE_CIDRS_MAX     64	   /* spec.cidrs of one ServiceCIDR; the API's is 2 */
#define OBJECT_SLICE_ENDPOINTS_MAX   4000  /* the API's own limit is 1,000 */
#define OBJECT_SLICE_PORTS_MAX	     24000 /* the API's own limit is 20,000 */
#define OBJECT_HINTS_MAX	     64	   /* forZones or forNodes of one endpoint; the API's is 8 */

/**
 * struct object - One decoded object
 * @kind:	which member of the union is set; _OBJECT_KIND_MAX for kinds that we do not use, and where
 *		the kind of a refused object could not be read
 * @skipped:	true: an object of a kind we do not use, or a slice of addressType FQDN; nothing is set
 *		but @kind_name, @namespace and @name
 * @kind_name:	the kind as written ("ConfigMap"), with its group where the kind is ours by name only
 *		("Service.serving.knative.dev"); "" if none was written
 * @namespace:	"default" where a Service or slice has none; "" for Nodes and ServiceCIDRs
 * @service_name: of a refused slice: the Service it is labelled for, "" if that cannot be read; else NULL
 * @origin:	of a refused one in a manifest: the file, borrowed; else NULL
 * @resource_version: metadata.resourceVersion, "" if none
 * @warnings:	NULL: none
 * @initial_events_end: annotation k8s.io/initial-events-end is "true" (bookmarks)
 *
 * All of it is owned by the struct; object_done() frees it. Take the model object with TAKE_PTR().
 * The strings of an object that a decoder returned are never NULL, the model object may be.
 */
struct object {
	enum object_kind kind;
	bool skipped;
	char *kind_name;
	char *namespace;
	char *name;
	char *resource_version;
	char *service_name;
	const char *origin;
	bool initial_events_end;
	struct warnings *warnings;
	union {
		struct service *service;
		struct slice *slice;
		struct node *node;
		struct service_cidr *service_cidr;
	};
};

/** object_done() - Free what it owns; leaves it zeroed, its strings NULL. A zeroed one is fine. */
void object_done(struct object *object);
/** object_unread() - An object of which nothing is known: no kind, empty strings. */
void object_unread(struct object *object);

#endif
