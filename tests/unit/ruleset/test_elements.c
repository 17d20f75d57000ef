/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"

enum {
	SET_PAIRS,
	SET_VERDICTS,
	SET_ENDPOINTS
};

static const struct set_decl sets[] = {
	[SET_PAIRS] = { "pairs",
			SET_KIND_SET,
			{ SET_FIELD_ADDR, SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT },
			{ 0 },
			false },
	[SET_VERDICTS] = { "verdicts",
			   SET_KIND_VERDICT_MAP,
			   { SET_FIELD_PROTOCOL, SET_FIELD_PORT },
			   { 0 },
			   false },
	[SET_ENDPOINTS] = { "endpoints",
			    SET_KIND_MAP,
			    { SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX },
			    { SET_FIELD_ADDR, SET_FIELD_PORT },
			    false },
};

static const struct skeleton skeleton = {
	.table_name = "t",
	.family_enabled = { true, true },
	.n_sets = 3,
	.sets = sets,
};

static struct addr address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static struct element pair(const char *a, const char *b, uint8_t protocol, uint16_t port)
{
	struct addr x = address(a), y = address(b);
	struct element e;

	set_element_init(&e, x.family, SET_PAIRS);
	set_key_addr(&e, &x);
	set_key_addr(&e, &y);
	set_key_protocol(&e, protocol);
	set_key_port(&e, port);
	return e;
}

static struct element verdict(enum family table, uint16_t port, enum set_verdict verdict, const char *chain)
{
	struct element e;

	set_element_init(&e, table, SET_VERDICTS);
	set_key_protocol(&e, PROTOCOL_TCP);
	set_key_port(&e, port);
	set_data_verdict(&e, verdict, chain);
	return e;
}

static struct element endpoint(const char *from, uint16_t port, uint32_t index, const char *to,
			       uint16_t to_port)
{
	struct addr x = address(from), y = address(to);
	struct element e;

	set_element_init(&e, x.family, SET_ENDPOINTS);
	set_key_addr(&e, &x);
	set_key_protocol(&e, PROTOCOL_SCTP);
	set_key_port(&e, port);
	set_key_index(&e, index);
	set_data_addr(&e, &y);
	set_data_port(&e, to_port);
	return e;
}

static void expect_text(struct element e, const char *expected)
{
	struct buf text = BUF_INIT;

	set_element_print(&text, &sets[e.set], &e);
	assert_string_equal(buf_text(&text), expected);
	buf_done(&text);
}

static void test_print(void **state)
{
	(void)state;
	expect_text(pair("10.0.0.1", "10.0.0.2", PROTOCOL_UDP, 53), "10.0.0.1 . 10.0.0.2 . udp . 53");
	expect_text(pair("fd00::1", "fd00::2", PROTOCOL_TCP, 65535), "fd00::1 . fd00::2 . tcp . 65535");
	expect_text(verdict(FAMILY_IPV4, 80, SET_VERDICT_DROP, NULL), "tcp . 80 : drop");
	expect_text(verdict(FAMILY_IPV4, 80, SET_VERDICT_GOTO, "lb-tcp-2"), "tcp . 80 : goto lb-tcp-2");
	expect_text(endpoint("10.0.0.1", 80, 300, "10.0.0.2", 8080),
		    "10.0.0.1 . sctp . 80 . 300 : 10.0.0.2 . 8080");
	expect_text(endpoint("fd00::1", 80, 0, "fd00::2", 8080), "fd00::1 . sctp . 80 . 0 : fd00::2 . 8080");
}

/* Register images: network order except for the index, every field on a boundary of four bytes. */
static void test_register_images(void **state)
{
	static const uint8_t key[] = { 10, 0, 0, 1, 132, 0, 0, 0, 0x1f, 0x90, 0, 0 };
	static const uint8_t data[] = { 10, 0, 0, 2, 0x00, 0x50, 0, 0 };
	struct element e = endpoint("10.0.0.1", 8080, 258, "10.0.0.2", 80);
	const uint32_t index = 258;

	(void)state;
	assert_int_equal(e.key_size, 16);
	assert_int_equal(e.key_size, set_key_size(&sets[SET_ENDPOINTS], FAMILY_IPV4));
	assert_memory_equal(e.key, key, sizeof(key));
	assert_memory_equal(e.key + sizeof(key), &index, sizeof(index));
	assert_int_equal(e.data_size, set_data_size(&sets[SET_ENDPOINTS], FAMILY_IPV4));
	assert_memory_equal(e.data, data, sizeof(data));
	assert_int_equal(set_key_size(&sets[SET_PAIRS], FAMILY_IPV6), 40);
	assert_int_equal(set_data_size(&sets[SET_VERDICTS], FAMILY_IPV6), 0);
	assert_null(set_data_chain(&(struct element){ .data = { SET_VERDICT_DROP } }));
}

