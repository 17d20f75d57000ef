/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Trying a feature
 *
 * A batch is a table and the objects that the features need. All features go into one batch; if that is refused, into two halves, and so
 * on. What is accepted is deleted at once. It must be accepted for real: only the validation before a commit checks whether a hook
 * allows an expression (so `nft --check` misses such errors in a new table).
 *
 * An error in this validation is no way to have the kernel undo the batch: the kernel then runs the batch once more, to name the wrong
 * rule, and if another process commits in between, once more again. Where others commit hundreds of times a second, a start stood
 * in the kernel for a minute.
 *
 * The table is dormant: its base chains are checked, but their hooks are never registered. Modules are loaded
 * as for a real transaction.
 */
#include "config.h"
#include "backend/nfnl_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "backend/nfnl_batch.h"
#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_rule.h"
#include "backend/nfnl_set.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#define NFNL_PROBE_TABLE     "kube-nftproxy-probe"
#define NFNL_PROBE_SET_IDS   100 /* lower ones are numbers of rules */
#define NFNL_PROBE_CHAIN     "probe"
#define NFNL_PROBE_MAP	     "learnt"
#define NFNL_PROBE_ADDR_SIZE 4

/* Not in user space's errno.h, but nf_tables returns it for unknown table flags. */
#define NFNL_PROBE_ENOTSUPP 524

enum nfnl_probe_set {
	NFNL_PROBE_SET_ADDRESSES,
	NFNL_PROBE_SET_ENDPOINTS,
	_NFNL_PROBE_SET_MAX,
};

static const struct set_decl nfnl_probe_sets[_NFNL_PROBE_SET_MAX] = {
	[NFNL_PROBE_SET_ADDRESSES] = { .name = "addresses", .kind = SET_KIND_SET, .key = { SET_FIELD_ADDR } },
	[NFNL_PROBE_SET_ENDPOINTS] = { .name = "endpoints",
				       .kind = SET_KIND_MAP,
				       .key = { SET_FIELD_ADDR, SET_FIELD_INDEX },
				       .data = { SET_FIELD_ADDR, SET_FIELD_PORT } },
};

/* A rule that uses a feature, in a chain of its own at @hook. */
struct nfnl_probe_rule {
	enum nfnl_probe_feature feature;
	enum rule_hook hook;
	struct rule rule;
};

#define SELECT_ONE(s) .n_selectors = 1, .selectors = { RULE_SELECTOR_##s }

static const struct nfnl_probe_rule nfnl_probe_rules[] = {
	{ NFNL_PROBE_NAT,
	  RULE_HOOK_PREROUTING,
	  { .n_statements = 2,
	    .statements = { { .kind = RULE_STATEMENT_MATCH_PROTOCOL, .protocol = PROTOCOL_TCP },
			    { .kind = RULE_STATEMENT_DNAT_MAP,
			      .n_selectors = 2,
			      .selectors = { RULE_SELECTOR_DADDR, RULE_SELECTOR_NUMGEN },
			      .modulus = 2,
			      .set = NFNL_PROBE_SET_ENDPOINTS } } } },
	{ NFNL_PROBE_NAT,
	  RULE_HOOK_POSTROUTING,
	  { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_MASQUERADE } } } },
	{ NFNL_PROBE_CT,
	  RULE_HOOK_POSTROUTING,
	  { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_MATCH_CT_DNAT } } } },
	{ NFNL_PROBE_CT,
	  RULE_HOOK_OUTPUT,
	  { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_MATCH_CT_NEW } } } },
	{ NFNL_PROBE_CT,
	  RULE_HOOK_POSTROUTING,
	  { .n_statements = 1,
	    .statements = { { .kind = RULE_STATEMENT_MATCH_SET,
			      SELECT_ONE(CT_ORIGINAL_DADDR),
			      .set = NFNL_PROBE_SET_ADDRESSES } } } },
	{ NFNL_PROBE_REJECT,
	  RULE_HOOK_PREROUTING,
	  { .n_statements = 2,
	    .statements = { { .kind = RULE_STATEMENT_MATCH_PROTOCOL, .protocol = PROTOCOL_TCP },
			    { .kind = RULE_STATEMENT_REJECT_TCP_RESET } } } },
	{ NFNL_PROBE_REJECT,
	  RULE_HOOK_OUTPUT,
	  { .n_statements = 1, .statements = { { .kind = RULE_STATEMENT_REJECT } } } },
	{ NFNL_PROBE_FIB,
	  RULE_HOOK_PREROUTING,
	  { .n_statements = 1,
	    .statements = { { .kind = RULE_STATEMENT_MATCH_FIB_LOCAL, SELECT_ONE(DADDR) } } } },
	{ NFNL_PROBE_FIB,
	  RULE_HOOK_POSTROUTING,
	  { .n_statements = 1,
	    .statements = { { .kind = RULE_STATEMENT_MATCH_FIB_LOCAL, SELECT_ONE(SADDR) } } } },
};

