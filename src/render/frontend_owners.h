/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frontend_owners.h - which Service owns a front end that several Services ask for
 *
 * Room:     render. Pure.
 * Rule:     a Service with endpoints there goes before one without (tests/COVERAGE.md S16); then the oldest Service
 *           (unknown creation times last), then the first by "namespace/name" in byte order (S15), then the first part of
 *           one Service. When the owner gives
 *           the front end up, the next one takes over.
 * Shapes:   a key is (family, address or node port, protocol, port). A claimant is a part of a Service (plan/split.h), with what its rank depends
 *           on.
 */
#ifndef RENDER_FRONTEND_OWNERS_H
#define RENDER_FRONTEND_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct element;
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

/**
 * struct frontend_owners_claimant - A part of a Service that asks for front ends; constant while it has claims
 * @creation_time_s: 0 = unknown
 * @service:	borrowed
 */
struct frontend_owners_claimant {
	int64_t creation_time_s;
	struct service_name service;
	uint64_t part;
};

struct frontend_owners *frontend_owners_new(void);
struct frontend_owners *frontend_owners_free(struct frontend_owners *owners);
void frontend_owners_key_of(const struct frontend *frontend, struct frontend_owners_key *ret);
/** frontend_owners_key_of_element() - The front end that the key of @e begins with; false: the key of its set begins with none. */
bool frontend_owners_key_of_element(const struct element *e, struct frontend_owners_key *ret);
/** frontend_owners_frontend() - A front end with this @key, and nothing else; any kind if it is no node port. */
void frontend_owners_frontend(const struct frontend_owners_key *key, struct frontend *ret);
/** frontend_owners_add() - @claimant, which has no claim to @key yet, asks for it; @answers: it has endpoints there. */
void frontend_owners_add(struct frontend_owners *owners, const struct frontend_owners_key *key,
			 struct frontend_owners_claimant *claimant, bool answers);
/** frontend_owners_remove() - @claimant, which has a claim to @key, gives it up. */
void frontend_owners_remove(struct frontend_owners *owners, const struct frontend_owners_key *key,
			    const struct frontend_owners_claimant *claimant);
/** frontend_owners_owner() - The owner of @key, or NULL. */
struct frontend_owners_claimant *frontend_owners_owner(const struct frontend_owners *owners,
						       const struct frontend_owners_key *key);

#endif
