/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abilities.h - what the kernel under us can do, said once
 *
 * Room:     daemon (backend/nfnl_probe.h -> log, and what is left out).
 */
#ifndef DAEMON_ABILITIES_H
#define DAEMON_ABILITIES_H

#include <stdbool.h>

#include "backend/nfnl_probe.h"
#include "base/addr.h"

struct nfnl;

/** struct abilities - What was found out; @available by enum nfnl_probe_feature */
struct abilities {
	bool available[_NFNL_PROBE_MAX];
};

/**
 * abilities_find() - Try the kernel's features, log those that are missing and what is lost without them
 * @family_enabled: IPv6 is taken out if the kernel cannot translate it
 *
 * One line at level info names what can be done without, an error each what cannot: we go on, for the kernel
 * has the last word. Without the permission to ask all counts as available; the first sync says so.
 */
void abilities_find(struct nfnl *nfnl, bool family_enabled[_FAMILY_MAX], struct abilities *ret);
/** abilities_judge() - The second half of abilities_find(): log @have, adapt @family_enabled. */
void abilities_judge(const struct abilities *have, bool family_enabled[_FAMILY_MAX]);

#endif
