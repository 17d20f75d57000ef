/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "base/alloc.h"

#define NFNL_SOCKET_RECEIVE_SIZE   (64 * 1024)
#define NFNL_SOCKET_RECEIVE_BUFFER (4 * 1024 * 1024)
#define NFNL_SOCKET_SEND_SLACK	   4096

static void nfnl_socket_set_up(struct nfnl_socket *s)
{
	int size = NFNL_SOCKET_RECEIVE_BUFFER, fd = mnl_socket_get_fd(s->nl), one = 1;
	socklen_t len = sizeof(size);

	s->port = mnl_socket_get_portid(s->nl);
	/* Errors without a copy of the message that caused them; text from the kernel where it has some. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0)
		s->send_buffer = (size_t)size;
	s->receive = alloc_bytes(NFNL_SOCKET_RECEIVE_SIZE);
}

int nfnl_socket_open_at(struct nfnl_socket *s, uint32_t port, struct err *reterr)
{
	int r;

	*s = (struct nfnl_socket){ .sequence = 1 };
	s->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!s->nl)
		return err_set(reterr, -errno, "cannot open a netfilter netlink socket: %s", strerror(errno));
	if ((port == MNL_SOCKET_AUTOPID || mnl_socket_bind(s->nl, 0, (pid_t)port) < 0) &&
	    mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_set(reterr, -errno, "cannot bind the netfilter netlink socket: %s", strerror(errno));
		mnl_socket_close(s->nl);
		s->nl = NULL;
		return r;
	}
	nfnl_socket_set_up(s);
	return 0;
}

int nfnl_socket_open(struct nfnl_socket *s, struct err *reterr)
{
	return nfnl_socket_open_at(s, MNL_SOCKET_AUTOPID, reterr);
}

int nfnl_socket_adopt(struct nfnl_socket *s, int fd)
{
	int protocol = -1;
	socklen_t len = sizeof(protocol);

	*s = (struct nfnl_socket){ .sequence = 1 };
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 && protocol == NETLINK_NETFILTER)
		s->nl = mnl_socket_fdopen(fd);
	if (!s->nl) {
		(void)close(fd);
		return -EBADF;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	nfnl_socket_set_up(s);
	return 0;
}

void nfnl_socket_close(struct nfnl_socket *s)
{
	if (s->nl)
		mnl_socket_close(s->nl);
	free(s->receive);
	*s = (struct nfnl_socket){ .nl = NULL };
}

int nfnl_socket_fd(const struct nfnl_socket *s)
{
	return mnl_socket_get_fd(s->nl);
}

int nfnl_socket_join(struct nfnl_socket *s, bool join)
{
	int group = NFNLGRP_NFTABLES;

	return mnl_socket_setsockopt(s->nl, join ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group,
				     sizeof(group)) < 0
		       ? -errno
		       : 0;
}

struct nlmsghdr *nfnl_socket_message(struct nfnl_socket *s, struct buf *batch, uint16_t type, uint16_t flags,
				     uint8_t nfproto)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf_reserve(batch, NFNL_SOCKET_MESSAGE_MAX));
	struct nfgenmsg *nfg;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = s->sequence++;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = nfproto;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

void nfnl_socket_message_end(struct buf *batch, const struct nlmsghdr *nlh)
{
	batch->size += MNL_ALIGN(nlh->nlmsg_len);
}

void nfnl_socket_marker(struct nfnl_socket *s, struct buf *batch, uint16_t type, const uint32_t *generation)
{
	struct nlmsghdr *nlh = nfnl_socket_message(s, batch, type, 0, NFPROTO_UNSPEC);
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	nfg->res_id = htons(NFNL_SUBSYS_NFTABLES);
	if (generation)
		mnl_attr_put_u32(nlh, NFNL_BATCH_GENID, htonl(*generation));
	nfnl_socket_message_end(batch, nlh);
}

uint8_t nfnl_socket_nfproto(enum family family)
{
	return family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

const char *nfnl_socket_string(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == type && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return mnl_attr_get_str(attr);
	}
	return "";
}

uint32_t nfnl_socket_u32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) >= 4 ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

/* Return: 1; 0 if none has arrived (only without @wait); negative errno, also from @reply. */
static int nfnl_socket_read(struct nfnl_socket *s, bool wait, nfnl_socket_reply *reply, void *ctx)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = s->receive, .iov_len = NFNL_SOCKET_RECEIVE_SIZE };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	const struct nlmsghdr *nlh;
	ssize_t n;
	int left, r;

	do {
		n = recvmsg(nfnl_socket_fd(s), &msg, wait ? 0 : MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno == EAGAIN)
			return 0;
		return -errno;
	}
	if (msg.msg_flags & MSG_TRUNC || from.nl_pid != 0)
		return msg.msg_flags & MSG_TRUNC ? -ENOSPC : 1;
	left = (int)n;
	for (nlh = iov.iov_base; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		r = reply ? reply(ctx, nlh) : 0;
		if (r < 0)
			return r;
	}
	return 1;
}

