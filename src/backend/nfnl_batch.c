/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_batch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_element.h"
#include "backend/nfnl_rule.h"
#include "backend/nfnl_set.h"
#include "base/alloc.h"

#define NFNL_BATCH_ELEMENTS_SIZE 60000 /* of a message's element list, which must end at 64 KiB */

struct nfnl_batch_writer {
	struct nfnl_socket *socket;
	struct nfnl_batch *batch;
	const struct changes *changes;
	size_t end; /* of the changes to write */
	const struct nfnl_batch_tables *tables;
	const char *table_name;
	const struct set_decl *sets;
};

static void nfnl_batch_step(struct nfnl_batch *batch, uint32_t sequence, size_t change)
{
	*ALLOC_APPEND(batch->steps, batch->n_steps) = (struct nfnl_batch_step){ sequence, change };
}

/* Start a message of the change at index @change. */
static struct nlmsghdr *nfnl_batch_message(struct nfnl_batch_writer *w, uint16_t type, uint16_t flags,
					   size_t change)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(w->socket, &w->batch->bytes, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    flags, nfnl_socket_nfproto(w->changes->list[change].table));

	nfnl_batch_step(w->batch, nlh->nlmsg_seq, change);
	return nlh;
}

static void nfnl_batch_end_message(struct nfnl_batch_writer *w, const struct nlmsghdr *nlh)
{
	w->batch->last_sequence = nlh->nlmsg_seq;
	nfnl_socket_message_end(&w->batch->bytes, nlh);
}

static void nfnl_batch_table(struct nfnl_batch_writer *w, size_t index)
{
	bool add = w->changes->list[index].op == CHANGE_OP_TABLE_ADD;
	struct nlmsghdr *nlh;
	size_t i;

	nlh = nfnl_batch_message(w, add ? NFT_MSG_NEWTABLE : NFT_MSG_DELTABLE,
				 add ? NLM_F_CREATE | NLM_F_EXCL : 0, index);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, w->table_name);
	if (add)
		mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(w->tables->flags));
	nfnl_batch_end_message(w, nlh);
	for (i = 0; add && i < w->changes->skeleton->n_sets; i++) {
		nlh = nfnl_batch_message(w, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_EXCL, index);
		nfnl_set_put(nlh, w->table_name, &w->sets[i], w->changes->list[index].table, (uint32_t)i + 1);
		nfnl_batch_end_message(w, nlh);
	}
}

/* NEWTABLE on a table that has lost its owner assigns a new one. */
static void nfnl_batch_adopt(struct nfnl_batch_writer *w, uint8_t family)
{
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < w->changes->n; i++)
		if (w->changes->list[i].op == CHANGE_OP_TABLE_DEL && w->changes->list[i].table == family)
			return;
	nlh = nfnl_socket_message(w->socket, &w->batch->bytes,
				  (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE), NLM_F_CREATE,
				  nfnl_socket_nfproto(family));
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, w->table_name);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(w->tables->flags));
	nfnl_batch_end_message(w, nlh);
}

static void nfnl_batch_delete_replaced(struct nfnl_batch_writer *w, uint8_t family)
{
	struct nlmsghdr *nlh = nfnl_socket_message(w->socket, &w->batch->bytes,
						   (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE),
						   0, nfnl_socket_nfproto(family));

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, w->tables->replaced);
	nfnl_batch_end_message(w, nlh);
}

static void nfnl_batch_delete_base_chain(struct nfnl_batch_writer *w,
					 const struct nfnl_batch_base_chain *chain, uint16_t type,
					 uint16_t name_attr)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(w->socket, &w->batch->bytes, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    0, nfnl_socket_nfproto(chain->table));

	/* The table is attribute 1 of every message. */
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, w->tables->replaced);
	mnl_attr_put_strz(nlh, name_attr, chain->name);
	nfnl_batch_end_message(w, nlh);
}

/* Rules first, as for CHANGE_OP_CHAIN_DEL. */
static void nfnl_batch_unhook(struct nfnl_batch_writer *w)
{
	size_t i;

	for (i = 0; i < w->tables->n_base_chains; i++) {
		nfnl_batch_delete_base_chain(w, &w->tables->base_chains[i], NFT_MSG_DELRULE, NFTA_RULE_CHAIN);
		nfnl_batch_delete_base_chain(w, &w->tables->base_chains[i], NFT_MSG_DELCHAIN,
					     NFTA_CHAIN_NAME);
	}
}

