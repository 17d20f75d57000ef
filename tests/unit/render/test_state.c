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
#include "lib/plans.h"
#include "render/layout.h"
#include "render/source_list.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/image.h"
#include "ruleset/snapshot.h"

/* Cases like those of random_changes, but with fixed numbers and names. */

static struct arena *arena;
static struct state *installed;
static struct image *image;
static struct changes changes;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	installed = state_new();
	image = image_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_free(installed);
	image_free(image);
	arena_free(arena);
	return 0;
}

static struct plan *make_plan(const char *name, size_t number, size_t n_endpoints, size_t first_endpoint)
{
	return plans_cluster_ip(arena, name, number, n_endpoints, first_endpoint);
}

static void begin(void)
{
	const struct layout_node node = { .family = { { .enabled = true }, { .enabled = false } } };
	const struct service_elements nothing = { .n = 0 };
	struct skeleton skeleton;

	layout_skeleton(&node, arena, &skeleton);
	state_begin(installed, &skeleton, &nothing);
}

/* The steps about chains of the last transaction; what the changes point to ends with it. */
static struct chain_step {
	uint8_t op;
	size_t n_rules;
	struct rule first_rule;
	char name[RULE_NAME_MAX + 1];
} chain_steps[64];
static size_t n_chain_steps;

static void note_chain_steps(void)
{
	size_t i;

	n_chain_steps = 0;
	for (i = 0; i < changes.n; i++) {
		const struct change *change = &changes.list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD && change->op != CHANGE_OP_CHAIN_REFILL &&
		    change->op != CHANGE_OP_CHAIN_DEL)
			continue;
		assert_true(n_chain_steps < sizeof(chain_steps) / sizeof(*chain_steps));
		chain_steps[n_chain_steps].op = change->op;
		chain_steps[n_chain_steps].n_rules = change->chain->n_rules;
		if (change->chain->n_rules)
			chain_steps[n_chain_steps].first_rule = change->chain->rules[0];
		memcpy(chain_steps[n_chain_steps++].name, change->chain->name, RULE_NAME_MAX + 1);
	}
}

static void finish(void)
{
	struct err err = { 0 };

	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	note_chain_steps();
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	state_commit(installed);
}

static void make_services(size_t n)
{
	char name[24];
	size_t i;

	begin();
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "s%zu", i);
		state_plan(installed, make_plan(name, i, 10, i * 10));
	}
	finish();
	change_done(&changes);
}

/* Replace an endpoint by one that sorts last. Returns the number of steps and the bytes of the elements. */
static void replace_one(size_t n_services, size_t *ret_steps, size_t *ret_size)
{
	struct plan *plan;

	make_services(n_services);
	plan = make_plan("s3", 3, 10, 30);
	((struct pool_endpoint *)plan->pools[0].endpoints)[9].addr = plans_addr(10, 244, 60000);
	begin();
	state_plan(installed, plan);
	finish();
	*ret_steps = changes.n;
	*ret_size = changes.elements.size;
	change_done(&changes);
}

static void test_cost_follows_the_change(void **state)
{
	size_t few_steps, few_size, many_steps, many_size;

	replace_one(5, &few_steps, &few_size);
	(void)teardown(state);
	(void)setup(state);
	replace_one(2000, &many_steps, &many_size);
	assert_int_equal(few_steps, 2);
	assert_int_equal(many_steps, few_steps);
	assert_int_equal(many_size, few_size);
	/* One endpoint more: an element is added, and a verdict is replaced. The chain for so many was kept ready. */
	begin();
	state_plan(installed, make_plan("s4", 4, 11, 40));
	finish();
	assert_int_equal(changes.n, 3);
	change_done(&changes);
	begin();
	finish();
	assert_int_equal(changes.n, 0);
	change_done(&changes);
}

static void expect_service(struct service_name service, const char *expected)
{
	char text[SERVICE_NAME_TEXT_SIZE];

	assert_string_equal(service_name_print(service, text), expected);
}

static void expect_affected(const char *expected)
{
	struct service_name service = SERVICE_NAME_NONE;
	uint64_t part;

	assert_int_equal(state_next_affected(installed, &service, &part), *expected != '\0');
	expect_service(service, expected);
}

