/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "manifests/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <utlist.h>

#include "base/alloc.h"
#include "base/hash_table.h"
#include "base/monotonic.h"
#include "manifests/files_internal.h"
#include "manifests/files_keys.h"
#include "manifests/files_reading.h"
#include "manifests/files_round.h"
#include "manifests/files_watch.h"

#define STEP_US 20000

/*
 * The single file. Before its first read there are no last good objects, so an error is final: going on would
 * delete every Service.
 */
static int read_named(struct files *files, struct err *reterr)
{
	struct file *file = files->files;
	struct err err;
	int r;

	r = files_round_read(files, file, &err);
	if (r < 0) {
		(void)err_set(reterr, r, "%s: %s", file->path, err.text);
		file->failed = true;
	}
	return r;
}

int files_read_all(struct files *files, struct err *reterr)
{
	enum object_kind kind;
	int r;

	r = files->origin == ORIGIN_DIRECTORY ? files_round_list(files, reterr) : read_named(files, reterr);
	do {
		if (r >= 0)
			r = files_round_step(files, reterr);
	} while (r > 0);
	if (r < 0)
		return r;
	for (kind = 0; kind < _OBJECT_KIND_MAX && !files->synced; kind++)
		files->sink.synced(files->sink.ctx, kind);
	files->synced = true;
	return 0;
}

/* What was good before the start */

const char *files_gap(const struct files *files)
{
	const struct file *file;

	for (file = files->files; file; file = file->hh.next)
		if (file->unread || file->incomplete)
			return file->path;
	return NULL;
}

bool files_has_gaps(const struct files *files)
{
	const struct file *file;

	for (file = files->files; file; file = file->hh.next)
		if (file->unread || file->incomplete || file->n_refused)
			return true;
	return false;
}

static bool has_refused(const struct file *file, const struct object *object)
{
	size_t i;

	for (i = 0; i < file->n_refused; i++) {
		const struct files_refused *refused = &file->refused[i];

		if (refused->kind == object->kind && strcmp(refused->namespace, object->namespace) == 0 &&
		    strcmp(refused->name, object->name) == 0)
			return true;
	}
	return false;
}

bool files_restore(struct files *files, const char *name, struct object *object)
{
	struct file *file = files_round_find(files, name);
	void *other;

	if (!file || (!file->unread && !file->incomplete && !has_refused(file, object)))
		return false;
	if (files_keys_find(files->keys, object->kind, object->namespace, object->name))
		return false;
	(void)files_keys_claim(files->keys, file->owner, object->kind, object->namespace, object->name, true,
			       &other);
	files->sink.put(files->sink.ctx, object);
	return true;
}

const char *files_manifest_of(const struct files *files, enum object_kind kind, const char *namespace,
			      const char *name)
{
	const struct file *file = files_keys_find(files->keys, kind, namespace, name);

	return file ? file->name : NULL;
}

/* Following */

/* The directory cannot be listed, or the single file has gone. */
static void tell_failed(struct files *files, const struct err *err)
{
	files->failed = true;
	files->is_short = err_is_shortage(err->code);
	files->sink.degraded(files->sink.ctx, &(struct object_source){ files->dir, NULL, _OBJECT_KIND_MAX },
			     err);
}

static void on_name(void *ctx, const char *name)
{
	struct files *files = ctx;
	struct file *file = files_round_find(files, name);

	if (!file && files->origin == ORIGIN_DIRECTORY &&
	    manifest_format_of_name(name) != MANIFEST_FORMAT_NONE) {
		if (HASH_COUNT(files->files) < FILES_MAX)
			file = files_round_add(files, name);
		else if (!files->failed)
			files->all_dirty = true; /* the listing tells of too many files, if they are */
	}
	if (file)
		files_round_queue(files, file);
}

static void on_attribute(void *ctx, const char *name)
{
	struct files *files = ctx;
	struct file *file = name ? files_round_find(files, name) : NULL;

	if (!name && files->failed)
		files->all_dirty = true;
	if (file && file->failed)
		files_round_queue(files, file);
}

static void on_link(void *ctx, int target)
{
	struct files *files = ctx;
	const struct target *found = files_round_find_target(files, target);
	struct file *file;

	if (!found)
		return;
	DL_FOREACH2(found->links, file, next_link)
	files_round_queue(files, file);
}

static void on_all(void *ctx)
{
	struct files *files = ctx;

	files->all_dirty = true;
}

static void on_lost(void *ctx)
{
	struct files *files = ctx;
	struct err err;

	(void)err_set(&err, -ENOENT, "the directory is gone; its last objects are kept until it is back");
	files_round_end_listing(files);
	tell_failed(files, &err);
}

