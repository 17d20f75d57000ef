/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_kept.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "render/diff_step.h"
#include "render/layout.h"
#include "render/state_internal.h"

/**
 * struct diff_kept
 * @snapshot:	what is taken over is in it; NULL: nothing is
 * @foreign:	by port, before they are sorted: it may be another Service's
 * @source_lists: of the newest version, which often has the same source ranges
 * @unclear:	something is not taken over, because it is not known what it leads to
 */
struct diff_kept {
	struct state *state;
	const struct state_part *part;
	struct snapshot *snapshot;
	bool unclear;
	size_t n_elements;
	struct element *elements;
	size_t n_ports;
	struct port_chains *ports;
	size_t n_foreign;
	bool *foreign;
	size_t n_source_lists;
	const struct service_source_list *source_lists;
};

static struct state_taken *diff_kept_find_taken(const struct state *state, const struct state_taken_key *key)
{
	struct state_taken *taken;

	HASH_FIND(hh, state->taken, key, sizeof(*key), taken);
	return taken;
}

static void diff_kept_taken_key(const struct port_chains *chains, struct state_taken_key *ret)
{
	*ret = (struct state_taken_key){ .table = chains->table };
	port_chains_list_key(chains, PLAN_LIST_CLUSTER, &ret->cluster_list);
}

/* Whether @e belongs to a list of a port that another part has. */
static bool diff_kept_is_taken(const struct state *state, const struct element *e)
{
	struct state_taken_key key = { .table = e->table };

	if (!port_chains_is_listed(e->set))
		return false;
	port_chains_cluster_list_of(e, &key.cluster_list);
	return diff_kept_find_taken(state, &key);
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

	if (snapshot_find_element(kept->snapshot, e, &found) != SIZE_MAX)
		diff_kept_add(kept, &found);
}

/* ---- after the first commit: what is installed ---- */

/* Whether the snapshot covers a chain of @chains: another process may have changed it. */
static bool diff_kept_was_read(const struct state *state, const struct port_chains *chains)
{
	char name[RULE_NAME_MAX + 1];
	int which;

	for (which = 0; which < _PORT_CHAIN_MAX; which++) {
		port_chains_name(chains, which, name);
		if (port_chains_has(chains, which) && diff_step_knows_chain(state, chains->table, name))
			return true;
	}
	return false;
}

/*
 * The chains of an unknown port stay as they are, and may use its client map. Another part may have had this port, too, with affinity
 * or without. Any timeout will do, because the rules are not known.
 */
static void diff_kept_affinity(const struct state *state, struct port_chains *chains)
{
	struct client_map map;

	(void)port_chains_client_map(chains, &map);
	if (state->snapshot && snapshot_knows_client_maps(state->snapshot, map.table))
		chains->timeout_s = snapshot_find_client_map(state->snapshot, map.table, map.name) != NULL;
}

static void diff_kept_installed_ports(struct diff_kept *kept)
{
	const struct state_ports *installed = &kept->part->ports;
	struct port_chains *chains;
	size_t i;

	for (i = 0; i < installed->n; i++) {
		chains = ALLOC_APPEND(kept->ports, kept->n_ports);
		*chains = installed->list[i];
		chains->unknown |= diff_kept_was_read(kept->state, chains);
		if (chains->unknown)
			diff_kept_affinity(kept->state, chains);
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
		if ((frontend_owners_key_of_element(&e, &key) && !diff_kept_owns(kept, &key)) ||
		    diff_kept_is_taken(kept->state, &e))
			continue;
		if (diff_step_knows_element(kept->state, &e))
			diff_kept_add_found(kept, &e);
		else
			diff_kept_add(kept, &e);
	}
	diff_kept_installed_ports(kept);
}

/* ---- before the first commit: what the snapshot has ---- */

/* Whether the port, which is not one of the Service's, is or may become another's. @now: the Service's port that leads to it */
static bool diff_kept_is_foreign(struct state *state, const struct port_chains *now, const char *id)
{
	struct state_former_key key = { .table = now->table };
	struct state_former *former;

	if (!state->is_port || state->is_port(state->is_port_ctx, id))
		return true;
	memcpy(key.id, id, strlen(id));
	HASH_FIND(hh, state->formers, &key, sizeof(key), former);
	if (former)
		return strcmp(former->now, now->id) != 0;
	former = alloc_zeroed(1, sizeof(*former));
	former->key = key;
	memcpy(former->now, now->id, sizeof(former->now));
	HASH_ADD(hh, state->formers, key, sizeof(former->key), former);
	return false;
}

