/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "render/source_list.h"

/* @n prefixes of random lengths, sorted and disjoint, with gaps; the first and the last address of the family are in them. */
static struct cidr *make_ranges(struct arena *arena, enum family family, size_t n)
{
	struct cidr *ranges = arena_array(arena, n, sizeof(*ranges));
	uint8_t whole = (uint8_t)(addr_size(family) * 8);
	size_t i;

	for (i = 0; i < n; i++) {
		/* 512 addresses for each */
		uint64_t start = i * 512 + (i % 3) * 128;
		uint8_t *end = &ranges[i].addr.bytes[addr_size(family) - 1];

		ranges[i].addr.family = (uint8_t)family;
		ranges[i].prefix_len = (uint8_t)(whole - (i % 5 == 4 ? 7 : i % 5));
		end[-2] = (uint8_t)(start >> 16);
		end[-1] = (uint8_t)(start >> 8);
		end[0] = (uint8_t)start;
	}
	if (n > 1) {
		memset(ranges[n - 1].addr.bytes, 0xff, addr_size(family));
		ranges[n - 1].prefix_len = whole;
	}
	return ranges;
}

static const struct chain *find(const struct chain *chains, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(chains[i].name, name) == 0)
			return &chains[i];
	fail_msg("%s leads nowhere", name);
	return NULL;
}

/* What the rules say. @ret_rules: how many of them were asked. */
static bool admits(const struct chain *chains, size_t n, const struct addr *addr, size_t *ret_rules)
{
	const struct chain *chain = &chains[n - 1];
	size_t i;

	*ret_rules = 0;
	for (i = 0; i < chain->n_rules; i++) {
		const struct rule_statement *s = chain->rules[i].statements;

		++*ret_rules;
		if (s[0].kind == RULE_STATEMENT_DROP)
			return false;
		assert_int_equal(chain->rules[i].n_statements, 2);
		assert_int_equal(s[0].selectors[0], RULE_SELECTOR_SADDR);
		if (s[0].kind == RULE_STATEMENT_MATCH_CIDR) {
			assert_int_equal(s[1].kind, RULE_STATEMENT_RETURN);
			if (cidr_contains(&s[0].cidr, addr))
				return true;
			continue;
		}
		assert_int_equal(s[0].kind, RULE_STATEMENT_MATCH_UP_TO);
		assert_int_equal(s[1].kind, RULE_STATEMENT_GOTO);
		if (addr_cmp(addr, &s[0].cidr.addr) > 0)
			continue;
		chain = find(chains, n, s[1].chain);
		i = SIZE_MAX;
	}
	fail_msg("chain %s has an end", chain->name);
	return false;
}

/* The 256 addresses around a range, for some of the ranges, are treated as the ranges say. */
static void check_tree(enum family family, size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct cidr *ranges = make_ranges(arena, family, n);
	size_t i, k, r, n_chains, n_rules, counted_chains, counted_rules, last = addr_size(family) - 1;
	struct source_list list;
	struct chain *chains;

	source_list_init(&list, ranges, n);
	assert_int_equal(list.n_ranges, n);
	assert_int_equal(list.table, family);
	n_chains = source_list_build(&list, ranges, arena, &chains);
	source_list_count(&list, &counted_chains, &counted_rules);
	assert_int_equal(counted_chains, n_chains);
	for (i = 0; i < n_chains; i++) {
		counted_rules -= chains[i].n_rules;
		assert_in_range(chains[i].n_rules, 2, SOURCE_LIST_FAN + 1);
		assert_int_equal(chains[i].table, family);
		assert_false(chains[i].goes_first);
		assert_true(source_list_names_chain(chains[i].name));
		/* A chain comes after those that it leads to. */
		for (r = 0; r < chains[i].n_rules; r++)
			for (k = 0; k < chains[i].rules[r].n_statements; k++)
				if (*chains[i].rules[r].statements[k].chain)
					(void)find(chains, i, chains[i].rules[r].statements[k].chain);
	}
	assert_int_equal(counted_rules, 0);
	for (i = 0; i < n; i += 1 + n / 50) {
		struct addr addr = ranges[i].addr;

		assert_true(admits(chains, n_chains, &addr, &n_rules));
		assert_in_range(n_rules, 1, 5 * (SOURCE_LIST_FAN + 1));
		for (k = 0; k < 256; k++) {
			addr.bytes[last] = (uint8_t)k;
			for (r = i ? i - 1 : 0; r < n && r < i + 2 && !cidr_contains(&ranges[r], &addr); r++)
				;
			assert_int_equal(admits(chains, n_chains, &addr, &n_rules), r < n && r < i + 2);
		}
	}
}

static void test_trees(void **state)
{
	static const size_t sizes[] = {
		1, 2, 7, 8, 9, 16, 63, 64, 65, 71, 72, 73, 511, 512, 513, 1000, 4097
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_tree(FAMILY_IPV4, sizes[i]);
		check_tree(FAMILY_IPV6, sizes[i]);
	}
	check_tree(FAMILY_IPV4, SOURCE_LIST_RANGES_MAX);
}

