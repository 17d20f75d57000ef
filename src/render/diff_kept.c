/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_kept.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "render/diff_step.h"
#include "render/layout.h"
#include "render/state_internal.h"

/* Where the key of an element has the front end. */
enum diff_kept_key {
	DIFF_KEPT_KEY_NONE,
	DIFF_KEPT_KEY_ADDRESS,		  /* address . protocol . port, first */
	DIFF_KEPT_KEY_NODE_PORT,	  /* protocol . port, first */
	DIFF_KEPT_KEY_ENDPOINT_ADDRESS,	  /* after an endpoint's address . port: protocol . address . port */
	DIFF_KEPT_KEY_ENDPOINT_NODE_PORT, /* after an endpoint's address . port: protocol . port */
};

static const enum diff_kept_key diff_kept_keys[_LAYOUT_SET_MAX] = {
	[LAYOUT_SET_CLUSTER_IP_PORTS] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_EXTERNAL_SERVICES] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_NODEPORT_NUMBERS] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_MASQUERADE_SERVICES] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_MASQUERADE_NODEPORTS] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_SERVICES] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_SERVICES_INSIDE] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_SERVICES_OUTSIDE] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_NODEPORTS] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_NODEPORTS_INSIDE] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_NODEPORTS_OUTSIDE] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_ENDPOINTS] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_ENDPOINTS_LOCAL] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_NODEPORT_ENDPOINTS] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_AFFINITY_SERVICES] = DIFF_KEPT_KEY_ADDRESS,
	[LAYOUT_SET_AFFINITY_NODEPORTS] = DIFF_KEPT_KEY_NODE_PORT,
	[LAYOUT_SET_AFFINITY_ENDPOINTS] = DIFF_KEPT_KEY_ENDPOINT_ADDRESS,
	[LAYOUT_SET_AFFINITY_ENDPOINTS_LOCAL] = DIFF_KEPT_KEY_ENDPOINT_ADDRESS,
	[LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS] = DIFF_KEPT_KEY_ENDPOINT_NODE_PORT,
	[LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS_LOCAL] = DIFF_KEPT_KEY_ENDPOINT_NODE_PORT,
};

/* The sets of endpoints, in the order of enum lb_chain_kind. */
static const enum layout_set diff_kept_endpoints[_LB_CHAIN_KIND_MAX] = {
	[LB_CHAIN_KIND_SERVICE] = LAYOUT_SET_ENDPOINTS,
	[LB_CHAIN_KIND_SERVICE_LOCAL] = LAYOUT_SET_ENDPOINTS_LOCAL,
	[LB_CHAIN_KIND_NODEPORT] = LAYOUT_SET_NODEPORT_ENDPOINTS,
	[LB_CHAIN_KIND_NODEPORT_LOCAL] = LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL,
};

struct diff_kept {
	struct state *state;
	const struct state_part *part;
	size_t n_elements;
	struct element *elements;
	size_t n_endpoints;
	struct element *endpoints;
	size_t n_affinities;
	struct affinity *affinities;
};

/* The front end of @e; false if its set has none in the key. */
static bool diff_kept_frontend(const struct element *e, struct frontend_owners_key *ret)
{
	size_t addr_size = set_field_size(SET_FIELD_ADDR, e->table);
	size_t port_size = set_field_size(SET_FIELD_PORT, e->table);
	size_t protocol_size = set_field_size(SET_FIELD_PROTOCOL, e->table);
	size_t addr = SIZE_MAX, protocol = 0, port = 0;
	uint16_t number;

	*ret = (struct frontend_owners_key){ .family = e->table };
	switch (diff_kept_keys[e->set]) {
	case DIFF_KEPT_KEY_NONE:
		return false;
	case DIFF_KEPT_KEY_ADDRESS:
		addr = 0;
		protocol = addr_size;
		port = protocol + protocol_size;
		break;
	case DIFF_KEPT_KEY_NODE_PORT:
		port = protocol_size;
		break;
	case DIFF_KEPT_KEY_ENDPOINT_ADDRESS:
		protocol = addr_size + port_size;
		addr = protocol + protocol_size;
		port = addr + addr_size;
		break;
	case DIFF_KEPT_KEY_ENDPOINT_NODE_PORT:
		protocol = addr_size + port_size;
		port = protocol + protocol_size;
		break;
	}
	ret->protocol = e->key[protocol];
	memcpy(&number, e->key + port, sizeof(number));
	ret->port = ntohs(number);
	if (addr == SIZE_MAX)
		ret->node_port = 1;
	else
		memcpy(ret->addr, e->key + addr, addr_size);
	return true;
}