static void expect_conflict(const char *winner, const char *loser)
{
	struct state_conflict conflict;

	if (!winner) {
		assert_false(state_next_conflict(installed, &conflict));
		return;
	}
	assert_true(state_next_conflict(installed, &conflict));
	expect_service(conflict.winner, winner);
	expect_service(conflict.loser, loser);
	assert_int_equal(conflict.frontend->port, 80);
}

static void test_conflicts(void **state)
{
	struct plan *younger = make_plan("a", 1, 1, 1), *older = make_plan("b", 1, 1, 2);
	struct plan gone = { .service = { "default", "b" } };

	(void)state;
	younger->creation_time_s = 5;
	older->creation_time_s = 4;
	begin();
	state_plan(installed, younger);
	expect_affected("");
	finish();
	expect_conflict(NULL, NULL);
	change_done(&changes);

	/* The older Service takes the address over; the younger one must be planned again, and gets the conflict. */
	begin();
	state_plan(installed, older);
	expect_affected("default/a");
	state_plan(installed, younger);
	expect_affected("");
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	expect_conflict("default/b", "default/a");
	expect_conflict(NULL, NULL);
	change_done(&changes);
	state_rollback(installed);

	/* After the rollback both are planned again; then the older Service is deleted. */
	begin();
	assert_true(state_plan(installed, older));
	assert_true(state_plan(installed, younger));
	assert_false(state_plan(installed, younger));
	finish();
	change_done(&changes);
	begin();
	state_plan(installed, &gone);
	expect_affected("default/a");
	state_plan(installed, younger);
	finish();
	expect_conflict(NULL, NULL);
	change_done(&changes);
}

/* S16: a Service with endpoints goes before one without, whatever its age, as long as it has endpoints. */
static void test_conflict_of_one_without_endpoints(void **state)
{
	struct plan *younger = make_plan("a", 1, 1, 1), *older = make_plan("b", 1, 1, 2);
	struct plan *idle = make_plan("b", 1, 1, 2);

	(void)state;
	younger->creation_time_s = 5;
	older->creation_time_s = idle->creation_time_s = 4;
	idle->frontends[0].target.verdict = PLAN_VERDICT_REJECT;
	begin();
	state_plan(installed, idle);
	state_plan(installed, younger);
	finish();
	assert_true(state_owns(installed, younger->service, &younger->frontends[0]));
	assert_false(state_owns(installed, idle->service, &idle->frontends[0]));
	change_done(&changes);

	begin();
	state_plan(installed, older);
	expect_affected("default/a");
	state_plan(installed, younger);
	finish();
	assert_true(state_owns(installed, older->service, &older->frontends[0]));
	change_done(&changes);

	begin();
	state_plan(installed, idle);
	expect_affected("default/a");
	state_plan(installed, younger);
	finish();
	assert_true(state_owns(installed, younger->service, &younger->frontends[0]));
	assert_false(state_owns(installed, idle->service, &idle->frontends[0]));
	change_done(&changes);
}

/* S16: which front ends leave an address of the node to a node port */
static void test_yielding(void **state)
{
	static const struct {
		enum frontend_kind kind;
		enum plan_verdict verdict;
		bool yields;
	} cases[] = {
		{ FRONTEND_KIND_EXTERNAL_IP, PLAN_VERDICT_REJECT, true },
		{ FRONTEND_KIND_LOAD_BALANCER_IP, PLAN_VERDICT_REJECT, true },
		{ FRONTEND_KIND_CLUSTER_IP, PLAN_VERDICT_REJECT, false },
		{ FRONTEND_KIND_EXTERNAL_IP, PLAN_VERDICT_POOL, false },
		{ FRONTEND_KIND_LOAD_BALANCER_IP, PLAN_VERDICT_POOL, false },
	};
	size_t i;

	(void)state;
	assert_false(state_yields(installed, &make_plan("a", 1, 1, 1)->frontends[0]));
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct plan *plan = make_plan("a", 1, 1, 1);

		plan->frontends[0].kind = cases[i].kind;
		plan->frontends[0].target.verdict = cases[i].verdict;
		begin();
		state_plan(installed, plan);
		finish();
		assert_int_equal(state_yields(installed, &plan->frontends[0]), cases[i].yields);
		change_done(&changes);
	}
}

