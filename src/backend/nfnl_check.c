/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Checking
 *
 * Our own transactions move the generation, too: each by one, which nfnl_commit_advance() counts. So any other generation means
 * that another process has committed something since.
 *
 * The generation is asked for before the tables are looked at. What another process commits during a reading or a check
 * is looked at by the next check.
 */
#include "config.h"
#include "backend/nfnl_check.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_internal.h"
#include "backend/nfnl_request.h"
#include "backend/nfnl_set.h"
#include "ruleset/change.h"

void nfnl_check_enable(struct nfnl *nfnl)
{
	nfnl->check.enabled = true;
}

static int nfnl_check_table_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_check_table *table = ctx;
	const struct nlattr *attr;

	table->exists = true;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_TABLE_HANDLE:
			if (mnl_attr_get_payload_len(attr) >= sizeof(uint64_t))
				table->handle = be64toh(mnl_attr_get_u64(attr));
			break;
		case NFTA_TABLE_FLAGS:
			table->flags = nfnl_socket_u32(attr);
			break;
		case NFTA_TABLE_USE:
			table->use = nfnl_socket_u32(attr);
			break;
		}
	}
	return 0;
}

static int nfnl_check_ask_tables(struct nfnl *nfnl, struct nfnl_check_table ret[_FAMILY_MAX])
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	int family, r = 0;

	for (family = 0; !r && family < _FAMILY_MAX; family++) {
		ret[family] = (struct nfnl_check_table){ .exists = false };
		nlh = nfnl_request_start(nfnl, family, NFT_MSG_GETTABLE, NLM_F_ACK, &message);
		r = nfnl_request(nfnl, &message, nlh, nfnl_check_table_reply, &ret[family]);
		/* No such table, or no IPv6 in this kernel. */
		if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
			r = 0;
	}
	return r;
}

static bool nfnl_check_same_table(const struct nfnl_check_table *a, const struct nfnl_check_table *b)
{
	return a->exists == b->exists && a->handle == b->handle && a->flags == b->flags;
}

void nfnl_check_read(struct nfnl *nfnl)
{
	struct nfnl_check *check = &nfnl->check;

	/* Without an answer the reading fails, too. */
	if (nfnl_socket_generation(&nfnl->socket, &check->generation, NULL) < 0 ||
	    nfnl_check_ask_tables(nfnl, check->tables) < 0)
		memset(check->tables, 0, sizeof(check->tables));
}

static bool nfnl_check_makes_table(const struct changes *changes, enum family family)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		if (changes->list[i].table == family && (changes->list[i].op == CHANGE_OP_TABLE_ADD ||
							 changes->list[i].op == CHANGE_OP_TABLE_DEL))
			return true;
	return false;
}

void nfnl_check_commit(struct nfnl *nfnl, const struct changes *changes)
{
	struct nfnl_check_table now[_FAMILY_MAX];
	int family, r = nfnl_check_ask_tables(nfnl, now);

	for (family = 0; !r && family < _FAMILY_MAX; family++)
		if (!nfnl_check_same_table(&now[family], &nfnl->check.tables[family]) &&
		    !nfnl_check_makes_table(changes, family))
			r = -ESTALE;
	if (r < 0)
		knowledge_lose(&nfnl->knowledge, "");
	else
		memcpy(nfnl->check.tables, now, sizeof(now));
}

static int nfnl_check_set_reply(void *ctx, const struct nlmsghdr *nlh)
{
	*(size_t *)ctx = nfnl_set_count(nlh);
	return 0;
}

/* Whether each of our sets has as many elements as @n_in_sets says; also true if the kernel reports no numbers. */
static bool nfnl_check_elements(struct nfnl *nfnl, const size_t *const n_in_sets[_FAMILY_MAX])
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	int family;
	size_t i, n;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!nfnl->check.tables[family].exists)
			continue;
		for (i = 0; i < nfnl->monitor.n_sets; i++) {
			nlh = nfnl_request_start(nfnl, family, NFT_MSG_GETSET, NLM_F_ACK, &message);
			mnl_attr_put_strz(nlh, NFTA_SET_NAME, nfnl->monitor.sets[i].name);
			n = SIZE_MAX;
			if (nfnl_request(nfnl, &message, nlh, nfnl_check_set_reply, &n) < 0)
				return false;
			if (n == SIZE_MAX)
				return true;
			if (n != n_in_sets[family][i])
				return false;
		}
	}
	return true;
}

static bool nfnl_check_tables(struct nfnl *nfnl)
{
	const struct nfnl_check_table *known = nfnl->check.tables;
	struct nfnl_check_table now[_FAMILY_MAX];
	int family;

	if (nfnl_check_ask_tables(nfnl, now) < 0)
		return false;
	for (family = 0; family < _FAMILY_MAX; family++)
		if (!nfnl_check_same_table(&now[family], &known[family]) ||
		    now[family].use != known[family].use)
			return false;
	return true;
}

void nfnl_check(struct nfnl *nfnl, const size_t *const n_in_sets[_FAMILY_MAX])
{
	uint32_t generation;

	if (!nfnl->check.enabled || nfnl->knowledge.state != KNOWLEDGE_CURRENT || nfnl->knowledge.suspect)
		return;
	if (nfnl_socket_generation(&nfnl->socket, &generation, NULL) < 0) {
		knowledge_lose(&nfnl->knowledge, "");
		return;
	}
	if (generation == nfnl->check.generation)
		return;
	nfnl->check.generation = generation;
	if (!nfnl_check_tables(nfnl) || !nfnl_check_elements(nfnl, n_in_sets))
		knowledge_lose(&nfnl->knowledge, "");
}
