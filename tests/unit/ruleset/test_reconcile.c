/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "ruleset/reconcile.h"

static const struct set_decl sets[] = {
	{ "ports", SET_KIND_MAP, { SET_FIELD_PROTOCOL, SET_FIELD_PORT }, { SET_FIELD_PORT }, false },
};
static const struct skeleton skeleton = {
	.table_name = "t", .family_enabled = { true, true }, .n_sets = 1, .sets = sets
};
static const struct service_name owner = { "ns", "svc" };

static struct element element(uint16_t port, uint16_t data)
{
	struct element e;

	set_element_init(&e, FAMILY_IPV4, 0);
	set_key_protocol(&e, 6);
	set_key_port(&e, port);
	set_data_port(&e, data);
	return e;
}

static void add(struct changes *changes, enum change_op op, uint16_t port, uint16_t data)
{
	struct element e = element(port, data);

	change_add_element(changes, op, owner, &e);
}

static void test_keys(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct changes changes;
	struct element *keys, first = element(1, 0), last = element(4, 0);
	/* Unwanted ones are asked for, but for one that an earlier step has installed. */
	const struct element unwanted[] = { element(9, 0), element(2, 0) };
	size_t n;

	(void)state;
	change_init(&changes, &skeleton);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 4, 40);
	add(&changes, CHANGE_OP_ELEMENT_DEL, 2, 20);
	add(&changes, CHANGE_OP_ELEMENT_DEL, 3, 30);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 1, 10);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 3, 31);
	keys = reconcile_keys(&changes, NULL, 0, arena, &n);
	assert_int_equal(n, 2);
	assert_int_equal(set_element_cmp(&keys[0], &first), 0);
	assert_int_equal(set_element_cmp(&keys[1], &last), 0);
	keys = reconcile_keys(&changes, unwanted, 2, arena, &n);
	assert_int_equal(n, 3);
	assert_int_equal(set_element_cmp(&keys[2], &unwanted[0]), 0);
	change_done(&changes);
}

/* The step about the element with this port, SIZE_MAX if there is none. */
static size_t find(const struct changes *changes, enum change_op op, uint16_t port, uint16_t data)
{
	struct element e, wanted = element(port, data);
	size_t i;

	for (i = 0; i < changes->n; i++) {
		if (changes->list[i].op != op)
			continue;
		change_element(changes, &changes->list[i], &e);
		if (set_element_cmp(&e, &wanted) == 0 && set_element_same_data(&e, &wanted))
			return i;
	}
	return SIZE_MAX;
}

static void test_elements(void **state)
{
	struct element same = element(1, 10), other = element(2, 99), not_asked = element(9, 90);
	struct snapshot frame, found;
	struct changes changes;

	(void)state;
	snapshot_init(&frame);
	frame.table[FAMILY_IPV4] = SNAPSHOT_TABLE_OURS;
	snapshot_seal(&frame);
	snapshot_init(&found);
	snapshot_add_element(&found, &other);
	snapshot_add_element(&found, &same);
	snapshot_add_element(&found, &not_asked);
	snapshot_seal(&found);
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 1, 10);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 2, 20);
	add(&changes, CHANGE_OP_ELEMENT_ADD, 3, 30);
	add(&changes, CHANGE_OP_ELEMENT_DEL, 4, 40);
	reconcile_changes(&changes, &frame, &found);
	assert_int_equal(changes.n, 5);
	assert_true(find(&changes, CHANGE_OP_ELEMENT_DEL, 9, 90) < SIZE_MAX);
	assert_int_equal(find(&changes, CHANGE_OP_ELEMENT_ADD, 1, 10), SIZE_MAX);
	assert_true(find(&changes, CHANGE_OP_ELEMENT_DEL, 2, 99) <
		    find(&changes, CHANGE_OP_ELEMENT_ADD, 2, 20));
	assert_true(find(&changes, CHANGE_OP_ELEMENT_ADD, 2, 20) < SIZE_MAX);
	assert_true(find(&changes, CHANGE_OP_ELEMENT_ADD, 3, 30) < SIZE_MAX);
	assert_true(find(&changes, CHANGE_OP_ELEMENT_DEL, 4, 40) < SIZE_MAX);
	assert_int_equal(changes.n_elements_added, 2);
	assert_int_equal(changes.n_elements_deleted, 3);
	change_done(&changes);
	snapshot_done(&found);
	snapshot_done(&frame);
}

/* The fingerprint of these tests is the name and the number of rules. */
static void fingerprint(void *ctx, const struct chain *chain, struct buf *text)
{
	(void)ctx;
	buf_printf(text, "%s %zu", chain->name, chain->n_rules);
}

