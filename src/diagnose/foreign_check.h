/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign_check.h - rules of other programs that keep a Service from working: they translate first, switch tracking off, or drop
 *
 * Room:     diagnose. Effects: netlink, /proc; needs root.
 * Limits:   not looked at are tables of the families netdev and bridge, eBPF, and the rules of iptables-legacy, of which only the tables
 *           are seen.
 */
#ifndef DIAGNOSE_FOREIGN_CHECK_H
#define DIAGNOSE_FOREIGN_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "diagnose/finding.h"
#include "diagnose/foreign_rules.h"
#include "diagnose/packet_facts.h"
#include "diagnose/targets.h"

#define FOREIGN_CHECK_FRONTENDS_MAX 200
#define FOREIGN_CHECK_ENDPOINTS_MAX 100

/**
 * struct foreign_check - What to ask for
 * @targets:	NULL: for any Service
 * @is_local:	for each endpoint: it is an address of this node. NULL without @targets
 * @frontend_is_local: likewise for each front end that is no node port
 * @family_used: families of Services
 * @from:	the client; NULL: any. @from_is_local: it is an address of this node
 */
struct foreign_check {
	const struct targets *targets;
	const bool *is_local;
	const enum fact *frontend_is_local;
	const bool *family_used;
	const struct addr *from;
	bool from_is_local;
};

/** foreign_check_run() - Read the rules from the kernel, and add findings. */
void foreign_check_run(const struct foreign_check *check, struct findings *findings);
/** foreign_check_rules() - The same for rules that were read. */
void foreign_check_rules(const struct foreign_check *check, struct foreign_rules *rules,
			 struct findings *findings);
/** foreign_check_legacy() - The tables of iptables-legacy. @root: "", or a directory in which proc is, for tests */
void foreign_check_legacy(const char *root, struct findings *findings);

#endif
