/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: What others did
 *
 * A notification names what it is about: a chain by itself and by each of its rules, an element by its key. That much
 * and no more is read back (nfnl_read.c), so that a repair costs what the damage was. What it says stands there now is
 * not believed: later ones may be under way.
 *
 * A chain that is announced may have been renamed, and then nothing tells its old name; so this, like a set that comes or
 * goes, is about the whole table. Elements of intervals and such as ours never are make it their whole set.
 */
#include "config.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_internal.h"
#include "backend/nfnl_set.h"

static void nfnl_monitor_take_elements(struct nfnl *nfnl, enum family family, const struct nlmsghdr *nlh)
{
	const char *name = nfnl_socket_string(nlh, NFTA_SET_ELEM_LIST_SET);
	const struct nlattr *attr, *entry;
	struct element e;
	size_t set;

	for (set = 0; set < nfnl->n_sets; set++)
		if (strcmp(nfnl->sets[set].name, name) == 0)
			break;
	/* What a client map has learnt is not ours to say. */
	if (set == nfnl->n_sets)
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			if (!set_is_interval(&nfnl->sets[set]) &&
			    nfnl_set_parse_element_key(entry, &nfnl->sets[set], family, (uint8_t)set, &e))
				invalidated_add_element(&nfnl->news, &e);
			else
				invalidated_add_set(&nfnl->news, family, (uint8_t)set);
		}
	}
}

void nfnl_monitor_take(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl *nfnl = ctx;
	const struct nfgenmsg *nfg;
	enum family family;

	if (!nlh) {
		invalidated_add_table(&nfnl->news, FAMILY_IPV4);
		invalidated_add_table(&nfnl->news, FAMILY_IPV6);
		return;
	}
	nfg = mnl_nlmsg_get_payload(nlh);
	family = nfg->nfgen_family == NFPROTO_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6;
	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
		invalidated_add_chain(&nfnl->news, family, nfnl_socket_string(nlh, NFTA_RULE_CHAIN));
		break;
	case NFT_MSG_DELCHAIN:
		invalidated_add_chain(&nfnl->news, family, nfnl_socket_string(nlh, NFTA_CHAIN_NAME));
		break;
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
		nfnl_monitor_take_elements(nfnl, family, nlh);
		break;
	default:
		invalidated_add_table(&nfnl->news, family);
	}
}
