/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/packet_facts.h"

#include <string.h>

#define PACKET_FACTS_TCP_FLAGS 13 /* offset in TCP's header */
#define PACKET_FACTS_TCP_SYN   0x02

/* Offsets in the headers of IP. */
struct packet_facts_layout {
	size_t protocol;
	size_t source;
	size_t destination;
};

static const struct packet_facts_layout packet_facts_layouts[_FAMILY_MAX] = {
	[FAMILY_IPV4] = { .protocol = 9, .source = 12, .destination = 16 },
	[FAMILY_IPV6] = { .protocol = 6, .source = 8, .destination = 24 },
};

static void packet_facts_put(uint8_t *bytes, uint8_t *mask, size_t offset, const void *value, size_t size)
{
	memcpy(bytes + offset, value, size);
	memset(mask + offset, 0xff, size);
}

static void packet_facts_put_end(struct packet_facts *packet, struct packet_facts_end end, size_t addr_offset,
				 size_t port_offset)
{
	const uint8_t port[2] = { (uint8_t)(end.port >> 8), (uint8_t)end.port };

	if (end.addr)
		packet_facts_put(packet->network, packet->network_mask, addr_offset, end.addr->bytes,
				 addr_size(packet->family));
	if (end.port)
		packet_facts_put(packet->transport, packet->transport_mask, port_offset, port, sizeof(port));
}

void packet_facts_init(struct packet_facts *packet, enum family family, enum protocol protocol,
		       struct packet_facts_end from, struct packet_facts_end to)
{
	const struct packet_facts_layout *layout = &packet_facts_layouts[family];
	const uint8_t number = (uint8_t)protocol, syn = PACKET_FACTS_TCP_SYN;

	*packet = (struct packet_facts){ .family = family, .protocol = protocol, .to_node = FACT_PERHAPS };
	if (protocol != PACKET_FACTS_PROTOCOL_UNKNOWN)
		packet_facts_put(packet->network, packet->network_mask, layout->protocol, &number, 1);
	packet_facts_put_end(packet, from, layout->source, 0);
	packet_facts_put_end(packet, to, layout->destination, 2);
	if (protocol == PROTOCOL_TCP)
		packet_facts_put(packet->transport, packet->transport_mask, PACKET_FACTS_TCP_FLAGS, &syn, 1);
}

void packet_facts_make_reply(struct packet_facts *packet)
{
	packet->reply = true;
	packet->transport_mask[PACKET_FACTS_TCP_FLAGS] = 0;
}

enum fact packet_facts_weaker(enum fact a, enum fact b)
{
	return a < b ? a : b;
}

bool packet_facts_is_known(const uint8_t *mask, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (mask[i] != 0xff)
			return false;
	return true;
}

enum fact packet_facts_equal(const uint8_t *bytes, const uint8_t *mask, const uint8_t *wanted, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if ((bytes[i] ^ wanted[i]) & mask[i])
			return FACT_NO;
	return packet_facts_is_known(mask, size) ? FACT_YES : FACT_PERHAPS;
}
