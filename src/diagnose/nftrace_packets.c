/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/nftrace_packets.h"

#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "diagnose/nftrace_table.h"

/* One that is on its way: the kernel gives an id anew, most of all to what is sent again. */
static struct nftrace_packet *nftrace_packets_find(struct nftrace_packets *packets, uint32_t id)
{
	size_t i;

	for (i = 0; i < packets->n; i++)
		if (packets->list[i]->id == id && packets->list[i]->end == NFTRACE_PACKETS_END_NONE)
			return packets->list[i];
	return NULL;
}

static bool nftrace_packets_is_own(const struct nftrace_packets *packets, const struct nftrace_event *event)
{
	return event->family == NFPROTO_INET && strcmp(event->table, packets->own_table) == 0;
}

/* The rule that marks packets. Nothing before it is told, and packets that others trace do not match it. */
static bool nftrace_packets_is_first(const struct nftrace_packets *packets, const struct nftrace_event *event)
{
	return nftrace_packets_is_own(packets, event) && event->type == NFTRACE_EVENT_TYPE_RULE &&
	       event->handle && strcmp(event->chain, NFTRACE_TABLE_CHAIN_MARK) == 0;
}

static struct nftrace_packet *nftrace_packets_begin(struct nftrace_packets *packets, uint32_t id)
{
	struct nftrace_packet *packet;

	if (packets->n >= packets->max || packets->n >= NFTRACE_PACKETS_MAX)
		return NULL;
	packet = alloc_zeroed(1, sizeof(*packet));
	packet->id = id;
	packets->list[packets->n++] = packet;
	return packet;
}

static void nftrace_packets_note_flow(struct nftrace_packet *packet, const struct nftrace_event *event)
{
	if (event->in)
		packet->in = packet->has_flow ? packet->in : event->in;
	if (event->out)
		packet->out = event->out;
	if (!event->has_flow)
		return;
	if (!packet->has_flow)
		packet->first = event->flow;
	packet->has_flow = true;
	packet->last = event->flow;
}

static void nftrace_packets_end(struct nftrace_packet *packet, const struct nftrace_event *event,
				enum nftrace_packets_end end)
{
	packet->end = end;
	packet->where = *event;
}

static void nftrace_packets_add_step(struct nftrace_packet *packet, const struct nftrace_event *event)
{
	/* At the end of a base chain the kernel names a rule without a handle, and then the policy. */
	if (event->type == NFTRACE_EVENT_TYPE_RULE && !event->handle)
		return;
	if (packet->n_steps < NFTRACE_PACKETS_STEPS_MAX)
		packet->steps[packet->n_steps++] = *event;
	else
		packet->n_more++;
}

static void nftrace_packets_judge(const struct nftrace_packets *packets, struct nftrace_packet *packet,
				  const struct nftrace_event *event)
{
	if (!nftrace_packets_is_own(packets, event)) {
		nftrace_packets_add_step(packet, event);
		if (event->type != NFTRACE_EVENT_TYPE_RETURN && event->verdict >= 0 &&
		    (event->verdict & NF_VERDICT_MASK) == NF_DROP)
			nftrace_packets_end(packet, event, NFTRACE_PACKETS_END_DROPPED);
		return;
	}
	packet->to_node = strcmp(event->chain, NFTRACE_TABLE_CHAIN_INPUT) == 0;
	if (packet->to_node || strcmp(event->chain, NFTRACE_TABLE_CHAIN_POSTROUTING) == 0)
		nftrace_packets_end(packet, event, NFTRACE_PACKETS_END_DELIVERED);
}

const struct nftrace_packet *nftrace_packets_add(struct nftrace_packets *packets,
						 const struct nftrace_event *event, uint64_t now_ms)
{
	struct nftrace_packet *packet = nftrace_packets_find(packets, event->id), *lost = NULL;

	if (nftrace_packets_is_first(packets, event)) {
		lost = packet;
		if (lost)
			lost->end = NFTRACE_PACKETS_END_LOST;
		packet = nftrace_packets_begin(packets, event->id);
	}
	if (!packet)
		return lost;
	packet->heard_ms = now_ms;
	nftrace_packets_note_flow(packet, event);
	nftrace_packets_judge(packets, packet, event);
	return packet->end != NFTRACE_PACKETS_END_NONE ? packet : lost;
}

const struct nftrace_packet *nftrace_packets_expire(struct nftrace_packets *packets, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < packets->n; i++) {
		struct nftrace_packet *packet = packets->list[i];

		if (packet->end != NFTRACE_PACKETS_END_NONE ||
		    now_ms < packet->heard_ms + NFTRACE_PACKETS_QUIET_MS)
			continue;
		packet->end = NFTRACE_PACKETS_END_LOST;
		return packet;
	}
	return NULL;
}

bool nftrace_packets_all_ended(const struct nftrace_packets *packets)
{
	size_t i;

	for (i = 0; i < packets->n; i++)
		if (packets->list[i]->end == NFTRACE_PACKETS_END_NONE)
			return false;
	return packets->n >= packets->max;
}

void nftrace_packets_done(struct nftrace_packets *packets)
{
	size_t i;

	for (i = 0; i < packets->n; i++)
		free(packets->list[i]);
	packets->n = 0;
}
