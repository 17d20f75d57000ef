/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/other_tables.h"

#include <errno.h>

#include "backend/nfnl_empty.h"
#include "backend/nfnl_tables.h"
#include "base/log.h"
#include "render/layout.h"
#include "sync/sync_internal.h"

static int other_tables_begin(struct sync *sync, bool second)
{
	sync->first.emptied = nfnl_empty_new(sync->nfnl, second, NULL);
	return sync->first.emptied ? 1 : -EIO;
}

int other_tables_choose(struct sync *sync)
{
	enum nfnl_tables_found usual, second;
	int r = nfnl_tables_find(sync->nfnl, true, LAYOUT_CHAIN_PREROUTING, &second, NULL);

	sync->first.replaces = false;
	if (nfnl_tables_is_second(sync->nfnl))
		nfnl_tables_use(sync->nfnl, false);
	if (r < 0 || second == NFNL_TABLES_FOUND_NONE)
		return r;
	r = nfnl_tables_find(sync->nfnl, false, LAYOUT_CHAIN_PREROUTING, &usual, NULL);
	if (r < 0)
		return r;
	sync->first.replaces = second == NFNL_TABLES_FOUND_HOOKED && usual != NFNL_TABLES_FOUND_HOOKED;
	if (sync->first.replaces && usual == NFNL_TABLES_FOUND_NONE)
		return 0;
	/* Those that are not in force are half filled, or half emptied. */
	return other_tables_begin(sync, !sync->first.replaces);
}

void other_tables_replaced(struct sync *sync)
{
	(void)other_tables_begin(sync, !nfnl_tables_is_second(sync->nfnl));
}

int other_tables_step(struct sync *sync, struct err *reterr)
{
	int r;

	if (!sync->first.emptied)
		return err_set(reterr, -EIO, "their sets cannot be listed");
	r = nfnl_empty_step(sync->first.emptied, reterr);
	if (!r)
		log_debug("sync", "the other tables are deleted",
			  LOG_NUMBER("in_steps", (int64_t)nfnl_empty_n_deleted(sync->first.emptied)));
	if (r <= 0)
		sync->first.emptied = nfnl_empty_free(sync->first.emptied);
	return r;
}
