/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Steps
 *
 * The kernel writes one datagram of a dump at a time, when the receive buffer has room for it. So a dump goes in steps if
 * each turn of the loop reads one datagram. Deletions are sent CTFLUSH_BATCH at a time in one datagram. Each has its
 * own answer, and the next batch is sent after the last one; the answers make the socket readable again. Judging a flow
 * can be expensive, because its Service may have to be planned. So a turn also ends after CTFLUSH_TURN_US, and
 * ctflush_pending() says that the next one has to come without input.
 *
 * With a filter the kernel goes on through its table until the datagram is full. If few flows match, one call looks
 * through the whole table: 0.2 us for each flow, of all protocols. So the flows are counted first, and a large table is
 * read without a filter. That costs ten times the CPU time, but each call is short.
 */
#include "config.h"
#include "backend/ctflush.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>

#include "base/alloc.h"
#include "base/monotonic.h"

#define CTFLUSH_RECEIVE_SIZE (32 * 1024) /* the kernel fills no more in one datagram of a dump */
#define CTFLUSH_BATCH	     64
#define CTFLUSH_MESSAGE_MAX  256
#define CTFLUSH_TURN_US	     10000

/* The kernel's CTA_FILTER_F_CTA_PROTO_NUM, which is not in its headers for user space. */
#define CTFLUSH_FILTER_PROTO_NUM (1 << 3)

enum ctflush_phase {
	CTFLUSH_PHASE_IDLE,
	CTFLUSH_PHASE_COUNT,
	CTFLUSH_PHASE_DUMP,
	CTFLUSH_PHASE_DELETE,
};

/**
 * struct ctflush - The socket and the round under way
 * @left:	bytes at @at that were received, but not handled yet
 * @turn_end_us: when the turn under way ends
 * @sequence:	of the last message sent
 * @large:	one dump of all families and protocols
 * @family:	being dumped
 * @unfiltered:	this kernel does not know the filter
 * @interrupted: the dump under way is incomplete
 * @n_tries:	dumps of this family so far
 * @incomplete:	a family was given up after CTFLUSH_TRIES_MAX
 * @candidates:	stale flows found so far; a deletion was sent for those before @next, unless they are fine again
 * @n_unanswered: deletions sent, the last of them with number @sequence
 */
struct ctflush {
	struct mnl_socket *nl;
	char *receive;
	int left;
	const struct nlmsghdr *at;
	uint64_t turn_end_us;
	uint32_t sequence;
	enum ctflush_phase phase;
	bool large;
	bool family_wanted[_FAMILY_MAX];
	int family;
	bool unfiltered;
	bool interrupted;
	unsigned int n_tries;
	bool incomplete;
	ctflush_stale *stale;
	void *ctx;
	size_t n_candidates;
	size_t family_first; /* candidates before this are of earlier families */
	size_t next;
	struct flow *candidates;
	size_t n_unanswered;
	uint8_t sent_family[CTFLUSH_BATCH]; /* by sequence number modulo its size */
	struct ctflush_report report;
};

