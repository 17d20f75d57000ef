/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet_facts.h - a packet of which only some bits are known
 *
 * Room:     diagnose. Pure.
 * Shapes:   bytes in network order; a mask bit of 1 means that the bit is known.
 */
#ifndef DIAGNOSE_PACKET_FACTS_H
#define DIAGNOSE_PACKET_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/** enum fact - An answer about such a packet. A smaller one says less. */
enum fact {
	FACT_NO,
	FACT_PERHAPS,
	FACT_YES,
};

#define PACKET_FACTS_NETWORK_SIZE   40
#define PACKET_FACTS_TRANSPORT_SIZE 16

/** struct packet_facts_end - One end of it; @addr NULL, @port 0: unknown */
struct packet_facts_end {
	const struct addr *addr;
	uint16_t port;
};

#define PACKET_FACTS_PROTOCOL_UNKNOWN ((enum protocol)0)

/**
 * struct packet_facts
 * @reply:	to a connection; else the first packet of one
 * @tracked:	connection tracking has seen it
 * @translated:	its connection has been translated
 * @to_node:	its destination is an address of this node
 */
struct packet_facts {
	enum family family;
	enum protocol protocol;
	bool reply;
	bool tracked;
	bool translated;
	enum fact to_node;
	uint8_t network[PACKET_FACTS_NETWORK_SIZE];
	uint8_t network_mask[PACKET_FACTS_NETWORK_SIZE];
	uint8_t transport[PACKET_FACTS_TRANSPORT_SIZE];
	uint8_t transport_mask[PACKET_FACTS_TRANSPORT_SIZE];
};

/** packet_facts_init() - The other members are zeroed, but for @to_node, which is FACT_PERHAPS. */
void packet_facts_init(struct packet_facts *packet, enum family family, enum protocol protocol,
		       struct packet_facts_end from, struct packet_facts_end to);
/** packet_facts_make_reply() - It is no first packet; its flags are not known. */
void packet_facts_make_reply(struct packet_facts *packet);
/** packet_facts_weaker() - The weaker one of two. */
enum fact packet_facts_weaker(enum fact a, enum fact b);
/**
 * packet_facts_equal() - Whether @size bytes are equal to @wanted
 * @mask:	which bits of @bytes are known
 */
enum fact packet_facts_equal(const uint8_t *bytes, const uint8_t *mask, const uint8_t *wanted, size_t size);
/** packet_facts_is_known() - Whether all bits are known. */
bool packet_facts_is_known(const uint8_t *mask, size_t size);

#endif
