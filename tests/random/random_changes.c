/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random sequences of changes. After each of them:
 *
 *   (a) the ruleset is exactly that of a fresh start on the final state;
 *   (b) it does not depend on the order in which a fresh start gets the objects;
 *   (c) the ruleset treats every packet as the plans say: plan_lookup() and plan_masquerades();
 *   (d) after a failed commit, the next one ends in the same ruleset;
 *   (e) so does a sync that compares with the installed ruleset, of an earlier process with other Services,
 *       or after a foreign change;
 *   (g) while the plans of all Services are refused nothing changes, whatever their endpoints do, also over a restart;
 *       after some or all were refused the ruleset is that of a fresh start (every second sequence, without packets);
 *   (f) clients of Services with affinity reach the endpoints of the specification, during all of this;
 *   (h) all of this also if endpoints have several slots or none (two of four sequences);
 *   (i) what a restart finds by keys of Services that are refused is what is installed (with (g)).
 *
 * RANDOM_SECONDS=N runs longer (default 8), RANDOM_SEED=N replays one sequence.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "lib/pipeline.h"
#include "random/kept.h"
#include "random/remembered.h"
#include "render/port_chains.h"
#include "render/state_walk.h"
#include "ruleset/trace.h"

#define STEPS_PER_SEQUENCE 120
#define PACKETS_PER_SYNC   40

/** struct world - The objects that the API server would have, and the configuration. */
struct world {
	struct service *services[GENERATE_SERVICES];
	struct slice *slices[GENERATE_SLICES];
	struct generate_config config;
};

struct run {
	uint64_t seed;
	unsigned int step;
	bool refusing; /* (g) instead of (c) and (f) */
	bool slots;    /* (h) */
	struct generate g;
	struct world world;
	struct pipeline pipeline;
	struct remembered *remembered;
	uint64_t n_syncs;
	uint64_t n_packets;
	uint64_t n_pooled;
	uint64_t n_refused;
	uint64_t n_bound;
	uint64_t n_kept;
};

static void fail(const struct run *run, const char *what)
{
	fprintf(stderr, "seed %" PRIu64 ", step %u: %s\n", run->seed, run->step, what);
	exit(1);
}

/* ---- changes ---- */

static void change_config(struct run *run)
{
	generate_config(&run->g, &run->world.config);
	if (run->slots && generate_chance(&run->g, 80))
		run->world.config.slot_seed = 1 + generate_number(&run->g, 1000000);
}

static void change_service(struct run *run)
{
	size_t i = generate_number(&run->g, GENERATE_SERVICES);
	const char *namespace, *name;

	service_free(run->world.services[i]);
	run->world.services[i] = NULL;
	generate_service_name(i, &namespace, &name);
	if (generate_chance(&run->g, 25)) {
		store_del(run->pipeline.store, OBJECT_KIND_SERVICE, namespace, name);
		return;
	}
	run->world.services[i] = generate_service(&run->g, i);
	store_put_service(run->pipeline.store, service_new_copy(run->world.services[i]));
}

static void change_slice(struct run *run)
{
	size_t i = generate_number(&run->g, GENERATE_SLICES);
	const char *namespace, *name;

	slice_free(run->world.slices[i]);
	run->world.slices[i] = NULL;
	generate_slice_name(i, &namespace, &name);
	if (generate_chance(&run->g, 20)) {
		store_del(run->pipeline.store, OBJECT_KIND_ENDPOINT_SLICE, namespace, name);
		return;
	}
	run->world.slices[i] = generate_slice(&run->g, i);
	store_put_slice(run->pipeline.store, slice_new_copy(run->world.slices[i]));
}

static void change_something(struct run *run)
{
	uint32_t what = generate_number(&run->g, 100);

	if (what < 35)
		change_service(run);
	else if (what < 94)
		change_slice(run);
	else
		change_config(run);
}