/* The port with this id, which may be that of a port name of an earlier version of the Service. */
static struct port_chains *diff_kept_port(struct diff_kept *kept, const struct frontend *f, const char *id)
{
	struct port_chains new;
	size_t i;

	for (i = 0; i < kept->n_ports; i++)
		if (kept->ports[i].table == f->addr.family && strcmp(kept->ports[i].id, id) == 0)
			return &kept->ports[i];
	port_chains_init(&new, kept->part->plan, f);
	*ALLOC_APPEND(kept->foreign, kept->n_foreign) =
		strcmp(new.id, id) != 0 && diff_kept_is_foreign(kept->state, &new, id);
	memcpy(new.id, id, sizeof(new.id));
	new.unknown = true;
	return memcpy(ALLOC_APPEND(kept->ports, kept->n_ports), &new, sizeof(new));
}

/* Whether the Service's newest version has this list of source ranges, so that the ranges are known. */
static bool diff_kept_has_sources(const struct diff_kept *kept, const struct source_list *list)
{
	size_t i;

	for (i = 0; i < kept->n_source_lists; i++)
		if (source_list_cmp(&kept->source_lists[i].list, list) == 0)
			return true;
	return false;
}

/* Add the element of @set for this address, if the snapshot has it. */
static void diff_kept_address(struct diff_kept *kept, const struct addr *addr, enum layout_set set)
{
	struct element e;

	set_element_init(&e, addr->family, (uint8_t)set);
	set_key_addr(&e, addr);
	diff_kept_add_found(kept, &e);
}

/* Add all elements whose key begins with that of @prefix. Return: how many. */
static size_t diff_kept_prefix(struct diff_kept *kept, const struct element *prefix)
{
	struct snapshot *snapshot = kept->snapshot;
	struct element e;
	struct addr addr;
	size_t i, n = 0;

	for (i = snapshot_lower_bound(snapshot, prefix); i < snapshot->n_elements; i++, n++) {
		snapshot_element(snapshot, i, &e);
		if (e.table != prefix->table || e.set != prefix->set ||
		    memcmp(e.key, prefix->key, prefix->key_size) != 0)
			break;
		diff_kept_add(kept, &e);
		if (e.set != LAYOUT_SET_AFFINITY_ENDPOINTS)
			continue;
		addr = (struct addr){ .family = e.table };
		memcpy(addr.bytes, e.key + prefix->key_size, addr_size(e.table));
		diff_kept_address(kept, &addr, LAYOUT_SET_AFFINITY_ADDRESSES);
	}
	return n;
}

static size_t diff_kept_set(struct diff_kept *kept, const struct frontend *f, enum layout_set set)
{
	struct element prefix;

	set_element_init(&prefix, f->addr.family, (uint8_t)set);
	service_elements_key(&prefix, f);
	return diff_kept_prefix(kept, &prefix);
}

/* The ports whose chains the verdicts from @first on lead to. */
static void diff_kept_ports(struct diff_kept *kept, const struct frontend *f, size_t first,
			    const size_t n_endpoints[_LB_CHAIN_KIND_MAX])
{
	enum port_chain which;
	char id[PORT_CHAINS_ID_SIZE];
	size_t i;

	for (i = first; i < kept->n_elements; i++) {
		const struct element *e = &kept->elements[i];
		bool verdict = layout_sets()[e->set].kind == SET_KIND_VERDICT_MAP;
		const char *chain = verdict ? set_data_chain(e) : NULL;
		struct port_chains *chains;
		struct source_list list;
		struct lb_chain lb;

		if (chain && source_list_parse_admit(e->table, chain, &list, &chain))
			kept->unclear |= !diff_kept_has_sources(kept, &list);
		if (!chain || !port_chains_parse(chain, &which, id))
			continue;
		chains = diff_kept_port(kept, f, id);
		if (which >= PORT_CHAIN_TARGET_MAX)
			continue;
		chains->n[which] = 1;
		if (port_chains_has_lb(chains, which, &lb))
			chains->n[which] = (uint32_t)n_endpoints[lb.kind];
	}
}

