/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: a round
 *
 * Changes make files dirty; a round reads the dirty files. The sink gets nothing of a file before it was
 * read to its end. An object that its file no longer has becomes an orphan (files_keys.h), and another file
 * of the same round may adopt it: so an object that moves between files is never deleted. Files with an
 * object that was refused because of the orphan's former owner are read once more. Objects that are still
 * orphans then are deleted.
 */
#include "config.h"
#include "manifests/files.h"

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
#include "base/hash_table.h"
#include "base/buf.h"
#include "manifests/files_keys.h"
#include "manifests/files_reading.h"
#include "manifests/files_watch.h"

#define FILES_MAX 100000 /* manifests of one directory */

enum files_origin {
	ORIGIN_STDIN,
	ORIGIN_FILE,
	ORIGIN_DIRECTORY,
};

/* An object of a file that was refused when the file was last read. */
struct files_refused {
	enum object_kind kind;
	char *namespace;
	char *name;
};

/* What links lead to, and the files that are these links. @number: from files_watch_link() */
struct target {
	UT_hash_handle hh;
	int number;
	struct file *links;
};

/**
 * struct file - One manifest
 * @dirty:	to be read in the next round: it is in the list that @next_dirty links
 * @failed:	it could not be read to its end the last time
 * @disputed:	it has an object that another file defines
 * @target:	NULL: the file is not a link
 * @next_link, @prev_link: the other links to @target
 * @refused:	its objects that were refused when it was last read
 */
struct file {
	UT_hash_handle hh;
	char *path;
	struct files_owner *owner;
	bool dirty;
	bool failed;
	bool disputed;
	struct file *next_dirty;
	struct target *target;
	struct file *next_link;
	struct file *prev_link;
	size_t n_skipped;
	struct files_skipped *skipped;
	size_t n_refused;
	struct files_refused *refused;
	char name[];
};

struct files {
	enum files_origin origin;
	char *path;
	char *dir; /* where the files are; NULL for ORIGIN_STDIN */
	struct object_sink sink;
	struct files_keys *keys;
	struct files_watch *watch; /* NULL if not followed */
	struct file *files;	   /* in the order of their names, unless @unsorted */
	struct file *dirty;	   /* in any order; a list, so that a round need not walk all files */
	size_t n_dirty;
	struct target *targets;
	bool unsorted;
	bool synced;
	bool all_dirty;
	bool failed; /* @dir could not be read, and the sink was told */
};

/* Files */

static struct file *file_new(struct files *files, const char *name)
{
	size_t size = strlen(name) + 1;
	struct file *file = alloc_zeroed(1, sizeof(*file) + size);
	struct buf path = BUF_INIT;

	memcpy(file->name, name, size);
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

static struct target *find_target(const struct files *files, int number)
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
		target = find_target(files, number);
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

static void file_forget(struct files *files, struct file *file)
{
	HASH_DEL(files->files, file);
	set_target(files, file, -1);
	file->owner = files_keys_disown(files->keys, file->owner);
	files_reading_uncount(file->skipped, file->n_skipped);
	forget_refused(file);
	free(file->path);
	free(file);
}

static struct file *file_find(const struct files *files, const char *name)
{
	struct file *file;

	HASH_FIND_STR(files->files, name, file);
	return file;
}

static int by_name(const struct file *a, const struct file *b)
{
	return strcmp(a->name, b->name);
}

static void sort_files(struct files *files)
{
	if (files->unsorted)
		HASH_SORT(files->files, by_name);
	files->unsorted = false;
}

static int by_name_of_pointers(const void *a, const void *b)
{
	return by_name(*(struct file *const *)a, *(struct file *const *)b);
}

static void make_dirty(struct files *files, struct file *file)
{
	if (file->dirty)
		return;
	file->dirty = true;
	file->next_dirty = files->dirty;
	files->dirty = file;
	files->n_dirty++;
}

/* The dirty files in the order of their names; free() the array. */
static struct file **take_dirty(struct files *files, size_t *ret_n)
{
	struct file **list = alloc_zeroed(files->n_dirty, sizeof(struct file *));
	struct file *file;
	size_t n = 0;