/* Made without a size, then resized; kernels that cannot resize ignore the second message. */
static void nfnl_batch_add_client_map(struct nfnl_batch_writer *w, size_t index)
{
	const struct client_map *map = w->changes->list[index].client_map;
	struct nlmsghdr *nlh;
	size_t part;
	int resize;

	for (part = 0; part < client_map_n_parts(map->table); part++)
		for (resize = 0; resize < 2; resize++) {
			nlh = nfnl_batch_message(w, NFT_MSG_NEWSET,
						 resize ? NLM_F_CREATE : NLM_F_CREATE | NLM_F_EXCL, index);
			/* The id is not used, but must be unique in the batch. */
			nfnl_set_put_client_map(nlh, w->table_name, map, part, resize,
						(uint32_t)(w->changes->skeleton->n_sets +
							   CLIENT_MAP_PARTS_MAX * index + part + 1));
			nfnl_batch_end_message(w, nlh);
		}
}

static void nfnl_batch_del_client_map(struct nfnl_batch_writer *w, size_t index)
{
	const struct client_map *map = w->changes->list[index].client_map;
	char name[CLIENT_MAP_PART_NAME_SIZE];
	struct nlmsghdr *nlh;
	size_t part;

	for (part = 0; part < client_map_n_parts(map->table); part++) {
		nlh = nfnl_batch_message(w, NFT_MSG_DELSET, 0, index);
		mnl_attr_put_strz(nlh, NFTA_SET_TABLE, w->table_name);
		mnl_attr_put_strz(nlh, NFTA_SET_NAME,
				  client_map_part_name(map->table, map->name, part, name));
		nfnl_batch_end_message(w, nlh);
	}
}

static void nfnl_batch_del_client(struct nfnl_batch_writer *w, size_t index)
{
	const struct client *client = w->changes->list[index].client;
	const struct client_map *map = w->changes->list[index].client_map;
	char name[CLIENT_MAP_PART_NAME_SIZE];
	struct nlmsghdr *nlh;
	struct nlattr *list;
	size_t part;

	for (part = 0; part < client_map_n_parts(map->table); part++) {
		if (!(part ? client->has_port : client->has_addr))
			continue;
		nlh = nfnl_batch_message(
			w, w->tables->destroy ? NFNL_BATCH_MSG_DESTROYSETELEM : NFT_MSG_DELSETELEM, 0, index);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, w->table_name);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET,
				  client_map_part_name(map->table, map->name, part, name));
		list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
		nfnl_element_put_client(nlh, map->table, client);
		mnl_attr_nest_end(nlh, list);
		nfnl_batch_end_message(w, nlh);
	}
}

uint32_t nfnl_batch_hook(enum rule_hook hook)
{
	switch (hook) {
	case RULE_HOOK_NONE:
	case RULE_HOOK_PREROUTING:
		return NF_INET_PRE_ROUTING;
	case RULE_HOOK_INPUT:
		return NF_INET_LOCAL_IN;
	case RULE_HOOK_OUTPUT:
		return NF_INET_LOCAL_OUT;
	case RULE_HOOK_POSTROUTING:
		return NF_INET_POST_ROUTING;
	}
	return NF_INET_PRE_ROUTING;
}

/* nft's user data of a chain: a record of type 0, the comment. */
static void nfnl_batch_put_comment(struct nlmsghdr *nlh, const char *comment)
{
	uint8_t record[2 + RULE_COMMENT_MAX + 1] = { 0 };
	size_t size = strlen(comment) + 1;

	assert(size <= RULE_COMMENT_MAX + 1);
	record[1] = (uint8_t)size;
	memcpy(record + 2, comment, size);
	mnl_attr_put(nlh, NFTA_CHAIN_USERDATA, 2 + size, record);
}

/* Changes of tables come first in the list. */
static bool nfnl_batch_deletes_table(const struct changes *changes, uint8_t table)
{
	size_t i;

	for (i = 0; i < changes->n && changes->list[i].op <= CHANGE_OP_TABLE_ADD; i++)
		if (changes->list[i].op == CHANGE_OP_TABLE_DEL && changes->list[i].table == table)
			return true;
	return false;
}

bool nfnl_batch_late_chain(const struct changes *changes, const struct nfnl_batch_tables *tables,
			   const struct change *change, struct chain *ret)
{
	if (change->op != CHANGE_OP_CHAIN_ADD || change->chain->hook == RULE_HOOK_NONE ||
	    !(nfnl_batch_deletes_table(changes, change->table) || tables->replaces[change->table]))
		return false;
	*ret = *change->chain;
	assert(strlen(ret->name) + sizeof("-late") <= sizeof(ret->name));
	(void)strncat(ret->name, "-late", sizeof(ret->name) - strlen(ret->name) - 1);
	ret->priority++;
	return true;
}

