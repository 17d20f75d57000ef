/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/explain_verdict.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "report/explain.h"
#include "report/words.h"

/**
 * struct explain_verdict_count - Front ends by what becomes of connections to them
 * @n:		of all ports that were asked for
 * @first_bad:	the first one that is not served, and its port
 */
struct explain_verdict_count {
	size_t n;
	size_t n_by[_EXPLAIN_OUTCOME_MAX];
	const struct explain_frontend *first_bad;
	const struct explain_port *bad_port;
};

static void explain_verdict_count(const struct explain *explain, struct explain_verdict_count *ret)
{
	size_t i, k;

	*ret = (struct explain_verdict_count){ .n = 0 };
	for (i = 0; i < explain->n_ports; i++)
		for (k = 0; k < explain->ports[i].n_frontends; k++) {
			const struct explain_frontend *frontend = &explain->ports[i].frontends[k];

			ret->n++;
			ret->n_by[frontend->outcome]++;
			if (frontend->outcome == EXPLAIN_OUTCOME_SERVED || ret->first_bad)
				continue;
			ret->first_bad = frontend;
			ret->bad_port = &explain->ports[i];
		}
}

enum explain_verdict explain_verdict(const struct explain *explain)
{
	struct explain_verdict_count count;

	if (explain->n_unknown)
		return EXPLAIN_VERDICT_UNKNOWN;
	if (explain->rejected)
		return EXPLAIN_VERDICT_REJECTED;
	if (explain->waiting.why)
		return EXPLAIN_VERDICT_WAITS;
	explain_verdict_count(explain, &count);
	if (explain->not_served || !count.n)
		return EXPLAIN_VERDICT_NOT_SERVED;
	if (count.n_by[EXPLAIN_OUTCOME_SERVED] == count.n)
		return EXPLAIN_VERDICT_SERVES;
	if (count.n_by[EXPLAIN_OUTCOME_REFUSED] == count.n)
		return EXPLAIN_VERDICT_REFUSES;
	if (count.n_by[EXPLAIN_OUTCOME_DROPPED] == count.n)
		return EXPLAIN_VERDICT_DROPS;
	return EXPLAIN_VERDICT_SERVES_PARTLY;
}

