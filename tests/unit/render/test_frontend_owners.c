/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which claimant owns a key, against a search of all; and the cost with very many claimants of one key. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "lib/cpu.h"
#include "render/frontend_owners.h"

#define CLAIMANTS 60
#define STEPS	  4000
#define NAME_SIZE 24

struct claim {
	struct frontend_owners_claimant claimant;
	char name[NAME_SIZE];
	bool in;
	struct frontend_owners_rank rank;
};

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

static struct claim *make_claims(size_t n)
{
	struct claim *claims = alloc_zeroed(n, sizeof(*claims));
	size_t i;

	for (i = 0; i < n; i++) {
		(void)snprintf(claims[i].name, sizeof(claims[i].name), "s%06zu", i);
		claims[i].claimant.service = (struct service_name){ "ns", claims[i].name };
		claims[i].claimant.creation_time_s = random_below(4);
	}
	return claims;
}

/* The rule in the header, once more. */
static bool goes_before(const struct claim *a, const struct claim *b)
{
	int64_t time_a = a->claimant.creation_time_s, time_b = b->claimant.creation_time_s;

	if (a->rank.kind != b->rank.kind)
		return a->rank.kind == FRONTEND_KIND_CLUSTER_IP || b->rank.kind == FRONTEND_KIND_EXTERNAL_IP;
	if (a->rank.answers != b->rank.answers)
		return a->rank.answers;
	if (time_a != time_b)
		return time_b == 0 || (time_a != 0 && time_a < time_b);
	return strcmp(a->name, b->name) < 0;
}

static struct frontend_owners_claimant *expected_owner(struct claim *claims, size_t n)
{
	struct claim *first = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (claims[i].in && (!first || goes_before(&claims[i], first)))
			first = &claims[i];
	return first ? &first->claimant : NULL;
}

static void test_random(void **state)
{
	struct frontend_owners *owners = frontend_owners_new();
	struct frontend_owners_key key = { .protocol = 6, .port = 80 };
	struct claim *claims;
	size_t i;

	(void)state;
	random_state = 20261129;
	claims = make_claims(CLAIMANTS);
	for (i = 0; i < STEPS; i++) {
		struct claim *claim = &claims[random_below(CLAIMANTS)];

		if (claim->in) {
			frontend_owners_remove(owners, &key, &claim->claimant);
		} else {
			claim->rank.kind = (uint8_t)random_below(FRONTEND_KIND_NODE_PORT);
			claim->rank.answers = random_below(2);
			frontend_owners_add(owners, &key, &claim->claimant, claim->rank);
		}
		claim->in = !claim->in;
		assert_ptr_equal(frontend_owners_owner(owners, &key), expected_owner(claims, CLAIMANTS));
		assert_int_equal(frontend_owners_n_lost(owners), frontend_owners_lost(owners, NULL, 0));
	}
	frontend_owners_free(owners);
	free(claims);
}

/* The number of conflicts goes up and down; a Service is in none with itself. */
static void test_n_lost(void **state)
{
	struct frontend_owners *owners = frontend_owners_new();
	struct frontend_owners_key key[2] = { { .protocol = 6, .port = 80 }, { .protocol = 6, .port = 81 } };
	struct frontend_owners_rank rank = { .answers = true };
	struct claim *claims = make_claims(3);

	(void)state;
	claims[1].claimant.service.name = claims[0].name;
	claims[1].claimant.part = 1;
	claims[0].claimant.creation_time_s = claims[1].claimant.creation_time_s = 1;
	claims[2].claimant.creation_time_s = 2;
	frontend_owners_add(owners, &key[0], &claims[0].claimant, rank);
	frontend_owners_add(owners, &key[0], &claims[1].claimant, rank);
	assert_int_equal(frontend_owners_n_lost(owners), 0);
	frontend_owners_add(owners, &key[1], &claims[0].claimant, rank);
	frontend_owners_add(owners, &key[1], &claims[2].claimant, rank);
	assert_int_equal(frontend_owners_n_lost(owners), 1);
	frontend_owners_remove(owners, &key[0], &claims[1].claimant);
	frontend_owners_add(owners, &key[0], &claims[2].claimant, rank);
	assert_int_equal(frontend_owners_n_lost(owners), 2);
	frontend_owners_remove(owners, &key[0], &claims[0].claimant); /* the owner */
	assert_int_equal(frontend_owners_n_lost(owners), 1);
	frontend_owners_remove(owners, &key[1], &claims[2].claimant);
	assert_int_equal(frontend_owners_n_lost(owners), 0);
	frontend_owners_remove(owners, &key[1], &claims[0].claimant);
	frontend_owners_remove(owners, &key[0], &claims[2].claimant);
	assert_int_equal(frontend_owners_n_lost(owners), 0);
	frontend_owners_free(owners);
	free(claims);
}

/* All claim one key, and give it up again. */
static void run_claimants(size_t n)
{
	struct frontend_owners *owners = frontend_owners_new();
	struct frontend_owners_key key = { .protocol = 6, .port = 80 };
	struct claim *claims;
	size_t i;

	random_state = 20261129;
	claims = make_claims(n);
	for (i = 0; i < n; i++)
		frontend_owners_add(owners, &key, &claims[i].claimant,
				    (struct frontend_owners_rank){ .answers = true });
	for (i = 0; i < n; i++)
		frontend_owners_remove(owners, &key, &claims[i].claimant);
	assert_null(frontend_owners_owner(owners, &key));
	frontend_owners_free(owners);
	free(claims);
}

static void test_cost(void **state)
{
	(void)state;
	assert_linear(run_claimants, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_n_lost),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
