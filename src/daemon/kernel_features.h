/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_features.h - which features of nf_tables this kernel has, logged once
 *
 * Room:     daemon (backend/nfnl_probe.h -> log).
 */
#ifndef DAEMON_KERNEL_FEATURES_H
#define DAEMON_KERNEL_FEATURES_H

#include <stdbool.h>

#include "backend/nfnl_probe.h"
#include "base/addr.h"

struct nfnl;

/** struct kernel_features - @available: by enum nfnl_probe_feature */
struct kernel_features {
	bool available[_NFNL_PROBE_MAX];
};

/**
 * kernel_features_find() - Probe the kernel's features; log the missing ones and what does not work without them
 * @family_enabled: IPv6 is disabled if the kernel cannot translate it
 *
 * One line at level info names the missing optional features. Each missing required one is an error; we try anyway, and
 * the kernel decides. A warning says that a feature could not be tried. Without the permission to probe, everything counts as
 * available, and the first sync fails.
 */
void kernel_features_find(struct nfnl *nfnl, bool family_enabled[_FAMILY_MAX], struct kernel_features *ret);
/** kernel_features_judge() - The second half of kernel_features_find(): log @have, adapt @family_enabled. */
void kernel_features_judge(const struct kernel_features *have, bool family_enabled[_FAMILY_MAX]);

#endif
