/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace.h - follow packets of one client to a Service through the tables of this node
 *
 * Room:     diagnose. Effects: the table of diagnose/nftrace_table.h, as long as struct nftrace is open.
 */
#ifndef DIAGNOSE_NFTRACE_H
#define DIAGNOSE_NFTRACE_H

#include "diagnose/nftrace_packets.h"
#include "diagnose/nftrace_table.h"

/**
 * struct nftrace
 * @monitor:	for the kernel's messages
 * @lost:	some of them were lost, as there were too many
 */
struct nftrace {
	struct nfnl_socket monitor;
	struct nftrace_table table;
	struct nftrace_packets packets;
	bool lost;
};

/** typedef nftrace_ended - A packet has ended, the @number-th one. Return: whether to go on. */
typedef bool nftrace_ended(void *ctx, size_t number, const struct nftrace_packet *packet);

/** nftrace_open() - Add the table; the rest as nftrace_table_open(). nftrace_close() in any case. */
int nftrace_open(struct nftrace *trace, int64_t pid, const struct targets *targets, const struct addr *from,
		 struct err *reterr) __attribute__((warn_unused_result));
/**
 * nftrace_follow() - Wait for packets, for @for_ms or until @max have ended
 * @max:	up to NFTRACE_PACKETS_MAX
 * @stop_fd:	ends it when it can be read
 */
int nftrace_follow(struct nftrace *trace, uint64_t for_ms, size_t max, int stop_fd, nftrace_ended *ended,
		   void *ctx, struct err *reterr) __attribute__((warn_unused_result));
void nftrace_close(struct nftrace *trace);

#endif
