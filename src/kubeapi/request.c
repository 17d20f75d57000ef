/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/request.h"

#include <string.h>

/**
 * struct request_kind - How to ask for a kind; selectors are percent-encoded
 * @field_selector: complete, or the part before the node's name
 * @optional:	we can work without it
 * @cheap:	there are few objects, whatever the size of the cluster
 */
struct request_kind {
	const char *path;
	const char *resource;
	const char *field_selector;
	const char *label_selector;
	enum reflector_selector selector;
	bool optional;
	bool cheap;
};

static const struct request_kind request_kinds[_OBJECT_KIND_MAX] = {
	[OBJECT_KIND_SERVICE] = {
		.path = "/api/v1/services",
		.resource = "services",
		.field_selector = "spec.clusterIP%21%3DNone",
		.label_selector = "%21service.kubernetes.io%2Fservice-proxy-name",
		.selector = REFLECTOR_SELECTOR_OPTIONAL,
	},
	[OBJECT_KIND_ENDPOINT_SLICE] = {
		.path = "/apis/discovery.k8s.io/v1/endpointslices",
		.resource = "endpointslices",
		.label_selector = "%21service.kubernetes.io%2Fheadless",
		.selector = REFLECTOR_SELECTOR_NONE,
	},
	[OBJECT_KIND_NODE] = {
		.path = "/api/v1/nodes",
		.resource = "nodes",
		.field_selector = "metadata.name%3D",
		.selector = REFLECTOR_SELECTOR_REQUIRED,
		.cheap = true,
	},
	[OBJECT_KIND_SERVICE_CIDR] = {
		.path = "/apis/networking.k8s.io/v1/servicecidrs",
		.resource = "servicecidrs",
		.selector = REFLECTOR_SELECTOR_NONE,
		.optional = true,
		.cheap = true,
	},
};

const char *request_resource(enum object_kind kind)
{
	return request_kinds[kind].resource;
}

enum reflector_selector request_selector(enum object_kind kind)
{
	return request_kinds[kind].selector;
}

bool request_optional(enum object_kind kind)
{
	return request_kinds[kind].optional;
}

bool request_cheap(enum object_kind kind)
{
	return request_kinds[kind].cheap;
}

static void request_add_encoded(struct buf *ret, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		    strchr("-._~", *p))
			buf_add(ret, p, 1);
		else
			buf_printf(ret, "%%%02X", *p);
	}
}

static void request_add(struct buf *ret, char *separator, const char *name, const char *value)
{
	buf_printf(ret, "%c%s=", *separator, name);
	request_add_encoded(ret, value);
	*separator = '&';
}

static void request_add_selectors(struct buf *ret, char *separator, enum object_kind kind,
				  const struct reflector *reflector, const char *node_name)
{
	const struct request_kind *request = &request_kinds[kind];

	if (reflector->field_selector != REFLECTOR_SELECTOR_NONE && request->field_selector) {
		buf_printf(ret, "%cfieldSelector=%s", *separator, request->field_selector);
		if (kind == OBJECT_KIND_NODE)
			request_add_encoded(ret, node_name);
		*separator = '&';
	}
	if (request->label_selector) {
		buf_printf(ret, "%clabelSelector=%s", *separator, request->label_selector);
		*separator = '&';
	}
}

void request_path(enum object_kind kind, const struct reflector *reflector, const char *node_name,
		  struct buf *ret)
{
	bool listing = reflector->state == REFLECTOR_STATE_LISTING;
	bool streaming = reflector->state == REFLECTOR_STATE_STREAMING;
	char separator = '?';

	buf_printf(ret, "%s", request_kinds[kind].path);
	if (!listing)
		request_add(ret, &separator, "allowWatchBookmarks", "true");
	if (listing && reflector->continue_token)
		request_add(ret, &separator, "continue", reflector->continue_token);
	request_add_selectors(ret, &separator, kind, reflector, node_name);
	if (listing && reflector->paged) {
		buf_printf(ret, "%climit=%d", separator, REFLECTOR_PAGE_SIZE);
		separator = '&';
	}
	/* A continue token contains the version. */
	if (*reflector->resource_version && !reflector->continue_token)
		request_add(ret, &separator, "resourceVersion", reflector->resource_version);
	if (listing && !reflector->continue_token && *reflector->resource_version &&
	    strcmp(reflector->resource_version, "0") != 0)
		request_add(ret, &separator, "resourceVersionMatch", "NotOlderThan");
	if (streaming) {
		request_add(ret, &separator, "resourceVersionMatch", "NotOlderThan");
		request_add(ret, &separator, "sendInitialEvents", "true");
	}
	if (!listing) {
		buf_printf(ret, "%ctimeoutSeconds=%u", separator, reflector->timeout_s);
		separator = '&';
		request_add(ret, &separator, "watch", "true");
	}
}