static bool diff_kept_owns(const struct diff_kept *kept, const struct frontend_owners_key *key)
{
	return frontend_owners_owner(kept->state->frontend_owners, key) == &kept->part->claimant;
}

static void diff_kept_add(struct diff_kept *kept, const struct element *e)
{
	*ALLOC_APPEND(kept->elements, kept->n_elements) = *e;
}

/* Add @e with the data that the snapshot has, if it has it. */
static void diff_kept_add_found(struct diff_kept *kept, const struct element *e)
{
	struct element found;

	if (snapshot_find_element(kept->state->snapshot, e, &found) != SIZE_MAX)
		diff_kept_add(kept, &found);
}

/* ---- after the first commit: what is installed ---- */

/* Whether the snapshot covers a chain of @affinity: another process may have changed it. */
static bool diff_kept_was_read(const struct state *state, const struct affinity *affinity)
{
	char name[RULE_NAME_MAX + 1];
	int which;

	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		affinity_chain_name(affinity, which, name);
		if (affinity_has_chain(affinity, which) &&
		    diff_step_knows_chain(state, affinity->table, name))
			return true;
	}
	return false;
}

static void diff_kept_installed_affinities(struct diff_kept *kept)
{
	const struct state_affinities *installed = &kept->part->affinities;
	struct affinity *affinity;
	size_t i;

	for (i = 0; i < installed->n; i++) {
		affinity = ALLOC_APPEND(kept->affinities, kept->n_affinities);
		*affinity = installed->list[i];
		affinity->unknown |= diff_kept_was_read(kept->state, affinity);
	}
}

static void diff_kept_installed(struct diff_kept *kept)
{
	const struct buf *installed = &kept->part->installed;
	struct frontend_owners_key key;
	struct element e;
	size_t offset;

	for (offset = 0; offset < installed->size;) {
		offset = set_element_unpack(installed->data, offset, &e);
		if (diff_kept_frontend(&e, &key) && !diff_kept_owns(kept, &key))
			continue;
		if (diff_step_knows_element(kept->state, &e))
			diff_kept_add_found(kept, &e);
		else
			diff_kept_add(kept, &e);
	}
	diff_kept_installed_affinities(kept);
}

/* ---- before the first commit: what the snapshot has ---- */

/* The affinity with this id, which may be that of a port name of an earlier version of the Service. */
static struct affinity *diff_kept_affinity(struct diff_kept *kept, const struct frontend *f, const char *id)
{
	struct affinity new;
	size_t i;

	for (i = 0; i < kept->n_affinities; i++)
		if (kept->affinities[i].table == f->addr.family && strcmp(kept->affinities[i].id, id) == 0)
			return &kept->affinities[i];
	affinity_init(&new, kept->part->plan, f);
	memcpy(new.id, id, sizeof(new.id));
	new.unknown = true;
	return memcpy(ALLOC_APPEND(kept->affinities, kept->n_affinities), &new, sizeof(new));
}

/* Note the endpoint of @e, of a set of endpoints, in the form of a hairpin. */
static void diff_kept_endpoint(struct diff_kept *kept, const struct frontend *f, const struct element *e)
{
	struct element *endpoint = ALLOC_APPEND(kept->endpoints, kept->n_endpoints);
	struct addr addr = { .family = e->table };
	uint16_t port;

	memcpy(addr.bytes, e->data, addr_size(e->table));
	memcpy(&port, e->data + set_field_size(SET_FIELD_ADDR, e->table), sizeof(port));
	set_element_init(endpoint, e->table, LAYOUT_SET_HAIRPIN);
	service_elements_hairpin(endpoint, &addr, f->protocol, ntohs(port));
}

/* An element of @set with the key of @f, or the first fields of it. */
static void diff_kept_key(const struct frontend *f, enum layout_set set, struct element *ret)
{
	set_element_init(ret, f->addr.family, (uint8_t)set);
	service_elements_key(ret, f);
}