static void nfnl_batch_chain(struct nfnl_batch_writer *w, size_t index, const struct chain *chain)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	nlh = nfnl_batch_message(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, index);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, w->table_name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, chain->name);
	if (chain->hook != RULE_HOOK_NONE) {
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "nat");
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
		nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(nfnl_batch_hook(chain->hook)));
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)chain->priority));
		mnl_attr_nest_end(nlh, nest);
	}
	if (*chain->comment)
		nfnl_batch_put_comment(nlh, chain->comment);
	nfnl_batch_end_message(w, nlh);
}

static void nfnl_batch_named_chain(struct nfnl_batch_writer *w, uint16_t type, uint16_t name_attr,
				   size_t index)
{
	struct nlmsghdr *nlh = nfnl_batch_message(w, type, 0, index);

	/* The table is attribute 1 of every message. */
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, w->table_name);
	mnl_attr_put_strz(nlh, name_attr, w->changes->list[index].chain->name);
	nfnl_batch_end_message(w, nlh);
}

static void nfnl_batch_rules(struct nfnl_batch_writer *w, size_t index, const struct chain *chain)
{
	size_t i;

	for (i = 0; i < chain->n_rules; i++) {
		struct nftnl_rule *rule = nfnl_rule_new(w->table_name, w->sets, chain, &chain->rules[i]);
		struct nlmsghdr *nlh =
			nfnl_batch_message(w, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, index);

		nftnl_rule_nlmsg_build_payload(nlh, rule);
		nftnl_rule_free(rule);
		nfnl_batch_end_message(w, nlh);
	}
}

/* New and refilled chains, from @first to before the return value. Rules jump between chains, so they come after all. */
static size_t nfnl_batch_chains(struct nfnl_batch_writer *w, size_t first)
{
	const struct changes *changes = w->changes;
	size_t end = first, i;
	struct chain late;

	while (end < w->end && (changes->list[end].op == CHANGE_OP_CHAIN_ADD ||
				changes->list[end].op == CHANGE_OP_CHAIN_REFILL))
		end++;
	for (i = first; i < end; i++) {
		if (changes->list[i].op == CHANGE_OP_CHAIN_ADD)
			nfnl_batch_chain(w, i, changes->list[i].chain);
		else
			nfnl_batch_named_chain(w, NFT_MSG_DELRULE, NFTA_RULE_CHAIN, i);
		if (nfnl_batch_late_chain(changes, w->tables, &changes->list[i], &late))
			nfnl_batch_chain(w, i, &late);
	}
	for (i = first; i < end; i++) {
		nfnl_batch_rules(w, i, changes->list[i].chain);
		if (nfnl_batch_late_chain(changes, w->tables, &changes->list[i], &late))
			nfnl_batch_rules(w, i, &late);
	}
	return end;
}

static uint8_t nfnl_batch_group(const struct nfnl_batch_writer *w, size_t index)
{
	return set_packed_group(w->changes->elements.data, w->changes->list[index].element);
}

/* The indices from @first to before @end, sorted by set. free() them. */
static size_t *nfnl_batch_order(const struct nfnl_batch_writer *w, size_t first, size_t end)
{
	size_t place[SET_PACKED_GROUPS + 1] = { 0 }, *order = alloc_bytes((end - first) * sizeof(*order)), i;

	for (i = first; i < end; i++)
		place[nfnl_batch_group(w, i) + 1]++;
	for (i = 1; i < SET_PACKED_GROUPS; i++)
		place[i] += place[i - 1];
	for (i = first; i < end; i++)
		order[place[nfnl_batch_group(w, i)]++] = i;
	return order;
}

static struct nlmsghdr *nfnl_batch_open_elements(struct nfnl_batch_writer *w, bool add,
						 const struct set_decl *decl, size_t index,
						 struct nlattr **ret_list)
{
	struct nlmsghdr *nlh = nfnl_batch_message(w, add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
						  add ? NLM_F_CREATE | NLM_F_EXCL : 0, index);

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, w->table_name);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, decl->name);
	*ret_list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	return nlh;
}

static size_t nfnl_batch_elements(struct nfnl_batch_writer *w, size_t first, bool one_by_one)
{
	const struct changes *changes = w->changes;
	uint8_t op = changes->list[first].op;
	struct nlattr *list = NULL;
	struct nlmsghdr *nlh = NULL;
	size_t end = first, i, *order;
	struct element e;

	while (end < w->end && changes->list[end].op == op)
		end++;
	order = nfnl_batch_order(w, first, end);
	for (i = 0; i < end - first; i++) {
		if (nlh &&
		    (one_by_one || nfnl_batch_group(w, order[i]) != nfnl_batch_group(w, order[i - 1]) ||
		     (size_t)((char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)list) >
			     NFNL_BATCH_ELEMENTS_SIZE)) {
			mnl_attr_nest_end(nlh, list);
			nfnl_batch_end_message(w, nlh);
			nlh = NULL;
		}
		change_element(changes, &changes->list[order[i]], &e);
		if (!nlh)
			nlh = nfnl_batch_open_elements(w, op == CHANGE_OP_ELEMENT_ADD, &w->sets[e.set],
						       order[i], &list);
		nfnl_element_put(nlh, &w->sets[e.set], &e, op == CHANGE_OP_ELEMENT_ADD);
	}
	mnl_attr_nest_end(nlh, list);
	nfnl_batch_end_message(w, nlh);
	free(order);
	return end;
}

