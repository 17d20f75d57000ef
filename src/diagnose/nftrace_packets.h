/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace_packets.h - packets that are traced, put together from the kernel's messages
 *
 * Room:     diagnose. Pure.
 * Rule:     a packet has ended when it was dropped, when it was seen by the last chain of our table (diagnose/nftrace_table.h), or
 *           when nothing was heard of it for NFTRACE_PACKETS_QUIET_MS.
 * Limits:   NFTRACE_PACKETS_MAX packets, NFTRACE_PACKETS_STEPS_MAX steps of each are kept.
 */
#ifndef DIAGNOSE_NFTRACE_PACKETS_H
#define DIAGNOSE_NFTRACE_PACKETS_H

#include "diagnose/nftrace_event.h"

#define NFTRACE_PACKETS_MAX	  100
#define NFTRACE_PACKETS_STEPS_MAX 64
#define NFTRACE_PACKETS_QUIET_MS  500

enum nftrace_packets_end {
	NFTRACE_PACKETS_END_NONE, /* it is on its way */
	NFTRACE_PACKETS_END_DELIVERED,
	NFTRACE_PACKETS_END_DROPPED,
	NFTRACE_PACKETS_END_LOST, /* the kernel says no more about it */
};

/**
 * struct nftrace_packet
 * @steps:	what happened to it in tables of other programs and of ours, but not in the table that traces; @n_steps of them are
 *		kept, @n_more are not
 * @first, @last: as it was seen first and last; not set: @has_flow
 * @in:		index of the interface where it came in; 0: this node sent it
 * @out:	where it leaves; 0: none
 * @to_node:	delivered to this node itself
 * @where:	what dropped it
 */
struct nftrace_packet {
	uint32_t id;
	uint64_t heard_ms;
	size_t n_steps;
	size_t n_more;
	struct nftrace_event steps[NFTRACE_PACKETS_STEPS_MAX];
	bool has_flow;
	struct nftrace_event_flow first;
	struct nftrace_event_flow last;
	uint32_t in;
	uint32_t out;
	enum nftrace_packets_end end;
	bool to_node;
	struct nftrace_event where;
};

/**
 * struct nftrace_packets
 * @own_table:	the one that traces; borrowed
 * @max:	so many packets, in the order of their first message; later ones are ignored
 */
struct nftrace_packets {
	const char *own_table;
	size_t max;
	size_t n;
	struct nftrace_packet *list[NFTRACE_PACKETS_MAX];
};

/** nftrace_packets_add() - Take an event. Return: the packet that has ended with it; NULL: none. */
const struct nftrace_packet *nftrace_packets_add(struct nftrace_packets *packets,
						 const struct nftrace_event *event, uint64_t now_ms);
/** nftrace_packets_expire() - A packet that has ended because nothing was heard of it; NULL: no other. */
const struct nftrace_packet *nftrace_packets_expire(struct nftrace_packets *packets, uint64_t now_ms);
/** nftrace_packets_all_ended() - Whether there are @max packets, and all have ended. */
bool nftrace_packets_all_ended(const struct nftrace_packets *packets);
void nftrace_packets_done(struct nftrace_packets *packets);

#endif