int ctflush_new(struct ctflush **ret, struct err *reterr)
{
	_cleanup_(ctflush_freep) struct ctflush *c = alloc_zeroed(1, sizeof(*c));
	int one = 1;

	c->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!c->nl || mnl_socket_bind(c->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return err_set(reterr, -errno, "cannot open a netlink socket for conntrack: %s",
			       strerror(errno));
	/* Answers without a copy of the message: a batch of them fits any receive buffer. */
	(void)setsockopt(ctflush_fd(c), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	c->receive = alloc_bytes(CTFLUSH_RECEIVE_SIZE);
	*ret = TAKE_PTR(c);
	return 0;
}

struct ctflush *ctflush_free(struct ctflush *ctflush)
{
	if (!ctflush)
		return NULL;
	if (ctflush->nl)
		mnl_socket_close(ctflush->nl);
	free(ctflush->candidates);
	free(ctflush->receive);
	free(ctflush);
	return NULL;
}

int ctflush_fd(const struct ctflush *ctflush)
{
	return mnl_socket_get_fd(ctflush->nl);
}

static struct nlmsghdr *ctflush_message(struct ctflush *c, char *at, uint16_t type, uint16_t flags,
					int family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(at);
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++c->sequence;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = family == FAMILY_IPV4 ? AF_INET : family == FAMILY_IPV6 ? AF_INET6 : AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/* Ask for UDP only. Kernels before 5.8 ignore that and send all; ctflush_take() checks it again. */
static void ctflush_put_filter(struct nlmsghdr *nlh)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG), *inner;

	inner = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, PROTOCOL_UDP);
	mnl_attr_nest_end(nlh, inner);
	mnl_attr_nest_end(nlh, tuple);
	inner = mnl_attr_nest_start(nlh, CTA_FILTER);
	mnl_attr_put_u32(nlh, CTA_FILTER_ORIG_FLAGS, CTFLUSH_FILTER_PROTO_NUM);
	mnl_attr_put_u32(nlh, CTA_FILTER_REPLY_FLAGS, 0);
	mnl_attr_nest_end(nlh, inner);
}

static int ctflush_dump(struct ctflush *c, struct err *reterr)
{
	char bytes[CTFLUSH_MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh =
		ctflush_message(c, bytes, IPCTNL_MSG_CT_GET, NLM_F_DUMP, c->large ? _FAMILY_MAX : c->family);

	if (!c->unfiltered && !c->large)
		ctflush_put_filter(nlh);
	c->interrupted = false;
	c->n_tries++;
	c->n_candidates = c->family_first;
	if (mnl_socket_sendto(c->nl, nlh, nlh->nlmsg_len) < 0)
		return err_set(reterr, -errno, "cannot ask for conntrack's flows: %s", strerror(errno));
	return 0;
}

/* Select the next wanted family to dump. Return: false if none is left. */
static bool ctflush_next_family(struct ctflush *c)
{
	do {
		c->family++;
	} while (c->family < _FAMILY_MAX && !c->family_wanted[c->family]);
	c->n_tries = 0;
	c->family_first = c->n_candidates;
	return c->family < _FAMILY_MAX;
}

static void ctflush_put_delete(struct ctflush *c, const struct flow *flow, char *at, size_t *size)
{
	struct nlmsghdr *nlh =
		ctflush_message(c, at, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, (int)flow->saddr.family);
	struct nf_conntrack *ct = nfct_new();

	if (!ct)
		alloc_failed();
	c->sent_family[nlh->nlmsg_seq % CTFLUSH_BATCH] = flow->saddr.family;
	if (flow->saddr.family == FAMILY_IPV4) {
		nfct_set_attr_u8(ct, ATTR_ORIG_L3PROTO, AF_INET);
		nfct_set_attr(ct, ATTR_ORIG_IPV4_SRC, flow->saddr.bytes);
		nfct_set_attr(ct, ATTR_ORIG_IPV4_DST, flow->daddr.bytes);
	} else {
		nfct_set_attr_u8(ct, ATTR_ORIG_L3PROTO, AF_INET6);
		nfct_set_attr(ct, ATTR_ORIG_IPV6_SRC, flow->saddr.bytes);
		nfct_set_attr(ct, ATTR_ORIG_IPV6_DST, flow->daddr.bytes);
	}
	nfct_set_attr_u8(ct, ATTR_ORIG_L4PROTO, flow->protocol);
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(flow->sport));
	nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(flow->dport));
	if (flow->zone)
		nfct_set_attr_u16(ct, ATTR_ZONE, flow->zone);
	(void)nfct_nlmsg_build(nlh, ct);
	nfct_destroy(ct);
	mnl_attr_put_u32(nlh, CTA_ID, htonl(flow->id));
	assert(nlh->nlmsg_len <= CTFLUSH_MESSAGE_MAX);
	*size += MNL_ALIGN(nlh->nlmsg_len);
}

