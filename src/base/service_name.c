/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/service_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"

const char *service_name_print(struct service_name service, char text[SERVICE_NAME_TEXT_SIZE])
{
	text[0] = '\0';
	if (service_name_is_set(service))
		(void)snprintf(text, SERVICE_NAME_TEXT_SIZE, "%s/%s", service.namespace, service.name);
	return text;
}

int service_name_cmp(struct service_name a, struct service_name b)
{
	const char *p = a.namespace, *q = b.namespace;

	if (!service_name_is_set(a) || !service_name_is_set(b))
		return service_name_is_set(a) - service_name_is_set(b);
	while (*p && *p == *q)
		p++, q++;
	if (!*p && !*q)
		return strcmp(a.name, b.name);
	/* In the text, a slash follows the end of a namespace. */
	return (unsigned char)(*p ? *p : '/') - (unsigned char)(*q ? *q : '/');
}

bool service_name_equal(struct service_name a, struct service_name b)
{
	return service_name_cmp(a, b) == 0;
}

struct service_name service_name_copy(struct service_name service)
{
	size_t namespace_size, name_size;
	char *copy;

	if (!service_name_is_set(service))
		return SERVICE_NAME_NONE;
	namespace_size = strlen(service.namespace) + 1;
	name_size = strlen(service.name) + 1;
	copy = alloc_bytes(namespace_size + name_size);
	memcpy(copy, service.namespace, namespace_size);
	memcpy(copy + namespace_size, service.name, name_size);
	return (struct service_name){ copy, copy + namespace_size };
}

void service_name_free(struct service_name copy)
{
	free((char *)copy.namespace);
}

struct service_name service_name_copy_to(struct arena *arena, struct service_name service)
{
	if (!service_name_is_set(service))
		return SERVICE_NAME_NONE;
	return (struct service_name){ arena_string(arena, service.namespace),
				      arena_string(arena, service.name) };
}
