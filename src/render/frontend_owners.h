/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frontend_owners.h - who owns a front end that several Services ask for
 *
 * Room:     render. Pure.
 * Rule:     who has endpoints there wins over who has none (tests/COVERAGE.md S16); then the oldest Service
 *           (unknown creation times last), then "namespace/name" in byte order (S15). When it goes, the next
 *           one takes over.
 * Shapes:   a key is (family, address or node port, protocol, port). A claimant is an opaque pointer
 *           with its rank.
 */
#ifndef RENDER_FRONTEND_OWNERS_H
#define RENDER_FRONTEND_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct frontend_owners;

/** struct frontend_owners_key - 24 bytes without holes, so that it can be hashed. */
struct frontend_owners_key {
	uint8_t family;
	uint8_t node_port; /* 1: no address */
	uint8_t protocol;
	uint8_t zero;
	uint16_t port;
	uint16_t zero2;
	uint8_t addr[16];
};

/** struct frontend_owners_owner - First member of whoever claims; set before the first claim, then constant. */
struct frontend_owners_owner {
	int64_t creation_time_s; /* 0 = unknown */
	struct service_name service;
};

struct frontend_owners *frontend_owners_new(void);
struct frontend_owners *frontend_owners_free(struct frontend_owners *claims);
void frontend_owners_key_of(const struct frontend *frontend, struct frontend_owners_key *ret);
/** frontend_owners_add() - @owner, who does not claim it yet, claims @key; @answers: somebody answers there. */
void frontend_owners_add(struct frontend_owners *claims, const struct frontend_owners_key *key,
			 struct frontend_owners_owner *owner, bool answers);
/** frontend_owners_remove() - @owner, who claims it, gives its claim up. */
void frontend_owners_remove(struct frontend_owners *claims, const struct frontend_owners_key *key,
			    const struct frontend_owners_owner *owner);
/** frontend_owners_winner() - Who owns @key, or NULL. */
struct frontend_owners_owner *frontend_owners_winner(const struct frontend_owners *claims,
						     const struct frontend_owners_key *key);

#endif
