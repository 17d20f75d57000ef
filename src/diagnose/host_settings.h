/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_settings.h - settings of this host's kernel that can break Services: forwarding, rp_filter, connection tracking
 *
 * Room:     diagnose. Effects: reads files of /proc; none needs a privilege.
 */
#ifndef DIAGNOSE_HOST_SETTINGS_H
#define DIAGNOSE_HOST_SETTINGS_H

#include <stdbool.h>

#include "base/addr.h"
#include "diagnose/finding.h"

/**
 * host_settings_check() - Add a finding for each setting
 * @root:	"", or a directory in which proc is, for tests
 * @family_used: families for which forwarding is needed
 */
void host_settings_check(const char *root, const bool family_used[_FAMILY_MAX], struct findings *findings);
/** host_settings_is_strict() - Whether the rp_filter of interface @name is strict, for IPv4; false if that cannot be read. */
bool host_settings_is_strict(const char *root, const char *name);

#endif