static size_t nfnl_batch_change_at(struct nfnl_batch_writer *w, size_t index, bool one_by_one)
{
	switch ((enum change_op)w->changes->list[index].op) {
	case CHANGE_OP_TABLE_DEL:
	case CHANGE_OP_TABLE_ADD:
		nfnl_batch_table(w, index);
		return index + 1;
	case CHANGE_OP_CHAIN_ADD:
	case CHANGE_OP_CHAIN_REFILL:
		return nfnl_batch_chains(w, index);
	case CHANGE_OP_ELEMENT_DEL:
	case CHANGE_OP_ELEMENT_ADD:
		return nfnl_batch_elements(w, index, one_by_one);
	case CHANGE_OP_CLIENT_MAP_ADD:
		nfnl_batch_add_client_map(w, index);
		return index + 1;
	case CHANGE_OP_CLIENT_MAP_DEL:
		nfnl_batch_del_client_map(w, index);
		return index + 1;
	case CHANGE_OP_CLIENT_DEL:
		nfnl_batch_del_client(w, index);
		return index + 1;
	case CHANGE_OP_CHAIN_DEL:
		/* Rules first: Linux 5.10 and 6.1 refuse to delete a chain that has rules. */
		nfnl_batch_named_chain(w, NFT_MSG_DELRULE, NFTA_RULE_CHAIN, index);
		nfnl_batch_named_chain(w, NFT_MSG_DELCHAIN, NFTA_CHAIN_NAME, index);
		return index + 1;
	}
	return index + 1;
}

/* Ask for it in the last real message: Linux 5.10 and 6.1 never acknowledge the end message. */
static void nfnl_batch_ask_ack(struct nfnl_batch *batch)
{
	size_t offset = 0;

	while (offset < batch->bytes.size) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(batch->bytes.data + offset);

		if (nlh->nlmsg_seq == batch->last_sequence)
			nlh->nlmsg_flags |= NLM_F_ACK;
		offset += MNL_ALIGN(nlh->nlmsg_len);
	}
}

void nfnl_batch_build(struct nfnl_socket *s, const struct changes *changes, size_t first, size_t end,
		      const struct nfnl_batch_tables *tables, const uint32_t *generation, bool one_by_one,
		      struct nfnl_batch *ret)
{
	struct nfnl_batch_writer w = {
		.socket = s,
		.batch = ret,
		.changes = changes,
		.end = end,
		.tables = tables,
		.table_name = tables->name,
		.sets = changes->skeleton->sets,
	};
	uint8_t family;

	*ret = (struct nfnl_batch){ .first_sequence = s->sequence };
	nfnl_socket_marker(s, &ret->bytes, NFNL_MSG_BATCH_BEGIN, generation);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (tables->adopt[family])
			nfnl_batch_adopt(&w, family);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (tables->replaces[family] && !tables->unhooks)
			nfnl_batch_delete_replaced(&w, family);
	if (tables->unhooks)
		nfnl_batch_unhook(&w);
	while (first < end)
		first = nfnl_batch_change_at(&w, first, one_by_one);
	nfnl_socket_marker(s, &ret->bytes, NFNL_MSG_BATCH_END, NULL);
	nfnl_batch_ask_ack(ret);
}

void nfnl_batch_replace_nothing(struct nfnl_batch_tables *tables)
{
	memset(tables->replaces, 0, sizeof(tables->replaces));
	tables->unhooks = false;
}

void nfnl_batch_done(struct nfnl_batch *batch)
{
	buf_done(&batch->bytes);
	free(batch->steps);
	*batch = (struct nfnl_batch){ .steps = NULL };
}

static int nfnl_batch_step_cmp(const void *a, const void *b)
{
	const struct nfnl_batch_step *x = a, *y = b;

	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return 0;
}

size_t nfnl_batch_change(const struct nfnl_batch *batch, uint32_t sequence)
{
	const struct nfnl_batch_step key = { .sequence = sequence };
	const struct nfnl_batch_step *found = NULL;

	if (batch->n_steps)
		found = bsearch(&key, batch->steps, batch->n_steps, sizeof(key), nfnl_batch_step_cmp);
	return found ? found->change : SIZE_MAX;
}
