/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Reading our tables back
 *
 * Sets, chains, rules and elements are dumped one after another. The dumps of sets and chains also contain other tables,
 * because kernels before 6.x cannot filter them; those are skipped. Rules and elements of other tables are not asked for.
 *
 * Commits to other tables do not disturb a reading, however many there are. The kernel marks a dump as interrupted by
 * any commit; that matters for the list of chains alone (backend/nfnl_socket.h), which is asked for again. Commits to our
 * tables are announced, because notifications are subscribed before the reading begins; then nfnl_commit() refuses,
 * and the announced objects are read again. Where the kernel lets only us change our tables, there are no such commits.
 *
 * If the notifications name all foreign changes of a table, only the named objects are asked for: single elements by
 * their keys, chains with their rules by name. An object that does not exist is not in the snapshot, which
 * knows that it was asked for.
 */
#include "config.h"
#include "backend/nfnl_read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_chain.h"
#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_request.h"
#include "backend/nfnl_set.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#define NFNL_READ_TRIES		  20
#define NFNL_READ_CHAINS_TOGETHER 1000 /* of one table: their rules are read with one dump */

/* One reading. */
struct nfnl_read {
	struct nfnl *nfnl;
	const struct set_decl *sets;
	size_t n_sets;
	enum nfnl_read_what what;
	struct snapshot *snapshot;
	enum family family; /* being read */
	size_t n_matching_sets;
	bool foreign;
	size_t n_parts;		     /* of client maps, so far */
	size_t next_chain;	     /* position where the next rule's chain is expected */
	bool exclusive[_FAMILY_MAX]; /* only we can change the table, or it does not exist */
	uint8_t set;		     /* whose elements are being read */
	size_t n_listed_sets;	     /* of the table, so far */
};

static int nfnl_read_ask(struct nfnl_read *read, uint16_t type, uint16_t flags, nfnl_socket_reply *reply)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_request_start(read->nfnl, read->family, type, flags, &message);

	return nfnl_request(read->nfnl, &message, nlh, reply, read);
}

static bool nfnl_read_is_ours(const struct nfnl_read *read, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	return nfg->nfgen_family == nfnl_socket_nfproto(read->family) &&
	       strcmp(nfnl_socket_string(nlh, NFTA_TABLE_NAME), read->nfnl->table_name) == 0;
}

/* Whether our table may have these flags. Notes the owner, and whether we must adopt the table. */
static bool nfnl_read_flags_fit(struct nfnl_read *read, uint32_t flags, uint32_t port)
{
	struct nfnl *nfnl = read->nfnl;

	/* The owner says who may change the table, not whether its content is ours. */
	read->exclusive[read->family] = nfnl->own && flags == nfnl->tables.flags && port == nfnl->socket.port;
	if (flags & NFNL_BATCH_TABLE_F_OWNER && port != nfnl->socket.port)
		nfnl->other_port = port;
	else if (flags == NFNL_BATCH_TABLE_F_PERSIST)
		nfnl->tables.adopt[read->family] = nfnl->own;
	else if (nfnl->own && flags != nfnl->tables.flags)
		return false;
	return !(flags & ~(NFNL_BATCH_TABLE_F_OWNER | NFNL_BATCH_TABLE_F_PERSIST));
}

static int nfnl_read_table(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;
	uint32_t flags = 0, port = 0;
	const struct nlattr *attr;

	if (!nfnl_read_is_ours(read, nlh))
		return 0;
	read->snapshot->table[read->family] = SNAPSHOT_TABLE_OURS;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_FLAGS)
			flags = nfnl_socket_u32(attr);
		else if (mnl_attr_get_type(attr) == NFTA_TABLE_OWNER)
			port = nfnl_socket_u32(attr);
		else if (mnl_attr_get_type(attr) == NFTA_TABLE_USE)
			read->snapshot->n_chains_in[read->family] = nfnl_socket_u32(attr);
	}
	/* For instance a dormant table: it exists, but has no effect. */
	if (!nfnl_read_flags_fit(read, flags, port))
		read->foreign = true;
	return 0;
}

/* Add a set that is a part of a client map, without its entries (nfnl_clients.c). False if it is none. */
static bool nfnl_read_client_map(struct nfnl_read *read, const struct nlmsghdr *nlh, const char *name)
{
	struct client_map map = { .table = (uint8_t)read->family };
	size_t part, i;

	if (!client_map_parse_part_name(read->family, name, map.name, &part) ||
	    !nfnl_set_matches_client_map(nlh, read->family, part))
		return false;
	read->n_parts++;
	if (!part) {
		snapshot_add_client_map(read->snapshot, &map);
		return true;
	}
	/* The parts of one map are created, and so listed, one after the other. */
	for (i = read->snapshot->n_client_maps; i-- > 0;)
		if (read->snapshot->client_maps[i].map.table == map.table &&
		    strcmp(read->snapshot->client_maps[i].map.name, map.name) == 0)
			return true;
	return false;
}

