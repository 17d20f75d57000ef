/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the state is saved, and when it is used. tests/netns/saved-state.sh tests the child process. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <systemd/sd-event.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "intake/offline_start.h"
#include "intake/state_file.h"
#include "intake/state_saver.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"

struct fixture {
	char dir[64];
	char state_dir[128];
	struct arena *arena;
	struct store *store;
	sd_event *event;
	struct state_saver *saver;
	bool marked;
	uint8_t mark[SHA256_SIZE];
	int mark_error;
	int64_t as_of_s;
};

static const char *inside(const struct fixture *f, const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", f->state_dir, name);
	return path;
}

static int mark(void *ctx, const uint8_t *checksum, struct err *reterr)
{
	struct fixture *f = ctx;

	if (f->mark_error)
		return err_set(reterr, f->mark_error, "played");
	f->marked = checksum != NULL;
	if (checksum)
		memcpy(f->mark, checksum, sizeof(f->mark));
	return 0;
}

static int64_t as_of(void *ctx)
{
	const struct fixture *f = ctx;

	return f->as_of_s;
}

static void before_sync(struct fixture *f, bool complete)
{
	struct err err;

	assert_int_equal(state_saver_before_sync(f->saver, complete, &err), 0);
}

/* Whether the mark names the file that is there. */
static bool is_marked(const struct fixture *f)
{
	struct state_file_stamp stamp;
	struct err err;

	return f->marked && state_file_peek(f->state_dir, &stamp, &err) == 0 &&
	       memcmp(stamp.checksum, f->mark, sizeof(f->mark)) == 0;
}

static void start(struct fixture *f)
{
	const struct state_saver_params params = {
		.event = f->event,
		.store = f->store,
		.dir = f->state_dir,
		.origin = "https://a",
		.node_name = "here",
		.as_of = as_of,
		.mark = mark,
		.ctx = f,
	};
	struct err err = { 0 };

	assert_int_equal(state_saver_new(&params, &f->saver, &err), 0);
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .dir = "/tmp/test_state_saver.XXXXXX",
			      .as_of_s = 1000,
			      .arena = arena_new(),
			      .store = store_new() };
	log_set_level(LOG_LEVEL_ERROR);
	if (!mkdtemp(f.dir) || sd_event_new(&f.event) < 0)
		return -1;
	(void)snprintf(f.state_dir, sizeof(f.state_dir), "%s/state.d", f.dir);
	*state = &f;
	start(&f);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	state_saver_free(f->saver);
	sd_event_unref(f->event);
	store_free(f->store);
	arena_free(f->arena);
	(void)unlink(inside(f, "state"));
	(void)unlink(inside(f, "state.new"));
	(void)unlink(inside(f, "state.behind"));
	return rmdir(f->state_dir) < 0 || rmdir(f->dir) < 0 ? -1 : 0;
}

static void put(struct fixture *f, const char *text)
{
	const struct node node = { .name = "here", .uid = "", .zone = "a" };

	store_put_service(f->store, service_new_copy(objects_service(f->arena, "default/web", text)));
	store_put_slice(f->store, slice_new_copy(objects_slice(f->arena, "default/web-1", "web",
							       "/TCP/1 | 10.0.0.1 R")));
	store_put_slice(f->store, slice_new_copy(objects_slice(f->arena, "default/nobodys", "",
							       "/TCP/1 | 10.0.0.1 R")));
	store_put_node(f->store, node_new_copy(&node));
}

static int read_state(const struct fixture *f, struct saved_state *ret, struct err *reterr)
{
	_cleanup_(state_file_reader_freep) struct state_file_reader *reader = NULL;
	int r = state_file_reader_new(f->state_dir, &reader, reterr);

	if (r < 0)
		return r;
	do
		r = state_file_reader_step(reader, ret, reterr);
	while (r == -EINPROGRESS);
	return r;
}