/* A foreign change of one element: it is deleted, replaced, or added. Verdicts are not replaced, or chains could not be deleted. */
static void damage_element(struct run *run, struct changes *changes, const struct element *e)
{
	struct element other = *e;

	invalidated_add_element(&run->pipeline.invalidated, e);
	if (generate_chance(&run->g, 70)) {
		change_add_element(changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, e);
		if (changes->skeleton->sets[e->set].kind != SET_KIND_MAP || generate_chance(&run->g, 50))
			return;
		other.data[generate_number(&run->g, other.data_size)] ^= 1;
	} else {
		other.key[0] ^= (uint8_t)(1 + generate_number(&run->g, 255));
		if (image_find_element(fake_image(run->pipeline.fake), other.table, other.set, other.key,
				       other.key_size))
			return;
		if (changes->skeleton->sets[e->set].kind == SET_KIND_VERDICT_MAP)
			set_data_verdict(&other, SET_VERDICT_DROP, NULL);
		invalidated_add_element(&run->pipeline.invalidated, &other);
	}
	change_add_element(changes, CHANGE_OP_ELEMENT_ADD, SERVICE_NAME_NONE, &other);
}

/* Chains lose their rules, and a chain with a name like ours is added. */
static void damage_chains(struct run *run, struct changes *changes, enum family family, struct arena *arena)
{
	const struct image *image = fake_image(run->pipeline.fake);
	const struct chain *installed = NULL;
	struct chain *chain;

	while ((installed = image_each_chain(image, family, installed))) {
		if (!generate_chance(&run->g, 15))
			continue;
		chain = arena_alloc(arena, sizeof(*chain));
		*chain = *installed;
		chain->n_rules = 0;
		chain->rules = NULL;
		change_add_chain(changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, chain);
		invalidated_add_chain(&run->pipeline.invalidated, family, chain->name);
	}
	chain = arena_alloc(arena, sizeof(*chain));
	*chain = (struct chain){ .table = (uint8_t)family };
	(void)snprintf(chain->name, sizeof(chain->name), "lb-tcp-%u", 1000 + generate_number(&run->g, 9));
	if (image_find_chain(image, family, chain->name))
		return;
	change_add_chain(changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, chain);
	invalidated_add_chain(&run->pipeline.invalidated, family, chain->name);
}

/* A foreign change. The next sync compares the changed objects, or everything. */
static void damage(struct run *run)
{
	struct image *image = fake_image(run->pipeline.fake);
	const struct skeleton *skeleton = image_skeleton(image);
	enum family family = generate_number(&run->g, _FAMILY_MAX);
	const struct element *e = NULL;
	struct arena *arena = arena_new();
	struct changes changes;
	struct err err = { 0 };
	uint32_t chance;
	size_t set;

	change_init(&changes, skeleton);
	if (!skeleton || !image_has_table(image, family)) {
		;
	} else if (generate_chance(&run->g, 20)) {
		change_add_table(&changes, CHANGE_OP_TABLE_DEL, family);
		invalidated_add_table(&run->pipeline.invalidated, family);
		remembered_forget_family(run->remembered, family);
	} else {
		chance = generate_chance(&run->g, 50) ? 2 : 20;
		for (set = 0; set < skeleton->n_sets; set++)
			while ((e = image_each_element(image, family, (uint8_t)set, e)))
				if (generate_chance(&run->g, chance))
					damage_element(run, &changes, e);
		if (generate_chance(&run->g, 30))
			damage_chains(run, &changes, family, arena);
	}
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail(run, err.text);
	change_done(&changes);
	arena_free(arena);
	run->pipeline.use_snapshot |= generate_chance(&run->g, 30);
}

/* ---- (a), (b): the same as a fresh start ---- */

static void fill(const struct run *run, struct generate *g, struct store *store)
{
	size_t order[GENERATE_SERVICES + GENERATE_SLICES], i;

	generate_shuffle(g, order, ARRAY_SIZE(order));
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		size_t k = order[i];

		if (k < GENERATE_SERVICES && run->world.services[k])
			store_put_service(store, service_new_copy(run->world.services[k]));
		else if (k >= GENERATE_SERVICES && run->world.slices[k - GENERATE_SERVICES])
			store_put_slice(store, slice_new_copy(run->world.slices[k - GENERATE_SERVICES]));
	}
}