int nfnl_socket_receive(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx)
{
	return nfnl_socket_read(s, false, reply, ctx);
}

int nfnl_socket_drain(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx)
{
	int r, first = 0;

	/* After an overflow the kernel silently drops messages until the queue is empty. */
	do {
		r = nfnl_socket_read(s, false, reply, ctx);
		if (r < 0 && !first)
			first = r;
	} while (r > 0 || r == -ENOBUFS);
	return first;
}

/**
 * struct nfnl_socket_wait - A request under way
 * @sequence, @last: of its first and its last message
 * @small:	nfnl_socket_request_small()
 */
struct nfnl_socket_wait {
	uint32_t sequence;
	uint32_t last;
	bool small;
	nfnl_socket_reply *reply;
	void *ctx;
	bool done;
	bool interrupted;
	int result;
};

static int nfnl_socket_wait_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_socket_wait *w = ctx;
	const struct nlmsgerr *e;

	if (nlh->nlmsg_seq - w->sequence > w->last - w->sequence)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		w->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE) {
		w->done = true;
		/* An error of a dump that had begun, such as -ENOENT for a set that was deleted in between. */
		if (!w->result && nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
			w->result = *(const int *)mnl_nlmsg_get_payload(nlh);
		return 0;
	}
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		e = mnl_nlmsg_get_payload(nlh);
		w->done = nlh->nlmsg_seq == w->last;
		if (!w->result && !(w->small && e->error == -ENOENT))
			w->result = e->error;
		return 0;
	}
	if (!w->result && w->reply)
		w->result = w->reply(w->ctx, nlh);
	return 0;
}

#define NFNL_SOCKET_SMALL_AT_ONCE (NFNL_SOCKET_RECEIVE_SIZE / NFNL_SOCKET_SMALL_MAX)

/*
 * Read some datagrams. The kernel has put all answers into the queue before sendto() returns, so an empty queue means that it
 * did not have room for them. Return: how many; negative errno.
 */
