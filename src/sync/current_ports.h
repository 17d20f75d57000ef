/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * current_ports.h - which Service ports there are now, by the id in the names of their chains
 *
 * Room:     sync (model/store.h, render/port_chains.h). No effects.
 * Use:      at a restart, chains in the kernel's tables may be those of a port that is gone (state_know_ports()).
 * Cost:     the first question computes the ids of all ports, about 1 us for each.
 */
#ifndef SYNC_CURRENT_PORTS_H
#define SYNC_CURRENT_PORTS_H

#include <stdbool.h>

struct current_port;
struct store;

/** struct current_ports - { .store = … }: nothing was asked yet. @by_id: of all ports, once something was */
struct current_ports {
	const struct store *store;
	struct current_port *by_id;
	bool are_known;
};

/** current_ports_has() - Whether a Service of the store has a port with this id. @ctx is a struct current_ports. */
bool current_ports_has(void *ctx, const char *id);
/** current_ports_forget() - The store has changed, or nothing will be asked any more. */
void current_ports_forget(struct current_ports *ports);

#endif