/* Print the first line that differs, and with RANDOM_SEED both rulesets. */
static void explain_difference(const char *have, const char *want)
{
	size_t line = 0;

	if (getenv("RANDOM_SEED"))
		fprintf(stderr, "--- installed\n%s--- a fresh start\n%s", have, want);
	while (strcspn(have, "\n") == strcspn(want, "\n") && strncmp(have, want, strcspn(have, "\n")) == 0) {
		have = strchrnul(have, '\n');
		want = strchrnul(want, '\n');
		have += *have == '\n';
		want += *want == '\n';
		line++;
	}
	fprintf(stderr, "line %zu: \"%.*s\", but after a fresh start \"%.*s\"\n", line + 1,
		(int)strcspn(have, "\n"), have, (int)strcspn(want, "\n"), want);
}

static void compare(const struct run *run, const struct image *have, const struct image *want)
{
	struct buf have_text = BUF_INIT, want_text = BUF_INIT;

	image_print(have, &have_text);
	image_print(want, &want_text);
	if (strcmp(buf_text(&have_text), buf_text(&want_text)) != 0) {
		explain_difference(buf_text(&have_text), buf_text(&want_text));
		fail(run, "not the ruleset of a fresh start");
	}
	buf_done(&have_text);
	buf_done(&want_text);
}

static void check_fresh(struct run *run)
{
	struct generate g = { run->g.state ^ 1 };
	struct pipeline fresh;
	struct err err = { 0 };

	pipeline_init(&fresh, NULL);
	fresh.use_snapshot = generate_chance(&g, 50);
	fill(run, &g, fresh.store);
	if (pipeline_sync(&fresh, &run->world.config, &err))
		fail(run, err.text);
	/* New tables get their ready chains at once. */
	if (state_ready_is_due(fresh.state))
		fail(run, "a fresh start has left chains to make");
	compare(run, fake_image(run->pipeline.fake), fake_image(fresh.fake));
	if (state_n_elements(fresh.state) != state_n_elements(run->pipeline.state))
		fail(run, "not the number of elements of a fresh start");
	pipeline_done(&fresh);
}

/* ---- (c): every packet ---- */

/*
 * The plan with the front end of @packet: addresses before node ports; ClusterIPs before load balancer IPs before external IPs (S15); then Services
 * with endpoints (S16), then by rank. An address without endpoints yields to a node port.
 *
 * @ret:	the packet, as one to the address alone, or to the node port alone
 */
static const struct plan *find_plan_for(const struct pipeline_plans *plans, const struct plan_packet *packet)
{
	static const size_t places[_FRONTEND_KIND_MAX] = {
		[FRONTEND_KIND_CLUSTER_IP] = 0,
		[FRONTEND_KIND_LOAD_BALANCER_IP] = 2,
		[FRONTEND_KIND_EXTERNAL_IP] = 4,
		[FRONTEND_KIND_NODE_PORT] = 6,
	};
	const struct plan *found[8] = { NULL };
	size_t i, place;

	for (i = 0; i < plans->n; i++) {
		const struct frontend *frontend = plan_find_frontend(&plans->plans[i], packet);

		if (!frontend)
			continue;
		place = places[frontend->kind] + (plan_answers(frontend) ? 0 : 1);
		if (!found[place])
			found[place] = &plans->plans[i];
	}
	for (place = 0; place < ARRAY_SIZE(found) && !found[place];)
		place++;
	return place < ARRAY_SIZE(found) ? found[place] : NULL;
}

static const struct plan *find_plan(const struct pipeline_plans *plans, const struct plan_packet *packet,
				    struct plan_packet *ret)
{
	struct plan_packet to_address = *packet, to_node_port = *packet;
	const struct plan *by_address, *by_node_port = NULL;

	to_address.to_node_port_address = false;
	by_address = find_plan_for(plans, &to_address);
	*ret = to_address;
	if (!packet->to_node_port_address)
		return by_address;
	memset(to_node_port.daddr.bytes, 0, sizeof(to_node_port.daddr.bytes));
	by_node_port = find_plan_for(plans, &to_node_port);
	if (by_address && (!by_node_port || !plan_yields(plan_find_frontend(by_address, &to_address))))
		return by_address;
	*ret = to_node_port;
	return by_node_port;
}