static const struct nfnl_probe_description nfnl_probe_descriptions[_NFNL_PROBE_MAX] = {
	[NFNL_PROBE_NAT] = { "nat", true, "no Service is served", false },
	[NFNL_PROBE_CT] = { "ct in nat chains", true,
			    "replies to masqueraded connections, and so all that is not pod to pod", false },
	[NFNL_PROBE_REJECT] = { "reject in nat prerouting", true,
				"connections to Services without endpoints are not rejected", false },
	[NFNL_PROBE_FIB] = { "fib in nat chains", true, "traffic policy Local, and the node's own requests",
			     false },
	[NFNL_PROBE_IPV6] = { "IPv6 nat, ct, reject, fib", false, "the IPv6 addresses of Services", false },
	[NFNL_PROBE_LEARNING] = { "dynamic maps with timeouts, jhash", false, "session affinity", false },
	[NFNL_PROBE_DESTROY_ELEMENT] = { "destroy element", false,
					 "clients of removed endpoints are deleted in transactions of their own",
					 true },
	[NFNL_PROBE_TABLE_OWNER] = { "table flag owner", false,
				     "other programs can change our tables; this is repaired", true },
	[NFNL_PROBE_TABLE_PERSIST] = { "table flag persist", false,
				       "owned tables would not outlive a restart, so our tables have no owner",
				       true },
};

const struct nfnl_probe_description *nfnl_probe_describe(enum nfnl_probe_feature feature)
{
	return &nfnl_probe_descriptions[feature];
}

/* One batch under construction. */
struct nfnl_probe_batch {
	struct nfnl_socket *socket;
	struct buf bytes;
	enum family table;
};

static struct nlmsghdr *nfnl_probe_message(struct nfnl_probe_batch *b, uint16_t type, uint16_t flags)
{
	return nfnl_socket_message(b->socket, &b->bytes, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
				   nfnl_socket_nfproto(b->table));
}

static void nfnl_probe_put_table(struct nfnl_probe_batch *b, enum family table, uint32_t flags)
{
	struct nlmsghdr *nlh;

	b->table = table;
	nlh = nfnl_probe_message(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, NFNL_PROBE_TABLE);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(flags));
	nfnl_socket_message_end(&b->bytes, nlh);
}

static void nfnl_probe_delete_table(struct nfnl_probe_batch *b, enum family table)
{
	struct nlmsghdr *nlh;

	b->table = table;
	nlh = nfnl_probe_message(b, NFT_MSG_DELTABLE, 0);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, NFNL_PROBE_TABLE);
	nfnl_socket_message_end(&b->bytes, nlh);
}

static void nfnl_probe_put_chain(struct nfnl_probe_batch *b, const char *name, enum rule_hook hook)
{
	struct nlmsghdr *nlh = nfnl_probe_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *nest;

	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, NFNL_PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, "nat");
	nest = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(nfnl_batch_hook(hook)));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, 0);
	mnl_attr_nest_end(nlh, nest);
	nfnl_socket_message_end(&b->bytes, nlh);
}

static void nfnl_probe_put_rule(struct nfnl_probe_batch *b, struct nftnl_rule *rule)
{
	struct nlmsghdr *nlh = nfnl_probe_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	nfnl_socket_message_end(&b->bytes, nlh);
}

static bool nfnl_probe_names_set(const struct rule_statement *s)
{
	return s->kind == RULE_STATEMENT_MATCH_SET || s->kind == RULE_STATEMENT_DNAT_MAP;
}

