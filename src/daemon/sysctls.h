/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctls.h - writes the kernel's settings of connection tracking
 *
 * Room:     daemon. Effects: files below /proc/sys and /sys.
 * Rule:     tests/COVERAGE.md C14, C15: written at the start, and only where the value differs; the table's size is never lowered.
 *           Other than for kube-proxy, a setting that cannot be written is only a warning, which names it and its value.
 */
#ifndef DAEMON_SYSCTLS_H
#define DAEMON_SYSCTLS_H

#include <stdbool.h>

#include "config/settings.h"

/** sysctls_conntrack_max() - Pure: the value for nf_conntrack_max; 0: leave it alone. */
int64_t sysctls_conntrack_max(const struct settings_conntrack *conntrack, int64_t n_processors);
/** sysctls_is_enough() - Pure: whether nf_conntrack_max @now, 0 being no limit, has room for @max connections: it is never lowered. */
bool sysctls_is_enough(int64_t now, int64_t max);
/**
 * sysctls_write() - Write all settings, and log each change
 * @root:	before each path: "", or a directory of a test
 *
 * Return: how many could not be written.
 */
unsigned int sysctls_write(const char *root, const struct settings_conntrack *conntrack);

#endif
