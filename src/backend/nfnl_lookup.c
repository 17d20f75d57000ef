/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: A request for many elements
 *
 * One message could ask for many elements, but the kernel stops at the first one that it does not have. So each element has a message of
 * its own, and many messages are sent with one system call. The answers are all in the queue then; several are taken with one
 * system call, too.
 */
#include "config.h"
#include "backend/nfnl_lookup.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_request.h"

/* Messages of one request; each answer takes about 1 KB of the receive buffer, which may have its default size of 208 KB. */
#define NFNL_LOOKUP_REQUEST_MAX 128

struct nfnl_lookup {
	struct snapshot *snapshot;
	bool *foreign;
	const struct set_decl *sets;
	const struct element *asked; /* by the first message of the request */
	uint32_t sequence;	     /* of that message */
};

static int nfnl_lookup_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_lookup *lookup = ctx;
	const struct element *asked = &lookup->asked[nlh->nlmsg_seq - lookup->sequence];

	(void)nfnl_element_parse_list(nlh, &lookup->sets[asked->set], asked->table, asked->set,
				      lookup->snapshot, lookup->foreign);
	return 0;
}

static void nfnl_lookup_put(struct nfnl *nfnl, const struct set_decl *decl, const struct element *asked,
			    bool last, struct buf *messages)
{
	struct nlmsghdr *nlh =
		nfnl_request_start(nfnl, asked->table, NFT_MSG_GETSETELEM, last ? NLM_F_ACK : 0, messages);
	struct nlattr *list;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, decl->name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	nfnl_element_put(nlh, decl, asked, false);
	mnl_attr_nest_end(nlh, list);
	nfnl_socket_message_end(messages, nlh);
}

int nfnl_lookup(struct nfnl *nfnl, const struct set_decl *sets, const struct element *elements, size_t n,
		struct snapshot *snapshot, bool *foreign, struct err *reterr)
{
	struct nfnl_lookup lookup = { .snapshot = snapshot, .foreign = foreign, .sets = sets };
	struct buf messages = BUF_INIT;
	size_t at, i, end;
	int r = 0;

	for (at = 0; at < n && !r; at = end) {
		end = n - at < NFNL_LOOKUP_REQUEST_MAX ? n : at + NFNL_LOOKUP_REQUEST_MAX;
		buf_reset(&messages);
		lookup.asked = &elements[at];
		lookup.sequence = nfnl->socket.sequence;
		for (i = at; i < end; i++)
			nfnl_lookup_put(nfnl, &sets[elements[i].set], &elements[i], i + 1 == end, &messages);
		r = nfnl_socket_request_small(&nfnl->socket, &messages, nfnl_lookup_reply, &lookup);
		if (r < 0)
			r = err_set(reterr, r, "cannot read elements of our tables: %s", strerror(-r));
	}
	buf_done(&messages);
	return r;
}