static int nfnl_socket_read_small(struct nfnl_socket *s, struct nfnl_socket_wait *w)
{
	struct sockaddr_nl from[NFNL_SOCKET_SMALL_AT_ONCE];
	struct iovec iov[NFNL_SOCKET_SMALL_AT_ONCE];
	struct mmsghdr msg[NFNL_SOCKET_SMALL_AT_ONCE];
	const struct nlmsghdr *nlh;
	int i, n, left;

	for (i = 0; i < NFNL_SOCKET_SMALL_AT_ONCE; i++) {
		iov[i] = (struct iovec){ s->receive + (size_t)i * NFNL_SOCKET_SMALL_MAX,
					 NFNL_SOCKET_SMALL_MAX };
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
							.msg_namelen = sizeof(from[i]),
							.msg_iov = &iov[i],
							.msg_iovlen = 1 } };
	}
	do {
		n = recvmmsg(nfnl_socket_fd(s), msg, NFNL_SOCKET_SMALL_AT_ONCE, MSG_DONTWAIT, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ENOBUFS : -errno;
	for (i = 0; i < n; i++) {
		if (msg[i].msg_hdr.msg_flags & MSG_TRUNC)
			return -ENOSPC;
		left = from[i].nl_pid == 0 ? (int)msg[i].msg_len : 0;
		for (nlh = iov[i].iov_base; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			(void)nfnl_socket_wait_reply(w, nlh);
	}
	return n;
}

/* @w->sequence is set here. */
static int nfnl_socket_wait(struct nfnl_socket *s, const struct buf *messages, struct nfnl_socket_wait *w)
{
	int r;

	w->sequence = ((const struct nlmsghdr *)messages->data)->nlmsg_seq;
	if (mnl_socket_sendto(s->nl, messages->data, messages->size) < 0)
		return -errno;
	while (!w->done) {
		r = w->small ? nfnl_socket_read_small(s, w)
			     : nfnl_socket_read(s, true, nfnl_socket_wait_reply, w);
		if (r < 0)
			return r;
	}
	s->interrupted = w->interrupted;
	return w->result;
}

int nfnl_socket_request(struct nfnl_socket *s, const struct buf *message, nfnl_socket_reply *reply, void *ctx)
{
	struct nfnl_socket_wait w = { .last = ((const struct nlmsghdr *)message->data)->nlmsg_seq,
				      .reply = reply,
				      .ctx = ctx };

	return nfnl_socket_wait(s, message, &w);
}

int nfnl_socket_request_small(struct nfnl_socket *s, const struct buf *messages, nfnl_socket_reply *reply,
			      void *ctx)
{
	/* They were the last that were made. */
	struct nfnl_socket_wait w = { .last = s->sequence - 1, .small = true, .reply = reply, .ctx = ctx };

	return nfnl_socket_wait(s, messages, &w);
}

static int nfnl_socket_generation_reply(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID && mnl_attr_get_payload_len(attr) >= 4)
			*(uint32_t *)ctx = nfnl_socket_u32(attr);
	}
	return 0;
}

int nfnl_socket_generation(struct nfnl_socket *s, uint32_t *ret, struct err *reterr)
{
	struct buf message = BUF_INIT;
	int r;

	nfnl_socket_message_end(&message,
				nfnl_socket_message(s, &message, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
						    NLM_F_ACK, NFPROTO_UNSPEC));
	r = nfnl_socket_request(s, &message, nfnl_socket_generation_reply, ret);
	buf_done(&message);
	if (r == -EPERM)
		return err_set(reterr, r, "no permission to use nf_tables: CAP_NET_ADMIN is missing");
	if (r < 0)
		return err_set(reterr, r, "cannot ask for the ruleset's generation: %s", strerror(-r));
	return 0;
}

static void nfnl_socket_raise(struct nfnl_socket *s, size_t want)
{
	int fd = nfnl_socket_fd(s), size = want > INT32_MAX / 2 ? INT32_MAX / 2 : (int)want;
	socklen_t len = sizeof(size);

	/* The kernel doubles the size; without CAP_NET_ADMIN net.core.wmem_max is the limit. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0)
		s->send_buffer = (size_t)size;
}

int nfnl_socket_send_batch(struct nfnl_socket *s, const struct buf *batch, struct err *reterr)
{
	size_t want = batch->size + NFNL_SOCKET_SEND_SLACK;

	if (want > s->send_buffer)
		nfnl_socket_raise(s, want);
	if (mnl_socket_sendto(s->nl, batch->data, batch->size) >= 0)
		return 0;
	if (errno == EMSGSIZE)
		return err_set(
			reterr, -EMSGSIZE,
			"a transaction of %zu bytes does not fit the socket's send buffer of %zu bytes; raise "
			"net.core.wmem_max to %zu, or run with CAP_NET_ADMIN in the initial user namespace",
			batch->size, s->send_buffer, want);
	return err_set(reterr, -errno, "cannot send a transaction of %zu bytes: %s", batch->size,
		       strerror(errno));
}
