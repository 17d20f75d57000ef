/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Services a step has. */
#include "config.h"

#include <setjmp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "config/settings.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"
#include "plan/plan.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
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
	*f = (struct fixture){ .arena = arena_new(),
			       .settings = { .hostname = "here", .serve_external_ips = true },
			       .text = BUF_INIT };
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
	planner_done(&f->planner);
	service_names_done(&f->retry);
	service_names_done(&f->planned);
	service_names_done(&f->kept);
	buf_done(&f->text);
}

/* A Service with @n_ports ports, each with these endpoints. */
static void put_ports(struct fixture *f, const char *name, unsigned int n_ports, unsigned int n_endpoints)
{
	struct buf text = BUF_INIT;
	unsigned int i;

	buf_printf(&text, "ip=10.96.0.%u", 1 + (unsigned char)name[0]);
	for (i = 0; i < n_ports; i++)
		buf_printf(&text, " port=p%u/TCP/%u", i, 80 + i);
	store_put_service(f->planner.store,
			  service_new_copy(objects_service(f->arena, arena_printf(f->arena, "ns/%s", name),
							   buf_text(&text))));
	buf_reset(&text);
	for (i = 0; i < n_ports; i++)
		buf_printf(&text, "%sp%u/TCP/%u", i ? " " : "", i, 80 + i);
	buf_printf(&text, " | ");
	for (i = 0; i < n_endpoints; i++)
		buf_printf(&text, "%s10.0.%u.%u RS", i ? "; " : "", i / 250, i % 250 + 1);
	store_put_slice(f->planner.store,
			slice_new_copy(objects_slice(f->arena, arena_printf(f->arena, "ns/%s", name), name,
						     buf_text(&text))));
	buf_done(&text);
}

static void put(struct fixture *f, const char *name, unsigned int n_endpoints)
{
	put_ports(f, name, 1, n_endpoints);
}

/* A Service without endpoints. */
static void put_huge(struct fixture *f, const char *name, uint32_t n_ports)
{
	struct service *service = objects_service(
		f->arena, arena_printf(f->arena, "ns/%s", name),
		arena_printf(f->arena, "ip=10.96.0.%u port=p/TCP/1", 1 + (unsigned char)name[0]));
	struct service_port *ports = arena_array(f->arena, n_ports, sizeof(*ports));
	uint32_t i;

	for (i = 0; i < n_ports; i++) {
		ports[i] = service->ports[0];
		ports[i].name = arena_printf(f->arena, "p%u", i);
		ports[i].port = (uint16_t)(i + 1);
	}
	service->n_ports = n_ports;
	service->ports = ports;
	store_put_service(f->planner.store, service_new_copy(service));
}

static void del(struct fixture *f, const char *name)
{
	store_del(f->planner.store, OBJECT_KIND_SERVICE, "ns", name);
	store_del(f->planner.store, OBJECT_KIND_ENDPOINT_SLICE, "ns", name);
}

/* A step. @ok: it succeeds. Return: the Services that are installed with it, or the number of changed elements if there is none. */
static const char *try_step(struct fixture *f, bool ok)
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
	buf_reset(&f->text);
	for (i = 0; i < f->planned.n; i++)
		buf_printf(&f->text, "%s%s", i ? " " : "", f->planned.list[i].name);
	if (!f->planned.n && changes.n_elements_added + changes.n_elements_deleted)
		buf_printf(&f->text, "+%zu -%zu", changes.n_elements_added, changes.n_elements_deleted);
	change_done(&changes);
	service_names_clear(&f->retry);
	for (i = 0; !ok && i < f->planned.n; i++)
		service_names_add(&f->retry, f->planned.list[i]);
	if (ok)
		state_commit(f->planner.state);
	else
		state_rollback(f->planner.state);
	planner_end(&f->planner, ok);
	return buf_text(&f->text);
}

