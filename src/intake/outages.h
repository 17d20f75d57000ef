/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * outages.h - which failures of sources are logged, so that one failure is one line
 *
 * Room:     intake; pure: time is an argument (monotonic milliseconds).
 * Rule:     an API server has an outage from the first failure of a request for a kind until no kind fails any more. In it, each error
 *           code is logged once, whatever kinds have it; an outage that lasts is logged again every OUTAGES_STILL_MS. If one kind
 *           works again while others fail, the next failure of these is logged: it names what still fails. A manifest's failure is
 *           logged once, and again if its text changes. All lines are limited as by base/log_ratelimit.h.
 */
#ifndef INTAKE_OUTAGES_H
#define INTAKE_OUTAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log_ratelimit.h"
#include "decode/object.h"
#include "intake/last_lines.h"

#define OUTAGES_STILL_MS  (10 * 60 * 1000)
#define OUTAGES_CODES_MAX 8 /* different errors of one outage that are remembered */

/**
 * struct outages - Zeroed is: nothing fails
 * @failing:	kinds whose last request failed; the others answer
 * @codes:	errors that were logged in this outage; 0: none
 * @told:	at least one of them was
 * @since_ms, @told_ms: when the outage began, and when it was last logged
 * @origins:	of manifests: lines that say that they fail
 */
struct outages {
	bool failing[_OBJECT_KIND_MAX];
	int codes[OUTAGES_CODES_MAX];
	bool told;
	uint64_t since_ms;
	uint64_t told_ms;
	struct last_lines origins;
	struct log_ratelimit log_ratelimit;
};

enum outages_line {
	OUTAGES_LINE_NONE,
	OUTAGES_LINE_FAILED, /* it is new */
	OUTAGES_LINE_STILL,  /* it lasts for @ret_ms */
};

/**
 * outages_failed() - A source failed
 * @kind:	of the request to an API server; _OBJECT_KIND_MAX: @origin has no kinds
 * @ret_ms:	how long the outage lasts; only of a kind
 *
 * Return: the line to write now.
 */
enum outages_line outages_failed(struct outages *outages, const char *origin, enum object_kind kind,
				 const struct err *err, uint64_t now_ms, uint64_t *ret_ms);
/**
 * outages_ended() - A source works again, or a request for @kind
 * @ret_ms:	how long the outage lasted; 0 if it is not known
 *
 * Return: whether to log it: nothing of the API server fails any more, or @origin does not, and the failure was logged.
 */
bool outages_ended(struct outages *outages, const char *origin, enum object_kind kind, uint64_t now_ms,
		   uint64_t *ret_ms);
/** outages_absent() - We go on without @kind, which the API server forbids or does not have. Its caller logs that. */
void outages_absent(struct outages *outages, enum object_kind kind);

#endif
