/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_names.h - a list of Services by name
 *
 * Room:     sync.
 */
#ifndef SYNC_SERVICE_NAMES_H
#define SYNC_SERVICE_NAMES_H

#include <stddef.h>

#include "base/service_name.h"

/** struct service_names - Zeroed is empty; it owns the strings. */
struct service_names {
	struct arena *arena;
	size_t n;
	struct service_name *list;
};

/** service_names_add() - A copy of @service at the end. */
void service_names_add(struct service_names *names, struct service_name service);
void service_names_clear(struct service_names *names);
void service_names_done(struct service_names *names);

#endif
