/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_internal.h - struct nfnl, and requests about our tables
 *
 * Room:     backend. Internal to the nfnl backend; nfnl.c implements it.
 */
#ifndef BACKEND_NFNL_INTERNAL_H
#define BACKEND_NFNL_INTERNAL_H

#include "backend/knowledge.h"
#include "backend/nfnl_batch.h"
#include "backend/nfnl_monitor.h"
#include "backend/nfnl_socket.h"

/**
 * struct nfnl - The connection
 * @generation:	of the ruleset that the next transaction is computed from
 * @monitor:	@monitor.sets: declarations given to the last nfnl_read()
 * @own:	nfnl_own()
 * @exclusive:	the kernel lets only this socket change our tables, or they do not exist: no generation and no notification
 *		matters. Known after a whole reading or a commit.
 * @tables:	@tables.adopt: had no owner at the last nfnl_read()
 * @other_port:	netlink port of the process that owned a table at the last nfnl_read(); 0: none
 */
struct nfnl {
	struct nfnl_socket socket;
	const char *table_name;
	uint32_t generation;
	struct nfnl_monitor monitor;
	struct knowledge knowledge;
	bool own;
	bool exclusive;
	struct nfnl_batch_tables tables;
	uint32_t other_port;
};

/** nfnl_message() - Start a message about our @table at the end of @message. */
struct nlmsghdr *nfnl_message(struct nfnl *nfnl, enum family table, uint16_t type, uint16_t flags,
			      struct buf *message);
/** nfnl_request() - Finish @nlh, send @message and free it; the rest as nfnl_socket_request(). */
int nfnl_request(struct nfnl *nfnl, struct buf *message, const struct nlmsghdr *nlh, nfnl_socket_reply *reply,
		 void *ctx);
/** nfnl_request_content() - Dump the elements of set @name (NFT_MSG_GETSETELEM) or the rules of chain @name (NFT_MSG_GETRULE). */
int nfnl_request_content(struct nfnl *nfnl, enum family table, uint16_t type, const char *name,
			 nfnl_socket_reply *reply, void *ctx);

#endif
