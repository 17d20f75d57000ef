/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/manifest_gaps.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "backend/nfnl_tables.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "config/settings.h"
#include "intake/offline_start.h"
#include "intake/state_file.h"
#include "intake/state_mark.h"
#include "manifests/files.h"

static int manifest_gaps_read(const struct manifest_gaps_params *params, struct saved_state *ret,
			      struct err *reterr)
{
	_cleanup_(state_file_reader_freep) struct state_file_reader *reader = NULL;
	int r = state_file_reader_new(params->settings->state_dir, &reader, reterr);

	if (r < 0)
		return r;
	do
		r = state_file_reader_step(reader, ret, reterr);
	while (r == -EINPROGRESS);
	return r;
}

/* Whether the saved state is that of these manifests, and says no less than the rules. */
static int manifest_gaps_check(const struct manifest_gaps_params *params, const struct saved_state *saved,
			       bool has_rules, struct err *reterr)
{
	const struct settings *settings = params->settings;

	if (strcmp(saved->node_name, settings->hostname) != 0)
		return err_set(reterr, -EINVAL, "it was saved for node %.253s", saved->node_name);
	if (strcmp(saved->origin, params->origin) != 0)
		return err_set(reterr, -EINVAL, "it was saved for %.300s", saved->origin);
	if (offline_start_is_too_old(saved->time_s, (int64_t)time(NULL), settings->state_max_age_ms))
		return err_set(reterr, -EINVAL, "it is too old");
	if (has_rules && !state_mark_is(params->mark, saved->checksum))
		return err_set(reterr, -EINVAL, "it may be older than the rules");
	return 0;
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
static bool manifest_gaps_use_saved(const struct manifest_gaps_params *params, bool has_rules)
{
	struct saved_state saved = { 0 };
	struct err err = { 0 };
	int r = -ENOENT;
	size_t n;

	if (*params->settings->state_dir)
		r = manifest_gaps_read(params, &saved, &err);
	if (!r)
		r = manifest_gaps_check(params, &saved, has_rules, &err);
	if (!r) {
		n = manifest_gaps_restore(params->files, &saved);
		log_warn("source", "manifests are bad, using what was saved of their last good objects",
			 LOG_NUMBER("objects", n), LOG_NUMBER("age_s", (int64_t)time(NULL) - saved.time_s));
	} else if (r != -ENOENT) {
		log_warn("source",
			 "manifests are bad, and what was saved of their last good objects cannot be used",
			 LOG_TEXT("err", err.text));
	}
	saved_state_done(&saved);
	return !r;
}

bool manifest_gaps_fill(const struct manifest_gaps_params *params)
{
	const char *gap;
	bool has_rules;

	if (!files_has_gaps(params->files))
		return false;
	has_rules = nfnl_tables_exist(params->nfnl, NULL);
	if (manifest_gaps_use_saved(params, has_rules))
		return false;
	gap = files_gap(params->files);
	if (!gap || !has_rules || !params->settings->wait_for_manifests)
		return false;
	log_warn(
		"source",
		"a manifest cannot be read, and its last good objects are not known: leaving all rules as they are "
		"until it can be read or is removed",
		LOG_TEXT("file", gap));
	return true;
}