/* The sets that the rule names, its chain, and the rule itself. @number is unique in the batch. */
static void nfnl_probe_put(struct nfnl_probe_batch *b, const struct nfnl_probe_rule *row, uint32_t number)
{
	struct chain chain = { .table = (uint8_t)b->table, .hook = row->hook };
	struct nlmsghdr *nlh;
	size_t i;

	(void)snprintf(chain.name, sizeof(chain.name), "probe-%u", number);
	for (i = 0; i < row->rule.n_statements; i++) {
		if (!nfnl_probe_names_set(&row->rule.statements[i]))
			continue;
		nlh = nfnl_probe_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);
		nfnl_set_put(nlh, NFNL_PROBE_TABLE, &nfnl_probe_sets[row->rule.statements[i].set], b->table,
			     number + 1);
		nfnl_socket_message_end(&b->bytes, nlh);
	}
	nfnl_probe_put_chain(b, chain.name, row->hook);
	nfnl_probe_put_rule(b, nfnl_rule_new(NFNL_PROBE_TABLE, nfnl_probe_sets, &chain, &row->rule));
}

/* A map of IPv4 addresses that rules add to. */
static void nfnl_probe_put_learnt(struct nfnl_probe_batch *b)
{
	struct nlmsghdr *nlh = nfnl_probe_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);

	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, NFNL_PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, NFNL_PROBE_MAP);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(NFT_SET_MAP | NFT_SET_TIMEOUT | NFT_SET_EVAL));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, 0);
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(NFNL_PROBE_ADDR_SIZE));
	mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, 0);
	mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(NFNL_PROBE_ADDR_SIZE));
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(NFNL_PROBE_SET_IDS + 1));
	nfnl_socket_message_end(&b->bytes, nlh);
}

static struct nftnl_expr *nfnl_probe_expr(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	if (!expr)
		alloc_failed();
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

/* A source or destination address of IPv4, by its offset in the header. */
static void nfnl_probe_add_addr(struct nftnl_rule *rule, uint32_t offset, uint32_t to)
{
	struct nftnl_expr *expr = nfnl_probe_expr(rule, "payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, to);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, NFNL_PROBE_ADDR_SIZE);
}

/* update @learnt { jhash ip saddr mod 2 seed 1 timeout 1h : ip daddr } */
static void nfnl_probe_put_learning(struct nfnl_probe_batch *b)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_expr *expr;

	if (!rule)
		alloc_failed();
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_IPV4);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, NFNL_PROBE_TABLE);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, NFNL_PROBE_CHAIN);
	nfnl_probe_add_addr(rule, 12, NFT_REG_1);
	nfnl_probe_add_addr(rule, 16, NFT_REG_2);
	expr = nfnl_probe_expr(rule, "hash");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_LEN, NFNL_PROBE_ADDR_SIZE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_MODULUS, 2);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SEED, 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
	expr = nfnl_probe_expr(rule, "dynset");
	nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME, NFNL_PROBE_MAP);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SET_ID, NFNL_PROBE_SET_IDS + 1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_DATA, NFT_REG_2);
	nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, 3600 * 1000);
	nfnl_probe_put_learnt(b);
	nfnl_probe_put_chain(b, NFNL_PROBE_CHAIN, RULE_HOOK_POSTROUTING);
	nfnl_probe_put_rule(b, rule);
}

/* Delete an element that does not exist: allowed with this message, an error with the older one. */
static void nfnl_probe_put_destroy(struct nfnl_probe_batch *b)
{
	struct element e;
	const struct addr addr = { .family = FAMILY_IPV4 };
	const struct set_decl *decl = &nfnl_probe_sets[NFNL_PROBE_SET_ADDRESSES];
	struct nlmsghdr *nlh;
	struct nlattr *list;

	set_element_init(&e, FAMILY_IPV4, NFNL_PROBE_SET_ADDRESSES);
	set_key_addr(&e, &addr);
	nlh = nfnl_probe_message(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	nfnl_set_put(nlh, NFNL_PROBE_TABLE, decl, FAMILY_IPV4, NFNL_PROBE_SET_IDS);
	nfnl_socket_message_end(&b->bytes, nlh);
	nlh = nfnl_probe_message(b, NFNL_BATCH_MSG_DESTROYSETELEM, 0);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, NFNL_PROBE_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, decl->name);
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	nfnl_element_put(nlh, decl, &e, false);
	mnl_attr_nest_end(nlh, list);
	nfnl_socket_message_end(&b->bytes, nlh);
}

