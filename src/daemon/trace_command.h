/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace_command.h - the command trace
 *
 * Room:     daemon. It traces packets by itself (diagnose/nftrace.h). Front ends and endpoints of the Service come from the daemon, or
 *           without one as for explain (daemon/query_command.h).
 */
#ifndef DAEMON_TRACE_COMMAND_H
#define DAEMON_TRACE_COMMAND_H

#include "config/settings.h"

/**
 * trace_command_run() - Trace, print, and return the exit status
 *
 * 0: packets were seen, and all were delivered; 1: one was not; 2: none was seen, or they cannot be traced.
 */
int trace_command_run(const struct settings *settings) __attribute__((warn_unused_result));

#endif