static bool ctflush_turn_is_over(const struct ctflush *c)
{
	return monotonic_us() >= c->turn_end_us;
}

/* Send the next batch of deletions. Return: -EINPROGRESS; 0 if none is left; other negative errno. */
static int ctflush_delete(struct ctflush *c, struct err *reterr)
{
	char bytes[CTFLUSH_BATCH * CTFLUSH_MESSAGE_MAX] __attribute__((aligned(8)));
	size_t size = 0;

	c->phase = CTFLUSH_PHASE_DELETE;
	while (c->next < c->n_candidates && c->n_unanswered < CTFLUSH_BATCH && !ctflush_turn_is_over(c)) {
		const struct flow *flow = &c->candidates[c->next++];

		if (!c->stale(c->ctx, flow))
			continue;
		ctflush_put_delete(c, flow, bytes + size, &size);
		c->n_unanswered++;
	}
	if (!c->n_unanswered)
		return c->next < c->n_candidates ? -EINPROGRESS : 0;
	if (mnl_socket_sendto(c->nl, bytes, size) < 0)
		return err_set(reterr, -errno, "cannot delete %zu of conntrack's flows: %s", c->n_unanswered,
			       strerror(errno));
	return -EINPROGRESS;
}

static void ctflush_addr(const struct nf_conntrack *ct, enum nf_conntrack_attr ipv4,
			 enum nf_conntrack_attr ipv6, struct addr *ret)
{
	bool is_ipv4 = nfct_attr_is_set(ct, ipv4) > 0;
	const void *bytes = is_ipv4			     ? nfct_get_attr(ct, ipv4)
			    : nfct_attr_is_set(ct, ipv6) > 0 ? nfct_get_attr(ct, ipv6)
							     : NULL;

	memset(ret, 0, sizeof(*ret));
	ret->family = is_ipv4 ? FAMILY_IPV4 : FAMILY_IPV6;
	if (bytes)
		memcpy(ret->bytes, bytes, addr_size((enum family)ret->family));
}

static void ctflush_flow(const struct nf_conntrack *ct, struct flow *ret)
{
	*ret = (struct flow){ .protocol = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO) };
	ctflush_addr(ct, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC, &ret->saddr);
	ctflush_addr(ct, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST, &ret->daddr);
	ctflush_addr(ct, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC, &ret->reply_saddr);
	ret->sport = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_SRC));
	ret->dport = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_DST));
	ret->reply_sport = ntohs(nfct_get_attr_u16(ct, ATTR_REPL_PORT_SRC));
	ret->id = nfct_get_attr_u32(ct, ATTR_ID);
	if (nfct_attr_is_set(ct, ATTR_ZONE) > 0)
		ret->zone = nfct_get_attr_u16(ct, ATTR_ZONE);
	else if (nfct_attr_is_set(ct, ATTR_ORIG_ZONE) > 0)
		ret->zone = nfct_get_attr_u16(ct, ATTR_ORIG_ZONE);
}

static void ctflush_add(struct ctflush *c, const struct flow *flow)
{
	if (c->n_candidates == CTFLUSH_CANDIDATES_MAX) {
		c->report.more = true;
		return;
	}
	*ALLOC_APPEND(c->candidates, c->n_candidates) = *flow;
}

