/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ruleset/image.h"

enum {
	SET_ADDRS,
	SET_VERDICTS,
	SET_TARGETS
};

static const struct set_decl sets[] = {
	[SET_ADDRS] = { "addrs", SET_KIND_SET, { SET_FIELD_ADDR }, { 0 }, false },
	[SET_VERDICTS] = { "verdicts", SET_KIND_VERDICT_MAP, { SET_FIELD_PORT }, { 0 }, false },
	[SET_TARGETS] = { "targets",
			  SET_KIND_MAP,
			  { SET_FIELD_PORT, SET_FIELD_INDEX },
			  { SET_FIELD_ADDR, SET_FIELD_PORT },
			  false },
};

static const struct skeleton skeleton = {
	.table_name = "t",
	.family_enabled = { true, true },
	.n_sets = 3,
	.sets = sets,
};

static struct chain make_chain(const char *name, enum rule_hook hook, struct rule *rules, size_t n)
{
	struct chain chain = { .table = FAMILY_IPV4, .hook = hook, .n_rules = n, .rules = rules };

	(void)snprintf(chain.name, sizeof(chain.name), "%s", name);
	return chain;
}

static struct rule make_jump(const char *to)
{
	struct rule rule = { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_JUMP } } };

	(void)snprintf(rule.statements[0].chain, sizeof(rule.statements[0].chain), "%s", to);
	return rule;
}

static struct rule make_vmap(void)
{
	return (struct rule){ .n_statements = 1,
			      .statements = { { .kind = RULE_STATEMENT_VMAP,
						.n_selectors = 1,
						.selectors = { RULE_SELECTOR_DPORT },
						.set = SET_VERDICTS } } };
}

static struct rule make_plain(enum rule_statement_kind kind)
{
	return (struct rule){ .n_statements = 1, .statements = { { .kind = kind } } };
}

static struct element make_addr(const char *text)
{
	struct element e;
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	set_element_init(&e, addr.family, SET_ADDRS);
	set_key_addr(&e, &addr);
	return e;
}

static struct element make_verdict(uint16_t port, const char *chain)
{
	struct element e;

	set_element_init(&e, FAMILY_IPV4, SET_VERDICTS);
	set_key_port(&e, port);
	set_data_verdict(&e, chain ? SET_VERDICT_GOTO : SET_VERDICT_DROP, chain);
	return e;
}

static struct element make_target(uint16_t port, uint32_t index, const char *text)
{
	struct element e;
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	set_element_init(&e, FAMILY_IPV4, SET_TARGETS);
	set_key_port(&e, port);
	set_key_index(&e, index);
	set_data_addr(&e, &addr);
	set_data_port(&e, 8080);
	return e;
}

/* The transaction that is being built. */
static struct changes changes;

static void begin(void)
{
	change_init(&changes, &skeleton);
}

static void put(enum change_op op, struct element e)
{
	change_add_element(&changes, op, SERVICE_NAME_NONE, &e);
}

static void expect(struct image *image, int code)
{
	struct err err = { 0 };
	int r;

	change_finish(&changes);
	r = image_apply(image, &changes, &err);
	if (r != code)
		print_message("%d: %s\n", r, err.text);
	assert_int_equal(r, code);
	assert_int_equal(err.code, code);
	if (!r)
		assert_true(image_failed_step(image) == SIZE_MAX);
	change_done(&changes);
}

static char *print(const struct image *image)
{
	struct buf text = BUF_INIT;

	image_print(image, &text);
	(void)buf_text(&text);
	return text.data;
}

/* prerouting -> dispatch -> vmap; lb and empty. A rejected change must leave the text as it is. */
static struct image *make_image(void)
{
	struct rule jump = make_jump("dispatch"), vmap = make_vmap();
	struct chain prerouting = make_chain("prerouting", RULE_HOOK_PREROUTING, &jump, 1);
	struct chain dispatch = make_chain("dispatch", RULE_HOOK_NONE, &vmap, 1);
	struct chain lb = make_chain("lb", RULE_HOOK_NONE, NULL, 0);
	struct chain empty = make_chain("empty", RULE_HOOK_NONE, NULL, 0);
	struct image *image = image_new();

	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_DEL, FAMILY_IPV4);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &lb);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &empty);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &dispatch);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &prerouting);
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(80, "lb"));
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(81, NULL));
	put(CHANGE_OP_ELEMENT_ADD, make_target(80, 0, "10.0.0.1"));
	put(CHANGE_OP_ELEMENT_ADD, make_addr("10.96.0.1"));
	expect(image, 0);
	return image;
}

