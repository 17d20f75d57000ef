/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slice.h - an EndpointSlice: the fields that a node proxy needs
 *
 * Room:     model. Pure: plain values.
 * Rule:     Kubernetes discovery.k8s.io/v1 EndpointSlice; defaults as tests/COVERAGE.md L1 to L6.
 * Memory:   as service.h: slice_new_copy() makes ONE allocation; equal strings inside a slice
 *           (node names, zones) are stored once.
 * Not here: merging the slices of a Service (select/), which endpoints are used (select/).
 */
#ifndef MODEL_SLICE_H
#define MODEL_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"

struct members;

/**
 * struct slice_port - One entry of ports
 * @name:	"" matches an unnamed Service port
 * @protocol:	enum protocol
 * @port:	1..65535. Entries without a port number are left out by decode (tests/COVERAGE.md L3)
 */
struct slice_port {
	const char *name;
	uint8_t protocol;
	uint16_t port;
};

/**
 * struct endpoint - One entry of endpoints that has an address
 * @addr:	its first address (tests/COVERAGE.md L5)
 * @ready, @serving, @terminating: conditions, unset ones have defaults (tests/COVERAGE.md L6)
 * @node_name:	NULL if unset
 * @for_zones, @for_nodes: hints, may be empty
 */
struct endpoint {
	struct addr addr;
	bool ready;
	bool serving;
	bool terminating;
	uint8_t n_for_zones;
	uint8_t n_for_nodes;
	const char *node_name;
	const char **for_zones;
	const char **for_nodes;
};

/**
 * struct slice - One EndpointSlice of addressType IPv4 or IPv6
 * @service_name: label kubernetes.io/service-name; "" if unset (then no Service uses it, tests/COVERAGE.md L1)
 * @family:	enum family, from addressType
 * @trigger_us:	when the change of this version began, in microseconds since 1970; 0: unknown. slice_equal()
 *		does not compare it
 */
struct slice {
	const char *namespace;
	const char *name;
	const char *uid;
	const char *service_name;
	uint8_t family;
	int64_t trigger_us;
	uint32_t n_ports;
	struct slice_port *ports;
	uint32_t n_endpoints;
	struct endpoint *endpoints;
};

struct slice *slice_new_copy(const struct slice *slice) __attribute__((warn_unused_result));
struct slice *slice_free(struct slice *slice);
DEFINE_FREEP(struct slice, slice_free);
/** slice_members() - Its list of members. */
const struct members *slice_members(void);
bool slice_equal(const struct slice *a, const struct slice *b);

#endif
