/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Reading our tables back
 *
 * Sets, chains, rules and elements are dumped one after another; the generation is asked for before and
 * after, and every dump says if it was interrupted. Only what names our table is kept: other people's
 * chains stream past (the kernel has no filter for them before 6.x), their rules and elements are not asked
 * for.
 *
 * Of a table in which all that others did is known from the news, only that is asked for: single elements by their
 * keys, chains by name, each with what it holds. What is not there is not in the snapshot, which knows that it was
 * asked for.
 */
#include "config.h"
#include "backend/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_internal.h"
#include "backend/nfnl_rule.h"
#include "backend/nfnl_set.h"
#include "base/alloc.h"

#define NFNL_READ_TRIES 20

/* One reading. */
struct nfnl_read {
	struct nfnl *nfnl;
	const struct set_decl *sets;
	size_t n_sets;
	struct snapshot *snapshot;
	enum family family; /* being read */
	size_t n_matching_sets;
	bool foreign;
	size_t n_parts;	   /* of client maps */
	size_t next_chain; /* where the next rule's chain is expected */
	uint8_t set;	   /* whose elements are being read */
	struct buf fingerprint;
};

static uint8_t nfnl_read_nfproto(enum family family)
{
	return family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

/* A request about our table: for all of one kind, or for what is added to it. */
static struct nlmsghdr *nfnl_read_request(struct nfnl *nfnl, enum family table, uint16_t type, uint16_t flags,
					  struct buf *message)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(&nfnl->socket, message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    flags, nfnl_read_nfproto(table));

	/* The table is attribute 1 everywhere. */
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, nfnl->table_name);
	return nlh;
}

static int nfnl_read_send(struct nfnl *nfnl, struct buf *message, const struct nlmsghdr *nlh,
			  nfnl_socket_reply *reply, void *ctx)
{
	int r;

	nfnl_socket_message_end(message, nlh);
	r = nfnl_socket_request(&nfnl->socket, message, reply, ctx);
	buf_done(message);
	return r;
}

/* All elements of a set, all rules of a chain: both name it in attribute 2. */
static int nfnl_read_content(struct nfnl *nfnl, enum family table, uint16_t type, const char *name,
			     nfnl_socket_reply *reply, void *ctx)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_read_request(nfnl, table, type, NLM_F_DUMP, &message);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	return nfnl_read_send(nfnl, &message, nlh, reply, ctx);
}

static int nfnl_read_ask(struct nfnl_read *read, uint16_t type, uint16_t flags, nfnl_socket_reply *reply)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh = nfnl_read_request(read->nfnl, read->family, type, flags, &message);

	return nfnl_read_send(read->nfnl, &message, nlh, reply, read);
}

static bool nfnl_read_is_ours(const struct nfnl_read *read, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	return nfg->nfgen_family == nfnl_read_nfproto(read->family) &&
	       strcmp(nfnl_socket_string(nlh, NFTA_TABLE_NAME), read->nfnl->table_name) == 0;
}

/* Whether a table of ours may be like that; who owns it, and whether nobody does who should. */
static bool nfnl_read_flags_fit(struct nfnl_read *read, uint32_t flags, uint32_t port)
{
	struct nfnl *nfnl = read->nfnl;

	if (flags & NFNL_BATCH_TABLE_F_OWNER && port != nfnl->socket.port)
		nfnl->other_port = port;
	/* Whose it is only says who may change it. */
	else if (flags == NFNL_BATCH_TABLE_F_PERSIST)
		nfnl->tables.adopt[read->family] = nfnl->own;
	else if (nfnl->own && flags != nfnl->tables.flags)
		return false;
	return !(flags & ~(NFNL_BATCH_TABLE_F_OWNER | NFNL_BATCH_TABLE_F_PERSIST));
}

static uint32_t nfnl_read_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) >= 4 ? ntohl(mnl_attr_get_u32(attr)) : 0;
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
			flags = nfnl_read_u32(attr);
		else if (mnl_attr_get_type(attr) == NFTA_TABLE_OWNER)
			port = nfnl_read_u32(attr);
	}
	/* Such as a dormant one, which stands, but does nothing. */
	if (!nfnl_read_flags_fit(read, flags, port))
		read->foreign = true;
	return 0;
}

