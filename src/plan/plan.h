/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - what one Service should do to packets on this node, in no dataplane's words
 *
 * Room:     plan (model, select -> plan -> render). Pure.
 * Shapes:   front ends (who is addressed) x pools (who may answer) x verdicts.
 * Rule:     tests/COVERAGE.md, rows S, P, E, M and N.
 * Not here: chains, maps (render/); which Service owns a front end that two ask for (render/frontend_owners.h).
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "base/service_name.h"

struct arena;

enum frontend_kind {
	FRONTEND_KIND_CLUSTER_IP,
	FRONTEND_KIND_EXTERNAL_IP,
	FRONTEND_KIND_LOAD_BALANCER_IP,
	FRONTEND_KIND_NODE_PORT, /* on the node's node-port addresses; .addr is zero but for its family */
	_FRONTEND_KIND_MAX,
};

enum plan_verdict {
	PLAN_VERDICT_POOL,   /* to the endpoint of a random slot of the pool */
	PLAN_VERDICT_REJECT, /* no endpoint anywhere can answer (N1) */
	PLAN_VERDICT_DROP,   /* endpoints elsewhere could, but the policy does not allow it (N2, N3) */
};

/** enum plan_list - The two lists of endpoints that a Service port has (E3, E5). */
enum plan_list {
	PLAN_LIST_CLUSTER,
	PLAN_LIST_LOCAL,
	_PLAN_LIST_MAX,
};

/**
 * struct plan_target - What happens to a new connection
 * @list, @pool: for _POOL: which list of the port's, and its index in plan.pools. Two equal lists may be
 *		one pool.
 */
struct plan_target {
	enum plan_verdict verdict;
	enum plan_list list;
	uint32_t pool;
};

/** PLAN_NO_POOL - Instead of an index in plan.pools: the list is empty, or no front end needs it. */
#define PLAN_NO_POOL UINT32_MAX

/** enum plan_masquerade - Which packets get the node's source address (hairpins always do). */
enum plan_masquerade {
	PLAN_MASQUERADE_CLUSTER_IP, /* those of the node's rule for ClusterIPs (M1 to M3) */
	PLAN_MASQUERADE_ALWAYS,	    /* all: external, policy Cluster (M4) */
	PLAN_MASQUERADE_FROM_NODE,  /* those that the node itself sends: external, policy Local (M5) */
};

/**
 * struct frontend - One (address, protocol, port) of a Service port, or one node port
 * @port_name:	the Service port's name, "" if unnamed
 * @elsewhere:	its address is in none of the ranges of ClusterIPs (struct build_input); not for a node port
 * @target:	for all sources; if @has_local_target, for pods and the node only (E20, E21)
 * @local_target: for all other sources (E19); set if @has_local_target: external and policy Local
 * @affinity_timeout_s: session affinity (ClientIP), the same for all front ends of a Service port (A1); 0 = none
 * @own_lists:	the endpoints are stored once for the Service port, not for each front end; the same for all front ends of
 *		a port (plan_own_lists())
 * @lists:	the port's two lists in plan.pools, or PLAN_NO_POOL. With session affinity both, whichever a front end leads to
 * @port_size:	elements that the port needs, and not a front end; counted at one of its front ends, 0 at the others
 * @source_ranges: allowed sources, empty = all
 */
struct frontend {
	enum frontend_kind kind;
	struct addr addr;
	uint8_t protocol;
	uint16_t port;
	const char *port_name;
	bool elsewhere;
	struct plan_target target;
	bool has_local_target;
	struct plan_target local_target;
	enum plan_masquerade masquerade;
	uint32_t affinity_timeout_s;
	bool own_lists;
	uint32_t lists[_PLAN_LIST_MAX];
	size_t port_size;
	uint32_t n_source_ranges;
	const struct cidr *source_ranges;
};

/** struct pool_endpoint - An endpoint that may answer. */
struct pool_endpoint {
	struct addr addr;
	uint16_t port;
};

/**
 * struct pool - Endpoints, and slots: a new connection goes to the endpoint of a random slot
 * @n_endpoints, @endpoints: 1 or more, sorted by (addr, port), distinct, one family
 * @n_slots, @slots: by slot, the index of its endpoint; 1 or more. @slots NULL: slot i is that of endpoint i, and @n_slots is
 *		not used. They depend on the objects alone, not on earlier slots: any sequence of changes ends in the same ruleset
 *
 * An endpoint may have several slots, because it has more weight than others, or none, because it is in maintenance (weight
 * 0). One without a slot is not removed: its connections go on, and its UDP flows are not stale (plan/stale.h). But it gets no
 * new connection, so the tables do not have it. That includes clients with session affinity: to them it is like a
 * removed endpoint (tests/COVERAGE.md A6), so they get another one, and stay with that. Otherwise they would keep an endpoint in
 * maintenance busy for ever. IPVS does the same as kube-proxy configures it (expire_quiescent_template).
 */
struct pool {
	size_t n_endpoints;
	const struct pool_endpoint *endpoints;
	size_t n_slots;
	const uint32_t *slots;
};

