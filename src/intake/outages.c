/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/outages.h"

#include <stdio.h>
#include <string.h>

static bool outages_is_one(const struct outages *outages)
{
	size_t kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (outages->failing[kind])
			return true;
	return false;
}

/* Returns whether @code was logged in this outage; if not, it is noted. With too many, further ones count as one. */
static bool outages_knows(struct outages *outages, int code)
{
	size_t i;

	for (i = 0; i < OUTAGES_CODES_MAX - 1 && outages->codes[i]; i++)
		if (outages->codes[i] == code)
			return true;
	if (outages->codes[i])
		return true;
	outages->codes[i] = code;
	return false;
}

static bool outages_may_say(struct outages *outages, const char *origin, int code, const char *text,
			    uint64_t now_ms)
{
	char failure[ERR_TEXT_SIZE];

	(void)snprintf(failure, sizeof(failure), "%d %s", code, text);
	return log_ratelimit_may_say(&outages->log_ratelimit, origin, failure, now_ms);
}

static enum outages_line outages_kind_failed(struct outages *outages, const char *origin,
					     enum object_kind kind, int code, uint64_t now_ms)
{
	if (!outages_is_one(outages)) {
		memset(outages->codes, 0, sizeof(outages->codes));
		outages->since_ms = now_ms;
		outages->told = false;
	}
	outages->failing[kind] = true;
	if (outages->told && now_ms - outages->told_ms >= OUTAGES_STILL_MS) {
		(void)outages_knows(outages, code);
		outages->told_ms = now_ms;
		return OUTAGES_LINE_STILL;
	}
	if (outages_knows(outages, code) || !outages_may_say(outages, origin, code, "", now_ms))
		return OUTAGES_LINE_NONE;
	outages->told = true;
	outages->told_ms = now_ms;
	return OUTAGES_LINE_FAILED;
}

static enum outages_line outages_origin_failed(struct outages *outages, const char *origin,
					       const struct err *err, uint64_t now_ms)
{
	if (last_lines_has(&outages->origins, origin, err->text) ||
	    !outages_may_say(outages, origin, err->code, err->text, now_ms))
		return OUTAGES_LINE_NONE;
	last_lines_note(&outages->origins, origin, err->text);
	return OUTAGES_LINE_FAILED;
}

enum outages_line outages_failed(struct outages *outages, const char *origin, enum object_kind kind,
				 const struct err *err, uint64_t now_ms, uint64_t *ret_ms)
{
	enum outages_line line;

	*ret_ms = 0;
	if (kind != _OBJECT_KIND_MAX) {
		line = outages_kind_failed(outages, origin, kind, err->code, now_ms);
		*ret_ms = now_ms - outages->since_ms;
		return line;
	}
	return outages_origin_failed(outages, origin, err, now_ms);
}

bool outages_ended(struct outages *outages, const char *origin, enum object_kind kind, uint64_t now_ms,
		   uint64_t *ret_ms)
{
	*ret_ms = 0;
	if (kind == _OBJECT_KIND_MAX)
		return last_lines_forget(&outages->origins, origin);
	if (!outages->failing[kind])
		return false;
	outages->failing[kind] = false;
	if (outages_is_one(outages)) {
		memset(outages->codes, 0, sizeof(outages->codes));
		return false;
	}
	*ret_ms = now_ms - outages->since_ms;
	return outages->told;
}

void outages_absent(struct outages *outages, enum object_kind kind)
{
	outages->failing[kind] = false;
}
