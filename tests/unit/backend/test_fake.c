/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/fake.h"

static const struct set_decl sets[] = { { "ports", SET_KIND_SET, { SET_FIELD_PORT }, { 0 }, false } };

static const struct skeleton skeleton = {
	.table_name = "t",
	.family_enabled = { true, true },
	.n_sets = 1,
	.sets = sets,
};

static void add_port(struct changes *changes, enum change_op op, uint16_t port)
{
	struct element e;

	set_element_init(&e, FAMILY_IPV4, 0);
	set_key_port(&e, port);
	change_add_element(changes, op, SERVICE_NAME_NONE, &e);
}

static int commit(struct fake *fake, struct changes *changes, struct backend_report *report)
{
	struct err err = { 0 };
	int r;

	change_finish(changes);
	r = fake_commit(fake, changes, report, &err);
	assert_int_equal(err.code, r);
	change_done(changes);
	return r;
}

static void test_commits(void **state)
{
	struct backend_report report;
	struct fake *fake = fake_new();
	struct changes changes;
	size_t small;

	(void)state;
	change_init(&changes, &skeleton);
	assert_int_equal(commit(fake, &changes, &report), 0);
	assert_int_equal(report.bytes, 0);
	assert_int_equal(fake_n_commits(fake), 0);

	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 1);
	assert_int_equal(commit(fake, &changes, &report), 0);
	assert_true(report.bytes > 0);
	assert_true(report.failed == SIZE_MAX);
	assert_int_equal(fake_n_commits(fake), 1);

	change_init(&changes, &skeleton);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 2);
	assert_int_equal(commit(fake, &changes, &report), 0);
	small = report.bytes;
	change_init(&changes, &skeleton);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 3);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 4);
	assert_int_equal(commit(fake, &changes, &report), 0);
	assert_true(report.bytes > small);
	fake_free(fake);
}

static void test_failures(void **state)
{
	struct backend_report report;
	struct fake *fake = fake_new();
	struct changes changes;

	(void)state;
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	fake_fail_at(fake, 0, -ENOBUFS);
	assert_int_equal(commit(fake, &changes, &report), -ENOBUFS);
	assert_int_equal(report.failed, 0);
	assert_false(image_has_table(fake_image(fake), FAMILY_IPV4));

	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	fake_fail_at(fake, 1, -EMSGSIZE);
	assert_int_equal(commit(fake, &changes, &report), -EMSGSIZE);
	assert_true(report.failed == SIZE_MAX);

	/* Once only; and what the kernel would refuse is refused without being asked for. */
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	assert_int_equal(commit(fake, &changes, &report), 0);
	change_init(&changes, &skeleton);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 1);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 2);
	add_port(&changes, CHANGE_OP_ELEMENT_DEL, 3);
	assert_int_equal(commit(fake, &changes, &report), -ENOENT);
	assert_int_equal(report.failed, 0);
	assert_int_equal(fake_n_commits(fake), 1);

	fake_fail_at(fake, 0, -ENOBUFS);
	fake_fail_at(fake, 0, 0);
	change_init(&changes, &skeleton);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 1);
	assert_int_equal(commit(fake, &changes, &report), 0);
	fake_free(fake);
}

static void test_read(void **state)
{
	struct rule rules[1] = { { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_REJECT } } } };
	struct chain chain = { .table = FAMILY_IPV4, .name = "c", .n_rules = 1, .rules = rules };
	struct backend_report report;
	struct fake *fake = fake_new();
	struct buf text = BUF_INIT;
	struct snapshot snapshot;
	struct changes changes;

	(void)state;
	change_init(&changes, &skeleton);
	change_add_table(&changes, CHANGE_OP_TABLE_ADD, FAMILY_IPV4);
	change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &chain);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 1);
	add_port(&changes, CHANGE_OP_ELEMENT_ADD, 2);
	assert_int_equal(commit(fake, &changes, &report), 0);
	snapshot_init(&snapshot);
	fake_read(fake, &snapshot);
	snapshot_seal(&snapshot);
	assert_int_equal(snapshot.table[FAMILY_IPV4], SNAPSHOT_TABLE_OURS);
	assert_int_equal(snapshot.table[FAMILY_IPV6], SNAPSHOT_TABLE_ABSENT);
	assert_int_equal(snapshot.n_elements, 2);
	snapshot.fingerprint(snapshot.ctx, &chain, &text);
	assert_string_equal(snapshot_find_chain(&snapshot, FAMILY_IPV4, "c")->fingerprint, buf_text(&text));
	buf_reset(&text);
	chain.n_rules = 0;
	snapshot.fingerprint(snapshot.ctx, &chain, &text);
	assert_string_not_equal(snapshot_find_chain(&snapshot, FAMILY_IPV4, "c")->fingerprint,
				buf_text(&text));
	buf_done(&text);
	snapshot_done(&snapshot);
	fake_free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commits),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