static const char *step(struct fixture *f)
{
	return try_step(f, true);
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

/* One port, so one part, which is larger than a step. */
static void test_a_large_part_lets_others_go_first_once(void **state)
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
	assert_string_equal(step(&f), "big");
	assert_string_equal(step(&f), "huge");
	assert_false(store_has_dirty(f.planner.store));
	assert_false(planner_has_more(&f.planner));
	end(&f);
}

/* Each port has 43 elements: four of the verdict, the ClusterIP, and the address, and one for each endpoint. */
static void test_a_large_one_is_planned_by_ports(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "big", 5, 40);
	/* The ClusterIP's address is added with the first part. */
	assert_string_equal(step(&f), "+85 -0");
	assert_true(planner_has_more(&f.planner));
	/* A small change is not held up: it is in the next step. */
	put(&f, "c", 10);
	assert_string_equal(step(&f), "c");
	assert_string_equal(step(&f), "big");
	assert_false(planner_has_more(&f.planner));
	/* One endpoint more: the ports that are the same cost nothing. */
	put_ports(&f, "big", 5, 41);
	assert_string_equal(step(&f), "+4 -2");
	assert_string_equal(step(&f), "+4 -2");
	assert_string_equal(step(&f), "big");
	end(&f);
}

/* Other Services and the parts take turns if one step has no room for both. */
static void test_a_large_one_and_others_take_turns(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "big", 4, 60);
	put(&f, "c", 60);
	put(&f, "d", 60);
	put(&f, "e", 60);
	put(&f, "f", 60);
	assert_string_equal(step(&f), "c d");
	put(&f, "x", 60);
	put(&f, "y", 60);
	assert_string_equal(step(&f), "e");
	assert_string_equal(step(&f), "f x");
	assert_string_equal(step(&f), "y");
	assert_string_equal(step(&f), "+62 -0");
	assert_string_equal(step(&f), "big");
	end(&f);
}

/* As in a first sync: small Services do not wait for the parts of a large one. */
static void test_a_large_one_waits_for_others(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	f.planner.large_waits = true;
	put_ports(&f, "big", 4, 60);
	put(&f, "c", 60);
	put(&f, "d", 60);
	put(&f, "e", 60);
	put(&f, "f", 60);
	assert_string_equal(step(&f), "c d");
	put(&f, "x", 60);
	put(&f, "y", 60);
	assert_string_equal(step(&f), "e f");
	assert_string_equal(step(&f), "x y");
	assert_string_equal(step(&f), "+63 -0");
	put(&f, "z", 60);
	assert_string_equal(step(&f), "z");
	assert_string_equal(step(&f), "+62 -0");
	assert_string_equal(step(&f), "+62 -0");
	assert_string_equal(step(&f), "big");
	assert_string_equal(step(&f), "");
	end(&f);
}

/* Its plan takes so long that the step has nothing else. Another one of its size waits without being planned. */
static void test_a_huge_one_is_planned_in_a_step_of_its_own(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put(&f, "a", 1);
	put_huge(&f, "huge", 10001);
	put_huge(&f, "other", 10001);
	put(&f, "b", 1);
	assert_string_equal(step(&f), "a");
	assert_true(planner_has_more(&f.planner));
	/* Its parts are found in another step. */
	assert_false(large_service_is_split(&f.planner.large));
	put(&f, "c", 1);
	assert_string_equal(step(&f), "+51 -0");
	assert_true(large_service_is_split(&f.planner.large));
	assert_string_equal(step(&f), "b c");
	assert_true(large_service_is(&f.planner.large, (struct service_name){ "ns", "huge" }));
	while (large_service_is(&f.planner.large, (struct service_name){ "ns", "huge" }))
		(void)step(&f);
	while (planner_has_more(&f.planner) || store_has_dirty(f.planner.store))
		(void)step(&f);
	assert_int_equal(state_n_elements(f.planner.state), 3 * 4 + 2 * (1 + 2 * 10001));
	end(&f);
}