static void test_shape(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct cidr *ranges = make_ranges(arena, FAMILY_IPV4, 11);
	char text[64];
	struct buf rule = BUF_INIT;
	struct source_list list;
	struct chain *chains;

	(void)state;
	source_list_init(&list, ranges, 11);
	assert_int_equal(source_list_build(&list, ranges, arena, &chains), 3);
	(void)snprintf(text, sizeof(text), "sources-11-%s", list.id);
	assert_string_equal(chains[2].name, text);
	(void)snprintf(text, sizeof(text), "sources-11-%s-a", list.id);
	assert_string_equal(chains[0].name, text);
	assert_int_equal(chains[0].n_rules, 9);
	assert_int_equal(chains[1].n_rules, 4);
	rule_print(&rule, NULL, FAMILY_IPV4, &chains[2].rules[0]);
	(void)snprintf(text, sizeof(text), "ip saddr <= 0.0.14.131 goto sources-11-%s-a", list.id);
	assert_string_equal(buf_text(&rule), text);
	buf_done(&rule);
	/* without ranges: the same names */
	assert_int_equal(source_list_build(&list, NULL, arena, &chains), 3);
	assert_int_equal(chains[0].n_rules, 0);
	assert_int_equal(chains[2].n_rules, 0);
	(void)snprintf(text, sizeof(text), "sources-11-%s-b", list.id);
	assert_string_equal(chains[1].name, text);
}

/* Equal lists have one name; a list that differs in one bit has another. */
static void test_names(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct cidr *ranges = make_ranges(arena, FAMILY_IPV4, 3);
	struct source_list list, other;

	(void)state;
	source_list_init(&list, ranges, 3);
	source_list_init(&other, make_ranges(arena, FAMILY_IPV4, 3), 3);
	assert_memory_equal(&list, &other, sizeof(list));
	assert_int_equal(source_list_cmp(&list, &other), 0);
	ranges[1].prefix_len--;
	source_list_init(&other, ranges, 3);
	assert_int_not_equal(source_list_cmp(&list, &other), 0);
	ranges[1].prefix_len++;
	ranges[1].addr.bytes[0] = 1;
	source_list_init(&other, ranges, 3);
	assert_int_not_equal(source_list_cmp(&list, &other), 0);
	source_list_init(&other, ranges, 2);
	assert_true(source_list_cmp(&other, &list) < 0);
}

static void test_admit(void **state)
{
	static const char *const targets[] = { "no-endpoints", "lb-local-sctp-20000",
					       "affinity-local-abcdefghijklmnop" };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char name[RULE_NAME_MAX + 1], first[RULE_NAME_MAX + 1];
	struct source_list list, got;
	const char *target;
	struct chain chain;
	size_t i;

	(void)state;
	source_list_init(&list, make_ranges(arena, FAMILY_IPV6, SOURCE_LIST_RANGES_MAX),
			 SOURCE_LIST_RANGES_MAX);
	(void)snprintf(first, sizeof(first), "sources-%u-%s", list.n_ranges, list.id);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		source_list_admit_name(&list, targets[i], name);
		/* The name must fit into the data of a verdict element. */
		assert_true(strlen(name) <= SET_DATA_SIZE_MAX - 2);
		assert_true(source_list_parse_admit(FAMILY_IPV6, name, &got, &target));
		assert_memory_equal(&got, &list, sizeof(list));
		assert_string_equal(target, targets[i]);
		assert_false(source_list_names_chain(name));
		source_list_build_admit(FAMILY_IPV6, name, arena, &chain);
		assert_string_equal(chain.name, name);
		assert_int_equal(chain.table, FAMILY_IPV6);
		assert_true(chain.goes_first);
		assert_int_equal(chain.n_rules, SOURCE_LIST_ADMIT_RULES);
		assert_int_equal(chain.rules[0].statements[0].kind, RULE_STATEMENT_JUMP);
		assert_string_equal(chain.rules[0].statements[0].chain, first);
		assert_int_equal(chain.rules[1].statements[0].kind, RULE_STATEMENT_GOTO);
		assert_string_equal(chain.rules[1].statements[0].chain, targets[i]);
	}
}

static void test_number_of_chains(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct source_list list = { .table = FAMILY_IPV4, .id = "abcdefghijklmnopqr" };
	struct chain *chains;
	size_t n, n_chains, n_rules;

	(void)state;
	for (n = 1; n <= 9999; n += n < 700 ? 1 : 97) {
		list.n_ranges = (uint32_t)n;
		source_list_count(&list, &n_chains, &n_rules);
		assert_int_equal(n_chains, source_list_build(&list, NULL, arena, &chains));
		arena_reset(arena);
	}
}

static void test_other_names(void **state)
{
	static const char *const names[] = {
		"",
		"sources",
		"sources-",
		"sources-2-",
		"sources-0-abcdefghijklmnopqr",
		"sources-02-abcdefghijklmnopqr",
		"sources-2-abcdefghijklmnopq",
		"sources-2-abcdefghijklmnopqrs",
		"sources-2-abcdefghijklmnopq1",
		"sources-2-abcdefghijklmnopqr-",
		"sources-2-abcdefghijklmnopqr-a-",
		"sources-12345-abcdefghijklmnopqr",
		"source-2-abcdefghijklmnopqr",
		"lb-tcp-2",
		"admit-2-abcdefghijklmnopqr",
		"admit-2-abcdefghijklmnopqr-",
		"admit-x-abcdefghijklmnopqr-lb-tcp-2",
	};
	struct source_list list;
	const char *target;
	size_t i;

	(void)state;
	assert_true(source_list_names_chain("sources-2-abcdefghijklmnopqr"));
	assert_true(source_list_names_chain("sources-9999-234567ghijklmnopqr-ah"));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_false(source_list_names_chain(names[i]));
		assert_false(source_list_parse_admit(FAMILY_IPV4, names[i], &list, &target));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),	    cmocka_unit_test(test_shape),
		cmocka_unit_test(test_names),	    cmocka_unit_test(test_admit),
		cmocka_unit_test(test_other_names), cmocka_unit_test(test_number_of_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
