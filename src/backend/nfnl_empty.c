/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_empty.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_commit.h"
#include "backend/nfnl_dump.h"
#include "backend/nfnl_internal.h"
#include "base/alloc.h"
#include "base/monotonic.h"

/* To give up a dump costs a few milliseconds, because the kernel waits for all readers when its socket is closed. */
#define NFNL_EMPTY_DATAGRAMS 8
/* A nested attribute ends at 64 KiB; a datagram of a dump has 32 KiB at most. */
#define NFNL_EMPTY_KEYS_SIZE (48 * 1024)

struct nfnl_empty_set {
	enum family table;
	char *name;
};

/**
 * struct nfnl_empty
 * @table:	being listed
 * @sets:	of both tables; those before @at are done
 * @keys:	of @n_keys elements of one datagram, as attributes
 * @first_sequence: of the transaction
 */
struct nfnl_empty {
	struct nfnl *nfnl;
	bool second;
	enum family table;
	size_t n_sets;
	size_t at;
	struct nfnl_empty_set *sets;
	struct nfnl_dump *dump;
	struct buf keys;
	size_t n_keys;
	size_t n_deleted;
	uint32_t first_sequence;
};

static int nfnl_empty_add_set(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct nfnl_empty *empty = ctx;

	if (nfg->nfgen_family == nfnl_socket_nfproto(empty->table) &&
	    strcmp(nfnl_socket_string(nlh, NFTA_SET_TABLE), empty->nfnl->names[empty->second]) == 0)
		*ALLOC_APPEND(empty->sets, empty->n_sets) = (struct nfnl_empty_set){
			.table = empty->table,
			.name = alloc_string(nfnl_socket_string(nlh, NFTA_SET_NAME)),
		};
	return 0;
}

/* Kernels before 6.x list the sets of all tables. */
static int nfnl_empty_list(struct nfnl_empty *empty, enum family table)
{
	struct nfnl_socket *socket = &empty->nfnl->socket;
	struct buf message = BUF_INIT;
	struct nlmsghdr *nlh;
	int r;

	empty->table = table;
	nlh = nfnl_socket_message(socket, &message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSET),
				  NLM_F_DUMP, nfnl_socket_nfproto(table));
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, empty->nfnl->names[empty->second]);
	nfnl_socket_message_end(&message, nlh);
	r = nfnl_socket_request(socket, &message, nfnl_empty_add_set, empty);
	buf_done(&message);
	return r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP ? 0 : r;
}

struct nfnl_empty *nfnl_empty_new(struct nfnl *nfnl, bool second, struct err *reterr)
{
	_cleanup_(nfnl_empty_freep) struct nfnl_empty *empty = alloc_zeroed(1, sizeof(*empty));
	int family, r = 0;

	empty->nfnl = nfnl;
	empty->second = second;
	empty->keys = (struct buf)BUF_INIT;
	empty->dump = nfnl_dump_new_of(nfnl->names[second]);
	for (family = 0; !r && family < _FAMILY_MAX; family++)
		r = nfnl_empty_list(empty, (enum family)family);
	if (r < 0) {
		err_set(reterr, r, "cannot list the sets of table %s: %s", nfnl->names[second], strerror(-r));
		return NULL;
	}
	return TAKE_PTR(empty);
}

struct nfnl_empty *nfnl_empty_free(struct nfnl_empty *empty)
{
	if (!empty)
		return NULL;
	nfnl_dump_free(empty->dump);
	while (empty->n_sets--)
		free(empty->sets[empty->n_sets].name);
	free(empty->sets);
	buf_done(&empty->keys);
	free(empty);
	return NULL;
}

/* What identifies an element; the rest of it must not be in a deletion. */
static void nfnl_empty_add_key(void *ctx, const struct nlattr *entry)
{
	struct nfnl_empty *empty = ctx;
	_Alignas(struct nlmsghdr) char bytes[MNL_ALIGN(NLMSG_HDRLEN) + 1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
	const struct nlattr *attr;
	struct nlattr *nest;

	if (mnl_attr_get_len(entry) > 1024 || empty->keys.size > NFNL_EMPTY_KEYS_SIZE)
		return;
	nest = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	mnl_attr_for_each_nested(attr, entry)
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == NFTA_SET_ELEM_KEY || type == NFTA_SET_ELEM_KEY_END || type == NFTA_SET_ELEM_FLAGS)
			mnl_attr_put(nlh, attr->nla_type, mnl_attr_get_payload_len(attr),
				     mnl_attr_get_payload(attr));
	}
	mnl_attr_nest_end(nlh, nest);
	buf_add(&empty->keys, nest, MNL_ALIGN(nest->nla_len));
	empty->n_keys++;
}

struct nfnl_empty_answer {
	uint32_t first;
	int error;
	bool accepted;
};

static int nfnl_empty_answered(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	struct nfnl_empty_answer *answer = ctx;

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq < answer->first)
		return 0;
	if (e->error && !answer->error)
		answer->error = e->error;
	answer->accepted |= !e->error;
	return 0;
}