static void test_pack(void **state)
{
	struct element elements[] = {
		pair("fd00::1", "fd00::2", PROTOCOL_TCP, 80),
		verdict(FAMILY_IPV4, 80, SET_VERDICT_GOTO, "nodeport-local-sctp-20000"),
		verdict(FAMILY_IPV6, 80, SET_VERDICT_DROP, NULL),
		endpoint("fd00::1", 80, 4, "fd00::2", 8080),
	};
	struct arena *arena = arena_new();
	struct buf packed = BUF_INIT;
	struct element e, *all;
	size_t i, n, offset = 0;

	(void)state;
	for (i = 0; i < 4; i++)
		set_element_pack(&packed, &elements[i]);
	for (i = 0; i < 4; i++) {
		assert_true(offset < packed.size);
		offset = set_element_unpack(packed.data, offset, &e);
		assert_memory_equal(&e, &elements[i], sizeof(e));
	}
	assert_int_equal(offset, packed.size);
	all = set_elements_unpack(&packed, arena, &n);
	assert_int_equal(n, 4);
	assert_memory_equal(all, elements, sizeof(elements));
	buf_done(&packed);
	arena_free(arena);
}

static void test_order(void **state)
{
	struct element elements[] = {
		endpoint("fd00::1", 80, 0, "fd00::2", 8080),
		verdict(FAMILY_IPV4, 81, SET_VERDICT_DROP, NULL),
		endpoint("10.0.0.1", 80, 1, "10.0.0.9", 1),
		pair("10.0.0.1", "10.0.0.2", PROTOCOL_TCP, 80),
		verdict(FAMILY_IPV4, 80, SET_VERDICT_GOTO, "z"),
	};
	const struct element other = verdict(FAMILY_IPV4, 80, SET_VERDICT_GOTO, "a");

	(void)state;
	set_elements_sort(elements, 5);
	assert_int_equal(elements[0].set, SET_PAIRS);
	assert_int_equal(elements[1].key[5], 80);
	assert_int_equal(elements[2].key[5], 81);
	assert_int_equal(elements[3].set, SET_ENDPOINTS);
	assert_int_equal(elements[4].table, FAMILY_IPV6);
	/* The data does not count for the order, but set_element_same_data() sees it. */
	assert_int_equal(set_element_cmp(&elements[1], &other), 0);
	assert_false(set_element_same_data(&elements[1], &other));
	assert_true(set_element_same_data(&other, &other));
}

static void test_changes(void **state)
{
	struct chain chain = { .name = "c" };
	struct element old = endpoint("10.0.0.1", 80, 0, "10.0.0.2", 8080), e;
	struct element new = endpoint("10.0.0.1", 80, 0, "10.0.0.3", 8080);
	struct client_map map = { .table = FAMILY_IPV4, .name = "m" };
	struct client client = { .has_addr = true };
	struct service_name owner = { "a", "b" };
	struct buf text = BUF_INIT;
	struct changes changes;
	size_t i;

	(void)state;
	memcpy(client.key.client, "\xc0\x00\x02\x01", 4);
	change_init(&changes, &skeleton);
	/* Added before the old element is deleted, as a careless caller might do. */
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &chain);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, owner, &map);
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, owner, &new);
	change_add_element(&changes, CHANGE_OP_ELEMENT_DEL, owner, &old);
	change_del_client(&changes, owner, &map, &client);
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &chain);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, owner, &chain);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, owner, &map);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV6);
	change_add_table(&changes, CHANGE_OP_TABLE_DEL, FAMILY_IPV6);
	change_finish(&changes);
	assert_int_equal(changes.n, 10);
	assert_int_equal(changes.n_elements_added, 1);
	assert_int_equal(changes.n_elements_deleted, 1);
	for (i = 0; i < changes.n; i++)
		assert_int_equal(changes.list[i].op, i);
	change_element(&changes, &changes.list[CHANGE_OP_ELEMENT_ADD], &e);
	assert_memory_equal(&e, &new, sizeof(e));
	for (i = 0; i < changes.n; i++) {
		change_describe(&changes, &changes.list[i], &text);
		buf_printf(&text, "\n");
	}
	assert_string_equal(buf_text(&text),
			    "table ip6 t\ntable ip6 t\nmap m of table ip t\nchain c of table ip t\n"
			    "chain c of table ip t\nclient 192.0.2.1 of map m in table ip t\n"
			    "element 10.0.0.1 . sctp . 80 . 0 : 10.0.0.2 . 8080 of endpoints in table ip t\n"
			    "element 10.0.0.1 . sctp . 80 . 0 : 10.0.0.3 . 8080 of endpoints in table ip t\n"
			    "chain c of table ip t\nmap m of table ip t\n");
	buf_done(&text);
	change_done(&changes);
}