/* The Service that is named if the kernel rejects a step. */
static void test_owners(void **state)
{
	struct element e;
	size_t i;

	(void)state;
	make_services(3);
	begin();
	state_plan(installed, make_plan("s1", 1, 3, 100));
	state_plan(installed, make_plan("s2", 2, 0, 0));
	finish();
	assert_true(changes.n > 0);
	for (i = 0; i < changes.n; i++) {
		struct service_name owner = changes.list[i].owner;

		if (changes.list[i].op != CHANGE_OP_ELEMENT_ADD &&
		    changes.list[i].op != CHANGE_OP_ELEMENT_DEL)
			continue;
		change_element(&changes, &changes.list[i], &e);
		expect_service(owner, e.key[3] == 1 ? "default/s1" : "default/s2");
	}
	change_done(&changes);
}

/* The owner of a shared chain is the first Service by name, not the one that is planned first. */
static void test_owner_of_what_is_shared(void **state)
{
	struct plan *a = make_plan("a", 1, 1, 1), *b = make_plan("b", 2, 1, 1);
	size_t round, i, n = 0;

	for (round = 0; round < 2; round++) {
		begin();
		state_plan(installed, round ? a : b);
		state_plan(installed, round ? b : a);
		finish();
		for (i = 0; i < changes.n; i++) {
			if (changes.list[i].op != CHANGE_OP_CHAIN_ADD ||
			    !service_name_is_set(changes.list[i].owner))
				continue;
			expect_service(changes.list[i].owner, "default/a");
			n++;
		}
		change_done(&changes);
		(void)teardown(state);
		(void)setup(state);
		a = make_plan("a", 1, 1, 1);
		b = make_plan("b", 2, 1, 1);
	}
	assert_true(n >= 2);
}

/* A rollback gives front ends back: the refused Service does not keep one from another Service. */
static void test_rollback_of_owners(void **state)
{
	struct plan *younger = make_plan("a", 1, 1, 1), *older = make_plan("b", 1, 1, 2);

	(void)state;
	younger->creation_time_s = 5;
	older->creation_time_s = 4;
	begin();
	state_plan(installed, younger);
	finish();
	change_done(&changes);
	begin();
	state_plan(installed, older);
	assert_true(state_owns(installed, older->service, &older->frontends[0]));
	state_rollback(installed);
	begin();
	state_plan(installed, younger);
	assert_true(state_owns(installed, younger->service, &younger->frontends[0]));
	finish();
	assert_int_equal(changes.n, 0);
	change_done(&changes);
}

/* A kept Service gives up the elements of a front end that another one gets, and no others. */
static void test_kept_service_loses_a_front_end(void **state)
{
	struct plan *younger = make_plan("a", 1, 2, 1), *older = make_plan("b", 1, 1, 2);

	(void)state;
	younger->creation_time_s = 5;
	older->creation_time_s = 4;
	begin();
	state_plan(installed, younger);
	finish();
	change_done(&changes);
	begin();
	state_keep(installed, make_plan("a", 7, 0, 0), false);
	finish();
	assert_int_equal(changes.n, 0);
	change_done(&changes);
	begin();
	state_plan(installed, older);
	expect_affected("default/a");
	state_keep(installed, younger, false);
	expect_affected("");
	finish();
	assert_int_equal(state_n_elements(installed), 4); /* of one Service with one endpoint */
	change_done(&changes);
}

/* make_plan() with one endpoint, for clients of 10.0.0.0/8 and 192.168.0.0/16 only. */
static struct plan *make_restricted(const char *name, size_t number)
{
	struct plan *plan = make_plan(name, number, 1, number);
	struct cidr *ranges = arena_array(arena, 2, sizeof(*ranges));

	ranges[0] = (struct cidr){ plans_addr(10, 0, 0), 8 };
	ranges[1] = (struct cidr){ plans_addr(192, 168, 0), 16 };
	plan->frontends[0].kind = FRONTEND_KIND_LOAD_BALANCER_IP;
	plan->frontends[0].source_ranges = ranges;
	plan->frontends[0].n_source_ranges = 2;
	return plan;
}

/* The steps @op of chains whose names begin with @prefix. */
static size_t count_chains(enum change_op op, const char *prefix)
{
	size_t i, n = 0;

	for (i = 0; i < n_chain_steps; i++)
		n += chain_steps[i].op == op && strncmp(chain_steps[i].name, prefix, strlen(prefix)) == 0;
	return n;
}

struct walked {
	size_t n;
	size_t n_rules;
	char names[128][RULE_NAME_MAX + 1];
};