static char *text_of(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static void test_chains_and_maps(void **state)
{
	const struct chain same = { .table = FAMILY_IPV4, .name = "a", .n_rules = 1 },
			   other = { .table = FAMILY_IPV4, .name = "b", .n_rules = 2 },
			   absent = { .table = FAMILY_IPV4, .name = "c", .n_rules = 3 };
	const struct chain *chains[] = { &same, &other, &absent };
	const struct client_map map = { .table = FAMILY_IPV4, .name = "m" },
				new_map = { .table = FAMILY_IPV4, .name = "n" };
	struct snapshot frame, found;
	struct changes changes;
	size_t i;
	int round;

	(void)state;
	snapshot_init(&frame);
	frame.fingerprint = fingerprint;
	snapshot_add_chain(&frame, FAMILY_IPV4, "a", text_of("a 1"));
	snapshot_add_chain(&frame, FAMILY_IPV4, "b", text_of("b 1"));
	snapshot_add_client_map(&frame, &map);
	snapshot_seal(&frame);
	snapshot_init(&found);
	snapshot_seal(&found);
	for (round = 0; round < 2; round++) {
		change_init(&changes, &skeleton);
		change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, owner, &map);
		change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, owner, &new_map);
		for (i = 0; i < 3; i++)
			change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, owner, chains[i]);
		reconcile_changes(&changes, &frame, &found);
		if (!round) {
			assert_int_equal(changes.n, 3);
			assert_ptr_equal(changes.list[0].client_map, &new_map);
			assert_ptr_equal(changes.list[1].chain, &absent);
			assert_int_equal(changes.list[1].op, CHANGE_OP_CHAIN_ADD);
			assert_ptr_equal(changes.list[2].chain, &other);
			assert_int_equal(changes.list[2].op, CHANGE_OP_CHAIN_REFILL);
		} else {
			/* What became of them after the first comparison, the frame does not know. */
			assert_int_equal(changes.n, 5);
		}
		change_done(&changes);
	}
	/* Deleted is what the frame does not have. What it has stays, and is compared again. */
	change_init(&changes, &skeleton);
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, owner, &other);
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, owner, &absent);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, owner, &map);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, owner, &new_map);
	reconcile_changes(&changes, &frame, &found);
	assert_int_equal(changes.n, 2);
	assert_ptr_equal(changes.list[0].chain, &absent);
	assert_ptr_equal(changes.list[1].client_map, &new_map);
	change_done(&changes);
	change_init(&changes, &skeleton);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, owner, &other);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, owner, &map);
	reconcile_changes(&changes, &frame, &found);
	assert_int_equal(changes.n, 0);
	change_done(&changes);
	snapshot_done(&found);
	snapshot_done(&frame);
}

/* Of two tables one may exist: the other one is made by the first step, and exists from then on. */
static void test_one_table(void **state)
{
	struct snapshot frame, found;
	struct changes changes;
	size_t step;

	(void)state;
	snapshot_init(&frame);
	frame.table[FAMILY_IPV6] = SNAPSHOT_TABLE_OURS;
	snapshot_seal(&frame);
	for (step = 0; step < 2; step++) {
		snapshot_init(&found);
		snapshot_seal(&found);
		change_init(&changes, &skeleton);
		change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
		change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV6);
		reconcile_changes(&changes, &frame, &found);
		assert_int_equal(changes.n, step ? 0 : 1);
		if (!step)
			assert_int_equal(changes.list[0].table, FAMILY_IPV4);
		change_done(&changes);
		snapshot_done(&found);
	}
	snapshot_done(&frame);
}

/* Chains are added to the frame when a step first needs them, in any order. */
static void test_take_chains(void **state)
{
	static const char names[] = "gcbfaedh";
	struct snapshot frame, read;
	char name[2] = "";
	size_t i;

	(void)state;
	snapshot_init(&frame);
	snapshot_seal(&frame);
	for (i = 0; i < strlen(names); i += 2) {
		snapshot_init(&read);
		name[0] = names[i];
		snapshot_add_chain(&read, FAMILY_IPV4, name, text_of(name));
		name[0] = names[i + 1];
		snapshot_add_chain(&read, FAMILY_IPV4, name, text_of(name));
		snapshot_seal(&read);
		snapshot_take_chains(&frame, &read);
		assert_int_equal(read.n_chains, 0);
		snapshot_done(&read);
	}
	assert_int_equal(frame.n_chains, strlen(names));
	for (i = 0; i < frame.n_chains; i++) {
		name[0] = (char)('a' + i);
		assert_ptr_equal(snapshot_find_chain(&frame, FAMILY_IPV4, name), &frame.chains[i]);
		assert_string_equal(frame.chains[i].fingerprint, name);
	}
	frame.chains[1].seen = frame.chains[6].seen = true;
	snapshot_drop_unseen_chains(&frame);
	assert_int_equal(frame.n_chains, 2);
	assert_non_null(snapshot_find_chain(&frame, FAMILY_IPV4, "b"));
	assert_non_null(snapshot_find_chain(&frame, FAMILY_IPV4, "g"));
	snapshot_done(&frame);
}

/* A chain of the earlier run is filled anew, is not needed, and is needed again as it was first. */
static void test_refill(void **state)
{
	const struct chain first = { .table = FAMILY_IPV4, .name = "a", .n_rules = 1 },
			   second = { .table = FAMILY_IPV4, .name = "a", .n_rules = 2 };
	static const enum change_op ops[] = { CHANGE_OP_CHAIN_ADD, CHANGE_OP_CHAIN_REFILL,
					      CHANGE_OP_CHAIN_DEL, CHANGE_OP_CHAIN_ADD };
	static const size_t n_steps[] = { 0, 1, 0, 1 };
	struct snapshot frame, found;
	struct changes changes;
	size_t i;

	(void)state;
	snapshot_init(&frame);
	frame.fingerprint = fingerprint;
	snapshot_add_chain(&frame, FAMILY_IPV4, "a", text_of("a 1"));
	snapshot_seal(&frame);
	snapshot_init(&found);
	snapshot_seal(&found);
	for (i = 0; i < 4; i++) {
		change_init(&changes, &skeleton);
		change_add_chain(&changes, ops[i], owner, i == 1 || i == 2 ? &second : &first);
		reconcile_changes(&changes, &frame, &found);
		assert_int_equal(changes.n, n_steps[i]);
		if (changes.n)
			assert_int_equal(changes.list[0].op, CHANGE_OP_CHAIN_REFILL);
		change_done(&changes);
	}
	snapshot_done(&found);
	snapshot_done(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_chains_and_maps),
		cmocka_unit_test(test_one_table),
		cmocka_unit_test(test_take_chains),
		cmocka_unit_test(test_refill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
