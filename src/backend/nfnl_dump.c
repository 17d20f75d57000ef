/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_dump.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "base/alloc.h"
#include "ruleset/client_map.h"
#include "ruleset/snapshot.h"

/**
 * struct nfnl_dump
 * @nfnl:	NULL: the tables have the name @table_name
 * @name:	of the set, for errors
 * @sequence:	of the request
 * @reading:	the kernel has not sent everything
 * @interrupted: nfnl_dump_interrupted()
 * @found, @ctx: during nfnl_dump_step()
 * @chains, @foreign: during nfnl_dump_step_chains()
 */
struct nfnl_dump {
	const struct nfnl *nfnl;
	const char *table_name;
	struct nfnl_socket socket;
	uint8_t table;
	char name[CLIENT_MAP_PART_NAME_SIZE];
	uint32_t sequence;
	bool reading;
	bool interrupted;
	nfnl_dump_entry *found;
	void *ctx;
	struct snapshot *chains;
	bool *foreign;
};

struct nfnl_dump *nfnl_dump_new(const struct nfnl *nfnl)
{
	struct nfnl_dump *dump = alloc_zeroed(1, sizeof(*dump));

	dump->nfnl = nfnl;
	return dump;
}

struct nfnl_dump *nfnl_dump_new_of(const char *table_name)
{
	struct nfnl_dump *dump = alloc_zeroed(1, sizeof(*dump));

	dump->table_name = table_name;
	return dump;
}

static const char *nfnl_dump_table_name(const struct nfnl_dump *dump)
{
	return dump->nfnl ? dump->nfnl->table_name : dump->table_name;
}

/* A socket with an unfinished dump refuses another one. */
static void nfnl_dump_give_up(struct nfnl_dump *dump)
{
	nfnl_socket_close(&dump->socket);
	dump->reading = false;
}

struct nfnl_dump *nfnl_dump_free(struct nfnl_dump *dump)
{
	if (!dump)
		return NULL;
	nfnl_dump_give_up(dump);
	free(dump);
	return NULL;
}

/* @name: of the set; "": the chains. */
static int nfnl_dump_send(struct nfnl_dump *dump, enum family table, uint16_t type, const char *name,
			  struct err *reterr)
{
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	int r = 0;

	if (dump->reading)
		nfnl_dump_give_up(dump);
	if (!dump->socket.nl)
		r = nfnl_socket_open(&dump->socket, reterr);
	if (r < 0)
		return r;
	dump->table = (uint8_t)table;
	dump->interrupted = false;
	(void)snprintf(dump->name, sizeof(dump->name), "%s", name);
	nlh = nfnl_socket_message(&dump->socket, &message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				  NLM_F_DUMP, nfnl_socket_nfproto(table));
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, nfnl_dump_table_name(dump));
	if (*name)
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, name);
	nfnl_socket_message_end(&message, nlh);
	dump->sequence = nlh->nlmsg_seq;
	r = mnl_socket_sendto(dump->socket.nl, message.data, message.size) < 0 ? -errno : 0;
	dump->reading = !r;
	buf_done(&message);
	return r < 0 ? err_set(reterr, r, "cannot read %s: %s", *name ? name : "chains", strerror(-r)) : 0;
}

int nfnl_dump_start(struct nfnl_dump *dump, enum family table, const char *name, struct err *reterr)
{
	return nfnl_dump_send(dump, table, NFT_MSG_GETSETELEM, name, reterr);
}

int nfnl_dump_start_chains(struct nfnl_dump *dump, enum family table, struct err *reterr)
{
	return nfnl_dump_send(dump, table, NFT_MSG_GETCHAIN, "", reterr);
}

static void nfnl_dump_list(struct nfnl_dump *dump, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr, *entry;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr) dump->found(dump->ctx, entry);
	}
}

/* The kernel lists the chains of all tables of the family. */
static void nfnl_dump_chain(struct nfnl_dump *dump, const struct nlmsghdr *nlh)
{
	const char *name = nfnl_socket_string(nlh, NFTA_CHAIN_NAME);

	if (strcmp(nfnl_socket_string(nlh, NFTA_CHAIN_TABLE), nfnl_dump_table_name(dump)) != 0)
		return;
	if (strlen(name) > RULE_NAME_MAX)
		*dump->foreign = true;
	else
		snapshot_add_chain(dump->chains, dump->table, name, NULL);
}

static int nfnl_dump_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_dump *dump = ctx;

	if (nlh->nlmsg_seq != dump->sequence)
		return 0;
	dump->interrupted |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	if (nlh->nlmsg_type == NLMSG_DONE) {
		dump->reading = false;
		/* A set that is deleted during the dump ends it with an error. */
		return mnl_nlmsg_get_payload_len(nlh) >= sizeof(int) ? *(int *)mnl_nlmsg_get_payload(nlh) : 0;
	}
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && dump->chains)
		nfnl_dump_chain(dump, nlh);
	else if (nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		nfnl_dump_list(dump, nlh);
	return 0;
}

int nfnl_dump_step(struct nfnl_dump *dump, nfnl_dump_entry *found, void *ctx, struct err *reterr)
{
	int r;

	dump->found = found;
	dump->ctx = ctx;
	r = nfnl_socket_receive(&dump->socket, nfnl_dump_reply, dump);
	if (r > 0)
		return dump->reading;
	/* The kernel composes a datagram when the one before it is read, so there is always one. */
	r = r ? r : -EIO;
	nfnl_dump_give_up(dump);
	return err_set(reterr, r, "cannot read %s: %s", *dump->name ? dump->name : "chains", strerror(-r));
}

/* Where nfnl_dump_step_into() puts elements. */
struct nfnl_dump_into {
	const struct set_decl *sets;
	uint8_t table;
	uint8_t set;
	struct snapshot *snapshot;
	bool *foreign;
};

static void nfnl_dump_into_snapshot(void *ctx, const struct nlattr *entry)
{
	const struct nfnl_dump_into *into = ctx;
	struct element e;

	if (nfnl_element_parse(entry, &into->sets[into->set], into->table, into->set, &e))
		snapshot_add_element(into->snapshot, &e);
	else
		*into->foreign = true;
}

int nfnl_dump_step_into(struct nfnl_dump *dump, const struct set_decl *sets, uint8_t set,
			struct snapshot *snapshot, bool *foreign, struct err *reterr)
{
	struct nfnl_dump_into into = { sets, dump->table, set, snapshot, foreign };

	return nfnl_dump_step(dump, nfnl_dump_into_snapshot, &into, reterr);
}

int nfnl_dump_step_chains(struct nfnl_dump *dump, struct snapshot *snapshot, bool *foreign,
			  struct err *reterr)
{
	int r;

	dump->chains = snapshot;
	dump->foreign = foreign;
	r = nfnl_dump_step(dump, NULL, NULL, reterr);
	dump->chains = NULL;
	return r;
}

bool nfnl_dump_interrupted(const struct nfnl_dump *dump)
{
	return dump->interrupted;
}
