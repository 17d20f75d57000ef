/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_probe.h - which nf_tables features this kernel has, found out by trying
 *
 * Room:     backend.
 * Rule:     never by version number. Features are tried in dormant tables that are deleted at once: no packet meets their hooks. Who
 *           listens to nf_tables sees them come and go.
 * Cost:     two small transactions if nothing is missing, some milliseconds.
 */
#ifndef BACKEND_NFNL_PROBE_H
#define BACKEND_NFNL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct nfnl;

enum nfnl_probe_feature {
	NFNL_PROBE_NAT,		    /* dnat through a map with numgen, masquerade */
	NFNL_PROBE_CT,		    /* ct status and ct original in nat chains */
	NFNL_PROBE_REJECT,	    /* reject in nat prerouting */
	NFNL_PROBE_FIB,		    /* fib in nat chains, postrouting among them */
	NFNL_PROBE_IPV6,	    /* all of the above in a table of family ip6 */
	NFNL_PROBE_LEARNING,	    /* maps that rules add to, with timeouts and jhash in the key */
	NFNL_PROBE_DESTROY_ELEMENT, /* deleting an element that may not exist */
	NFNL_PROBE_TABLE_OWNER,	    /* a table that no other process can change */
	NFNL_PROBE_TABLE_PERSIST,   /* such a table that outlives its owner */
	_NFNL_PROBE_MAX,
};

/**
 * struct nfnl_probe_description - A feature in words
 * @name:	in nft's terms
 * @needed:	without it Services do not work, or only a few
 * @lost:	what does not work without it
 * @replaced:	without it we go another way that all kernels have
 */
struct nfnl_probe_description {
	const char *name;
	bool needed;
	const char *lost;
	bool replaced;
};

const struct nfnl_probe_description *nfnl_probe_describe(enum nfnl_probe_feature feature);

/** typedef nfnl_probe_send - Let the kernel try @batch, and if it accepts that, @undo. Return: 0; negative: the first error */
typedef int nfnl_probe_send(void *ctx, const struct buf *batch, const struct buf *undo);

/**
 * nfnl_probe_run() - Try every feature
 * @ret_available: by enum nfnl_probe_feature. A feature that could not be tried (no memory) counts as available, and the transaction
 *		that needs it will fail; but not one that is replaced: such a transaction would fail for ever, if the kernel lacks it
 * @ret_untried: 0, or the error of a feature that could not be tried
 *
 * Return: 0; -EPERM: CAP_NET_ADMIN is missing. The results are undefined then.
 */
int nfnl_probe_run(nfnl_probe_send *send, void *ctx, bool ret_available[_NFNL_PROBE_MAX], int *ret_untried,
		   struct err *reterr) __attribute__((warn_unused_result));
/** nfnl_probe_kernel() - nfnl_probe_run() on the socket of @nfnl, which uses what is available; before the first transaction. */
int nfnl_probe_kernel(struct nfnl *nfnl, bool ret_available[_NFNL_PROBE_MAX], int *ret_untried,
		      struct err *reterr) __attribute__((warn_unused_result));

#endif
