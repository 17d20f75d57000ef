/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claims.h - who owns a front end that several Services ask for
 *
 * Room:     render. Pure.
 * Rule:     who has endpoints there wins over who has none (behaviour.md S16); then the oldest Service
 *           (unknown creation times last), then "namespace/name" in byte order (S15). When it goes, the next
 *           one takes over.
 * Shapes:   a key is (family, address or node port, protocol, port). A claimant is an opaque pointer
 *           with its rank.
 */
#ifndef RENDER_CLAIMS_H
#define RENDER_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct claims;

/** struct claims_key - 24 bytes without holes, so that it can be hashed. */
struct claims_key {
	uint8_t family;
	uint8_t node_port; /* 1: no address */
	uint8_t protocol;
	uint8_t zero;
	uint16_t port;
	uint16_t zero2;
	uint8_t addr[16];
};

/** struct claims_owner - First member of whoever claims; set before the first claim, then constant. */
struct claims_owner {
	int64_t creation_time_s; /* 0 = unknown */
	const char *name;	 /* "namespace/name" */
};

struct claims *claims_new(void);
struct claims *claims_free(struct claims *claims);
void claims_key_of(const struct frontend *frontend, struct claims_key *ret);
/** claims_add() - @owner, who does not claim it yet, claims @key; @answers: somebody answers there. */
void claims_add(struct claims *claims, const struct claims_key *key, struct claims_owner *owner,
		bool answers);
/** claims_remove() - @owner, who claims it, gives its claim up. */
void claims_remove(struct claims *claims, const struct claims_key *key, const struct claims_owner *owner);
/** claims_winner() - Who owns @key, or NULL. */
struct claims_owner *claims_winner(const struct claims *claims, const struct claims_key *key);

#endif
