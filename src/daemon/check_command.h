/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_command.h - the command check
 *
 * Room:     daemon. It looks at this node by itself (diagnose/check.h). Front ends and endpoints of the Service come from the daemon,
 *           or without one as for explain (daemon/query_command.h).
 */
#ifndef DAEMON_CHECK_COMMAND_H
#define DAEMON_CHECK_COMMAND_H

#include "config/settings.h"

/** check_command_run() - Check, print, and return the exit status: 0: no trouble; 1: trouble; 2: something is unknown. */
int check_command_run(const struct settings *settings) __attribute__((warn_unused_result));

#endif
