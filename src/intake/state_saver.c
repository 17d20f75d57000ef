/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Why a child process
 *
 * A file that is written in small steps while the store changes matches no state that the store ever had, and
 * waiting for the disk takes an unknown time. fork() copies the store for the price of its page tables (about a
 * millisecond for a store of 10,000 Services), the memory is shared until one of the two writes to it, and
 * errors stay in the child. The child allocates little, uses no descriptor but its own, and ends with _exit().
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
#include "base/forked.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/state_file.h"
#include "model/store.h"

/* The result that a child sends through its pipe. */
struct state_saver_report {
	int code;
	uint64_t size;
	int64_t time_s;
	uint8_t checksum[SHA256_SIZE];
	char text[ERR_TEXT_SIZE];
};

/**
 * struct state_saver
 * @child:	0: none is running
 * @child_fd:	end of the pipe from which its report is read
 * @saved, @wanted, @writing: values of store_changes(): of the file, of what is to be saved, of what the child writes
 * @next_ms:	monotonic; no write before
 * @refresh_ms:	monotonic: when the file gets a new time although nothing has changed; 0: it was not written yet
 * @time_s:	the time in the file
 * @complete:	every kind was listed
 * @failing:	the failure was logged
 */
struct state_saver {
	struct state_saver_params params;
	sd_event_source *timer;
	sd_event_source *child_source;
	pid_t child;
	int child_fd;
	uint64_t saved;
	uint64_t wanted;
	uint64_t writing;
	int64_t next_ms;
	int64_t refresh_ms;
	int64_t time_s;
	bool complete;
	bool failing;
};

int64_t state_saver_period_ms(uint64_t size)
{
	uint64_t period_ms = size / STATE_SAVER_BYTES_PER_MS;

	if (period_ms > STATE_SAVER_PERIOD_MAX_MS)
		return STATE_SAVER_PERIOD_MAX_MS;
	return period_ms < STATE_SAVER_PERIOD_MS ? STATE_SAVER_PERIOD_MS : (int64_t)period_ms;
}

int64_t state_saver_refresh_ms(uint64_t max_age_ms)
{
	uint64_t quarter_ms = max_age_ms / 4;

	if (!max_age_ms || quarter_ms > STATE_SAVER_REFRESH_MS)
		return STATE_SAVER_REFRESH_MS;
	return quarter_ms < STATE_SAVER_PERIOD_MS ? STATE_SAVER_PERIOD_MS : (int64_t)quarter_ms;
}

static int64_t state_saver_as_of(const struct state_saver *saver)
{
	return saver->params.as_of ? saver->params.as_of(saver->params.ctx) : (int64_t)time(NULL);
}

static int state_saver_mark(const struct state_saver *saver, const uint8_t *checksum, struct err *reterr)
{
	return saver->params.mark ? saver->params.mark(saver->params.ctx, checksum, reterr) : 0;
}

/* Log a failure and its end once each. */
static void state_saver_log(struct state_saver *saver, int r, const char *text)
{
	if (r < 0 && !saver->failing)
		log_warn("state", "cannot save the state for the next start", LOG_TEXT("err", text));
	else if (r == 0 && saver->failing)
		log_notice("state", "saving the state works again", LOG_TEXT("dir", saver->params.dir));
	saver->failing = r < 0;
}

static void state_saver_write(const struct state_saver *saver, struct state_saver_report *ret)
{
	const struct state_saver_params *params = &saver->params;
	const struct state_file_content content = {
		.store = params->store,
		.time_s = state_saver_as_of(saver),
		.origin = params->origin,
		.node_name = params->node_name,
		.manifest_of = params->manifest_of,
		.ctx = params->ctx,
	};
	struct err err = { 0 };

	*ret = (struct state_saver_report){ .time_s = content.time_s };
	ret->code = state_file_write(params->dir, &content, &ret->size, ret->checksum, &err);
	memcpy(ret->text, err.text, sizeof(ret->text));
}

/* @changes: store_changes() of the state that was written. */
static void state_saver_written(struct state_saver *saver, const struct state_saver_report *report,
				uint64_t changes)
{
	struct err err = { 0 };
	int r = report->code;

	saver->next_ms = (int64_t)monotonic_ms() + state_saver_period_ms(report->size);
	saver->refresh_ms = (int64_t)monotonic_ms() + state_saver_refresh_ms(saver->params.max_age_ms);
	if (r < 0) {
		state_saver_log(saver, r, report->text);
		return;
	}
	saver->saved = changes;
	saver->time_s = report->time_s;
	log_debug("state", "saved", LOG_NUMBER("bytes", report->size));
	if (saver->saved == store_changes(saver->params.store)) {
		r = state_file_clear_behind(saver->params.dir, &err);
		if (!r)
			r = state_saver_mark(saver, report->checksum, &err);
	}
	state_saver_log(saver, r, err.text);
}

/* When the next write is due; -1: never. */
static int64_t state_saver_due_ms(const struct state_saver *saver)
{
	int64_t due_ms = -1;

	if (saver->saved != saver->wanted)
		due_ms = (int64_t)monotonic_ms() + STATE_SAVER_DELAY_MS;
	else if (saver->complete && saver->refresh_ms)
		due_ms = saver->refresh_ms;
	return due_ms >= 0 && due_ms < saver->next_ms ? saver->next_ms : due_ms;
}

/* A further change does not put off a write. */
static void state_saver_arm(struct state_saver *saver)
{
	int64_t due_ms = state_saver_due_ms(saver);
	int enabled = SD_EVENT_OFF;
	uint64_t armed_us = 0;

	if (saver->child || due_ms < 0)
		return;
	(void)sd_event_source_get_enabled(saver->timer, &enabled);
	if (enabled != SD_EVENT_OFF && sd_event_source_get_time(saver->timer, &armed_us) >= 0 &&
	    armed_us <= (uint64_t)due_ms * 1000)
		return;
	(void)sd_event_source_set_time(saver->timer, (uint64_t)due_ms * 1000);
	(void)sd_event_source_set_enabled(saver->timer, SD_EVENT_ONESHOT);
}