/* A set that may be (part of) a client map. What it has learnt is read when somebody asks. */
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
	/* The parts of one map are made, and so listed, one after the other. */
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
	name = nfnl_socket_string(nlh, NFTA_SET_NAME);
	for (i = 0; i < read->n_sets; i++)
		if (strcmp(read->sets[i].name, name) == 0)
			break;
	if (i == read->n_sets && nfnl_read_client_map(read, nlh, name))
		return 0;
	if (i < read->n_sets && nfnl_set_matches(nlh, &read->sets[i], read->family))
		read->n_matching_sets++;
	else
		read->foreign = true;
	return 0;
}

/* The first line of a fingerprint; see nfnl_fingerprint_chain(). */
static char *nfnl_read_chain_head(struct nftnl_chain *chain)
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
		buf_printf(&text, "%s hook %s priority %d policy %s", type ? type : "?",
			   hook < ARRAY_SIZE(hooks) ? rule_hook_name(hooks[hook]) : "?",
			   nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO),
			   nftnl_chain_get_u32(chain, NFTNL_CHAIN_POLICY) == NF_ACCEPT ? "accept" : "drop");
	}
	buf_printf(&text, "\n");
	return text.data;
}

static int nfnl_read_chain(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;
	struct nftnl_chain *chain;
	const char *name;

	if (!nfnl_read_is_ours(read, nlh))
		return 0;
	chain = nftnl_chain_alloc();
	if (!chain)
		alloc_failed();
	if (nftnl_chain_nlmsg_parse(nlh, chain) < 0) {
		read->foreign = true;
	} else {
		name = nftnl_chain_get_str(chain, NFTNL_CHAIN_NAME);
		if (strlen(name) > RULE_NAME_MAX)
			read->foreign = true;
		else
			snapshot_add_chain(read->snapshot, read->family, name, nfnl_read_chain_head(chain));
	}
	nftnl_chain_free(chain);
	return 0;
}

/* Rules are listed chain by chain, in the order in which the chains were. */
static struct snapshot_chain *nfnl_read_find_chain(struct nfnl_read *read, const char *name)
{
	size_t n = read->snapshot->n_chains, i;

	for (i = 0; i < n; i++) {
		size_t at = (read->next_chain + i) % n;
		struct snapshot_chain *chain = &read->snapshot->chains[at];

		if (chain->table != read->family || strcmp(chain->name, name) != 0)
			continue;
		read->next_chain = at;
		return chain;
	}
	return NULL;
}

static int nfnl_read_rule(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;
	struct snapshot_chain *chain;
	struct nftnl_rule *rule;
	size_t old, len;

	if (!nfnl_read_is_ours(read, nlh))
		return 0;
	rule = nftnl_rule_alloc();
	if (!rule)
		alloc_failed();
	chain = NULL;
	if (nftnl_rule_nlmsg_parse(nlh, rule) >= 0)
		chain = nfnl_read_find_chain(read, nftnl_rule_get_str(rule, NFTNL_RULE_CHAIN));
	if (chain) {
		buf_reset(&read->fingerprint);
		nfnl_rule_fingerprint(rule, &read->fingerprint);
		old = strlen(chain->fingerprint);
		len = read->fingerprint.size;
		chain->fingerprint = alloc_resized(chain->fingerprint, old + len + 1, 1);
		memcpy(chain->fingerprint + old, buf_text(&read->fingerprint), len + 1);
	} else {
		read->foreign = true;
	}
	nftnl_rule_free(rule);
	return 0;
}

static int nfnl_read_elements(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read *read = ctx;
	const struct nlattr *attr, *entry;
	struct element e;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			if (nfnl_set_parse_element(entry, &read->sets[read->set], read->family, read->set,
						   &e))
				snapshot_add_element(read->snapshot, &e);
			else
				read->foreign = true;
		}
	}
	return 0;
}

static int nfnl_read_set_elements(struct nfnl_read *read, size_t set)
{
	read->set = (uint8_t)set;
	return nfnl_read_content(read->nfnl, read->family, NFT_MSG_GETSETELEM, read->sets[set].name,
				 nfnl_read_elements, read);
}

