/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/manifest_gaps.h"

#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "backend/nfnl_tables.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "intake/refused_at_start.h"
#include "intake/state_file.h"
#include "manifests/files.h"

static int manifest_gaps_read(const struct refused_at_start_use *use, struct saved_state *ret,
			      struct err *reterr)
{
	_cleanup_(state_file_reader_freep) struct state_file_reader *reader = NULL;
	int r = state_file_reader_new(use->dir, &reader, reterr);

	if (r < 0)
		return r;
	do
		r = state_file_reader_step(reader, ret, reterr);
	while (r == -EINPROGRESS);
	return r ? r : refused_at_start_check(use, ret, reterr);
}

static size_t manifest_gaps_restore(struct files *files, struct saved_state *saved)
{
	size_t i, n = 0;

	for (i = 0; i < saved->n_objects; i++) {
		struct object *object = &saved->objects[i];
		const char *name = object->origin;

		object->origin = NULL;
		n += name && files_restore(files, name, object);
	}
	return n;
}

/* Return: whether it is known what the bad manifests had. */
static bool manifest_gaps_use_saved(struct files *files, const struct refused_at_start_use *use)
{
	struct saved_state saved = { 0 };
	struct err err = { 0 };
	int r = *use->dir ? manifest_gaps_read(use, &saved, &err) : -ENOENT;
	size_t n = r ? 0 : manifest_gaps_restore(files, &saved);

	if (n)
		log_warn("source", "manifests are bad, using what was saved of their last good objects",
			 LOG_NUMBER("objects", n), LOG_NUMBER("age_s", (int64_t)time(NULL) - saved.time_s));
	else if (r < 0 && r != -ENOENT)
		log_warn("source",
			 "manifests are bad, and what was saved of their last good objects cannot be used",
			 LOG_TEXT("err", err.text));
	saved_state_done(&saved);
	return !r;
}

bool manifest_gaps_fill(struct files *files, const struct refused_at_start_use *use, bool wait)
{
	const char *gap;

	if (!files_has_gaps(files) || manifest_gaps_use_saved(files, use))
		return false;
	gap = files_gap(files);
	if (!gap || !wait || !nfnl_tables_exist(use->nfnl, NULL))
		return false;
	log_warn(
		"source",
		"a manifest cannot be read, and its last good objects are not known: leaving all rules as they are "
		"until it can be read or is removed",
		LOG_TEXT("file", gap));
	return true;
}