static void note_walked(void *ctx, const struct chain *chain)
{
	struct walked *walked = ctx;
	size_t i;

	for (i = 0; i < walked->n; i++)
		assert_string_not_equal(walked->names[i], chain->name);
	assert_true(walked->n < 128);
	walked->n_rules += chain->n_rules;
	memcpy(walked->names[walked->n++], chain->name, RULE_NAME_MAX + 1);
}

/* The walk in steps has each installed chain once; a name that is not installed any more has none. */
static void expect_walk_finds_all(void)
{
	struct walked walked = { .n = 0 };
	struct state_walk_shared *shared, gone = { .kind = STATE_WALK_KIND_LB };
	size_t n = state_walk_list_shared(installed, &shared), i, n_rules, counts[_FAMILY_MAX];

	for (i = 0; i < n; i++)
		state_walk_shared_chains(installed, &shared[i], note_walked, &walked);
	free(shared);
	gone.lb = (struct lb_chain){ .table = FAMILY_IPV4, .protocol = 6, .n_slots = 4000 };
	state_walk_shared_chains(installed, &gone, note_walked, &walked);
	state_walk_part_chains(installed, (struct service_name){ "default", "a" }, 0, note_walked, &walked);
	state_walk_part_chains(installed, (struct service_name){ "default", "nobody" }, 0, note_walked,
			       &walked);
	state_walk_count_chains(installed, counts, &n_rules);
	assert_int_equal(counts[FAMILY_IPV4], walked.n);
	assert_int_equal(n_rules, walked.n_rules);
	assert_int_equal(counts[FAMILY_IPV6], 0);
}

/* Services with equal source ranges share their chains, which come with the first one and go with the last one. */
static void test_source_lists_are_shared(void **state)
{
	struct plan *gone;

	(void)state;
	begin();
	state_plan(installed, make_restricted("a", 1));
	finish();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, "sources-2-"), 1);
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, "admit-2-"), 1);
	change_done(&changes);
	begin();
	state_plan(installed, make_restricted("b", 2));
	finish();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, ""), 0);
	change_done(&changes);
	expect_walk_finds_all();
	gone = make_restricted("a", 1);
	gone->n_frontends = 0;
	begin();
	state_plan(installed, gone);
	finish();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_DEL, ""), 0);
	change_done(&changes);
	/* without the ranges */
	begin();
	state_plan(installed, make_plan("b", 2, 1, 2));
	finish();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_DEL, "sources-2-"), 1);
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_DEL, "admit-2-"), 1);
	change_done(&changes);
}

static void print_fingerprint(void *ctx, const struct chain *chain, struct buf *text)
{
	(void)ctx;
	buf_printf(text, "\n%s", chain->name);
}

static void add_chain(struct snapshot *snapshot, const char *name)
{
	struct buf fingerprint = BUF_INIT;

	buf_printf(&fingerprint, "\n%s", name);
	snapshot_add_chain(snapshot, FAMILY_IPV4, name, fingerprint.data);
}

/* The tables of an earlier run: a front end with source ranges; @sources: with the chain of the ranges. */
static void begin_with_snapshot(struct snapshot *snapshot, const struct plan *plan, bool sources)
{
	const struct frontend *f = &plan->frontends[0];
	char admit[RULE_NAME_MAX + 1], name[RULE_NAME_MAX + 1];
	struct source_list list;
	struct element e;
	size_t i;

	source_list_init(&list, f->source_ranges, f->n_source_ranges);
	source_list_admit_name(&list, "lb-tcp-1", admit);
	(void)snprintf(name, sizeof(name), "sources-2-%s", list.id);
	begin();
	snapshot_init(snapshot);
	snapshot->fingerprint = print_fingerprint;
	snapshot->table[FAMILY_IPV4] = SNAPSHOT_TABLE_OURS;
	if (sources) {
		add_chain(snapshot, name);
		for (i = 0; i < f->n_source_ranges; i++)
			snapshot_add_source(&snapshot->chains[snapshot->n_chains - 1], &f->source_ranges[i]);
	}
	add_chain(snapshot, admit);
	add_chain(snapshot, "lb-tcp-1");
	set_element_init(&e, FAMILY_IPV4, LAYOUT_SET_SERVICES);
	service_elements_key(&e, f);
	set_data_verdict(&e, SET_VERDICT_JUMP, admit);
	snapshot_add_element(snapshot, &e);
	set_element_init(&e, FAMILY_IPV4, LAYOUT_SET_ENDPOINTS);
	service_elements_key(&e, f);
	set_key_index(&e, 0);
	set_data_addr(&e, &f->addr);
	set_data_port(&e, 1);
	snapshot_add_element(snapshot, &e);
	snapshot_seal(snapshot);
	state_use_snapshot(installed, snapshot);
}

