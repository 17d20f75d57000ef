/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/nftrace_rules.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_socket.h"
#include "base/alloc.h"
#include "diagnose/rule_text.h"

struct nftrace_rules_rule {
	uint64_t handle;
	enum nftrace_rules_kind kind;
	char *text;
};

struct nftrace_rules_chain {
	uint32_t family;
	char table[NFTRACE_EVENT_NAME_SIZE];
	char name[NFTRACE_EVENT_NAME_SIZE];
	size_t n_rules;
	struct nftrace_rules_rule *rules;
};

struct nftrace_rules {
	struct nfnl_socket socket;
	size_t n_chains;
	struct nftrace_rules_chain *chains;
};

int nftrace_rules_new(struct nftrace_rules **ret, struct err *reterr)
{
	_cleanup_(nftrace_rules_freep) struct nftrace_rules *rules = alloc_zeroed(1, sizeof(*rules));
	int r = nfnl_socket_open(&rules->socket, reterr);

	if (!r)
		*ret = TAKE_PTR(rules);
	return r;
}

struct nftrace_rules *nftrace_rules_free(struct nftrace_rules *rules)
{
	size_t i, j;

	if (!rules)
		return NULL;
	for (i = 0; i < rules->n_chains; i++) {
		for (j = 0; j < rules->chains[i].n_rules; j++)
			free(rules->chains[i].rules[j].text);
		free(rules->chains[i].rules);
	}
	free(rules->chains);
	nfnl_socket_close(&rules->socket);
	free(rules);
	return NULL;
}

static enum nftrace_rules_kind nftrace_rules_kind(const struct nftnl_expr *expr)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	const char *target =
		strcmp(name, "target") == 0 ? nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME) : NULL;

	if (strcmp(name, "reject") == 0 || (target && strcmp(target, "REJECT") == 0))
		return NFTRACE_RULES_KIND_REJECT;
	if (strcmp(name, "redir") == 0 ||
	    (strcmp(name, "nat") == 0 && nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT) ||
	    (target && (strcmp(target, "DNAT") == 0 || strcmp(target, "REDIRECT") == 0)))
		return NFTRACE_RULES_KIND_DNAT;
	return NFTRACE_RULES_KIND_OTHER;
}

static void nftrace_rules_add(struct nftrace_rules_chain *chain, const struct nftnl_rule *rule)
{
	struct nftrace_rules_rule *to = ALLOC_APPEND(chain->rules, chain->n_rules);
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	const struct nftnl_expr *expr;
	struct buf text = BUF_INIT;

	*to = (struct nftrace_rules_rule){ .handle = nftnl_rule_get_u64(rule, NFTNL_RULE_HANDLE) };
	while (iter && (expr = nftnl_expr_iter_next(iter)))
		if (to->kind == NFTRACE_RULES_KIND_OTHER)
			to->kind = nftrace_rules_kind(expr);
	if (iter)
		nftnl_expr_iter_destroy(iter);
	rule_text_print(rule, &text);
	to->text = alloc_string(buf_text(&text));
	buf_done(&text);
}

static int nftrace_rules_on_rule(void *ctx, const struct nlmsghdr *nlh)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		alloc_failed();
	if (nftnl_rule_nlmsg_parse(nlh, rule) >= 0)
		nftrace_rules_add(ctx, rule);
	nftnl_rule_free(rule);
	return 0;
}

static struct nftrace_rules_chain *nftrace_rules_chain(struct nftrace_rules *rules,
						       const struct nftrace_event *event)
{
	struct nftrace_rules_chain *chain;
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < rules->n_chains; i++) {
		chain = &rules->chains[i];
		if (chain->family == event->family && strcmp(chain->table, event->table) == 0 &&
		    strcmp(chain->name, event->chain) == 0)
			return chain;
	}
	chain = ALLOC_APPEND(rules->chains, rules->n_chains);
	*chain = (struct nftrace_rules_chain){ .family = event->family };
	(void)snprintf(chain->table, sizeof(chain->table), "%s", event->table);
	(void)snprintf(chain->name, sizeof(chain->name), "%s", event->chain);
	nlh = nfnl_socket_message(&rules->socket, &message, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
				  NLM_F_DUMP, (uint8_t)event->family);
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, event->table);
	mnl_attr_put_strz(nlh, NFTA_RULE_CHAIN, event->chain);
	nfnl_socket_message_end(&message, nlh);
	/* Without an answer, its rules are unknown. */
	(void)nfnl_socket_request(&rules->socket, &message, nftrace_rules_on_rule, chain);
	buf_done(&message);
	return chain;
}

const char *nftrace_rules_text(struct nftrace_rules *rules, const struct nftrace_event *event,
			       enum nftrace_rules_kind *ret_kind)
{
	const struct nftrace_rules_chain *chain = nftrace_rules_chain(rules, event);
	size_t i;

	for (i = 0; i < chain->n_rules; i++) {
		if (chain->rules[i].handle != event->handle)
			continue;
		*ret_kind = chain->rules[i].kind;
		return chain->rules[i].text;
	}
	*ret_kind = NFTRACE_RULES_KIND_UNKNOWN;
	return "";
}