/* What belongs to a port and not to a front end. */
static void diff_kept_lists(struct diff_kept *kept, struct port_chains *chains)
{
	struct state_taken_key taken;
	struct element prefix;
	struct set_list_key key;
	size_t n;
	int list;

	diff_kept_taken_key(chains, &taken);
	if (diff_kept_find_taken(kept->state, &taken))
		return;
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		port_chains_list_key(chains, list, &key);
		set_element_init(&prefix, chains->table, (uint8_t)port_chains_set(chains));
		set_key_list(&prefix, &key);
		n = diff_kept_prefix(kept, &prefix);
		if (chains->n[port_chains_pool(list)])
			chains->n[port_chains_pool(list)] = (uint32_t)n;
		prefix.set = LAYOUT_SET_AFFINITY_ENDPOINTS;
		(void)diff_kept_prefix(kept, &prefix);
	}
}

/* Whether the snapshot has the chains of @chains, and no others of that port. */
static bool diff_kept_matches(struct diff_kept *kept, const struct port_chains *chains)
{
	struct snapshot *snapshot = kept->snapshot;
	const struct snapshot_chain *found;
	char name[RULE_NAME_MAX + 1];
	struct chain chain;
	int which;

	for (which = 0; which < _PORT_CHAIN_MAX; which++) {
		port_chains_name(chains, which, name);
		found = snapshot_find_chain(snapshot, chains->table, name);
		if (port_chains_has(chains, which) != (found != NULL))
			return false;
		if (!found)
			continue;
		port_chains_build(chains, which, kept->state->scratch, &chain);
		if (!snapshot_same_chain(snapshot, found, &chain))
			return false;
	}
	return true;
}

/* Are the port's chains those that follow from its elements, and from the timeout of the chain that learns clients? */
static void diff_kept_recognise(struct diff_kept *kept, size_t port)
{
	struct port_chains *chains = &kept->ports[port];
	const struct snapshot_chain *learning;
	char name[RULE_NAME_MAX + 1];

	port_chains_name(chains, PORT_CHAIN_LEARN, name);
	learning = snapshot_find_chain(kept->snapshot, chains->table, name);
	if (!kept->foreign[port]) {
		chains->timeout_s = learning ? learning->timeout_s : 0;
		chains->unknown = !diff_kept_matches(kept, chains);
	}
	if (chains->unknown)
		diff_kept_affinity(kept->state, chains);
	kept->unclear |= chains->unknown;
}

static void diff_kept_snapshot_frontend(struct diff_kept *kept, const struct frontend *f)
{
	enum layout_key kind =
		f->kind == FRONTEND_KIND_NODE_PORT ? LAYOUT_KEY_NODE_PORT : LAYOUT_KEY_FRONTEND;
	size_t n_endpoints[_LB_CHAIN_KIND_MAX] = { 0 }, first = kept->n_elements, n;
	int set, lb;

	for (set = 0; set < _LAYOUT_SET_MAX; set++) {
		if (layout_sets_key((uint8_t)set) != kind)
			continue;
		n = diff_kept_set(kept, f, set);
		for (lb = 0; lb < _LB_CHAIN_KIND_MAX; lb++)
			if (lb_chain_set(&(struct lb_chain){ .kind = (uint8_t)lb }) == set)
				n_endpoints[lb] = n;
	}
	diff_kept_ports(kept, f, first, n_endpoints);
	if (f->kind == FRONTEND_KIND_CLUSTER_IP)
		diff_kept_address(kept, &f->addr, LAYOUT_SET_CLUSTER_IPS);
	/* A ClusterIP that was in none of the ranges of the earlier run is there, too. */
	if (f->kind != FRONTEND_KIND_NODE_PORT)
		diff_kept_address(kept, &f->addr, LAYOUT_SET_EXTERNAL_ADDRESSES);
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
	for (i = 0; i < kept->n_ports; i++) {
		diff_kept_lists(kept, &kept->ports[i]);
		diff_kept_recognise(kept, i);
	}
}

