/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_internal.h - the types that files.c and files_round.c share
 *
 * Room:     manifests.
 */
#ifndef MANIFESTS_FILES_INTERNAL_H
#define MANIFESTS_FILES_INTERNAL_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/hash_table.h"
#include "decode/object_sink.h"
#include "manifests/files_keys.h"
#include "manifests/files_reading.h"
#include "manifests/files_watch.h"

#define FILES_MAX	100000 /* manifests of one directory */
#define FILES_BATCH_MAX 256    /* files that are sorted and read together */

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
 * @dirty:	to be read: it is in the queue of the round
 * @failed:	it could not be read to its end the last time, or is @unwatched: the sink was told
 * @is_short:	its reading failed only because something was short: files_retry() reads it again
 * @unread:	it was not read to its end since the start; @incomplete: a name in it could not be read the last time: it may lack
 *		objects that it had before the start
 * @unwatched:	it is a link whose target cannot be watched
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
	bool is_short;
	bool unread;
	bool incomplete;
	bool unwatched;
	bool disputed;
	struct file *next_queued;
	struct file *prev_queued;
	struct target *target;
	struct file *next_link;
	struct file *prev_link;
	size_t n_skipped;
	struct files_skipped *skipped;
	size_t n_refused;
	struct files_refused *refused;
	char name[];
};

/**
 * struct files_round - The reading of the dirty files
 * @queue:	changed files are put in front, so that they do not wait for all files of a listing
 * @listing:	NULL: the directory is not being listed
 * @batch:	the next files of @queue in the order of their names; those before @at were read
 * @read:	the file that @reader reads; NULL: none
 * @n_steps:	of the reading of @read
 * @suspended:	a large file; its reading goes on with @suspended_reader when @batch was read
 * @taken:	the file whose @reading is given to the sink; objects before @n_taken were given
 * @disputes_queued: the files with disputed objects were queued again
 * @listed:	the last listing of the directory in this round came to its end; for a single file, its directory exists
 */
struct files_round {
	struct file *queue;
	DIR *listing;
	struct file *batch[FILES_BATCH_MAX];
	size_t n_batch;
	size_t at;
	struct file *read;
	struct files_reader *reader;
	unsigned int n_steps;
	struct file *suspended;
	struct files_reader *suspended_reader;
	struct file *taken;
	struct files_reading reading;
	size_t n_taken;
	bool disputes_queued;
	bool listed;
};

struct files {
	enum files_origin origin;
	char *path;
	char *dir; /* where the files are; NULL for ORIGIN_STDIN */
	struct object_sink sink;
	struct files_keys *keys;
	struct files_watch *watch; /* NULL if not followed */
	struct file *files;	   /* in the order of their names, unless @unsorted */
	struct target *targets;
	size_t n_disputed; /* of @files */
	struct files_round round;
	bool unsorted;
	bool synced;
	bool all_dirty; /* the directory is to be listed again */
	bool failed;	/* @dir could not be read, and the sink was told */
	bool is_short;	/* that was because something was short: files_retry() lists it again */
};

#endif
