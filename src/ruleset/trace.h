/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.h - walk the first packet of a connection through a ruleset in memory
 *
 * Room:     ruleset. Pure. Has the part of the kernel that our rules use: nat chains, maps, conntrack's
 *           original tuple. Tests compare rules with plans by it, and it explains rules to people.
 */
#ifndef RULESET_TRACE_H
#define RULESET_TRACE_H

#include "base/buf.h"
#include "ruleset/image.h"

/**
 * struct trace_packet - The packet and where it comes from
 * @local_out:	sent by a process of this node (output), else it arrived (prerouting)
 * @iifname:	interface it arrived on; "" if @local_out
 * @random:	the random number of numgen: index = @random mod N
 * @is_local:	whether an address belongs to this node (fib ... type local)
 */
struct trace_packet {
	struct addr saddr;
	struct addr daddr;
	uint8_t protocol;
	uint16_t sport;
	uint16_t dport;
	bool local_out;
	const char *iifname;
	uint32_t random;
	bool (*is_local)(void *ctx, const struct addr *addr);
	void *ctx;
};

enum trace_verdict {
	TRACE_VERDICT_ACCEPT,
	TRACE_VERDICT_DROP,
	TRACE_VERDICT_REJECT,
};

#define TRACE_LEARNT_MAX 4

/** struct trace_learnt - A client that a rule adds. @map: name of the client map, owned by the image */
struct trace_learnt {
	const char *map;
	struct client_key key;
};

/**
 * struct trace_result - What happened to the packet
 * @translated:	DNAT happened
 * @daddr, @dport: where it goes: the new destination, or the old one if it was not translated
 * @masqueraded: the source was replaced in postrouting (not walked if the destination is local and
 *		the packet arrived from outside, M10)
 * @n_learnt, @learnt: where rules add the client (also if it is there already). The walk does not call image_learn_client()
 */
struct trace_result {
	enum trace_verdict verdict;
	bool translated;
	struct addr daddr;
	uint16_t dport;
	bool masqueraded;
	size_t n_learnt;
	struct trace_learnt learnt[TRACE_LEARNT_MAX];
};

/**
 * trace_walk() - Walk @packet through @image
 * @packet:	@saddr and @daddr have one family; without a table of that family the packet is accepted
 * @steps:	gets a line for each rule that matched: "ip dispatch: ... -> lb-tcp-2"; may be NULL
 */
void trace_walk(const struct image *image, const struct trace_packet *packet, struct trace_result *ret,
		struct buf *steps);

#endif
