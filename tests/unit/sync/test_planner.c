/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Services a step has. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/settings.h"
#include "lib/objects.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"
#include "plan/plan.h"
#include "render/layout.h"
#include "render/state.h"
#include "sync/planner.h"
#include "sync/refusals.h"
#include "sync/service_names.h"

#define STEP_SIZE 100

struct fixture {
	struct arena *arena;
	struct settings settings;
	struct planner planner;
	struct service_names retry;
	struct service_names planned;
	struct service_names kept;
	struct buf text;
};

static void start(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_new(), .settings = { .hostname = "here" }, .text = BUF_INIT };
	f->planner = (struct planner){ .settings = &f->settings,
				       .store = store_new(),
				       .state = state_new(),
				       .refusals = refusals_new(1000),
				       .family_enabled = { [FAMILY_IPV4] = true } };
}

static void end(struct fixture *f)
{
	arena_free(f->arena);
	store_free(f->planner.store);
	state_free(f->planner.state);
	refusals_free(f->planner.refusals);
	service_names_done(&f->planned);
	service_names_done(&f->kept);
	buf_done(&f->text);
}

/* A Service with one front end. */
static void put(struct fixture *f, const char *name, unsigned int n_endpoints)
{
	struct buf text = BUF_INIT;
	unsigned int i;

	buf_printf(&text, "ip=10.96.0.%u port=/TCP/80", 1 + (unsigned char)name[0]);
	store_put_service(f->planner.store,
			  service_new_copy(objects_service(f->arena, arena_printf(f->arena, "ns/%s", name),
							   buf_text(&text))));
	buf_reset(&text);
	buf_printf(&text, "/TCP/80 | ");
	for (i = 0; i < n_endpoints; i++)
		buf_printf(&text, "%s10.0.%u.%u RS", i ? "; " : "", i / 250, i % 250 + 1);
	store_put_slice(f->planner.store,
			slice_new_copy(objects_slice(f->arena, arena_printf(f->arena, "ns/%s", name), name,
						     buf_text(&text))));
	buf_done(&text);
}

static void del(struct fixture *f, const char *name)
{
	store_del(f->planner.store, OBJECT_KIND_SERVICE, "ns", name);
	store_del(f->planner.store, OBJECT_KIND_ENDPOINT_SLICE, "ns", name);
}

/* A step that succeeds. Return: its Services. */
static const char *step(struct fixture *f)
{
	const struct service_elements none = { .n = 0 };
	struct skeleton skeleton = { .n_chains = 0 };
	struct changes changes;
	size_t i;

	skeleton.family_enabled[FAMILY_IPV4] = true;
	state_begin(f->planner.state, &skeleton, &none);
	planner_plan_dirty(&f->planner, &f->retry, f->arena, STEP_SIZE, &f->planned, &f->kept);
	change_init(&changes, NULL);
	state_changes(f->planner.state, &changes);
	change_done(&changes);
	state_commit(f->planner.state);
	buf_reset(&f->text);
	for (i = 0; i < f->planned.n; i++)
		buf_printf(&f->text, "%s%s", i ? " " : "", f->planned.list[i].name);
	return buf_text(&f->text);
}

static void test_small_ones_share_a_step(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "a", 30);
	put(&f, "b", 30);
	put(&f, "c", 60);
	put(&f, "d", 1);
	assert_string_equal(step(&f), "a b c");
	assert_string_equal(step(&f), "d");
	assert_string_equal(step(&f), "");
	assert_false(store_has_dirty(f.planner.store));
	end(&f);
}

static void test_an_expensive_one_is_alone(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "big", 200);
	put(&f, "c", 10);
	put(&f, "d", 10);
	assert_string_equal(step(&f), "c d");
	/* It waits for one step, however many changes follow. */
	put(&f, "c", 11);
	assert_string_equal(step(&f), "big");
	assert_string_equal(step(&f), "c");
	/* Without others there is nothing to wait for. */
	put(&f, "big", 201);
	assert_string_equal(step(&f), "big");
	/* Two */
	put(&f, "big", 200);
	put(&f, "huge", 300);
	put(&f, "d", 9);
	assert_string_equal(step(&f), "d");
	assert_string_equal(step(&f), "huge");
	assert_string_equal(step(&f), "big");
	end(&f);
}

/* Others that keep coming do not put it off again. */
static void test_an_expensive_one_waits_for_one_step(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "c", 60);
	put(&f, "big", 200);
	put(&f, "d", 60);
	put(&f, "e", 60);
	assert_string_equal(step(&f), "c d");
	put(&f, "x", 60);
	put(&f, "y", 60);
	assert_string_equal(step(&f), "e big");
	assert_string_equal(step(&f), "x y");
	end(&f);
}

/* The kernel refused it, and a sync that failed has it in the list of those to plan again. Then it changes. */
static void test_a_new_version_of_a_refused_one_is_tried(void **state)
{
	const struct service_name a = { "ns", "a" };
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "a", 3);
	assert_string_equal(step(&f), "a");
	(void)refusals_put(f.planner.refusals, a, 0);
	service_names_add(&f.retry, a);
	assert_string_equal(step(&f), "");
	assert_int_equal(f.kept.n, 1);
	put(&f, "a", 4);
	assert_string_equal(step(&f), "a");
	assert_int_equal(f.kept.n, 0);
	service_names_done(&f.retry);
	end(&f);
}

/* A Service that is deleted has elements to delete. */
static void test_deletion(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "big", 200);
	put(&f, "c", 60);
	put(&f, "d", 60);
	assert_string_equal(step(&f), "c d");
	assert_string_equal(step(&f), "big");
	del(&f, "big");
	del(&f, "c");
	del(&f, "d");
	assert_string_equal(step(&f), "c d");
	assert_string_equal(step(&f), "big");
	assert_string_equal(step(&f), "");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_ones_share_a_step),
		cmocka_unit_test(test_an_expensive_one_is_alone),
		cmocka_unit_test(test_an_expensive_one_waits_for_one_step),
		cmocka_unit_test(test_a_new_version_of_a_refused_one_is_tried),
		cmocka_unit_test(test_deletion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
