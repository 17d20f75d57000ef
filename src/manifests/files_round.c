/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: a round
 *
 * Changes make files dirty; a round reads the dirty files, until there are no more. The sink gets nothing of a file
 * before it was read to its end. An object that its file no longer has becomes an orphan (files_keys.h), and another
 * file of the same round may adopt it: so an object that moves between files is never deleted. At the end, files with an
 * object that was refused because of the orphan's former owner are read once more. Objects that are still orphans then
 * are deleted.
 *
 * A round is made in steps, so that 100,000 files do not hold up everything else. Files that change during the round are
 * read next; if they change while a large file is read, its reading is suspended for them.
 */
#include "config.h"
#include "manifests/files_round.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utlist.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_table.h"

#define LISTING_STEP 1000 /* entries of the directory in one step */
#define TAKEN_STEP   200  /* objects given to the sink in one step */
#define DELETED_STEP 200
#define LARGE_STEPS  10 /* a file that takes more of them is suspended for others */

struct file *files_round_add(struct files *files, const char *name)
{
	size_t size = strlen(name) + 1;
	struct file *file = alloc_zeroed(1, sizeof(*file) + size);
	struct buf path = BUF_INIT;

	memcpy(file->name, name, size);
	file->unread = true;
	if (files->origin == ORIGIN_DIRECTORY)
		buf_printf(&path, "%s%s%s", files->dir, files->dir[strlen(files->dir) - 1] == '/' ? "" : "/",
			   name);
	else
		buf_printf(&path, "%s", files->origin == ORIGIN_STDIN ? "standard input" : files->path);
	file->path = path.data;
	file->owner = files_keys_owner(file);
	HASH_ADD_STR(files->files, name, file);
	files->unsorted = true;
	return file;
}

struct target *files_round_find_target(const struct files *files, int number)
{
	struct target *target;

	HASH_FIND_INT(files->targets, &number, target);
	return target;
}

/* @number: -1: the file is not a link any more. The target that no link leads to any more is not watched any more. */
static void set_target(struct files *files, struct file *file, int number)
{
	struct target *former = file->target, *target = NULL;

	if (number >= 0) {
		target = files_round_find_target(files, number);
		if (!target) {
			target = alloc_zeroed(1, sizeof(*target));
			target->number = number;
			HASH_ADD_INT(files->targets, number, target);
		}
	}
	if (target == former)
		return;
	file->target = target;
	if (former)
		DL_DELETE2(former->links, file, prev_link, next_link);
	if (target)
		DL_APPEND2(target->links, file, prev_link, next_link);
	if (!former || former->links)
		return;
	files_watch_unlink(files->watch, former->number);
	HASH_DEL(files->targets, former);
	free(former);
}

static void set_disputed(struct files *files, struct file *file, bool disputed)
{
	files->n_disputed += (size_t)disputed - (size_t)file->disputed;
	file->disputed = disputed;
}

static void forget_refused(struct file *file)
{
	while (file->n_refused--) {
		free(file->refused[file->n_refused].namespace);
		free(file->refused[file->n_refused].name);
	}
	free(file->refused);
	file->n_refused = 0;
	file->refused = NULL;
}

void files_round_forget(struct files *files, struct file *file)
{
	assert(!file->dirty);
	HASH_DEL(files->files, file);
	set_target(files, file, -1);
	set_disputed(files, file, false);
	file->owner = files_keys_disown(files->keys, file->owner);
	files_reading_uncount(file->skipped, file->n_skipped);
	forget_refused(file);
	free(file->path);
	free(file);
}

struct file *files_round_find(const struct files *files, const char *name)
{
	struct file *file;

	HASH_FIND_STR(files->files, name, file);
	return file;
}

static int by_name(const struct file *a, const struct file *b)
{
	return strcmp(a->name, b->name);
}

static int by_name_of_pointers(const void *a, const void *b)
{
	return by_name(*(struct file *const *)a, *(struct file *const *)b);
}

void files_round_queue(struct files *files, struct file *file)
{
	struct files_round *round = &files->round;

	if (file->dirty)
		DL_DELETE2(round->queue, file, prev_queued, next_queued);
	file->dirty = true;
	DL_PREPEND2(round->queue, file, prev_queued, next_queued);
}

/* After all that are dirty already. */
static void queue_last(struct files *files, struct file *file)
{
	if (file->dirty)
		return;
	file->dirty = true;
	DL_APPEND2(files->round.queue, file, prev_queued, next_queued);
}