static void test_print(void **state)
{
	struct image *image = make_image();
	char *text = print(image);

	(void)state;
	assert_string_equal(text, "table ip t {\n"
				  "\tset addrs {\n\t\t10.96.0.1\n\t}\n"
				  "\tmap verdicts {\n\t\t80 : goto lb\n\t\t81 : drop\n\t}\n"
				  "\tmap targets {\n\t\t80 . 0 : 10.0.0.1 . 8080\n\t}\n"
				  "\tchain dispatch {\n\t\tth dport vmap @verdicts\n\t}\n"
				  "\tchain empty {\n\t}\n"
				  "\tchain lb {\n\t}\n"
				  "\tchain prerouting { type nat hook prerouting priority 0;\n"
				  "\t\tjump dispatch\n\t}\n"
				  "}\n");
	free(text);
	assert_non_null(image_find_chain(image, FAMILY_IPV4, "lb"));
	assert_null(image_find_chain(image, FAMILY_IPV6, "lb"));
	assert_true(image_has_table(image, FAMILY_IPV4));
	assert_false(image_has_table(image, FAMILY_IPV6));
	assert_string_equal(image_skeleton(image)->sets[SET_TARGETS].name, "targets");
	image_free(image);
}

/* Apply @changes, which must be rejected. Steps before the rejected one must be undone. */
static void refuse(struct image *image, int code)
{
	struct rule jump = make_jump("lb");
	struct chain extra = make_chain("extra", RULE_HOOK_NONE, &jump, 1);
	struct chain refilled = make_chain("dispatch", RULE_HOOK_NONE, &jump, 1);
	char *before = print(image), *after;
	size_t step;

	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &extra);
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &refilled);
	put(CHANGE_OP_ELEMENT_DEL, make_verdict(81, NULL));
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(83, "extra"));
	step = changes.n;
	expect(image, code);
	assert_true(image_failed_step(image) < step);
	after = print(image);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_refused_elements(void **state)
{
	struct image *image = make_image();
	struct element bad = make_addr("10.96.0.9");

	(void)state;
	begin();
	put(CHANGE_OP_ELEMENT_ADD, make_target(80, 0, "10.0.0.2"));
	refuse(image, -EEXIST);
	begin();
	put(CHANGE_OP_ELEMENT_DEL, make_target(80, 1, "10.0.0.1"));
	refuse(image, -ENOENT);
	begin();
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(82, "nowhere"));
	refuse(image, -ENOENT);
	begin();
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(82, "prerouting"));
	refuse(image, -EOPNOTSUPP);
	begin();
	put(CHANGE_OP_ELEMENT_ADD, make_addr("fd00::1"));
	refuse(image, -ENOENT);
	begin();
	bad.key_size = 3;
	put(CHANGE_OP_ELEMENT_ADD, bad);
	refuse(image, -EINVAL);
	begin();
	bad = make_target(80, 1, "10.0.0.1");
	bad.data_size = 4;
	put(CHANGE_OP_ELEMENT_ADD, bad);
	refuse(image, -EINVAL);
	image_free(image);
}

static void test_refused_chains(void **state)
{
	struct image *image = make_image();
	struct rule nowhere = make_jump("nowhere");
	struct chain lb = make_chain("lb", RULE_HOOK_NONE, NULL, 0);
	struct chain dispatch = make_chain("dispatch", RULE_HOOK_NONE, NULL, 0);
	struct chain missing = make_chain("missing", RULE_HOOK_NONE, NULL, 0);
	struct chain lost = make_chain("lost", RULE_HOOK_NONE, &nowhere, 1);
	struct chain moved = make_chain("prerouting", RULE_HOOK_PREROUTING, NULL, 0);

	(void)state;
	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	refuse(image, -EEXIST);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &lb);
	refuse(image, -EEXIST);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &lb);
	refuse(image, -EBUSY);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &dispatch);
	refuse(image, -EBUSY);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &missing);
	refuse(image, -ENOENT);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &missing);
	refuse(image, -ENOENT);
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &lost);
	refuse(image, -ENOENT);
	begin();
	moved.priority = 5;
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &moved);
	refuse(image, -EEXIST);
	image_free(image);
}

static void test_refused_when_it_ends(void **state)
{
	struct image *image = make_image();
	struct rule jump = make_jump("dispatch"), masquerade = make_plain(RULE_STATEMENT_MASQUERADE);
	struct rule deeper[RULE_DEPTH_MAX];
	struct chain deep[RULE_DEPTH_MAX];
	struct chain lb;
	char *before = print(image), *after;
	char name[16], next[16];
	size_t i;

	(void)state;
	begin();
	lb = make_chain("lb", RULE_HOOK_NONE, &jump, 1);
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &lb);
	expect(image, -ELOOP);
	begin();
	lb = make_chain("lb", RULE_HOOK_NONE, &masquerade, 1);
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &lb);
	expect(image, -EOPNOTSUPP);
	begin();
	for (i = RULE_DEPTH_MAX; i-- > 0;) {
		(void)snprintf(name, sizeof(name), "deep-%zu", i);
		(void)snprintf(next, sizeof(next), "deep-%zu", i + 1);
		deeper[i] = make_jump(next);
		deep[i] = make_chain(name, RULE_HOOK_NONE, &deeper[i], i + 1 < RULE_DEPTH_MAX);
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &deep[i]);
	}
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(84, "deep-0"));
	expect(image, -EMLINK);
	after = print(image);
	assert_string_equal(before, after);
	free(before);
	free(after);
	image_free(image);
}