/** plan_n_slots() - How many slots @pool has. */
static inline size_t plan_n_slots(const struct pool *pool)
{
	return pool->slots ? pool->n_slots : pool->n_endpoints;
}

/** plan_slot() - The endpoint of a slot. */
static inline const struct pool_endpoint *plan_slot(const struct pool *pool, size_t slot)
{
	return &pool->endpoints[pool->slots ? pool->slots[slot] : slot];
}

/** enum plan_direction - Which traffic policy: internalTrafficPolicy or externalTrafficPolicy. */
enum plan_direction {
	PLAN_DIRECTION_INTERNAL,
	PLAN_DIRECTION_EXTERNAL,
	_PLAN_DIRECTION_MAX,
};

/**
 * struct plan - One Service, or a part of it
 * @service:	its name; the strings are borrowed
 * @part:	0: all front ends; else the number of the part that these front ends are (plan/split.h)
 * @frontends:	sorted by (family, kind, addr, protocol, port), distinct in these. A Service that we do
 *		not serve has none.
 * @n_without_local: ports with usable endpoints, but none on this node although the policy is Local (H23)
 */
struct plan {
	struct service_name service;
	uint64_t part;
	int64_t creation_time_s;
	size_t n_frontends;
	struct frontend *frontends;
	size_t n_pools;
	struct pool *pools;
	uint32_t n_without_local[_PLAN_DIRECTION_MAX][_FAMILY_MAX];
};

/**
 * struct plan_packet - The first packet of a connection, for plan_lookup()
 * @from_node:	its source is an address of this node
 * @from_pod:	the local-traffic detector calls it pod traffic; false without a detector
 * @to_node_port_address: its destination is one of this node's node-port addresses
 */
struct plan_packet {
	struct addr saddr;
	struct addr daddr;
	uint8_t protocol;
	uint16_t dport;
	bool from_node;
	bool from_pod;
	bool to_node_port_address;
};

/** struct plan_node_rule - How this node masquerades ClusterIP traffic of one family (M1 to M3). */
struct plan_node_rule {
	bool masquerade_all;
	bool has_detector;
};

/** enum plan_outcome - Result of plan_lookup(). */
enum plan_outcome {
	PLAN_OUTCOME_UNTOUCHED,
	PLAN_OUTCOME_REJECT,
	PLAN_OUTCOME_DROP,
	PLAN_OUTCOME_POOL,
};

/** plan_cmp_frontends() - For qsort(): by (family, kind, addr, protocol, port). */
int plan_cmp_frontends(const void *a, const void *b);
/** plan_count_slots() - How many slots each endpoint of @pool has: sets @ret[0] to @ret[@pool->n_endpoints - 1]. */
void plan_count_slots(const struct pool *pool, uint32_t *ret);
/**
 * plan_in_use() - The endpoints of @pool that have slots, with one slot each
 *
 * Return: @pool itself if slot i is that of endpoint i; else a new pool in @arena.
 */
const struct pool *plan_in_use(const struct pool *pool, struct arena *arena);
/**
 * plan_own_lists() - Whether a Service port gets lists of its own
 * @n_copies:	slots of its front ends' targets together: how many elements they are if each front end has its own
 * @n_listed:	slots of the lists that the front ends use
 *
 * A list of its own costs a chain, and each new number of slots changes its rules. So it must save much: with a
 * ClusterIP, a load balancer IP and a node port from 65 slots on, with 12 front ends from 7 on.
 */
bool plan_own_lists(size_t n_copies, size_t n_listed);
/**
 * plan_frontend_size() - How many set elements the front end becomes, about
 *
 * One for each target, for each slot of a target unless the port has lists of its own, and one for session affinity; and
 * its port's, if they are counted here.
 */
size_t plan_frontend_size(const struct plan *plan, const struct frontend *frontend);
/** plan_size() - The same for all front ends of the plan, and one for each source range. */
size_t plan_size(const struct plan *plan);
/** plan_answers() - Whether @frontend has an endpoint, at least for some sources. */
bool plan_answers(const struct frontend *frontend);
/**
 * plan_yields() - An external IP or load balancer IP without any endpoint
 *
 * If it is an address of the node, a node port of the same number goes before it, of whatever Service (S16).
 */
bool plan_yields(const struct frontend *frontend);
/** plan_find_frontend() - The front end of a packet: ClusterIPs and external IPs before node ports (P10), but see plan_yields(); or NULL. */
const struct frontend *plan_find_frontend(const struct plan *plan, const struct plan_packet *packet);
/**
 * plan_lookup() - What should happen to @packet: the oracle that rendered rules are tested against
 * @ret_pool:	for _POOL: its slots say which endpoints may answer, and how often each does
 */
enum plan_outcome plan_lookup(const struct plan *plan, const struct plan_packet *packet,
			      const struct pool **ret_pool);
/** plan_masquerades() - Whether @packet, sent to @endpoint through @frontend, gets the node's address. */
bool plan_masquerades(const struct frontend *frontend, const struct plan_packet *packet,
		      const struct pool_endpoint *endpoint, const struct plan_node_rule *rule);

#endif
