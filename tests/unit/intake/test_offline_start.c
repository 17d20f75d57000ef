/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The saved state is loaded in short turns of the loop, and what the API server sends meanwhile counts more. The API server,
 * the kernel and the clock are played here. Row Y1.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <systemd/sd-event.h>

#include "backend/nfnl_tables.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/offline_start.h"
#include "intake/refused_at_start.h"
#include "intake/saved_state.h"
#include "intake/state_file.h"
#include "intake/state_mark.h"
#include "intake/state_saver.h"
#include "kubeapi/kubeapi.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"

#define N_SERVICES     100
#define N_OBJECTS      (2 * N_SERVICES + 1)
#define N_IN_TURN_MAX  12 /* objects added in one turn */
#define N_TURNS_MAX    1000
#define WAIT_US	       10000 /* for a timer, which has the real clock; the played one is ahead of it */
#define MS_OF_EACH_ASK 1     /* that the clock goes on when it is asked */

/* --- what is played -------------------------------------------------------------------------------------- */

static uint64_t now_us; /* from the real one on, at the start of each case */

uint64_t monotonic_us(void)
{
	now_us += MS_OF_EACH_ASK * 1000;
	return now_us;
}

uint64_t monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

static bool has_tables;

bool nfnl_tables_exist(struct nfnl *nfnl, struct err *reterr)
{
	(void)nfnl;
	(void)reterr;
	return has_tables;
}

int nfnl_mark_read(struct nfnl *nfnl, char ret[NFNL_MARK_SIZE], struct err *reterr)
{
	(void)nfnl;
	(void)reterr;
	*ret = '\0';
	return 0;
}

int nfnl_mark_write(struct nfnl *nfnl, const char *text, struct err *reterr)
{
	(void)nfnl;
	(void)text;
	(void)reterr;
	return 0;
}

static bool replacing[_OBJECT_KIND_MAX];

void kubeapi_kind_status(const struct kubeapi *kubeapi, enum object_kind kind,
			 struct kubeapi_kind_status *ret)
{
	(void)kubeapi;
	*ret = (struct kubeapi_kind_status){
		.followed = true, .replacing = replacing[kind], .age_ms = -1, .trouble = "connection refused"
	};
}

const char *kubeapi_server(const struct kubeapi *kubeapi)
{
	(void)kubeapi;
	return "https://a";
}

int kubeapi_write(struct kubeapi *kubeapi, const struct kubeapi_write *write, struct err *reterr)
{
	(void)kubeapi;
	(void)write;
	return err_set(reterr, -EAGAIN, "played");
}

/* --- the cases ------------------------------------------------------------------------------------------- */

struct fixture {
	char dir[64];
	struct arena *arena;
	struct store *store;
	sd_event *event;
	struct intake intake;
	struct object_sink sink;
	struct state_saver *saver;
	struct state_mark mark;
	bool marked;
	struct offline_start *offline;
	unsigned int n_requests;
};

static const char *inside(const struct fixture *f, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

static struct service *service(struct fixture *f, int i)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "default/web-%d", i);
	return service_new_copy(objects_service(f->arena, name, "ip=10.96.0.1 port=/TCP/80"));
}

static void put_service(struct fixture *f, int i)
{
	struct object object = { .kind = OBJECT_KIND_SERVICE, .service = service(f, i) };

	f->sink.put(f->sink.ctx, &object);
	object_done(&object);
}

static void save(struct fixture *f)
{
	struct store *store = store_new();
	struct err err = { 0 };
	uint8_t checksum[SHA256_SIZE];
	char name[64], of[64];
	uint64_t size;
	int i;

	for (i = 0; i < N_SERVICES; i++) {
		(void)snprintf(name, sizeof(name), "default/web-%d-1", i);
		(void)snprintf(of, sizeof(of), "web-%d", i);
		store_put_service(store, service(f, i));
		store_put_slice(store,
				slice_new_copy(objects_slice(f->arena, name, of, "/TCP/1 | 10.0.0.1 R")));
	}
	store_put_node(store, node_new_copy(&(struct node){ .name = "here", .uid = "", .zone = "" }));
	assert_int_equal(state_file_write(f->dir,
					  &(struct state_file_content){ .store = store,
									.time_s = 1,
									.origin = "https://a",
									.node_name = "here" },
					  &size, checksum, &err),
			 0);
	store_free(store);
}

static int mark(void *ctx, const uint8_t *checksum, struct err *reterr)
{
	struct fixture *f = ctx;

	(void)reterr;
	f->marked = checksum != NULL;
	return 0;
}

