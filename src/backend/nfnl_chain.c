/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_chain.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_internal.h"
#include "backend/nfnl_request.h"
#include "backend/nfnl_rule.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "ruleset/snapshot.h"

/* The comment in nft's user data: a record of type 0, its length, and the text with its NUL. */
static void nfnl_chain_print_comment(const struct nftnl_chain *chain, struct buf *text)
{
	uint32_t size = 0, i;
	const uint8_t *data = nftnl_chain_get_data(chain, NFTNL_CHAIN_USERDATA, &size);

	if (!data || size < 2 || data[0] != 0)
		return;
	for (i = 2; i < size && i < 2u + data[1] && data[i]; i++)
		buf_printf(text, "%c", data[i] == '\n' ? '?' : data[i]);
}

/* The first line of a fingerprint; see nfnl_rule_fingerprint_chain(). */
static char *nfnl_chain_head(struct nftnl_chain *chain)
{
	struct buf text = BUF_INIT;
	const char *type = nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE);
	static const enum rule_hook hooks[] = {
		[NF_INET_PRE_ROUTING] = RULE_HOOK_PREROUTING,
		[NF_INET_LOCAL_IN] = RULE_HOOK_INPUT,
		[NF_INET_FORWARD] = RULE_HOOK_NONE,
		[NF_INET_LOCAL_OUT] = RULE_HOOK_OUTPUT,
		[NF_INET_POST_ROUTING] = RULE_HOOK_POSTROUTING,
	};
	uint32_t hook;

	if (nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM)) {
		hook = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM);
		buf_printf(&text, "%s hook %s priority %d policy %s comment ", type ? type : "?",
			   hook < ARRAY_SIZE(hooks) ? rule_hook_name(hooks[hook]) : "?",
			   nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO),
			   nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_ACCEPT ? "accept" : "drop");
		nfnl_chain_print_comment(chain, &text);
	}
	buf_printf(&text, "\n");
	return text.data;
}

bool nfnl_chain_add(struct snapshot *snapshot, enum family table, const struct nlmsghdr *nlh)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();
	const char *name;
	bool good;

	if (!chain)
		alloc_failed();
	good = nftnl_chain_nlmsg_parse(nlh, chain) >= 0;
	name = good ? nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME) : "";
	good = good && strlen(name) <= RULE_NAME_MAX;
	if (good)
		snapshot_add_chain(snapshot, table, name, nfnl_chain_head(chain));
	nftnl_chain_free(chain);
	return good;
}

/* Rules are listed chain by chain, in the order of the chains. */
static struct snapshot_chain *nfnl_chain_find(struct snapshot *snapshot, enum family table, const char *name,
					      size_t *next)
{
	size_t n = snapshot->n_chains, i;

	for (i = 0; i < n; i++) {
		size_t at = (*next + i) % n;
		struct snapshot_chain *chain = &snapshot->chains[at];

		if (chain->table != table || strcmp(chain->name, name) != 0)
			continue;
		*next = at;
		return chain;
	}
	return NULL;
}

bool nfnl_chain_add_rule(struct snapshot *snapshot, enum family table, const struct nlmsghdr *nlh,
			 size_t *next)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct snapshot_chain *chain = NULL;
	struct buf line = BUF_INIT;
	struct cidr source;
	size_t old, len;

	if (!rule)
		alloc_failed();
	if (nftnl_rule_nlmsg_parse(nlh, rule) >= 0)
		chain = nfnl_chain_find(snapshot, table, nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN), next);
	if (chain) {
		nfnl_rule_fingerprint(rule, &line);
		old = strlen(chain->fingerprint);
		len = line.size;
		chain->fingerprint = alloc_resized(chain->fingerprint, old + len + 1, 1);
		memcpy(chain->fingerprint + old, buf_text(&line), len + 1);
		if (!chain->timeout_s)
			chain->timeout_s = nfnl_rule_timeout_s(rule);
		if (nfnl_rule_source(rule, table, &source))
			snapshot_add_source(chain, &source);
	}
	buf_done(&line);
	nftnl_rule_free(rule);
	return chain;
}

static void nfnl_chain_fingerprint(void *ctx, const struct chain *chain, struct buf *text)
{
	struct nfnl *nfnl = ctx;

	nfnl_rule_fingerprint_chain(nfnl->table_name, nfnl->monitor.sets, chain, text);
}

void nfnl_chain_set_fingerprint(struct nfnl *nfnl, struct snapshot *snapshot)
{
	snapshot->fingerprint = nfnl_chain_fingerprint;
	snapshot->ctx = nfnl;
}

/* One chain that is being read. */
struct nfnl_chain_reading {
	struct snapshot *snapshot;
	enum family table;
	size_t at;
};

static int nfnl_chain_reply(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nfnl_chain_reading *reading = ctx;

	return nfnl_chain_add(reading->snapshot, reading->table, nlh) ? 0 : -EBADMSG;
}

static int nfnl_chain_rule_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_chain_reading *reading = ctx;

	return nfnl_chain_add_rule(reading->snapshot, reading->table, nlh, &reading->at) ? 0 : -EBADMSG;
}

int nfnl_chain_read(struct nfnl *nfnl, enum family table, const char *name, struct snapshot *snapshot,
		    struct err *reterr)
{
	struct nfnl_chain_reading reading = { snapshot, table, snapshot->n_chains };
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_request_start(nfnl, table, NFT_MSG_GETCHAIN, NLM_F_ACK, &message);
	int r;

	nfnl_chain_set_fingerprint(nfnl, snapshot);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	r = nfnl_request(nfnl, &message, nlh, nfnl_chain_reply, &reading);
	if (r == -ENOENT)
		return 0;
	if (!r)
		r = nfnl_request_content(nfnl, table, NFT_MSG_GETRULE, name, nfnl_chain_rule_reply, &reading);
	return r < 0 ? err_set(reterr, r, "cannot read chain %s: %s", name, strerror(-r)) : 1;
}
