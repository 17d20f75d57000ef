/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status_verdict.h"

#include <inttypes.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/status.h"
#include "report/words.h"

#define STATUS_VERDICT_LABEL "Why         "

static void status_verdict_reason(const struct status *status, struct buf *text)
{
	char age[24];

	switch (status->reason) {
	case HEALTH_REASON_TABLES_UNREADABLE:
		buf_printf(text, "the kernel cannot be asked for our tables");
		break;
	case HEALTH_REASON_NO_RULES:
		buf_printf(text, "there are no rules on this node");
		break;
	case HEALTH_REASON_TABLES_CHANGED:
		buf_printf(text, "%s changed our tables, and they are not repaired yet",
			   *status->changed_by ? status->changed_by : "another program");
		break;
	case HEALTH_REASON_SYNC_OVERDUE:
		buf_printf(text, "no change has reached the kernel for %s",
			   words_age(status->overdue_s, age));
		break;
	case HEALTH_REASON_EARLIER_RULES:
		buf_printf(text, "only rules of an earlier run are in force");
		break;
	case HEALTH_REASON_DATA_LOST:
		buf_printf(text, "the API server has lost its data, and has no Node %s any more",
			   status->node);
		break;
	case HEALTH_REASON_SERVICES_MISSING:
		buf_printf(text, "%" PRIu64 " Service%s never installed since the start", status->n_refused,
			   status->n_refused == 1 ? " was" : "s were");
		break;
	case HEALTH_REASON_NO_DAEMON:
		buf_printf(text, "no daemon was asked, this is what the source has");
		break;
	case HEALTH_REASON_NONE:
	case _HEALTH_REASON_MAX:
		break;
	}
}

/* The failure that has lasted longest. */
static void status_verdict_requests(const struct status *status, struct buf *text)
{
	const struct metrics_kind *worst = NULL;
	char age[24];
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++)
		if (status_kind_fails(&status->kinds[i]) &&
		    (!worst || status->kinds[i].trouble_ms > worst->trouble_ms))
			worst = &status->kinds[i];
	buf_printf(text, "requests to the API server have failed for %s",
		   words_age(worst ? (double)worst->trouble_ms / 1e3 : 0, age));
	if (worst && worst->trouble_code)
		buf_printf(text, " (%d)", worst->trouble_code);
}

static void status_verdict_trouble(const struct status *status, enum status_trouble trouble, struct buf *text)
{
	uint64_t n_refused = status->n_rejected > status->n_refused ? status->n_rejected : status->n_refused;
	char age[24];

	switch (trouble) {
	case STATUS_TROUBLE_SYNC_FAILS:
		buf_printf(text, "syncs have failed for %s", words_age(status->failed_s, age));
		break;
	case STATUS_TROUBLE_REQUESTS_FAIL:
		status_verdict_requests(status, text);
		break;
	case STATUS_TROUBLE_DATA_DOUBTED:
		buf_printf(text, "the API server may have lost its data");
		break;
	case STATUS_TROUBLE_SAVED_STATE:
		buf_printf(text, "the rules are from what was saved %s ago", words_age(status->saved_s, age));
		break;
	case STATUS_TROUBLE_NODE_INELIGIBLE:
		buf_printf(text, "load balancers may not use this node");
		break;
	case STATUS_TROUBLE_NODE_MISSING:
		buf_printf(text, "there is no Node object %s", status->node);
		break;
	case STATUS_TROUBLE_NODE_UNREAD:
		buf_printf(text, "the Node object cannot be read");
		break;
	case STATUS_TROUBLE_OBJECTS_REFUSED:
		buf_printf(text, "%" PRIu64 " object%s refused", n_refused, n_refused == 1 ? " is" : "s are");
		break;
	case STATUS_TROUBLE_CONFLICTS:
		buf_printf(text, "%zu front end%s lost to other Services", status->n_conflicts,
			   status->n_conflicts == 1 ? " is" : "s are");
		break;
	case STATUS_TROUBLE_CONFIG_REFUSED:
		buf_printf(text, "the changed configuration file is refused");
		break;
	case _STATUS_TROUBLE_MAX:
		break;
	}
}

