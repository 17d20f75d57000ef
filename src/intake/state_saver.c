/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: why a child
 *
 * A file that is written in small steps while the store changes between them is of no moment that ever was,
 * and waiting for the disk takes as long as the disk likes. fork() gives a picture of the store for the price
 * of its page tables (about a millisecond for a store of 10,000 Services), the memory is shared until one of
 * the two writes to it, and whatever goes wrong goes wrong over there. The child allocates little, touches no
 * descriptor but its own, and leaves without the parent's ceremonies.
 */
#include "config.h"
#include "intake/state_saver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/state_file.h"
#include "model/store.h"

/* What a child says of its work. */
struct state_saver_report {
	int code;
	uint64_t size;
	char text[ERR_TEXT_SIZE];
};

/**
 * struct state_saver - @saved, @wanted, @writing: store_changes() of what is in the file, of what should be and of
 * what the child has; @next_ms: not before; @child: 0 if none; @failing: told already
 */
struct state_saver {
	struct sd_event *event;
	const struct store *store;
	const char *dir;
	const char *origin;
	const char *node_name;
	sd_event_source *timer;
	sd_event_source *child_source;
	pid_t child;
	int child_fd;
	uint64_t saved;
	uint64_t wanted;
	uint64_t writing;
	int64_t next_ms;
	bool behind;
	bool failing;
};

int64_t state_saver_period_ms(uint64_t size)
{
	uint64_t period_ms = size / STATE_SAVER_BYTES_PER_MS;

	if (period_ms > STATE_SAVER_PERIOD_MAX_MS)
		return STATE_SAVER_PERIOD_MAX_MS;
	return period_ms < STATE_SAVER_PERIOD_MS ? STATE_SAVER_PERIOD_MS : (int64_t)period_ms;
}

/* Trouble and its end are told once each: it is tried again at the next change. */
static void state_saver_told(struct state_saver *keeper, int r, const char *text)
{
	if (r < 0 && !keeper->failing)
		log_warn("state", "the state cannot be saved: a start without the API server would lack it",
			 LOG_TEXT("err", text));
	else if (r == 0 && keeper->failing)
		log_info("state", "the state is saved again", LOG_TEXT("dir", keeper->dir));
	keeper->failing = r < 0;
}

static void state_saver_write(const struct state_saver *keeper, struct state_saver_report *ret)
{
	struct err err = { 0 };

	*ret = (struct state_saver_report){ .code = 0 };
	ret->code = state_file_write(keeper->dir, keeper->store, (int64_t)time(NULL), keeper->origin,
				     keeper->node_name, &ret->size, &err);
	memcpy(ret->text, err.text, sizeof(ret->text));
}

/* The file has what the store was at @changes. */
static void state_saver_wrote(struct state_saver *keeper, const struct state_saver_report *report,
			      uint64_t changes)
{
	struct err err = { 0 };
	int r = report->code;

	keeper->next_ms = (int64_t)monotonic_ms() + state_saver_period_ms(report->size);
	if (r < 0) {
		state_saver_told(keeper, r, report->text);
		return;
	}
	keeper->saved = changes;
	log_debug("state", "saved", LOG_NUMBER("bytes", report->size));
	if (keeper->behind && keeper->saved == store_changes(keeper->store)) {
		r = state_file_clear_behind(keeper->dir, &err);
		keeper->behind = r < 0;
	}
	state_saver_told(keeper, r, err.text);
}

static void state_saver_arm(struct state_saver *keeper)
{
	int64_t due_ms = (int64_t)monotonic_ms() + STATE_SAVER_DELAY_MS;
	int enabled = SD_EVENT_OFF;

	if (keeper->child || keeper->saved == keeper->wanted)
		return;
	(void)sd_event_source_get_enabled(keeper->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	if (due_ms < keeper->next_ms)
		due_ms = keeper->next_ms;
	(void)sd_event_source_set_time(keeper->timer, (uint64_t)due_ms * 1000);
	(void)sd_event_source_set_enabled(keeper->timer, SD_EVENT_ONESHOT);
}

/* What the child said before it left. */
static void state_saver_reap(struct state_saver *keeper)
{
	struct state_saver_report report = { .code = -EIO, .text = "the process that writes it has died" };
	struct state_saver_report said;
	ssize_t n;

	do
		n = read(keeper->child_fd, &said, sizeof(said));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(said)) {
		said.text[sizeof(said.text) - 1] = '\0';
		report = said;
	}
	keeper->child_source = sd_event_source_disable_unref(keeper->child_source);
	(void)close(keeper->child_fd);
	while (waitpid(keeper->child, NULL, 0) < 0 && errno == EINTR)
		;
	keeper->child = 0;
	state_saver_wrote(keeper, &report, keeper->writing);
}