/* Add all elements of @set whose key begins with @f. Return: how many. */
static size_t diff_kept_set(struct diff_kept *kept, const struct frontend *f, enum layout_set set)
{
	struct snapshot *snapshot = kept->state->snapshot;
	struct element prefix, e;
	size_t i, n = 0;

	diff_kept_key(f, set, &prefix);
	for (i = snapshot_lower_bound(snapshot, &prefix); i < snapshot->n_elements; i++, n++) {
		snapshot_element(snapshot, i, &e);
		if (e.table != prefix.table || e.set != prefix.set ||
		    memcmp(e.key, prefix.key, prefix.key_size) != 0)
			break;
		diff_kept_add(kept, &e);
		if (e.data_size && layout_sets()[set].kind == SET_KIND_MAP)
			diff_kept_endpoint(kept, f, &e);
	}
	return n;
}

/* Add the element of @set for this address, if the snapshot has it. */
static void diff_kept_address(struct diff_kept *kept, const struct addr *addr, enum layout_set set)
{
	struct element e;

	set_element_init(&e, addr->family, (uint8_t)set);
	set_key_addr(&e, addr);
	diff_kept_add_found(kept, &e);
}

/* The session affinity whose chains the verdicts from @first on lead to. */
static void diff_kept_affinities(struct diff_kept *kept, const struct frontend *f, size_t first,
				 const size_t n_endpoints[_LB_CHAIN_KIND_MAX])
{
	enum affinity_chain which;
	char id[AFFINITY_ID_SIZE];
	size_t i;

	for (i = first; i < kept->n_elements; i++) {
		const struct element *e = &kept->elements[i];
		bool verdict = layout_sets()[e->set].kind == SET_KIND_VERDICT_MAP;
		const char *chain = verdict ? set_data_chain(e) : NULL;
		struct source_list list;
		struct affinity *affinity;

		if (chain)
			(void)source_list_parse_admit(e->table, chain, &list, &chain);
		if (!chain || !affinity_parse_chain(chain, &which, id))
			continue;
		affinity = diff_kept_affinity(kept, f, id);
		if (which < AFFINITY_LOOKUP_MAX)
			affinity->n[which] = (uint32_t)n_endpoints[affinity_lookup_kind(which)];
	}
}

static void diff_kept_snapshot_frontend(struct diff_kept *kept, const struct frontend *f)
{
	enum diff_kept_key kind =
		f->kind == FRONTEND_KIND_NODE_PORT ? DIFF_KEPT_KEY_NODE_PORT : DIFF_KEPT_KEY_ADDRESS;
	size_t n_endpoints[_LB_CHAIN_KIND_MAX] = { 0 }, first = kept->n_elements, n;
	int set, lb;

	for (set = 0; set < _LAYOUT_SET_MAX; set++) {
		if (diff_kept_keys[set] != kind)
			continue;
		n = diff_kept_set(kept, f, set);
		for (lb = 0; lb < _LB_CHAIN_KIND_MAX; lb++)
			if (diff_kept_endpoints[lb] == (enum layout_set)set)
				n_endpoints[lb] = n;
	}
	diff_kept_affinities(kept, f, first, n_endpoints);
	if (f->kind != FRONTEND_KIND_NODE_PORT)
		diff_kept_address(kept, &f->addr,
				  f->kind == FRONTEND_KIND_CLUSTER_IP ? LAYOUT_SET_CLUSTER_IPS
								      : LAYOUT_SET_EXTERNAL_ADDRESSES);
}