/* The packet was not translated: the verdict for unused addresses and ports (tests/COVERAGE.md U1 to U3). */
static const char *expect_unused(const struct pipeline_plans *plans, const struct layout_family *family,
				 const struct generate_packet *p)
{
	const struct addr *daddr = &p->packet.daddr;
	size_t i, k;

	bool to_node = generate_is_local(NULL, daddr);

	if (!p->local_out && to_node)
		return "untouched";
	for (i = 0; i < plans->n; i++)
		for (k = 0; k < plans->plans[i].n_frontends; k++)
			if (plans->plans[i].frontends[k].kind == FRONTEND_KIND_CLUSTER_IP &&
			    addr_equal(&plans->plans[i].frontends[k].addr, daddr))
				return "reject";
	for (i = 0; !to_node && i < family->n_service_cidrs; i++)
		if (cidr_contains(&family->service_cidrs[i], daddr))
			return "drop";
	return "untouched";
}

/* (f) Store the packet's source as a client. */
static void learn(struct run *run, const struct pipeline_plans *plans, const struct plan_packet *packet,
		  const struct plan *plan, const struct pool_endpoint *endpoint)
{
	const struct frontend *f = plan_find_frontend(plan, packet);

	if (f->affinity_timeout_s)
		remembered_learn(run->remembered, plans, plan, f, &packet->saddr, endpoint);
}

/* The endpoint: that of the client if it has one, or that of a random slot. */
static const struct pool_endpoint *choose(struct run *run, const struct plan *plan,
					  const struct plan_packet *packet, const struct pool *pool,
					  uint32_t random)
{
	const struct frontend *f = plan_find_frontend(plan, packet);
	bool local = f->has_local_target && !packet->from_pod && !packet->from_node;
	const struct pool_endpoint *before = remembered_find(
		run->remembered, plan, f, local ? f->local_target.list : f->target.list, &packet->saddr);

	run->n_bound += before != NULL;
	return before ? before : plan_slot(pool, random % plan_n_slots(pool));
}

static void print_expected(struct run *run, const struct pipeline_plans *plans,
			   const struct generate_packet *p, uint32_t random, struct buf *text)
{
	const struct generate_config *config = &run->world.config;
	struct plan_packet found;
	const struct plan *plan = find_plan(plans, &p->packet, &found);
	const struct plan_packet *packet = &found;
	const struct layout_family *family = &config->node.family[packet->daddr.family];
	const struct plan_node_rule rule = {
		.masquerade_all = config->node.masquerade_all,
		.has_detector = family->detector != LAYOUT_DETECTOR_NONE,
	};
	const struct pool_endpoint *endpoint;
	const struct pool *pool = NULL;
	char addr[ADDR_TEXT_SIZE];
	bool postrouting;

	switch (plan ? plan_lookup(plan, packet, &pool) : PLAN_OUTCOME_UNTOUCHED) {
	case PLAN_OUTCOME_UNTOUCHED:
		buf_printf(text, "%s", expect_unused(plans, family, p));
		return;
	case PLAN_OUTCOME_REJECT:
		buf_printf(text, "reject");
		return;
	case PLAN_OUTCOME_DROP:
		buf_printf(text, "drop");
		return;
	case PLAN_OUTCOME_POOL:
		break;
	}
	endpoint = choose(run, plan, packet, pool, random);
	postrouting = p->local_out || !generate_is_local(NULL, &endpoint->addr);
	buf_printf(text, "to %s port %u%s", addr_print(&endpoint->addr, addr), endpoint->port,
		   postrouting && plan_masquerades(plan_find_frontend(plan, packet), packet, endpoint, &rule)
			   ? ", masqueraded"
			   : "");
	learn(run, plans, packet, plan, endpoint);
}

/* Add the client to the maps that learn from this packet. */
static void learn_traced(struct image *image, const struct trace_packet *packet,
			 const struct trace_result *result)
{
	struct client client = {
		.has_addr = true,
		.has_port = true,
		.addr = result->daddr,
		.port = result->dport,
	};
	size_t i;

	for (i = 0; i < result->n_learnt; i++) {
		client.key = result->learnt[i].key;
		image_learn_client(image, packet->saddr.family, result->learnt[i].map, &client);
	}
}

static void print_traced(struct image *image, const struct generate_packet *p, uint32_t random,
			 struct buf *text, struct buf *steps)
{
	const struct trace_packet packet = {
		.saddr = p->packet.saddr,
		.daddr = p->packet.daddr,
		.protocol = p->packet.protocol,
		.sport = 40000,
		.dport = p->packet.dport,
		.local_out = p->local_out,
		.iifname = p->iifname,
		.random = random,
		.is_local = generate_is_local,
	};
	struct trace_result result;
	char addr[ADDR_TEXT_SIZE];

