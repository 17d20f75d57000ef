/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/foreign_rules.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "backend/nfnl_socket.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "render/layout.h"

#define FOREIGN_RULES_TRIES_MAX 20

/* @rank: keeps the order of a chain's rules */
struct foreign_rules_rule {
	struct nftnl_rule *rule;
	size_t rank;
};

/* @read: its elements were asked for; @good: they are all there */
struct foreign_rules_set {
	struct nftnl_set *set;
	bool read;
	bool good;
};

/* A table whose base chains are switched off. */
struct foreign_rules_dormant {
	uint32_t family;
	char *table;
};

/**
 * struct foreign_rules
 * @has_socket:	more can be read
 * @sorted:	the rules of @rules, in its order, which the chains point into
 */
struct foreign_rules {
	struct nfnl_socket socket;
	bool has_socket;
	size_t n_dormant;
	struct foreign_rules_dormant *dormant;
	size_t n_chains;
	struct foreign_rules_chain *chains;
	size_t n_rules;
	struct foreign_rules_rule *rules;
	struct nftnl_rule **sorted;
	size_t n_sets;
	struct foreign_rules_set *sets;
};

const char *foreign_rules_family_name(uint32_t family)
{
	switch (family) {
	case NFPROTO_IPV4:
		return "ip";
	case NFPROTO_IPV6:
		return "ip6";
	case NFPROTO_INET:
		return "inet";
	case NFPROTO_ARP:
		return "arp";
	case NFPROTO_BRIDGE:
		return "bridge";
	case NFPROTO_NETDEV:
		return "netdev";
	}
	return "?";
}

struct foreign_rules *foreign_rules_new(void)
{
	return alloc_zeroed(1, sizeof(struct foreign_rules));
}

/* Only so many stay. */
static void foreign_rules_cut(struct foreign_rules *foreign, size_t n_dormant, size_t n_chains,
			      size_t n_rules, size_t n_sets)
{
	while (foreign->n_dormant > n_dormant)
		free(foreign->dormant[--foreign->n_dormant].table);
	while (foreign->n_chains > n_chains)
		nftnl_chain_free(foreign->chains[--foreign->n_chains].chain);
	while (foreign->n_rules > n_rules)
		nftnl_rule_free(foreign->rules[--foreign->n_rules].rule);
	while (foreign->n_sets > n_sets)
		nftnl_set_free(foreign->sets[--foreign->n_sets].set);
}

struct foreign_rules *foreign_rules_free(struct foreign_rules *foreign)
{
	if (!foreign)
		return NULL;
	foreign_rules_cut(foreign, 0, 0, 0, 0);
	free(foreign->dormant);
	free(foreign->chains);
	free(foreign->rules);
	free(foreign->sorted);
	free(foreign->sets);
	nfnl_socket_close(&foreign->socket);
	free(foreign);
	return NULL;
}

void foreign_rules_add_chain(struct foreign_rules *foreign, struct nftnl_chain *chain)
{
	*ALLOC_APPEND(foreign->chains, foreign->n_chains) = (struct foreign_rules_chain){
		.chain = chain,
		.family = nftnl_chain_get_u32(chain, NFTNL_CHAIN_FAMILY),
		.table = nftnl_chain_get_str(chain, NFTNL_CHAIN_TABLE),
		.name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME),
	};
}

void foreign_rules_add_rule(struct foreign_rules *foreign, struct nftnl_rule *rule)
{
	size_t rank = foreign->n_rules;

	*ALLOC_APPEND(foreign->rules, foreign->n_rules) =
		(struct foreign_rules_rule){ .rule = rule, .rank = rank };
}

void foreign_rules_add_set(struct foreign_rules *foreign, struct nftnl_set *set)
{
	*ALLOC_APPEND(foreign->sets, foreign->n_sets) =
		(struct foreign_rules_set){ .set = set, .read = true, .good = true };
}

/* --- order -----------------------------------------------------------------------------------------------
 */

static int foreign_rules_cmp_names(uint32_t family_a, const char *table_a, const char *a, uint32_t family_b,
				   const char *table_b, const char *b)
{
	int cmp = (family_a > family_b) - (family_a < family_b);

	if (!cmp)
		cmp = strcmp(table_a, table_b);
	return cmp ? cmp : strcmp(a, b);
}

static int foreign_rules_cmp_chains(const void *a, const void *b)
{
	const struct foreign_rules_chain *x = a, *y = b;

	return foreign_rules_cmp_names(x->family, x->table, x->name, y->family, y->table, y->name);
}