static void request(void *ctx)
{
	struct fixture *f = ctx;

	assert_true(offline_start_may_sync(f->offline));
	f->n_requests++;
}

static int setup(void **state)
{
	static struct fixture f;
	struct err err = { 0 };
	struct timespec now;

	f = (struct fixture){ .dir = "/tmp/test_offline_start.XXXXXX",
			      .arena = arena_new(),
			      .store = store_new() };
	memset(replacing, 0, sizeof(replacing));
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (uint64_t)now.tv_sec * 1000000;
	log_set_level(LOG_LEVEL_ERROR);
	if (!mkdtemp(f.dir) || sd_event_new(&f.event) < 0)
		return -1;
	*state = &f;
	save(&f);
	intake_init(&f.intake, &(struct intake_params){ .store = f.store });
	f.sink = intake_sink(&f.intake);
	if (state_saver_new(&(struct state_saver_params){ .event = f.event,
							  .store = f.store,
							  .dir = f.dir,
							  .origin = "https://a",
							  .node_name = "here",
							  .mark = mark,
							  .ctx = &f },
			    &f.saver, &err) < 0)
		return -1;
	return offline_start_new(&(struct offline_start_params){ .event = f.event,
								 .intake = &f.intake,
								 .saver = f.saver,
								 .mark = &f.mark,
								 .dir = f.dir,
								 .node_name = "here",
								 .request = request,
								 .ctx = &f },
				 &f.offline, &err);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	offline_start_free(f->offline);
	state_saver_free(f->saver);
	sd_event_unref(f->event);
	store_free(f->store);
	arena_free(f->arena);
	(void)unlink(inside(f, "state"));
	(void)unlink(inside(f, "state.new"));
	(void)unlink(inside(f, "state.behind"));
	return rmdir(f->dir);
}

static size_t n_objects(const struct fixture *f)
{
	size_t n = 0;
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		n += store_count(f->store, (enum object_kind)kind);
	return n;
}

/* Turns of the loop, until there are @n objects or a sync was requested; each adds only a few. */
static void turns(struct fixture *f, size_t n)
{
	unsigned int requests = f->n_requests;
	size_t before;
	int i;

	for (i = 0; i < N_TURNS_MAX && n_objects(f) < n && f->n_requests == requests; i++) {
		before = n_objects(f);
		assert_true(sd_event_run(f->event, WAIT_US) >= 0);
		assert_true(n_objects(f) - before <= N_IN_TURN_MAX);
	}
}

static void list(struct fixture *f, enum object_kind kind, int n_services)
{
	int i;

	f->sink.replace_begin(f->sink.ctx, kind);
	for (i = 0; i < n_services; i++)
		put_service(f, i);
	f->sink.replace_end(f->sink.ctx, kind);
	f->sink.synced(f->sink.ctx, kind);
}

/* No sync may run before all objects are there; then one is asked for. */
static void test_turns(void **state)
{
	struct fixture *f = *state;

	turns(f, N_OBJECTS / 2);
	assert_in_range(n_objects(f), N_OBJECTS / 2, N_OBJECTS / 2 + N_IN_TURN_MAX);
	assert_false(offline_start_may_sync(f->offline));
	assert_int_equal(offline_start_age_s(f->offline), -1);
	turns(f, SIZE_MAX);
	assert_int_equal(f->n_requests, 1);
	assert_int_equal(n_objects(f), N_OBJECTS);
	assert_true(offline_start_age_s(f->offline) > 0);
	/* The store equals the file: a sync does not make it older than the rules. */
	assert_true(f->marked);
	assert_int_equal(state_saver_before_sync(f->saver, true, NULL), 0);
	assert_true(f->marked);
}

/* While a list arrives no object is added: the end of the list would keep it. */
static void test_list_between(void **state)
{
	struct fixture *f = *state;
	size_t before;
	int i;

	turns(f, N_OBJECTS / 2);
	replacing[OBJECT_KIND_SERVICE] = true;
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	before = n_objects(f);
	for (i = 0; i < 100; i++)
		assert_true(sd_event_run(f->event, WAIT_US) >= 0);
	assert_int_equal(n_objects(f), before);
	put_service(f, 0);
	put_service(f, 1);
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	replacing[OBJECT_KIND_SERVICE] = false;
	assert_false(offline_start_may_sync(f->offline));
	/* The server is silent again: the other kinds are loaded to the end. */
	turns(f, SIZE_MAX);
	assert_int_equal(f->n_requests, 1);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), N_SERVICES);
	assert_int_equal(store_count(f->store, OBJECT_KIND_NODE), 1);
	f->marked = true;
	assert_int_equal(state_saver_before_sync(f->saver, false, NULL), 0);
	assert_false(f->marked);
}