/* Telling the sink */

static void tell_degraded(struct files *files, struct file *file, const struct err *err)
{
	file->failed = true;
	file->is_short = err_is_shortage(err->code);
	files->sink.degraded(files->sink.ctx, &(struct object_source){ file->path, NULL, _OBJECT_KIND_MAX },
			     err);
}

/* @failed: of a file, or of the directory */
static void tell_recovered(struct files *files, bool *failed, const char *origin)
{
	if (*failed && files->sink.recovered)
		files->sink.recovered(files->sink.ctx,
				      &(struct object_source){ origin, NULL, _OBJECT_KIND_MAX });
	*failed = false;
}

/* Withdraw the refusals of the previous read. */
static void withdraw_refused(struct files *files, struct file *file)
{
	size_t i;

	for (i = 0; files->sink.unrefused && i < file->n_refused; i++)
		files->sink.unrefused(files->sink.ctx, file->path, file->refused[i].kind,
				      file->refused[i].namespace, file->refused[i].name);
	forget_refused(file);
}

static void tell_refused(struct files *files, struct file *file, const struct files_found *found, int code,
			 const char *reason)
{
	struct object object = found->object;
	struct err err;

	object.origin = file->path;
	*ALLOC_APPEND(file->refused, file->n_refused) = (struct files_refused){
		.kind = found->object.kind,
		.namespace = alloc_string(found->object.namespace),
		.name = alloc_string(found->object.name),
	};
	(void)err_set(&err, code, "%s (%s, line %zu)", reason, file->path, found->line);
	files->sink.refused(files->sink.ctx, &object, &err);
}

static void tell_disputed(struct files *files, struct file *file, const struct files_found *found,
			  const struct file *other)
{
	struct buf reason = BUF_INIT;

	if (other)
		buf_printf(&reason, "%s defines it already", other->path);
	else
		buf_printf(&reason, "the file defines it twice");
	tell_refused(files, file, found, -EEXIST, buf_text(&reason));
	buf_done(&reason);
}

/* One object of a file that was read to its end. */
static void take_found(struct files *files, struct file *file, struct files_found *found)
{
	struct object *object = &found->object;
	enum files_claim claim;
	void *other;

	if (object->kind == _OBJECT_KIND_MAX) {
		tell_refused(files, file, found, -EINVAL, found->refusal);
		return;
	}
	claim = files_keys_claim(files->keys, file->owner, object->kind, object->namespace, object->name,
				 !found->refusal, &other);
	if (found->refusal) {
		tell_refused(files, file, found, -EINVAL, found->refusal);
		return;
	}
	switch (claim) {
	case FILES_CLAIM_MINE:
		files->sink.put(files->sink.ctx, object);
		break;
	case FILES_CLAIM_TAKEN:
		set_disputed(files, file, true);
		tell_disputed(files, file, found, other);
		break;
	case FILES_CLAIM_TWICE:
		tell_disputed(files, file, found, NULL);
		break;
	}
}

/* Begin to give the sink what @file contains, which is in @reading. */
static void begin_taking(struct files *files, struct file *file)
{
	struct files_round *round = &files->round;

	if (!file->unwatched)
		tell_recovered(files, &file->failed, file->path);
	withdraw_refused(files, file);
	set_disputed(files, file, false);
	files_keys_begin(file->owner);
	round->taken = file;
	round->n_taken = 0;
}

static void take_some(struct files *files)
{
	struct files_round *round = &files->round;
	struct files_reading *reading = &round->reading;
	struct file *file = round->taken;
	size_t n;

	for (n = 0; n < TAKEN_STEP && round->n_taken < reading->n_found; n++) {
		struct files_found *found = &reading->found[round->n_taken++];

		take_found(files, file, found);
		files_reading_done_one(found);
	}
	if (round->n_taken < reading->n_found)
		return;
	file->unread = file->is_short = false;
	file->incomplete = reading->incomplete;
	files_keys_end(files->keys, file->owner, reading->incomplete);
	files_reading_uncount(file->skipped, file->n_skipped);
	file->n_skipped = reading->n_skipped;
	file->skipped = TAKE_PTR(reading->skipped);
	reading->n_skipped = 0;
	files_reading_done(reading);
	round->taken = NULL;
}

/* Reading */