static bool nfnl_read_has_all_parts(const struct nfnl_read *read)
{
	size_t i, n = 0;

	for (i = 0; i < read->snapshot->n_client_maps; i++)
		if (read->snapshot->client_maps[i].map.table == read->family)
			n += client_map_n_parts(read->family);
	return n == read->n_parts;
}

static int nfnl_read_set(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;
	const char *name;
	size_t i;

	if (!nfnl_read_is_ours(read, nlh))
		return 0;
	read->n_listed_sets++;
	name = nfnl_socket_string(nlh, NFTA_SET_NAME);
	for (i = 0; i < read->n_sets; i++)
		if (strcmp(read->sets[i].name, name) == 0)
			break;
	if (i == read->n_sets && nfnl_read_client_map(read, nlh, name))
		return 0;
	if (i < read->n_sets && nfnl_set_matches(nlh, &read->sets[i], read->family)) {
		read->n_matching_sets++;
		read->snapshot->n_in_set[read->family][i] = nfnl_set_count(nlh);
	} else {
		read->foreign = true;
	}
	return 0;
}

static int nfnl_read_chain(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;

	if (nfnl_read_is_ours(read, nlh) && !nfnl_chain_add(read->snapshot, read->family, nlh))
		read->foreign = true;
	return 0;
}

static int nfnl_read_rule(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;

	if (nfnl_read_is_ours(read, nlh) &&
	    !nfnl_chain_add_rule(read->snapshot, read->family, nlh, &read->next_chain))
		read->foreign = true;
	return 0;
}

static int nfnl_read_elements(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;

	(void)nfnl_element_parse_list(nlh, &read->sets[read->set], read->family, read->set, read->snapshot,
				      &read->foreign);
	return 0;
}

static int nfnl_read_set_elements(struct nfnl_read *read, size_t set)
{
	read->set = (uint8_t)set;
	return nfnl_request_content(read->nfnl, read->family, NFT_MSG_GETSETELEM, read->sets[set].name,
				    nfnl_read_elements, read);
}

static int nfnl_read_chains(struct nfnl_read *read)
{
	size_t n = read->snapshot->n_chains;
	int tries, r;

	for (tries = 0; tries < NFNL_READ_TRIES; tries++) {
		r = nfnl_read_ask(read, NFT_MSG_GETCHAIN, NLM_F_DUMP, nfnl_read_chain);
		if (r < 0 || !read->nfnl->socket.interrupted)
			return r;
		snapshot_drop_chains(read->snapshot, n);
	}
	return -EINTR;
}

/*
 * For each message of a dump, the kernel walks all rules of the table from the first one. So the rules of a table with many chains are
 * asked for chain by chain.
 */
static int nfnl_read_rules(struct nfnl_read *read, size_t first_chain)
{
	const struct snapshot *snapshot = read->snapshot;
	size_t i;
	int r = 0;

	if (snapshot->n_chains - first_chain <= NFNL_READ_CHAINS_TOGETHER)
		return nfnl_read_ask(read, NFT_MSG_GETRULE, NLM_F_DUMP, nfnl_read_rule);
	for (i = first_chain; !r && i < snapshot->n_chains; i++)
		r = nfnl_request_content(read->nfnl, read->family, NFT_MSG_GETRULE, snapshot->chains[i].name,
					 nfnl_read_rule, read);
	return r;
}

/* Chains with their rules, and elements. */
static bool nfnl_read_wants_content(enum nfnl_read_what what)
{
	return what == NFNL_READ_UNKNOWN || what == NFNL_READ_ALL;
}

static int nfnl_read_family(struct nfnl_read *read)
{
	const struct nfnl *nfnl = read->nfnl;
	size_t first_chain, i;
	int r;

	read->n_matching_sets = read->n_parts = read->n_listed_sets = 0;
	read->exclusive[read->family] = nfnl->own;
	r = nfnl_read_ask(read, NFT_MSG_GETTABLE, NLM_F_ACK, nfnl_read_table);
	/* No such table, or no IPv6 in this kernel. */
	if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return r;
	r = nfnl_read_ask(read, NFT_MSG_GETSET, NLM_F_DUMP, nfnl_read_set);
	if (r < 0)
		return r;
	if (read->n_matching_sets != read->n_sets || !read->n_sets || !nfnl_read_has_all_parts(read))
		read->foreign = true;
	if (read->foreign)
		return 0;
	read->snapshot->n_chains_in[read->family] -= read->n_listed_sets;
	if (!nfnl_read_wants_content(read->what))
		return 0;
	first_chain = read->snapshot->n_chains;
	r = nfnl_read_chains(read);
	if (!r)
		r = nfnl_read_rules(read, first_chain);
	for (i = 0; !r && i < read->n_sets; i++)
		r = nfnl_read_set_elements(read, i);
	return r;
}