static void ctflush_take(struct ctflush *c, const struct nlmsghdr *nlh)
{
	struct nf_conntrack *ct;
	struct flow flow;

	if (nlh->nlmsg_type != (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
		return;
	ct = nfct_new();
	if (!ct)
		alloc_failed();
	if (nfct_nlmsg_parse(nlh, ct) >= 0) {
		c->report.n_flows++;
		ctflush_flow(ct, &flow);
		if (flow.protocol == PROTOCOL_UDP && c->stale(c->ctx, &flow))
			ctflush_add(c, &flow);
	}
	nfct_destroy(ct);
}

/* The error in an answer, 0 for none. The end of a dump may have one, too. */
static int ctflush_error(const struct nlmsghdr *nlh)
{
	const int *error = mnl_nlmsg_get_payload(nlh);

	return mnl_nlmsg_get_payload_len(nlh) >= sizeof(*error) ? *error : 0;
}

static int ctflush_ask_count(struct ctflush *c, struct err *reterr)
{
	char bytes[CTFLUSH_MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = ctflush_message(c, bytes, IPCTNL_MSG_CT_GET_STATS, 0, _FAMILY_MAX);

	if (mnl_socket_sendto(c->nl, nlh, nlh->nlmsg_len) < 0)
		return err_set(reterr, -errno, "cannot ask for the number of conntrack's flows: %s",
			       strerror(errno));
	return 0;
}

/* An error counts as a small table: the dump has the same error, if it is one. */
static int ctflush_counted(struct ctflush *c, const struct nlmsghdr *nlh, struct err *reterr)
{
	const struct nlattr *attr;
	int r;

	c->large = false;
	if (nlh->nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS)) {
		mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
		{
			if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_ENTRIES &&
			    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				c->large = ntohl(mnl_attr_get_u32(attr)) > CTFLUSH_FILTER_MAX;
		}
	}
	c->phase = CTFLUSH_PHASE_DUMP;
	r = ctflush_dump(c, reterr);
	return r < 0 ? r : -EINPROGRESS;
}

/* The dump of a family has ended. */
static int ctflush_dumped(struct ctflush *c, int error, struct err *reterr)
{
	int r;

	if (error && !c->unfiltered && !c->large && (error == -EINVAL || error == -EOPNOTSUPP)) {
		c->unfiltered = true;
		c->n_tries--;
		r = ctflush_dump(c, reterr);
		return r < 0 ? r : -EINPROGRESS;
	}
	if (error == -EINVAL || error == -EOPNOTSUPP || error == -ENOENT)
		return err_set(reterr, -EOPNOTSUPP, "this kernel's connection tracking cannot be read: %s",
			       strerror(-error));
	if (error && error != -EINTR)
		return err_set(reterr, error, "cannot read conntrack's flows: %s", strerror(-error));
	if (c->interrupted || error) {
		if (c->n_tries < CTFLUSH_TRIES_MAX) {
			r = ctflush_dump(c, reterr);
			return r < 0 ? r : -EINPROGRESS;
		}
		c->incomplete = true;
	}
	if (!c->large && ctflush_next_family(c)) {
		r = ctflush_dump(c, reterr);
		return r < 0 ? r : -EINPROGRESS;
	}
	return ctflush_delete(c, reterr);
}

static int ctflush_deleted(struct ctflush *c, uint32_t sequence, int error, struct err *reterr)
{
	if (!error) {
		c->report.n_deleted++;
		c->report.n_deleted_of[c->sent_family[sequence % CTFLUSH_BATCH]]++;
	} else if (error != -ENOENT) { /* ENOENT: it has timed out */
		c->report.n_refused++;
	}
	return --c->n_unanswered ? -EINPROGRESS : ctflush_delete(c, reterr);
}

/* Handle one message. Return: -EINPROGRESS: the round goes on. */
static int ctflush_reply(struct ctflush *c, const struct nlmsghdr *nlh, struct err *reterr)
{
	bool ends = nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR;

	switch (c->phase) {
	case CTFLUSH_PHASE_COUNT:
		return nlh->nlmsg_seq == c->sequence ? ctflush_counted(c, nlh, reterr) : -EINPROGRESS;
	case CTFLUSH_PHASE_DUMP:
		if (nlh->nlmsg_seq != c->sequence)
			return -EINPROGRESS;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			c->interrupted = true;
		if (ends)
			return ctflush_dumped(c, ctflush_error(nlh), reterr);
		ctflush_take(c, nlh);
		return -EINPROGRESS;
	case CTFLUSH_PHASE_DELETE:
		if (!ends || !c->n_unanswered || c->sequence - nlh->nlmsg_seq >= CTFLUSH_BATCH)
			return -EINPROGRESS;
		return ctflush_deleted(c, nlh->nlmsg_seq, ctflush_error(nlh), reterr);
	case CTFLUSH_PHASE_IDLE:
		break;
	}
	return 0;
}

/* Read one datagram. */
static int ctflush_receive(struct ctflush *c, struct err *reterr)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = c->receive, .iov_len = CTFLUSH_RECEIVE_SIZE };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	ssize_t n = recvmsg(ctflush_fd(c), &msg, MSG_DONTWAIT);

	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		/* A dump is incomplete, but its end will come. Lost answers to deletions will not. */
		if (errno == ENOBUFS && c->phase == CTFLUSH_PHASE_DUMP) {
			c->interrupted = true;
			return 0;
		}
		return err_set(reterr, -errno, "cannot read from conntrack: %s", strerror(errno));
	}
	if (from.nl_pid)
		return 0;
	if (msg.msg_flags & MSG_TRUNC)
		c->interrupted = true;
	c->at = iov.iov_base;
	c->left = (int)n;
	return 0;
}

