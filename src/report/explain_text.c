/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/explain_text.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/explain.h"
#include "report/explain_verdict.h"
#include "report/words.h"

/* Wide enough for "used: terminating-fallback". */
#define EXPLAIN_CLUSTER_COLUMN 27
#define EXPLAIN_LOCAL_COLUMN   54

/* Pad to @column, or go there on a new line. */
static void explain_column(struct buf *to, size_t *column, size_t wanted)
{
	if (*column + 1 > wanted) {
		buf_add(to, "\n", 1);
		*column = 0;
	}
	buf_printf(to, "%*s", (int)(wanted - *column), "");
	*column = wanted;
}

static void explain_use(struct buf *to, bool colour, size_t *column, bool used, const char *reason)
{
	char text[40];

	if (used && strcmp(reason, "ready") == 0)
		(void)snprintf(text, sizeof(text), "used");
	else
		(void)snprintf(text, sizeof(text), "%s%s", used ? "used: " : "", reason);
	words_colour(to, colour, used ? WORDS_COLOUR_GOOD : WORDS_COLOUR_NONE, text);
	*column += strlen(text);
}

static void explain_slots(const struct explain_endpoint *endpoint, struct buf *to)
{
	const struct explain_slots *lists[] = { &endpoint->cluster_slots, &endpoint->local_slots };
	static const char *const names[] = { "Cluster", "Local" };
	char text[80];
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!explain_says_slots(lists[i]))
			continue;
		(void)snprintf(text, sizeof(text), "%zu of %zu slots for %s%s", lists[i]->n, lists[i]->n_all,
			       names[i], lists[i]->n ? "" : ": no new connections");
		words_labelled(to, "      ", 8, text);
	}
}

static void explain_endpoint_text(const struct explain_endpoint *endpoint, bool colour, struct buf *to)
{
	size_t column = 4 + strlen(endpoint->where);

	buf_printf(to, "  %s %s", endpoint->here ? "*" : " ", endpoint->where);
	explain_column(to, &column, EXPLAIN_CLUSTER_COLUMN);
	explain_use(to, colour, &column, endpoint->in_cluster, endpoint->cluster);
	explain_column(to, &column, EXPLAIN_LOCAL_COLUMN);
	explain_use(to, colour, &column, endpoint->in_local, endpoint->local);
	buf_add(to, "\n", 1);
	if (endpoint->node && !endpoint->here)
		words_labelled(to, "      on node ", 8, endpoint->node);
	explain_slots(endpoint, to);
}

static bool explain_is_used(const struct explain_endpoint *endpoint)
{
	return endpoint->in_cluster || endpoint->in_local;
}

/* In their order; but if they are folded, those that are used first. */
static void explain_endpoints(const struct explain_port *port, struct explain_style style, struct buf *to)
{
	bool folded = !style.all && port->n_endpoints > EXPLAIN_FOLD;
	size_t i, n = 0;
	int used;

	if (!port->n_endpoints) {
		buf_printf(to, "  no endpoints\n");
		return;
	}
	buf_printf(to, "  %-*s%-*s%s\n", EXPLAIN_CLUSTER_COLUMN - 2, "endpoint (* is here)",
		   EXPLAIN_LOCAL_COLUMN - EXPLAIN_CLUSTER_COLUMN, "for Cluster", "for Local");
	for (i = 0; !folded && i < port->n_endpoints; i++)
		explain_endpoint_text(&port->endpoints[i], style.colour, to);
	for (used = 1; folded && used >= 0; used--)
		for (i = 0; i < port->n_endpoints && n < EXPLAIN_FOLD; i++)
			if (explain_is_used(&port->endpoints[i]) == used) {
				explain_endpoint_text(&port->endpoints[i], style.colour, to);
				n++;
			}
	if (folded)
		buf_printf(to, "    and %zu more endpoints: --all shows them\n", port->n_endpoints - n);
}

static void explain_sentence(struct buf *to, const char *label, const char *text)
{
	buf_printf(to, "      %s", label);
	words_wrap(to, 6 + strlen(label), 8, text);
}

static void explain_walk_text(const struct explain *explain, const struct explain_walk *walk, bool rules,
			      struct buf *to)
{
	const char *rest = walk->steps;
	char text[400], rule[EXPLAIN_STEP_SIZE];

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", walk->outcome, *walk->to ? " to " : "", walk->to,
		       *walk->masqueraded ? "; masqueraded: " : "", walk->masqueraded,
		       *walk->source ? "; " : "", walk->source);
	buf_printf(to, "      from %s: ", explain->from);
	words_wrap(to, 13 + strlen(explain->from), 8, text);
	while (rules && explain_next_step(&rest, rule))
		words_labelled(to, "        ", 12, rule);
}

static void explain_frontend_text(const struct explain *explain, const struct explain_frontend *frontend,
				  struct explain_style style, struct buf *to)
{
	char text[700], owner[SERVICE_NAME_TEXT_SIZE];