static void test_replacements(void **state)
{
	struct image *image = make_image();
	struct rule vmap = make_vmap();
	struct chain lb = make_chain("lb", RULE_HOOK_NONE, NULL, 0);
	struct chain lb2 = make_chain("lb2", RULE_HOOK_NONE, NULL, 0);
	struct chain dispatch = make_chain("dispatch", RULE_HOOK_NONE, &vmap, 1);
	const struct element *found;
	struct element e;

	(void)state;
	begin();
	/* The same data again is allowed; other data only if the same transaction deletes the old element. */
	put(CHANGE_OP_ELEMENT_ADD, make_addr("10.96.0.1"));
	put(CHANGE_OP_ELEMENT_DEL, make_target(80, 0, "10.0.0.1"));
	put(CHANGE_OP_ELEMENT_ADD, make_target(80, 0, "10.0.0.2"));
	put(CHANGE_OP_ELEMENT_DEL, make_verdict(80, NULL));
	put(CHANGE_OP_ELEMENT_ADD, make_verdict(80, "lb2"));
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &lb2);
	change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, &dispatch);
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &lb);
	expect(image, 0);
	assert_null(image_find_chain(image, FAMILY_IPV4, "lb"));
	e = make_target(80, 0, "10.0.0.2");
	found = image_find_element(image, FAMILY_IPV4, SET_TARGETS, e.key, e.key_size);
	assert_non_null(found);
	assert_true(set_element_same_data(found, &e));

	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_DEL, FAMILY_IPV4);
	expect(image, 0);
	assert_null(image_skeleton(image));
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &lb);
	expect(image, -ENOENT);
	image_free(image);
}

static void test_base_chain_order(void **state)
{
	struct chain chains[] = {
		make_chain("late", RULE_HOOK_OUTPUT, NULL, 0),
		make_chain("first", RULE_HOOK_OUTPUT, NULL, 0),
		make_chain("second", RULE_HOOK_OUTPUT, NULL, 0),
		make_chain("other", RULE_HOOK_INPUT, NULL, 0),
		make_chain("zeroth", RULE_HOOK_OUTPUT, NULL, 0),
	};
	const int32_t priorities[] = { 100, -100, -5, -300, -100 };
	struct image *image = image_new();
	const struct chain *chain = NULL;
	struct buf order = BUF_INIT;
	size_t i;

	(void)state;
	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	for (i = 0; i < 5; i++) {
		chains[i].priority = priorities[i];
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chains[i]);
	}
	expect(image, 0);
	while ((chain = image_each_base_chain(image, FAMILY_IPV4, RULE_HOOK_OUTPUT, chain)))
		buf_printf(&order, "%s ", chain->name);
	assert_string_equal(buf_text(&order), "zeroth first second late ");
	buf_done(&order);
	image_free(image);
}

/* Client maps are added before the rules that use them, and deleted after them; a rejection restores all. */
static void test_client_maps(void **state)
{
	struct rule rule = make_plain(RULE_STATEMENT_CLIENT_UPDATE);
	struct chain chain = make_chain("learn", RULE_HOOK_NONE, &rule, 1);
	struct client_map map = { .table = FAMILY_IPV4, .name = "m" };
	struct client client = { .has_addr = true, .has_port = true, .port = 80 };
	struct image *image = image_new();
	struct client_key other = { .client = { 0 } };

	(void)state;
	client.key.list.words[0] = 7;
	client.key.client[3] = 1;
	(void)snprintf(rule.statements[0].client_map, sizeof(rule.statements[0].client_map), "m");
	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chain);
	expect(image, -ENOENT);
	begin();
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, SERVICE_NAME_NONE, &map);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chain);
	expect(image, 0);
	image_learn_client(image, FAMILY_IPV4, "m", &client);
	client.port = 81;
	image_learn_client(image, FAMILY_IPV4, "m", &client);
	assert_int_equal(image_find_client(image, FAMILY_IPV4, "m", &client.key)->port, 80);
	/* The same client of another list is another entry. */
	other.list.words[1] = 7;
	other.client[3] = 1;
	assert_null(image_find_client(image, FAMILY_IPV4, "m", &other));
	begin();
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_ADD, SERVICE_NAME_NONE, &map);
	expect(image, -EEXIST);
	begin();
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE, &map);
	expect(image, -EBUSY);
	begin();
	change_del_client(&changes, SERVICE_NAME_NONE, &map, &client);
	change_del_client(&changes, SERVICE_NAME_NONE, &map, &client);
	expect(image, -ENOENT);
	assert_non_null(image_find_client(image, FAMILY_IPV4, "m", &client.key));
	begin();
	change_del_client(&changes, SERVICE_NAME_NONE, &map, &client);
	expect(image, 0);
	assert_null(image_find_client(image, FAMILY_IPV4, "m", &client.key));
	begin();
	change_add_chain(&changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, &chain);
	change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE, &map);
	expect(image, 0);
	assert_null(image_each_client_map(image, FAMILY_IPV4, NULL));
	image_free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),	       cmocka_unit_test(test_refused_elements),
		cmocka_unit_test(test_refused_chains), cmocka_unit_test(test_refused_when_it_ends),
		cmocka_unit_test(test_replacements),   cmocka_unit_test(test_base_chain_order),
		cmocka_unit_test(test_client_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
