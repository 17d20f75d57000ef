/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/text.h"
#include "base/cleanup.h"

static const struct set_decl sets[] = {
	{ "addrs", SET_KIND_SET, { SET_FIELD_ADDR }, { 0 }, false },
	{ "verdicts", SET_KIND_VERDICT_MAP, { SET_FIELD_PROTOCOL, SET_FIELD_PORT }, { 0 }, false },
	{ "endpoints",
	  SET_KIND_MAP,
	  { SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX },
	  { SET_FIELD_ADDR, SET_FIELD_PORT },
	  false },
};

static const struct skeleton skeleton = {
	.table_name = "t",
	.family_enabled = { true, true },
	.n_sets = 3,
	.sets = sets,
};

static struct element element(const char *text)
{
	struct element e;
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	set_element_init(&e, addr.family, 0);
	set_key_addr(&e, &addr);
	return e;
}

static struct element verdict(uint16_t port)
{
	struct element e;

	set_element_init(&e, FAMILY_IPV4, 1);
	set_key_protocol(&e, PROTOCOL_UDP);
	set_key_port(&e, port);
	set_data_verdict(&e, SET_VERDICT_GOTO, "c");
	return e;
}

static void test_text(void **state)
{
	struct rule rules[1] = { { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_REJECT } } } };
	struct chain chain = { .table = FAMILY_IPV4,
			       .name = "c",
			       .hook = RULE_HOOK_OUTPUT,
			       .priority = -100,
			       .n_rules = 1,
			       .rules = rules };
	const struct {
		struct service_name owner;
		struct element e;
	} elements[] = {
		{ { "b", "x" }, element("10.0.0.2") },	     { { "b", "x" }, verdict(53) },
		{ SERVICE_NAME_NONE, element("192.0.2.1") }, { { "b", "x" }, element("10.0.0.1") },
		{ { "a", "y" }, element("10.0.0.3") },	     { { "b", "x" }, element("fd00::1") },
	};
	const char *expected = "table ip t\ndelete table ip t\n"
			       "table ip t {\n"
			       "\tset addrs {\n\t\ttype ipv4_addr\n\t}\n"
			       "\tmap verdicts {\n\t\ttype inet_proto . inet_service : verdict\n\t}\n"
			       "\tmap endpoints {\n\t\ttypeof meta l4proto . th dport . numgen random mod 2"
			       " : ip daddr . th dport\n\t}\n"
			       "\tchain c {\n\t\ttype nat hook output priority -100; policy accept;\n"
			       "\t\treject\n\t}\n"
			       "}\n"
			       "# this node\n"
			       "add element ip t addrs { 192.0.2.1 }\n"
			       "# Service a/y\n"
			       "add element ip t addrs { 10.0.0.3 }\n"
			       "# Service b/x\n"
			       "add element ip t addrs { 10.0.0.1,\n\t10.0.0.2 }\n"
			       "add element ip t verdicts { udp . 53 : goto c }\n"
			       "add element ip6 t addrs { fd00::1 }\n";
	struct buf text = BUF_INIT;
	struct changes changes;
	size_t i, round;

	(void)state;
	/* In this order and in the other. */
	for (round = 0; round < 2; round++) {
		change_init(&changes, &skeleton);
		change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chain);
		for (i = 0; i < ARRAY_SIZE(elements); i++) {
			size_t k = round ? ARRAY_SIZE(elements) - 1 - i : i;

			change_add_element(&changes, CHANGE_OP_ELEMENT_ADD, elements[k].owner,
					   &elements[k].e);
		}
		change_finish(&changes);
		buf_reset(&text);
		text_print(&changes, &text);
		assert_string_equal(buf_text(&text), expected);
		change_done(&changes);
	}
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
