/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flow.h - one flow as connection tracking knows it
 *
 * Room:  base.
 * Shapes: as addr.h: addresses in network order, ports in host order.
 */
#ifndef BASE_FLOW_H
#define BASE_FLOW_H

#include <stdint.h>

#include "base/addr.h"

/**
 * struct flow - One entry of the kernel's table
 * @protocol:	IANA number, may be any
 * @saddr, @sport, @daddr, @dport: of its first packet, before any translation
 * @reply_saddr, @reply_sport: where answers come from: an endpoint, or @daddr and @dport if it is not translated
 * @zone:	conntrack zone of the original direction, 0 = the default one
 * @id:		the kernel's number of this entry; a later entry with the same addresses has another
 */
struct flow {
	struct addr saddr;
	struct addr daddr;
	struct addr reply_saddr;
	uint8_t protocol;
	uint16_t sport;
	uint16_t dport;
	uint16_t reply_sport;
	uint16_t zone;
	uint32_t id;
};

#endif
