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

/** struct diff_kept_missing - A chain of a port that cannot be: another process has left no endpoint in the list, or no chain that has clients */
struct diff_kept_missing {
	enum family table;
	enum port_chain which;
	char id[PORT_CHAINS_ID_SIZE];
};

/**
 * struct diff_kept
 * @snapshot:	what is taken over is in it; NULL: nothing is
 * @learns:	by port: a front end leads to the chain that learns clients
 * @source_lists: those of the newest version, and others as they were read back
 * @leads_away:	by front end of the plan: it leads to chains of another one's port, to source ranges that are not known, or to a list
 *		without endpoints. It is not taken over
 * @is_foreign: a front end leads to chains of another one's port
 * @again:	one was found that leads away
 */
struct diff_kept {
	struct state *state;
	const struct state_part *part;
	struct snapshot *snapshot;
	size_t n_elements;
	struct element *elements;
	size_t n_ports;
	struct port_chains *ports;
	size_t n_learns;
	bool *learns;
	size_t n_source_lists;
	struct service_source_list *source_lists;
	size_t n_missing;
	struct diff_kept_missing *missing;
	bool *leads_away;
	bool is_foreign;
	bool again;
};

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

static void diff_kept_installed_ports(struct diff_kept *kept)
{
	const struct state_ports *installed = &kept->part->ports;
	size_t i;

	for (i = 0; i < installed->n; i++)
		*ALLOC_APPEND(kept->ports, kept->n_ports) = installed->list[i];
}

static void diff_kept_installed(struct diff_kept *kept)
{
	const struct buf *installed = &kept->part->installed;
	struct frontend_owners_key key;
	struct element e;
	size_t offset;

	for (offset = 0; offset < installed->size;) {
		offset = set_element_unpack(installed->data, offset, &e);
		if (frontend_owners_key_of_element(&e, &key) && !diff_kept_owns(kept, &key))
			continue;
		if (diff_step_knows_element(kept->state, &e))
			diff_kept_add_found(kept, &e);
		else
			diff_kept_add(kept, &e);
	}
	diff_kept_installed_ports(kept);
}

/* ---- before the first commit: what the snapshot has ---- */

/* Whether the port, which is not @now, is or may become another one's. @now: the Service's port that leads to it */
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

/* The port with this id, which may be that of a port name of an earlier version of the Service. NULL: it is another one's. */
static struct port_chains *diff_kept_port(struct diff_kept *kept, const struct frontend *f, const char *id)
{
	struct port_chains new;
	size_t i;

	for (i = 0; i < kept->n_ports; i++)
		if (kept->ports[i].table == f->addr.family && strcmp(kept->ports[i].id, id) == 0)
			return &kept->ports[i];
	port_chains_init(&new, kept->part->plan, f);
	if (strcmp(new.id, id) != 0 && diff_kept_is_foreign(kept->state, &new, id))
		return NULL;
	memcpy(new.id, id, sizeof(new.id));
	*ALLOC_APPEND(kept->learns, kept->n_learns) = false;
	return memcpy(ALLOC_APPEND(kept->ports, kept->n_ports), &new, sizeof(new));
}

