/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_socket.h - a netlink socket of nf_tables
 *
 * Room:     backend. Internal to the nfnl backend, which has several: one for all requests and transactions, because an
 *           owned table can only be changed through the socket that owns it; one for notifications (backend/nfnl_monitor.h),
 *           so that notifications cannot push answers out of the receive queue; and one for each reader of client maps
 *           (backend/nfnl_clients.h), because a dump that is read in steps keeps a socket busy.
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

#define NFNL_SOCKET_SMALL_MAX	2048
#define NFNL_SOCKET_MESSAGE_MAX (80 * 1024) /* a nested attribute ends at 64 KiB */

/**
 * struct nfnl_socket - The socket
 * @sequence:	of the next message
 * @port:	our own netlink port number
 * @interrupted: the ruleset changed while the last request was answered by a dump
 */
struct nfnl_socket {
	struct mnl_socket *nl;
	uint32_t sequence;
	size_t send_buffer;
	uint32_t port;
	bool interrupted;
	char *receive;
};

/** typedef nfnl_socket_reply - Called for each reply; a negative errno stops and is returned. */
typedef int nfnl_socket_reply(void *ctx, const struct nlmsghdr *nlh);

int nfnl_socket_open(struct nfnl_socket *s, struct err *reterr);
/** nfnl_socket_open_at() - With this port number, or any other if that is taken. */
int nfnl_socket_open_at(struct nfnl_socket *s, uint32_t port, struct err *reterr);
/** nfnl_socket_adopt() - Go on with an open netlink socket, which is closed otherwise. Return: 0; negative errno: it is none. */
int nfnl_socket_adopt(struct nfnl_socket *s, int fd);
void nfnl_socket_close(struct nfnl_socket *s);
/** nfnl_socket_join() - Subscribe to the notifications of nf_tables, or end that; those in the queue stay there. */
int nfnl_socket_join(struct nfnl_socket *s, bool join);
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
 * A dump of many messages can be interrupted by any commit to any table: @s->interrupted. Elements of a set and rules of
 * one table are still complete if that table did not change; a list of chains may lack some or repeat some, because
 * the kernel counts the chains of all tables.
 *
 * Return: 0, or the kernel's error.
 */
int nfnl_socket_request(struct nfnl_socket *s, const struct buf *message, nfnl_socket_reply *reply,
			void *ctx);
/**
 * nfnl_socket_request_small() - The same for several messages, which take fewer system calls
 * @messages:	the last that were made, one or more; the last of them, and no other, asks for an acknowledgement
 *
 * Each answer may have at most NFNL_SOCKET_SMALL_MAX bytes. That something does not exist (-ENOENT) is no error; it has no answer.
 */
int nfnl_socket_request_small(struct nfnl_socket *s, const struct buf *messages, nfnl_socket_reply *reply,
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
 * nfnl_socket_receive() - Read one datagram without waiting, and hand its messages to @reply
 *
 * Return: 1; 0: none has arrived; negative errno, also from @reply.
 */
int nfnl_socket_receive(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx);
/**
 * nfnl_socket_drain() - Hand the messages that have arrived to @reply, without waiting
 *
 * Return: 0; the first negative errno. After -ENOBUFS the rest is read all the same.
 */
int nfnl_socket_drain(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx);
int nfnl_socket_fd(const struct nfnl_socket *s);

#endif
