/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_mark.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_commit.h"
#include "backend/nfnl_internal.h"
#include "base/buf.h"

/* The kernel's user data of a table, as nft writes it: a type, a length, the text with its NUL. */
#define NFNL_MARK_COMMENT 0
#define NFNL_MARK_HEAD	  2

struct nfnl_mark {
	bool exists;
	char text[NFNL_MARK_SIZE];
};

static struct nlmsghdr *nfnl_mark_message(struct nfnl *nfnl, struct buf *to, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh =
		nfnl_socket_message(&nfnl->socket, to, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
				    flags | NLM_F_ACK, nfnl_socket_nfproto(FAMILY_IPV4));

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, NFNL_MARK_TABLE);
	return nlh;
}

static void nfnl_mark_take_comment(struct nfnl_mark *mark, const struct nlattr *attr)
{
	const unsigned char *data = mnl_attr_get_payload(attr);
	size_t size = mnl_attr_get_payload_len(attr);

	if (size > NFNL_MARK_HEAD && data[0] == NFNL_MARK_COMMENT && data[1] == size - NFNL_MARK_HEAD &&
	    !data[size - 1])
		(void)snprintf(mark->text, sizeof(mark->text), "%s", (const char *)data + NFNL_MARK_HEAD);
}

static int nfnl_mark_reply(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_mark *mark = ctx;
	const struct nlattr *attr;

	mark->exists = true;
	mnl_attr_for_each(attr, nlh,
			  sizeof(struct nfgenmsg)) if (mnl_attr_get_type(attr) == NFTA_TABLE_USERDATA)
		nfnl_mark_take_comment(mark, attr);
	return 0;
}

static int nfnl_mark_ask(struct nfnl *nfnl, struct nfnl_mark *ret, struct err *reterr)
{
	struct buf message = BUF_INIT;
	int r;

	*ret = (struct nfnl_mark){ .exists = false };
	nfnl_socket_message_end(&message, nfnl_mark_message(nfnl, &message, NFT_MSG_GETTABLE, 0));
	r = nfnl_socket_request(&nfnl->socket, &message, nfnl_mark_reply, ret);
	buf_done(&message);
	if (r < 0 && r != -ENOENT)
		return err_set(reterr, r, "cannot ask for table " NFNL_MARK_TABLE ": %s", strerror(-r));
	return 0;
}

int nfnl_mark_read(struct nfnl *nfnl, char ret[NFNL_MARK_SIZE], struct err *reterr)
{
	struct nfnl_mark mark;
	int r = nfnl_mark_ask(nfnl, &mark, reterr);

	if (!r)
		memcpy(ret, mark.text, NFNL_MARK_SIZE);
	return r;
}

/* The kernel's answers to the messages from @first on. @n_accepted: those without an error. */
struct nfnl_mark_answer {
	uint32_t first;
	int error;
	unsigned int n_accepted;
};

static int nfnl_mark_answered(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	struct nfnl_mark_answer *answer = ctx;

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq < answer->first)
		return 0;
	if (!e->error)
		answer->n_accepted++;
	else if (!answer->error)
		answer->error = e->error;
	return 0;
}

static void nfnl_mark_put_text(struct nfnl *nfnl, struct buf *batch, const char *text)
{
	unsigned char comment[NFNL_MARK_HEAD + NFNL_MARK_SIZE] = { NFNL_MARK_COMMENT };
	struct nlmsghdr *nlh = nfnl_mark_message(nfnl, batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	size_t size = strnlen(text, NFNL_MARK_SIZE - 1);

	memcpy(comment + NFNL_MARK_HEAD, text, size);
	comment[1] = (unsigned char)(size + 1);
	mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS, htonl(nfnl->tables.flags));
	mnl_attr_put(nlh, NFTA_TABLE_USERDATA, NFNL_MARK_HEAD + size + 1, comment);
	nfnl_socket_message_end(batch, nlh);
}

int nfnl_mark_write(struct nfnl *nfnl, const char *text, struct err *reterr)
{
	struct nfnl_mark_answer answer = { .error = 0 };
	struct buf batch = BUF_INIT;
	struct nfnl_mark now;
	int r = nfnl_mark_ask(nfnl, &now, reterr);

	if (r < 0 || (!now.exists && !text))
		return r;
	answer.first = nfnl->socket.sequence;
	nfnl_socket_marker(&nfnl->socket, &batch, NFNL_MSG_BATCH_BEGIN, NULL);
	if (now.exists)
		nfnl_socket_message_end(&batch, nfnl_mark_message(nfnl, &batch, NFT_MSG_DELTABLE, 0));
	if (text)
		nfnl_mark_put_text(nfnl, &batch, text);
	nfnl_socket_marker(&nfnl->socket, &batch, NFNL_MSG_BATCH_END, NULL);
	r = nfnl_socket_send_batch(&nfnl->socket, &batch, reterr);
	buf_done(&batch);
	if (r < 0)
		return r;
	r = nfnl_socket_drain(&nfnl->socket, nfnl_mark_answered, &answer);
	if (!r && !answer.error && answer.n_accepted == (unsigned int)now.exists + (text != NULL)) {
		nfnl_commit_advance(nfnl);
		return 0;
	}
	if (!r)
		r = answer.error ? answer.error : -EIO;
	return err_set(reterr, r, "cannot %s table " NFNL_MARK_TABLE ": %s", text ? "make" : "delete",
		       strerror(-r));
}