/* Whether the ranges of the list are known: the Service's newest version has it, or its chains say so. */
static bool diff_kept_has_sources(struct diff_kept *kept, const struct source_list *list)
{
	struct service_source_list *added;
	const struct cidr *ranges;
	size_t i;

	for (i = 0; i < kept->n_source_lists; i++)
		if (source_list_cmp(&kept->source_lists[i].list, list) == 0)
			return true;
	if (!source_list_read(list, kept->snapshot, kept->state->scratch, &ranges))
		return false;
	added = ALLOC_APPEND(kept->source_lists, kept->n_source_lists);
	*added = (struct service_source_list){ .ranges = ranges, .list = *list };
	return true;
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

/* The index of an element of the list @prefix. */
static uint32_t diff_kept_index(const struct element *prefix, const struct element *e)
{
	uint32_t index;

	memcpy(&index, e->key + prefix->key_size, sizeof(index));
	return index;
}

/*
 * Add the endpoints of the list @prefix. Return: how many. If another process has deleted some, the last ones take their places, because a
 * chain counts them.
 */
static size_t diff_kept_list(struct diff_kept *kept, const struct element *prefix)
{
	size_t first = kept->n_elements, n = diff_kept_prefix(kept, prefix), free_place = 0, i;
	bool *taken = arena_array(kept->state->scratch, n, sizeof(*taken));
	struct element *e = &kept->elements[first];

	for (i = 0; i < n; i++)
		if (diff_kept_index(prefix, &e[i]) < n)
			taken[diff_kept_index(prefix, &e[i])] = true;
	for (i = 0; i < n; i++) {
		if (diff_kept_index(prefix, &e[i]) < n)
			continue;
		while (taken[free_place])
			free_place++;
		e[i].key_size = prefix->key_size;
		set_key_index(&e[i], (uint32_t)free_place++);
	}
	return n;
}

static size_t diff_kept_set(struct diff_kept *kept, const struct frontend *f, enum layout_set set)
{
	struct element prefix;

	set_element_init(&prefix, f->addr.family, (uint8_t)set);
	service_elements_key(&prefix, f);
	return layout_sets()[set].kind == SET_KIND_MAP ? diff_kept_list(kept, &prefix)
						       : diff_kept_prefix(kept, &prefix);
}

static bool diff_kept_is_missing(const struct diff_kept *kept, enum family table, const char *id,
				 enum port_chain which)
{
	size_t i;

	for (i = 0; i < kept->n_missing; i++)
		if (kept->missing[i].table == table && kept->missing[i].which == which &&
		    strcmp(kept->missing[i].id, id) == 0)
			return true;
	return false;
}

/* A front end leads to this chain of the port; it has @n_endpoints of its own. Return: false: it needs one, but has none. */
static bool diff_kept_target(struct port_chains *chains, enum port_chain which,
			     const size_t n_endpoints[_LB_CHAIN_KIND_MAX])
{
	uint32_t before = chains->n[which], n;
	struct lb_chain lb;

	chains->n[which] = 1;
	if (!port_chains_has_lb(chains, which, &lb))
		return true;
	/* All front ends of the chain have the same number, but another process may have deleted some of one. */
	n = (uint32_t)n_endpoints[lb.kind];
	chains->n[which] = !n || (before && before < n) ? before : n;
	return n;
}

/* Note what the verdict @e leads to. Return: false: to nothing that is this Service's, see struct diff_kept. */
static bool diff_kept_verdict(struct diff_kept *kept, const struct frontend *f, const struct element *e,
			      const size_t n_endpoints[_LB_CHAIN_KIND_MAX])
{
	const char *chain = set_data_chain(e);
	char id[PORT_CHAINS_ID_SIZE];
	struct port_chains *chains;
	struct source_list list;
	enum port_chain which;
	struct lb_chain lb;
	bool good = true;

	if (chain && source_list_parse_admit(e->table, chain, &list, &chain))
		good = diff_kept_has_sources(kept, &list);
	if (chain && lb_chain_parse(e->table, chain, &lb))
		return good && n_endpoints[lb.kind];
	if (!chain || !port_chains_parse(chain, &which, id))
		return good;
	chains = diff_kept_port(kept, f, id);
	kept->is_foreign |= !chains;
	if (!good || !chains || diff_kept_is_missing(kept, e->table, id, which))
		return false;
	if (which < PORT_CHAIN_TARGET_MAX)
		return diff_kept_target(chains, which, n_endpoints);
	kept->learns[chains - kept->ports] = true;
	return true;
}

/* Front ends lead to this chain, but there can be none. */
static void diff_kept_miss(struct diff_kept *kept, const struct port_chains *chains, enum port_chain which)
{
	struct diff_kept_missing *missing = ALLOC_APPEND(kept->missing, kept->n_missing);

	*missing = (struct diff_kept_missing){ .table = chains->table, .which = which };
	memcpy(missing->id, chains->id, sizeof(missing->id));
	kept->again = true;
}

/* The endpoints of a list of the port's own, if front ends lead to it. */
static void diff_kept_own_list(struct diff_kept *kept, struct port_chains *chains, enum plan_list list,
			       const struct element *prefix)
{
	enum port_chain which = port_chains_pool(list);

	if (!chains->n[which])
		return;
	chains->n[which] = (uint32_t)diff_kept_list(kept, prefix);
	if (!chains->n[which])
		diff_kept_miss(kept, chains, which);
}

/* What the API server makes of a Service that does not say it. */
#define DIFF_KEPT_TIMEOUT_S 10800

/* The timeout is that of the chain that learns clients. If it has none because another process has changed it, another one will do. */
static void diff_kept_affinity(struct diff_kept *kept, struct port_chains *chains)
{
	const struct snapshot_chain *learning;
	char name[RULE_NAME_MAX + 1];

	port_chains_name(chains, PORT_CHAIN_LEARN, name);
	learning = snapshot_find_chain(kept->snapshot, chains->table, name);
	if (!learning || learning->timeout_s)
		chains->timeout_s = learning ? learning->timeout_s : 0;
	else if (!chains->timeout_s)
		chains->timeout_s = DIFF_KEPT_TIMEOUT_S;
}

/* What belongs to a port and not to a front end. */
static void diff_kept_lists(struct diff_kept *kept, size_t port)
{
	struct port_chains *chains = &kept->ports[port];
	struct element prefix;
	struct set_list_key key;
	int list;

	diff_kept_affinity(kept, chains);
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		port_chains_list_key(chains, list, &key);
		set_element_init(&prefix, chains->table, (uint8_t)port_chains_set(chains));
		set_key_list(&prefix, &key);
		diff_kept_own_list(kept, chains, list, &prefix);
		prefix.set = LAYOUT_SET_AFFINITY_ENDPOINTS;
		if (chains->timeout_s)
			(void)diff_kept_prefix(kept, &prefix);
	}
	if (kept->learns[port] && !port_chains_has(chains, PORT_CHAIN_LEARN))
		diff_kept_miss(kept, chains, PORT_CHAIN_LEARN);
}

