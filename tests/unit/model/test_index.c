/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index against a plain array of flags, with keys drawn at random from a few hundred. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "lib/cpu.h"
#include "model/index.h"

#define ITEMS	  400
#define COLLIDING 4096

struct item {
	char namespace[8];
	char name[8];
	bool in;
	unsigned int met;
};

static struct item items[ITEMS];
static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static void item_key(const void *p, const char **ret_namespace, const char **ret_name)
{
	const struct item *item = p;

	*ret_namespace = item->namespace;
	*ret_name = item->name;
}

static void init_items(void)
{
	size_t i;

	memset(items, 0, sizeof(items));
	for (i = 0; i < ITEMS; i++) {
		(void)snprintf(items[i].namespace, sizeof(items[i].namespace), "%zu", i % 20);
		(void)snprintf(items[i].name, sizeof(items[i].name), "%zu", i / 20);
	}
}

static void flip(struct index *index, struct item *item)
{
	if (item->in)
		index_remove(index, item);
	else
		index_add(index, item);
	item->in = !item->in;
}

static void check(const struct index *index)
{
	size_t i, n = 0;

	for (i = 0; i < ITEMS; i++) {
		void *expected = items[i].in ? &items[i] : NULL;

		n += items[i].in;
		assert_ptr_equal(index_find(index, items[i].namespace, items[i].name), expected);
	}
	assert_int_equal(index->n, n);
}

static void test_random(void **state)
{
	struct index index = { .key = item_key };
	uint32_t seed, step;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		random_state = seed * 2654435761u;
		init_items();
		assert_null(index_find(&index, "0", "0"));
		for (step = 0; step < 2000; step++) {
			flip(&index, &items[random_below(seed * ITEMS / 20)]);
			if (step % 50 == 0)
				check(&index);
		}
		check(&index);
		index_done(&index);
	}
}

/* A walk returns every item, even if some are removed during the walk. */
static void test_walk(void **state)
{
	struct index index = { .key = item_key };
	struct index_cursor cursor;
	struct item *item;
	uint32_t seed;
	size_t i;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		random_state = seed * 2654435761u;
		init_items();
		for (i = 0; i < seed * 2; i++)
			flip(&index, &items[i]);
		cursor = (struct index_cursor){ 0 };
		while ((item = index_next(&index, &cursor))) {
			assert_true(item->in);
			item->met++;
			if (random_below(2))
				flip(&index, item);
		}
		for (i = 0; i < ITEMS; i++) {
			assert_int_equal(items[i].met > 0, i < seed * 2);
			assert_true(items[i].met <= 1);
		}
		check(&index);
		assert_null(index_next(&index, &cursor));
		index_done(&index);
	}
}

/* A walk follows the order of adding, whatever the key of the hash is. */
static void test_order(void **state)
{
	uint8_t key[HASH_KEY_SIZE] = { 0 };
	struct index index = { .key = item_key };
	struct index_cursor cursor;
	struct item *item;
	size_t i, at;

	(void)state;
	for (key[0] = 0; key[0] < 10; key[0]++) {
		hash_set_key(key);
		init_items();
		for (i = 0; i < ITEMS; i++)
			flip(&index, &items[i]);
		for (i = 0; i < ITEMS; i += 2)
			flip(&index, &items[i]);
		for (i = 0; i < ITEMS; i += 2)
			flip(&index, &items[i]);
		at = 1;
		cursor = (struct index_cursor){ 0 };
		while ((item = index_next(&index, &cursor))) {
			assert_ptr_equal(item, &items[at]);
			at = at == ITEMS - 1 ? 0 : at + 2;
		}
		assert_int_equal(at, ITEMS);
		index_done(&index);
	}
}

static struct item *many;

static void run_many(size_t n)
{
	struct index index = { .key = item_key };
	size_t i;

	for (i = 0; i < n; i++) {
		assert_null(index_find(&index, many[i].namespace, many[i].name));
		index_add(&index, &many[i]);
	}
	for (i = 0; i < n; i++)
		index_remove(&index, &many[i]);
	index_done(&index);
}

/* FNV-1a and what was once made of it: anybody can compute it. */
static uint32_t public_hash(const struct item *item)
{
	uint64_t hash = hash_add_string(hash_add_string(HASH_START, item->namespace), item->name);

	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	return (uint32_t)(hash >> 32);
}

/* Names that were chosen to collide are not dearer than others. */
static void test_collisions(void **state)
{
	uint64_t us;
	size_t i = 0;
	uint32_t k;

	(void)state;
	many = calloc(COLLIDING, sizeof(*many));
	assert_non_null(many);
	for (k = 0; i < COLLIDING; k++) {
		(void)snprintf(many[i].namespace, sizeof(many[i].namespace), "n");
		(void)snprintf(many[i].name, sizeof(many[i].name), "%x", k);
		i += !(public_hash(&many[i]) % (2 * COLLIDING));
	}
	us = cpu_of(run_many, COLLIDING);
	for (i = 0; i < COLLIDING; i++)
		(void)snprintf(many[i].name, sizeof(many[i].name), "%zx", i % COLLIDING);
	k = (uint32_t)cpu_of(run_many, COLLIDING);
	if (us > 4 * (k + CPU_RESOLUTION_US))
		fail_msg("chosen names take %llu us, others %u us", (unsigned long long)us, k);
	free(many);
}

static void test_empty(void **state)
{
	struct index index = { .key = item_key };
	struct index_cursor cursor = { 0 };

	(void)state;
	assert_null(index_next(&index, &cursor));
	assert_null(index_find(&index, "", ""));
	index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),	   cmocka_unit_test(test_walk),
		cmocka_unit_test(test_empty),	   cmocka_unit_test(test_order),
		cmocka_unit_test(test_collisions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
