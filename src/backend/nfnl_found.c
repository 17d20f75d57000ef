/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_found.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_internal.h"
#include "backend/nfnl_request.h"
#include "backend/nfnl_tables.h"

int nfnl_found_hooked(struct nfnl *nfnl, const char *base_chain, bool *ret, struct err *reterr)
{
	enum nfnl_tables_found found;
	int second, r = 0;

	*ret = false;
	for (second = 0; !r && !*ret && second <= 1; second++) {
		r = nfnl_tables_find(nfnl, second, base_chain, &found, reterr);
		*ret = !r && found == NFNL_TABLES_FOUND_HOOKED;
	}
	return r;
}

static int nfnl_found_elements(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr, *element;
	size_t *n = ctx;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(element, attr)(*n)++;
	}
	return 0;
}

static int nfnl_found_count_in(struct nfnl *nfnl, enum family family, bool second, const char *set, size_t *n,
			       struct err *reterr)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_socket_message(&nfnl->socket, &message,
						   (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM),
						   NLM_F_DUMP, nfnl_socket_nfproto(family));
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, nfnl->names[second]);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
	r = nfnl_request(nfnl, &message, nlh, nfnl_found_elements, n);
	/* No such table or set, or no IPv6 in this kernel. */
	if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? err_set(reterr, r, "cannot list set %s: %s", set, strerror(-r)) : 0;
}

int nfnl_found_count(struct nfnl *nfnl, const char *base_chain, const char *set, size_t *ret,
		     struct err *reterr)
{
	enum nfnl_tables_found found;
	int second, family, r = 0;

	*ret = 0;
	for (second = 0; !r && second <= 1; second++) {
		r = nfnl_tables_find(nfnl, second, base_chain, &found, reterr);
		for (family = 0; !r && found == NFNL_TABLES_FOUND_HOOKED && family < _FAMILY_MAX; family++)
			r = nfnl_found_count_in(nfnl, (enum family)family, second, set, ret, reterr);
	}
	return r;
}
