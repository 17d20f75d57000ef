/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "random/remembered.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash_table.h"
#include "render/frontend_owners.h"

struct entry {
	char key[128];
	char port[80]; /* the part of the key that names the Service port in its family */
	enum plan_list list;
	enum family family;
	bool unknown; /* since a restart */
	bool left;    /* remembered_is_left() */
	struct pool_endpoint endpoint;
	UT_hash_handle hh;
};

struct remembered {
	struct entry *entries;
};

struct remembered *remembered_new(void)
{
	return alloc_zeroed(1, sizeof(struct remembered));
}

static void drop(struct remembered *all, struct entry *entry)
{
	HASH_DEL(all->entries, entry);
	free(entry);
}

struct remembered *remembered_free(struct remembered *all)
{
	struct entry *entry, *next;

	HASH_ITER(hh, all->entries, entry, next)
		drop(all, entry);
	free(all);
	return NULL;
}

static void name_port(const struct plan *plan, const struct frontend *f, char port[80])
{
	(void)snprintf(port, 80, "%s/%s/%s/%u/%u", plan->service.namespace, plan->service.name, f->port_name,
		       f->protocol, f->addr.family);
}

static void make_key(const char *port, enum plan_list list, const struct addr *client, char key[128])
{
	char addr[ADDR_TEXT_SIZE];

	(void)snprintf(key, 128, "%.79s %d %s", port, list, addr_print(client, addr));
}

static struct entry *find(const struct remembered *all, const char *port, enum plan_list list,
			  const struct addr *client)
{
	struct entry *entry;
	char key[128];

	make_key(port, list, client, key);
	HASH_FIND_STR(all->entries, key, entry);
	return entry;
}

const struct pool_endpoint *remembered_find(const struct remembered *all, const struct plan *plan,
					    const struct frontend *frontend, enum plan_list list,
					    const struct addr *client)
{
	const struct entry *entry;
	char port[80];

	if (!frontend->affinity_timeout_s)
		return NULL;
	name_port(plan, frontend, port);
	entry = find(all, port, list, client);
	return entry ? &entry->endpoint : NULL;
}

bool remembered_owns(const struct pipeline_plans *plans, const struct plan *plan,
		     const struct frontend *frontend)
{
	/* ClusterIPs before load balancer IPs before external IPs, then those with endpoints, then the order of the plans. */
	static const size_t places[_FRONTEND_KIND_MAX] = {
		[FRONTEND_KIND_CLUSTER_IP] = 0,
		[FRONTEND_KIND_LOAD_BALANCER_IP] = 2,
		[FRONTEND_KIND_EXTERNAL_IP] = 4,
		[FRONTEND_KIND_NODE_PORT] = 0,
	};
	const struct plan *first[6] = { NULL };
	struct frontend_owners_key wanted, key;
	size_t i, k, place;

	frontend_owners_key_of(frontend, &wanted);
	for (i = 0; i < plans->n; i++) {
		const struct plan *other = &plans->plans[i];

		for (k = 0; k < other->n_frontends; k++) {
			const struct frontend *f = &other->frontends[k];

			frontend_owners_key_of(f, &key);
			place = places[f->kind] + !plan_answers(f);
			if (memcmp(&key, &wanted, sizeof(key)) == 0 && !first[place])
				first[place] = other;
		}
	}
	for (place = 0; place < ARRAY_SIZE(first) && !first[place];)
		place++;
	return place < ARRAY_SIZE(first) && first[place] == plan;
}

/* A front end of the port that has endpoints and that the Service owns; else NULL. */
static const struct frontend *find_frontend(const struct pipeline_plans *plans, const struct plan *plan,
					    const char *port)
{
	char other[80];
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *f = &plan->frontends[i];

		name_port(plan, f, other);
		if (strcmp(other, port) == 0 && f->affinity_timeout_s && plan_answers(f) &&
		    remembered_owns(plans, plan, f))
			return f;
	}
	return NULL;
}

static const struct pool *list_of(const struct pipeline_plans *plans, const struct plan *plan,
				  const char *port, enum plan_list list)
{
	const struct frontend *f = find_frontend(plans, plan, port);

	return f && f->lists[list] != PLAN_NO_POOL ? &plan->pools[f->lists[list]] : NULL;
}

/* Whether the endpoint has a slot. */
static bool has(const struct pool *pool, const struct pool_endpoint *endpoint)
{
	size_t i;

	for (i = 0; pool && i < plan_n_slots(pool); i++)
		if (addr_equal(&plan_slot(pool, i)->addr, &endpoint->addr) &&
		    plan_slot(pool, i)->port == endpoint->port)
			return true;
	return false;
}

void remembered_learn(struct remembered *all, const struct pipeline_plans *plans, const struct plan *plan,
		      const struct frontend *frontend, const struct addr *client,
		      const struct pool_endpoint *endpoint)
{
	struct entry *entry;
	char port[80];
	int list;

	name_port(plan, frontend, port);
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		if (!has(list_of(plans, plan, port, list), endpoint) || find(all, port, list, client))
			continue;
		entry = alloc_zeroed(1, sizeof(*entry));
		make_key(port, list, client, entry->key);
		memcpy(entry->port, port, sizeof(entry->port));
		entry->list = list;
		entry->family = client->family;
		entry->endpoint = *endpoint;
		HASH_ADD_STR(all->entries, key, entry);
	}
}

static bool is_kept(const struct entry *entry, const struct pipeline_plans *plans)
{
	size_t i;

	for (i = 0; i < plans->n; i++)
		if (has(list_of(plans, &plans->plans[i], entry->port, entry->list), &entry->endpoint))
			return true;
	return false;
}

static bool has_affinity(const struct pipeline_plans *plans, const char *port)
{
	size_t i;

	for (i = 0; i < plans->n; i++)
		if (find_frontend(plans, &plans->plans[i], port))
			return true;
	return false;
}

void remembered_forget(struct remembered *all, const struct pipeline_plans *plans)
{
	struct entry *entry, *next;
	bool was_left;

	HASH_ITER(hh, all->entries, entry, next) {
		was_left = entry->left;
		entry->left = (entry->unknown || was_left) && !has_affinity(plans, entry->port);
		entry->unknown = false;
		if (!entry->left && (was_left || !is_kept(entry, plans)))
			drop(all, entry);
	}
}

void remembered_restart(struct remembered *all)
{
	struct entry *entry;

	for (entry = all->entries; entry; entry = entry->hh.next)
		entry->unknown = !entry->left;
}

bool remembered_is_left(const struct remembered *all, const struct plan *plan,
			const struct frontend *frontend)
{
	const struct entry *entry;
	char port[80];

	name_port(plan, frontend, port);
	for (entry = all->entries; entry; entry = entry->hh.next)
		if (entry->left && strcmp(entry->port, port) == 0)
			return true;
	return false;
}

void remembered_forget_family(struct remembered *all, enum family family)
{
	struct entry *entry, *next;

	HASH_ITER(hh, all->entries, entry, next)
		if (entry->family == family)
			drop(all, entry);
}

size_t remembered_count(const struct remembered *all, enum family family)
{
	const struct entry *entry;
	size_t n = 0;

	for (entry = all->entries; entry; entry = entry->hh.next)
		n += entry->family == family && !entry->left;
	return n;
}