static int foreign_rules_cmp_rule_to(const struct nftnl_rule *rule, const struct foreign_rules_chain *chain)
{
	return foreign_rules_cmp_names(
		nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY), nftnl_rule_get_str(rule, NFTNL_RULE_TABLE),
		nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN), chain->family, chain->table, chain->name);
}

static int foreign_rules_cmp_rules(const void *a, const void *b)
{
	const struct foreign_rules_rule *x = a, *y = b;
	int cmp = foreign_rules_cmp_names(
		nftnl_rule_get_u32(x->rule, NFTNL_RULE_FAMILY), nftnl_rule_get_str(x->rule, NFTNL_RULE_TABLE),
		nftnl_rule_get_str(x->rule, NFTNL_RULE_CHAIN), nftnl_rule_get_u32(y->rule, NFTNL_RULE_FAMILY),
		nftnl_rule_get_str(y->rule, NFTNL_RULE_TABLE), nftnl_rule_get_str(y->rule, NFTNL_RULE_CHAIN));

	return cmp ? cmp : (x->rank > y->rank) - (x->rank < y->rank);
}

void foreign_rules_seal(struct foreign_rules *foreign)
{
	size_t i, at = 0;

	if (foreign->n_chains)
		qsort(foreign->chains, foreign->n_chains, sizeof(*foreign->chains), foreign_rules_cmp_chains);
	if (foreign->n_rules)
		qsort(foreign->rules, foreign->n_rules, sizeof(*foreign->rules), foreign_rules_cmp_rules);
	free(foreign->sorted);
	foreign->sorted = alloc_zeroed(foreign->n_rules + 1, sizeof(struct nftnl_rule *));
	for (i = 0; i < foreign->n_rules; i++)
		foreign->sorted[i] = foreign->rules[i].rule;
	for (i = 0; i < foreign->n_chains; i++) {
		struct foreign_rules_chain *chain = &foreign->chains[i];

		while (at < foreign->n_rules && foreign_rules_cmp_rule_to(foreign->sorted[at], chain) < 0)
			at++;
		chain->rules = foreign->sorted + at;
		while (at < foreign->n_rules && foreign_rules_cmp_rule_to(foreign->sorted[at], chain) == 0)
			at++;
		chain->n_rules = (size_t)(foreign->sorted + at - chain->rules);
	}
}

const struct foreign_rules_chain *foreign_rules_chains(const struct foreign_rules *foreign, size_t *ret_n)
{
	*ret_n = foreign->n_chains;
	return foreign->chains;
}

const struct foreign_rules_chain *foreign_rules_find_chain(const struct foreign_rules *foreign,
							   uint32_t family, const char *table,
							   const char *name)
{
	const struct foreign_rules_chain key = { .family = family, .table = table, .name = name };

	return foreign->n_chains ? bsearch(&key, foreign->chains, foreign->n_chains, sizeof(key),
					   foreign_rules_cmp_chains)
				 : NULL;
}

const struct nftnl_rule *foreign_rules_find_rule(const struct foreign_rules_chain *chain, uint64_t handle)
{
	size_t i;

	for (i = 0; i < chain->n_rules; i++)
		if (nftnl_rule_get_u64(chain->rules[i], NFTNL_RULE_HANDLE) == handle)
			return chain->rules[i];
	return NULL;
}

/* --- the kernel ------------------------------------------------------------------------------------------
 */

/* Attribute 1 of tables, chains, rules and sets is the table's name. */
static bool foreign_rules_is_foreign(const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *table = nfnl_socket_string(nlh, NFTA_CHAIN_TABLE);
	size_t len = strlen(LAYOUT_TABLE_NAME);

	if (nfg->nfgen_family != NFPROTO_IPV4 && nfg->nfgen_family != NFPROTO_IPV6 &&
	    nfg->nfgen_family != NFPROTO_INET)
		return false;
	/* Ours; and the second ones, the one of a probe and those of trace, whose names go on with "-". */
	return strncmp(table, LAYOUT_TABLE_NAME, len) != 0 || (table[len] && table[len] != '-');
}

static int foreign_rules_on_table(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct foreign_rules *foreign = ctx;
	const struct nlattr *attr;
	uint32_t flags = 0;

	mnl_attr_for_each(attr, nlh, sizeof(*nfg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS)
			flags = nfnl_socket_u32(attr);
	}
	if (foreign_rules_is_foreign(nlh) && (flags & NFT_TABLE_F_DORMANT))
		*ALLOC_APPEND(foreign->dormant, foreign->n_dormant) = (struct foreign_rules_dormant){
			.family = nfg->nfgen_family,
			.table = alloc_string(nfnl_socket_string(nlh, NFTA_TABLE_NAME))
		};
	return 0;
}

