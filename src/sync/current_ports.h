/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * current_ports.h - which Service ports there are now, by the id in the names of their chains
 *
 * Room:     sync (model/store.h, render/port_chains.h). No effects.
 * Use:      at a restart, chains in the kernel's tables may be those of a port that is gone (state_know_ports()).
 * Cost:     the first question after a change of the store computes the ids of all ports, 1.5 us
 *           for each: with 60,000 ports, the step takes 90 ms longer.
 */
#ifndef SYNC_CURRENT_PORTS_H
#define SYNC_CURRENT_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct current_port;
struct store;

/**
 * struct current_ports - { .store = … }: nothing was asked yet
 * @by_id:	all ports, once something was asked
 * @changes:	1 + store_changes() then; 0: nothing was asked
 */
struct current_ports {
	const struct store *store;
	struct current_port *by_id;
	uint64_t changes;
};

/** current_ports_has() - Whether a Service of the store has a port with this id. @ctx is a struct current_ports. */
bool current_ports_has(void *ctx, const char *id);
/** current_ports_forget() - Free what it knows. */
void current_ports_forget(struct current_ports *ports);

#endif
