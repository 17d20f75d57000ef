/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frontend_owners.h - which Service owns a front end that several Services ask for
 *
 * Room:     render. Pure.
 * Rule:     a ClusterIP goes before a load balancer's IP, and that before an external IP, whoever has endpoints: the API server
 *           allocates ClusterIPs, but anyone who may write a Service may write an external IP (CVE-2020-8554). Among equals a
 *           Service with endpoints there goes before one without (tests/COVERAGE.md S16); then the oldest Service
 *           (unknown creation times last), then the first by "namespace/name" in byte order (S15), then the first part of
 *           one Service. When the owner gives the front end up, the next one takes over.
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

/** struct frontend_owners_rank - What else the rank of a claim depends on; @answers: it has endpoints there */
struct frontend_owners_rank {
	uint8_t kind; /* enum frontend_kind */
	bool answers;
};

struct frontend_owners *frontend_owners_new(void);
struct frontend_owners *frontend_owners_free(struct frontend_owners *owners);
void frontend_owners_key_of(const struct frontend *frontend, struct frontend_owners_key *ret);
/** frontend_owners_key_of_element() - The front end that the key of @e begins with; false: the key of its set begins with none. */
bool frontend_owners_key_of_element(const struct element *e, struct frontend_owners_key *ret);
/** frontend_owners_frontend() - A front end with this @key, and nothing else; any kind if it is no node port. */
void frontend_owners_frontend(const struct frontend_owners_key *key, struct frontend *ret);
/** frontend_owners_rank_of() - The rank of a claim to @frontend. */
struct frontend_owners_rank frontend_owners_rank_of(const struct frontend *frontend);
/** frontend_owners_add_rank() - Set @rank, of a claim to a key, to the better one of @rank and @other, of the same Service. */
void frontend_owners_add_rank(struct frontend_owners_rank *rank, const struct frontend_owners_rank *other);
/** frontend_owners_why() - Why a claim with rank @winner goes before one with rank @loser: "it is its ClusterIP". */
const char *frontend_owners_why(struct frontend_owners_rank winner, struct frontend_owners_rank loser);
/** frontend_owners_add() - @claimant, which has no claim to @key yet, asks for it. */
void frontend_owners_add(struct frontend_owners *owners, const struct frontend_owners_key *key,
			 struct frontend_owners_claimant *claimant, struct frontend_owners_rank rank);
/** frontend_owners_remove() - @claimant, which has a claim to @key, gives it up. */
void frontend_owners_remove(struct frontend_owners *owners, const struct frontend_owners_key *key,
			    const struct frontend_owners_claimant *claimant);
/** frontend_owners_owner() - The owner of @key, or NULL. */
struct frontend_owners_claimant *frontend_owners_owner(const struct frontend_owners *owners,
						       const struct frontend_owners_key *key);
/** frontend_owners_is_contested() - Whether @claimant owns @key, and others ask for it. */
bool frontend_owners_is_contested(const struct frontend_owners *owners, const struct frontend_owners_key *key,
				  const struct frontend_owners_claimant *claimant);
/** frontend_owners_rank() - The rank of the owner's claim to @key, which has one. */
struct frontend_owners_rank frontend_owners_rank(const struct frontend_owners *owners,
						 const struct frontend_owners_key *key);

/** struct frontend_owners_lost - A front end that @loser, the first after the owner @winner, does not get; @why: frontend_owners_why() */
struct frontend_owners_lost {
	struct frontend_owners_key key;
	struct service_name winner;
	struct service_name loser;
	const char *why;
};

/**
 * frontend_owners_lost() - Front ends that several Services ask for, in the order in which they were asked for
 * @ret:	gets at most @max of them; the names are borrowed
 *
 * Return: how many there are. Cost: O(number of keys).
 */
size_t frontend_owners_lost(const struct frontend_owners *owners, struct frontend_owners_lost *ret,
			    size_t max);
/** frontend_owners_n_lost() - The same number alone, at once. */
size_t frontend_owners_n_lost(const struct frontend_owners *owners);

#endif