static int diff_kept_pair_cmp(const void *a, const void *b)
{
	const struct state_pair *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

/* Only endpoints on this node have a hairpin. */
static void diff_kept_hairpin(struct diff_kept *kept, const struct element *e)
{
	struct addr addr = { .family = e->table };
	struct element found;

	if (snapshot_find_element(kept->state->snapshot, e, &found) == SIZE_MAX)
		return;
	diff_kept_add(kept, &found);
	memcpy(addr.bytes, e->key, addr_size(e->table));
	diff_kept_address(kept, &addr, LAYOUT_SET_SPECIAL_ENDPOINTS);
}

/* Find the pairs of endpoint and front end of all kept parts: the front end is at the end of their keys. */
static void diff_kept_find_pairs(struct state *state)
{
	const struct state_part *part;
	struct frontend_owners_key key;
	struct element e;
	size_t i;

	state->pairs_found = true;
	for (i = 0; i < state->snapshot->n_elements; i++) {
		snapshot_element(state->snapshot, i, &e);
		if (diff_kept_keys[e.set] != DIFF_KEPT_KEY_ENDPOINT_ADDRESS &&
		    diff_kept_keys[e.set] != DIFF_KEPT_KEY_ENDPOINT_NODE_PORT)
			continue;
		(void)diff_kept_frontend(&e, &key);
		part = (const struct state_part *)frontend_owners_owner(state->frontend_owners, &key);
		if (part && part->kept)
			*ALLOC_APPEND(state->pairs, state->n_pairs) = (struct state_pair){ part, i };
	}
	if (state->n_pairs)
		qsort(state->pairs, state->n_pairs, sizeof(*state->pairs), diff_kept_pair_cmp);
}

static void diff_kept_pairs(struct diff_kept *kept)
{
	const struct state *state = kept->state;
	size_t low = 0, high = state->n_pairs;
	struct element e;
	struct addr addr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (state->pairs[middle].part < kept->part)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < state->n_pairs && state->pairs[low].part == kept->part; low++) {
		snapshot_element(state->snapshot, state->pairs[low].position, &e);
		diff_kept_add(kept, &e);
		addr = (struct addr){ .family = e.table };
		memcpy(addr.bytes, e.key, addr_size(e.table));
		diff_kept_address(kept, &addr, LAYOUT_SET_AFFINITY_ADDRESSES);
		diff_kept_address(kept, &addr, LAYOUT_SET_SPECIAL_ENDPOINTS);
	}
}

static void diff_kept_snapshot(struct diff_kept *kept)
{
	const struct plan *plan = kept->part->plan;
	struct frontend_owners_key key;
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		frontend_owners_key_of(&plan->frontends[i], &key);
		if (diff_kept_owns(kept, &key))
			diff_kept_snapshot_frontend(kept, &plan->frontends[i]);
	}
	kept->n_endpoints = set_elements_sort_unique(kept->endpoints, kept->n_endpoints);
	for (i = 0; i < kept->n_endpoints; i++)
		diff_kept_hairpin(kept, &kept->endpoints[i]);
	if (!kept->state->pairs_found)
		diff_kept_find_pairs(kept->state);
	diff_kept_pairs(kept);
}

static bool diff_kept_is_whole(const struct snapshot *snapshot)
{
	return snapshot && !snapshot->partial[FAMILY_IPV4] && !snapshot->partial[FAMILY_IPV6];
}

void diff_kept_elements(struct state *state, const struct state_part *part, struct service_elements *ret)
{
	struct diff_kept kept = { .state = state, .part = part };

	if (!state->committed ? state->snapshot != NULL : state->first && diff_kept_is_whole(state->snapshot))
		diff_kept_snapshot(&kept);
	else if (state->committed)
		diff_kept_installed(&kept);
	kept.n_elements = set_elements_sort_unique(kept.elements, kept.n_elements);
	if (kept.n_affinities)
		qsort(kept.affinities, kept.n_affinities, sizeof(*kept.affinities), affinity_cmp);
	*ret = (struct service_elements){
		.n = kept.n_elements,
		.elements = arena_array(state->scratch, kept.n_elements, sizeof(*ret->elements)),
		.n_affinities = kept.n_affinities,
		.affinities = arena_array(state->scratch, kept.n_affinities, sizeof(*ret->affinities)),
	};
	/* The newest version often has the same source ranges. */
	if (part->plan)
		service_elements_add_source_lists(part->plan, state->scratch, ret);
	if (kept.n_elements)
		memcpy(ret->elements, kept.elements, kept.n_elements * sizeof(*ret->elements));
	if (kept.n_affinities)
		memcpy(ret->affinities, kept.affinities, kept.n_affinities * sizeof(*ret->affinities));
	free(kept.elements);
	free(kept.endpoints);
	free(kept.affinities);
}
