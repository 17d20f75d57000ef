/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * port_chains.h - chains that a Service port owns in one table: a port with session affinity, or with lists of its own
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Rule:     tests/COVERAGE.md A1 to A11. plan/plan.h says which ports have lists of their own.
 * Shapes:   a list of its own is stored once, however many front ends the port has:
 *
 *             chain pool-ID {
 *               meta l4proto tcp dnat ip to LIST . numgen random mod 3 map @pools-0
 *               (the same again, then with mod 1)
 *               drop
 *             }
 *
 *           With session affinity a look-up chain asks first where the client went before. In a pool chain, it is the first
 *           rule; a port whose endpoints are stored for each front end has look-up chains that go on to lb chains:
 *
 *             chain affinity-ID {
 *               meta l4proto tcp dnat ip to LIST . ip saddr map @clients-00
 *               goto lb-tcp-3
 *             }
 *
 *           and a learning chain. After the translation, `learning` leads to it, by the front end's verdict
 *           in affinity-services or affinity-nodeports. After a rule for endpoints that are no longer in a list, and that clients may
 *           still be bound to (render/diff_removed.h), it has a rule for each of the port's two lists:
 *
 *             chain learn-ID {
 *               meta l4proto tcp LIST . ip daddr . th dport @removed-endpoints drop
 *               meta l4proto tcp LIST . ip daddr . th dport @affinity-endpoints
 *                 update @clients-00 { LIST . ct original ip saddr timeout 10800s : ip daddr . th dport }
 *             }
 *
 *           LIST is the list's key (struct set_list_key): two integers that follow from ID, and name the list. The set
 *           affinity-endpoints has the endpoints of both lists of each port (those with a slot): so a client is learnt for each
 *           list that has its endpoint, also for the one that no front end uses (A5, A7), and never with an endpoint that has
 *           just been removed.
 * Shared:   the maps pools-0 to pools-7 and the client maps clients-00 to clients-3f have the lists and clients of many
 *           ports; ID decides which of them. One map for all would make each new chain expensive, because the kernel walks
 *           the map when a rule names it; a map for each port would make each new map expensive, because the kernel looks
 *           maps up in a list.
 * Names:    ID is 16 characters of a hash of "namespace/name/port/protocol", so an identity survives every
 *           edit but a new name, and no user can choose a name to get the ID of another Service.
 */
#ifndef RENDER_PORT_CHAINS_H
#define RENDER_PORT_CHAINS_H

#include "plan/plan.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "ruleset/client_map.h"

struct arena;

#define PORT_CHAINS_ID_SIZE	17
#define PORT_CHAINS_CLIENT_MAPS 64

enum port_chain {
	PORT_CHAIN_POOL,	     /* cluster list, the port's own */
	PORT_CHAIN_POOL_LOCAL,	     /* local list, the port's own */
	PORT_CHAIN_SERVICE,	     /* look-up chains, to lb chains: cluster list, by address */
	PORT_CHAIN_SERVICE_INTERNAL, /* local list, by address: internalTrafficPolicy Local */
	PORT_CHAIN_SERVICE_LOCAL,    /* local list, by address: externalTrafficPolicy Local */
	PORT_CHAIN_NODEPORT,	     /* cluster list, by node port */
	PORT_CHAIN_NODEPORT_LOCAL,   /* local list, by node port */
	PORT_CHAIN_LEARN,
	_PORT_CHAIN_MAX,
};

/** PORT_CHAIN_TARGET_MAX - Verdicts of front ends lead to the first so many of enum port_chain. */
#define PORT_CHAIN_TARGET_MAX PORT_CHAIN_LEARN

/**
 * struct port_chains - One Service port in one table
 * @n:		slots of the list behind each chain; 0 = there is no such chain
 * @timeout_s:	of session affinity; 0 = none
 * @owner:	"namespace/name:port", for people: the comment of each chain
 * @pools:	with session affinity, both lists, NULL = empty; without, the port's own lists in use. Valid as long as the plan, and
 *		NULL once it is committed
 */