/* The server lists everything meanwhile: the rest is not used. */
static void test_listed_between(void **state)
{
	struct fixture *f = *state;
	int kind, i;

	turns(f, N_OBJECTS / 2);
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		list(f, (enum object_kind)kind, kind == OBJECT_KIND_SERVICE ? 3 : 0);
	assert_true(offline_start_may_sync(f->offline));
	for (i = 0; i < 100; i++)
		assert_true(sd_event_run(f->event, WAIT_US) >= 0);
	assert_int_equal(n_objects(f), 3);
	assert_int_equal(f->n_requests, 0);
	assert_int_equal(offline_start_age_s(f->offline), -1);
}

/* An object that the server has sent before its list was given up is newer. */
static void test_given_up(void **state)
{
	struct fixture *f = *state;
	const struct store_group *group;
	struct object object = { .kind = OBJECT_KIND_SERVICE };

	turns(f, 1);
	replacing[OBJECT_KIND_SERVICE] = true;
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	object.service =
		service_new_copy(objects_service(f->arena, "default/web-7", "ip=10.96.9.9 port=/TCP/80"));
	f->sink.put(f->sink.ctx, &object);
	object_done(&object);
	f->sink.replace_abort(f->sink.ctx, OBJECT_KIND_SERVICE);
	replacing[OBJECT_KIND_SERVICE] = false;
	turns(f, SIZE_MAX);
	assert_int_equal(f->n_requests, 1);
	assert_int_equal(n_objects(f), N_OBJECTS);
	group = store_find_group(f->store, "default", "web-7");
	assert_int_equal(group->service->cluster_ip[FAMILY_IPV4].bytes[3], 9);
}

/* The mark names one state, and an older version that ran since knows no mark. */
static void test_mark_covers(void **state)
{
	const uint8_t one[SHA256_SIZE] = { 1 }, other[SHA256_SIZE] = { 2 };
	struct fixture *f = *state;
	FILE *file;

	assert_false(state_mark_covers(&f->mark, f->dir, one));
	assert_int_equal(state_mark_set(&f->mark, one, NULL), 0);
	assert_true(state_mark_covers(&f->mark, f->dir, one));
	assert_false(state_mark_covers(&f->mark, f->dir, other));
	file = fopen(inside(f, "state.behind"), "we");
	assert_non_null(file);
	(void)fclose(file);
	assert_false(state_mark_covers(&f->mark, f->dir, one));
}

static int check_for(const struct fixture *f, const char *origin, const char *node_name, int64_t time_s,
		     uint64_t max_age_ms)
{
	char saved_origin[] = "https://a", saved_node_name[] = "here";
	const struct refused_at_start_use use = { .dir = f->dir,
						  .origin = origin,
						  .node_name = node_name,
						  .mark = &f->mark,
						  .max_age_ms = max_age_ms };
	const struct saved_state saved = {
		.time_s = time_s, .checksum = { 1 }, .origin = saved_origin, .node_name = saved_node_name
	};
	struct err err;

	return refused_at_start_check(&use, &saved, &err);
}

static int check(const struct fixture *f, int64_t time_s, uint64_t max_age_ms)
{
	return check_for(f, "https://a", "here", time_s, max_age_ms);
}

/* When last good versions of refused objects may come from a saved state. */
static void test_refused_at_start(void **state)
{
	const uint8_t checksum[SHA256_SIZE] = { 1 };
	struct fixture *f = *state;
	int64_t now_s = (int64_t)time(NULL);

	assert_int_equal(check(f, now_s - 100, 0), 0);
	assert_int_equal(check(f, now_s - 100, 200000), 0);
	assert_int_equal(check(f, now_s - 100, 60000), -EINVAL);
	assert_int_equal(check_for(f, "https://b", "here", now_s, 0), -EINVAL);
	assert_int_equal(check_for(f, "https://a", "there", now_s, 0), -EINVAL);
	has_tables = true;
	assert_int_equal(check(f, now_s, 0), -EINVAL);
	assert_int_equal(state_mark_set(&f->mark, checksum, NULL), 0);
	assert_int_equal(check(f, now_s, 0), 0);
	has_tables = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list_between, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed_between, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark_covers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_at_start, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
