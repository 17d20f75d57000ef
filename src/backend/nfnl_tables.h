/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_tables.h - adopt or remove our tables as a whole
 *
 * Room:     backend. Part of backend/nfnl.h.
 */
#ifndef BACKEND_NFNL_TABLES_H
#define BACKEND_NFNL_TABLES_H

#include <stdbool.h>

#include "base/err.h"

struct nfnl;

/**
 * nfnl_tables_adopt() - Own the tables that an earlier process has left, with their content; after nfnl_own(), before nfnl_read()
 * @ret_adopted: there is such a table, and each table that exists is ours now
 *
 * Their content is not read, and stays unknown.
 */
int nfnl_tables_adopt(struct nfnl *nfnl, bool *ret_adopted, struct err *reterr)
	__attribute__((warn_unused_result));
/** nfnl_tables_exist() - Whether there is a table of ours; true, too, with @reterr, if the kernel cannot be asked. */
bool nfnl_tables_exist(struct nfnl *nfnl, struct err *reterr);
/**
 * nfnl_tables_remove() - Delete our tables with all that they contain
 * @ret_removed: there was one
 */
int nfnl_tables_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