struct port_chains {
	uint8_t table;
	uint8_t protocol;
	char id[PORT_CHAINS_ID_SIZE];
	uint32_t timeout_s;
	uint32_t n[PORT_CHAIN_TARGET_MAX];
	char owner[RULE_COMMENT_MAX + 1];
	const struct pool *pools[_PLAN_LIST_MAX];
};

/** port_chains_id() - The id of a Service port, which is a part of the names of its chains. */
void port_chains_id(struct service_name service, const char *port_name, enum protocol protocol,
		    char ret[PORT_CHAINS_ID_SIZE]);
/** port_chains_init() - Without any target chain: set @n and @pools afterwards. */
void port_chains_init(struct port_chains *chains, const struct plan *plan, const struct frontend *frontend);
/** port_chains_cmp() - By table and id; two struct port_chains, for qsort() too. */
int port_chains_cmp(const void *a, const void *b);
/** port_chains_pool() - The chain of a list of its own. */
enum port_chain port_chains_pool(enum plan_list list);
/** port_chains_lookup() - The look-up chain of a front end: by the lb chain it goes on to, and the list. */
enum port_chain port_chains_lookup(enum lb_chain_kind kind, enum plan_list list);
/** port_chains_has_lb() - Whether a target chain, which @chains has, goes on to the shared chain @ret. */
bool port_chains_has_lb(const struct port_chains *chains, enum port_chain which, struct lb_chain *ret);
bool port_chains_has(const struct port_chains *chains, enum port_chain which);
/** port_chains_list_key() - The key of a list in pools-N, affinity-endpoints and the client map. */
void port_chains_list_key(const struct port_chains *chains, enum plan_list list, struct set_list_key *ret);
/** port_chains_is_listed() - Whether the keys of @set begin with a list's key. */
bool port_chains_is_listed(uint8_t set);
/** port_chains_list_of() - Which list an element of such a set belongs to. */
enum plan_list port_chains_list_of(const struct element *e);
/** port_chains_cluster_list_of() - The key of the port's cluster list, whichever list @e belongs to. */
void port_chains_cluster_list_of(const struct element *e, struct set_list_key *ret);
/** port_chains_to_cluster_list() - From the key of any list of a port to that of its cluster list. */
void port_chains_to_cluster_list(struct set_list_key *key);
/** port_chains_set() - pools-N: the map of the port's own lists. */
enum layout_set port_chains_set(const struct port_chains *chains);
/** port_chains_client_map() - The client map; false if there is no session affinity. */
bool port_chains_client_map(const struct port_chains *chains, struct client_map *ret);
void port_chains_name(const struct port_chains *chains, enum port_chain which, char name[RULE_NAME_MAX + 1]);
/** port_chains_build() - That chain with its rules; @arena owns what @ret points to. */
void port_chains_build(const struct port_chains *chains, enum port_chain which, struct arena *arena,
		       struct chain *ret);
/** port_chains_n_rules() - How many rules that chain has. */
size_t port_chains_n_rules(const struct port_chains *chains, enum port_chain which);
/** port_chains_same() - Whether both have that chain, with the same rules. */
bool port_chains_same(const struct port_chains *a, const struct port_chains *b, enum port_chain which);
/**
 * port_chains_is_stale() - Whether @client was sent to an endpoint that is not in @pool, or NULL (A6)
 * @pool:	of endpoints that have slots: plan_in_use()
 *
 * A client with only one part is stale if no endpoint has this address or port: it may have been added between the reading
 * of the two parts of an IPv6 map.
 */
bool port_chains_is_stale(const struct pool *pool, const struct client *client);
/** port_chains_parse() - The chain with this name; false if @name is not one of port_chains_name(). */
bool port_chains_parse(const char *name, enum port_chain *ret, char ret_id[PORT_CHAINS_ID_SIZE]);
/** port_chains_names() - Whether @name is one of port_chains_name(). */
bool port_chains_names(const char *name);

#endif