	buf_printf(to, "    %s ", frontend->kind);
	words_colour(to, style.colour, WORDS_COLOUR_HEAD, frontend->where);
	buf_add(to, "\n", 1);
	if (service_name_is_set(frontend->owner)) {
		(void)snprintf(text, sizeof(text), "conflict: Service %s has it: %s",
			       service_name_print(frontend->owner, owner), frontend->why);
		explain_sentence(to, "", text);
		return;
	}
	if (frontend->on)
		explain_sentence(to, "on: ", frontend->on);
	explain_sentence(to, frontend->local_verdict ? "pods and this node: " : "", frontend->verdict);
	if (frontend->local_verdict)
		explain_sentence(to, "all others: ", frontend->local_verdict);
	explain_sentence(to, "masqueraded: ", frontend->masquerade);
	if (*frontend->source_ranges)
		explain_sentence(to, "admitted sources: ", frontend->source_ranges);
	if (frontend->affinity_timeout_s) {
		(void)snprintf(text, sizeof(text), "%u s a client stays with its endpoint",
			       frontend->affinity_timeout_s);
		explain_sentence(to, "session affinity: ", text);
	}
	if (frontend->walk)
		explain_walk_text(explain, frontend->walk, style.rules, to);
}

/* In their order; but if they are folded, those that are not served first. */
static void explain_frontends(const struct explain *explain, const struct explain_port *port,
			      struct explain_style style, struct buf *to)
{
	bool folded = !style.all && port->n_frontends > EXPLAIN_FOLD;
	size_t i, n = 0;
	int good;

	buf_printf(to, port->n_frontends ? "  front ends\n" : "  no front ends\n");
	for (i = 0; !folded && i < port->n_frontends; i++)
		explain_frontend_text(explain, &port->frontends[i], style, to);
	for (good = 0; folded && good <= 1; good++)
		for (i = 0; i < port->n_frontends && n < EXPLAIN_FOLD; i++)
			if ((port->frontends[i].outcome == EXPLAIN_OUTCOME_SERVED) == good) {
				explain_frontend_text(explain, &port->frontends[i], style, to);
				n++;
			}
	if (folded)
		buf_printf(to, "    and %zu more front ends: --all shows them\n", port->n_frontends - n);
}

static void explain_port_text(const struct explain *explain, const struct explain_port *port,
			      struct explain_style style, struct buf *to)
{
	size_t i, n_used = 0;
	char text[160];

	(void)snprintf(text, sizeof(text), "Port %s%s%s %u, %s", port->name, *port->name ? " " : "",
		       port->protocol, port->port, port->family);
	for (i = 0; i < port->n_endpoints; i++)
		n_used += explain_is_used(&port->endpoints[i]);
	buf_add(to, "\n", 1);
	words_colour(to, style.colour, WORDS_COLOUR_HEAD, text);
	buf_printf(to, ": %zu of %zu endpoint%s used\n", n_used, port->n_endpoints,
		   port->n_endpoints == 1 ? "" : "s");
	for (i = 0; i < port->n_notes; i++)
		words_labelled(to, "  ", 4, port->notes[i]);
	if (*port->topology)
		words_labelled(to, "  ", 4, port->topology);
	explain_endpoints(port, style, to);
	if (explain->from && strcmp(explain->from_family, port->family) != 0) {
		(void)snprintf(text, sizeof(text), "from %s: it is %s, and reaches no front end of %s",
			       explain->from, explain->from_family, port->family);
		words_labelled(to, "  ", 4, text);
	}
	explain_frontends(explain, port, style, to);
}

void explain_text_print(const struct explain *explain, struct explain_style style, struct buf *to)
{
	char text[700];
	bool any = false;
	size_t i;

	explain_verdict_print(explain, style.colour, to);
	if (*explain->type) {
		(void)snprintf(
			text, sizeof(text),
			"type %s, internalTrafficPolicy %s, externalTrafficPolicy %s, EndpointSlices: %zu",
			explain->type, explain->internal_policy, explain->external_policy, explain->n_slices);
		words_wrap(to, 0, 2, text);
	}
	for (i = 0; i < explain->n_notes; i++)
		words_wrap(to, 0, 2, explain->notes[i]);
	if (explain->from) {
		(void)snprintf(text, sizeof(text), "%s is taken for %s", explain->from, explain->from_is);
		words_wrap(to, 0, 2, text);
	}
	for (i = 0; i < explain->n_ports; i++) {
		explain_port_text(explain, &explain->ports[i], style, to);
		any = any || explain->ports[i].n_endpoints;
	}
	/* A wrong targetPort looks like a right one. */
	if (any)
		buf_printf(to, "\nnot checked: whether endpoints listen on these ports; "
			       "the command check does\n");
}