static int nfnl_read_family(struct nfnl_read *read)
{
	size_t i;
	int r;

	read->n_matching_sets = read->n_parts = 0;
	r = nfnl_read_ask(read, NFT_MSG_GETTABLE, NLM_F_ACK, nfnl_read_table);
	/* No such table; or no IPv6 in this kernel. */
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
	r = nfnl_read_ask(read, NFT_MSG_GETCHAIN, NLM_F_DUMP, nfnl_read_chain);
	if (!r)
		r = nfnl_read_ask(read, NFT_MSG_GETRULE, NLM_F_DUMP, nfnl_read_rule);
	for (i = 0; !r && i < read->n_sets; i++)
		r = nfnl_read_set_elements(read, i);
	return r;
}

static int nfnl_read_touched_element(struct nfnl_read *read, const struct element *e)
{
	const struct set_decl *decl = &read->sets[e->set];
	struct buf message = BUF_INIT;
	struct nlattr *list;
	struct nlmsghdr *nlh =
		nfnl_read_request(read->nfnl, read->family, NFT_MSG_GETSETELEM, NLM_F_ACK, &message);
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, decl->name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	nfnl_set_put_element(nlh, decl, e, false);
	mnl_attr_nest_end(nlh, list);
	read->set = e->set;
	r = nfnl_read_send(read->nfnl, &message, nlh, nfnl_read_elements, read);
	/* The table stands, or the news would say otherwise. */
	return r == -ENOENT ? 0 : r;
}

static int nfnl_read_touched_chain(struct nfnl_read *read, const char *name)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh =
		nfnl_read_request(read->nfnl, read->family, NFT_MSG_GETCHAIN, NLM_F_ACK, &message);
	int r;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	r = nfnl_read_send(read->nfnl, &message, nlh, nfnl_read_chain, read);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return nfnl_read_content(read->nfnl, read->family, NFT_MSG_GETRULE, name, nfnl_read_rule, read);
}

static int nfnl_read_touched(struct nfnl_read *read)
{
	const struct invalidated *touched = &read->nfnl->asked;
	size_t i;
	int r = 0;

	for (i = 0; !r && i < read->n_sets; i++)
		if (touched->sets[read->family] >> i & 1)
			r = nfnl_read_set_elements(read, i);
	for (i = 0; !r && i < touched->n_elements; i++) {
		const struct element *e = &touched->elements[i];

		if (e->table == read->family && !(touched->sets[e->table] >> e->set & 1))
			r = nfnl_read_touched_element(read, e);
	}
	for (i = 0; !r && i < touched->n_chains; i++)
		if (touched->chains[i].table == read->family)
			r = nfnl_read_touched_chain(read, touched->chains[i].name);
	return r;
}

static void nfnl_read_fingerprint(void *ctx, const struct chain *chain, struct buf *text)
{
	struct nfnl *nfnl = ctx;

	nfnl_fingerprint_chain(nfnl, nfnl->sets, chain, text);
}

static int nfnl_read_once(struct nfnl_read *read)
{
	uint32_t before = 0, after = 0;
	int family, r;

	(void)nfnl_socket_drain(&read->nfnl->socket, NULL, NULL);
	read->nfnl->socket.disturbed = false;
	/* What others did since we stopped listening nobody has told us. */
	if (!read->nfnl->socket.joined)
		nfnl_monitor_take(read->nfnl, NULL);
	invalidated_move(&read->nfnl->asked, &read->nfnl->news);
	snapshot_narrow(read->snapshot, &read->nfnl->asked);
	read->nfnl->other_port = 0;
	memset(read->nfnl->tables.adopt, 0, sizeof(read->nfnl->tables.adopt));
	r = nfnl_socket_generation(&read->nfnl->socket, &before, NULL);
	for (family = 0; !r && family < _FAMILY_MAX; family++) {
		read->family = family;
		read->foreign = false;
		r = read->snapshot->narrow[family] ? nfnl_read_touched(read) : nfnl_read_family(read);
		if (!r && read->foreign)
			snapshot_forget_table(read->snapshot, family, SNAPSHOT_TABLE_FOREIGN);
	}
	if (!r)
		r = nfnl_socket_generation(&read->nfnl->socket, &after, NULL);
	if (r)
		return r;
	if (before != after)
		return -EINTR;
	read->nfnl->generation = after;
	return 0;
}

