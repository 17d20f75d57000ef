/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the log about syncs and Services (Y19): which come with which verbosity, and how often. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <systemd/sd-event.h>

#include "backend/ctflush.h"
#include "base/buf.h"
#include "base/log.h"
#include "model/store.h"
#include "sync/service_names.h"
#include "sync/service_report.h"
#include "sync/sync_log.h"

struct fixture {
	sd_event *event;
	struct service_names planned;
	struct sync_log *log;
};

static struct buf lines;

static bool collect(enum log_level level, const char *mod, const char *msg, const struct log_field *fields,
		    const char *line)
{
	(void)level;
	(void)mod;
	(void)fields;
	(void)line;
	buf_printf(&lines, "%s\n", msg);
	return true;
}

static void logged(const char *wanted)
{
	assert_string_equal(buf_text(&lines), wanted);
	buf_done(&lines);
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .event = NULL };
	assert_true(sd_event_new(&f.event) >= 0);
	service_names_add(&f.planned, (struct service_name){ "shop", "web" });
	log_set_sink(collect);
	log_set_level(LOG_LEVEL_INFO);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	log_set_sink(NULL);
	sync_log_free(f->log);
	service_names_done(&f->planned);
	sd_event_unref(f->event);
	return 0;
}

static void start(struct fixture *f, int64_t verbosity)
{
	struct err err = { 0 };

	assert_int_equal(sync_log_new(f->event, verbosity, &f->log, &err), 0);
}

static void synced(struct fixture *f, const char *msg, enum sync_summary_kind kind, size_t steps)
{
	const struct sync_log_sync sync = {
		.msg = msg,
		.planned = &f->planned,
		.sums = { .kind = kind, .services = 1, .added = steps, .steps = steps, .total_us = 100 },
	};

	sync_log_succeeded(f->log, &sync);
}

static void test_default(void **state)
{
	struct fixture *f = *state;

	start(f, 0);
	synced(f, "first sync", SYNC_SUMMARY_KIND_FIRST, 0);
	logged("first sync\n");
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 0);
	synced(f, "verified", SYNC_SUMMARY_KIND_REPAIR, 0);
	logged("");
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	logged("synced\n");
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	sync_log_flows(f->log, &(struct ctflush_report){ .n_deleted = 3 }, 1, 100);
	logged("");
	synced(f, "verified", SYNC_SUMMARY_KIND_REPAIR, 1);
	logged("verified\n");
	f->log = sync_log_free(f->log);
	logged("summary\n");
}

/* -v 0: the first sync and repairs (Y37). */
static void test_quiet(void **state)
{
	struct fixture *f = *state;

	log_set_level(log_level_of(0));
	start(f, 0);
	synced(f, "first sync", SYNC_SUMMARY_KIND_FIRST, 0);
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	synced(f, "put right", SYNC_SUMMARY_KIND_REPAIR, 1);
	f->log = sync_log_free(f->log);
	logged("first sync\nput right\n");
}

/* A change of which nothing is left to sum up. */
static void test_stop_without_sums(void **state)
{
	struct fixture *f = *state;

	start(f, 1);
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	f->log = sync_log_free(f->log);
	logged("synced\n");
}

static void test_each(void **state)
{
	struct fixture *f = *state;
	int i;

	start(f, SYNC_LOG_VERBOSITY);
	for (i = 0; i < 3; i++)
		synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 2);
	synced(f, "synced", SYNC_SUMMARY_KIND_CHANGE, 0);
	for (i = 0; i < 4; i++)
		synced(f, "put right", SYNC_SUMMARY_KIND_REPAIR, 2);
	sync_log_flows(f->log, &(struct ctflush_report){ .n_deleted = 3 }, 1, 100);
	sync_log_flows(f->log, &(struct ctflush_report){ .n_deleted = 0 }, 1, 100);
	f->log = sync_log_free(f->log);
	logged("synced\nsynced\nsynced\nput right\nput right\nput right\nput right\nstale UDP flows removed\n");
}

/* Y40. Half a minute each, or another error: the first is a line at once, then one a minute, and the end. */
static void test_failures(void **state)
{
	struct fixture *f = *state;
	struct err busy = { 0 }, full = { 0 };
	int i;

	start(f, 0);
	(void)err_set(&busy, -EBUSY, "it belongs to another process");
	(void)err_set(&full, -ENOMEM, "Cannot allocate memory");
	sync_log_works(f->log, 0);
	logged("");
	for (i = 0; i < 9; i++)
		sync_log_failed(f->log, &busy, 20000, (uint64_t)i * 20000);
	logged("sync failed, the old rules are kept; trying again\n"
	       "sync still fails, the old rules are kept; trying again\n"
	       "sync still fails, the old rules are kept; trying again\n");
	sync_log_failed(f->log, &full, 20000, 180001);
	logged("sync failed, the old rules are kept; trying again\n");
	sync_log_works(f->log, 190000);
	sync_log_works(f->log, 200000);
	logged("syncs succeed again\n");
	sync_log_failed(f->log, &full, 1000, 200001);
	logged("sync failed, the old rules are kept; trying again\n");
}

static void test_stale_tables(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	int i;

	start(f, 0);
	(void)err_set(&err, -ESTALE, "another generation");
	for (i = 0; i < 100; i++)
		sync_log_stale(f->log, &err);
	logged("our tables are not as last committed, reading them back\n"
	       "our tables are not as last committed, reading them back\n"
	       "our tables are not as last committed, reading them back\n");
}

/* Each change of these Services is refused again. */
static void test_refused_services(void **state)
{
	struct store *store = store_new();
	struct service_report report = { .store = store };
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		service_report_refused(&report, (struct service_name){ "shop", "web" }, true, "no memory");
		service_report_refused(&report, (struct service_name){ "shop", "db" }, true, "no memory");
	}
	assert_int_equal(lines.size, 6 * strlen("the kernel refused a Service, its old rules are kept\n"));
	buf_done(&lines);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_default, setup, teardown),
		cmocka_unit_test_setup_teardown(test_quiet, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_without_sums, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_services, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