	for (file = files->dirty; file; file = file->next_dirty) {
		file->dirty = false;
		list[n++] = file;
	}
	files->dirty = NULL;
	files->n_dirty = 0;
	qsort(list, n, sizeof(struct file *), by_name_of_pointers);
	*ret_n = n;
	return list;
}

/* Telling the sink */

static void tell_degraded(struct files *files, struct file *file, const struct err *err)
{
	file->failed = true;
	files->sink.degraded(files->sink.ctx, file->path, err);
}

/* @failed: of a file, or of the directory */
static void tell_recovered(struct files *files, bool *failed, const char *origin)
{
	if (*failed && files->sink.recovered)
		files->sink.recovered(files->sink.ctx, origin);
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
		file->disputed = true;
		tell_disputed(files, file, found, other);
		break;
	case FILES_CLAIM_TWICE:
		tell_disputed(files, file, found, NULL);
		break;
	}
}

static void take_reading(struct files *files, struct file *file, struct files_reading *reading)
{
	size_t i;

	tell_recovered(files, &file->failed, file->path);
	withdraw_refused(files, file);
	file->disputed = false;
	files_keys_begin(file->owner);
	for (i = 0; i < reading->n_found; i++)
		take_found(files, file, &reading->found[i]);
	files_keys_end(files->keys, file->owner, reading->incomplete);
	files_reading_uncount(file->skipped, file->n_skipped);
	file->n_skipped = reading->n_skipped;
	file->skipped = TAKE_PTR(reading->skipped);
	reading->n_skipped = 0;
}

/* Reading */

/* The directory has no events for the target of a link, so it has a watch of its own, maybe shared by several links. */
static void watch_link(struct files *files, struct file *file)
{
	int target = -1;
	struct stat st;
	struct err err;

	if (!files->watch)
		return;
	if (lstat(file->path, &st) == 0 && S_ISLNK(st.st_mode)) {
		target = files_watch_link(files->watch, file->path, &err);
		if (target < 0 && target != -ENOENT)
			files->sink.degraded(files->sink.ctx, file->path, &err);
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

static int read_file(struct files *files, struct file *file, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	struct files_reading reading;
	int r;

	if (files->origin != ORIGIN_STDIN) {
		/* Watch before reading, so that no change is missed. */
		watch_link(files, file);
		r = open_file(files, file, &fd, reterr);
		if (r < 0)
			return r;
	}
	r = files_reading_load(fd < 0 ? STDIN_FILENO : fd, manifest_format_of_name(file->name), &reading,
			       reterr);
	if (r < 0)
		return r;
	/* The command before the pipe has failed; without Services it would write an empty list. */
	if (reading.empty && files->origin == ORIGIN_STDIN)
		r = err_set(reterr, -ENODATA, "it is empty");
	else
		take_reading(files, file, &reading);
	files_reading_done(&reading);
	return r;
}

static void read_or_degrade(struct files *files, struct file *file)
{
	struct err err;

	if (read_file(files, file, &err) < 0)
		tell_degraded(files, file, &err);
}

/* Read the dirty files; see above. */
static void run_round(struct files *files)
{
	_cleanup_free_ struct file **dirty = NULL;
	struct file *file, *next;
	size_t n, i;

	if (!files->n_dirty)
		return;
	dirty = take_dirty(files, &n);
	for (i = 0; i < n; i++) {
		if (!is_gone(files, dirty[i]))
			continue;
		tell_recovered(files, &dirty[i]->failed, dirty[i]->path);
		withdraw_refused(files, dirty[i]);
		file_forget(files, dirty[i]);
		dirty[i] = NULL;
	}
	for (i = 0; i < n; i++) {
		if (dirty[i])
			read_or_degrade(files, dirty[i]);
	}
	if (!files_keys_has_orphans(files->keys))
		return;
	sort_files(files);
	HASH_ITER(hh, files->files, file, next) {
		if (file->disputed)
			read_or_degrade(files, file);
	}
	files_keys_drop(files->keys, files->sink.del, files->sink.ctx);
}

/* Make every file of the directory dirty, and every file that was in it. */
static int list_directory(struct files *files, struct err *reterr)
{
	DIR *dir = opendir(files->dir);
	struct dirent *entry;
	struct file *file;
	int r = 0;

	if (!dir)
		return err_set(reterr, -errno, "%s: %s", files->path, strerror(errno));
	for (file = files->files; file; file = file->hh.next)
		make_dirty(files, file);
	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		struct stat st;

		if (entry->d_name[0] == '.' || manifest_format_of_name(entry->d_name) == MANIFEST_FORMAT_NONE)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode))
			continue;
		file = file_find(files, entry->d_name);
		if (!file && HASH_COUNT(files->files) >= FILES_MAX) {
			r = err_set(reterr, -E2BIG, "%s: more than %d files", files->path, FILES_MAX);
			break;
		}
		if (!file)
			file = file_new(files, entry->d_name);
		make_dirty(files, file);
	}
	if (r == 0 && errno)
		r = err_set(reterr, -errno, "%s: %s", files->path, strerror(errno));
	(void)closedir(dir);
	return r;
}

