/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: the ports of all slices are sorted by what a Service port is matched on, so that a Service port finds its own
 * without a look at the others. Candidates of these are sorted by (address, port), duplicates with the preferred one first; the
 * first of each key is kept. The preference is a total order over everything that the result depends on, so
 * the order in which slices were read does not matter.
 */
#include "config.h"
#include "select/pick.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "model/slice.h"
#include "select/topology.h"

/* Bits above the four of topology.h, most significant first: which duplicate is preferred (L9). */
#define PICK_RANK_NOT_TERMINATING 0x80
#define PICK_RANK_READY		  0x40
#define PICK_RANK_SERVING	  0x20
#define PICK_RANK_LOCAL		  0x10
#define PICK_RANK_HINTS		  0x0f

struct pick_candidate {
	struct addr addr;
	uint8_t rank;
	uint16_t port;
};

static const char *const pick_reason_names[] = {
	[PICK_REASON_READY] = "ready",
	[PICK_REASON_TERMINATING_FALLBACK] = "terminating-fallback",
	[PICK_REASON_NOT_READY] = "not-ready",
	[PICK_REASON_TERMINATING] = "terminating",
	[PICK_REASON_HINTED_ELSEWHERE] = "hinted-elsewhere",
	[PICK_REASON_OTHER_NODE] = "other-node",
};
static_assert(ARRAY_SIZE(pick_reason_names) == _PICK_REASON_MAX, "a name for each reason");

const char *pick_reason_name(enum pick_reason reason)
{
	assert((size_t)reason < ARRAY_SIZE(pick_reason_names));
	return pick_reason_names[reason];
}

static int pick_cmp_port(const struct pick_port *a, const struct pick_port *b)
{
	if (a->family != b->family)
		return (int)a->family - (int)b->family;
	if (a->protocol != b->protocol)
		return (int)a->protocol - (int)b->protocol;
	return strcmp(a->name, b->name);
}

static struct pick_port pick_port_of(const struct pick_slice_port *port)
{
	return (struct pick_port){ .name = port->port->name,
				   .protocol = port->port->protocol,
				   .family = port->slice->family };
}

static int pick_cmp_slice_port(const void *a, const void *b)
{
	struct pick_port p = pick_port_of(a), q = pick_port_of(b);

	return pick_cmp_port(&p, &q);
}

void pick_slices_init(const struct slice *const *slices, size_t n_slices, struct arena *arena,
		      struct pick_slices *ret)
{
	struct pick_slice_port *ports;
	size_t i, j, n = 0;

	for (i = 0; i < n_slices; i++)
		n += slices[i]->n_ports;
	ports = arena_array(arena, n, sizeof(*ports));
	n = 0;
	for (i = 0; i < n_slices; i++)
		for (j = 0; j < slices[i]->n_ports; j++)
			ports[n++] = (struct pick_slice_port){ slices[i], &slices[i]->ports[j] };
	if (n > 1)
		qsort(ports, n, sizeof(*ports), pick_cmp_slice_port);
	*ret = (struct pick_slices){ .n = n, .ports = ports };
}

/* The ports of slices that match @port are next to each other. */
static struct pick_slices pick_matching(const struct pick_slices *slices, const struct pick_port *port)
{
	struct pick_slices matching = { .ports = slices->ports };
	size_t first = 0, end = slices->n;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		struct pick_port key = pick_port_of(&slices->ports[middle]);