/* A table of family @table with the wanted features' objects. */
static void nfnl_probe_put_rules(struct nfnl_probe_batch *b, enum family table,
				 const bool wanted[_NFNL_PROBE_MAX])
{
	bool all = table == FAMILY_IPV6;
	uint32_t i, flags = NFT_TABLE_F_DORMANT;

	if (!all && (wanted[NFNL_PROBE_TABLE_OWNER] || wanted[NFNL_PROBE_TABLE_PERSIST]))
		flags |= NFNL_BATCH_TABLE_F_OWNER;
	if (!all && wanted[NFNL_PROBE_TABLE_PERSIST])
		flags |= NFNL_BATCH_TABLE_F_PERSIST;
	nfnl_probe_put_table(b, table, flags);
	for (i = 0; i < ARRAY_SIZE(nfnl_probe_rules); i++)
		if (all || wanted[nfnl_probe_rules[i].feature])
			nfnl_probe_put(b, &nfnl_probe_rules[i], i);
}

static void nfnl_probe_build(struct nfnl_probe_batch *b, const bool wanted[_NFNL_PROBE_MAX])
{
	if (wanted[NFNL_PROBE_IPV6])
		nfnl_probe_put_rules(b, FAMILY_IPV6, wanted);
	nfnl_probe_put_rules(b, FAMILY_IPV4, wanted);
	if (wanted[NFNL_PROBE_LEARNING])
		nfnl_probe_put_learning(b);
	if (wanted[NFNL_PROBE_DESTROY_ELEMENT])
		nfnl_probe_put_destroy(b);
}

/* Delete what nfnl_probe_build() has put into the tables. */
static void nfnl_probe_build_undo(struct nfnl_probe_batch *b, const bool wanted[_NFNL_PROBE_MAX])
{
	if (wanted[NFNL_PROBE_IPV6])
		nfnl_probe_delete_table(b, FAMILY_IPV6);
	nfnl_probe_delete_table(b, FAMILY_IPV4);
}

/* Whether @error means that the kernel lacks the feature, and not for instance memory. */
static bool nfnl_probe_refused(int error)
{
	return error == -EINVAL || error == -EOPNOTSUPP || error == -NFNL_PROBE_ENOTSUPP ||
	       error == -ENOENT || error == -EAFNOSUPPORT || error == -EPROTONOSUPPORT || error == -ERANGE;
}

/* Where to send batches, and the results. */
struct nfnl_probe_attempt {
	struct nfnl_socket *socket;
	nfnl_probe_send *send;
	void *ctx;
	bool *available;
	int *untried;
};

static int nfnl_probe_try(const struct nfnl_probe_attempt *a, int first, int end)
{
	struct nfnl_probe_batch b = { .socket = a->socket }, undo = { .socket = a->socket };
	bool wanted[_NFNL_PROBE_MAX] = { false };
	int feature, r;

	for (feature = first; feature < end; feature++)
		wanted[feature] = true;
	nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_BEGIN, NULL);
	nfnl_probe_build(&b, wanted);
	nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_END, NULL);
	nfnl_socket_marker(undo.socket, &undo.bytes, NFNL_MSG_BATCH_BEGIN, NULL);
	nfnl_probe_build_undo(&undo, wanted);
	nfnl_socket_marker(undo.socket, &undo.bytes, NFNL_MSG_BATCH_END, NULL);
	r = a->send(a->ctx, &b.bytes, &undo.bytes);
	buf_done(&b.bytes);
	buf_done(&undo.bytes);
	return r;
}

static void nfnl_probe_note(const struct nfnl_probe_attempt *a, int feature, int error)
{
	bool untried = error && !nfnl_probe_refused(error);

	a->available[feature] = !error || (untried && !nfnl_probe_descriptions[feature].replaced);
	if (untried)
		*a->untried = error;
}

