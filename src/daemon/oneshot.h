/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oneshot.h - actions that end by themselves: --dry-run, an answer without a daemon, --init-only, --cleanup
 *
 * Room:     daemon. Not here: the daemon (daemon/daemon.h).
 */
#ifndef DAEMON_ONESHOT_H
#define DAEMON_ONESHOT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/settings.h"

/**
 * oneshot_print() - Read the source once and append the ruleset to @text
 * @ret_whole:	false if a manifest could not be read to its end: @text has the rest
 */
int oneshot_print(const struct settings *settings, struct buf *text, bool *ret_whole, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * oneshot_ask() - Read the source once, and answer @request (serve/query.h) from it
 *
 * Return: an enum query_code; negative errno with @reterr.
 */
int oneshot_ask(const struct settings *settings, const char *request, struct buf *body, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * oneshot_init_only() - Write the kernel's settings, and log its missing features (tests/COVERAGE.md Y17)
 * @ret_left:	how many settings could not be written
 */
int oneshot_init_only(const struct settings *settings, unsigned int *ret_left, struct err *reterr)
	__attribute__((warn_unused_result));
/** oneshot_cleanup() - Remove our tables. */
int oneshot_cleanup(bool *ret_removed, struct err *reterr) __attribute__((warn_unused_result));

#endif
