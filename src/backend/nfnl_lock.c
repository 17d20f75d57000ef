/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_lock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_batch.h"
#include "backend/nfnl_socket.h"
#include "base/alloc.h"

#define NFNL_LOCK_TRIES 10

/* The socket's port number: this and our process ID, so that others can name us. Any other number is as good. */
#define NFNL_LOCK_PORT 0x40000000u

/* Not in user space's errno.h, but nf_tables returns it for unknown table flags. */
#define NFNL_LOCK_ENOTSUPP 524

struct nfnl_lock {
	struct nfnl_socket socket;
};

/* The table. @port: of the socket that owns it; 0: none does. */
struct nfnl_lock_table {
	bool exists;
	uint32_t port;
};

static struct nlmsghdr *nfnl_lock_message(struct nfnl_lock *lock, struct buf *to, uint16_t type,
					  uint16_t flags)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(&lock->socket, to, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    flags | NLM_F_ACK, nfnl_socket_nfproto(FAMILY_IPV4));

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, NFNL_LOCK_TABLE);
	return nlh;
}

static int nfnl_lock_on_table(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_lock_table *table = ctx;
	const struct nlattr *attr;

	table->exists = true;
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_OWNER)
			table->port = nfnl_socket_u32(attr);
	}
	return 0;
}

static int nfnl_lock_ask(struct nfnl_lock *lock, struct nfnl_lock_table *ret)
{
	struct buf message = BUF_INIT;
	int r;

	*ret = (struct nfnl_lock_table){ .exists = false };
	nfnl_socket_message_end(&message, nfnl_lock_message(lock, &message, NFT_MSG_GETTABLE, 0));
	r = nfnl_socket_request(&lock->socket, &message, nfnl_lock_on_table, ret);
	buf_done(&message);
	return r == -ENOENT ? 0 : r;
}

static int nfnl_lock_answered(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	int *error = ctx;

	if (nlh->nlmsg_type == NLMSG_ERROR && e->error && !*error)
		*error = e->error;
	return 0;
}

/* A table that nobody owns is none of a daemon, and is replaced. */
static int nfnl_lock_make(struct nfnl_lock *lock, bool replace)
{
	struct buf batch = BUF_INIT;
	struct nlmsghdr *nlh;
	int r, error = 0;

	nfnl_socket_marker(&lock->socket, &batch, NFNL_MSG_BATCH_BEGIN, NULL);
	if (replace)
		nfnl_socket_message_end(&batch, nfnl_lock_message(lock, &batch, NFT_MSG_DELTABLE, 0));
	nlh = nfnl_lock_message(lock, &batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(NFNL_BATCH_TABLE_F_OWNER));
	nfnl_socket_message_end(&batch, nlh);
	nfnl_socket_marker(&lock->socket, &batch, NFNL_MSG_BATCH_END, NULL);
	r = nfnl_socket_send_batch(&lock->socket, &batch, NULL);
	buf_done(&batch);
	if (!r)
		r = nfnl_socket_drain(&lock->socket, nfnl_lock_answered, &error);
	return r ? r : error;
}

static bool nfnl_lock_is_unsupported(int r)
{
	return r == -EINVAL || r == -EOPNOTSUPP || r == -NFNL_LOCK_ENOTSUPP;
}

/* Other processes may try at the same moment. After each try the kernel is asked whose it is. */
static int nfnl_lock_try(struct nfnl_lock *lock, int *ret_pid)
{
	struct nfnl_lock_table table;
	int tries, r = 0, made = 0;

	for (tries = 0; tries < NFNL_LOCK_TRIES; tries++) {
		r = nfnl_lock_ask(lock, &table);
		if (r < 0)
			return r;
		if (table.exists && table.port == lock->socket.port)
			return 0;
		if (table.exists && table.port) {
			*ret_pid = table.port & NFNL_LOCK_PORT ? (int)(table.port & ~NFNL_LOCK_PORT) : 0;
			return -EBUSY;
		}
		if (nfnl_lock_is_unsupported(made))
			return -EOPNOTSUPP;
		made = nfnl_lock_make(lock, table.exists);
	}
	return made ? made : -EBUSY;
}

static int nfnl_lock_open(struct nfnl_lock *lock, int kept_fd, struct err *reterr)
{
	if (kept_fd >= 0 && nfnl_socket_adopt(&lock->socket, kept_fd) == 0)
		return 0;
	return nfnl_socket_open_at(&lock->socket, NFNL_LOCK_PORT | (uint32_t)getpid(), reterr);
}

int nfnl_lock_take(int kept_fd, struct nfnl_lock **ret, int *ret_pid, struct err *reterr)
{
	_cleanup_(nfnl_lock_freep) struct nfnl_lock *lock = alloc_zeroed(1, sizeof(*lock));
	int r = nfnl_lock_open(lock, kept_fd, reterr);

	*ret_pid = 0;
	if (r < 0)
		return r;
	r = nfnl_lock_try(lock, ret_pid);
	if (r < 0)
		return err_set(reterr, r, "cannot make table " NFNL_LOCK_TABLE ": %s", strerror(-r));
	*ret = TAKE_PTR(lock);
	return 0;
}

struct nfnl_lock *nfnl_lock_free(struct nfnl_lock *lock)
{
	if (!lock)
		return NULL;
	nfnl_socket_close(&lock->socket);
	free(lock);
	return NULL;
}

int nfnl_lock_fd(const struct nfnl_lock *lock)
{
	return lock ? nfnl_socket_fd(&lock->socket) : -1;
}
