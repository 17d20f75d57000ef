/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_features.h - what the kernel under us can do, said once
 *
 * Room:     daemon (backend/nfnl_probe.h -> log, and what is left out).
 */
#ifndef DAEMON_KERNEL_FEATURES_H
#define DAEMON_KERNEL_FEATURES_H

#include <stdbool.h>

#include "backend/nfnl_probe.h"
#include "base/addr.h"

struct nfnl;

/** struct kernel_features - What was found out; @available by enum nfnl_probe_feature */
struct kernel_features {
	bool available[_NFNL_PROBE_MAX];
};

/**
 * kernel_features_find() - Try the kernel's features, log those that are missing and what is lost without them
 * @family_enabled: IPv6 is taken out if the kernel cannot translate it
 *
 * One line at level info names what can be done without, an error each what cannot: we go on, for the kernel
 * has the last word. Without the permission to ask all counts as available; the first sync says so.
 */
void kernel_features_find(struct nfnl *nfnl, bool family_enabled[_FAMILY_MAX], struct kernel_features *ret);
/** kernel_features_judge() - The second half of kernel_features_find(): log @have, adapt @family_enabled. */
void kernel_features_judge(const struct kernel_features *have, bool family_enabled[_FAMILY_MAX]);

#endif