/* A message of a transaction that does not mind what else was changed. */
static struct nlmsghdr *nfnl_empty_message(struct nfnl_empty *empty, enum family table, uint16_t type,
					   struct buf *batch)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(&empty->nfnl->socket, batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    NLM_F_ACK, nfnl_socket_nfproto(table));

	/* The table is attribute 1 of every message. */
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, empty->nfnl->names[empty->second]);
	return nlh;
}

static void nfnl_empty_begin(struct nfnl_empty *empty, struct buf *batch)
{
	empty->first_sequence = empty->nfnl->socket.sequence;
	nfnl_socket_marker(&empty->nfnl->socket, batch, NFNL_MSG_BATCH_BEGIN, NULL);
}

/* Send the transaction, and free @batch. */
static int nfnl_empty_commit(struct nfnl_empty *empty, struct buf *batch)
{
	struct nfnl_empty_answer answer = { .first = empty->first_sequence };
	struct nfnl *nfnl = empty->nfnl;
	int r;

	nfnl_socket_marker(&nfnl->socket, batch, NFNL_MSG_BATCH_END, NULL);
	r = nfnl_socket_send_batch(&nfnl->socket, batch, NULL);
	buf_done(batch);
	if (!r)
		r = nfnl_socket_drain(&nfnl->socket, nfnl_empty_answered, &answer);
	if (!r && answer.error)
		r = answer.error;
	else if (!r && !answer.accepted)
		r = -EIO;
	if (!r)
		nfnl_commit_advance(nfnl);
	return r;
}

/* The elements in @empty->keys are to be deleted. That none is missing shows that there are fewer each time. */
static void nfnl_empty_put_keys(struct nfnl_empty *empty, const struct nfnl_empty_set *set, struct buf *batch)
{
	struct nlmsghdr *nlh = nfnl_empty_message(empty, set->table, NFT_MSG_DELSETELEM, batch);
	struct nlattr *list;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set->name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	memcpy(mnl_nlmsg_get_payload_tail(nlh), empty->keys.data, empty->keys.size);
	nlh->nlmsg_len += (uint32_t)empty->keys.size;
	mnl_attr_nest_end(nlh, list);
	nfnl_socket_message_end(batch, nlh);
	empty->n_deleted += empty->n_keys;
}

/* Read one datagram of the set. Return: as nfnl_dump_step(). */
static int nfnl_empty_read(struct nfnl_empty *empty)
{
	buf_reset(&empty->keys);
	empty->n_keys = 0;
	return nfnl_dump_step(empty->dump, nfnl_empty_add_key, empty, NULL);
}

/* Delete the first elements of a set. Return: whether it may have more than one datagram holds. */
static bool nfnl_empty_some(struct nfnl_empty *empty, const struct nfnl_empty_set *set)
{
	struct buf batch = BUF_INIT;
	size_t n;
	int r;

	if (nfnl_dump_start(empty->dump, set->table, set->name, NULL) < 0)
		return false;
	nfnl_empty_begin(empty, &batch);
	for (n = 0; n < NFNL_EMPTY_DATAGRAMS; n++) {
		r = nfnl_empty_read(empty);
		/* What one datagram holds goes with the table. */
		if (r < 0 || !empty->n_keys || (!r && !n))
			break;
		nfnl_empty_put_keys(empty, set, &batch);
		if (!r)
			break;
	}
	if (n)
		return nfnl_empty_commit(empty, &batch) >= 0;
	buf_done(&batch);
	return false;
}

/* What is left in them takes no time any more. */
static int nfnl_empty_delete_tables(struct nfnl_empty *empty, struct err *reterr)
{
	int family, r = 0;

	for (family = 0; !r && family < _FAMILY_MAX; family++) {
		struct buf batch = BUF_INIT;
		struct nlmsghdr *nlh;

		nfnl_empty_begin(empty, &batch);
		nlh = nfnl_empty_message(empty, (enum family)family, NFT_MSG_DELTABLE, &batch);
		nfnl_socket_message_end(&batch, nlh);
		r = nfnl_empty_commit(empty, &batch);
		if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
			r = 0;
	}
	return r < 0 ? err_set(reterr, r, "cannot delete table %s: %s", empty->nfnl->names[empty->second],
			       strerror(-r))
		     : 0;
}

int nfnl_empty_step(struct nfnl_empty *empty, struct err *reterr)
{
	uint64_t end_us = monotonic_us() + NFNL_EMPTY_TURN_US;

	while (empty->at < empty->n_sets && monotonic_us() < end_us)
		if (!nfnl_empty_some(empty, &empty->sets[empty->at]))
			empty->at++;
	return empty->at < empty->n_sets ? 1 : nfnl_empty_delete_tables(empty, reterr);
}

size_t nfnl_empty_n_deleted(const struct nfnl_empty *empty)
{
	return empty->n_deleted;
}