	trace_walk(image, &packet, &result, steps);
	learn_traced(image, &packet, &result);
	switch (result.verdict) {
	case TRACE_VERDICT_REJECT:
		buf_printf(text, "reject");
		return;
	case TRACE_VERDICT_DROP:
		buf_printf(text, "drop");
		return;
	case TRACE_VERDICT_ACCEPT:
		break;
	}
	if (result.translated)
		buf_printf(text, "to %s port %u", addr_print(&result.daddr, addr), result.dport);
	else
		buf_printf(text, "untouched");
	buf_printf(text, "%s", result.masqueraded ? ", masqueraded" : "");
}

/* Some front end, or NULL; few packets to random destinations have a front end. */
static const struct frontend *aim(struct run *run, const struct pipeline_plans *plans)
{
	const struct plan *plan;

	if (!plans->n || generate_chance(&run->g, 25))
		return NULL;
	plan = &plans->plans[generate_number(&run->g, (uint32_t)plans->n)];
	return plan->n_frontends ? &plan->frontends[generate_number(&run->g, (uint32_t)plan->n_frontends)]
				 : NULL;
}

static void check_packet(struct run *run, const struct pipeline_plans *plans, struct image *image)
{
	struct buf expected = BUF_INIT, traced = BUF_INIT, steps = BUF_INIT;
	uint32_t random = generate_number(&run->g, 5000);
	char saddr[ADDR_TEXT_SIZE], daddr[ADDR_TEXT_SIZE];
	struct generate_packet p;

	generate_packet(&run->g, &run->world.config, aim(run, plans), &p);
	print_expected(run, plans, &p, random, &expected);
	print_traced(image, &p, random, &traced, &steps);
	run->n_packets++;
	run->n_pooled += strncmp(buf_text(&expected), "to ", 3) == 0;
	run->n_refused +=
		strcmp(buf_text(&expected), "reject") == 0 || strcmp(buf_text(&expected), "drop") == 0;
	if (strcmp(buf_text(&expected), buf_text(&traced)) != 0) {
		struct buf text = BUF_INIT;

		image_print(image, &text);
		fprintf(stderr, "%s%s %s -> %s port %u%s%s%s\nplans: %s\ntrace: %s\n%s", buf_text(&text),
			addr_protocol_name(p.packet.protocol), addr_print(&p.packet.saddr, saddr),
			addr_print(&p.packet.daddr, daddr), p.packet.dport,
			p.local_out ? " from the node" : " on ", p.iifname,
			p.packet.from_pod ? ", a pod's" : "", buf_text(&expected), buf_text(&traced),
			buf_text(&steps));
		buf_done(&text);
		fail(run, "the ruleset does not do what the plans say");
	}
	buf_done(&expected);
	buf_done(&traced);
	buf_done(&steps);
}

/* The clients of one list of a Service port with session affinity. */
static size_t count_clients_of(const struct image *image, const struct port_chains *chains,
			       enum plan_list list)
{
	const struct client *client = NULL;
	struct set_list_key key;
	struct client_map map;
	size_t n = 0;

	(void)port_chains_client_map(chains, &map);
	port_chains_list_key(chains, list, &key);
	while ((client = image_each_client(image, map.table, map.name, client)))
		n += memcmp(&client->key.list, &key, sizeof(key)) == 0;
	return n;
}

/*
 * Clients of all Service ports. A client map may also have clients of a port that is gone: those are deleted when its
 * affinity ends, but not if that was while no state knew of them.
 */
static size_t count_clients(const struct image *image, const struct pipeline_plans *plans, enum family family)
{
	char seen[GENERATE_SERVICES * 16][PORT_CHAINS_ID_SIZE];
	size_t i, k, m, n = 0, n_seen = 0;

	for (i = 0; i < plans->n; i++)
		for (k = 0; k < plans->plans[i].n_frontends; k++) {
			const struct frontend *f = &plans->plans[i].frontends[k];
			struct port_chains chains;

			if (!f->affinity_timeout_s || f->addr.family != family || !plan_answers(f) ||
			    !remembered_owns(plans, &plans->plans[i], f))
				continue;
			port_chains_init(&chains, &plans->plans[i], f);
			for (m = 0; m < n_seen && strcmp(seen[m], chains.id) != 0; m++)
				;
			if (m < n_seen)
				continue;
			assert(n_seen < ARRAY_SIZE(seen));
			memcpy(seen[n_seen++], chains.id, sizeof(chains.id));
			n += count_clients_of(image, &chains, PLAN_LIST_CLUSTER);
			n += count_clients_of(image, &chains, PLAN_LIST_LOCAL);
		}
	return n;
}

