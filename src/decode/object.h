/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.h - model objects from bytes of any format
 *
 * Room:     decode (model -> decode). Pure: bytes in, owned objects or an error out.
 * Shapes:   one object at a time; a stream is first cut into objects (json_stream.h) or documents.
 * Rule:     a bad object is rejected whole, with its kind, namespace/name, field and reason. Unknown
 *           fields are skipped, whatever they hold; a value that is used is judged by its field's rule, in
 *           all formats alike. A word of a Service that is not known is read as kube-proxy reads it, with a warning.
 * Limits:   below; an object over a limit is rejected by name, and the others are still read.
 */
#ifndef DECODE_OBJECT_H
#define DECODE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "decode/warnings.h"
#include "model/store.h"

#define OBJECT_SIZE_MAX \
	(4u * 1024 * 1024) /* bytes of one object's text: 65 ms for jansson; etcd stores 1.5 MiB */
#define OBJECT_DEPTH_MAX	     64	    /* nesting of arrays and objects */
#define OBJECT_VALUES_MAX	     250000 /* values in JSON and YAML: 80 ms of CPU for jansson */
#define OBJECT_MEMBERS_MAX	     30000  /* members of one object within it, in JSON: 2 us each */
#define OBJECT_NAME_MAX		     253    /* characters of a name or namespace */
#define OBJECT_LIST_TOKEN_MAX	     65536 /* bytes of a list's version or continue token, which we send back */
#define OBJECT_COUNT_MAX	     250000 /* objects of one kind */
#define OBJECT_SERVICE_PORTS_MAX     4096   /* spec.ports of one Service */
#define OBJECT_SERVICE_ADDRESSES_MAX 2500   /* externalIPs and ingress, each: steps of 50 ms */
#define OBJECT_SERVICE_RANGES_MAX    4000   /* render/source_list.h has a limit, too */
#define OBJECT_NODE_TAINTS_MAX	     1024
#define OBJECT_NODE_ADDRESSES_MAX    1024  /* status.addresses and podCIDRs of a Node, each */
#define OBJECT_SERVICE_CIDRS_MAX     64	   /* spec.cidrs of one ServiceCIDR; the API's is 2 */
#define OBJECT_SLICE_ENDPOINTS_MAX   4000  /* the API's own limit is 1,000 */
#define OBJECT_SLICE_PORTS_MAX	     24000 /* the API's own limit is 20,000 */
#define OBJECT_HINTS_MAX	     64	   /* forZones or forNodes of one endpoint; the API's is 8 */

/**
 * struct object - One decoded object
 * @kind:	which member of the union is set; _OBJECT_KIND_MAX for kinds that we do not use, and for a
 *		rejected object whose kind could not be read
 * @skipped:	an object of a kind we do not use, or a slice of addressType FQDN; only @kind_name,
 *		@namespace and @name are set
 * @kind_name:	the kind as written ("ConfigMap"), with its group if that is not ours
 *		("Service.serving.knative.dev"); "" if there is none
 * @namespace:	"default" where a Service or slice has none; "" for Nodes and ServiceCIDRs
 * @service_name: of a rejected slice: the Service of its label, "" if that cannot be read; else NULL
 * @digest:	of the bytes that it was decoded from (model/store.h), if its source says it; else ""
 * @origin:	of a rejected object in a manifest: the file, borrowed; else NULL
 * @resource_version: metadata.resourceVersion, "" if none
 * @warnings:	NULL: none
 * @initial_events_end: annotation k8s.io/initial-events-end is "true" (bookmarks)
 *
 * The struct owns all of this; object_done() frees it. Take the model object with TAKE_PTR(). A decoder
 * leaves no string NULL (@service_name and @origin apart), but perhaps the model object.
 */
struct object {
	enum object_kind kind;
	bool skipped;
	char *kind_name;
	char *namespace;
	char *name;
	char *resource_version;
	char *service_name;
	char digest[STORE_DIGEST_SIZE];
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

/** object_done() - Free what it owns; leaves it zeroed, its strings NULL. A zeroed object is fine. */
void object_done(struct object *object);
/** object_unread() - Make it an object without a kind, with empty strings. */
void object_unread(struct object *object);

#endif