/* The directory has no events for the target of a link, so it has a watch of its own, maybe shared by several links. */
static void watch_link(struct files *files, struct file *file)
{
	int target = -1;
	struct stat st;
	struct err err;

	file->unwatched = false;
	if (!files->watch)
		return;
	if (lstat(file->path, &st) == 0 && S_ISLNK(st.st_mode)) {
		target = files_watch_link(files->watch, file->path, &err);
		file->unwatched = target < 0 && target != -ENOENT;
		if (file->unwatched)
			tell_degraded(files, file, &err);
	}
	set_target(files, file, target);
}

static int open_file(const struct files *files, const struct file *file, int *ret_fd, struct err *reterr)
{
	/* A single file may be a pipe, but a file of a directory must not block. */
	bool any = files->origin == ORIGIN_FILE && !files->watch;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (any ? 0 : O_NONBLOCK));
	struct stat st;

	if (fd < 0)
		return err_set(reterr, -errno, "%s", strerror(errno));
	if (!any && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		(void)close(fd);
		return err_set(reterr, -EINVAL, "not a regular file");
	}
	*ret_fd = fd;
	return 0;
}

/* The file was deleted, and its directory still exists. */
static bool is_gone(const struct files *files, const struct file *file)
{
	struct stat st;

	return files->origin == ORIGIN_DIRECTORY && stat(file->path, &st) < 0 && errno == ENOENT &&
	       stat(files->dir, &st) == 0;
}

/* Take the next files from the queue, and forget those that were deleted, so that others may adopt their objects. */
static void next_batch(struct files *files)
{
	struct files_round *round = &files->round;
	struct file *file;
	bool again = false;
	size_t n = 0, i;

	while (n < FILES_BATCH_MAX && round->queue) {
		file = round->queue;
		DL_DELETE2(round->queue, file, prev_queued, next_queued);
		file->dirty = false;
		if (file == round->suspended)
			again = true;
		else
			round->batch[n++] = file;
	}
	if (again)
		queue_last(files, round->suspended);
	qsort(round->batch, n, sizeof(struct file *), by_name_of_pointers);
	round->n_batch = 0;
	round->at = 0;
	for (i = 0; i < n; i++) {
		file = round->batch[i];
		if (!is_gone(files, file)) {
			round->batch[round->n_batch++] = file;
			continue;
		}
		tell_recovered(files, &file->failed, file->path);
		withdraw_refused(files, file);
		files_round_forget(files, file);
	}
}

/* The file was read to its end, or its reading has failed or is given up. */
static void end_reading(struct files *files)
{
	files->round.reader = files_reading_end(files->round.reader);
	files->round.read = NULL;
}

static int begin_reading(struct files *files, struct file *file, struct err *reterr)
{
	struct files_round *round = &files->round;
	int fd = -1, r;

	if (files->origin != ORIGIN_STDIN) {
		/* Watch before reading, so that no change is missed. */
		watch_link(files, file);
		r = open_file(files, file, &fd, reterr);
		if (r < 0)
			return r;
	} else {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return err_set(reterr, -errno, "%s", strerror(errno));
	}
	round->reader = files_reading_begin(fd, manifest_format_of_name(file->name));
	round->read = file;
	round->n_steps = 0;
	return 0;
}

/* Other files have changed while a large one is read: read some of them first. Return: whether there are any. */
static bool suspend_reading(struct files *files)
{
	struct files_round *round = &files->round;
	const struct file *next = round->queue;

	if (next && next == round->read)
		next = next->next_queued;
	if (!next || round->suspended || round->n_steps < LARGE_STEPS)
		return false;
	round->suspended = TAKE_PTR(round->read);
	round->suspended_reader = TAKE_PTR(round->reader);
	while (round->at < round->n_batch)
		queue_last(files, round->batch[round->at++]);
	next_batch(files);
	return true;
}

static void resume_reading(struct files_round *round)
{
	round->read = TAKE_PTR(round->suspended);
	round->reader = TAKE_PTR(round->suspended_reader);
	round->n_steps = 0;
}

/* Read on in the file that is read. */
static int read_some(struct files *files, struct err *reterr)
{
	struct files_round *round = &files->round;
	struct file *file = round->read;
	int r;

	r = files_reading_step(round->reader, &round->reading, reterr);
	if (r > 0)
		return 0;
	end_reading(files);
	if (r < 0)
		return r;
	/* The command before the pipe has failed; without Services it would write an empty list. */
	if (round->reading.empty && files->origin == ORIGIN_STDIN) {
		files_reading_done(&round->reading);
		return err_set(reterr, -ENODATA, "it is empty");
	}
	begin_taking(files, file);
	return 0;
}

