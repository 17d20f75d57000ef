/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow.h - the daemon: sources, store, syncs and signals on one event loop
 *
 * Room:     daemon.
 */
#ifndef DAEMON_FOLLOW_H
#define DAEMON_FOLLOW_H

#include "base/buf.h"
#include "base/err.h"
#include "daemon/opts.h"

/**
 * follow_run() - Follow the source until SIGTERM or SIGINT
 * @ret_outdated: it ran, and ended because the configuration file says something else now (X2)
 *
 * Rules stay when it returns. SIGHUP reads manifests and credentials again.
 *
 * Return: 0 after a signal; negative errno if it is outdated, or could not start.
 */
int follow_run(const struct opts *opts, bool *ret_outdated, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * follow_once() - Read the source once and append the ruleset to @text
 * @ret_whole:	false if a manifest could not be read to its end: @text has what could be read
 */
int follow_once(const struct opts *opts, struct buf *text, bool *ret_whole, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * follow_ask() - Read the source once, and answer @request (daemon/facts.h) from it
 *
 * Return: an enum facts_code; negative errno with @reterr.
 */
int follow_ask(const struct opts *opts, const char *request, struct buf *body, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * follow_init_only() - Write the kernel's settings and find out what it can do (Y17)
 * @ret_left:	how many settings could not be written
 */
int follow_init_only(const struct opts *opts, unsigned int *ret_left, struct err *reterr)
	__attribute__((warn_unused_result));
/** follow_cleanup() - Remove our tables. */
int follow_cleanup(bool *ret_removed, struct err *reterr) __attribute__((warn_unused_result));

#endif