/* No packet can see what is added to new tables before their base chains; it can see changes of existing tables. */
static void test_changes_unseen(void **state)
{
	struct chain base = { .table = FAMILY_IPV6, .name = "b", .hook = RULE_HOOK_OUTPUT };
	struct chain inner = { .table = FAMILY_IPV6, .name = "c" };
	struct element added = endpoint("fd00::1", 80, 0, "fd00::2", 8080);
	struct element other = endpoint("10.0.0.1", 80, 0, "10.0.0.3", 8080);
	struct changes changes;

	(void)state;
	change_init(&changes, &skeleton);
	assert_int_equal(change_n_unseen(&changes), 0);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &base);
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &added);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &inner);
	change_finish(&changes);
	assert_int_equal(change_n_unseen(&changes), 0);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV6);
	change_finish(&changes);
	assert_int_equal(change_n_unseen(&changes), 3);
	assert_ptr_equal(changes.list[1].chain, &inner);
	assert_int_equal(changes.list[2].op, CHANGE_OP_ELEMENT_ADD);
	assert_ptr_equal(changes.list[3].chain, &base);
	/* The other table exists, even if it is deleted, too. */
	change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &other);
	change_finish(&changes);
	assert_int_equal(change_n_unseen(&changes), 0);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_finish(&changes);
	assert_int_equal(change_n_unseen(&changes), 5);
	change_add_table(&changes, CHANGE_OP_TABLE_DEL, FAMILY_IPV4);
	change_finish(&changes);
	assert_int_equal(change_n_unseen(&changes), 0);
	change_done(&changes);
}

/* Steps of one kind keep their order. */
static void test_changes_are_stable(void **state)
{
	struct changes changes;
	struct element e;
	uint16_t port;
	size_t i;

	(void)state;
	change_init(&changes, &skeleton);
	for (port = 1; port <= 101; port++) {
		e = verdict(FAMILY_IPV4, port, SET_VERDICT_DROP, NULL);
		change_add_element(&changes, port % 3 ? CHANGE_OP_ELEMENT_ADD : CHANGE_OP_ELEMENT_DEL,
				   SERVICE_NAME_NONE, &e);
	}
	change_finish(&changes);
	for (i = 1; i < changes.n; i++) {
		struct element before;

		assert_true(changes.list[i - 1].op <= changes.list[i].op);
		change_element(&changes, &changes.list[i - 1], &before);
		change_element(&changes, &changes.list[i], &e);
		if (changes.list[i - 1].op == changes.list[i].op)
			assert_true(before.key[5] < e.key[5]);
	}
	change_done(&changes);
}

static void test_chain_equal(void **state)
{
	struct rule rules[2] = { { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_REJECT } } } };
	struct rule other[2] = { { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_REJECT } } } };
	struct chain a = { .name = "a", .n_rules = 2, .rules = rules };
	struct chain b = { .name = "a", .n_rules = 2, .rules = other };

	(void)state;
	assert_true(rule_chain_equal(&a, &b));
	other[1].n_statements = 1;
	assert_false(rule_chain_equal(&a, &b));
	other[1].n_statements = 0;
	other[0].statements[0].modulus = 2;
	assert_false(rule_chain_equal(&a, &b));
	other[0].statements[0].modulus = 0;
	b.priority = 1;
	assert_false(rule_chain_equal(&a, &b));
	b.priority = 0;
	b.n_rules = 1;
	assert_false(rule_chain_equal(&a, &b));
}

