/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index against a plain array of flags, with keys drawn at random from a few hundred. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/index.h"

#define ITEMS 400

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
			assert_true(items[i].met <= 2);
		}
		check(&index);
		assert_null(index_next(&index, &cursor));
		index_done(&index);
	}
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
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
