/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_read.h - read our tables back from the kernel
 *
 * Room:     backend. Part of backend/nfnl.h.
 */
#ifndef BACKEND_NFNL_READ_H
#define BACKEND_NFNL_READ_H

#include "base/err.h"
#include "ruleset/snapshot.h"

struct nfnl;

/**
 * enum nfnl_read_what - What to read
 * @NFNL_READ_UNKNOWN: what is not known; may be nothing, all, or some objects
 * @NFNL_READ_ALL: all of both tables, in any state of knowledge
 * @NFNL_READ_FRAME: which tables, sets and client maps exist, and how many chains and elements; few messages, however many these are.
 *		nfnl_chain.h and nfnl_lookup.h read the content, in steps
 * @NFNL_READ_COMPARE: as NFNL_READ_FRAME, but what is known about the tables stays as it is, and so do notifications that
 *		have arrived
 */
enum nfnl_read_what {
	NFNL_READ_UNKNOWN,
	NFNL_READ_ALL,
	NFNL_READ_FRAME,
	NFNL_READ_COMPARE,
};

/**
 * nfnl_read() - Read back what is not known of our tables
 * @sets:	declarations of our sets, the same ones each time; none: only learn which tables exist, with NFNL_READ_ALL
 * @ret:	initialised here, sealed; snapshot_done() it before the next call that uses @nfnl. Its fingerprint() stays
 *		valid as long as @nfnl.
 *
 * The snapshot is partial if only some objects are unknown. But for NFNL_READ_COMPARE, what was read counts as unknown until the next nfnl_commit()
 * that succeeds (backend/knowledge.h).
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; -EINTR if the list of chains was interrupted during every try.
 */
int nfnl_read(struct nfnl *nfnl, const struct set_decl *sets, size_t n_sets, enum nfnl_read_what what,
	      struct snapshot *ret, struct err *reterr) __attribute__((warn_unused_result));

#endif