static void test_snapshot(void **state)
{
	struct element wanted = endpoint("10.0.0.1", 80, 7, "10.0.0.9", 1), got;
	struct element six = endpoint("fd00::1", 80, 0, "fd00::2", 8080);
	struct snapshot snapshot;
	uint32_t i;

	(void)state;
	snapshot_init(&snapshot);
	for (i = 0; i < 20; i++) {
		struct element e = endpoint("10.0.0.1", 80, 19 - i, "10.0.0.2", 8080);

		snapshot_add_element(&snapshot, &e);
	}
	snapshot_add_element(&snapshot, &six);
	snapshot_add_chain(&snapshot, FAMILY_IPV4, "a", strdup("x"));
	snapshot_add_chain(&snapshot, FAMILY_IPV6, "a", strdup("y"));
	snapshot_seal(&snapshot);
	assert_int_equal(snapshot_find_element(&snapshot, &wanted, &got), 7);
	assert_false(set_element_same_data(&wanted, &got));
	wanted = endpoint("10.0.0.1", 80, 20, "10.0.0.9", 1);
	assert_true(snapshot_find_element(&snapshot, &wanted, &got) == SIZE_MAX);
	assert_string_equal(snapshot_find_chain(&snapshot, FAMILY_IPV6, "a")->fingerprint, "y");
	assert_null(snapshot_find_chain(&snapshot, FAMILY_IPV6, "b"));
	snapshot_done(&snapshot);
}

static void add_client_map(struct snapshot *snapshot, const char *name)
{
	struct client_map map = { .table = FAMILY_IPV4 };

	(void)snprintf(map.name, sizeof(map.name), "%s", name);
	snapshot_add_client_map(snapshot, &map);
}

/* Client maps come and go after a snapshot was made. */
static void test_snapshot_uses_other_client_maps(void **state)
{
	struct snapshot snapshot, now;

	(void)state;
	snapshot_init(&snapshot);
	add_client_map(&snapshot, "clients-01");
	add_client_map(&snapshot, "clients-02");
	snapshot_seal(&snapshot);
	snapshot_find_client_map(&snapshot, FAMILY_IPV4, "clients-02")->seen = true;
	snapshot_init(&now);
	add_client_map(&now, "clients-03");
	add_client_map(&now, "clients-02");
	snapshot_seal(&now);
	snapshot_use_client_maps(&snapshot, &now);
	snapshot_done(&now);
	assert_null(snapshot_find_client_map(&snapshot, FAMILY_IPV4, "clients-01"));
	assert_true(snapshot_find_client_map(&snapshot, FAMILY_IPV4, "clients-02")->seen);
	assert_false(snapshot_find_client_map(&snapshot, FAMILY_IPV4, "clients-03")->seen);
	snapshot_done(&snapshot);
}

static void test_snapshot_forgets_a_table(void **state)
{
	struct element four = endpoint("10.0.0.1", 80, 0, "10.0.0.2", 8080), got;
	struct element six = endpoint("fd00::1", 80, 0, "fd00::2", 8080);
	struct snapshot snapshot;

	(void)state;
	snapshot_init(&snapshot);
	snapshot.table[FAMILY_IPV4] = snapshot.table[FAMILY_IPV6] = SNAPSHOT_TABLE_OURS;
	snapshot_add_element(&snapshot, &six);
	snapshot_add_element(&snapshot, &four);
	snapshot_add_chain(&snapshot, FAMILY_IPV4, "a", strdup("x"));
	snapshot_add_chain(&snapshot, FAMILY_IPV6, "a", strdup("y"));
	snapshot_forget_table(&snapshot, FAMILY_IPV4, SNAPSHOT_TABLE_FOREIGN);
	snapshot_seal(&snapshot);
	assert_int_equal(snapshot.table[FAMILY_IPV4], SNAPSHOT_TABLE_FOREIGN);
	assert_int_equal(snapshot.n_elements, 1);
	assert_int_equal(snapshot_find_element(&snapshot, &six, &got), 0);
	assert_true(snapshot_find_element(&snapshot, &four, &got) == SIZE_MAX);
	assert_null(snapshot_find_chain(&snapshot, FAMILY_IPV4, "a"));
	assert_non_null(snapshot_find_chain(&snapshot, FAMILY_IPV6, "a"));
	snapshot_done(&snapshot);
}