static int state_saver_on_child(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct state_saver *keeper = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	state_saver_reap(keeper);
	state_saver_arm(keeper);
	return 0;
}

/* In the child: @fd is where the report goes. Everything else that is open belongs to the parent. */
static void state_saver_be_child(const struct state_saver *keeper, int fd)
{
	struct state_saver_report report;

	if (dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(EXIT_FAILURE);
	(void)close_range(STDERR_FILENO + 2, ~0u, 0);
	/* Whoever waits for a rule goes first. */
	errno = 0;
	if (nice(10) == -1 && errno)
		log_debug("state", "cannot be nice", LOG_TEXT("err", strerror(errno)));
	state_saver_write(keeper, &report);
	/* A pipe takes it in one piece. */
	_exit(write(STDERR_FILENO + 1, &report, sizeof(report)) == (ssize_t)sizeof(report) ? EXIT_SUCCESS
											   : EXIT_FAILURE);
}

static int state_saver_fork(struct state_saver *keeper)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	r = sd_event_add_io(keeper->event, &keeper->child_source, fds[0], EPOLLIN, state_saver_on_child,
			    keeper);
	if (r >= 0) {
		/* Everything that changes rules comes first on the loop. */
		(void)sd_event_source_set_priority(keeper->child_source, SD_EVENT_PRIORITY_IDLE);
		keeper->child = fork();
		if (keeper->child < 0)
			r = -errno;
	}
	if (r >= 0 && keeper->child == 0)
		state_saver_be_child(keeper, fds[1]);
	(void)close(fds[1]);
	if (r < 0) {
		keeper->child_source = sd_event_source_disable_unref(keeper->child_source);
		keeper->child = 0;
		(void)close(fds[0]);
		return r;
	}
	keeper->child_fd = fds[0];
	return 0;
}

static int state_saver_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct state_saver *keeper = userdata;
	int r;

	(void)source;
	(void)usec;
	/* The store may have gone on since; it is complete as long as somebody wants it saved. */
	keeper->wanted = keeper->writing = store_changes(keeper->store);
	r = state_saver_fork(keeper);
	if (r < 0) {
		state_saver_told(keeper, r, strerror(-r));
		keeper->next_ms = (int64_t)monotonic_ms() + STATE_SAVER_PERIOD_MS;
		state_saver_arm(keeper);
	}
	return 0;
}

int state_saver_new(struct sd_event *event, const struct store *store, const char *dir, const char *origin,
		    const char *node_name, struct state_saver **ret, struct err *reterr)
{
	_cleanup_(state_saver_freep) struct state_saver *keeper = alloc_zeroed(1, sizeof(*keeper));
	int r = state_file_prepare(dir, reterr);

	if (r < 0)
		return r;
	keeper->event = event;
	keeper->store = store;
	keeper->dir = dir;
	keeper->origin = origin;
	keeper->node_name = node_name;
	r = sd_event_add_time(event, &keeper->timer, CLOCK_MONOTONIC, 0, 1000, state_saver_on_timer, keeper);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	(void)sd_event_source_set_enabled(keeper->timer, SD_EVENT_OFF);
	(void)sd_event_source_set_priority(keeper->timer, SD_EVENT_PRIORITY_IDLE);
	*ret = TAKE_PTR(keeper);
	return 0;
}

struct state_saver *state_saver_free(struct state_saver *keeper)
{
	if (!keeper)
		return NULL;
	if (keeper->child)
		state_saver_reap(keeper);
	sd_event_source_disable_unref(keeper->timer);
	free(keeper);
	return NULL;
}

void state_saver_is_saved(struct state_saver *keeper)
{
	keeper->saved = keeper->wanted = store_changes(keeper->store);
}

void state_saver_before_sync(struct state_saver *keeper, bool complete)
{
	struct err err = { 0 };
	int r;

	if (keeper->saved == store_changes(keeper->store))
		return;
	if (!keeper->behind) {
		r = state_file_mark_behind(keeper->dir, &err);
		keeper->behind = r == 0;
		if (r < 0)
			state_saver_told(keeper, r, err.text);
	}
	if (!complete)
		return;
	keeper->wanted = store_changes(keeper->store);
	state_saver_arm(keeper);
}

void state_saver_stop(struct state_saver *keeper)
{
	struct state_saver_report report;

	if (!keeper)
		return;
	if (keeper->child)
		state_saver_reap(keeper);
	if (keeper->saved == keeper->wanted)
		return;
	state_saver_write(keeper, &report);
	state_saver_wrote(keeper, &report, store_changes(keeper->store));
}
