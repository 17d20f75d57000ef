/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_internal.h - struct nfnl
 *
 * Room:     backend. Internal to the nfnl backend.
 */
#ifndef BACKEND_NFNL_INTERNAL_H
#define BACKEND_NFNL_INTERNAL_H

#include "backend/knowledge.h"
#include "backend/nfnl_batch.h"
#include "backend/nfnl_check.h"
#include "backend/nfnl_monitor.h"
#include "backend/nfnl_socket.h"

/**
 * struct nfnl - The connection
 * @names:	of our tables: the usual one, and the second one (nfnl_tables_use()); @table_name: the one in use
 * @generation:	of the ruleset that the next transaction is computed from
 * @check:	if enabled, @monitor is never subscribed
 * @monitor:	@monitor.sets: declarations given to the last nfnl_read()
 * @own:	nfnl_own()
 * @exclusive:	the kernel lets only this socket change our tables, or they do not exist: no generation and no notification
 *		matters. Known after a whole reading or a commit.
 * @tables:	@tables.replaces: nfnl_tables_replace(); @tables.adopt: had no owner at the last nfnl_read(); @tables.destroy: set by
 *		nfnl_probe_kernel()
 * @other_port:	netlink port of the process that owned a table at the last nfnl_read(); 0: none
 * @committed:	nfnl_commit_listen(), or NULL
 */
struct nfnl {
	struct nfnl_socket socket;
	char names[2][RULE_NAME_MAX + 1];
	const char *table_name;
	uint32_t generation;
	struct nfnl_check check;
	struct nfnl_monitor monitor;
	struct knowledge knowledge;
	bool own;
	bool exclusive;
	struct nfnl_batch_tables tables;
	uint32_t other_port;
	void (*committed)(void *ctx, const struct changes *changes);
	void *committed_ctx;
};

#endif
