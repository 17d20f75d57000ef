/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace_table.h - the table that makes the kernel trace packets from a client to a Service
 *
 * Room:     diagnose. Effects: a table "inet kube-nftproxy-trace-PID"; needs CAP_NET_ADMIN. No other table is touched.
 * Rule:     the table has the flag owner: it goes away with the socket that made it, however this process ends. Linux before 5.12 does not
 *           have the flag; there nftrace_table_close() deletes it.
 * Chains:   prerouting and output are asked before those of others, and mark the packets; input and postrouting are asked after
 *           those of others, and so say that a packet has passed them all. They change nothing else about a packet.
 */
#ifndef DIAGNOSE_NFTRACE_TABLE_H
#define DIAGNOSE_NFTRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/nfnl_socket.h"
#include "base/addr.h"
#include "base/err.h"
#include "diagnose/targets.h"

#define NFTRACE_TABLE_CHAIN_MARK	"mark"
#define NFTRACE_TABLE_CHAIN_INPUT	"input"
#define NFTRACE_TABLE_CHAIN_POSTROUTING "postrouting"
#define NFTRACE_TABLE_RULES_MAX		512 /* front ends */
#define NFTRACE_TABLE_PER_SECOND	20  /* packets that are marked */
#define NFTRACE_TABLE_NAME_SIZE		64

/**
 * struct nftrace_table - @owned: it goes away with this process
 */
struct nftrace_table {
	struct nfnl_socket socket;
	char name[NFTRACE_TABLE_NAME_SIZE];
	bool owned;
};

/** nftrace_table_name() - Its name in process @pid. */
void nftrace_table_name(int64_t pid, char ret[NFTRACE_TABLE_NAME_SIZE]);
/** nftrace_table_build() - Append the transaction that makes it to @batch. @from: the client; front ends of other families are left out */
void nftrace_table_build(struct nftrace_table *table, const struct targets *targets, const struct addr *from,
			 struct buf *batch);
/**
 * nftrace_table_open() - Make it
 *
 * Return: 0; -EPERM; -E2BIG: more than NFTRACE_TABLE_RULES_MAX front ends; other negative errno. nftrace_table_close() in any case.
 */
int nftrace_table_open(struct nftrace_table *table, int64_t pid, const struct targets *targets,
		       const struct addr *from, struct err *reterr) __attribute__((warn_unused_result));
void nftrace_table_close(struct nftrace_table *table);

#endif