int files_fd(const struct files *files)
{
	return files->watch ? files_watch_fd(files->watch) : -1;
}

static int begin_all(struct files *files, struct err *reterr)
{
	int r = files->watch ? files_watch_retry(files->watch, reterr) : 0;

	files->all_dirty = false;
	if (r < 0)
		return r;
	if (files->origin == ORIGIN_DIRECTORY)
		return files_round_list(files, reterr);
	files_round_queue(files, files->files);
	files->round.listed = true;
	return 0;
}

/* Work for a short time. Return: whether there is more to do. */
static bool work(struct files *files)
{
	uint64_t end = monotonic_us() + STEP_US;
	struct err err;
	int r;

	do {
		r = files->all_dirty ? begin_all(files, &err) : 1;
		if (r >= 0)
			r = files_round_step(files, &err);
		if (r < 0)
			tell_failed(files, &err);
	} while (r && monotonic_us() < end);
	return r;
}

int files_dispatch(struct files *files, bool *ret_more, struct err *reterr)
{
	int r = 0;

	if (files->watch)
		r = files_watch_dispatch(files->watch, reterr);
	*ret_more = work(files);
	return r;
}

void files_reload(struct files *files)
{
	if (files->origin != ORIGIN_STDIN)
		files->all_dirty = true;
}

bool files_is_short(const struct files *files)
{
	const struct file *file;

	if (files->failed && files->is_short)
		return true;
	for (file = files->files; file; file = file->hh.next)
		if (file->failed && file->is_short)
			return true;
	return false;
}

void files_retry(struct files *files)
{
	struct file *file;

	files->all_dirty |= files->failed && files->is_short;
	for (file = files->files; file; file = file->hh.next)
		if (file->failed && file->is_short)
			files_round_queue(files, file);
}

/* Life */

static int find_origin(struct files *files, bool follow, struct err *reterr)
{
	struct stat st;
	char *slash;

	if (strcmp(files->path, "-") == 0)
		return 0;
	if (stat(files->path, &st) < 0)
		return err_set(reterr, -errno, "%s: %s", files->path, strerror(errno));
	files->dir = alloc_string(files->path);
	if (S_ISDIR(st.st_mode)) {
		files->origin = ORIGIN_DIRECTORY;
		return 0;
	}
	if (follow && !S_ISREG(st.st_mode))
		return err_set(reterr, -EINVAL, "%s: only a regular file or a directory can be followed",
			       files->path);
	files->origin = ORIGIN_FILE;
	slash = strrchr(files->dir, '/');
	if (!slash) {
		free(files->dir);
		files->dir = alloc_string(".");
	} else {
		slash[slash == files->dir] = '\0';
	}
	return 0;
}

int files_new(const char *path, bool follow, const struct object_sink *sink, struct files **ret,
	      struct err *reterr)
{
	_cleanup_(files_freep) struct files *files = alloc_zeroed(1, sizeof(*files));
	const char *slash;
	int r;

	files->sink = *sink;
	files->path = alloc_string(path);
	files->keys = files_keys_new();
	r = find_origin(files, follow, reterr);
	if (r < 0)
		return r;
	if (follow && files->origin != ORIGIN_STDIN) {
		const struct files_watch_sink watch_sink = { on_name, on_attribute, on_link,
							     on_all,  on_lost,	    files };

		r = files_watch_new(files->dir, &watch_sink, &files->watch, reterr);
		if (r < 0)
			return r;
	}
	slash = strrchr(files->path, '/');
	if (files->origin != ORIGIN_DIRECTORY)
		(void)files_round_add(files, slash ? slash + 1 : files->path);
	*ret = TAKE_PTR(files);
	return 0;
}

struct files *files_free(struct files *files)
{
	struct file *file, *next;

	if (!files)
		return NULL;
	files_round_done(files);
	HASH_ITER(hh, files->files, file, next)
		files_round_forget(files, file);
	(void)files_keys_free(files->keys);
	(void)files_watch_free(files->watch);
	free(files->path);
	free(files->dir);
	free(files);
	return NULL;
}

void files_each_skipped(const struct files *files,
			void (*each)(void *ctx, const char *kind, unsigned int count), void *ctx)
{
	struct files_skipped *all = NULL;
	const struct file *file;
	size_t n = 0, i;

	for (file = files->files; file; file = file->hh.next) {
		for (i = 0; i < file->n_skipped; i++)
			files_reading_count(&all, &n, file->skipped[i].kind, file->skipped[i].count);
	}
	for (i = 0; i < n; i++)
		each(ctx, all[i].kind, all[i].count);
	files_reading_uncount(all, n);
}
