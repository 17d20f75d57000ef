/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_tables.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_request.h"

#define NFNL_TABLES_TRIES_MAX 20
#define NFNL_TABLES_LISTS_MAX 3 /* of chains, one after the other */

int nfnl_tables_adopt(struct nfnl *nfnl, bool *ret_adopted, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	bool all = true;
	int family, r;

	*ret_adopted = false;
	/* Without declarations no element is read. */
	r = nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, reterr);
	if (r < 0)
		return r;
	for (family = 0; family < _FAMILY_MAX; family++)
		all = all && (snapshot.table[family] == SNAPSHOT_TABLE_ABSENT || nfnl->tables.adopt[family]);
	snapshot_done(&snapshot);
	if (!nfnl_commit_adopts(nfnl))
		return 0;
	change_init(&changes, &skeleton);
	r = nfnl_commit(nfnl, &changes, &report, reterr);
	change_done(&changes);
	nfnl_forget(nfnl);
	*ret_adopted = !r && all;
	return r;
}

void nfnl_tables_keep(struct nfnl *nfnl)
{
	nfnl_batch_replace_nothing(&nfnl->tables);
}

void nfnl_tables_use(struct nfnl *nfnl, bool second)
{
	nfnl->table_name = nfnl->monitor.table_name = nfnl->tables.name = nfnl->names[second];
	nfnl_tables_keep(nfnl);
	nfnl->exclusive = false;
	nfnl_forget(nfnl);
}

void nfnl_tables_ask_other(struct nfnl *nfnl, bool other)
{
	bool second = nfnl->tables.name == nfnl->names[1];

	nfnl->table_name = nfnl->names[second != other];
}

bool nfnl_tables_is_second(const struct nfnl *nfnl)
{
	return nfnl->table_name == nfnl->names[1];
}

static int nfnl_tables_reply(void *ctx, const struct nlmsghdr *nlh)
{
	(void)ctx;
	(void)nlh;
	return 0;
}

/* Return: 1: it exists; 0: it does not, or the kernel has no such family; negative errno. */
static int nfnl_tables_ask(struct nfnl *nfnl, enum family family, bool second, struct err *reterr)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_socket_message(&nfnl->socket, &message,
						   (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE),
						   NLM_F_ACK, nfnl_socket_nfproto(family));
	int r;

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, nfnl->names[second]);
	r = nfnl_request(nfnl, &message, nlh, nfnl_tables_reply, NULL);
	if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	return r < 0 ? err_set(reterr, r, "cannot ask for table %s: %s", nfnl->names[second], strerror(-r))
		     : 1;
}

bool nfnl_tables_exist(struct nfnl *nfnl, struct err *reterr)
{
	int family, second, r = 0;

	for (second = 0; second <= 1; second++)
		for (family = 0; !r && family < _FAMILY_MAX; family++)
			r = nfnl_tables_ask(nfnl, (enum family)family, second, reterr);
	return r != 0;
}

static int nfnl_tables_has_chain(struct nfnl *nfnl, enum family family, bool second, const char *name)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_socket_message(&nfnl->socket, &message,
						   (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN),
						   NLM_F_ACK, nfnl_socket_nfproto(family));

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, nfnl->names[second]);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	return nfnl_request(nfnl, &message, nlh, nfnl_tables_reply, NULL) == 0;
}

int nfnl_tables_find(struct nfnl *nfnl, bool second, const char *base_chain, enum nfnl_tables_found *ret,
		     struct err *reterr)
{
	int family, r;

	*ret = NFNL_TABLES_FOUND_NONE;
	for (family = 0; family < _FAMILY_MAX; family++) {
		r = nfnl_tables_ask(nfnl, (enum family)family, second, reterr);
		if (r < 0)
			return r;
		if (r && nfnl_tables_has_chain(nfnl, (enum family)family, second, base_chain))
			*ret = NFNL_TABLES_FOUND_HOOKED;
		else if (r && *ret == NFNL_TABLES_FOUND_NONE)
			*ret = NFNL_TABLES_FOUND_UNHOOKED;
	}
	return 0;
}

int nfnl_tables_use_hooked(struct nfnl *nfnl, const char *base_chain, struct err *reterr)
{
	enum nfnl_tables_found usual = NFNL_TABLES_FOUND_NONE, second;
	int r = nfnl_tables_find(nfnl, true, base_chain, &second, reterr);

	if (!r && second == NFNL_TABLES_FOUND_HOOKED)
		r = nfnl_tables_find(nfnl, false, base_chain, &usual, reterr);
	if (!r && second == NFNL_TABLES_FOUND_HOOKED && usual != NFNL_TABLES_FOUND_HOOKED)
		nfnl_tables_use(nfnl, true);
	return r;
}

bool nfnl_tables_belong_to_other(const struct nfnl *nfnl)
{
	return nfnl->other_port != 0;
}