static int nfnl_read_invalidated_elements(struct nfnl_read *read, const struct invalidated *invalidated)
{
	struct element *elements = alloc_bytes(invalidated->n_elements * sizeof(*elements));
	size_t i, n = 0;
	int r;

	for (i = 0; i < invalidated->n_elements; i++) {
		const struct element *e = &invalidated->elements[i];

		if (e->table == read->family && !(invalidated->sets[e->table] >> e->set & 1))
			elements[n++] = *e;
	}
	r = nfnl_lookup(read->nfnl, read->sets, elements, n, read->snapshot, &read->foreign, NULL);
	free(elements);
	return r;
}

static int nfnl_read_invalidated(struct nfnl_read *read)
{
	const struct invalidated *invalidated = &read->nfnl->knowledge.uncommitted;
	size_t i;
	int r = 0;

	for (i = 0; !r && i < read->n_sets; i++)
		if (invalidated->sets[read->family] >> i & 1)
			r = nfnl_read_set_elements(read, i);
	if (!r)
		r = nfnl_read_invalidated_elements(read, invalidated);
	for (i = 0; r >= 0 && i < invalidated->n_chains; i++)
		if (invalidated->chains[i].table == read->family)
			r = nfnl_chain_read(read->nfnl, read->family, invalidated->chains[i].name,
					    read->snapshot, NULL);
	if (r == -EBADMSG)
		read->foreign = true;
	return r < 0 && r != -EBADMSG ? r : 0;
}

/* Forget the last reading, and learn from @read->nfnl->knowledge which objects to read. */
static void nfnl_read_begin(struct nfnl_read *read)
{
	struct nfnl *nfnl = read->nfnl;

	if (nfnl->check.enabled) {
		nfnl_check_read(nfnl);
	} else if (!nfnl->exclusive && !nfnl->monitor.subscribed) {
		/* Without a subscription until now no notification has told us of foreign changes. */
		(void)nfnl_monitor_subscribe(&nfnl->monitor);
		invalidated_add_all(&nfnl->knowledge.invalidated);
	}
	nfnl_monitor_drain(&nfnl->monitor);
	knowledge_read(&nfnl->knowledge);
	snapshot_set_partial(read->snapshot, &nfnl->knowledge.uncommitted);
	nfnl->other_port = 0;
	memset(nfnl->tables.adopt, 0, sizeof(nfnl->tables.adopt));
}

static int nfnl_read_once(struct nfnl_read *read)
{
	struct nfnl *nfnl = read->nfnl;
	int family, r = 0;

	if (read->what != NFNL_READ_COMPARE)
		nfnl_read_begin(read);
	for (family = 0; !r && family < _FAMILY_MAX; family++) {
		read->family = family;
		read->foreign = false;
		read->exclusive[family] = nfnl->exclusive;
		r = read->snapshot->partial[family] ? nfnl_read_invalidated(read) : nfnl_read_family(read);
		if (!r && read->foreign)
			snapshot_forget_table(read->snapshot, family, SNAPSHOT_TABLE_FOREIGN);
	}
	if (read->what == NFNL_READ_COMPARE)
		return r;
	if (!r)
		r = nfnl_socket_generation(&nfnl->socket, &nfnl->generation, NULL);
	/* Notifications up to that generation; if they name our tables, nfnl_commit() will not send anything. */
	nfnl_monitor_drain(&nfnl->monitor);
	nfnl->exclusive = read->exclusive[FAMILY_IPV4] && read->exclusive[FAMILY_IPV6];
	return r;
}

int nfnl_read(struct nfnl *nfnl, const struct set_decl *sets, size_t n_sets, enum nfnl_read_what what,
	      struct snapshot *ret, struct err *reterr)
{
	struct nfnl_read read = {
		.nfnl = nfnl, .sets = sets, .n_sets = n_sets, .what = what, .snapshot = ret
	};
	int tries, r;

	nfnl->monitor.sets = sets;
	nfnl->monitor.n_sets = n_sets;
	if (what == NFNL_READ_ALL || what == NFNL_READ_FRAME)
		invalidated_add_all(&nfnl->knowledge.invalidated);
	for (tries = 0; tries < NFNL_READ_TRIES; tries++) {
		snapshot_init(ret);
		nfnl_chain_set_fingerprint(nfnl, ret);
		r = nfnl_read_once(&read);
		if (!r) {
			snapshot_seal(ret);
			return 0;
		}
		snapshot_done(ret);
		/* A listed object was gone when its content was asked for. */
		if (r != -ENOENT)
			break;
	}
	if (what != NFNL_READ_COMPARE)
		knowledge_fail(&nfnl->knowledge);
	if (r == -EPERM)
		return err_set(reterr, r, "no permission to use nf_tables: CAP_NET_ADMIN is missing");
	if (r == -EINTR || r == -ENOENT)
		return err_set(reterr, -EINTR, "the ruleset was changed during each of %d readings",
			       NFNL_READ_TRIES);
	return err_set(reterr, r, "cannot read table %s back: %s", nfnl->table_name, strerror(-r));
}