int nfnl_read(struct nfnl *nfnl, const struct set_decl *sets, size_t n_sets, bool whole, struct snapshot *ret,
	      struct err *reterr)
{
	struct nfnl_read read = { .nfnl = nfnl, .sets = sets, .n_sets = n_sets, .snapshot = ret };
	int tries, r;

	nfnl->sets = sets;
	nfnl->n_sets = n_sets;
	if (whole)
		nfnl_monitor_take(nfnl, NULL);
	for (tries = 0; tries < NFNL_READ_TRIES; tries++) {
		snapshot_init(ret);
		ret->fingerprint = nfnl_read_fingerprint;
		ret->ctx = nfnl;
		r = nfnl_read_once(&read);
		if (!r) {
			buf_done(&read.fingerprint);
			snapshot_seal(ret);
			return 0;
		}
		snapshot_done(ret);
		/* ENOENT: what a list named was gone when it was asked for. */
		if (r != -EINTR && r != -ENOENT)
			break;
	}
	buf_done(&read.fingerprint);
	nfnl->socket.disturbed = true;
	if (r == -EPERM)
		return err_set(reterr, r, "no permission to use nf_tables: CAP_NET_ADMIN is missing");
	if (r == -EINTR || r == -ENOENT)
		return err_set(reterr, -EINTR, "the ruleset was changed %d times while ours was being read",
			       tries);
	return err_set(reterr, r, "cannot read table %s back: %s", nfnl->table_name, strerror(-r));
}

/* One reading of what a client map has learnt. */
struct nfnl_read_clients {
	const struct client_map *map;
	size_t part;
	struct buf *clients; /* struct client */
};

static int nfnl_read_client_entries(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_read_clients *read = ctx;
	const struct nlattr *attr, *entry;
	struct client client;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			if (nfnl_set_parse_client(entry, read->map->table, read->part, &client))
				buf_add(read->clients, &client, sizeof(client));
		}
	}
	return 0;
}

static int nfnl_read_client_cmp(const void *a, const void *b)
{
	const struct client *x = a, *y = b;

	return addr_cmp(&x->client, &y->client);
}

/* Bring the parts of each client together. */
static size_t nfnl_read_join_clients(struct client *clients, size_t n)
{
	size_t kept = 0, i;

	if (n > 1)
		qsort(clients, n, sizeof(*clients), nfnl_read_client_cmp);
	for (i = 0; i < n; i++) {
		struct client *last = kept ? &clients[kept - 1] : NULL;

		if (!last || !addr_equal(&last->client, &clients[i].client)) {
			clients[kept++] = clients[i];
			continue;
		}
		if (clients[i].has_addr) {
			last->has_addr = true;
			last->addr = clients[i].addr;
		}
		if (clients[i].has_port) {
			last->has_port = true;
			last->port = clients[i].port;
		}
	}
	return kept;
}

/* Once; -EINTR if the kernel says that the map changed under the dump. */
static int nfnl_read_clients_once(struct nfnl *nfnl, const struct client_map *map, struct buf *clients)
{
	struct nfnl_read_clients read = { .map = map, .clients = clients };
	char name[CLIENT_MAP_PART_NAME_SIZE];
	int r = 0;

	buf_reset(clients);
	for (; !r && read.part < client_map_n_parts(map->table); read.part++)
		r = nfnl_read_content(nfnl, map->table, NFT_MSG_GETSETELEM,
				      client_map_part_name(map->table, map->name, read.part, name),
				      nfnl_read_client_entries, &read);
	return r;
}

int nfnl_read_clients(struct nfnl *nfnl, const struct client_map *map, struct client **ret, size_t *ret_n,
		      struct err *reterr)
{
	struct buf clients = BUF_INIT;
	int tries, r = -EINTR;

	for (tries = 0; r == -EINTR && tries < NFNL_READ_TRIES; tries++)
		r = nfnl_read_clients_once(nfnl, map, &clients);
	if (r < 0) {
		buf_done(&clients);
		return err_set(reterr, r, "cannot read map %s: %s", map->name, strerror(-r));
	}
	*ret = (struct client *)clients.data;
	*ret_n = nfnl_read_join_clients(*ret, clients.size / sizeof(**ret));
	return 0;
}
