/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/refused_at_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "backend/nfnl_tables.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/lacking_objects.h"
#include "intake/offline_start.h"
#include "intake/state_file.h"
#include "intake/state_mark.h"

#define REFUSED_AT_START_TURN_US 10000

int refused_at_start_check(const struct refused_at_start_use *use, const struct saved_state *saved,
			   struct err *reterr)
{
	int r = saved_state_check_owner(saved, use->origin, use->node_name, reterr);

	if (r < 0)
		return r;
	if (offline_start_is_too_old(saved->time_s, (int64_t)time(NULL), use->max_age_ms))
		return err_set(reterr, -EINVAL, "it is too old");
	if (!state_mark_covers(use->mark, use->dir, saved->checksum) && nfnl_tables_exist(use->nfnl, NULL))
		return err_set(reterr, -EINVAL, "it may be older than the rules");
	return 0;
}

/**
 * struct refused_at_start
 * @turn:	enabled while the saved state is read
 * @reader:	NULL: not yet, or @saved is set
 * @next:	object of @saved
 * @n_restored:	of @saved
 * @lacking:	what is to be restored
 * @begun, @done: there is nothing to do after that
 */
struct refused_at_start {
	struct refused_at_start_params params;
	sd_event_source *turn;
	struct state_file_reader *reader;
	struct saved_state saved;
	size_t next;
	size_t n_restored;
	struct lacking_objects *lacking;
	bool begun;
	bool done;
};

static void refused_at_start_done(struct refused_at_start *refused)
{
	intake_note_lacking(refused->params.intake, NULL);
	refused->lacking = lacking_objects_free(refused->lacking);
	refused->reader = state_file_reader_free(refused->reader);
	saved_state_done(&refused->saved);
	refused->done = true;
}

static void refused_at_start_end(struct refused_at_start *refused)
{
	refused_at_start_done(refused);
	(void)sd_event_source_set_enabled(refused->turn, SD_EVENT_OFF);
	refused->params.request(refused->params.ctx);
}

/* Without a saved state there is nothing to say. */
static void refused_at_start_log(const struct err *err)
{
	if (err->code != -ENOENT)
		log_warn("source",
			 "objects are refused, and what was saved of their last good versions cannot be used",
			 LOG_TEXT("err", err->text));
}

static void refused_at_start_read(struct refused_at_start *refused)
{
	struct err err = { 0 };
	int r = state_file_reader_step(refused->reader, &refused->saved, &err);

	if (r == -EINPROGRESS)
		return;
	if (!r)
		r = refused_at_start_check(&refused->params.use, &refused->saved, &err);
	refused->reader = state_file_reader_free(refused->reader);
	if (r < 0) {
		refused_at_start_log(&err);
		refused_at_start_end(refused);
	}
}

static void refused_at_start_restore(struct refused_at_start *refused)
{
	struct object *object;

	if (refused->next < refused->saved.n_objects) {
		object = &refused->saved.objects[refused->next++];
		refused->n_restored += intake_restore(refused->params.intake, object);
		object_done(object);
		return;
	}
	if (refused->n_restored)
		log_warn("source", "objects are refused, using what was saved of their last good versions",
			 LOG_NUMBER("objects", refused->n_restored),
			 LOG_NUMBER("age_s", (int64_t)time(NULL) - refused->saved.time_s));
	refused_at_start_end(refused);
}

static int refused_at_start_on_turn(sd_event_source *source, void *userdata)
{
	struct refused_at_start *refused = userdata;
	uint64_t end_us = monotonic_us() + REFUSED_AT_START_TURN_US;

	(void)source;
	while (!refused->done && monotonic_us() < end_us)
		if (refused->reader)
			refused_at_start_read(refused);
		else
			refused_at_start_restore(refused);
	return 0;
}

int refused_at_start_new(const struct refused_at_start_params *params, struct refused_at_start **ret,
			 struct err *reterr)
{
	_cleanup_(refused_at_start_freep) struct refused_at_start *refused =
		alloc_zeroed(1, sizeof(*refused));
	int r;

	refused->params = *params;
	refused->lacking = lacking_objects_new();
	intake_note_lacking(params->intake, refused->lacking);
	r = sd_event_add_defer(params->event, &refused->turn, refused_at_start_on_turn, refused);
	if (r >= 0)
		r = sd_event_source_set_enabled(refused->turn, SD_EVENT_OFF);
	/* Of sources with one priority, the one that is always due would always be the first. */
	if (r >= 0)
		r = sd_event_source_set_priority(refused->turn, SD_EVENT_PRIORITY_IDLE);
	if (r < 0)
		return err_set(reterr, r, "cannot plan the reading of the saved state: %s", strerror(-r));
	*ret = TAKE_PTR(refused);
	return 0;
}

struct refused_at_start *refused_at_start_free(struct refused_at_start *refused)
{
	if (!refused)
		return NULL;
	sd_event_source_disable_unref(refused->turn);
	refused_at_start_done(refused);
	free(refused);
	return NULL;
}

bool refused_at_start_may_sync(struct refused_at_start *refused)
{
	struct err err = { 0 };

	if (refused->begun)
		return refused->done;
	refused->begun = true;
	if (lacking_objects_is_empty(refused->lacking)) {
		refused_at_start_done(refused);
		return true;
	}
	if (state_file_reader_new(refused->params.use.dir, &refused->reader, &err) < 0) {
		refused_at_start_log(&err);
		refused_at_start_done(refused);
		return true;
	}
	(void)sd_event_source_set_enabled(refused->turn, SD_EVENT_ON);
	return false;
}
