/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * affinity.h - chains and client maps that a Service port with session affinity owns in one table
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Rule:     tests/COVERAGE.md A1 to A11.
 * Shapes:   a client map for each list of endpoints in use (cluster, local), shared by all front ends;
 *           look-up chains, which a front end's verdict leads to:
 *
 *             chain affinity-ID {
 *               meta l4proto tcp dnat ip to ip saddr map @affinity-ID
 *               goto lb-tcp-3
 *             }
 *
 *           and learning chains. After the translation, `learning` leads to them, by the front end's verdict
 *           in affinity-services or affinity-nodeports:
 *
 *             chain learn-ID {
 *               meta l4proto tcp ip daddr . th dport . meta l4proto . ct original ip daddr .
 *                 ct original proto-dst @affinity-endpoints
 *                 update @affinity-ID { ct original ip saddr timeout 10800s : ip daddr . th dport }
 *             }
 *
 *           The set affinity-endpoints has pairs (endpoint, front end): so each map learns only endpoints of
 *           its own list, whichever list the connection was sent by (A5), and never an endpoint that has just
 *           been removed. The cost does not depend on the number of endpoints.
 * Names:    ID is 16 characters of a hash of "namespace/name/port/protocol", so an identity survives every
 *           edit but a new name, and no user can choose a name to get the ID of another Service.
 */
#ifndef RENDER_AFFINITY_H
#define RENDER_AFFINITY_H

#include "plan/plan.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "ruleset/client_map.h"

struct arena;

#define AFFINITY_ID_SIZE 17

enum affinity_chain {
	AFFINITY_CHAIN_SERVICE,		 /* cluster list, by address */
	AFFINITY_CHAIN_SERVICE_INTERNAL, /* local list, by address: internalTrafficPolicy Local */
	AFFINITY_CHAIN_SERVICE_LOCAL,	 /* local list, by address: externalTrafficPolicy Local */
	AFFINITY_CHAIN_NODEPORT,	 /* cluster list, by node port */
	AFFINITY_CHAIN_NODEPORT_LOCAL,	 /* local list, by node port */
	AFFINITY_CHAIN_LEARN,		 /* by address */
	AFFINITY_CHAIN_LEARN_NODEPORT,
	_AFFINITY_CHAIN_MAX,
};

/** AFFINITY_LOOKUP_MAX - The look-up chains are the first so many of enum affinity_chain. */
#define AFFINITY_LOOKUP_MAX AFFINITY_CHAIN_LEARN

/**
 * struct affinity - One Service port in one table
 * @n:		endpoints of the list behind each look-up chain; 0 = there is no such chain
 * @unknown:	taken over from a snapshot: which of its chains and maps exist, and with which rules, is not known
 * @owner:	"namespace/name:port", for people
 * @pools:	of the lists that have a client map; valid as long as the plan, and NULL once it is committed
 */
struct affinity {
	uint8_t table;
	uint8_t protocol;
	char id[AFFINITY_ID_SIZE];
	bool unknown;
	uint32_t timeout_s;
	uint32_t n[AFFINITY_LOOKUP_MAX];
	char owner[CLIENT_MAP_COMMENT_MAX + 1];
	const struct pool *pools[_PLAN_LIST_MAX];
};

/** affinity_init() - Without any look-up chain: set @n afterwards. */
void affinity_init(struct affinity *affinity, const struct plan *plan, const struct frontend *frontend);
/** affinity_cmp() - By table and id; two struct affinity, for qsort() too. */
int affinity_cmp(const void *a, const void *b);
/** affinity_lookup() - The look-up chain of a front end: by the lb chain it goes on to, and the list. */
enum affinity_chain affinity_lookup(enum lb_chain_kind kind, enum plan_list list);
/** affinity_lb_chain() - The shared chain that a look-up chain, which @affinity has, goes on to. */
struct lb_chain affinity_lb_chain(const struct affinity *affinity, enum affinity_chain lookup);
bool affinity_has_chain(const struct affinity *affinity, enum affinity_chain which);
bool affinity_has_map(const struct affinity *affinity, enum plan_list list);
/** affinity_set() - The set of the (endpoint, front end) pairs of a list. */
enum layout_set affinity_set(enum plan_list list, bool node_port);
void affinity_chain_name(const struct affinity *affinity, enum affinity_chain which,
			 char name[RULE_NAME_MAX + 1]);
/** affinity_chain() - That chain with its rules; @arena owns what @ret points to. */
void affinity_chain(const struct affinity *affinity, enum affinity_chain which, struct arena *arena,
		    struct chain *ret);
/** affinity_same_chain() - Whether both have that chain, with the same rules; false if the rules of one are not known. */
bool affinity_same_chain(const struct affinity *a, const struct affinity *b, enum affinity_chain which);
void affinity_map(const struct affinity *affinity, enum plan_list list, struct client_map *ret);
/**
 * affinity_is_stale() - Whether @client was sent to an endpoint that is not in @pool (A6)
 *
 * A client with only one part is stale if no endpoint has this address or port: it may have been added between the reading
 * of the two parts of an IPv6 map.
 */
bool affinity_is_stale(const struct pool *pool, const struct client *client);
/** affinity_lookup_kind() - The kind of lb chain that a look-up chain goes on to. */
enum lb_chain_kind affinity_lookup_kind(enum affinity_chain lookup);
/** affinity_parse_chain() - The chain with this name; false if @name is not one of affinity_chain_name(). */
bool affinity_parse_chain(const char *name, enum affinity_chain *ret, char ret_id[AFFINITY_ID_SIZE]);
/** affinity_names_chain() - Whether @name is one of affinity_chain_name(). */
bool affinity_names_chain(const char *name);

#endif