static void check_packets(struct run *run)
{
	struct arena *arena;
	struct pipeline_plans plans;
	size_t i;

	if (run->refusing)
		return;
	arena = arena_new();
	pipeline_plan_all(&run->pipeline, &run->world.config, arena, &plans);
	for (i = 0; i < PACKETS_PER_SYNC; i++)
		check_packet(run, &plans, fake_image(run->pipeline.fake));
	for (i = 0; i < _FAMILY_MAX; i++)
		if (count_clients(fake_image(run->pipeline.fake), &plans, i) !=
		    remembered_count(run->remembered, i))
			fail(run, "the client maps know more or less than they should");
	arena_free(arena);
}

/* Clients of that list of the port that can stay time out. */
static void time_out_list(struct run *run, const struct plan *plan, const struct frontend *f,
			  enum plan_list list, struct arena *arena)
{
	const struct pool *pool =
		f->lists[list] == PLAN_NO_POOL ? NULL : plan_in_use(&plan->pools[f->lists[list]], arena);
	struct image *image = fake_image(run->pipeline.fake);
	const struct client *client = NULL;
	struct port_chains chains;
	struct set_list_key key;
	struct changes changes;
	struct client_map map;
	struct err err = { 0 };

	port_chains_init(&chains, plan, f);
	if (!image_has_table(image, chains.table) || !port_chains_client_map(&chains, &map))
		return;
	port_chains_list_key(&chains, list, &key);
	change_init(&changes, image_skeleton(image));
	while ((client = image_each_client(image, map.table, map.name, client)))
		if (memcmp(&client->key.list, &key, sizeof(key)) == 0 && !port_chains_is_stale(pool, client))
			change_del_client(&changes, plan->service, &map, client);
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail(run, err.text);
	change_done(&changes);
}

/* A port that was gone when the state started may be back: then the clients that it had time out, if their endpoint is back, too. */
static void time_out_left(struct run *run, const struct pipeline_plans *plans, struct arena *arena)
{
	size_t i, k;
	int list;

	for (i = 0; i < plans->n; i++)
		for (k = 0; k < plans->plans[i].n_frontends; k++)
			for (list = 0; list < _PLAN_LIST_MAX; list++)
				if (remembered_is_left(run->remembered, &plans->plans[i],
						       &plans->plans[i].frontends[k]))
					time_out_list(run, &plans->plans[i], &plans->plans[i].frontends[k],
						      list, arena);
}

/* Some parts of Services are installed in transactions of their own, as those of a large Service. */
static int sync_parts(struct run *run, struct err *reterr)
{
	int r = 0;

	while (!r && run->pipeline.synced && generate_chance(&run->g, 25)) {
		run->pipeline.some_parts = 2 + generate_number(&run->g, 2);
		r = pipeline_sync(&run->pipeline, &run->world.config, reterr);
	}
	run->pipeline.some_parts = 0;
	return r;
}

/* Sync; after a success, clients of removed endpoints are deleted. */
static int sync_once(struct run *run, struct err *reterr)
{
	struct arena *arena = arena_new();
	struct pipeline_plans plans;
	int r;

	pipeline_plan_all(&run->pipeline, &run->world.config, arena, &plans);
	time_out_left(run, &plans, arena);
	r = sync_parts(run, reterr);
	if (!r)
		r = pipeline_sync(&run->pipeline, &run->world.config, reterr);
	if (!r)
		remembered_forget(run->remembered, &plans);
	arena_free(arena);
	return r;
}

/* ---- sequences ---- */

/* Its store is empty. */
static void restart_pipeline(struct pipeline *pipeline)
{
	struct fake *fake = TAKE_PTR(pipeline->fake);

	pipeline_done(pipeline);
	pipeline_init(pipeline, fake);
}