/* Only the steps: @image does not have the tables of the snapshot. */
static void finish_without_image(void)
{
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	note_chain_steps();
	state_commit(installed);
}

static const struct chain_step *find_chain(enum change_op op, const char *prefix)
{
	size_t i;

	for (i = 0; i < n_chain_steps; i++)
		if (chain_steps[i].op == op && strncmp(chain_steps[i].name, prefix, strlen(prefix)) == 0)
			return &chain_steps[i];
	fail_msg("no step %d of a chain %s", op, prefix);
	return NULL;
}

/* After a restart, the ranges of a kept Service are read back, so others can use its chains. */
static void test_read_source_list(void **state)
{
	struct plan *plan = make_restricted("a", 1), *newer = make_plan("a", 1, 1, 1);
	struct snapshot snapshot;

	(void)state;
	begin_with_snapshot(&snapshot, plan, true);
	state_keep(installed, newer, false);
	finish_without_image();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_REFILL, "sources-"), 0);
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_REFILL, ""), 0);
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, "sources-"), 0);
	change_done(&changes);
	snapshot_done(&snapshot);
	begin();
	state_plan(installed, make_restricted("b", 2));
	finish_without_image();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_REFILL, "sources-"), 0);
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, "sources-2-"), 0);
	change_done(&changes);
	begin();
	state_plan(installed, make_restricted("c", 3));
	finish_without_image();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_REFILL, "sources-"), 0);
	change_done(&changes);
}

/* The newest version of a kept Service has the same ranges: they are known. */
static void test_known_source_list(void **state)
{
	struct plan *plan = make_restricted("a", 1);
	struct snapshot snapshot;

	(void)state;
	begin_with_snapshot(&snapshot, plan, true);
	state_keep(installed, plan, false);
	finish_without_image();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_DEL, ""), 0);
	change_done(&changes);
	snapshot_done(&snapshot);
	begin();
	state_plan(installed, make_restricted("b", 2));
	finish_without_image();
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_REFILL, "sources-"), 0);
	change_done(&changes);
}

/* Another process has deleted the chain. If the ranges are not known, no source is allowed: the front end is deleted. */
static void test_lost_source_list(void **state)
{
	struct service_name service;
	struct snapshot snapshot;

	(void)state;
	begin_with_snapshot(&snapshot, make_restricted("a", 1), false);
	state_keep(installed, make_plan("a", 1, 1, 1), false);
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	note_chain_steps();
	assert_true(state_next_not_kept(installed, &service));
	assert_string_equal(service.name, "a");
	assert_int_equal(count_chains(CHANGE_OP_CHAIN_ADD, "sources-2-"), 0);
	assert_non_null(find_chain(CHANGE_OP_CHAIN_DEL, "admit-2-"));
	state_rollback(installed);
	change_done(&changes);
	snapshot_done(&snapshot);
}

/* If the newest version has them, the chain is made again. */
static void test_lost_known_source_list(void **state)
{
	struct plan *plan = make_restricted("a", 1);
	struct snapshot snapshot;

	(void)state;
	begin_with_snapshot(&snapshot, plan, false);
	state_keep(installed, plan, false);
	finish_without_image();
	assert_int_equal(find_chain(CHANGE_OP_CHAIN_ADD, "sources-2-")->n_rules, 3);
	change_done(&changes);
	snapshot_done(&snapshot);
}

/* --- front ends that are given up before anything of their Service is installed --- */

static void claim(struct plan *plan)
{
	begin();
	state_plan(installed, plan);
	state_commit_claims(installed);
}

/* How many verdicts an earlier run may have left, if the Services @gone are deleted now. */
static size_t give_up(const char *gone, size_t n_expected)
{
	struct plan *plan = make_plan(gone, 1, 1, 1);
	struct element *keys;
	size_t n;

	plan->n_frontends = 0;
	begin();
	state_plan(installed, plan);
	n = state_walk_given_up(installed, false, arena, &keys);
	if (n_expected) {
		struct element services;

		set_element_init(&services, FAMILY_IPV4, LAYOUT_SET_SERVICES);
		service_elements_key(&services, &make_plan("x", 1, 1, 1)->frontends[0]);
		assert_int_equal(set_element_cmp(&keys[0], &services), 0);
		services.set = LAYOUT_SET_SERVICES_ELSEWHERE;
		assert_int_equal(set_element_cmp(&keys[1], &services), 0);
	}
	finish();
	change_done(&changes);
	return n;
}