int files_round_read(struct files *files, struct file *file, struct err *reterr)
{
	int r = begin_reading(files, file, reterr);

	while (r == 0 && files->round.read)
		r = read_some(files, reterr);
	while (files->round.taken)
		take_some(files);
	return r;
}

/* Go on with the file that is read, or begin with the next one. */
static void read_next(struct files *files)
{
	struct files_round *round = &files->round;
	struct file *file = round->read;
	struct err err;
	int r;

	if (file && suspend_reading(files))
		return;
	if (file) {
		round->n_steps++;
		r = read_some(files, &err);
	} else {
		file = round->batch[round->at++];
		r = begin_reading(files, file, &err);
	}
	if (r < 0)
		tell_degraded(files, file, &err);
}

/* The listing */

void files_round_end_listing(struct files *files)
{
	struct files_round *round = &files->round;

	if (round->listing)
		(void)closedir(round->listing);
	round->listing = NULL;
	round->listed = false;
}

int files_round_list(struct files *files, struct err *reterr)
{
	struct files_round *round = &files->round;

	files_round_end_listing(files);
	round->listing = opendir(files->dir);
	if (!round->listing)
		return err_set(reterr, -errno, "%s: %s", files->path, strerror(errno));
	return 0;
}

static int list_entry(struct files *files, const char *name, struct err *reterr)
{
	struct stat st;

	if (name[0] == '.' || manifest_format_of_name(name) == MANIFEST_FORMAT_NONE)
		return 0;
	if (fstatat(dirfd(files->round.listing), name, &st, 0) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (files_round_find(files, name))
		return 0;
	if (HASH_COUNT(files->files) >= FILES_MAX)
		return err_set(reterr, -E2BIG, "%s: more than %d files", files->path, FILES_MAX);
	(void)files_round_add(files, name);
	return 0;
}

static void queue_all(struct files *files)
{
	struct file *file;

	if (files->unsorted)
		HASH_SORT(files->files, by_name);
	files->unsorted = false;
	for (file = files->files; file; file = file->hh.next)
		queue_last(files, file);
}

/* List some entries; at the end of the directory, or of a listing that fails, all files are dirty. */
static int list_some(struct files *files, struct err *reterr)
{
	struct files_round *round = &files->round;
	struct dirent *entry = NULL;
	unsigned int n;
	int r = 0;

	for (n = 0; r == 0 && n < LISTING_STEP; n++) {
		errno = 0;
		entry = readdir(round->listing);
		if (entry)
			r = list_entry(files, entry->d_name, reterr);
		else if (errno)
			r = err_set(reterr, -errno, "%s: %s", files->path, strerror(errno));
		if (!entry)
			break;
	}
	if (entry && r == 0)
		return 0;
	files_round_end_listing(files);
	queue_all(files);
	round->listed = r == 0;
	return r;
}

/* The round */

/* All dirty files were read. Return: whether there is more to do. */
static bool finish(struct files *files)
{
	struct files_round *round = &files->round;
	struct file *file;

	if (files_keys_has_orphans(files->keys) && files->n_disputed && !round->disputes_queued) {
		round->disputes_queued = true;
		for (file = files->files; file; file = file->hh.next) {
			if (file->disputed)
				queue_last(files, file);
		}
		return true;
	}
	if (files_keys_drop(files->keys, DELETED_STEP, files->sink.del, files->sink.ctx))
		return true;
	round->disputes_queued = false;
	if (round->listed)
		tell_recovered(files, &files->failed, files->dir);
	round->listed = false;
	return false;
}

int files_round_step(struct files *files, struct err *reterr)
{
	struct files_round *round = &files->round;
	int r;

	if (round->taken) {
		take_some(files);
	} else if (round->read || round->at < round->n_batch) {
		read_next(files);
	} else if (round->suspended) {
		resume_reading(round);
	} else if (round->listing) {
		r = list_some(files, reterr);
		if (r < 0)
			return r;
	} else if (round->queue) {
		next_batch(files);
	} else {
		return finish(files);
	}
	return 1;
}

void files_round_done(struct files *files)
{
	struct files_round *round = &files->round;
	struct file *file, *next;

	files_round_end_listing(files);
	DL_FOREACH_SAFE2(round->queue, file, next, next_queued)
	file->dirty = false;
	round->queue = NULL;
	end_reading(files);
	round->suspended_reader = files_reading_end(round->suspended_reader);
	files_reading_done(&round->reading);
}