/* Return: false: one of its verdicts leads to nothing that is this Service's. */
static bool diff_kept_frontend(struct diff_kept *kept, const struct frontend *f)
{
	enum layout_key kind =
		f->kind == FRONTEND_KIND_NODE_PORT ? LAYOUT_KEY_NODE_PORT : LAYOUT_KEY_FRONTEND;
	size_t n_endpoints[_LB_CHAIN_KIND_MAX] = { 0 }, i = kept->n_elements, end, n;
	bool good = true;
	int set, lb;

	for (set = 0; set < _LAYOUT_SET_MAX; set++) {
		if (layout_sets_key((uint8_t)set) != kind)
			continue;
		n = diff_kept_set(kept, f, set);
		for (lb = 0; lb < _LB_CHAIN_KIND_MAX; lb++)
			if (lb_chain_set(&(struct lb_chain){ .kind = (uint8_t)lb }) == set)
				n_endpoints[lb] = n;
	}
	for (end = kept->n_elements; i < end; i++)
		if (layout_sets()[kept->elements[i].set].kind == SET_KIND_VERDICT_MAP)
			good &= diff_kept_verdict(kept, f, &kept->elements[i], n_endpoints);
	if (f->kind == FRONTEND_KIND_CLUSTER_IP)
		diff_kept_address(kept, &f->addr, LAYOUT_SET_CLUSTER_IPS);
	/* A ClusterIP that was in none of the ranges of the earlier run is there, too. */
	if (f->kind != FRONTEND_KIND_NODE_PORT)
		diff_kept_address(kept, &f->addr, LAYOUT_SET_EXTERNAL_ADDRESSES);
	return good;
}

static void diff_kept_frontends(struct diff_kept *kept)
{
	const struct plan *plan = kept->part->plan;
	struct frontend_owners_key key;
	size_t i;

	kept->n_elements = kept->n_ports = kept->n_learns = 0;
	for (i = 0; i < plan->n_frontends; i++) {
		frontend_owners_key_of(&plan->frontends[i], &key);
		if (kept->leads_away[i] || !diff_kept_owns(kept, &key) ||
		    diff_kept_frontend(kept, &plan->frontends[i]))
			continue;
		kept->leads_away[i] = kept->again = true;
	}
	for (i = 0; i < kept->n_ports; i++)
		diff_kept_lists(kept, i);
}