/* It changes before all parts are installed: the next step goes on with the next part. */
static void test_a_new_version_of_a_large_one(void **state)
{
	const struct service_name big = { "ns", "big" };
	unsigned int i, n = 0;
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "big", 5, 70);
	for (i = 0; i < 4; i++) {
		put_ports(&f, "big", 5, 70 + i);
		n += strcmp(step(&f), "big") == 0;
	}
	assert_int_equal(n, 0);
	/* Four parts are there, in the version of their step or the one before. */
	assert_in_range(state_n_elements(f.planner.state), 1 + 4 * 72, 1 + 4 * 75);
	put_ports(&f, "big", 5, 70);
	for (i = 0; i < 4; i++)
		assert_string_not_equal(step(&f), "big");
	assert_string_equal(step(&f), "big");
	assert_int_equal(state_n_elements(f.planner.state), 1 + 5 * (2 + 70));
	assert_int_equal(state_walk_size(f.planner.state, big) > 5 * 70, 1);
	end(&f);
}

/* What a failed transaction had is planned again. */
static void test_a_large_one_fails(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "big", 3, 70);
	assert_string_equal(step(&f), "+73 -0");
	assert_string_equal(try_step(&f, false), "+72 -0");
	assert_string_equal(step(&f), "+72 -0");
	assert_string_equal(try_step(&f, false), "big");
	assert_true(planner_has_more(&f.planner));
	while (planner_has_more(&f.planner))
		(void)step(&f);
	assert_int_equal(state_n_elements(f.planner.state), 1 + 3 * 72);
	/* Refused: what is installed stays. */
	put_ports(&f, "big", 3, 71);
	(void)step(&f);
	(void)refusals_put(f.planner.refusals, (struct service_name){ "ns", "big" }, 0);
	service_names_add(&f.retry, (struct service_name){ "ns", "big" });
	assert_string_equal(step(&f), "");
	assert_int_equal(f.kept.n, 1);
	assert_false(planner_has_more(&f.planner));
	assert_int_equal(state_n_elements(f.planner.state), 1 + 3 * 72 + 1);
	end(&f);
}

static struct service_name owner(struct fixture *f, uint16_t port)
{
	struct frontend frontend = { .kind = FRONTEND_KIND_CLUSTER_IP,
				     .addr = { .family = FAMILY_IPV4, .bytes = { 10, 96, 0, 1 + 'b' } },
				     .protocol = IPPROTO_TCP,
				     .port = port };

	return state_owner(f->planner.state, &frontend);
}

static const struct service_name big = { "ns", "big" };

/* A restart: the kernel refuses a Service of five ports with 70 endpoints each. */
static void start_with_refused(struct fixture *f)
{
	start(f);
	state_first(f->planner.state, true);
	f->planner.holds_refused = true;
	(void)refusals_put(f->planner.refusals, big, 0);
	put_ports(f, "big", 5, 70);
}

/* After a restart it is not known what a refused Service has. It is taken over part by part, and others go in between. */
static void test_a_large_one_is_kept_by_ports(void **state)
{
	unsigned int n = 0, i;
	struct fixture f;

	(void)state;
	start_with_refused(&f);
	for (;; n++) {
		put(&f, arena_printf(f.arena, "a%u", n), 1);
		assert_string_equal(step(&f), arena_printf(f.arena, "a%u", n));
		assert_int_equal(f.kept.n, 1);
		assert_string_equal(f.kept.list[0].name, "big");
		if (!planner_has_more(&f.planner))
			break;
	}
	assert_int_equal(n, 5 - 1);
	for (i = 0; i < 5; i++)
		assert_true(service_name_equal(owner(&f, (uint16_t)(80 + i)), big));
	end(&f);
}

/* A new version before all parts are taken over is kept as well. One that is accepted is planned. */
static void test_a_new_version_of_a_kept_one(void **state)
{
	struct fixture f;
	unsigned int i;

	(void)state;
	start_with_refused(&f);
	for (i = 0; i < 3; i++)
		(void)step(&f);
	put_ports(&f, "big", 6, 70);
	while (planner_has_more(&f.planner) || store_has_dirty(f.planner.store))
		assert_string_equal(step(&f), "");
	for (i = 0; i < 6; i++)
		assert_true(service_name_equal(owner(&f, (uint16_t)(80 + i)), big));
	f.planner.holds_refused = false;
	put_ports(&f, "big", 6, 71);
	while (planner_has_more(&f.planner) || store_has_dirty(f.planner.store))
		(void)step(&f);
	assert_int_equal(state_n_elements(f.planner.state), 1 + 6 * (2 + 71));
	end(&f);
}

