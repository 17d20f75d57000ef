/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * generate.h - random Services, EndpointSlices, nodes and packets, of so few names and addresses that they collide
 *
 * For tests. The same seed gives the same objects on every machine.
 */
#ifndef TESTS_LIB_GENERATE_H
#define TESTS_LIB_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "model/service.h"
#include "model/slice.h"
#include "plan/plan.h"
#include "render/layout.h"

#define GENERATE_SERVICES 6
#define GENERATE_SLICES	  8
/* Of each family: the node's own, a bridge's (in the pod CIDR), loopback. */
#define GENERATE_NODE_ADDRESSES 3
#define GENERATE_NODE_NAME	"here"

struct generate {
	uint64_t state;
};

void generate_init(struct generate *g, uint64_t seed);
/** generate_number() - Uniform in 0 .. @n - 1. */
uint32_t generate_number(struct generate *g, uint32_t n);
/** generate_chance() - True @percent of the time. */
bool generate_chance(struct generate *g, uint32_t percent);
/** generate_shuffle() - Put 0 .. @n - 1 in random order. */
void generate_shuffle(struct generate *g, size_t *order, size_t n);

/** generate_service_name() - Of Service @index (0 .. GENERATE_SERVICES - 1). */
void generate_service_name(size_t index, const char **ret_namespace, const char **ret_name);
/** generate_service() - Some Service of that name; free it. */
struct service *generate_service(struct generate *g, size_t index);
/** generate_slice_name() - Of slice @index (0 .. GENERATE_SLICES - 1). */
void generate_slice_name(size_t index, const char **ret_namespace, const char **ret_name);
/**
 * generate_slice() - Some slice of that name; free it
 *
 * An endpoint's node follows from its address, as it does in a cluster.
 */
struct slice *generate_slice(struct generate *g, size_t index);

/**
 * struct generate_config - The node and how it treats traffic
 * @slot_seed:	for slots_give(); 0 = each endpoint has one slot. generate_config() leaves it to the caller
 */
struct generate_config {
	struct layout_node node;
	const char *zone;
	bool node_addr_known;
	size_t n_node_port_addresses;
	struct addr node_port_addresses[2 * GENERATE_NODE_ADDRESSES];
	uint64_t slot_seed;
};

/** generate_config() - Detectors, node-port addresses, zone; both families enabled. */
void generate_config(struct generate *g, struct generate_config *ret);
/** generate_node_addr() - The node's primary address; false if @config leaves it unknown. */
bool generate_node_addr(const struct generate_config *config, enum family family, struct addr *ret);
/** generate_is_local() - Whether @addr is an address of the node. */
bool generate_is_local(void *ctx, const struct addr *addr);

/** struct generate_packet - A packet for plan_lookup(), and where it comes from. */
struct generate_packet {
	struct plan_packet packet;
	bool local_out;
	const char *iifname;
};

/** generate_packet() - @aim: a front end to send it to, or NULL for anywhere. */
void generate_packet(struct generate *g, const struct generate_config *config, const struct frontend *aim,
		     struct generate_packet *ret);

#endif
