/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/objects.h"

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/service.h"
#include "model/slice.h"

#define OBJECTS_PARTS_MAX 512

struct objects_parts {
	size_t n;
	char *part[OBJECTS_PARTS_MAX];
};

static char *objects_trim(char *s)
{
	size_t len;

	s += strspn(s, " ");
	len = strlen(s);
	while (len && s[len - 1] == ' ')
		s[--len] = '\0';
	return s;
}

/* Cut at @separator; parts are trimmed. With a space as separator there are no empty parts. */
static struct objects_parts *objects_split(struct arena *arena, const char *text, char separator)
{
	struct objects_parts *parts = arena_alloc(arena, sizeof(*parts));
	const char *end;

	for (;; text = end + 1) {
		char *part;

		end = strchrnul(text, separator);
		part = objects_trim(arena_string_n(arena, text, (size_t)(end - text)));
		if (*part || separator != ' ') {
			assert(parts->n < OBJECTS_PARTS_MAX);
			parts->part[parts->n++] = part;
		}
		if (!*end)
			return parts;
	}
}

static long objects_number(const char *text, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	assert(*text && !*end && n >= 0 && n <= max);
	return n;
}

static const char *objects_value(const char *word, const char *key)
{
	size_t len = strlen(key);

	return strncmp(word, key, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static struct addr objects_addr(const char *text)
{
	struct addr addr = { 0 };
	bool ok = addr_parse(text, &addr);

	assert(ok);
	return addr;
}

static void objects_split_name(struct arena *arena, const char *name, const char **ret_namespace,
			       const char **ret_name)
{
	const char *slash = strchr(name, '/');

	assert(slash);
	*ret_namespace = arena_string_n(arena, name, (size_t)(slash - name));
	*ret_name = arena_string(arena, slash + 1);
}

static void objects_add_service_port(struct arena *arena, struct service *service, const char *text)
{
	struct objects_parts *parts = objects_split(arena, text, '/');
	struct service_port *port = &service->ports[service->n_ports++];

	assert(parts->n == 3 || parts->n == 4);
	port->name = parts->part[0];
	port->protocol = (uint8_t)service_protocol_parse(parts->part[1]);
	port->port = (uint16_t)objects_number(parts->part[2], 65535);
	if (parts->n == 4)
		port->node_port = (uint16_t)objects_number(parts->part[3], 65535);
}

static void objects_service_word(struct arena *arena, struct service *service, const char *word)
{
	const char *value;
	struct addr addr;
	int r = 0;

	if (strcmp(word, "proxy-name") == 0) {
		service->has_service_proxy_name = true;
	} else if (strcmp(word, "headless") == 0) {
		service->headless = true;
	} else if ((value = objects_value(word, "ip"))) {
		addr = objects_addr(value);
		service->has_cluster_ip[addr.family] = true;
		service->cluster_ip[addr.family] = addr;
	} else if ((value = objects_value(word, "external-ip"))) {
		service->external_ips[service->n_external_ips++] = objects_addr(value);
	} else if ((value = objects_value(word, "lb-ip"))) {
		service->ingress[service->n_ingress].vip = true;
		service->ingress[service->n_ingress++].addr = objects_addr(value);
	} else if ((value = objects_value(word, "lb-proxy-ip"))) {
		service->ingress[service->n_ingress++].addr = objects_addr(value);
	} else if ((value = objects_value(word, "range"))) {
		if (!cidr_parse(value, &service->source_ranges[service->n_source_ranges++]))
			assert(!"a prefix");
	} else if ((value = objects_value(word, "port"))) {
		objects_add_service_port(arena, service, value);
	} else if ((value = objects_value(word, "type"))) {
		r = service_type_parse(value);
		service->type = (uint8_t)r;
	} else if ((value = objects_value(word, "internal"))) {
		r = service_traffic_policy_parse(value);
		service->internal_traffic_policy = (uint8_t)r;
	} else if ((value = objects_value(word, "external"))) {
		r = service_traffic_policy_parse(value);
		service->external_traffic_policy = (uint8_t)r;
	} else if ((value = objects_value(word, "affinity"))) {
		service->affinity_timeout_s = (uint32_t)objects_number(value, 86400);
	} else if ((value = objects_value(word, "created"))) {
		service->creation_time_s = objects_number(value, INT32_MAX);
	} else {
		r = -1;
	}
	assert(r >= 0);
}

struct service *objects_service(struct arena *arena, const char *name, const char *text)
{
	struct objects_parts *words = objects_split(arena, text, ' ');
	struct service *service = arena_alloc(arena, sizeof(*service));
	size_t i;

	objects_split_name(arena, name, &service->namespace, &service->name);
	service->uid = "";
	service->ports = arena_array(arena, words->n, sizeof(*service->ports));
	service->external_ips = arena_array(arena, words->n, sizeof(*service->external_ips));
	service->ingress = arena_array(arena, words->n, sizeof(*service->ingress));
	service->source_ranges = arena_array(arena, words->n, sizeof(*service->source_ranges));
	for (i = 0; i < words->n; i++)
		objects_service_word(arena, service, words->part[i]);
	return service;
}

static const char **objects_hints(struct arena *arena, const char *text, uint8_t *ret_n)
{
	struct objects_parts *parts = objects_split(arena, text, ',');
	const char **hints = arena_array(arena, parts->n, sizeof(*hints));
	size_t i;

	for (i = 0; i < parts->n; i++)
		hints[i] = parts->part[i];
	*ret_n = (uint8_t)parts->n;
	return hints;
}

static void objects_endpoint(struct arena *arena, struct endpoint *endpoint, const char *text)
{
	struct objects_parts *words = objects_split(arena, text, ' ');
	const char *value;
	char *at;
	size_t i;

	assert(words->n >= 2);
	at = strchr(words->part[0], '@');
	if (at) {
		*at = '\0';
		endpoint->node_name = at + 1;
	}
	endpoint->addr = objects_addr(words->part[0]);
	assert(strspn(words->part[1], "RST-") == strlen(words->part[1]));
	endpoint->ready = strchr(words->part[1], 'R');
	endpoint->serving = strchr(words->part[1], 'S');
	endpoint->terminating = strchr(words->part[1], 'T');
	for (i = 2; i < words->n; i++) {
		if ((value = objects_value(words->part[i], "zones")))
			endpoint->for_zones = objects_hints(arena, value, &endpoint->n_for_zones);
		else if ((value = objects_value(words->part[i], "nodes")))
			endpoint->for_nodes = objects_hints(arena, value, &endpoint->n_for_nodes);
		else
			assert(!"a hint");
	}
}

struct slice *objects_slice(struct arena *arena, const char *name, const char *service_name, const char *text)
{
	struct objects_parts *sections = objects_split(arena, text, '|');
	struct slice *slice = arena_alloc(arena, sizeof(*slice));
	struct objects_parts *ports, *endpoints;
	size_t i;

	assert(sections->n == 2 || (sections->n == 3 && strcmp(sections->part[0], "IPv6") == 0));
	objects_split_name(arena, name, &slice->namespace, &slice->name);
	slice->uid = "";
	slice->service_name = service_name;
	slice->family = sections->n == 3 ? FAMILY_IPV6 : FAMILY_IPV4;
	ports = objects_split(arena, sections->part[sections->n - 2], ' ');
	slice->ports = arena_array(arena, ports->n, sizeof(*slice->ports));
	for (i = 0; i < ports->n; i++) {
		struct objects_parts *parts = objects_split(arena, ports->part[i], '/');

		assert(parts->n == 3);
		slice->ports[i].name = parts->part[0];
		slice->ports[i].protocol = (uint8_t)service_protocol_parse(parts->part[1]);
		slice->ports[i].port = (uint16_t)objects_number(parts->part[2], 65535);
	}
	slice->n_ports = (uint32_t)ports->n;
	endpoints = objects_split(arena, sections->part[sections->n - 1], ';');
	slice->endpoints = arena_array(arena, endpoints->n, sizeof(*slice->endpoints));
	for (i = 0; i < endpoints->n; i++) {
		if (*endpoints->part[i])
			objects_endpoint(arena, &slice->endpoints[slice->n_endpoints++], endpoints->part[i]);
	}
	return slice;
}
