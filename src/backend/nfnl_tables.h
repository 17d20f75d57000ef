/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_tables.h - adopt, remove or replace our tables as a whole
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
/** nfnl_tables_exist() - Whether there is a table of ours, with either name; true, too, with @reterr, if the kernel cannot be asked. */
bool nfnl_tables_exist(struct nfnl *nfnl, struct err *reterr);
enum nfnl_tables_found {
	NFNL_TABLES_FOUND_NONE,
	NFNL_TABLES_FOUND_UNHOOKED, /* no packet meets them */
	NFNL_TABLES_FOUND_HOOKED,
};

/**
 * nfnl_tables_use() - Work with the tables with the usual name, or with those with the second one, of which nothing is known
 *
 * Two tables of one name cannot exist. So tables that replace large ones are filled under the second name, while packets still meet the
 * others.
 */
void nfnl_tables_use(struct nfnl *nfnl, bool second);
/** nfnl_tables_ask_other() - nfnl_lookup() and nfnl_chain_read() ask tables with the other name; with false again those in use. Not to be sent to. */
void nfnl_tables_ask_other(struct nfnl *nfnl, bool other);
/** nfnl_tables_is_second() - The tables in use have the second name. */
bool nfnl_tables_is_second(const struct nfnl *nfnl);
/**
 * nfnl_tables_find() - Which of the tables with one name exist
 * @base_chain:	name of a chain that is in each table that packets meet
 */
int nfnl_tables_find(struct nfnl *nfnl, bool second, const char *base_chain, enum nfnl_tables_found *ret,
		     struct err *reterr) __attribute__((warn_unused_result));
/** nfnl_tables_use_hooked() - Use the tables that packets meet: those with the second name, if only they have @base_chain. */
int nfnl_tables_use_hooked(struct nfnl *nfnl, const char *base_chain, struct err *reterr)
	__attribute__((warn_unused_result));
/** nfnl_tables_belong_to_other() - The last nfnl_read() found that another process owns one of them. */
bool nfnl_tables_belong_to_other(const struct nfnl *nfnl);
/**
 * nfnl_tables_replace() - The next nfnl_commit() that succeeds also deletes the tables with the other name that exist now
 *
 * In the transaction with its base chains, if it has several.
 */
int nfnl_tables_replace(struct nfnl *nfnl, struct err *reterr) __attribute__((warn_unused_result));
/**
 * nfnl_tables_unhook() - Likewise, but it deletes only their base chains, so that no packet meets them any more
 *
 * nfnl_empty.h deletes the rest. If the base chains cannot be listed, the tables are deleted at once: they have more of them than ours
 * ever had, or others commit so often that each list may lack some.
 */
int nfnl_tables_unhook(struct nfnl *nfnl, struct err *reterr) __attribute__((warn_unused_result));
/** nfnl_tables_keep() - It does neither. */
void nfnl_tables_keep(struct nfnl *nfnl);
/**
 * nfnl_tables_remove() - Delete our tables with all that they contain, with both names
 * @ret_removed: there was one
 */
int nfnl_tables_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