/* The process ends and another one starts with the installed ruleset; Services may have changed in between. */
static void restart(struct run *run)
{
	size_t i, n = generate_number(&run->g, 6);

	for (i = 0; i < n; i++)
		change_something(run);
	restart_pipeline(&run->pipeline);
	remembered_restart(run->remembered);
	fill(run, &run->g, run->pipeline.store);
}

/* (d): fail once or more, with more changes in between. */
static void fail_some(struct run *run)
{
	struct err err = { 0 };

	while (generate_chance(&run->g, 60)) {
		fake_fail_at(run->pipeline.fake, generate_number(&run->g, 10), -ENOBUFS);
		/* Without changes there is no commit that could fail; then the next one would. */
		if (!sync_once(run, &err))
			(void)pipeline_make_ready(&run->pipeline, &err);
		fake_fail_at(run->pipeline.fake, 0, 0);
		if (generate_chance(&run->g, 70))
			change_something(run);
		run->pipeline.use_snapshot |= generate_chance(&run->g, 30);
	}
}

/* The state counts the installed chains and rules without building them. */
static void check_count_chains(const struct run *run)
{
	const struct image *image = fake_image(run->pipeline.fake);
	size_t n_chains, n_rules = 0, counted_chains[_FAMILY_MAX], counted_rules;
	const struct chain *chain = NULL;
	int family;

	state_walk_count_chains(run->pipeline.state, counted_chains, &counted_rules);
	for (family = 0; family < _FAMILY_MAX; family++) {
		n_chains = 0;
		while ((chain = image_each_chain(image, family, chain))) {
			n_chains++;
			n_rules += chain->n_rules;
		}
		if (n_chains != counted_chains[family])
			fail(run, "the number of chains is not what was counted");
	}
	if (n_rules != counted_rules)
		fail(run, "the number of rules is not what was counted");
}

/* The state counts the installed objects, also after foreign changes. */
static void check_count(const struct run *run)
{
	const struct image *image = fake_image(run->pipeline.fake);
	const struct skeleton *skeleton = image_skeleton(image);
	const struct element *e = NULL;
	size_t n = 0, set;
	int family;

	for (family = 0; skeleton && family < _FAMILY_MAX; family++)
		for (set = 0; set < skeleton->n_sets; set++)
			while ((e = image_each_element(image, family, (uint8_t)set, e)))
				n++;
	if (n != state_n_elements(run->pipeline.state))
		fail(run, "the number of elements is not what was counted");
	check_count_chains(run);
}

/* Changes may come before all ready chains are made. */
static void make_ready(struct run *run)
{
	struct err err = { 0 };

	if (pipeline_make_ready(&run->pipeline, &err))
		fail(run, err.text);
}

static void sync_and_check(struct run *run)
{
	struct err err = { 0 };
	size_t before;

	if (sync_once(run, &err))
		fail(run, err.text);
	run->n_syncs++;
	check_count(run);
	/* Rules for removed endpoints disturb no packet; they go when the clients of these endpoints are gone. */
	check_packets(run);
	if (pipeline_forget_removed(&run->pipeline) &&
	    pipeline_sync(&run->pipeline, &run->world.config, &err))
		fail(run, err.text);
	check_count(run);
	make_ready(run);
	check_fresh(run);
	check_packets(run);
	before = fake_n_commits(run->pipeline.fake);
	run->pipeline.use_snapshot |= generate_chance(&run->g, 30);
	if (sync_once(run, &err))
		fail(run, err.text);
	if (fake_n_commits(run->pipeline.fake) != before)
		fail(run, "a second sync of the same state has something to do");
}

/* (g): some Services are refused during some changes, syncs and restarts. */
static void refuse_some(struct run *run)
{
	bool refused[GENERATE_SERVICES];
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < GENERATE_SERVICES; i++)
		refused[i] = generate_chance(&run->g, 40);
	while (generate_chance(&run->g, 70)) {
		if (generate_chance(&run->g, 70))
			change_something(run);
		if (generate_chance(&run->g, 25))
			damage(run);
		if (generate_chance(&run->g, 25))
			restart(run);
		memcpy(run->pipeline.refused, refused, sizeof(refused));
		if (sync_once(run, &err))
			fail(run, err.text);
		check_count(run);
		if (generate_chance(&run->g, 50))
			make_ready(run);
		refused[generate_number(&run->g, GENERATE_SERVICES)] ^= true;
	}
	memset(run->pipeline.refused, 0, sizeof(run->pipeline.refused));
}

