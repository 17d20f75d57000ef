/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * current_ports.h - which Service ports there are now, by the id in the names of their chains
 *
 * Room:     sync (model/store.h, render/port_chains.h). No effects.
 * Use:      at a restart, chains in the kernel's tables may be those of a port that is gone (state_know_ports()).
 * Cost:     the id of a port takes 1.5 us. So they are noted while Services claim their front ends, in steps. If they were not, the first
 *           question computes all of them: in 90 ms with 60,000 ports.
 */
#ifndef SYNC_CURRENT_PORTS_H
#define SYNC_CURRENT_PORTS_H

#include <stdbool.h>

#include "base/service_name.h"

struct current_port;
struct store;

/**
 * struct current_ports - { .store = … }: nothing was asked yet
 * @by_id:	those noted; a port that went meanwhile stays
 * @is_complete: all are noted
 */
struct current_ports {
	const struct store *store;
	struct current_port *by_id;
	bool is_complete;
};

/** current_ports_note() - The ports that the Service has now. */
void current_ports_note(struct current_ports *ports, struct service_name service);
/** current_ports_has() - Whether a Service of the store has a port with this id. @ctx is a struct current_ports. */
bool current_ports_has(void *ctx, const char *id);
/** current_ports_forget() - Free what it knows. */
void current_ports_forget(struct current_ports *ports);

#endif