/* What state_use_kept() was given of a part that has nothing installed; all of it, or nothing. */
static void diff_kept_found(struct diff_kept *kept)
{
	kept->snapshot = kept->state->kept_snapshot;
	diff_kept_snapshot(kept);
	if (!kept->unclear)
		return;
	kept->n_elements = kept->n_ports = 0;
	kept->state->kept_unclear = true;
}

/* No kept part can have lists that another part has, too. */
static bool diff_kept_is_settled(const struct state *state)
{
	return state->committed && !state->first && !state->n_unknown;
}

bool diff_kept_stays(const struct state *state, const struct state_part *part)
{
	size_t i;

	if (!diff_kept_is_settled(state) || state->snapshot)
		return false;
	for (i = 0; i < part->n_keys; i++)
		if (frontend_owners_owner(state->frontend_owners, &part->keys[i].key) != &part->claimant)
			return false;
	return true;
}

void diff_kept_take(struct state *state, const struct service_elements *elements)
{
	struct state_taken *taken = NULL;
	size_t i;

	if (diff_kept_is_settled(state))
		return;
	for (i = 0; i < elements->n; i++) {
		const struct element *e = &elements->elements[i];
		struct state_taken_key key = { .table = e->table };

		if (!port_chains_is_listed(e->set))
			continue;
		port_chains_cluster_list_of(e, &key.cluster_list);
		/* They are sorted, so the elements of a list follow each other. */
		if ((taken && memcmp(&taken->key, &key, sizeof(key)) == 0) ||
		    diff_kept_find_taken(state, &key))
			continue;
		taken = alloc_zeroed(1, sizeof(*taken));
		taken->key = key;
		HASH_ADD(hh, state->taken, key, sizeof(taken->key), taken);
	}
}

void diff_kept_forget_formers(struct state *state)
{
	struct state_former *former, *next;

	HASH_ITER(hh, state->formers, former, next) {
		HASH_DEL(state->formers, former);
		free(former);
	}
}

void diff_kept_forget(struct state *state)
{
	struct state_taken *taken, *next;

	HASH_ITER(hh, state->taken, taken, next) {
		HASH_DEL(state->taken, taken);
		free(taken);
	}
}

static bool diff_kept_is_whole(const struct snapshot *snapshot)
{
	return snapshot && !snapshot->partial[FAMILY_IPV4] && !snapshot->partial[FAMILY_IPV6];
}

void diff_kept_elements(struct state *state, const struct state_part *part, struct service_elements *ret)
{
	struct diff_kept kept = { .state = state, .part = part };

	*ret = (struct service_elements){ .n = 0 };
	service_elements_add_source_lists(part->plan, state->scratch, ret);
	kept.n_source_lists = ret->n_source_lists;
	kept.source_lists = ret->source_lists;
	if (!state->committed ? state->snapshot != NULL
			      : state->first && diff_kept_is_whole(state->snapshot)) {
		kept.snapshot = state->snapshot;
		diff_kept_snapshot(&kept);
	} else if (state->kept_snapshot && !part->installed.size) {
		diff_kept_found(&kept);
	} else if (state->committed) {
		kept.snapshot = state->snapshot;
		diff_kept_installed(&kept);
	}
	kept.n_elements = set_elements_sort_unique(kept.elements, kept.n_elements);
	if (kept.n_ports)
		qsort(kept.ports, kept.n_ports, sizeof(*kept.ports), port_chains_cmp);
	ret->n = kept.n_elements;
	ret->elements = arena_array(state->scratch, kept.n_elements, sizeof(*ret->elements));
	ret->n_ports = kept.n_ports;
	ret->ports = arena_array(state->scratch, kept.n_ports, sizeof(*ret->ports));
	if (kept.n_elements)
		memcpy(ret->elements, kept.elements, kept.n_elements * sizeof(*ret->elements));
	if (kept.n_ports)
		memcpy(ret->ports, kept.ports, kept.n_ports * sizeof(*ret->ports));
	free(kept.elements);
	free(kept.foreign);
	free(kept.ports);
}
