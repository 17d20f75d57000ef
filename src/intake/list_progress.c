/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/list_progress.h"

void list_progress_begin(struct list_progress *progress, uint64_t now_ms)
{
	*progress = (struct list_progress){ .begin_ms = now_ms, .said_ms = now_ms };
}

bool list_progress_add(struct list_progress *progress, uint64_t now_ms, uint64_t *ret_ms)
{
	progress->n++;
	*ret_ms = now_ms - progress->begin_ms;
	if (now_ms - progress->said_ms < LIST_PROGRESS_MS)
		return false;
	progress->said_ms = now_ms;
	return true;
}
