/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_socket.h - one netlink socket for requests, transactions and the news of other people's changes
 *
 * Room:     backend. Internal to the nfnl backend.
 * Rule:     all writes go through this one socket. It hears of its own changes, too, told apart by its port
 *           number; before a large transaction it stops listening, or they would overflow its queue.
 */
#ifndef BACKEND_NFNL_SOCKET_H
#define BACKEND_NFNL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct nlmsghdr;
struct mnl_socket;

#define NFNL_SOCKET_MESSAGE_MAX (80 * 1024) /* a nested attribute ends at 64 KiB */

/** typedef nfnl_socket_news - @nlh of somebody else names our table; NULL: notifications were lost. */
typedef void nfnl_socket_news(void *ctx, const struct nlmsghdr *nlh);

/**
 * struct nfnl_socket - The socket and what was heard on it
 * @sequence:	of the next message
 * @port:	our own netlink port number
 * @joined:	notifications are subscribed
 * @disturbed:	somebody else touched our tables, or notifications were lost
 * @disturber:	"nft (pid 123)" where the kernel said who, else ""
 * @touching:	our table was named in the generation that is being announced
 * @news:	who is told what others do to our tables; NULL: nobody
 */
struct nfnl_socket {
	struct mnl_socket *nl;
	const char *table_name;
	uint32_t sequence;
	size_t send_buffer;
	uint32_t port;
	bool joined;
	bool disturbed;
	bool touching;
	char disturber[64];
	nfnl_socket_news *news;
	void *news_ctx;
	char *receive;
};

/** typedef nfnl_socket_reply - Called for each reply; a negative errno stops and is returned. */
typedef int nfnl_socket_reply(void *ctx, const struct nlmsghdr *nlh);

int nfnl_socket_open(struct nfnl_socket *s, const char *table_name, struct err *reterr);
void nfnl_socket_close(struct nfnl_socket *s);
/** nfnl_socket_join() - Subscribe to the notifications of nf_tables. */
int nfnl_socket_join(struct nfnl_socket *s, struct err *reterr);
/** nfnl_socket_leave() - Stop listening; what was not read yet stays in the queue. */
void nfnl_socket_leave(struct nfnl_socket *s);
/** nfnl_socket_message() - Start a message at the end of @batch; finish it with nfnl_socket_message_end(). */
struct nlmsghdr *nfnl_socket_message(struct nfnl_socket *s, struct buf *batch, uint16_t type, uint16_t flags,
				     uint8_t nfproto);
void nfnl_socket_message_end(struct buf *batch, const struct nlmsghdr *nlh);
/**
 * nfnl_socket_request() - Send one message and hand every reply to @reply until the end
 *
 * Return: 0, or the kernel's error; -EINTR if a dump was inconsistent (somebody changed the ruleset in
 * between: start over).
 */
int nfnl_socket_request(struct nfnl_socket *s, const struct buf *message, nfnl_socket_reply *reply,
			void *ctx);
/** nfnl_socket_string() - What @nlh has in that attribute, "" if it has none; borrowed. */
const char *nfnl_socket_string(const struct nlmsghdr *nlh, uint16_t type);
/** nfnl_socket_generation() - Ask for the ruleset's generation. */
int nfnl_socket_generation(struct nfnl_socket *s, uint32_t *ret, struct err *reterr);
/** nfnl_socket_send_batch() - Send a transaction in one go, raising the send buffer as needed. */
int nfnl_socket_send_batch(struct nfnl_socket *s, const struct buf *batch, struct err *reterr);
/**
 * nfnl_socket_drain() - Read what has arrived; @reply gets answers to our messages, news is noted
 *
 * Return: 0; the first negative errno. After -ENOBUFS the rest was read all the same.
 */
int nfnl_socket_drain(struct nfnl_socket *s, nfnl_socket_reply *reply, void *ctx);
int nfnl_socket_fd(const struct nfnl_socket *s);

#endif
