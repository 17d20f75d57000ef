/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon.h - the daemon: sources, store, syncs and signals on one event loop
 *
 * Room:     daemon.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "base/err.h"
#include "config/settings.h"

struct reexec;

/**
 * daemon_run() - Follow the source until SIGTERM or SIGINT
 * @reexec:	its sockets are used; a changed configuration file executes it anew (tests/COVERAGE.md X2)
 *
 * The rules are kept. SIGHUP reads manifests or credentials again, and the configuration file.
 *
 * Return: 0 after a signal; negative errno if it could not start, or the loop failed.
 */
int daemon_run(const struct settings *settings, struct reexec *reexec, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