/* (i) */
static void check_kept(struct run *run)
{
	struct buf what = BUF_INIT;

	run->n_kept++;
	if (!kept_take_over(&run->pipeline, &run->world.config, &what))
		fail(run, buf_text(&what));
	buf_done(&what);
}

/* (g): all Services are refused while their endpoints change. */
static void refuse_all(struct run *run)
{
	struct buf before = BUF_INIT, after = BUF_INIT;
	struct err err = { 0 };

	sync_and_check(run);
	check_kept(run);
	image_print(fake_image(run->pipeline.fake), &before);
	do {
		change_slice(run);
		if (generate_chance(&run->g, 50)) {
			restart_pipeline(&run->pipeline);
			fill(run, &run->g, run->pipeline.store);
		}
		run->pipeline.use_snapshot |= generate_chance(&run->g, 30);
		memset(run->pipeline.refused, true, sizeof(run->pipeline.refused));
		if (sync_once(run, &err))
			fail(run, err.text);
		check_count(run);
		if (generate_chance(&run->g, 50))
			make_ready(run);
	} while (generate_chance(&run->g, 60));
	make_ready(run);
	image_print(fake_image(run->pipeline.fake), &after);
	if (strcmp(buf_text(&before), buf_text(&after)) != 0) {
		explain_difference(buf_text(&after), buf_text(&before));
		fail(run, "a refused Service is not as it was installed");
	}
	buf_done(&before);
	buf_done(&after);
	memset(run->pipeline.refused, 0, sizeof(run->pipeline.refused));
	sync_and_check(run);
}

static void run_sequence(struct run *run, uint64_t seed)
{
	size_t i;

	run->seed = seed;
	run->refusing = seed % 2;
	run->slots = seed / 2 % 2;
	generate_init(&run->g, seed);
	change_config(run);
	pipeline_init(&run->pipeline, NULL);
	run->remembered = remembered_new();
	for (i = 0; i < 2 * (GENERATE_SERVICES + GENERATE_SLICES); i++)
		change_something(run);
	for (run->step = 0; run->step < STEPS_PER_SEQUENCE; run->step++) {
		uint32_t what = generate_number(&run->g, 100);

		if (what < 60)
			change_something(run);
		else if (what < 64)
			fail_some(run);
		else if (what < 67)
			damage(run);
		else if (what < 69)
			restart(run);
		else if (run->refusing && what < 73)
			refuse_some(run);
		else if (run->refusing && what < 75)
			refuse_all(run);
		else
			sync_and_check(run);
	}
	pipeline_done(&run->pipeline);
	run->remembered = remembered_free(run->remembered);
	for (i = 0; i < GENERATE_SERVICES; i++)
		run->world.services[i] = service_free(run->world.services[i]);
	for (i = 0; i < GENERATE_SLICES; i++)
		run->world.slices[i] = slice_free(run->world.slices[i]);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	uint64_t seconds = number_from("RANDOM_SECONDS", 8);
	uint64_t seed = number_from("RANDOM_SEED", 0), n = 0;
	time_t end = time(NULL) + (time_t)seconds;
	struct run run = { .seed = 0 };

	if (getenv("RANDOM_SEED")) {
		run_sequence(&run, seed);
		n = 1;
	} else {
		/* Some sequences are the same each time, so that an error that they found cannot come back. */
		for (seed = 1; seed <= 20; seed++, n++)
			run_sequence(&run, seed);
		for (seed = (uint64_t)time(NULL) << 20; time(NULL) < end; seed++, n++)
			run_sequence(&run, seed);
	}
	printf("%" PRIu64 " sequences, %" PRIu64 " syncs, %" PRIu64 " packets (%" PRIu64
	       " translated, %" PRIu64 " of them by affinity, %" PRIu64 " refused), %" PRIu64 " times kept\n",
	       n, run.n_syncs, run.n_packets, run.n_pooled, run.n_bound, run.n_refused, run.n_kept);
	return 0;
}
