/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/knowledge.h"

static void change(struct knowledge *knowledge)
{
	knowledge_change(knowledge, "nft (pid 123)");
}

static void lose(struct knowledge *knowledge)
{
	knowledge_lose(knowledge, NULL);
}

static void report(struct knowledge *knowledge)
{
	(void)knowledge_report(knowledge);
}

/* The table in knowledge.h. */
static const struct {
	const char *name;
	void (*event)(struct knowledge *knowledge);
	enum knowledge_state after[4];
} transitions[] = {
	{ "forget",
	  knowledge_forget,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED } },
	{ "change",
	  change,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_CHANGED, KNOWLEDGE_CHANGED } },
	{ "lose",
	  lose,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_CHANGED, KNOWLEDGE_CHANGED } },
	{ "report",
	  report,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_READ, KNOWLEDGE_CURRENT, KNOWLEDGE_INVALIDATED } },
	{ "doubt",
	  knowledge_doubt,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED } },
	{ "read", knowledge_read, { KNOWLEDGE_READ, KNOWLEDGE_READ, KNOWLEDGE_READ, KNOWLEDGE_READ } },
	{ "confirm",
	  knowledge_confirm,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_CURRENT, KNOWLEDGE_CURRENT, KNOWLEDGE_CHANGED } },
	{ "fail",
	  knowledge_fail,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED, KNOWLEDGE_INVALIDATED } },
	{ "commit",
	  knowledge_commit,
	  { KNOWLEDGE_INVALIDATED, KNOWLEDGE_CURRENT, KNOWLEDGE_CURRENT, KNOWLEDGE_INVALIDATED } },
};

static void test_transitions(void **state)
{
	int before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(transitions) / sizeof(*transitions); i++)
		for (before = KNOWLEDGE_INVALIDATED; before <= KNOWLEDGE_CHANGED; before++) {
			struct knowledge knowledge = { .state = before };

			transitions[i].event(&knowledge);
			if (knowledge.state != transitions[i].after[before])
				fail_msg("%s in state %d leads to %d", transitions[i].name, before,
					 knowledge.state);
			knowledge_done(&knowledge);
		}
}

static void test_repair(void **state)
{
	struct knowledge knowledge = { .state = KNOWLEDGE_INVALIDATED };

	(void)state;
	knowledge_forget(&knowledge);
	assert_true(knowledge.invalidated.tables[FAMILY_IPV4] && knowledge.invalidated.tables[FAMILY_IPV6]);
	assert_false(knowledge_may_commit(&knowledge));
	knowledge_read(&knowledge);
	assert_false(invalidated_is_any(&knowledge.invalidated));
	assert_true(knowledge.uncommitted.tables[FAMILY_IPV4]);
	assert_true(knowledge_may_commit(&knowledge));
	knowledge_commit(&knowledge);
	assert_false(invalidated_is_any(&knowledge.uncommitted));
	assert_true(knowledge_may_commit(&knowledge));

	invalidated_add_chain(&knowledge.invalidated, FAMILY_IPV4, "a");
	change(&knowledge);
	assert_string_equal(knowledge.changed_by, "nft (pid 123)");
	assert_false(knowledge_may_commit(&knowledge));
	assert_true(knowledge_report(&knowledge));
	assert_false(knowledge_report(&knowledge));
	knowledge_read(&knowledge);
	/* A further change before the commit is read back later, with those that were read without a commit. */
	invalidated_add_chain(&knowledge.invalidated, FAMILY_IPV4, "b");
	change(&knowledge);
	assert_false(knowledge_may_commit(&knowledge));
	assert_false(knowledge_report(&knowledge));
	knowledge_read(&knowledge);
	assert_true(invalidated_has_chain(&knowledge.uncommitted, FAMILY_IPV4, "a"));
	assert_true(invalidated_has_chain(&knowledge.uncommitted, FAMILY_IPV4, "b"));
	assert_false(knowledge.uncommitted.tables[FAMILY_IPV4]);
	knowledge_done(&knowledge);
}

