/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/slots.h"

#include <stdlib.h>

#include "base/hash.h"

struct placed {
	uint64_t place;
	uint32_t endpoint;
};

static uint64_t add_number(uint64_t hash, uint64_t number)
{
	int i;

	for (i = 0; i < 8; i++, number >>= 8)
		hash = hash_add_byte(hash, (uint8_t)number);
	return hash;
}

static uint64_t hash_endpoint(uint64_t hash, const struct pool_endpoint *endpoint)
{
	size_t i;

	for (i = 0; i < sizeof(endpoint->addr.bytes); i++)
		hash = hash_add_byte(hash, endpoint->addr.bytes[i]);
	return add_number(hash, endpoint->port);
}

static int cmp_placed(const void *a, const void *b)
{
	const struct placed *p = a, *q = b;

	if (p->place != q->place)
		return p->place < q->place ? -1 : 1;
	return p->endpoint < q->endpoint ? -1 : p->endpoint > q->endpoint;
}

/* Return: how many there are. @placed: has room for them, or NULL. */
static size_t place(const struct pool *pool, uint64_t seed, uint64_t start, struct placed *placed)
{
	uint32_t factor = seed % 8 == 3 ? 30 : 1, i, k, n;
	size_t n_slots = 0;

	for (i = 0; i < pool->n_endpoints; i++) {
		uint64_t hash = hash_endpoint(start, &pool->endpoints[i]);

		n = factor * (uint32_t)((hash >> 32) % 4);
		for (k = 0; placed && k < n; k++)
			placed[n_slots + k] = (struct placed){ seed % 2 ? add_number(hash, k) >> 8 : i, i };
		n_slots += n;
	}
	return n_slots;
}

static void give(struct pool *pool, uint64_t seed, uint64_t start, struct arena *arena)
{
	size_t n = place(pool, seed, start, NULL), i;
	struct placed *placed;
	uint32_t *slots;

	if (!n)
		return;
	placed = arena_array(arena, n, sizeof(*placed));
	slots = arena_array(arena, n, sizeof(*slots));
	(void)place(pool, seed, start, placed);
	qsort(placed, n, sizeof(*placed), cmp_placed);
	for (i = 0; i < n; i++)
		slots[i] = placed[i].endpoint;
	pool->n_slots = n;
	pool->slots = slots;
}

void slots_give(struct plan *plan, uint64_t seed, struct arena *arena)
{
	uint64_t start = add_number(hash_add_string(HASH_START, plan->service.name), seed);
	size_t i;

	for (i = 0; i < plan->n_pools; i++)
		give(&plan->pools[i], seed, add_number(start, plan->pools[i].n_endpoints), arena);
}
