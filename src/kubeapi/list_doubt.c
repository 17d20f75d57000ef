/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/list_doubt.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void list_doubt_done(struct list_doubt *doubt)
{
	free(doubt->marked_token);
	memset(doubt, 0, sizeof(*doubt));
}

static void list_doubt_mark(struct list_doubt *doubt, const char *token)
{
	free(doubt->marked_token);
	doubt->marked_token = alloc_string(token);
}

void list_doubt_begin(struct list_doubt *doubt)
{
	doubt->n_objects = 0;
	doubt->n_pages = 0;
	list_doubt_mark(doubt, NULL);
}

void list_doubt_watched(struct list_doubt *doubt)
{
	doubt->had_objects = true;
	doubt->lost = false;
}

static bool list_doubt_may_end(struct list_doubt *doubt)
{
	if (doubt->n_objects + doubt->n_pages <= LIST_DOUBT_SIZE_MAX)
		return true;
	doubt->reason = LIST_DOUBT_ENDLESS;
	return false;
}

bool list_doubt_accepts_object(struct list_doubt *doubt)
{
	doubt->n_objects++;
	doubt->had_objects = true;
	doubt->lost = false;
	return list_doubt_may_end(doubt);
}

bool list_doubt_accepts_page(struct list_doubt *doubt, const char *token)
{
	if (doubt->marked_token && strcmp(doubt->marked_token, token) == 0) {
		doubt->reason = LIST_DOUBT_PAGES_REPEAT;
		return false;
	}
	doubt->n_pages++;
	if ((doubt->n_pages & (doubt->n_pages - 1)) == 0)
		list_doubt_mark(doubt, token);
	return list_doubt_may_end(doubt);
}

bool list_doubt_is_older(const char *version, const char *than)
{
	size_t size = version ? strlen(version) : 0, than_size = than ? strlen(than) : 0;

	if (!size || strspn(version, "0123456789") != size || !than_size ||
	    strspn(than, "0123456789") != than_size || *version == '0' || *than == '0')
		return false;
	return size != than_size ? size < than_size : strcmp(version, than) < 0;
}

static enum list_doubt_reason list_doubt_of_end(const struct list_doubt *doubt, const char *version,
						const char *known)
{
	bool empty = !doubt->n_objects && doubt->had_objects;

	if (list_doubt_is_older(version, known))
		return empty ? LIST_DOUBT_BEHIND_AND_EMPTY : LIST_DOUBT_BEHIND;
	return empty ? LIST_DOUBT_EMPTY : LIST_DOUBT_NONE;
}

bool list_doubt_accepts_end(struct list_doubt *doubt, const char *version, const char *known, int64_t now_ms)
{
	enum list_doubt_reason reason = list_doubt_of_end(doubt, version, known);

	if (!doubt->n_ends)
		doubt->since_ms = now_ms;
	doubt->lost = doubt->lost || reason == LIST_DOUBT_BEHIND_AND_EMPTY;
	if (reason != LIST_DOUBT_NONE &&
	    (doubt->n_ends < LIST_DOUBT_TRIES ||
	     (reason == LIST_DOUBT_BEHIND_AND_EMPTY && now_ms - doubt->since_ms < LIST_DOUBT_MS))) {
		doubt->reason = reason;
		doubt->n_ends++;
		return false;
	}
	doubt->reason = LIST_DOUBT_NONE;
	doubt->n_ends = 0;
	doubt->had_objects = doubt->n_objects > 0;
	list_doubt_mark(doubt, NULL);
	return true;
}

bool list_doubt_finds_behind(const struct list_doubt *doubt)
{
	return doubt->n_ends == 1 &&
	       (doubt->reason == LIST_DOUBT_BEHIND || doubt->reason == LIST_DOUBT_BEHIND_AND_EMPTY);
}

bool list_doubt_is_pending(const struct list_doubt *doubt)
{
	return doubt->n_ends > 0;
}
