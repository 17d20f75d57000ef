/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_request.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_internal.h"

struct nlmsghdr *nfnl_request_start(struct nfnl *nfnl, enum family table, uint16_t type, uint16_t flags,
				    struct buf *message)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(&nfnl->socket, message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    flags, nfnl_socket_nfproto(table));

	/* The table is attribute 1 of every message. */
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, nfnl->table_name);
	return nlh;
}

int nfnl_request(struct nfnl *nfnl, struct buf *message, const struct nlmsghdr *nlh, nfnl_socket_reply *reply,
		 void *ctx)
{
	int r;

	nfnl_socket_message_end(message, nlh);
	r = nfnl_socket_request(&nfnl->socket, message, reply, ctx);
	buf_done(message);
	return r;
}

int nfnl_request_content(struct nfnl *nfnl, enum family table, uint16_t type, const char *name,
			 nfnl_socket_reply *reply, void *ctx)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_request_start(nfnl, table, type, NLM_F_DUMP, &message);

	/* Both requests name it in attribute 2. */
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	return nfnl_request(nfnl, &message, nlh, reply, ctx);
}
