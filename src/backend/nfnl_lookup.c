/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: A request for many elements
 *
 * The kernel answers each element with a datagram of its own, in the order of the request, and stops at the first one that
 * it does not have. So the number of answers tells which one is missing, and the next request begins after it. The answers
 * are all in the queue when the request has been sent; several are taken with one system call.
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

/* Elements of one request; each answer takes about 1 KB of the receive buffer, which may have its default size of 208 KB. */
#define NFNL_LOOKUP_REQUEST_MAX 128

struct nfnl_lookup {
	struct snapshot *snapshot;
	bool *foreign;
	const struct set_decl *decl;
	const struct element *asked; /* the first one of the request */
	size_t n_answers;
};

static int nfnl_lookup_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_lookup *lookup = ctx;

	lookup->n_answers += nfnl_element_parse_list(nlh, lookup->decl, lookup->asked->table,
						     lookup->asked->set, lookup->snapshot, lookup->foreign);
	return 0;
}

static int nfnl_lookup_request(struct nfnl *nfnl, struct nfnl_lookup *lookup, size_t n)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh =
		nfnl_request_start(nfnl, lookup->asked->table, NFT_MSG_GETSETELEM, NLM_F_ACK, &message);
	struct nlattr *list;
	size_t i;
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, lookup->decl->name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (i = 0; i < n; i++)
		nfnl_element_put(nlh, lookup->decl, &lookup->asked[i], false);
	mnl_attr_nest_end(nlh, list);
	nfnl_socket_message_end(&message, nlh);
	lookup->n_answers = 0;
	r = nfnl_socket_request_small(&nfnl->socket, &message, nfnl_lookup_reply, lookup);
	buf_done(&message);
	return r;
}

int nfnl_lookup(struct nfnl *nfnl, const struct set_decl *sets, const struct element *elements, size_t n,
		struct snapshot *snapshot, bool *foreign, struct err *reterr)
{
	struct nfnl_lookup lookup = { .snapshot = snapshot, .foreign = foreign };
	size_t at = 0, end;
	int r;

	while (at < n) {
		lookup.asked = &elements[at];
		lookup.decl = &sets[lookup.asked->set];
		for (end = at + 1; end < n && end - at < NFNL_LOOKUP_REQUEST_MAX; end++)
			if (elements[end].table != lookup.asked->table ||
			    elements[end].set != lookup.asked->set)
				break;
		r = nfnl_lookup_request(nfnl, &lookup, end - at);
		if (r < 0 && r != -ENOENT)
			return err_set(reterr, r, "cannot read elements of set %s: %s", lookup.decl->name,
				       strerror(-r));
		/* The element after the last answer does not exist. */
		at += r == -ENOENT ? lookup.n_answers + 1 : end - at;
	}
	return 0;
}
