/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals.h - the Services whose newest version is not installed, and when each is tried again
 *
 * Room:     sync. Pure: time is an argument (monotonic milliseconds).
 * Rule:     a Service that the kernel refuses is tried again after 1 s, doubling up to the sync period; a new version of it at
 *           once. A Service that cannot be planned is tried again with a new version only: its plan depends on nothing else. Until
 *           then it is left out of the transactions of others, and what it has installed stays (state_keep()).
 */
#ifndef SYNC_REFUSALS_H
#define SYNC_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/service_name.h"

#define REFUSALS_RETRY_FIRST_MS 1000

struct refusals;
struct service_names;

/** refusals_new() - @retry_max_ms: longest delay. */
struct refusals *refusals_new(uint64_t retry_max_ms);
struct refusals *refusals_free(struct refusals *refusals);
DEFINE_FREEP(struct refusals, refusals_free);
/** refusals_put() - The kernel refused @service; it waits. Return: whether it was not refused before. */
bool refusals_put(struct refusals *refusals, struct service_name service, uint64_t now_ms);
/** refusals_put_unplannable() - @service cannot be planned; it waits for a new version. Return: as refusals_put(). */
bool refusals_put_unplannable(struct refusals *refusals, struct service_name service);
/** refusals_del() - @service is installed. Return: whether it was refused. */
bool refusals_del(struct refusals *refusals, struct service_name service);
/** refusals_waits() - Whether @service is to be left out. */
bool refusals_waits(const struct refusals *refusals, struct service_name service);
/** refusals_is_unplannable() - Whether @service waits because it cannot be planned. */
bool refusals_is_unplannable(const struct refusals *refusals, struct service_name service);
/** refusals_try() - Do not leave @service out any longer: there is a new version of it. */
void refusals_try(struct refusals *refusals, struct service_name service);
/** refusals_try_due() - The same for all whose time has come; they are added to @due. */
void refusals_try_due(struct refusals *refusals, uint64_t now_ms, struct service_names *due);
/** refusals_next_ms() - When the next one is due; UINT64_MAX: none. */
uint64_t refusals_next_ms(const struct refusals *refusals);
/** refusals_any() - Whether @is is true for a refused Service; called with @ctx until it is. */
bool refusals_any(const struct refusals *refusals, bool (*is)(void *ctx, struct service_name service),
		  void *ctx);
size_t refusals_count(const struct refusals *refusals);

#endif
