/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The priorities
 *
 * Packets are marked behind defragmentation (-400), so that ports can be compared, and before the usual priority "raw" (-300).
 * Whatever an earlier chain drops is not seen. The last chains come just before the end, where connection tracking confirms
 * a connection (INT32_MAX), and behind source NAT.
 */
#include "config.h"
#include "diagnose/nftrace_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "base/alloc.h"
#include "render/layout.h"

#define NFTRACE_TABLE_FIRST	 (-399)
#define NFTRACE_TABLE_LAST	 (INT32_MAX - 1)
#define NFTRACE_TABLE_PREROUTING "prerouting"
#define NFTRACE_TABLE_OUTPUT	 "output"
#define NFTRACE_TABLE_ENOTSUPP	 524 /* not in user space's errno.h */

/* A transaction under construction. */
struct nftrace_table_batch {
	struct nftrace_table *table;
	struct buf *bytes;
};

static struct nlmsghdr *nftrace_table_message(struct nftrace_table_batch *b, uint16_t type, uint16_t flags)
{
	return nfnl_socket_message(&b->table->socket, b->bytes, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				   flags, NFPROTO_INET);
}

static void nftrace_table_put_table(struct nftrace_table_batch *b)
{
	struct nlmsghdr *nlh = nftrace_table_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, b->table->name);
	if (b->table->owned)
		mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(NFT_TABLE_F_OWNER));
	nfnl_socket_message_end(b->bytes, nlh);
}

/* @hook -1: no base chain */
static void nftrace_table_put_chain(struct nftrace_table_batch *b, const char *name, int hook,
				    int32_t priority)
{
	struct nlmsghdr *nlh = nftrace_table_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, b->table->name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	if (hook >= 0) {
		mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "filter");
		nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
		mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl((uint32_t)hook));
		mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)priority));
		mnl_attr_nest_end(nlh, nest);
		mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(NF_ACCEPT));
	}
	nfnl_socket_message_end(b->bytes, nlh);
}

static void nftrace_table_put_rule(struct nftrace_table_batch *b, const char *chain, struct nftnl_rule *rule)
{
	struct nlmsghdr *nlh = nftrace_table_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, b->table->name);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	nfnl_socket_message_end(b->bytes, nlh);
}

/* --- rules -----------------------------------------------------------------------------------------------
 */

static struct nftnl_rule *nftrace_table_new_rule(void)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();

	if (!rule)
		alloc_failed();
	return rule;
}

static struct nftnl_expr *nftrace_table_add(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	if (!expr)
		alloc_failed();
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

static void nftrace_table_compare(struct nftnl_rule *rule, const void *value, uint32_t size)
{
	struct nftnl_expr *expr = nftrace_table_add(rule, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, value, size);
}

static void nftrace_table_match_meta(struct nftnl_rule *rule, uint32_t key, uint8_t value)
{
	struct nftnl_expr *expr = nftrace_table_add(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftrace_table_compare(rule, &value, 1);
}

static void nftrace_table_match_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset,
					const void *value, uint32_t size)
{
	struct nftnl_expr *expr = nftrace_table_add(rule, "payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, size);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftrace_table_compare(rule, value, size);
}

/* A destination that is an address of this node. */
static void nftrace_table_match_local(struct nftnl_rule *rule)
{
	const uint32_t local = RTN_LOCAL;
	struct nftnl_expr *expr = nftrace_table_add(rule, "fib");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
	nftrace_table_compare(rule, &local, sizeof(local));
}

static struct nftnl_rule *nftrace_table_frontend(const struct targets_frontend *frontend,
						 const struct addr *from)
{
	struct nftnl_rule *rule = nftrace_table_new_rule();
	const uint8_t port[2] = { (uint8_t)(frontend->port >> 8), (uint8_t)frontend->port };
	bool v4 = from->family == FAMILY_IPV4;
	uint32_t size = (uint32_t)addr_size(from->family);
	struct nftnl_expr *jump;

	nftrace_table_match_meta(rule, NFT_META_NFPROTO, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftrace_table_match_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 12 : 8, from->bytes, size);
	if (frontend->node_port)
		nftrace_table_match_local(rule);
	else
		nftrace_table_match_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, v4 ? 16 : 24,
					    frontend->addr.bytes, size);
	nftrace_table_match_meta(rule, NFT_META_L4PROTO, (uint8_t)frontend->protocol);
	nftrace_table_match_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, port, sizeof(port));
	jump = nftrace_table_add(rule, "immediate");
	nftnl_expr_set_u32(jump, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(jump, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_JUMP);
	nftnl_expr_set_str(jump, NFTNL_EXPR_IMM_CHAIN, NFTRACE_TABLE_CHAIN_MARK);
	return rule;
}

/* limit rate 20/second meta nftrace set 1 */
static struct nftnl_rule *nftrace_table_mark(void)
{
	struct nftnl_rule *rule = nftrace_table_new_rule();
	struct nftnl_expr *expr = nftrace_table_add(rule, "limit");
	const uint8_t on = 1;

	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_RATE, NFTRACE_TABLE_PER_SECOND);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_LIMIT_UNIT, 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_BURST, NFTRACE_TABLE_PER_SECOND);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LIMIT_FLAGS, 0);
	expr = nftrace_table_add(rule, "immediate");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, &on, sizeof(on));
	expr = nftrace_table_add(rule, "meta");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, NFT_META_NFTRACE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_SREG, NFT_REG_1);
	return rule;
}

