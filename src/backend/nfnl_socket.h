/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_socket.h - one netlink socket for requests, transactions and notifications
 *
 * Room:     backend. Internal to the nfnl backend.
 * Rule:     all writes go through this one socket. The kernel notifies it of its own changes, too; their port number
 *           tells them apart (backend/nfnl_monitor.h). Unsubscribe before a large transaction: its notifications
 *           would overflow the receive queue.
 */
#ifndef BACKEND_NFNL_SOCKET_H
#define BACKEND_NFNL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

struct nlattr;
struct nlmsghdr;
struct mnl_socket;

#define NFNL_SOCKET_MESSAGE_MAX (80 * 1024) /* a nested attribute ends at 64 KiB */

/** typedef nfnl_socket_notification - @nlh: a notification of nf_tables; NULL: some were lost. */
typedef void nfnl_socket_notification(void *ctx, const struct nlmsghdr *nlh);

/**
 * struct nfnl_socket - The socket
 * @sequence:	of the next message
 * @port:	our own netlink port number
 * @joined:	notifications are subscribed
 * @notify:	called for each notification; NULL: no callback
 */
struct nfnl_socket {
	struct mnl_socket *nl;
	uint32_t sequence;
	size_t send_buffer;
	uint32_t port;
	bool joined;
	nfnl_socket_notification *notify;
	void *notify_ctx;
	char *receive;
};

/** typedef nfnl_socket_reply - Called for each reply; a negative errno stops and is returned. */
typedef int nfnl_socket_reply(void *ctx, const struct nlmsghdr *nlh);

int nfnl_socket_open(struct nfnl_socket *s, struct err *reterr);
void nfnl_socket_close(struct nfnl_socket *s);
/** nfnl_socket_join() - Subscribe to the notifications of nf_tables. */
int nfnl_socket_join(struct nfnl_socket *s, struct err *reterr);
/** nfnl_socket_leave() - Unsubscribe; notifications that arrived before stay in the queue. */
void nfnl_socket_leave(struct nfnl_socket *s);
/** nfnl_socket_message() - Start a message at the end of @batch; finish it with nfnl_socket_message_end(). */
struct nlmsghdr *nfnl_socket_message(struct nfnl_socket *s, struct buf *batch, uint16_t type, uint16_t flags,
				     uint8_t nfproto);
void nfnl_socket_message_end(struct buf *batch, const struct nlmsghdr *nlh);
/**
 * nfnl_socket_marker() - The first or last message of a transaction
 * @type:	NFNL_MSG_BATCH_BEGIN or NFNL_MSG_BATCH_END
 * @generation:	the kernel refuses the transaction if the ruleset has another one; NULL: any will do
 */
void nfnl_socket_marker(struct nfnl_socket *s, struct buf *batch, uint16_t type, const uint32_t *generation);
/** nfnl_socket_nfproto() - The kernel's number of a family. */
uint8_t nfnl_socket_nfproto(enum family family);
/**
 * nfnl_socket_request() - Send one message and hand every reply to @reply until the end
 *
 * Return: 0, or the kernel's error; -EINTR if a dump was inconsistent, because the ruleset changed in
 * between: start over.
 */
int nfnl_socket_request(struct nfnl_socket *s, const struct buf *message, nfnl_socket_reply *reply,
			void *ctx);
/** nfnl_socket_string() - The string in attribute @type of @nlh, "" if there is none; borrowed. */
const char *nfnl_socket_string(const struct nlmsghdr *nlh, uint16_t type);
/** nfnl_socket_u32() - The number in @attr, in host order; 0 if it is too short. */
uint32_t nfnl_socket_u32(const struct nlattr *attr);
/** nfnl_socket_generation() - Ask for the ruleset's generation. */
int nfnl_socket_generation(struct nfnl_socket *s, uint32_t *ret, struct err *reterr);
/** nfnl_socket_send_batch() - Send a transaction in one go, raising the send buffer as needed. */
int nfnl_socket_send_batch(struct nfnl_socket *s, const struct buf *batch, struct err *reterr);
/**
 * nfnl_socket_drain() - Read what has arrived, without waiting: answers go to @reply, notifications to @notify
 *
 * Return: 0; the first negative errno. After -ENOBUFS the rest is read all the same.
 */
int nfnl_socket_drain(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx);
int nfnl_socket_fd(const struct nfnl_socket *s);

#endif