/* Y12: its verdicts do not wait until all leftovers are deleted. */
static void test_given_up_front_ends(void **state)
{
	(void)state;
	claim(make_plan("a", 1, 2, 1));
	claim(make_plan("b", 1, 2, 1));
	claim(make_plan("c", 2, 2, 1));
	/* Another Service has it now. */
	assert_int_equal(give_up("a", 0), 0);
	assert_int_equal(give_up("b", 5), 5);
	/* What is installed is deleted as ever. */
	begin();
	state_plan(installed, make_plan("c", 2, 2, 1));
	finish();
	change_done(&changes);
	assert_int_equal(give_up("c", 0), 0);
}

/* How many verdicts of one front end of this @kind are asked for, when it is installed after a restart. */
static size_t asked_of(enum frontend_kind kind)
{
	struct plan *plan = make_plan("k", 9, 2, 1);
	struct element *keys;
	size_t n;

	plan->frontends[0].kind = kind;
	claim(plan);
	begin();
	state_plan(installed, plan);
	n = state_walk_given_up(installed, false, arena, &keys);
	finish();
	change_done(&changes);
	begin();
	plan = make_plan("k", 9, 2, 1);
	plan->n_frontends = 0;
	state_plan(installed, plan);
	finish();
	change_done(&changes);
	return n;
}

/*
 * Y12: the map of a front end follows from the traffic policy, and from whether there are endpoints. So the earlier run may have
 * installed it in another one: its verdicts in all maps are asked for. A ClusterIP only moves if the ranges are others.
 */
static void test_front_ends_that_move(void **state)
{
	struct element *keys;

	(void)state;
	assert_int_equal(asked_of(FRONTEND_KIND_CLUSTER_IP), 0);
	assert_int_equal(asked_of(FRONTEND_KIND_EXTERNAL_IP), 5);
	assert_int_equal(asked_of(FRONTEND_KIND_LOAD_BALANCER_IP), 5);
	assert_int_equal(asked_of(FRONTEND_KIND_NODE_PORT), 3);
	claim(make_plan("a", 1, 2, 1));
	claim(make_plan("b", 1, 2, 1));
	begin();
	state_plan(installed, make_plan("a", 1, 2, 1));
	state_plan(installed, make_plan("b", 1, 2, 1));
	assert_int_equal(state_walk_given_up(installed, false, arena, &keys), 0);
	/* Both ask for it, and one has it. */
	assert_int_equal(state_walk_given_up(installed, true, arena, &keys), 5);
	finish();
	change_done(&changes);
	/* Where it was installed is known. */
	begin();
	state_plan(installed, make_plan("a", 1, 2, 1));
	assert_int_equal(state_walk_given_up(installed, true, arena, &keys), 0);
	finish();
	change_done(&changes);
}

static bool is_claimed(enum layout_set set, size_t frontend)
{
	const struct plan *plan = make_plan("x", frontend, 1, 1);
	struct frontend wanted = plan->frontends[0];
	struct element e;

	if (set == LAYOUT_SET_NODEPORTS)
		wanted.kind = FRONTEND_KIND_NODE_PORT;
	set_element_init(&e, FAMILY_IPV4, (uint8_t)set);
	service_elements_key(&e, &wanted);
	return state_walk_is_claimed(installed, &e);
}

/* Y12: so a restart knows which verdicts of an earlier run no Service needs. */
static void test_claimed_front_ends(void **state)
{
	struct element e;

	(void)state;
	claim(make_plan("a", 1, 2, 1));
	assert_true(is_claimed(LAYOUT_SET_SERVICES, 1));
	assert_true(is_claimed(LAYOUT_SET_SERVICES_OUTSIDE, 1));
	assert_false(is_claimed(LAYOUT_SET_SERVICES, 2));
	assert_false(is_claimed(LAYOUT_SET_NODEPORTS, 1));
	/* Its key begins with no front end. */
	set_element_init(&e, FAMILY_IPV4, LAYOUT_SET_CLUSTER_IPS);
	assert_true(state_walk_is_claimed(installed, &e));
}

