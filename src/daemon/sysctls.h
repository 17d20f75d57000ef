/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysctls.h - the kernel's settings of connection tracking
 *
 * Room:     daemon. Effects: files below /proc/sys and /sys.
 * Rule:     tests/COVERAGE.md C14, C15: written at the start, and only where they say something else. Unlike for kube-proxy,
 *           one that cannot be written is a warning that names it and its value, never the end.
 */
#ifndef DAEMON_SYSCTLS_H
#define DAEMON_SYSCTLS_H

#include "config/settings.h"

/** sysctls_conntrack_max() - Pure: what nf_conntrack_max is to be; 0: as it is. */
int64_t sysctls_conntrack_max(const struct settings_conntrack *conntrack, int64_t n_processors);
/** sysctls_write() - All of them; what was written or could not be goes to the log. Return: how many could not be. */
unsigned int sysctls_write(const struct settings_conntrack *conntrack);

#endif