static void test_invalidated(void **state)
{
	struct invalidated invalidated = { .n_elements = 0 }, more = { .n_elements = 0 };
	struct element four = endpoint("10.0.0.1", 80, 0, "10.0.0.2", 8080);
	struct element six = endpoint("fd00::1", 80, 0, "fd00::2", 8080);
	struct element other = endpoint("10.0.0.1", 81, 0, "10.0.0.2", 8080);

	(void)state;
	assert_false(invalidated_is_any(&invalidated));
	invalidated_add_element(&invalidated, &four);
	invalidated_add_element(&invalidated, &four);
	assert_int_equal(invalidated.n_elements, 1);
	assert_true(invalidated_has_element(&invalidated, &four));
	assert_false(invalidated_has_element(&invalidated, &six));
	assert_false(invalidated_has_element(&invalidated, &other));
	invalidated_add_chain(&invalidated, FAMILY_IPV4, "a");
	assert_true(invalidated_has_chain(&invalidated, FAMILY_IPV4, "a"));
	assert_false(invalidated_has_chain(&invalidated, FAMILY_IPV6, "a"));
	assert_false(invalidated_has_chain(&invalidated, FAMILY_IPV4, "b"));
	invalidated_add_element(&more, &other);
	invalidated_add_chain(&more, FAMILY_IPV6, "b");
	invalidated_add_set(&more, FAMILY_IPV6, six.set);
	invalidated_move(&invalidated, &more);
	assert_false(invalidated_is_any(&more));
	assert_true(invalidated_has_element(&invalidated, &other));
	assert_true(invalidated_has_element(&invalidated, &six));
	assert_true(invalidated_has_chain(&invalidated, FAMILY_IPV6, "b"));
	invalidated_done(&invalidated);
	assert_false(invalidated_has_element(&invalidated, &four));
}

/* It may say too much, never too little. */
static void test_invalidated_beyond_its_limits(void **state)
{
	struct invalidated invalidated = { .n_elements = 0 };
	struct element e;
	char name[80];
	unsigned int i;

	(void)state;
	for (i = 0; i < INVALIDATED_ELEMENTS_MAX + 1; i++) {
		e = endpoint("10.0.0.1", (uint16_t)(i + 1), 0, "10.0.0.2", 8080);
		invalidated_add_element(&invalidated, &e);
	}
	assert_int_equal(invalidated.n_elements, INVALIDATED_ELEMENTS_MAX);
	e = endpoint("10.0.0.1", 9999, 0, "10.0.0.2", 8080);
	assert_true(invalidated_has_element(&invalidated, &e));
	assert_false(invalidated.tables[FAMILY_IPV4]);
	for (i = 0; i < INVALIDATED_CHAINS_MAX + 1; i++) {
		(void)snprintf(name, sizeof(name), "chain-%u", i);
		invalidated_add_chain(&invalidated, FAMILY_IPV6, name);
	}
	assert_true(invalidated.tables[FAMILY_IPV6]);
	assert_true(invalidated_has_chain(&invalidated, FAMILY_IPV6, "any"));
	invalidated_done(&invalidated);
	memset(name, 'x', RULE_NAME_MAX + 1);
	name[RULE_NAME_MAX + 1] = '\0';
	invalidated_add_chain(&invalidated, FAMILY_IPV4, name);
	assert_true(invalidated.tables[FAMILY_IPV4]);
	invalidated_done(&invalidated);
}

static void test_partial_snapshot(void **state)
{
	struct invalidated invalidated = { .n_elements = 0 };
	struct element four = endpoint("10.0.0.1", 80, 0, "10.0.0.2", 8080);
	struct element six = endpoint("fd00::1", 80, 0, "fd00::2", 8080);
	struct element other = endpoint("10.0.0.1", 81, 0, "10.0.0.2", 8080);
	struct snapshot snapshot;

	(void)state;
	invalidated_add_table(&invalidated, FAMILY_IPV6);
	invalidated_add_element(&invalidated, &four);
	invalidated_add_chain(&invalidated, FAMILY_IPV4, "a");
	snapshot_init(&snapshot);
	assert_true(snapshot_knows_element(&snapshot, &other));
	snapshot_set_partial(&snapshot, &invalidated);
	assert_true(snapshot_knows_element(&snapshot, &six));
	assert_true(snapshot_knows_element(&snapshot, &four));
	assert_false(snapshot_knows_element(&snapshot, &other));
	assert_true(snapshot_knows_chain(&snapshot, FAMILY_IPV4, "a"));
	assert_false(snapshot_knows_chain(&snapshot, FAMILY_IPV4, "b"));
	assert_true(snapshot_knows_client_maps(&snapshot, FAMILY_IPV6));
	assert_false(snapshot_knows_client_maps(&snapshot, FAMILY_IPV4));
	snapshot_forget_table(&snapshot, FAMILY_IPV4, SNAPSHOT_TABLE_FOREIGN);
	assert_true(snapshot_knows_element(&snapshot, &other));
	snapshot_done(&snapshot);
	invalidated_done(&invalidated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_register_images),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_changes_unseen),
		cmocka_unit_test(test_changes_are_stable),
		cmocka_unit_test(test_chain_equal),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_snapshot_uses_other_client_maps),
		cmocka_unit_test(test_snapshot_forgets_a_table),
		cmocka_unit_test(test_invalidated),
		cmocka_unit_test(test_invalidated_beyond_its_limits),
		cmocka_unit_test(test_partial_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