const char *explain_verdict_name(enum explain_verdict verdict)
{
	static const char *const names[_EXPLAIN_VERDICT_MAX] = {
		[EXPLAIN_VERDICT_SERVES] = "serves",	 [EXPLAIN_VERDICT_NOT_SERVED] = "not-served",
		[EXPLAIN_VERDICT_REFUSES] = "refuses",	 [EXPLAIN_VERDICT_SERVES_PARTLY] = "serves-partly",
		[EXPLAIN_VERDICT_DROPS] = "drops",	 [EXPLAIN_VERDICT_WAITS] = "waits",
		[EXPLAIN_VERDICT_REJECTED] = "rejected", [EXPLAIN_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

static const char *explain_verdict_s(size_t n)
{
	return n == 1 ? "" : "s";
}

/* --- why a port has no endpoint to use ---------------------------------------------------------------------
 */

static bool explain_verdict_all_are(const struct explain_port *port, const char *reason)
{
	size_t i;

	for (i = 0; i < port->n_endpoints; i++)
		if (strcmp(port->endpoints[i].cluster, reason) != 0)
			return false;
	return true;
}

/* "2 endpoints, none ready" */
static void explain_verdict_no_endpoint(const struct explain_port *port, struct buf *line)
{
	if (!port->n_endpoints && port->n_notes) {
		buf_printf(line, "%s", port->notes[0]);
		return;
	}
	if (!port->n_endpoints) {
		buf_printf(line, "there are no endpoints");
		return;
	}
	buf_printf(line, "%zu endpoint%s, none %s", port->n_endpoints, explain_verdict_s(port->n_endpoints),
		   explain_verdict_all_are(port, "not-ready") ? "ready" : "usable");
}

static void explain_verdict_outcome(const struct explain_frontend *frontend, const struct explain_port *port,
				    struct buf *line)
{
	char owner[SERVICE_NAME_TEXT_SIZE];

	switch (frontend->outcome) {
	case EXPLAIN_OUTCOME_REFUSED:
		buf_printf(line, "refuses everyone: ");
		explain_verdict_no_endpoint(port, line);
		return;
	case EXPLAIN_OUTCOME_DROPPED:
		buf_printf(line, "drops everything: %zu endpoint%s, none on this node", port->n_endpoints,
			   explain_verdict_s(port->n_endpoints));
		return;
	case EXPLAIN_OUTCOME_LOST:
		buf_printf(line, "is Service %s's: %s", service_name_print(frontend->owner, owner),
			   frontend->why);
		return;
	case EXPLAIN_OUTCOME_SERVED:
	case _EXPLAIN_OUTCOME_MAX:
		break;
	}
}

/* --- the line ------------------------------------------------------------------------------------------------
 */

static void explain_verdict_unknown(const struct explain *explain, struct buf *line)
{
	size_t i;

	for (i = 0; i < explain->n_unknown; i++) {
		buf_printf(line, "%s%ss unknown", i ? ", " : "", explain->unknown[i].kind);
		if (explain->unknown[i].why)
			buf_printf(line, " (%s)", explain->unknown[i].why);
	}
	if (explain->in_force)
		buf_printf(line, "; %s", explain->in_force);
}

static void explain_verdict_waits(const struct explain *explain, struct buf *line)
{
	const struct explain_waiting *waiting = &explain->waiting;
	char age[24];
	size_t i;

	buf_printf(line, "waiting: ");
	if (!waiting->n_installed && !explain->in_force) {
		buf_printf(line, "the kernel has none of its endpoints: ");
	} else if (waiting->n_installed) {
		buf_printf(line, "the kernel still has %zu endpoint%s (", waiting->n_installed,
			   explain_verdict_s(waiting->n_installed));
		for (i = 0; i < waiting->n_installed && i < EXPLAIN_INSTALLED_MAX; i++)
			buf_printf(line, "%s%s", i ? ", " : "", waiting->installed[i]);
		buf_printf(line, "%s): ", i < waiting->n_installed ? ", ..." : "");
	}
	buf_printf(line, "%s", waiting->why);
	if (waiting->since_s >= 0)
		buf_printf(line, ", for %s", words_age(waiting->since_s, age));
	if (explain->in_force)
		buf_printf(line, "; %s", explain->in_force);
}

static size_t explain_verdict_used(const struct explain_port *port)
{
	size_t i, n = 0;

	for (i = 0; i < port->n_endpoints; i++)
		n += port->endpoints[i].in_cluster || port->endpoints[i].in_local;
	return n;
}

/* Endpoints of the first port; whether the other ports, and those of the other family, differ. */
static void explain_verdict_serves(const struct explain *explain, struct buf *line)
{
	const struct explain_port *first = &explain->ports[0];
	size_t used = explain_verdict_used(first), i, k;
	bool differs = false, drops = false;

	for (i = 0; i < explain->n_ports; i++) {
		differs = differs || explain->ports[i].n_endpoints != first->n_endpoints ||
			  explain_verdict_used(&explain->ports[i]) != used;
		for (k = 0; k < explain->ports[i].n_frontends; k++)
			drops = drops || explain->ports[i].frontends[k].outside == EXPLAIN_OUTCOME_DROPPED;
	}
	buf_printf(line, "serves: %zu of %zu endpoint%s", used, first->n_endpoints,
		   explain_verdict_s(first->n_endpoints));
	if (differs)
		buf_printf(line, " of port %s%s%s %u, %s; others differ", first->name,
			   *first->name ? " " : "", first->protocol, first->port, first->family);
	if (drops)
		buf_printf(line, "; drops what comes from outside: no endpoint is on this node");
}

static void explain_verdict_partly(const struct explain *explain, struct buf *line)
{
	struct explain_verdict_count count;
	size_t n_bad;

	explain_verdict_count(explain, &count);
	n_bad = count.n - count.n_by[EXPLAIN_OUTCOME_SERVED];
	buf_printf(line, "%s: %s %s, port %s%s%s %u, ",
		   count.n_by[EXPLAIN_OUTCOME_SERVED] ? "serves only partly" : "serves nobody",
		   count.first_bad->kind, count.first_bad->where, count.bad_port->name,
		   *count.bad_port->name ? " " : "", count.bad_port->protocol, count.bad_port->port);
	explain_verdict_outcome(count.first_bad, count.bad_port, line);
	if (n_bad > 1)
		buf_printf(line, "; so it is with %zu of %zu front ends", n_bad, count.n);
}

static void explain_verdict_line(const struct explain *explain, enum explain_verdict verdict,
				 struct buf *line)
{
	struct explain_verdict_count count;

	switch (verdict) {
	case EXPLAIN_VERDICT_UNKNOWN:
		explain_verdict_unknown(explain, line);
		return;
	case EXPLAIN_VERDICT_WAITS:
		explain_verdict_waits(explain, line);
		return;
	case EXPLAIN_VERDICT_REJECTED:
	case EXPLAIN_VERDICT_NOT_SERVED:
		buf_printf(line, "not served: %s",
			   explain->not_served ? explain->not_served : "no front ends");
		return;
	case EXPLAIN_VERDICT_SERVES:
		explain_verdict_serves(explain, line);
		return;
	case EXPLAIN_VERDICT_REFUSES:
	case EXPLAIN_VERDICT_DROPS:
		explain_verdict_count(explain, &count);
		explain_verdict_outcome(count.first_bad, count.bad_port, line);
		return;
	case EXPLAIN_VERDICT_SERVES_PARTLY:
	case _EXPLAIN_VERDICT_MAX:
		break;
	}
	explain_verdict_partly(explain, line);
}

void explain_verdict_print(const struct explain *explain, bool colour, struct buf *to)
{
	enum explain_verdict verdict = explain_verdict(explain);
	char service[SERVICE_NAME_TEXT_SIZE];
	struct buf line = BUF_INIT;
	bool good = verdict == EXPLAIN_VERDICT_SERVES || verdict == EXPLAIN_VERDICT_NOT_SERVED;

	(void)service_name_print(explain->service, service);
	words_colour(to, colour, good ? WORDS_COLOUR_HEAD : WORDS_COLOUR_BAD, service);
	buf_printf(to, ": ");
	explain_verdict_line(explain, verdict, &line);
	words_wrap(to, strlen(service) + 2, 2, buf_text(&line));
	buf_done(&line);
}
