/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_tables.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_request.h"

#define NFNL_TABLES_TRIES_MAX 20

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
	memset(nfnl->tables.replaces, 0, sizeof(nfnl->tables.replaces));
}

void nfnl_tables_use(struct nfnl *nfnl, bool second)
{
	nfnl->table_name = nfnl->monitor.table_name = nfnl->tables.name = nfnl->names[second];
	nfnl_tables_keep(nfnl);
	nfnl->exclusive = false;
	nfnl_forget(nfnl);
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

int nfnl_tables_delete(struct nfnl *nfnl, bool second, struct err *reterr)
{
	bool in_use = nfnl_tables_is_second(nfnl), removed;
	int r;

	nfnl_tables_use(nfnl, second);
	r = nfnl_tables_remove_one(nfnl, &removed, reterr);
	nfnl_tables_use(nfnl, in_use);
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
