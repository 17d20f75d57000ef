/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_round.h - read the dirty files, in steps
 *
 * Room:     manifests. Effects: reads files; calls the sink.
 * Rule:     the sink gets nothing of a file before it was read to its end.
 */
#ifndef MANIFESTS_FILES_ROUND_H
#define MANIFESTS_FILES_ROUND_H

#include "manifests/files_internal.h"

/** files_round_add() - A new file, not dirty. */
struct file *files_round_add(struct files *files, const char *name);
struct file *files_round_find(const struct files *files, const char *name);
/** files_round_forget() - Its objects become orphans; free it. It is not in the queue. */
void files_round_forget(struct files *files, struct file *file);
/** files_round_queue() - It has to be read, before all that are dirty already. */
void files_round_queue(struct files *files, struct file *file);
/** files_round_find_target() - @number: of files_watch_link(); NULL if no file is a link to it. */
struct target *files_round_find_target(const struct files *files, int number);
/** files_round_read() - Read @file now, and give all of it to the sink. */
int files_round_read(struct files *files, struct file *file, struct err *reterr)
	__attribute__((warn_unused_result));
/** files_round_list() - Begin to make every file of the directory dirty, and every file that was in it. */
int files_round_list(struct files *files, struct err *reterr) __attribute__((warn_unused_result));
/** files_round_end_listing() - Give up a listing, or forget that there was one: the directory is not readable now. */
void files_round_end_listing(struct files *files);
/**
 * files_round_step() - Do a small part of the round
 *
 * Return: 1: there is more to do; 0: all is done; negative errno: the directory cannot be listed.
 */
int files_round_step(struct files *files, struct err *reterr) __attribute__((warn_unused_result));
/** files_round_done() - Free what the round holds, but no file. */
void files_round_done(struct files *files);

#endif