/* Ports 80, 81 and 82 get other names: other parts have their front ends now, without a moment when none has one. */
static void move_front_ends(const char *const names[3])
{
	struct buf slice = BUF_INIT, service = BUF_INIT;
	struct fixture f;
	unsigned int i;
	size_t n;

	start(&f);
	put_ports(&f, "big", 3, 70);
	while (store_has_dirty(f.planner.store) || planner_has_more(&f.planner))
		(void)step(&f);
	n = state_n_elements(f.planner.state);
	buf_printf(&service, "ip=10.96.0.99");
	for (i = 0; i < 3; i++) {
		buf_printf(&service, " port=%s/TCP/%u", names[i], 80 + i);
		buf_printf(&slice, "%s/TCP/%u ", names[i], 80 + i);
	}
	for (i = 0; i < 70; i++)
		buf_printf(&slice, "%s10.0.0.%u RS", i ? "; " : "| ", i + 1);
	store_put_slice(f.planner.store,
			slice_new_copy(objects_slice(f.arena, "ns/big", "big", buf_text(&slice))));
	store_put_service(f.planner.store,
			  service_new_copy(objects_service(f.arena, "ns/big", buf_text(&service))));
	while (store_has_dirty(f.planner.store) || planner_has_more(&f.planner)) {
		(void)step(&f);
		assert_int_equal(state_n_elements(f.planner.state), n);
	}
	buf_done(&service);
	buf_done(&slice);
	end(&f);
}

static void test_front_ends_move_to_other_parts(void **state)
{
	static const char *const names[][3] = { { "a", "b", "c" },    { "p1", "p0", "p2" },
						{ "p1", "p2", "p0" }, { "new", "p1", "p0" },
						{ "p2", "b", "c" },   { "p0", "p1", "p2" } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		move_front_ends(names[i]);
}

/* The ranges of the node; "" for none. Return: whether all Services must be planned. */
static bool take_ranges(struct fixture *f, const char *text, bool *ret_change)
{
	struct layout_node layout = { .masquerade_all = false };
	struct cidr *cidr = arena_alloc(f->arena, sizeof(*cidr));
	bool changed;

	layout.family[FAMILY_IPV4].service_cidrs = cidr;
	layout.family[FAMILY_IPV4].n_service_cidrs = cidr_parse(text, cidr);
	changed = planner_take_ranges(&f->planner, &layout);
	*ret_change = layout.family[FAMILY_IPV4].ranges_change;
	assert_int_equal(layout.family[FAMILY_IPV6].ranges_change, *ret_change);
	return changed;
}

/*
 * The first ranges are those of all Services. When they change, the rules look for each address in both maps until all Services
 * are installed with the new ones, also those that the kernel refuses.
 */
static void test_ranges_change(void **state)
{
	const struct service_name a = { "ns", "a" };
	struct fixture f;
	bool change;

	(void)state;
	start(&f);
	put(&f, "a", 3);
	assert_true(take_ranges(&f, "10.96.0.0/16", &change));
	assert_false(change);
	assert_string_equal(step(&f), "a");
	assert_false(take_ranges(&f, "10.96.0.0/16", &change));
	assert_false(change);
	assert_false(planner_ranges_are_due(&f.planner));
	assert_true(take_ranges(&f, "10.97.0.0/16", &change));
	assert_true(change);
	assert_false(take_ranges(&f, "10.97.0.0/16", &change));
	assert_true(change);
	/* The endpoints stay; the verdict moves, and the address comes to external-addresses. */
	service_names_add(&f.retry, a);
	assert_int_equal(state_n_in_sets(f.planner.state, FAMILY_IPV4)[LAYOUT_SET_SERVICES], 1);
	assert_string_equal(step(&f), "a");
	assert_int_equal(state_n_in_sets(f.planner.state, FAMILY_IPV4)[LAYOUT_SET_SERVICES], 0);
	assert_int_equal(state_n_in_sets(f.planner.state, FAMILY_IPV4)[LAYOUT_SET_SERVICES_ELSEWHERE], 1);
	assert_int_equal(state_n_in_sets(f.planner.state, FAMILY_IPV4)[LAYOUT_SET_EXTERNAL_ADDRESSES], 1);
	assert_true(planner_ranges_are_due(&f.planner));
	(void)refusals_put(f.planner.refusals, a, 0);
	assert_false(planner_ranges_are_due(&f.planner));
	assert_true(refusals_del(f.planner.refusals, a));
	assert_true(planner_ranges_are_due(&f.planner));
	/* One that has nothing installed is in no map. */
	(void)refusals_put(f.planner.refusals, (struct service_name){ "ns", "never" }, 0);
	assert_true(planner_ranges_are_due(&f.planner));
	planner_settle_ranges(&f.planner);
	assert_false(take_ranges(&f, "10.97.0.0/16", &change));
	assert_false(change);
	/* What an earlier run has installed. */
	planner_doubt_ranges(&f.planner);
	assert_false(take_ranges(&f, "10.97.0.0/16", &change));
	assert_true(change);
	/* Without ranges, all addresses are in one map. */
	assert_true(take_ranges(&f, "", &change));
	assert_true(change);
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
	end(&f);
}

/* Another Service that had all its front ends goes: all its parts are planned in that step, from one plan. */
static void test_all_parts_are_affected(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "bigger", 3, 70);
	put_ports(&f, "big", 3, 30);
	while (store_has_dirty(f.planner.store) || planner_has_more(&f.planner))
		(void)step(&f);
	assert_int_equal(state_n_elements(f.planner.state), 1 + 3 * 32);
	del(&f, "big");
	assert_string_equal(step(&f), "big bigger");
	assert_int_equal(state_n_elements(f.planner.state), 1 + 3 * 72);
	end(&f);
}

