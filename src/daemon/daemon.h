/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon.h - the daemon: sources, store, syncs and signals on one event loop
 *
 * Room:     daemon.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>

#include "base/err.h"
#include "config/settings.h"

/**
 * daemon_run() - Follow the source until SIGTERM or SIGINT
 * @ret_outdated: the daemon ran, and ended because the configuration file has changed (tests/COVERAGE.md X2)
 *
 * The rules are kept. SIGHUP reads manifests and credentials again.
 *
 * Return: 0 after a signal; negative errno if it is outdated, could not start, or the loop failed.
 */
int daemon_run(const struct settings *settings, bool *ret_outdated, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
