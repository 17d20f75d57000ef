/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_mark.h - a line of text that the kernel keeps beside our tables
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Rule:     the text is the comment of an empty table of its own. This table has the same flags as our tables, so it lives as
 *           long as they do. It can be changed as long as our tables can: that needs no file and no new descriptor.
 */
#ifndef BACKEND_NFNL_MARK_H
#define BACKEND_NFNL_MARK_H

#include "base/err.h"

#define NFNL_MARK_TABLE "kube-nftproxy-saved"
#define NFNL_MARK_SIZE	128 /* of the text and its NUL: nft shows no longer comment */

struct nfnl;

/** nfnl_mark_read() - @ret: the text, "" if there is none. Return: 0; negative errno if the kernel cannot be asked. */
int nfnl_mark_read(struct nfnl *nfnl, char ret[NFNL_MARK_SIZE], struct err *reterr)
	__attribute__((warn_unused_result));
/** nfnl_mark_write() - Replace the text, in one transaction. @text: NULL: delete the table. */
int nfnl_mark_write(struct nfnl *nfnl, const char *text, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
