/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_tables.h"

#include <errno.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_internal.h"
#include "backend/nfnl_read.h"

#define NFNL_TABLES_TRIES_MAX 20

int nfnl_tables_adopt(struct nfnl *nfnl, bool *ret_adopted, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	bool all = true;
	int family, r;

	*ret_adopted = false;
	/* Without declarations no element is read. */
	r = nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, reterr);
	if (r < 0)
		return r;
	for (family = 0; family < _FAMILY_MAX; family++)
		all = all && (snapshot.table[family] == SNAPSHOT_TABLE_ABSENT || nfnl->tables.adopt[family]);
	snapshot_done(&snapshot);
	if (!nfnl_commit_adopts(nfnl))
		return 0;
	change_init(&changes, &skeleton);
	r = nfnl_commit(nfnl, &changes, &report, reterr);
	change_done(&changes);
	nfnl_forget(nfnl);
	*ret_adopted = !r && all;
	return r;
}

bool nfnl_tables_exist(struct nfnl *nfnl, struct err *reterr)
{
	struct snapshot snapshot;
	bool found = false;
	int family;

	if (nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, reterr) < 0)
		return true;
	for (family = 0; family < _FAMILY_MAX; family++)
		found |= snapshot.table[family] != SNAPSHOT_TABLE_ABSENT;
	snapshot_done(&snapshot);
	return found;
}

int nfnl_tables_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr)
{
	struct skeleton skeleton = { .table_name = nfnl->table_name };
	struct backend_report report;
	struct snapshot snapshot;
	struct changes changes;
	int family, r, tries;

	*ret_removed = false;
	for (tries = 0; tries < NFNL_TABLES_TRIES_MAX; tries++) {
		/* Without declarations a table is either absent or foreign, and no element is read. */
		r = nfnl_read(nfnl, NULL, 0, NFNL_READ_ALL, &snapshot, reterr);
		if (r < 0)
			return r;
		change_init(&changes, &skeleton);
		for (family = 0; family < _FAMILY_MAX; family++)
			if (snapshot.table[family] != SNAPSHOT_TABLE_ABSENT)
				change_add_table(&changes, CHANGE_OP_TABLE_DEL, family);
		*ret_removed = changes.n > 0;
		snapshot_done(&snapshot);
		r = nfnl_commit(nfnl, &changes, &report, reterr);
		change_done(&changes);
		if (r != -ESTALE)
			return r;
	}
	return r;
}
