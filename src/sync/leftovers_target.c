/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/leftovers_target.h"

#include "backend/diff_text.h"
#include "backend/nfnl_commit.h"
#include "ruleset/change.h"

void leftovers_target_init(struct leftovers_target *target, struct nfnl *nfnl)
{
	*target = (struct leftovers_target){ .nfnl = nfnl,
					     .skeleton = { .table_name = LAYOUT_TABLE_NAME,
							   .sets = layout_sets(),
							   .n_sets = _LAYOUT_SET_MAX } };
}

void leftovers_target_begin(const struct leftovers_target *target, struct changes *changes)
{
	change_init(changes, &target->skeleton);
}

int leftovers_target_send(struct leftovers_target *target, struct changes *changes, size_t n_deleted)
{
	struct backend_report report;
	int r = 0;

	change_finish(changes);
	if (target->text)
		diff_text_print(changes, target->columns, target->text);
	else
		r = nfnl_commit(target->nfnl, changes, &report, NULL);
	if (!r)
		target->n_deleted += n_deleted;
	change_done(changes);
	return r;
}