/* Features from @first to before @end: together, or by halves. */
static int nfnl_probe_range(const struct nfnl_probe_attempt *a, int first, int end)
{
	int feature, middle = first + (end - first) / 2, r = nfnl_probe_try(a, first, end);

	if (r == -EPERM)
		return r;
	if (!r || end - first == 1) {
		for (feature = first; feature < end; feature++)
			nfnl_probe_note(a, feature, r);
		return 0;
	}
	r = nfnl_probe_range(a, first, middle);
	return r ? r : nfnl_probe_range(a, middle, end);
}

static int nfnl_probe_all(struct nfnl_socket *s, nfnl_probe_send *send, void *ctx,
			  bool ret_available[_NFNL_PROBE_MAX], int *ret_untried, struct err *reterr)
{
	const struct nfnl_probe_attempt a = { s, send, ctx, ret_available, ret_untried };
	int r;

	*ret_untried = 0;
	r = nfnl_probe_range(&a, 0, _NFNL_PROBE_MAX);
	return r < 0 ? err_set(reterr, r, "cannot ask the kernel what it can do: %s", strerror(-r)) : 0;
}

int nfnl_probe_run(nfnl_probe_send *send, void *ctx, bool ret_available[_NFNL_PROBE_MAX], int *ret_untried,
		   struct err *reterr)
{
	/* Only for sequence numbers. */
	struct nfnl_socket numbers = { .sequence = 1 };

	return nfnl_probe_all(&numbers, send, ctx, ret_available, ret_untried, reterr);
}

/* @ctx: the first error */
static int nfnl_probe_reply(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	int *error = ctx;

	if (nlh->nlmsg_type == NLMSG_ERROR && !*error)
		*error = e->error;
	return 0;
}

/* The kernel handles a batch within the call that sends it. */
static int nfnl_probe_transact(struct nfnl_socket *s, const struct buf *batch)
{
	int error = 0, r = nfnl_socket_send_batch(s, batch, NULL);

	if (!r)
		r = nfnl_socket_drain(s, nfnl_probe_reply, &error);
	return r < 0 ? r : error;
}

/* Delete the tables that exist. */
static void nfnl_probe_clear(struct nfnl_socket *s)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		struct nfnl_probe_batch b = { .socket = s };

		nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_BEGIN, NULL);
		nfnl_probe_delete_table(&b, (enum family)family);
		nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_END, NULL);
		(void)nfnl_probe_transact(s, &b.bytes);
		buf_done(&b.bytes);
	}
}

/* A daemon that was killed between the two has left the tables. */
static int nfnl_probe_send_to_kernel(void *ctx, const struct buf *batch, const struct buf *undo)
{
	struct nfnl_socket *s = ctx;
	int r = nfnl_probe_transact(s, batch);

	if (r == -EEXIST) {
		nfnl_probe_clear(s);
		r = nfnl_probe_transact(s, batch);
	}
	if (!r)
		(void)nfnl_probe_transact(s, undo);
	return r;
}

/*
 * A commit that fails in validation changes a mode of the network namespace: from then on the kernel validates all rules of
 * a new table again with each rule that is added, until a commit succeeds. 4,000 Services with session affinity
 * then take four times as long to load. So commit a table that is added and deleted.
 */
static void nfnl_probe_end(struct nfnl_socket *s)
{
	struct nfnl_probe_batch b = { .socket = s };

	nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_BEGIN, NULL);
	nfnl_probe_put_table(&b, FAMILY_IPV4, NFT_TABLE_F_DORMANT);
	nfnl_probe_delete_table(&b, FAMILY_IPV4);
	nfnl_socket_marker(b.socket, &b.bytes, NFNL_MSG_BATCH_END, NULL);
	(void)nfnl_probe_transact(s, &b.bytes);
	buf_done(&b.bytes);
}

int nfnl_probe_kernel(struct nfnl *nfnl, bool ret_available[_NFNL_PROBE_MAX], int *ret_untried,
		      struct err *reterr)
{
	struct nfnl_socket *s = &nfnl->socket;
	int feature, r = nfnl_probe_all(s, nfnl_probe_send_to_kernel, s, ret_available, ret_untried, reterr);

	for (feature = 0; !r && feature < _NFNL_PROBE_MAX; feature++)
		if (!ret_available[feature])
			break;
	if (r < 0 || feature < _NFNL_PROBE_MAX)
		nfnl_probe_end(s);
	nfnl->tables.destroy = !r && ret_available[NFNL_PROBE_DESTROY_ELEMENT];
	return r;
}
