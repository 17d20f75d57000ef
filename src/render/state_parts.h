/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_parts.h - the parts of Services that struct state keeps
 *
 * Room:     render. Internal to state*.c.
 */
#ifndef RENDER_STATE_PARTS_H
#define RENDER_STATE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/service_name.h"
#include "render/state_internal.h"

/** state_parts_service() - The Service, or NULL. */
struct state_service *state_parts_service(const struct state *state, struct service_name name);
/** state_parts_get() - The part that @plan is of; it is made if there is none. */
struct state_part *state_parts_get(struct state *state, const struct plan *plan);
/** state_parts_find() - The part with this number, or NULL. */
struct state_part *state_parts_find(const struct state_service *service, uint64_t number);
/** state_parts_free() - Forget @part, which has no claims; with its last part the Service. */
void state_parts_free(struct state *state, struct state_part *part);
/** state_parts_free_some() - @max Services; the front end owners keep their claims. Return: whether there are more */
bool state_parts_free_some(struct state *state, size_t max);

#endif