static void status_verdict_line(const struct status *status, struct buf *line)
{
	bool any = false;
	int trouble;

	switch (status->verdict) {
	case HEALTH_VERDICT_NOT_SERVING:
		buf_printf(line, "NOT SERVING: ");
		status_verdict_reason(status, line);
		return;
	case HEALTH_VERDICT_UNKNOWN:
		buf_printf(line, "Unknown: ");
		status_verdict_reason(status, line);
		return;
	case HEALTH_VERDICT_SERVING:
	case _HEALTH_VERDICT_MAX:
		break;
	}
	buf_printf(line, "Serving");
	for (trouble = 0; trouble < _STATUS_TROUBLE_MAX; trouble++) {
		if (!status_has_trouble(status, (enum status_trouble)trouble))
			continue;
		buf_printf(line, "%s", any ? "; " : ", but ");
		status_verdict_trouble(status, (enum status_trouble)trouble, line);
		any = true;
	}
}

/* A paragraph of those that stand behind one label. */
static void status_verdict_say(const char **label, const char *text, struct buf *to)
{
	words_labelled(to, *label, sizeof(STATUS_VERDICT_LABEL) - 1, text);
	*label = "            ";
}

/* Until rules are made: what is waited for. */
static void status_verdict_unmade(const struct status *status, const char **label, struct buf *to)
{
	struct buf text = BUF_INIT;
	size_t i, n = 0;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++)
		if (!status->kinds[i].listed)
			buf_printf(&text, "%s%s", n++ ? ", " : "", status->kinds[i].name);
	if (n)
		buf_printf(&text, ": not listed yet, see below");
	else if (!status->not_made && !status->n_failed)
		buf_printf(&text, "all objects are known, and rules are being made");
	if (text.size)
		status_verdict_say(label, buf_text(&text), to);
	if (status->not_made)
		status_verdict_say(label, status->not_made, to);
	buf_done(&text);
}

static void status_verdict_failure(const struct status *status, const char **label, struct buf *to)
{
	struct buf text = BUF_INIT;
	size_t i;

	buf_printf(&text, "%" PRIu64 " sync%s failed, the last one because %s", status->n_failed,
		   status->n_failed == 1 ? " has" : "s have", status->failure);
	status_verdict_say(label, buf_text(&text), to);
	buf_reset(&text);
	if (status->n_waiting)
		buf_printf(&text,
			   status->n_waiting == 1
				   ? "a Service waits, and the kernel has what it had before: "
				   : "%zu Services wait, and the kernel has what it had before: ",
			   status->n_waiting);
	for (i = 0; i < status->n_waiting && i < STATUS_WAITING_MAX; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", status->waiting[i]);
	if (i < status->n_waiting)
		buf_printf(&text, " and %zu more", status->n_waiting - i);
	if (text.size)
		status_verdict_say(label, buf_text(&text), to);
	buf_done(&text);
}

void status_verdict_print(const struct status *status, bool colour, struct buf *to)
{
	bool good = status->verdict == HEALTH_VERDICT_SERVING && !status_has_troubles(status);
	struct buf line = BUF_INIT, wrapped = BUF_INIT;
	const char *label = STATUS_VERDICT_LABEL;

	status_verdict_line(status, &line);
	words_wrap(&wrapped, 0, 2, buf_text(&line));
	wrapped.size--; /* the end of the line is not coloured */
	words_colour(to, colour, good ? WORDS_COLOUR_GOOD : WORDS_COLOUR_BAD, buf_text(&wrapped));
	buf_add(to, "\n", 1);
	if (status->live && status->verdict != HEALTH_VERDICT_SERVING && status->made != HEALTH_RULES_MADE)
		status_verdict_unmade(status, &label, to);
	if (status->n_failed)
		status_verdict_failure(status, &label, to);
	buf_done(&line);
	buf_done(&wrapped);
}