int nfnl_tables_replace(struct nfnl *nfnl, struct err *reterr)
{
	bool second = !nfnl_tables_is_second(nfnl);
	int family, r = 0;

	nfnl->tables.replaced = nfnl->names[second];
	for (family = 0; r >= 0 && family < _FAMILY_MAX; family++) {
		r = nfnl_tables_ask(nfnl, (enum family)family, second, reterr);
		nfnl->tables.replaces[family] = r > 0;
	}
	return r < 0 ? r : 0;
}

/* A list of the chains of all tables of a family. */
struct nfnl_tables_chains {
	struct nfnl_batch_tables *tables;
	uint8_t family;
	bool is_strange;
};

static int nfnl_tables_chain(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const char *name = nfnl_socket_string(nlh, NFTA_CHAIN_NAME);
	struct nfnl_tables_chains *chains = ctx;
	struct nfnl_batch_tables *tables = chains->tables;
	const struct nlattr *attr;
	bool is_base = false;

	mnl_attr_for_each(attr, nlh, sizeof(*nfg)) is_base |= mnl_attr_get_type(attr) == NFTA_CHAIN_HOOK;
	if (!is_base || nfg->nfgen_family != nfnl_socket_nfproto(chains->family) ||
	    strcmp(nfnl_socket_string(nlh, NFTA_CHAIN_TABLE), tables->replaced) != 0)
		return 0;
	if (tables->n_base_chains == NFNL_BATCH_BASE_CHAINS_MAX || strlen(name) > RULE_NAME_MAX) {
		chains->is_strange = true;
		return 0;
	}
	tables->base_chains[tables->n_base_chains].table = chains->family;
	(void)snprintf(tables->base_chains[tables->n_base_chains++].name, sizeof(tables->base_chains->name),
		       "%s", name);
	return 0;
}

/*
 * Any commit to any table can make the list incomplete, and then it is asked for again. Where others commit all the time, this does not
 * help.
 *
 * Return: 1; 0: not all can be noted; negative errno.
 */
static int nfnl_tables_list_base_chains(struct nfnl *nfnl, uint8_t family)
{
	struct nfnl_tables_chains chains = { .tables = &nfnl->tables, .family = family };
	size_t n = nfnl->tables.n_base_chains;
	int tries, r;

	for (tries = 0; tries < NFNL_TABLES_LISTS_MAX; tries++) {
		struct buf message = BUF_INIT;
		struct nlmsghdr *nlh = nfnl_socket_message(
			&nfnl->socket, &message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN),
			NLM_F_DUMP, nfnl_socket_nfproto(family));

		nfnl->tables.n_base_chains = n;
		r = nfnl_request(nfnl, &message, nlh, nfnl_tables_chain, &chains);
		if (r < 0)
			return r;
		if (chains.is_strange || !nfnl->socket.interrupted)
			return !chains.is_strange;
	}
	return 0;
}

int nfnl_tables_unhook(struct nfnl *nfnl, struct err *reterr)
{
	int family, r = nfnl_tables_replace(nfnl, reterr);

	if (r < 0)
		return r;
	nfnl->tables.n_base_chains = 0;
	r = 1;
	for (family = 0; r > 0 && family < _FAMILY_MAX; family++)
		if (nfnl->tables.replaces[family])
			r = nfnl_tables_list_base_chains(nfnl, (uint8_t)family);
	nfnl->tables.unhooks = r > 0;
	return r < 0 ? err_set(reterr, r, "cannot list the chains of table %s: %s", nfnl->tables.replaced,
			       strerror(-r))
		     : 0;
}

/* Those in use. */
static int nfnl_tables_remove_one(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	int family, r, tries;

	*ret_removed = false;
	for (tries = 0; tries < NFNL_TABLES_TRIES_MAX; tries++) {
		/* Without declarations a table is either absent or foreign, and no element is read. */
		r = nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, reterr);
		if (r < 0)
			return r;
		change_init(&changes, &skeleton);
		for (family = 0; family < _FAMILY_MAX; family++)
			if (snapshot.table[family] != SNAPSHOT_TABLE_ABSENT)
				change_add_table(&changes, CHANGE_OP_TABLE_DEL, family);
		*ret_removed = changes.n > 0;
		snapshot_done(&snapshot);
		r = nfnl_commit(nfnl, &changes, &report, reterr);
		change_done(&changes);
		if (r != -ESTALE)
			return r;
	}
	return r;
}

int nfnl_tables_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
{
	bool removed[2] = { false, false };
	int r = 0, second;

	for (second = 1; !r && second >= 0; second--) {
		nfnl_tables_use(nfnl, second);
		r = nfnl_tables_remove_one(nfnl, &removed[second], reterr);
	}
	*ret_removed = removed[0] || removed[1];
	return r;
}
