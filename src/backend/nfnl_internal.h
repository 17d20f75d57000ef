/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_internal.h - shared by nfnl.c, nfnl_monitor.c and nfnl_read.c
 *
 * Room:     backend. Internal to the nfnl backend.
 */
#ifndef BACKEND_NFNL_INTERNAL_H
#define BACKEND_NFNL_INTERNAL_H

#include "backend/nfnl_batch.h"
#include "backend/nfnl_socket.h"
#include "ruleset/invalidated.h"
#include "ruleset/rule.h"

/**
 * struct nfnl - The connection
 * @generation:	of the ruleset that our knowledge stems from
 * @sets:	declarations given to the last nfnl_read(), for fingerprints and for the news
 * @news:	what others have touched, as far as was heard
 * @asked:	what the last nfnl_read() has read, until a transaction has put it right
 * @own:	nfnl_own()
 * @tables:	@tables.adopt: stands without an owner since the last nfnl_read()
 * @other_port:	netlink port of the process that owned one at the last nfnl_read(); 0: none
 */
struct nfnl {
	struct nfnl_socket socket;
	const char *table_name;
	uint32_t generation;
	const struct set_decl *sets;
	size_t n_sets;
	struct invalidated news;
	struct invalidated asked;
	bool own;
	struct nfnl_batch_tables tables;
	uint32_t other_port;
};

/** nfnl_monitor_take() - Note in @ctx's (a struct nfnl) @news what @nlh is about; NULL: it may be about anything. */
nfnl_socket_news nfnl_monitor_take;
/**
 * nfnl_fingerprint_chain() - First line: the base chain's place, or empty; then a line for each rule, as
 * libnftnl prints its expressions
 */
void nfnl_fingerprint_chain(struct nfnl *nfnl, const struct set_decl *sets, const struct chain *chain,
			    struct buf *text);

#endif
