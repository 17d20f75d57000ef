/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"

#define TARGETS_TEXT_SIZE 64 /* of an address with a port */

static const char *targets_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool targets_port(const char *text, uint16_t *ret)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (end == text || *end || !number || number > UINT16_MAX)
		return false;
	*ret = (uint16_t)number;
	return true;
}

/* "10.244.1.11:8080" or "[fd00::11]:8080" */
static bool targets_address(const char *text, struct addr *ret, uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	bool bracketed = *text == '[';
	char addr[TARGETS_TEXT_SIZE];
	size_t len = colon ? (size_t)(colon - text) : 0;

	text += bracketed;
	if (len < 2 || len >= sizeof(addr) || (bracketed && colon[-1] != ']'))
		return false;
	len -= bracketed ? 2 : 0;
	memcpy(addr, text, len);
	addr[len] = '\0';
	return addr_parse(addr, ret) && targets_port(colon + 1, ret_port);
}

static bool targets_protocol(const char *text, enum protocol *ret)
{
	static const enum protocol all[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(addr_protocol_name(all[i]), text) != 0)
			continue;
		*ret = all[i];
		return true;
	}
	return false;
}

static bool targets_family(const char *text, uint8_t *ret)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (strcmp(addr_family_name((enum family)family), text) != 0)
			continue;
		*ret = (uint8_t)family;
		return true;
	}
	return false;
}

static int targets_add_frontend(const json_t *frontend, const json_t *port, struct targets *ret)
{
	struct targets_frontend *to = &ret->frontends[ret->n_frontends];
	const char *where = targets_string(frontend, "address");

	if (json_object_get(frontend, "conflictsWith"))
		return 0;
	to->node_port = strcmp(targets_string(frontend, "kind"), "nodePort") == 0;
	if (!targets_protocol(targets_string(port, "protocol"), &to->protocol) ||
	    !(to->node_port ? targets_family(targets_string(port, "family"), &to->addr.family) &&
				      targets_port(where, &to->port)
			    : targets_address(where, &to->addr, &to->port)))
		return -EPROTO;
	ret->n_frontends++;
	return 0;
}

static int targets_add_endpoint(const json_t *endpoint, const json_t *port, struct targets *ret)
{
	struct targets_endpoint *to = &ret->endpoints[ret->n_endpoints];

	if (!json_is_true(json_object_get(endpoint, "usedForCluster")) &&
	    !json_is_true(json_object_get(endpoint, "usedForLocal"))) {
		ret->n_unused++;
		return 0;
	}
	if (!targets_protocol(targets_string(port, "protocol"), &to->protocol) ||
	    !targets_address(targets_string(endpoint, "address"), &to->addr, &to->port))
		return -EPROTO;
	ret->n_endpoints++;
	return 0;
}

static int targets_cmp_endpoints(const void *a, const void *b)
{
	const struct targets_endpoint *x = a, *y = b;
	int cmp = addr_cmp(&x->addr, &y->addr);

	if (!cmp)
		cmp = (x->port > y->port) - (x->port < y->port);
	return cmp ? cmp : (x->protocol > y->protocol) - (x->protocol < y->protocol);
}

/* Two ports of a Service may lead to one port of an endpoint. */
static void targets_sort(struct targets *targets)
{
	struct targets_endpoint *list = targets->endpoints;
	size_t i, n = 0;

	if (targets->n_endpoints)
		qsort(list, targets->n_endpoints, sizeof(*list), targets_cmp_endpoints);
	for (i = 0; i < targets->n_endpoints; i++)
		if (!n || targets_cmp_endpoints(&list[n - 1], &list[i]) != 0)
			list[n++] = list[i];
	targets->n_endpoints = n;
}

static int targets_read_port(const json_t *port, struct targets *ret)
{
	const json_t *frontends = json_object_get(port, "frontends"),
		     *endpoints = json_object_get(port, "endpoints");
	size_t i;
	int r = json_is_array(frontends) && json_is_array(endpoints) ? 0 : -EPROTO;

	for (i = 0; !r && i < json_array_size(frontends); i++)
		r = targets_add_frontend(json_array_get(frontends, i), port, ret);
	for (i = 0; !r && i < json_array_size(endpoints); i++)
		r = targets_add_endpoint(json_array_get(endpoints, i), port, ret);
	return r;
}

static int targets_read_root(const json_t *root, struct arena *arena, struct targets *ret)
{
	const json_t *ports = json_object_get(root, "ports"),
		     *not_served = json_object_get(root, "notServed");
	size_t i, n_frontends = 0, n_endpoints = 0;
	int r = json_is_array(ports) ? 0 : -EPROTO;

	*ret = (struct targets){
		.namespace = arena_string(arena, targets_string(root, "namespace")),
		.name = arena_string(arena, targets_string(root, "name")),
		.not_served = not_served && !json_is_null(not_served),
	};
	for (i = 0; i < json_array_size(ports); i++) {
		n_frontends += json_array_size(json_object_get(json_array_get(ports, i), "frontends"));
		n_endpoints += json_array_size(json_object_get(json_array_get(ports, i), "endpoints"));
	}
	ret->frontends = arena_array(arena, n_frontends + 1, sizeof(*ret->frontends));
	ret->endpoints = arena_array(arena, n_endpoints + 1, sizeof(*ret->endpoints));
	for (i = 0; !r && i < json_array_size(ports); i++)
		r = targets_read_port(json_array_get(ports, i), ret);
	targets_sort(ret);
	return r;
}

int targets_read(const char *json, size_t size, struct arena *arena, struct targets *ret, struct err *reterr)
{
	json_t *root = json_loadb(json, size, 0, NULL);
	int r = root ? targets_read_root(root, arena, ret) : -EPROTO;

	json_decref(root);
	if (r < 0)
		return err_set(reterr, r,
			       "the answer about the Service is not one of this version of " PACKAGE_NAME);
	return 0;
}

bool targets_has_family(const struct targets *targets, enum family family)
{
	size_t i;

	for (i = 0; i < targets->n_frontends; i++)
		if (targets->frontends[i].addr.family == family)
			return true;
	return false;
}

const char *targets_endpoint_print(const struct addr *addr, uint16_t port, struct arena *arena)
{
	char text[ADDR_TEXT_SIZE];

	return arena_printf(arena, addr->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", addr_print(addr, text),
			    port);
}
