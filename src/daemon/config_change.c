/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/config_change.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "config/command_line.h"
#include "config/config_file.h"
#include "daemon/host_check.h"
#include "daemon/manifest_check.h"
#include "daemon/setting_notes.h"
#include "daemon/source_start.h"

/* Why a content is checked: it is new, an operator asks, or it is to be executed now. */
enum config_change_reason {
	CONFIG_CHANGE_REASON_SEEN,
	CONFIG_CHANGE_REASON_ASKED,
	CONFIG_CHANGE_REASON_DUE,
};

/**
 * struct config_change
 * @start_ms:	monotonic: when this execution began
 * @look:	timer of the next reading
 * @execute:	timer of the execution with @seen, which is good then
 * @turn:	enabled while @unread is read
 * @unread:	the manifest that @seen names, while it is being checked; NULL: none is
 * @reason:	why it is checked
 * @tries_since_ms: when @execute was due first; 0: not yet
 * @seen:	the last content
 * @problem:	why that is not in force; no code: it is, or will be soon
 */
struct config_change {
	struct config_change_params params;
	uint64_t start_ms;
	sd_event_source *look;
	sd_event_source *execute;
	sd_event_source *turn;
	struct manifest_check *unread;
	enum config_change_reason reason;
	uint64_t tries_since_ms;
	struct buf seen;
	struct err problem;
	uint64_t problem_ms;
};

uint64_t config_change_delay_ms(const char *node_name)
{
	uint64_t hash = hash_add_string(HASH_START, node_name);

	/* Names of nodes differ in their last characters, which have moved the high bits more than the low ones. */
	return (hash >> 32) % CONFIG_CHANGE_SPREAD_MS;
}

static bool config_change_is_pending(const struct config_change *change)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(change->execute, &enabled);
	return enabled != SD_EVENT_OFF;
}