static bool foreign_rules_is_dormant(const struct foreign_rules *foreign, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	size_t i;

	for (i = 0; i < foreign->n_dormant; i++)
		if (foreign->dormant[i].family == nfg->nfgen_family &&
		    strcmp(foreign->dormant[i].table, nfnl_socket_string(nlh, NFTA_CHAIN_TABLE)) == 0)
			return true;
	return false;
}

static int foreign_rules_on_chain(void *ctx, const struct nlmsghdr *nlh)
{
	struct nftnl_chain *chain;

	if (!foreign_rules_is_foreign(nlh) || foreign_rules_is_dormant(ctx, nlh))
		return 0;
	chain = nftnl_chain_alloc();
	if (!chain)
		alloc_failed();
	if (nftnl_chain_nlmsg_parse(nlh, chain) < 0) {
		nftnl_chain_free(chain);
		return -EPROTO;
	}
	foreign_rules_add_chain(ctx, chain);
	return 0;
}

static int foreign_rules_on_rule(void *ctx, const struct nlmsghdr *nlh)
{
	struct foreign_rules *foreign = ctx;
	struct nftnl_rule *rule;

	if (!foreign_rules_is_foreign(nlh))
		return 0;
	if (foreign->n_rules == FOREIGN_RULES_MAX)
		return -E2BIG;
	rule = nftnl_rule_alloc();
	if (!rule)
		alloc_failed();
	if (nftnl_rule_nlmsg_parse(nlh, rule) < 0) {
		nftnl_rule_free(rule);
		return -EPROTO;
	}
	foreign_rules_add_rule(foreign, rule);
	return 0;
}

static int foreign_rules_on_set(void *ctx, const struct nlmsghdr *nlh)
{
	struct foreign_rules *foreign = ctx;
	struct nftnl_set *set;

	if (!foreign_rules_is_foreign(nlh))
		return 0;
	set = nftnl_set_alloc();
	if (!set)
		alloc_failed();
	if (nftnl_set_nlmsg_parse(nlh, set) < 0) {
		nftnl_set_free(set);
		return -EPROTO;
	}
	*ALLOC_APPEND(foreign->sets, foreign->n_sets) = (struct foreign_rules_set){ .set = set };
	return 0;
}

/* One list. @family, @table: of this table; NULL: of all */
struct foreign_rules_list {
	uint16_t type;
	nfnl_socket_reply *reply;
	uint32_t family;
	const char *table;
};

/* Return: 0; 1: another process has changed rules meanwhile; negative errno. */
static int foreign_rules_dump(struct foreign_rules *foreign, const struct foreign_rules_list *list)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_socket_message(&foreign->socket, &message,
						   (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | list->type),
						   NLM_F_DUMP, (uint8_t)list->family);
	int r;

	/* Attribute 1 of each of these requests. */
	if (list->table)
		mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, list->table);
	nfnl_socket_message_end(&message, nlh);
	r = nfnl_socket_request(&foreign->socket, &message, list->reply, foreign);
	buf_done(&message);
	return r ? r : foreign->socket.interrupted;
}

/* A commit to any table interrupts a list, and on a busy node they are frequent. */
static int foreign_rules_dump_whole(struct foreign_rules *foreign, const struct foreign_rules_list *list)
{
	size_t n_dormant = foreign->n_dormant, n_chains = foreign->n_chains, n_rules = foreign->n_rules,
	       n_sets = foreign->n_sets;
	int tries, r = 1;

	for (tries = 0; r > 0 && tries < FOREIGN_RULES_TRIES_MAX; tries++) {
		foreign_rules_cut(foreign, n_dormant, n_chains, n_rules, n_sets);
		r = foreign_rules_dump(foreign, list);
	}
	return r > 0 ? -EBUSY : r;
}

/* Table by table, as the kernel takes long for ours. */
static int foreign_rules_dump_tables(struct foreign_rules *foreign)
{
	const struct foreign_rules_chain *chain, *before = NULL;
	size_t i;
	int r = 0;

	if (foreign->n_chains)
		qsort(foreign->chains, foreign->n_chains, sizeof(*foreign->chains), foreign_rules_cmp_chains);
	for (i = 0; !r && i < foreign->n_chains; i++) {
		chain = &foreign->chains[i];
		if (before && before->family == chain->family && strcmp(before->table, chain->table) == 0)
			continue;
		before = chain;
		r = foreign_rules_dump_whole(
			foreign, &(struct foreign_rules_list){ NFT_MSG_GETRULE, foreign_rules_on_rule,
							       chain->family, chain->table });
		if (!r)
			r = foreign_rules_dump_whole(
				foreign, &(struct foreign_rules_list){ NFT_MSG_GETSET, foreign_rules_on_set,
								       chain->family, chain->table });
	}
	/* A table that went meanwhile has no rules. */
	return r == -ENOENT ? -EBUSY : r;
}

