/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * places.h - the addresses and the port numbers of a Service: where it has front ends
 *
 * Room:     plan. Pure. Internal to build.c and found.c.
 */
#ifndef PLAN_PLACES_H
#define PLAN_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct arena;
struct service;

/** struct places_addr - An address; the kind of its front ends */
struct places_addr {
	struct addr addr;
	enum frontend_kind kind;
};

/** struct places_number - Protocol and number of the port at @index in the Service; number 0: it has no node port */
struct places_number {
	uint8_t protocol;
	uint16_t number;
	uint32_t index;
};

/**
 * places_addrs() - The addresses of one family on which each port has a front end, each once, sorted
 * @service:	has a ClusterIP of @family
 * @no_external_ips: leave its externalIPs out
 * @ret:	in @arena
 *
 * Return: how many.
 */
size_t places_addrs(const struct service *service, enum family family, bool no_external_ips,
		    struct arena *arena, const struct places_addr **ret);
/** places_find_addr() - @addr in the @n that places_addrs() returned, or NULL. */
const struct places_addr *places_find_addr(const struct places_addr *addrs, size_t n,
					   const struct addr *addr);
/** places_numbers() - The ports, or with @node_port their node ports: one entry for each port, sorted. In @arena. */
const struct places_number *places_numbers(const struct service *service, bool node_port,
					   struct arena *arena);
/** places_find_number() - The first of the @n @numbers with that protocol and number, or NULL. */
const struct places_number *places_find_number(const struct places_number *numbers, size_t n,
					       uint8_t protocol, uint16_t number);
/**
 * places_taken() - By port, whether an earlier one has the same protocol and number; in @arena
 *
 * The API server rejects that, a manifest may have it.
 */
const bool *places_taken(const struct service *service, bool node_port, struct arena *arena);

#endif