/* --- the table -------------------------------------------------------------------------------------------
 */

void nftrace_table_name(int64_t pid, char ret[NFTRACE_TABLE_NAME_SIZE])
{
	(void)snprintf(ret, NFTRACE_TABLE_NAME_SIZE, LAYOUT_TABLE_NAME "-trace-%" PRId64, pid);
}

void nftrace_table_build(struct nftrace_table *table, const struct targets *targets, const struct addr *from,
			 struct buf *batch)
{
	struct nftrace_table_batch b = { .table = table, .bytes = batch };
	size_t i;

	nfnl_socket_marker(&table->socket, batch, NFNL_MSG_BATCH_BEGIN, NULL);
	nftrace_table_put_table(&b);
	nftrace_table_put_chain(&b, NFTRACE_TABLE_CHAIN_MARK, -1, 0);
	nftrace_table_put_chain(&b, NFTRACE_TABLE_PREROUTING, NF_INET_PRE_ROUTING, NFTRACE_TABLE_FIRST);
	nftrace_table_put_chain(&b, NFTRACE_TABLE_OUTPUT, NF_INET_LOCAL_OUT, NFTRACE_TABLE_FIRST);
	nftrace_table_put_chain(&b, NFTRACE_TABLE_CHAIN_INPUT, NF_INET_LOCAL_IN, NFTRACE_TABLE_LAST);
	nftrace_table_put_chain(&b, NFTRACE_TABLE_CHAIN_POSTROUTING, NF_INET_POST_ROUTING,
				NFTRACE_TABLE_LAST);
	nftrace_table_put_rule(&b, NFTRACE_TABLE_CHAIN_MARK, nftrace_table_mark());
	for (i = 0; i < targets->n_frontends; i++) {
		const struct targets_frontend *frontend = &targets->frontends[i];

		if (frontend->addr.family != from->family)
			continue;
		nftrace_table_put_rule(&b, NFTRACE_TABLE_PREROUTING, nftrace_table_frontend(frontend, from));
		nftrace_table_put_rule(&b, NFTRACE_TABLE_OUTPUT, nftrace_table_frontend(frontend, from));
	}
	nfnl_socket_marker(&table->socket, batch, NFNL_MSG_BATCH_END, NULL);
}

/* @ctx: the first error */
static int nftrace_table_reply(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	int *error = ctx;

	if (nlh->nlmsg_type == NLMSG_ERROR && !*error)
		*error = e->error;
	return 0;
}

/* The kernel handles a batch within the call that sends it, and answers errors alone. */
static int nftrace_table_transact(struct nftrace_table *table, const struct buf *batch, struct err *reterr)
{
	int error = 0, r = nfnl_socket_send_batch(&table->socket, batch, reterr);

	if (r < 0)
		return r;
	r = nfnl_socket_drain(&table->socket, nftrace_table_reply, &error);
	return r < 0 ? r : error;
}

static int nftrace_table_make(struct nftrace_table *table, bool owned, const struct targets *targets,
			      const struct addr *from, struct err *reterr)
{
	struct buf batch = BUF_INIT;
	int r;

	table->owned = owned;
	nftrace_table_build(table, targets, from, &batch);
	r = nftrace_table_transact(table, &batch, reterr);
	buf_done(&batch);
	return r;
}

int nftrace_table_open(struct nftrace_table *table, int64_t pid, const struct targets *targets,
		       const struct addr *from, struct err *reterr)
{
	int r = nfnl_socket_open(&table->socket, reterr);

	if (r < 0)
		return r;
	nftrace_table_name(pid, table->name);
	if (targets->n_frontends > NFTRACE_TABLE_RULES_MAX) {
		*table->name = '\0';
		return err_set(reterr, -E2BIG,
			       "the Service has %zu front ends, and at most %d can be traced; name a port",
			       targets->n_frontends, NFTRACE_TABLE_RULES_MAX);
	}
	r = nftrace_table_make(table, true, targets, from, reterr);
	if (r == -EOPNOTSUPP || r == -EINVAL || r == -NFTRACE_TABLE_ENOTSUPP)
		r = nftrace_table_make(table, false, targets, from, reterr);
	if (r < 0)
		*table->name = '\0';
	if (r == -EPERM)
		return err_set(reterr, r, "trace needs root (CAP_NET_ADMIN): it adds a table to nftables");
	return r < 0 ? err_set(reterr, r, "cannot add a table to nftables: %s", strerror(-r)) : 0;
}

void nftrace_table_close(struct nftrace_table *table)
{
	struct nftrace_table_batch b;
	struct buf batch = BUF_INIT;
	struct err unused = { 0 };
	struct nlmsghdr *nlh;

	if (table->socket.nl && *table->name && !table->owned) {
		b = (struct nftrace_table_batch){ .table = table, .bytes = &batch };
		nfnl_socket_marker(&table->socket, &batch, NFNL_MSG_BATCH_BEGIN, NULL);
		nlh = nftrace_table_message(&b, NFT_MSG_DELTABLE, 0);
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table->name);
		nfnl_socket_message_end(&batch, nlh);
		nfnl_socket_marker(&table->socket, &batch, NFNL_MSG_BATCH_END, NULL);
		(void)nftrace_table_transact(table, &batch, &unused);
		buf_done(&batch);
	}
	nfnl_socket_close(&table->socket);
}
