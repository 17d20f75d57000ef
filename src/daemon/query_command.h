/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query_command.h - the commands status, explain and diff
 *
 * Room:     daemon. Asks the daemon that runs, by its control socket, or, where manifests or a kubeconfig are given, gathers
 *           the query itself.
 */
#ifndef DAEMON_QUERY_COMMAND_H
#define DAEMON_QUERY_COMMAND_H

#include "config/settings.h"

/**
 * query_command_run() - Ask, print, and return the exit status
 *
 * 0: all is well, or it was explained; 1: not healthy, not found, or something differs; 2: it could not be asked.
 */
int query_command_run(const struct settings *settings) __attribute__((warn_unused_result));

#endif