static void test_lost_notifications(void **state)
{
	struct knowledge knowledge = { .state = KNOWLEDGE_CURRENT };

	(void)state;
	knowledge_lose(&knowledge, "unknown");
	assert_int_equal(knowledge.state, KNOWLEDGE_CHANGED);
	assert_true(knowledge.invalidated.tables[FAMILY_IPV4] && knowledge.invalidated.tables[FAMILY_IPV6]);
	assert_string_equal(knowledge.changed_by, "unknown");
	knowledge_done(&knowledge);
}

/* What a survey compares is not read back, what is named is; suspicions that come during a survey stay. */
static void test_suspicion(void **state)
{
	const uint64_t sets = UINT64_C(1) << 3 | UINT64_C(1) << 5;
	struct knowledge knowledge = { .state = KNOWLEDGE_CURRENT };
	unsigned int n;

	(void)state;
	invalidated_add_chain(&knowledge.invalidated, FAMILY_IPV4, "a");
	invalidated_add_set(&knowledge.invalidated, FAMILY_IPV4, 3);
	invalidated_add_set(&knowledge.invalidated, FAMILY_IPV4, 4);
	invalidated_add_set(&knowledge.invalidated, FAMILY_IPV6, 5);
	change(&knowledge);
	assert_true(knowledge_report(&knowledge));
	knowledge_suspect(&knowledge, FAMILY_IPV4, false, sets);
	assert_int_equal(knowledge.state, KNOWLEDGE_INVALIDATED);
	assert_true(knowledge.suspect);
	assert_true(knowledge.invalidated.sets[FAMILY_IPV4] == UINT64_C(1) << 4);
	assert_true(knowledge.invalidated.sets[FAMILY_IPV6] == UINT64_C(1) << 5);
	assert_true(invalidated_has_chain(&knowledge.invalidated, FAMILY_IPV4, "a"));
	knowledge_read(&knowledge);
	knowledge_commit(&knowledge);
	assert_int_equal(knowledge.state, KNOWLEDGE_CURRENT);
	assert_true(knowledge_may_commit(&knowledge));
	assert_true(knowledge.suspect);

	n = knowledge.n_suspicions;
	knowledge_lose(&knowledge, NULL);
	invalidated_add_chain(&knowledge.invalidated, FAMILY_IPV4, "b");
	invalidated_add_set(&knowledge.invalidated, FAMILY_IPV4, 3);
	knowledge_suspect(&knowledge, FAMILY_IPV4, true, 0);
	assert_false(invalidated_has_chain(&knowledge.invalidated, FAMILY_IPV4, "b"));
	assert_true(!knowledge.invalidated.sets[FAMILY_IPV4]);
	assert_false(knowledge.invalidated.tables[FAMILY_IPV4]);
	assert_true(knowledge.invalidated.tables[FAMILY_IPV6]);
	knowledge_surveyed(&knowledge, n);
	assert_true(knowledge.suspect);
	knowledge_surveyed(&knowledge, n + 1);
	assert_false(knowledge.suspect);

	/* The same while it was read and not committed. */
	knowledge_forget(&knowledge);
	knowledge_read(&knowledge);
	knowledge_suspect(&knowledge, FAMILY_IPV4, true, 0);
	assert_false(knowledge.uncommitted.tables[FAMILY_IPV4]);
	knowledge_commit(&knowledge);
	assert_true(knowledge.suspect);

	/* All of both tables is read. */
	knowledge_forget(&knowledge);
	knowledge_read(&knowledge);
	assert_true(knowledge.suspect);
	knowledge_commit(&knowledge);
	assert_false(knowledge.suspect);
	knowledge_done(&knowledge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transitions),
		cmocka_unit_test(test_repair),
		cmocka_unit_test(test_lost_notifications),
		cmocka_unit_test(test_suspicion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
