/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_dump.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "base/alloc.h"

/**
 * struct nfnl_dump
 * @sequence:	of the request
 * @reading:	the kernel has not sent everything
 * @snapshot, @foreign: during nfnl_dump_step()
 */
struct nfnl_dump {
	const struct nfnl *nfnl;
	struct nfnl_socket socket;
	const struct set_decl *decl;
	uint8_t table;
	uint8_t set;
	uint32_t sequence;
	bool reading;
	struct snapshot *snapshot;
	bool *foreign;
};

struct nfnl_dump *nfnl_dump_new(const struct nfnl *nfnl)
{
	struct nfnl_dump *dump = alloc_zeroed(1, sizeof(*dump));

	dump->nfnl = nfnl;
	return dump;
}

struct nfnl_dump *nfnl_dump_free(struct nfnl_dump *dump)
{
	if (!dump)
		return NULL;
	nfnl_socket_close(&dump->socket);
	free(dump);
	return NULL;
}

int nfnl_dump_start(struct nfnl_dump *dump, const struct set_decl *sets, enum family table, uint8_t set,
		    struct err *reterr)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	int r = 0;

	/* A socket with an unfinished dump refuses another one. */
	if (dump->reading)
		nfnl_socket_close(&dump->socket);
	dump->reading = false;
	if (!dump->socket.nl)
		r = nfnl_socket_open(&dump->socket, reterr);
	if (r < 0)
		return r;
	dump->decl = &sets[set];
	dump->table = (uint8_t)table;
	dump->set = set;
	nlh = nfnl_socket_message(&dump->socket, &message, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM,
				  NLM_F_DUMP, nfnl_socket_nfproto(table));
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, dump->nfnl->table_name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, dump->decl->name);
	nfnl_socket_message_end(&message, nlh);
	dump->sequence = nlh->nlmsg_seq;
	r = mnl_socket_sendto(dump->socket.nl, message.data, message.size) < 0 ? -errno : 0;
	dump->reading = !r;
	buf_done(&message);
	return r < 0 ? err_set(reterr, r, "cannot read set %s: %s", dump->decl->name, strerror(-r)) : 0;
}

static int nfnl_dump_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_dump *dump = ctx;

	if (nlh->nlmsg_seq != dump->sequence)
		return 0;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	if (nlh->nlmsg_type == NLMSG_DONE) {
		dump->reading = false;
		/* A set that is deleted during the dump ends it with an error. */
		return mnl_nlmsg_get_payload_len(nlh) >= sizeof(int) ? *(int *)mnl_nlmsg_get_payload(nlh) : 0;
	}
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		(void)nfnl_element_parse_list(nlh, dump->decl, dump->table, dump->set, dump->snapshot,
					      dump->foreign);
	return 0;
}

int nfnl_dump_step(struct nfnl_dump *dump, struct snapshot *snapshot, bool *foreign, struct err *reterr)
{
	int r;

	dump->snapshot = snapshot;
	dump->foreign = foreign;
	r = nfnl_socket_receive(&dump->socket, nfnl_dump_reply, dump);
	if (r > 0)
		return dump->reading;
	/* The kernel composes a datagram when the one before it is read, so there is always one. */
	r = r ? r : -EIO;
	nfnl_socket_close(&dump->socket);
	dump->reading = false;
	return err_set(reterr, r, "cannot read set %s: %s", dump->decl->name, strerror(-r));
}
