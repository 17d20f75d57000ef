/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waiting_services.h - the Services whose last change is not in the kernel yet
 *
 * Room:     sync. Reads the store and the state of the last attempt; changes nothing.
 */
#ifndef SYNC_WAITING_SERVICES_H
#define SYNC_WAITING_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/service_name.h"

struct sync;

/**
 * waiting_services_list() - Those of an attempt that failed, and those that have changed since
 * @ret:	the first @max of them; the names are valid until the next sync_run(), and until the store changes
 *
 * Return: how many there are; may be more than @max. Services that a change of the node or of the settings concerns do not count.
 */
size_t waiting_services_list(const struct sync *sync, struct service_name *ret, size_t max);
/** waiting_services_has() - Whether @service is one of them. */
bool waiting_services_has(const struct sync *sync, struct service_name service);
/** waiting_services_installed() - Call @found for each endpoint that the kernel has of @service, sorted, each once. Not within a transaction. */
void waiting_services_installed(const struct sync *sync, struct service_name service,
				void (*found)(void *ctx, const struct addr *addr, uint16_t port), void *ctx);

#endif
