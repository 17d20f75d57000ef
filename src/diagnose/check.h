/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.h - what beside us can break Services on this node: all checks of the command `check`
 *
 * Room:     diagnose. Effects: reads /proc, netlink; opens connections to endpoints. It changes nothing.
 * Limits:   CHECK_ENDPOINTS_MAX endpoints of a Service. It takes at most about CONNECT_CHECK_TIMEOUT_MS for connections, and a few
 *           seconds for rules (RULE_WALK_STEPS_MAX).
 */
#ifndef DIAGNOSE_CHECK_H
#define DIAGNOSE_CHECK_H

#include "diagnose/finding.h"
#include "diagnose/foreign_check.h"
#include "diagnose/targets.h"

#define CHECK_ENDPOINTS_MAX FOREIGN_CHECK_ENDPOINTS_MAX

/**
 * check_run() - Check
 * @targets:	of the Service that is asked for; NULL: only what concerns all Services
 * @from:	the client; NULL: any. Only with @targets
 */
void check_run(const struct targets *targets, const struct addr *from, struct findings *findings);

#endif