static int foreign_rules_fill(struct foreign_rules *foreign, struct err *reterr)
{
	const struct foreign_rules_list tables = { NFT_MSG_GETTABLE, foreign_rules_on_table, NFPROTO_UNSPEC,
						   NULL };
	const struct foreign_rules_list chains = { NFT_MSG_GETCHAIN, foreign_rules_on_chain, NFPROTO_UNSPEC,
						   NULL };
	int r = foreign_rules_dump_whole(foreign, &tables);

	if (!r)
		r = foreign_rules_dump_whole(foreign, &chains);
	if (!r)
		r = foreign_rules_dump_tables(foreign);
	if (r == -EBUSY)
		return err_set(reterr, r, "rules change while they are read; try again");
	if (r == -EPERM)
		return err_set(reterr, r, "reading them needs root (CAP_NET_ADMIN)");
	if (r == -E2BIG)
		return err_set(reterr, r, "there are more than %d rules", FOREIGN_RULES_MAX);
	return r < 0 ? err_set(reterr, r, "they cannot be read: %s", strerror(-r)) : 0;
}

int foreign_rules_read(struct foreign_rules **ret, struct err *reterr)
{
	_cleanup_(foreign_rules_freep) struct foreign_rules *foreign = foreign_rules_new();
	int r = nfnl_socket_open(&foreign->socket, reterr);

	foreign->has_socket = !r;
	if (!r)
		r = foreign_rules_fill(foreign, reterr);
	if (r < 0)
		return r;
	foreign_rules_seal(foreign);
	*ret = TAKE_PTR(foreign);
	return 0;
}

/* Elements of a set that is being read. */
struct foreign_rules_reading {
	struct nftnl_set *set;
	size_t n;
};

static int foreign_rules_count(struct nftnl_set_elem *element, void *ctx)
{
	(void)element;
	++*(size_t *)ctx;
	return 0;
}

static int foreign_rules_on_elements(void *ctx, const struct nlmsghdr *nlh)
{
	struct foreign_rules_reading *reading = ctx;

	/* It appends. */
	if (nftnl_set_elems_nlmsg_parse(nlh, reading->set) < 0)
		return -EPROTO;
	/* Some hundred elements a message: this is at most a hundred times. */
	reading->n = 0;
	(void)nftnl_set_elem_foreach(reading->set, foreign_rules_count, &reading->n);
	return reading->n > FOREIGN_RULES_ELEMENTS_MAX ? -E2BIG : 0;
}

static bool foreign_rules_read_elements(struct foreign_rules *foreign, struct nftnl_set *set)
{
	struct foreign_rules_reading reading = { .set = set };
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_socket_message(
		&foreign->socket, &message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM),
		NLM_F_DUMP, (uint8_t)nftnl_set_get_u32(set, NFTNL_SET_FAMILY));
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, nftnl_set_get_str(set, NFTNL_SET_TABLE));
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, nftnl_set_get_str(set, NFTNL_SET_NAME));
	nfnl_socket_message_end(&message, nlh);
	r = nfnl_socket_request(&foreign->socket, &message, foreign_rules_on_elements, &reading);
	buf_done(&message);
	return r == 0;
}

const struct nftnl_set *foreign_rules_find_set(struct foreign_rules *foreign, uint32_t family,
					       const char *table, const char *name)
{
	size_t i;

	for (i = 0; i < foreign->n_sets; i++) {
		struct foreign_rules_set *set = &foreign->sets[i];

		if (foreign_rules_cmp_names(nftnl_set_get_u32(set->set, NFTNL_SET_FAMILY),
					    nftnl_set_get_str(set->set, NFTNL_SET_TABLE),
					    nftnl_set_get_str(set->set, NFTNL_SET_NAME), family, table,
					    name) != 0)
			continue;
		if (!set->read)
			set->good = foreign->has_socket && foreign_rules_read_elements(foreign, set->set);
		set->read = true;
		return set->good ? set->set : NULL;
	}
	return NULL;
}