/* Again without the front ends that turn out to lead away. */
static void diff_kept_snapshot(struct diff_kept *kept)
{
	struct state *state = kept->state;
	bool any = false;

	kept->leads_away = arena_array(state->scratch, kept->part->plan->n_frontends, sizeof(bool));
	do {
		any |= kept->again;
		kept->again = false;
		diff_kept_frontends(kept);
	} while (kept->again);
	if (any)
		*ALLOC_APPEND(state->not_kept, state->n_not_kept) = kept->part->claimant.service;
}

bool diff_kept_stays(const struct state *state, const struct state_part *part)
{
	size_t i;

	if (!state->committed || state->first || state->snapshot)
		return false;
	for (i = 0; i < part->n_keys; i++)
		if (frontend_owners_owner(state->frontend_owners, &part->keys[i].key) != &part->claimant)
			return false;
	return true;
}

void diff_kept_forget_formers(struct state *state)
{
	struct state_former *former, *next;

	HASH_ITER(hh, state->formers, former, next) {
		HASH_DEL(state->formers, former);
		free(former);
	}
}

static bool diff_kept_is_whole(const struct snapshot *snapshot)
{
	return snapshot && !snapshot->partial[FAMILY_IPV4] && !snapshot->partial[FAMILY_IPV6];
}

/* Copy @n of @from to @ret, of the arena. */
static void diff_kept_copy(struct state *state, const void *from, size_t n, size_t size, void *ret)
{
	void *to = arena_array(state->scratch, n, size);

	if (n)
		memcpy(to, from, n * size);
	memcpy(ret, &to, sizeof(to));
}

static void diff_kept_done(struct diff_kept *kept)
{
	free(kept->elements);
	free(kept->ports);
	free(kept->source_lists);
	free(kept->missing);
	free(kept->learns);
}

/* Where what the part has is looked up; NULL: it is known. */
static struct snapshot *diff_kept_source(const struct state *state, const struct state_part *part)
{
	if (state->committed ? state->first && diff_kept_is_whole(state->snapshot) : state->snapshot != NULL)
		return state->snapshot;
	return part->installed.size ? NULL : state->kept_snapshot;
}

size_t diff_kept_foreign(struct state *state, const struct state_part *part, size_t **ret)
{
	struct diff_kept kept = { .state = state, .part = part, .snapshot = diff_kept_source(state, part) };
	struct frontend_owners_key key;
	size_t i, n = 0;

	*ret = arena_array(state->scratch, part->plan->n_frontends, sizeof(**ret));
	for (i = 0; kept.snapshot && i < part->plan->n_frontends; i++) {
		frontend_owners_key_of(&part->plan->frontends[i], &key);
		if (!diff_kept_owns(&kept, &key))
			continue;
		kept.is_foreign = false;
		(void)diff_kept_frontend(&kept, &part->plan->frontends[i]);
		if (kept.is_foreign)
			(*ret)[n++] = i;
	}
	diff_kept_done(&kept);
	return n;
}

void diff_kept_elements(struct state *state, const struct state_part *part, struct service_elements *ret)
{
	struct diff_kept kept = { .state = state, .part = part };
	size_t i;

	service_elements_add_source_lists(part->plan, state->scratch, ret);
	for (i = 0; i < ret->n_source_lists; i++)
		*ALLOC_APPEND(kept.source_lists, kept.n_source_lists) = ret->source_lists[i];
	kept.snapshot = diff_kept_source(state, part);
	if (kept.snapshot) {
		diff_kept_snapshot(&kept);
	} else if (state->committed) {
		kept.snapshot = state->snapshot;
		diff_kept_installed(&kept);
	}
	kept.n_elements = set_elements_sort_unique(kept.elements, kept.n_elements);
	if (kept.n_ports)
		qsort(kept.ports, kept.n_ports, sizeof(*kept.ports), port_chains_cmp);
	*ret = (struct service_elements){ .n = kept.n_elements,
					  .n_ports = kept.n_ports,
					  .n_source_lists = kept.n_source_lists };
	diff_kept_copy(state, kept.elements, kept.n_elements, sizeof(*kept.elements), &ret->elements);
	diff_kept_copy(state, kept.ports, kept.n_ports, sizeof(*kept.ports), &ret->ports);
	diff_kept_copy(state, kept.source_lists, kept.n_source_lists, sizeof(*kept.source_lists),
		       &ret->source_lists);
	diff_kept_done(&kept);
}
