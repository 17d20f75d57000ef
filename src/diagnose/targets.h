/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * targets.h - the front ends and endpoints of a Service, from the JSON that `explain` prints
 *
 * Room:     diagnose. Pure.
 * Rule:     only what has effect on this node: a front end that another Service owns and an endpoint that no list uses are left out.
 */
#ifndef DIAGNOSE_TARGETS_H
#define DIAGNOSE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

struct arena;

/**
 * struct targets_frontend
 * @node_port:	on addresses of this node; @addr has only the family then
 */
struct targets_frontend {
	bool node_port;
	struct addr addr;
	uint16_t port;
	enum protocol protocol;
};

struct targets_endpoint {
	struct addr addr;
	uint16_t port;
	enum protocol protocol;
};

/**
 * struct targets
 * @namespace, @name: of the Service
 * @n_unused:	endpoints that no list uses
 * @not_served:	it has no front ends on this node
 * @unknown:	the daemon says that not all of this is known. For the caller of targets_read() to set
 * @endpoints:	each once
 */
struct targets {
	const char *namespace;
	const char *name;
	bool not_served;
	bool unknown;
	size_t n_frontends;
	struct targets_frontend *frontends;
	size_t n_endpoints;
	struct targets_endpoint *endpoints;
	size_t n_unused;
};

/**
 * targets_read() - Read @json, of @size bytes
 * @arena:	owns what @ret points to
 *
 * Return: 0; -EPROTO: it is not what `explain` prints.
 */
int targets_read(const char *json, size_t size, struct arena *arena, struct targets *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** targets_has_family() - Whether the Service has a front end of @family. */
bool targets_has_family(const struct targets *targets, enum family family);
/** targets_endpoint_print() - "10.244.1.11:8080" or "[fd00::11]:8080", in @arena. */
const char *targets_endpoint_print(const struct addr *addr, uint16_t port, struct arena *arena);

#endif