/* Read the report of the child that has ended. */
static void state_saver_reap(struct state_saver *saver)
{
	struct state_saver_report report = { .code = -EIO, .text = "the writing process has died" };
	struct state_saver_report received;
	ssize_t n;

	do
		n = read(saver->child_fd, &received, sizeof(received));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(received)) {
		received.text[sizeof(received.text) - 1] = '\0';
		report = received;
	}
	saver->child_source = sd_event_source_disable_unref(saver->child_source);
	(void)close(saver->child_fd);
	while (waitpid(saver->child, NULL, 0) < 0 && errno == EINTR)
		;
	saver->child = 0;
	state_saver_written(saver, &report, saver->writing);
}

static int state_saver_on_child(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct state_saver *saver = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	state_saver_reap(saver);
	state_saver_arm(saver);
	return 0;
}

/* In the child: send the report to @fd. */
static void state_saver_run_child(const struct state_saver *saver, int fd)
{
	struct state_saver_report report;

	fd = forked_begin(fd);
	state_saver_write(saver, &report);
	/* The report is smaller than PIPE_BUF: one write() is enough. */
	_exit(write(fd, &report, sizeof(report)) == (ssize_t)sizeof(report) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int state_saver_fork(struct state_saver *saver)
{
	int fds[2], r;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	r = sd_event_add_io(saver->params.event, &saver->child_source, fds[0], EPOLLIN, state_saver_on_child,
			    saver);
	if (r >= 0) {
		/* After everything that changes rules. */
		(void)sd_event_source_set_priority(saver->child_source, SD_EVENT_PRIORITY_IDLE);
		saver->child = fork();
		if (saver->child < 0)
			r = -errno;
	}
	if (r >= 0 && saver->child == 0)
		state_saver_run_child(saver, fds[1]);
	(void)close(fds[1]);
	if (r < 0) {
		saver->child_source = sd_event_source_disable_unref(saver->child_source);
		saver->child = 0;
		(void)close(fds[0]);
		return r;
	}
	saver->child_fd = fds[0];
	return 0;
}

static int state_saver_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct state_saver *saver = userdata;
	int r;

	(void)source;
	(void)usec;
	/* Only the time would be new, and it is not: the server was not heard meanwhile. */
	if (saver->saved == store_changes(saver->params.store) && state_saver_as_of(saver) <= saver->time_s) {
		saver->refresh_ms =
			(int64_t)monotonic_ms() + state_saver_refresh_ms(saver->params.max_age_ms);
		state_saver_arm(saver);
		return 0;
	}
	/* The store may have changed since state_saver_before_sync(). It is still complete: once listed, a kind stays so. */
	saver->wanted = saver->writing = store_changes(saver->params.store);
	r = state_saver_fork(saver);
	if (r < 0) {
		state_saver_log(saver, r, strerror(-r));
		saver->next_ms = (int64_t)monotonic_ms() + STATE_SAVER_PERIOD_MS;
		state_saver_arm(saver);
	}
	return 0;
}

int state_saver_new(const struct state_saver_params *params, struct state_saver **ret, struct err *reterr)
{
	_cleanup_(state_saver_freep) struct state_saver *saver = alloc_zeroed(1, sizeof(*saver));
	int r = state_file_prepare(params->dir, reterr);

	if (r < 0)
		return r;
	saver->params = *params;
	r = sd_event_add_time(params->event, &saver->timer, CLOCK_MONOTONIC, 0, 1000, state_saver_on_timer,
			      saver);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	(void)sd_event_source_set_enabled(saver->timer, SD_EVENT_OFF);
	(void)sd_event_source_set_priority(saver->timer, SD_EVENT_PRIORITY_IDLE);
	*ret = TAKE_PTR(saver);
	return 0;
}

struct state_saver *state_saver_free(struct state_saver *saver)
{
	if (!saver)
		return NULL;
	if (saver->child)
		state_saver_reap(saver);
	sd_event_source_disable_unref(saver->timer);
	free(saver);
	return NULL;
}

void state_saver_is_saved(struct state_saver *saver, const uint8_t checksum[SHA256_SIZE])
{
	struct err err = { 0 };
	int r = state_saver_mark(saver, checksum, &err);

	saver->saved = saver->wanted = store_changes(saver->params.store);
	/* Without the mark, the next start leaves the rules as they are. */
	if (r < 0)
		state_saver_log(saver, r, err.text);
}

int state_saver_before_sync(struct state_saver *saver, bool complete, struct err *reterr)
{
	int r;

	saver->complete = complete;
	if (saver->saved == store_changes(saver->params.store)) {
		/* The server says the same as the saved state: it is as new as that. */
		if (complete && !saver->refresh_ms) {
			saver->refresh_ms = (int64_t)monotonic_ms() + STATE_SAVER_DELAY_MS;
			state_saver_arm(saver);
		}
		return 0;
	}
	r = state_saver_mark(saver, NULL, reterr);
	if (r < 0 || !complete)
		return r;
	saver->wanted = store_changes(saver->params.store);
	state_saver_arm(saver);
	return 0;
}

void state_saver_stop(struct state_saver *saver)
{
	struct state_saver_report report;

	if (!saver)
		return;
	if (saver->child)
		state_saver_reap(saver);
	if (saver->saved == saver->wanted)
		return;
	state_saver_write(saver, &report);
	state_saver_written(saver, &report, store_changes(saver->params.store));
}