static void config_change_arm(sd_event_source *timer, uint64_t due_ms)
{
	(void)sd_event_source_set_time(timer, due_ms * 1000);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void config_change_end_check(struct config_change *change)
{
	change->unread = manifest_check_free(change->unread);
	(void)sd_event_source_set_enabled(change->turn, SD_EVENT_OFF);
}

static void config_change_cancel(struct config_change *change)
{
	config_change_end_check(change);
	(void)sd_event_source_set_enabled(change->execute, SD_EVENT_OFF);
	change->tries_since_ms = 0;
}

static void config_change_set_problem(struct config_change *change, const struct err *err)
{
	if (!change->problem.code)
		change->problem_ms = monotonic_ms();
	change->problem = *err;
}

static void config_change_refuse(struct config_change *change, const struct err *err)
{
	config_change_cancel(change);
	config_change_set_problem(change, err);
	log_warn("daemon",
		 "the configuration file has changed and cannot be used, the old settings stay in force",
		 LOG_TEXT("err", err->text));
	change->params.refused(change->params.ctx, err);
}

/* As a start would. @ret is set on success. @ret_unread: as in source_start_check() */
static int config_change_check(const struct config_change *change, struct settings *ret,
			       struct manifest_check **ret_unread, struct err *reterr)
{
	const struct config_change_params *params = &change->params;
	int r;

	*ret_unread = NULL;
	r = command_line_parse_with(params->argc, params->argv, &change->seen, ret, reterr);

	if (r < 0)
		return r;
	/* It begins with the file's name. */
	r = host_check_cluster_cidr(ret, params->family_enabled, reterr);
	if (!r && source_start_check(ret, ret_unread, reterr) < 0)
		r = err_wrap(reterr, "%s", ret->config);
	if (r < 0)
		settings_done(ret);
	return r;
}

static void config_change_accept(struct config_change *change, const struct settings *settings, bool asked)
{
	uint64_t now_ms = monotonic_ms(), due_ms = now_ms;
	bool mended = change->problem.code != 0;
	bool pending = config_change_is_pending(change);

	change->problem = (struct err){ 0 };
	if (config_file_same(change->params.settings, settings)) {
		config_change_cancel(change);
		setting_notes_log(settings);
		log_notice("daemon",
			   mended ? "the configuration file can be used again, with the settings in force"
				  : "the configuration file has changed, with the same settings",
			   LOG_TEXT("file", settings->config));
		return;
	}
	if (!asked)
		due_ms += config_change_delay_ms(change->params.settings->hostname);
	if (due_ms < change->start_ms + CONFIG_CHANGE_PAUSE_MS)
		due_ms = change->start_ms + CONFIG_CHANGE_PAUSE_MS;
	/* A further change does not put off the execution. */
	if (!pending || change->tries_since_ms || asked)
		config_change_arm(change->execute, due_ms);
	change->tries_since_ms = 0;
	log_notice("daemon", "the configuration file has changed, starting anew with it",
		   LOG_TEXT("file", settings->config), LOG_NUMBER("wait_ms", due_ms - now_ms));
}

static bool config_change_is(const struct config_change *change, const struct buf *text)
{
	return text->size == change->seen.size &&
	       (!text->size || memcmp(text->data, change->seen.data, text->size) == 0);
}

/* Reading from a pipe would make the loop wait. */
static int config_change_read_file(const char *path, struct buf *text, struct err *reterr)
{
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(reterr, -EINVAL, "is no regular file");
	return config_file_read(path, text, reterr);
}

/* A file that is missing is about to be written. Another error is a problem of its own: it leaves no content. */
static int config_change_read(struct config_change *change, struct buf *text, bool asked)
{
	const char *path = change->params.settings->config;
	struct err err = { 0 };
	int r = config_change_read_file(path, text, &err);

	if (r == 0 || (r == -ENOENT && !asked))
		return r;
	(void)err_wrap(&err, "%s", path);
	buf_reset(&change->seen);
	if (err_is_shortage(r))
		config_change_arm(change->look, monotonic_ms() + CONFIG_CHANGE_SHORT_MS);
	if (asked || strcmp(err.text, change->problem.text) != 0)
		config_change_refuse(change, &err);
	return r;
}

/* There is a problem, or an execution is due, or the content is being checked. */
static bool config_change_is_open(const struct config_change *change)
{
	return change->problem.code || config_change_is_pending(change) || change->unread;
}

static void config_change_failed(struct config_change *change, int r, struct err *err)
{
	uint64_t now_ms = monotonic_ms();

	if (r == -EAGAIN) {
		config_change_arm(change->execute, now_ms + CONFIG_CHANGE_CHILD_MS);
		return;
	}
	(void)err_wrap(err, "%s is not in force", change->params.settings->config);
	if (strcmp(err->text, change->problem.text) != 0)
		log_warn("daemon",
			 "cannot start anew with the changed configuration, trying again every minute",
			 LOG_TEXT("err", err->text));
	config_change_set_problem(change, err);
	config_change_arm(change->execute, now_ms + CONFIG_CHANGE_RETRY_MS);
}

static void config_change_execute(struct config_change *change)
{
	uint64_t now_ms = monotonic_ms();
	struct err err = { 0 };
	int r;

	if (!change->tries_since_ms)
		change->tries_since_ms = now_ms;
	r = change->params.execute(change->params.ctx, &change->seen,
				   now_ms < change->tries_since_ms + CONFIG_CHANGE_PATIENCE_MS, &err);
	config_change_failed(change, r, &err);
}

/* All of the content that is known was checked. */
static void config_change_go_on(struct config_change *change, const struct settings *settings)
{
	if (change->reason == CONFIG_CHANGE_REASON_DUE)
		config_change_execute(change);
	else
		config_change_accept(change, settings, change->reason == CONFIG_CHANGE_REASON_ASKED);
}

/* Check the content that is known, and then go on; a large manifest is read in turns of the loop. */
static void config_change_begin(struct config_change *change, enum config_change_reason reason)
{
	struct settings settings;
	struct err err = { 0 };

	config_change_end_check(change);
	change->reason = reason;
	if (config_change_check(change, &settings, &change->unread, &err) < 0) {
		config_change_refuse(change, &err);
		return;
	}
	if (change->unread)
		(void)sd_event_source_set_enabled(change->turn, SD_EVENT_ON);
	else
		config_change_go_on(change, &settings);
	settings_done(&settings);
}

static int config_change_on_turn(sd_event_source *source, void *userdata)
{
	/* Is not read again. */
	_cleanup_(manifest_check_freep) struct manifest_check *read = NULL;
	struct config_change *change = userdata;
	struct settings settings;
	struct err err = { 0 };
	int r = manifest_check_step(change->unread, &err);

	(void)source;
	if (r == -EINPROGRESS)
		return 0;
	config_change_end_check(change);
	if (r < 0)
		(void)err_wrap(&err, "%s: kubeNftproxy.manifests", change->params.settings->config);
	else
		r = config_change_check(change, &settings, &read, &err);
	if (r < 0) {
		config_change_refuse(change, &err);
		return 0;
	}
	config_change_go_on(change, &settings);
	settings_done(&settings);
	return 0;
}

static void config_change_look(struct config_change *change, bool asked)
{
	struct buf text = BUF_INIT;

	if (config_change_read(change, &text, asked) < 0 ||
	    (config_change_is(change, &text) && !(asked && config_change_is_open(change)))) {
		buf_done(&text);
		return;
	}
	buf_done(&change->seen);
	change->seen = text;
	config_change_begin(change, asked ? CONFIG_CHANGE_REASON_ASKED : CONFIG_CHANGE_REASON_SEEN);
}

static int config_change_on_look(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	config_change_look(userdata, false);
	return 0;
}

/* What the content names may have changed since it was checked. */
static int config_change_on_execute(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct config_change *change = userdata;

	(void)source;
	(void)usec;
	/* A newer content is being checked. */
	if (change->unread)
		config_change_arm(change->execute, monotonic_ms() + CONFIG_CHANGE_CHILD_MS);
	else
		config_change_begin(change, CONFIG_CHANGE_REASON_DUE);
	return 0;
}

static int config_change_timer(struct config_change *change, sd_event_time_handler_t handler,
			       sd_event_source **ret, struct err *reterr)
{
	int r = sd_event_add_time(change->params.event, ret, CLOCK_MONOTONIC, 0, 1000, handler, change);

	if (r >= 0)
		r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
	return r < 0 ? err_set(reterr, r, "cannot make a timer: %s", strerror(-r)) : 0;
}

static int config_change_add_turn(struct config_change *change, struct err *reterr)
{
	int r = sd_event_add_defer(change->params.event, &change->turn, config_change_on_turn, change);

	if (r >= 0)
		r = sd_event_source_set_enabled(change->turn, SD_EVENT_OFF);
	/* Of sources with one priority, the one that is always due would always be the first. */
	if (r >= 0)
		r = sd_event_source_set_priority(change->turn, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? err_set(reterr, r, "cannot plan the reading of a manifest: %s", strerror(-r)) : 0;
}

int config_change_new(const struct config_change_params *params, struct config_change **ret,
		      struct err *reterr)
{
	_cleanup_(config_change_freep) struct config_change *change = alloc_zeroed(1, sizeof(*change));
	const struct buf *text = &params->settings->config_text;
	int r;

	change->params = *params;
	change->start_ms = monotonic_ms();
	buf_add(&change->seen, text->data, text->size);
	r = config_change_timer(change, config_change_on_look, &change->look, reterr);
	if (!r)
		r = config_change_timer(change, config_change_on_execute, &change->execute, reterr);
	if (!r)
		r = config_change_add_turn(change, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(change);
	return 0;
}

struct config_change *config_change_free(struct config_change *change)
{
	if (!change)
		return NULL;
	sd_event_source_disable_unref(change->look);
	sd_event_source_disable_unref(change->execute);
	sd_event_source_disable_unref(change->turn);
	manifest_check_free(change->unread);
	buf_done(&change->seen);
	free(change);
	return NULL;
}

void config_change_soon(void *ctx)
{
	struct config_change *change = ctx;
	int pending = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(change->look, &pending);
	if (pending == SD_EVENT_OFF)
		config_change_arm(change->look, monotonic_ms() + CONFIG_CHANGE_SETTLE_MS);
}

void config_change_now(struct config_change *change)
{
	if (change)
		config_change_look(change, true);
}

const char *config_change_problem(const struct config_change *change, uint64_t *ret_since_ms)
{
	if (!change || !change->problem.code)
		return NULL;
	*ret_since_ms = change->problem_ms;
	return change->problem.text;
}