/* One turn. Return: -EINPROGRESS: the round goes on. */
static int ctflush_turn(struct ctflush *c, struct err *reterr)
{
	int r;

	c->turn_end_us = monotonic_us() + CTFLUSH_TURN_US;
	if (!ctflush_pending(c)) {
		r = ctflush_receive(c, reterr);
		if (r < 0)
			return r;
	} else if (!c->left) {
		return ctflush_delete(c, reterr);
	}
	for (r = -EINPROGRESS; r == -EINPROGRESS && c->left && !ctflush_turn_is_over(c);) {
		const struct nlmsghdr *nlh = c->at;

		if (!mnl_nlmsg_ok(nlh, c->left)) {
			c->left = 0;
			break;
		}
		c->at = mnl_nlmsg_next(nlh, &c->left);
		r = ctflush_reply(c, nlh, reterr);
	}
	return r;
}

bool ctflush_pending(const struct ctflush *ctflush)
{
	return ctflush->left || (ctflush->phase == CTFLUSH_PHASE_DELETE && !ctflush->n_unanswered);
}

int ctflush_start(struct ctflush *ctflush, const bool family_wanted[_FAMILY_MAX], ctflush_stale *stale,
		  void *ctx, struct err *reterr)
{
	int r;

	assert(ctflush->phase == CTFLUSH_PHASE_IDLE);
	memcpy(ctflush->family_wanted, family_wanted, sizeof(ctflush->family_wanted));
	ctflush->family = -1;
	ctflush->incomplete = false;
	ctflush->large = false;
	ctflush->left = 0;
	ctflush->stale = stale;
	ctflush->ctx = ctx;
	ctflush->n_candidates = 0;
	ctflush->next = 0;
	ctflush->n_unanswered = 0;
	ctflush->report = (struct ctflush_report){ .n_flows = 0 };
	if (!ctflush_next_family(ctflush))
		return err_set(reterr, -EINVAL, "no family to look at");
	r = ctflush_ask_count(ctflush, reterr);
	if (!r)
		ctflush->phase = CTFLUSH_PHASE_COUNT;
	return r;
}

int ctflush_dispatch(struct ctflush *ctflush, struct ctflush_report *ret, struct err *reterr)
{
	int r = ctflush_turn(ctflush, reterr);

	if (ctflush->phase == CTFLUSH_PHASE_IDLE) {
		ctflush->left = 0;
		return 0;
	}
	if (r == -EINPROGRESS)
		return r;
	ctflush->phase = CTFLUSH_PHASE_IDLE;
	ctflush->left = 0;
	ctflush->report.n_found = ctflush->n_candidates;
	*ret = ctflush->report;
	ctflush->n_candidates = 0;
	free(ctflush->candidates);
	ctflush->candidates = NULL;
	if (!r && ctflush->incomplete)
		return err_set(reterr, -EINTR, "the table never held still in %d tries", CTFLUSH_TRIES_MAX);
	return r;
}
