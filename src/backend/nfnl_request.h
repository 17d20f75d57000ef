/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_request.h - requests about our tables
 *
 * Room:     backend. Internal to the nfnl backend.
 */
#ifndef BACKEND_NFNL_REQUEST_H
#define BACKEND_NFNL_REQUEST_H

#include <stdint.h>

#include "backend/nfnl_socket.h"
#include "base/addr.h"
#include "base/buf.h"

struct nfnl;
struct nlmsghdr;

/** nfnl_request_start() - Start a message about our @table at the end of @message. */
struct nlmsghdr *nfnl_request_start(struct nfnl *nfnl, enum family table, uint16_t type, uint16_t flags,
				    struct buf *message);
/** nfnl_request() - Finish @nlh, send @message and free it; the rest as nfnl_socket_request(). */
int nfnl_request(struct nfnl *nfnl, struct buf *message, const struct nlmsghdr *nlh, nfnl_socket_reply *reply,
		 void *ctx);
/** nfnl_request_content() - Dump the elements of set @name (NFT_MSG_GETSETELEM) or the rules of chain @name (NFT_MSG_GETRULE). */
int nfnl_request_content(struct nfnl *nfnl, enum family table, uint16_t type, const char *name,
			 nfnl_socket_reply *reply, void *ctx);

#endif