/* A Service that is deleted has elements to delete. */
static void test_deletion(void **state)
{
	struct fixture f;

	(void)state;
	start(&f);
	put_ports(&f, "big", 3, 70);
	put(&f, "c", 60);
	put(&f, "d", 60);
	while (store_has_dirty(f.planner.store) || planner_has_more(&f.planner))
		(void)step(&f);
	del(&f, "big");
	del(&f, "c");
	del(&f, "d");
	assert_string_equal(step(&f), "c d");
	assert_string_equal(step(&f), "+0 -72");
	assert_string_equal(step(&f), "+0 -72");
	assert_string_equal(step(&f), "big");
	assert_string_equal(step(&f), "");
	assert_int_equal(state_n_elements(f.planner.state), 0);
	end(&f);
}

/* Several Services ask for one external IP. They go together: the address does not go from each to the next one in one step. */
static void test_a_contested_address(void **state)
{
	const unsigned int n = 200;
	unsigned int i, n_steps = 0;
	struct fixture f;

	(void)state;
	start(&f);
	for (i = 0; i < n; i++)
		store_put_service(
			f.planner.store,
			service_new_copy(objects_service(
				f.arena, arena_printf(f.arena, "ns/s%03u", i),
				arena_printf(f.arena, "ip=10.96.1.%u port=p/TCP/80 external-ip=198.51.100.1",
					     i))));
	while (store_has_dirty(f.planner.store))
		(void)step(&f);
	planner_first_done(&f.planner);
	for (i = 0; i < n; i++)
		store_del(f.planner.store, OBJECT_KIND_SERVICE, "ns", arena_printf(f.arena, "s%03u", i));
	while (store_has_dirty(f.planner.store)) {
		(void)step(&f);
		assert_in_range(f.planned.n, 1, n / 2);
		n_steps++;
	}
	assert_in_range(n_steps, 3, n);
	assert_int_equal(state_n_elements(f.planner.state), 0);
	/* Also if all that have changed own an address that others ask for. */
	for (i = 0; i < 4; i++)
		store_put_service(
			f.planner.store,
			service_new_copy(objects_service(
				f.arena, arena_printf(f.arena, "ns/s%03u", i),
				arena_printf(f.arena, "ip=10.96.1.%u port=p/TCP/80 external-ip=198.51.100.%u",
					     i, i / 2))));
	(void)step(&f);
	store_mark_dirty(f.planner.store, "ns", "s000");
	store_mark_dirty(f.planner.store, "ns", "s002");
	assert_string_equal(step(&f), "s000 s002");
	end(&f);
}

