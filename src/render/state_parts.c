/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A name in one block, as service_name_copy() makes it: the key is "namespace" NUL "name" NUL. */
static size_t state_parts_key_size(struct service_name copy)
{
	return strlen(copy.namespace) + strlen(copy.name) + 2;
}

struct state_service *state_parts_service(const struct state *state, struct service_name name)
{
	struct service_name copy = service_name_copy(name);
	struct state_service *service;

	HASH_FIND(hh, state->services, copy.namespace, state_parts_key_size(copy), service);
	service_name_free(copy);
	return service;
}

static struct state_service *state_parts_service_get(struct state *state, struct service_name name)
{
	struct state_service *service = state_parts_service(state, name);

	if (service)
		return service;
	service = alloc_zeroed(1, sizeof(*service));
	service->name = service_name_copy(name);
	HASH_ADD_KEYPTR(hh, state->services, service->name.namespace, state_parts_key_size(service->name),
			service);
	return service;
}

/* The first part whose number is not below @number; service->n_parts if there is none. */
static size_t state_parts_lower_bound(const struct state_service *service, uint64_t number)
{
	size_t low = 0, high = service->n_parts;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (service->parts[middle]->claimant.part < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct state_part *state_parts_find(const struct state_service *service, uint64_t number)
{
	size_t at = state_parts_lower_bound(service, number);

	return at < service->n_parts && service->parts[at]->claimant.part == number ? service->parts[at]
										    : NULL;
}

struct state_part *state_parts_get(struct state *state, const struct plan *plan)
{
	struct state_service *service = state_parts_service_get(state, plan->service);
	struct state_part *part = state_parts_find(service, plan->part);
	size_t at;

	if (part)
		return part;
	part = alloc_zeroed(1, sizeof(*part));
	part->claimant = (struct frontend_owners_claimant){ .creation_time_s = plan->creation_time_s,
							    .service = service->name,
							    .part = plan->part };
	at = state_parts_lower_bound(service, plan->part);
	(void)ALLOC_APPEND(service->parts, service->n_parts);
	memmove(&service->parts[at + 1], &service->parts[at],
		(service->n_parts - 1 - at) * sizeof(*service->parts));
	return service->parts[at] = part;
}

static void state_parts_free_part(struct state_part *part)
{
	if (part->before)
		free(part->before->keys);
	free(part->before);
	free(part->keys);
	free(part->forgotten);
	buf_done(&part->installed);
	buf_done(&part->pending);
	free(part->ports.list);
	free(part->pending_ports.list);
	free(part);
}

static void state_parts_free_service(struct state *state, struct state_service *service)
{
	HASH_DEL(state->services, service);
	service_name_free(service->name);
	free(service->parts);
	free(service);
}

void state_parts_free(struct state *state, struct state_part *part)
{
	struct state_service *service = state_parts_service(state, part->claimant.service);
	size_t at = state_parts_lower_bound(service, part->claimant.part);

	state_parts_free_part(part);
	service->n_parts--;
	memmove(&service->parts[at], &service->parts[at + 1],
		(service->n_parts - at) * sizeof(*service->parts));
	if (!service->n_parts)
		state_parts_free_service(state, service);
}

bool state_parts_free_some(struct state *state, size_t max)
{
	struct state_service *service, *next;
	size_t i;

	HASH_ITER(hh, state->services, service, next) {
		if (!max--)
			return true;
		for (i = 0; i < service->n_parts; i++)
			state_parts_free_part(service->parts[i]);
		state_parts_free_service(state, service);
	}
	return false;
}