static void test_stop_saves(void **state)
{
	struct fixture *f = *state;
	struct saved_state saved;
	struct err err;
	struct stat st;

	assert_int_equal(stat(f->state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(read_state(f, &saved, &err), -ENOENT);
	put(f, "ip=10.96.0.1 port=/TCP/80");
	/* Not complete: it is not saved, but the rules may be newer from now on. */
	f->marked = true;
	before_sync(f, false);
	assert_false(f->marked);
	state_saver_stop(f->saver);
	assert_int_equal(read_state(f, &saved, &err), -ENOENT);
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_true(is_marked(f));
	assert_int_equal(read_state(f, &saved, &err), 0);
	assert_string_equal(saved.origin, "https://a");
	assert_string_equal(saved.node_name, "here");
	assert_int_equal(saved.n_objects, 3);
	assert_int_equal(saved.time_s, 1000);
	assert_memory_equal(saved.checksum, f->mark, sizeof(f->mark));
	saved_state_done(&saved);
	assert_int_equal(stat(inside(f, "state"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* A state that was written or read is not written again, neither by a sync without a change nor by a stop. */
static void test_nothing_new(void **state)
{
	const uint8_t checksum[SHA256_SIZE] = { 7 };
	struct fixture *f = *state;

	put(f, "ip=10.96.0.1 port=/TCP/80");
	state_saver_is_saved(f->saver, checksum);
	assert_true(f->marked);
	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, false);
	state_saver_stop(f->saver);
	assert_int_equal(access(inside(f, "state"), F_OK), -1);
	store_mark_all_dirty(f->store);
	before_sync(f, true);
	assert_true(f->marked);
	put(f, "ip=10.96.0.2 port=/TCP/80");
	before_sync(f, true);
	assert_false(f->marked);
	state_saver_stop(f->saver);
	assert_true(is_marked(f));
}

/* No rule may become newer than the saved state while the mark says that none is. */
static void test_mark_stays(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_true(is_marked(f));
	put(f, "ip=10.96.0.2 port=/TCP/80");
	f->mark_error = -ENOMEM;
	assert_int_equal(state_saver_before_sync(f->saver, true, &err), -ENOMEM);
	assert_string_equal(err.text, "played");
	f->mark_error = 0;
	before_sync(f, true);
	assert_false(f->marked);
}

/* The file of an older version, which has no mark, is removed when a new state is written. */
static void test_mark_of_before(void **state)
{
	struct fixture *f = *state;

	(void)close(open(inside(f, "state.behind"), O_WRONLY | O_CREAT, 0600));
	state_saver_stop(f->saver);
	assert_true(state_file_is_behind(f->state_dir));
	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_false(state_file_is_behind(f->state_dir));
}

/* A write that fails leaves the old state, and no mark. */
static void test_failure(void **state)
{
	struct fixture *f = *state;
	struct saved_state saved;
	struct err err;

	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	/* A directory of this name makes open() fail, also for root. */
	assert_int_equal(mkdir(inside(f, "state.new"), 0700), 0);
	put(f, "ip=10.96.0.2 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_false(f->marked);
	assert_int_equal(read_state(f, &saved, &err), 0);
	assert_int_equal(saved.n_objects, 3);
	saved_state_done(&saved);
	assert_int_equal(rmdir(inside(f, "state.new")), 0);
	state_saver_stop(f->saver);
	assert_true(is_marked(f));
}

/* What a look at a file says, also at one that is none of ours. */
static void test_peek(void **state)
{
	struct fixture *f = *state;
	struct state_file_stamp stamp;
	struct err err;
	int fd;

	assert_int_equal(state_file_peek(f->state_dir, &stamp, &err), -ENOENT);
	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_int_equal(state_file_peek(f->state_dir, &stamp, &err), 0);
	assert_int_equal(stamp.time_s, 1000);
	assert_int_equal(truncate(inside(f, "state"), 56), 0);
	assert_int_equal(state_file_peek(f->state_dir, &stamp, &err), -EBADMSG);
	fd = open(inside(f, "state"), O_WRONLY);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(pwrite(fd, "X", 1, 0), 1);
	(void)close(fd);
	assert_int_equal(state_file_peek(f->state_dir, &stamp, &err), -EBADMSG);
}

/* A link is not followed, and a FIFO does not block. */
static void test_not_a_file(void **state)
{
	struct fixture *f = *state;
	char target[128];
	struct saved_state saved;
	struct err err;

	(void)snprintf(target, sizeof(target), "%s/target", f->dir);
	assert_int_equal(symlink(target, inside(f, "state")), 0);
	assert_int_equal(read_state(f, &saved, &err), -ELOOP);
	assert_int_equal(unlink(inside(f, "state")), 0);
	assert_int_equal(mkfifo(inside(f, "state"), 0600), 0);
	assert_int_equal(read_state(f, &saved, &err), -EINVAL);
	assert_int_equal(symlink(target, inside(f, "state.new")), 0);
	put(f, "ip=10.96.0.1 port=/TCP/80");
	before_sync(f, true);
	state_saver_stop(f->saver);
	assert_int_equal(access(target, F_OK), -1);
}

static void test_period(void **state)
{
	(void)state;
	assert_int_equal(state_saver_period_ms(0), STATE_SAVER_PERIOD_MS);
	assert_int_equal(state_saver_period_ms(640000), STATE_SAVER_PERIOD_MS);
	assert_int_equal(state_saver_period_ms(6400000), 100000);
	assert_int_equal(state_saver_period_ms(UINT64_MAX), STATE_SAVER_PERIOD_MAX_MS);
}

static void test_judge(void **state)
{
	(void)state;
	assert_int_equal(offline_start_judge(false, false), OFFLINE_START_VERDICT_USE);
	assert_int_equal(offline_start_judge(false, true), OFFLINE_START_VERDICT_USE);
	assert_int_equal(offline_start_judge(true, true), OFFLINE_START_VERDICT_USE);
	assert_int_equal(offline_start_judge(true, false), OFFLINE_START_VERDICT_LEAVE);
	assert_int_equal(offline_start_patience_ms(false, false, true), 0);
	assert_int_equal(offline_start_patience_ms(false, false, false), OFFLINE_START_NO_RULES_MS);
	assert_int_equal(offline_start_patience_ms(false, true, true), OFFLINE_START_SILENCE_MS);
	assert_int_equal(offline_start_patience_ms(true, false, true), OFFLINE_START_SILENCE_MS);
}

static void test_age(void **state)
{
	(void)state;
	assert_false(offline_start_is_too_old(1000, 1000, 60000));
	assert_false(offline_start_is_too_old(1000, 1060, 60000));
	assert_true(offline_start_is_too_old(1000, 1061, 60000));
	assert_false(offline_start_is_too_old(1000, 1000 + 400 * 86400, 0));
	/* The clock is behind. */
	assert_false(offline_start_is_too_old(1000, 1, 60000));
	/* A state is renewed several times before it is too old. */
	assert_int_equal(state_saver_refresh_ms(0), STATE_SAVER_REFRESH_MS);
	assert_int_equal(state_saver_refresh_ms(86400000), STATE_SAVER_REFRESH_MS);
	assert_int_equal(state_saver_refresh_ms(60000), 15000);
	/* A short limit keeps neither the disk nor the loop busy. */
	assert_int_equal(state_saver_refresh_ms(8000), STATE_SAVER_PERIOD_MS);
	assert_int_equal(state_saver_refresh_ms(1), STATE_SAVER_PERIOD_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stop_saves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peek, setup, teardown),
		cmocka_unit_test(test_age),
		cmocka_unit_test_setup_teardown(test_mark_of_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_file, setup, teardown),
		cmocka_unit_test(test_period),
		cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
