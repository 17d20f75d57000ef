/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * asking.h - the commands status, explain and diff
 *
 * Room:     daemon. Asks the daemon that runs, by its control socket, or, where manifests or a kubeconfig are given, gathers
 *           the facts itself.
 */
#ifndef DAEMON_ASKING_H
#define DAEMON_ASKING_H

#include "daemon/opts.h"

/**
 * asking_run() - Ask, print, and return the exit status
 *
 * 0: all is well, or it was explained; 1: not healthy, not found, or something differs; 2: it could not be asked.
 */
int asking_run(const struct opts *opts) __attribute__((warn_unused_result));

#endif