static bool node_changed(struct fixture *f, const char *zone, const struct addr *addr)
{
	store_put_node(f->planner.store, node_new_copy(&(struct node){ .name = "here",
								       .uid = "",
								       .zone = zone,
								       .n_addresses = addr != NULL,
								       .addresses = (struct addr *)addr }));
	return planner_node_changed(&f->planner);
}

/* Only what plans use of the Node has all Services planned anew: its zone, and its address for node ports of a family. */
static void test_node(void **state)
{
	const struct addr here = { FAMILY_IPV4, { 192, 0, 2, 1 } }, there = { FAMILY_IPV4, { 192, 0, 2, 2 } };
	struct node tainted = { .name = "here", .uid = "", .zone = "a", .n_addresses = 2 };
	const struct addr both[] = { here, there };
	struct fixture f;

	(void)state;
	start(&f);
	assert_true(planner_node_changed(&f.planner));
	assert_false(planner_node_changed(&f.planner));
	assert_false(node_changed(&f, "", NULL));
	assert_true(node_changed(&f, "a", NULL));
	assert_true(node_changed(&f, "b", NULL));
	assert_true(node_changed(&f, "b", &here));
	assert_true(node_changed(&f, "b", &there));
	assert_true(node_changed(&f, "b", NULL));
	assert_true(node_changed(&f, "a", &here));
	assert_false(node_changed(&f, "a", &here));
	/* A taint, a deletion that has begun, podCIDRs, a further address of the same family. */
	tainted.to_be_deleted = tainted.being_deleted = true;
	tainted.addresses = (struct addr *)both;
	tainted.n_pod_cidrs = 1;
	tainted.pod_cidrs = (struct cidr[]){ { here, 24 } };
	store_put_node(f.planner.store, node_new_copy(&tainted));
	assert_true(store_node_changed(f.planner.store));
	assert_false(planner_node_changed(&f.planner));
	/* Another Node. */
	tainted.name = "other";
	tainted.zone = "c";
	store_put_node(f.planner.store, node_new_copy(&tainted));
	assert_false(planner_node_changed(&f.planner));
	store_del(f.planner.store, OBJECT_KIND_NODE, "", "here");
	assert_true(planner_node_changed(&f.planner));
	assert_false(planner_node_changed(&f.planner));
	planner_done(&f.planner);
	assert_true(planner_node_changed(&f.planner));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_ones_share_a_step),
		cmocka_unit_test(test_a_large_part_lets_others_go_first_once),
		cmocka_unit_test(test_a_large_one_is_planned_by_ports),
		cmocka_unit_test(test_a_large_one_and_others_take_turns),
		cmocka_unit_test(test_a_large_one_waits_for_others),
		cmocka_unit_test(test_a_huge_one_is_planned_in_a_step_of_its_own),
		cmocka_unit_test(test_a_new_version_of_a_large_one),
		cmocka_unit_test(test_a_large_one_fails),
		cmocka_unit_test(test_a_large_one_is_kept_by_ports),
		cmocka_unit_test(test_a_new_version_of_a_kept_one),
		cmocka_unit_test(test_front_ends_move_to_other_parts),
		cmocka_unit_test(test_a_new_version_of_a_refused_one_is_tried),
		cmocka_unit_test(test_all_parts_are_affected),
		cmocka_unit_test(test_deletion),
		cmocka_unit_test(test_a_contested_address),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_ranges_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
