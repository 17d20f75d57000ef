/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace_event.h - one message of the kernel about a packet that is traced (`meta nftrace set 1`)
 *
 * Room:     diagnose. Pure.
 */
#ifndef DIAGNOSE_NFTRACE_EVENT_H
#define DIAGNOSE_NFTRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct nlmsghdr;

#define NFTRACE_EVENT_NAME_SIZE 256 /* the kernel's limit, with the NUL */

enum nftrace_event_type {
	NFTRACE_EVENT_TYPE_RULE,   /* a rule that matched to its end */
	NFTRACE_EVENT_TYPE_RETURN, /* the end of a chain that is no base chain */
	NFTRACE_EVENT_TYPE_POLICY, /* the end of a base chain */
};

/** struct nftrace_event_flow - Where a packet comes from and goes to; @protocol: IANA's; ports are 0 where there are none */
struct nftrace_event_flow {
	uint8_t protocol;
	struct addr source;
	struct addr destination;
	uint16_t source_port;
	uint16_t destination_port;
};

/**
 * struct nftrace_event
 * @id:		of the packet
 * @family:	of the table, NFPROTO_...
 * @handle:	of the rule; 0 if @type is another
 * @verdict:	NF_... or NFT_...; that of the policy for NFTRACE_EVENT_TYPE_POLICY
 * @target:	of a jump; ""
 * @has_flow:	the kernel tells it with the first message of each base chain
 * @in, @out:	index of the interface; 0: none. Told with @flow
 */
struct nftrace_event {
	enum nftrace_event_type type;
	uint32_t id;
	uint32_t family;
	char table[NFTRACE_EVENT_NAME_SIZE];
	char chain[NFTRACE_EVENT_NAME_SIZE];
	uint64_t handle;
	int verdict;
	char target[NFTRACE_EVENT_NAME_SIZE];
	bool has_flow;
	struct nftrace_event_flow flow;
	uint32_t in;
	uint32_t out;
};

/** nftrace_event_read() - Read a message. Return: whether it is one of these; others are ignored. */
bool nftrace_event_read(const struct nlmsghdr *nlh, struct nftrace_event *ret);
/** nftrace_event_same_destination() - Whether address and port are the same. */
bool nftrace_event_same_destination(const struct nftrace_event_flow *a, const struct nftrace_event_flow *b);
bool nftrace_event_same_source(const struct nftrace_event_flow *a, const struct nftrace_event_flow *b);

#endif
