/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - path and query of the requests that a reflector makes
 *
 * Room:     kubeapi. Pure.
 * Rule:     path, selectors and parameters as kube-proxy sends them, parameters in name order.
 */
#ifndef KUBEAPI_REQUEST_H
#define KUBEAPI_REQUEST_H

#include "base/buf.h"
#include "kubeapi/reflector.h"
#include "model/store.h"

/**
 * request_path() - Path and query for what @reflector wants to open, appended to @ret
 * @node_name:	for OBJECT_KIND_NODE: the one to ask for
 */
void request_path(enum object_kind kind, const struct reflector *reflector, const char *node_name,
		  struct buf *ret);
/** request_resource() - "services", "endpointslices", "nodes", "servicecidrs"; for people. */
const char *request_resource(enum object_kind kind);
/** request_selector() - Whether the kind has a field selector. */
enum reflector_selector request_selector(enum object_kind kind);
/** request_optional() - Whether we can work without the kind, if the server does not have it or forbids it. */
bool request_optional(enum object_kind kind);
/** request_cheap() - Whether a list has few objects, whatever the size of the cluster. */
bool request_cheap(enum object_kind kind);

#endif