/* --- removed endpoints of session affinity --- */

/* @n endpoints from 10.244.0.@first on, in both lists. */
static void plan_affinity(size_t n, size_t first)
{
	struct plan *plan = make_plan("sticky", 1, n, first);

	plan->frontends[0].affinity_timeout_s = 600;
	begin();
	state_plan(installed, plan);
	finish();
}

/* The list of the expiry that the last transaction asked for. Return: false: none. */
static bool find_lost(struct state_expiry *ret)
{
	struct state_expiry next;
	bool any = false;

	while (state_next_expiry(installed, &next))
		if (next.lost) {
			*ret = next;
			any = true;
		}
	return any;
}

static size_t count_elements(uint8_t set)
{
	const struct element *e = NULL;
	size_t n = 0;

	while ((e = image_each_element(image, FAMILY_IPV4, set, e)))
		n++;
	return n;
}

static void expect_removed(size_t n_removed, size_t n_endpoints)
{
	assert_int_equal(count_elements(LAYOUT_SET_REMOVED_ENDPOINTS), n_removed);
	assert_int_equal(count_elements(LAYOUT_SET_AFFINITY_ENDPOINTS), 2 * n_endpoints);
	assert_int_equal(count_elements(LAYOUT_SET_AFFINITY_ADDRESSES), n_removed + n_endpoints);
}

/* As plan_affinity(), and the list that lost endpoints; state_next_expiry() must be asked before the end of the transaction. */
static bool remove_affinity(size_t n, size_t first, struct state_expiry *ret)
{
	struct plan *plan = make_plan("sticky", 1, n, first);
	struct err err = { 0 };
	bool lost;

	plan->frontends[0].affinity_timeout_s = 600;
	begin();
	state_plan(installed, plan);
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	lost = find_lost(ret);
	assert_false(image_apply(image, &changes, &err));
	state_commit(installed);
	change_done(&changes);
	return lost;
}

/* A6: packets to a removed endpoint are dropped until its clients are deleted. */
static void test_removed_endpoints(void **state)
{
	struct service_name sticky = { "default", "sticky" };
	struct state_expiry expiry = { .lost = false };

	(void)state;
	plan_affinity(3, 1);
	change_done(&changes);
	expect_removed(0, 3);
	assert_true(remove_affinity(2, 1, &expiry));
	expect_removed(1, 2);
	/* Another change meanwhile. */
	assert_true(remove_affinity(1, 1, &expiry));
	expect_removed(2, 1);
	/* One comes back. */
	assert_false(remove_affinity(2, 1, &expiry));
	expect_removed(1, 2);
	assert_false(state_forget_removed(installed, sticky, FAMILY_IPV6, &expiry.list));
	assert_true(state_forget_removed(installed, sticky, FAMILY_IPV4, &expiry.list));
	/* Not before the Service is planned again, and not one that is removed only now. */
	begin();
	finish();
	change_done(&changes);
	expect_removed(1, 2);
	assert_true(remove_affinity(1, 1, &expiry));
	expect_removed(1, 1);
	assert_true(state_forget_removed(installed, sticky, FAMILY_IPV4, &expiry.list));
	plan_affinity(1, 1);
	change_done(&changes);
	expect_removed(0, 1);
	assert_false(state_forget_removed(installed, sticky, FAMILY_IPV4, &expiry.list));
}

/* Without affinity there are no clients. */
static void test_removed_endpoints_go_with_affinity(void **state)
{
	struct state_expiry expiry;

	(void)state;
	plan_affinity(3, 1);
	change_done(&changes);
	assert_true(remove_affinity(2, 1, &expiry));
	expect_removed(1, 2);
	begin();
	state_plan(installed, make_plan("sticky", 1, 2, 1));
	finish();
	change_done(&changes);
	expect_removed(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cost_follows_the_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conflict_of_one_without_endpoints, setup, teardown),
		cmocka_unit_test_setup_teardown(test_yielding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner_of_what_is_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback_of_owners, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kept_service_loses_a_front_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_lists_are_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_source_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_known_source_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_source_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_known_source_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given_up_front_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_front_ends_that_move, setup, teardown),
		cmocka_unit_test_setup_teardown(test_claimed_front_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_endpoints, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed_endpoints_go_with_affinity, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
