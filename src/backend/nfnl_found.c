/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_found.h"

#include <errno.h>

#include "backend/nfnl_dump.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_tables.h"

int nfnl_found_hooked(struct nfnl *nfnl, const char *base_chain, bool *ret, struct err *reterr)
{
	enum nfnl_tables_found found;
	int second, r = 0;

	*ret = false;
	for (second = 0; !r && !*ret && second <= 1; second++) {
		r = nfnl_tables_find(nfnl, second, base_chain, &found, reterr);
		*ret = !r && found == NFNL_TABLES_FOUND_HOOKED;
	}
	return r;
}

static void nfnl_found_element(void *ctx, const struct nlattr *entry)
{
	size_t *n = ctx;

	(void)entry;
	(*n)++;
}

static int nfnl_found_count_in(const char *table, enum family family, const char *set, size_t *n,
			       struct err *reterr)
{
	_cleanup_(nfnl_dump_freep) struct nfnl_dump *dump = nfnl_dump_new_of(table);
	struct err err = { 0 };
	int r = nfnl_dump_start(dump, family, set, &err);

	if (!r)
		do
			r = nfnl_dump_step(dump, nfnl_found_element, n, &err);
		while (r > 0 && *n < NFNL_FOUND_COUNT_MAX);
	/* No such table or set, or no IPv6 in this kernel. */
	if (r >= 0 || r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
		return 0;
	*reterr = err;
	return r;
}

int nfnl_found_count(struct nfnl *nfnl, const char *base_chain, const char *set, size_t *ret,
		     struct err *reterr)
{
	enum nfnl_tables_found found;
	int second, family, r = 0;

	*ret = 0;
	for (second = 0; !r && second <= 1; second++) {
		r = nfnl_tables_find(nfnl, second, base_chain, &found, reterr);
		for (family = 0; !r && found == NFNL_TABLES_FOUND_HOOKED && family < _FAMILY_MAX; family++)
			r = nfnl_found_count_in(nfnl->names[second], (enum family)family, set, ret, reterr);
	}
	*ret = *ret < NFNL_FOUND_COUNT_MAX ? *ret : NFNL_FOUND_COUNT_MAX;
	return r;
}
