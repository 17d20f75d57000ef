/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/ready_chains.h"

#include <errno.h>

#include "backend/nfnl.h"
#include "backend/nfnl_commit.h"
#include "base/log.h"
#include "render/state.h"
#include "report/metrics.h"
#include "sync/sync_internal.h"

bool ready_chains_is_due(const struct sync *sync)
{
	return sync->first_done && !sync_has_more(sync) && nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT &&
	       state_ready_is_due(sync->state);
}

static void ready_chains_installed(struct sync *sync, const struct backend_report *report, size_t n_changes)
{
	state_commit(sync->state);
	if (sync->metrics)
		sync->metrics->bytes_sent += report->bytes;
	log_debug("sync", "chains are kept ready", LOG_NUMBER("changes", n_changes),
		  LOG_NUMBER("bytes", report->bytes), LOG_NUMBER("kernel_us", report->kernel_us));
}

enum ready_chains_result ready_chains_step(struct sync *sync, struct err *reterr)
{
	struct backend_report report;
	struct changes changes;
	unsigned int n;
	int r;

	if (!ready_chains_is_due(sync))
		return READY_CHAINS_RESULT_DONE;
	/* A survey looks for chains that are too much: none may be made meanwhile. */
	if (sync->survey || sync->compare || nfnl_is_suspect(sync->nfnl, &n))
		return READY_CHAINS_RESULT_WAIT;
	state_begin_ready(sync->state);
	change_init(&changes, NULL);
	state_changes(sync->state, &changes);
	r = nfnl_commit(sync->nfnl, &changes, &report, reterr);
	if (!r)
		ready_chains_installed(sync, &report, changes.n);
	else
		state_rollback(sync->state);
	/* What is to be deleted does not exist, or the reverse: the tables are not as they were last committed. */
	if ((r == -ENOENT || r == -EEXIST) && !nfnl_doubt(sync->nfnl, &changes))
		nfnl_forget(sync->nfnl);
	change_done(&changes);
	if (nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT)
		return READY_CHAINS_RESULT_SYNC;
	if (r < 0)
		return READY_CHAINS_RESULT_FAILED;
	return ready_chains_is_due(sync) ? READY_CHAINS_RESULT_MORE : READY_CHAINS_RESULT_DONE;
}
