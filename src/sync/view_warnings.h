/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_warnings.h - log what may surprise an administrator in how this node treats traffic
 *
 * Room:     sync.
 * Rule:     a warning is logged once, and again after its reason was gone in between (tests/COVERAGE.md O8).
 */
#ifndef SYNC_VIEW_WARNINGS_H
#define SYNC_VIEW_WARNINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log_ratelimit.h"

struct node_view;
struct settings;

/** struct view_warnings - Zeroed: nothing was logged. The members are those of the last struct node_view. */
struct view_warnings {
	struct log_ratelimit ratelimit;
	bool unknown;
	bool unread;
	bool waits_for_pod_cidr;
	bool skipped_loopback;
	bool skipped_service_cidrs;
	uint64_t unmatched;
};

/**
 * view_warnings_log() - Log what is new in @view
 * @has_nodes:	there are Node objects. Manifests without any are a choice, but a node name that no Node has is a mistake
 */
void view_warnings_log(struct view_warnings *warnings, const struct settings *settings,
		       const struct node_view *view, bool has_nodes);

#endif