/*
 * The single file. Before its first read there are no last good objects, so an error is final: going on would
 * delete every Service.
 */
static int read_named(struct files *files, struct err *reterr)
{
	struct file *file = files->files;
	struct err err;
	int r;

	if (files->synced && files->origin == ORIGIN_STDIN)
		return 0;
	r = read_file(files, file, &err);
	if (files->synced && (r == -EBADMSG || r == -E2BIG)) {
		tell_degraded(files, file, &err);
		r = 0;
	} else if (r < 0) {
		(void)err_set(reterr, r, "%s: %s", file->path, err.text);
		file->failed = true;
	}
	files_keys_drop(files->keys, files->sink.del, files->sink.ctx);
	return r;
}

int files_read_all(struct files *files, struct err *reterr)
{
	enum object_kind kind;
	int r;

	files->all_dirty = false;
	if (files->origin == ORIGIN_DIRECTORY) {
		r = list_directory(files, reterr);
		if (r < 0)
			return r;
		sort_files(files);
		run_round(files);
	} else {
		r = read_named(files, reterr);
		if (r < 0)
			return r;
	}
	for (kind = 0; kind < _OBJECT_KIND_MAX && !files->synced; kind++)
		files->sink.synced(files->sink.ctx, kind);
	files->synced = true;
	return 0;
}

/* Following */

static void on_name(void *ctx, const char *name)
{
	struct files *files = ctx;
	struct file *file = file_find(files, name);

	if (!file && files->origin == ORIGIN_DIRECTORY &&
	    manifest_format_of_name(name) != MANIFEST_FORMAT_NONE && HASH_COUNT(files->files) < FILES_MAX)
		file = file_new(files, name);
	if (file)
		make_dirty(files, file);
}

static void on_attribute(void *ctx, const char *name)
{
	struct files *files = ctx;
	struct file *file = file_find(files, name);

	if (file && file->failed)
		make_dirty(files, file);
}

static void on_link(void *ctx, int target)
{
	struct files *files = ctx;
	const struct target *found = find_target(files, target);
	struct file *file;

	if (!found)
		return;
	DL_FOREACH2(found->links, file, next_link)
	make_dirty(files, file);
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
	files->failed = true;
	files->sink.degraded(files->sink.ctx, files->dir, &err);
}

int files_fd(const struct files *files)
{
	return files->watch ? files_watch_fd(files->watch) : -1;
}

int files_dispatch(struct files *files, struct err *reterr)
{
	struct err err;
	int r;

	if (!files->watch)
		return 0;
	r = files_watch_dispatch(files->watch, reterr);
	if (r < 0)
		return r;
	if (!files->all_dirty) {
		run_round(files);
		return 0;
	}
	if (files_read_all(files, &err) < 0) {
		files->failed = true;
		files->sink.degraded(files->sink.ctx, files->dir, &err);
	} else {
		tell_recovered(files, &files->failed, files->dir);
	}
	return 0;
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
		(void)file_new(files, slash ? slash + 1 : files->path);
	*ret = TAKE_PTR(files);
	return 0;
}

struct files *files_free(struct files *files)
{
	struct file *file, *next;

	if (!files)
		return NULL;
	HASH_ITER(hh, files->files, file, next)
		file_forget(files, file);
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
