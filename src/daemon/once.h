/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * once.h - what is done once and has an end: a dump, an answer without a daemon, settings of the kernel, our tables' removal
 *
 * Room:     daemon. What goes on is daemon/follow.h.
 */
#ifndef DAEMON_ONCE_H
#define DAEMON_ONCE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/opts.h"

/**
 * once_print() - Read the source once and append the ruleset to @text
 * @ret_whole:	false if a manifest could not be read to its end: @text has what could be read
 */
int once_print(const struct opts *opts, struct buf *text, bool *ret_whole, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * once_ask() - Read the source once, and answer @request (daemon/facts.h) from it
 *
 * Return: an enum facts_code; negative errno with @reterr.
 */
int once_ask(const struct opts *opts, const char *request, struct buf *body, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * once_init_only() - Write the kernel's settings and find out what it can do (Y17)
 * @ret_left:	how many settings could not be written
 */
int once_init_only(const struct opts *opts, unsigned int *ret_left, struct err *reterr)
	__attribute__((warn_unused_result));
/** once_cleanup() - Remove our tables. */
int once_cleanup(bool *ret_removed, struct err *reterr) __attribute__((warn_unused_result));

#endif