		if (pick_cmp_port(&key, port) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	matching.ports += first;
	while (first + matching.n < slices->n) {
		struct pick_port key = pick_port_of(&matching.ports[matching.n]);

		if (pick_cmp_port(&key, port) != 0)
			break;
		matching.n++;
	}
	return matching;
}

static uint8_t pick_rank(const struct endpoint *endpoint, const struct topology_node *here)
{
	uint8_t rank = topology_hints(endpoint, here);

	if (!endpoint->terminating)
		rank |= PICK_RANK_NOT_TERMINATING;
	if (endpoint->ready)
		rank |= PICK_RANK_READY;
	if (endpoint->serving)
		rank |= PICK_RANK_SERVING;
	if (endpoint->node_name && strcmp(endpoint->node_name, here->node_name) == 0)
		rank |= PICK_RANK_LOCAL;
	return rank;
}

/* How many entries the ports have, with duplicates; stops counting over PICK_ENTRIES_MAX. */
static size_t pick_count(const struct pick_slices *matching)
{
	size_t i, n = 0;

	for (i = 0; i < matching->n && n <= PICK_ENTRIES_MAX; i++)
		n += matching->ports[i].slice->n_endpoints;
	return n;
}

static size_t pick_gather(const struct pick_slices *matching, uint8_t family,
			  const struct topology_node *here, struct pick_candidate *candidates)
{
	size_t i, k, n = 0;

	for (i = 0; i < matching->n; i++) {
		const struct slice *slice = matching->ports[i].slice;

		for (k = 0; k < slice->n_endpoints; k++) {
			const struct endpoint *endpoint = &slice->endpoints[k];

			if (endpoint->addr.family != family)
				continue;
			candidates[n].addr = endpoint->addr;
			candidates[n].port = matching->ports[i].port->port;
			candidates[n].rank = pick_rank(endpoint, here);
			n++;
		}
	}
	return n;
}

static int pick_cmp_key(const struct pick_candidate *a, const struct pick_candidate *b)
{
	int order = addr_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->port - (int)b->port;
}

static int pick_cmp(const void *a, const void *b)
{
	const struct pick_candidate *p = a, *q = b;
	int order = pick_cmp_key(p, q);

	return order ? order : (int)q->rank - (int)p->rank;
}

/* Sort, keep the preferred candidate of each key, return how many are left. */
static size_t pick_merge(struct pick_candidate *candidates, size_t n)
{
	size_t i, kept = 0;

	if (!n)
		return 0;
	qsort(candidates, n, sizeof(*candidates), pick_cmp);
	for (i = 1; i < n; i++) {
		if (pick_cmp_key(&candidates[kept], &candidates[i]) != 0)
			candidates[++kept] = candidates[i];
	}
	return kept + 1;
}

static bool pick_serves_terminating(const struct pick_endpoint *endpoint)
{
	return endpoint->serving && endpoint->terminating;
}

/* The reason that follows from its conditions, in a list with @n_ready ready endpoints (E3, E4, E7, E8). */
static enum pick_reason pick_condition_reason(const struct pick_endpoint *endpoint, size_t n_ready)
{
	if (endpoint->ready)
		return PICK_REASON_READY;
	if (!endpoint->terminating)
		return PICK_REASON_NOT_READY;
	return endpoint->serving && !n_ready ? PICK_REASON_TERMINATING_FALLBACK : PICK_REASON_TERMINATING;
}

/* E3, E4, E7, E8, E16: the cluster list. */
static enum pick_reason pick_cluster_reason(const struct pick_endpoint *endpoint, uint8_t hints,
					    size_t n_ready, enum topology_mode topology)
{
	if (endpoint->ready && !topology_allows(topology, hints))
		return PICK_REASON_HINTED_ELSEWHERE;
	return pick_condition_reason(endpoint, n_ready);
}

/* E5: the local list, which depends neither on the cluster list (E6) nor on hints. */
static enum pick_reason pick_local_reason(const struct pick_endpoint *endpoint, size_t n_ready_local)
{
	return endpoint->local ? pick_condition_reason(endpoint, n_ready_local) : PICK_REASON_OTHER_NODE;
}

static bool pick_uses(enum pick_reason reason)
{
	return reason == PICK_REASON_READY || reason == PICK_REASON_TERMINATING_FALLBACK;
}

static void pick_choose(struct pick *pick, const struct pick_candidate *candidates, uint8_t *hints)
{
	size_t i, n_ready = 0, n_ready_local = 0;

	for (i = 0; i < pick->n_endpoints; i++) {
		const struct pick_endpoint *endpoint = &pick->endpoints[i];

		if (endpoint->ready) {
			hints[n_ready] = candidates[i].rank & PICK_RANK_HINTS;
			pick->some_hints |= hints[n_ready];
			pick->all_hints = n_ready ? pick->all_hints & hints[n_ready] : hints[n_ready];
			n_ready++;
		}
		n_ready_local += endpoint->ready && endpoint->local;
	}
	pick->topology = topology_mode(hints, n_ready);
	for (i = 0; i < pick->n_endpoints; i++) {
		struct pick_endpoint *endpoint = &pick->endpoints[i];
		enum pick_reason cluster, local;

		cluster = pick_cluster_reason(endpoint, candidates[i].rank & PICK_RANK_HINTS, n_ready,
					      pick->topology);
		local = pick_local_reason(endpoint, n_ready_local);
		endpoint->cluster_reason = (uint8_t)cluster;
		endpoint->local_reason = (uint8_t)local;
		endpoint->in_cluster = pick_uses(cluster);
		endpoint->in_local = pick_uses(local);
		pick->n_cluster += endpoint->in_cluster;
		pick->n_local += endpoint->in_local;
		pick->any_usable |= endpoint->ready || pick_serves_terminating(endpoint);
	}
}

int pick_endpoints(const struct pick_slices *slices, const struct pick_port *port,
		   const struct topology_node *here, struct arena *arena, struct pick *ret,
		   struct err *reterr)
{
	struct pick_slices matching = pick_matching(slices, port);
	struct pick_candidate *candidates;
	struct pick pick = { 0 };
	size_t i, n;

	n = pick_count(&matching);
	if (n > PICK_ENTRIES_MAX)
		return err_set(reterr, -E2BIG, "more than %d endpoints in its slices, repetitions included",
			       PICK_ENTRIES_MAX);
	pick.n_entries = n;
	candidates = arena_array(arena, n, sizeof(*candidates));
	n = pick_merge(candidates, pick_gather(&matching, port->family, here, candidates));
	if (n > PICK_ENDPOINTS_MAX)
		return err_set(reterr, -E2BIG, "%zu endpoints, more than %d", n, PICK_ENDPOINTS_MAX);
	pick.n_endpoints = n;
	pick.endpoints = arena_array(arena, n, sizeof(*pick.endpoints));
	for (i = 0; i < n; i++) {
		struct pick_endpoint *endpoint = &pick.endpoints[i];

		endpoint->addr = candidates[i].addr;
		endpoint->port = candidates[i].port;
		endpoint->ready = candidates[i].rank & PICK_RANK_READY;
		endpoint->serving = candidates[i].rank & PICK_RANK_SERVING;
		endpoint->terminating = !(candidates[i].rank & PICK_RANK_NOT_TERMINATING);
		endpoint->local = candidates[i].rank & PICK_RANK_LOCAL;
	}
	pick_choose(&pick, candidates, arena_array(arena, n, sizeof(uint8_t)));
	*ret = pick;
	return 0;
}
