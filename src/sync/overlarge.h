/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlarge.h - Services with too many front ends to list them, and those of their front ends that are installed
 *
 * Room:     sync (plan/found.h). No effects.
 * Use:      at a restart. The caller shows it the verdicts of the kernel's tables.
 */
#ifndef SYNC_OVERLARGE_H
#define SYNC_OVERLARGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/service_name.h"

struct build_input;
struct element;
struct found;
struct snapshot;

/**
 * struct overlarge - Zeroed: there is none
 * @list:	one for each Service
 * @is_complete: all that is installed was shown; set by the caller
 */
struct overlarge {
	size_t n;
	struct found **list;
	bool is_complete;
};

/** overlarge_add() - Look for the front ends of @in->service, too; not again if it is one of them. */
void overlarge_add(struct overlarge *overlarge, const struct build_input *in);
/** overlarge_get() - What was found of @service; NULL: it is none of them. */
struct found *overlarge_get(const struct overlarge *overlarge, struct service_name service);
/** overlarge_show() - The kernel has this verdict. Return: whether it is of a front end of one of them. */
bool overlarge_show(struct overlarge *overlarge, const struct element *verdict);
/** overlarge_show_all() - The same for all verdicts of @snapshot, which is sealed. */
void overlarge_show_all(struct overlarge *overlarge, const struct snapshot *snapshot);
void overlarge_done(struct overlarge *overlarge);

#endif
