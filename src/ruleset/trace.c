/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/trace.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"

/**
 * DOC: The walk
 *
 * The hooks that the first packet of a connection passes: prerouting or output; then input if it is for
 * this node and came from outside, else postrouting. In a hook the base chains run in the order of their
 * priorities. `accept`, or the end of the chain, goes on with the next one; `drop` and `reject` end the
 * connection; a translation is an `accept` that ends the hook, because the kernel calls no further nat chain
 * once a connection has its binding of that kind.
 *
 * A goto replaces the chain that contains it: at the end of its target the walk goes on where that
 * chain was called by a jump, or ends if it was a base chain.
 */

enum trace_step {
	TRACE_STEP_MATCH, /* the next statement */
	TRACE_STEP_BREAK, /* the next rule */
	TRACE_STEP_JUMP,  /* @target, then the next rule */
	TRACE_STEP_GOTO,  /* @target, then as after the end of this chain */
	TRACE_STEP_RETURN,
	TRACE_STEP_ACCEPT,
	TRACE_STEP_DROP,
	TRACE_STEP_REJECT,
	TRACE_STEP_TRANSLATE,
};

/**
 * struct trace_walk - Where the packet is and how it was changed
 * @daddr, @dport: the current ones; @packet has the original ones
 * @target:	chain of the last _JUMP or _GOTO
 */
struct trace_walk {
	const struct image *image;
	const struct trace_packet *packet;
	struct trace_result *result;
	struct buf *steps;
	enum family table;
	struct addr daddr;
	uint16_t dport;
	const char *target;
};

static bool trace_is_local(const struct trace_walk *walk, const struct addr *addr)
{
	return walk->packet->is_local(walk->packet->ctx, addr);
}

static uint8_t trace_byte(const struct addr *addr, uint8_t index)
{
	return addr->bytes[addr_size(addr->family) - 1 - index];
}

/* The register image of the key that a statement looks up. */
static void trace_key(const struct trace_walk *walk, const struct rule_statement *s, struct element *key)
{
	size_t i;

	set_element_init(key, walk->table, s->set);
	for (i = 0; i < s->n_selectors; i++) {
		switch ((enum rule_selector)s->selectors[i]) {
		case RULE_SELECTOR_NONE:
			break;
		case RULE_SELECTOR_SADDR:
			set_key_addr(key, &walk->packet->saddr);
			break;
		case RULE_SELECTOR_DADDR:
			set_key_addr(key, &walk->daddr);
			break;
		case RULE_SELECTOR_L4PROTO:
			set_key_protocol(key, walk->packet->protocol);
			break;
		case RULE_SELECTOR_DPORT:
			set_key_port(key, walk->dport);
			break;
		case RULE_SELECTOR_NUMGEN:
			set_key_index(key, walk->packet->random % (s->modulus ? s->modulus : 1));
			break;
		case RULE_SELECTOR_LIST_KEY:
			set_key_list(key, &s->list_key);
			break;
		case RULE_SELECTOR_CT_ORIGINAL_DADDR:
			set_key_addr(key, &walk->packet->daddr);
			break;
		case RULE_SELECTOR_CT_ORIGINAL_DPORT:
			set_key_port(key, walk->packet->dport);
			break;
		case RULE_SELECTOR_SADDR_BYTE:
			set_key_byte(key, trace_byte(&walk->packet->saddr, s->byte));
			break;
		case RULE_SELECTOR_DADDR_BYTE:
			set_key_byte(key, trace_byte(&walk->daddr, s->byte));
			break;
		}
	}
}

static const struct element *trace_look_up(const struct trace_walk *walk, const struct rule_statement *s)
{
	struct element key;

	trace_key(walk, s, &key);
	return image_find_element(walk->image, walk->table, s->set, key.key, key.key_size);
}

static const struct addr *trace_select_addr(const struct trace_walk *walk, const struct rule_statement *s)
{
	if (s->selectors[0] == RULE_SELECTOR_CT_ORIGINAL_DADDR)
		return &walk->packet->daddr;
	return s->selectors[0] == RULE_SELECTOR_SADDR ? &walk->packet->saddr : &walk->daddr;
}

static bool trace_match_iifname(const struct trace_walk *walk, const struct rule_statement *s)
{
	/* A packet that this node sends has no input interface: nft_meta compares an empty name. */
	const char *name = walk->packet->local_out || !walk->packet->iifname ? "" : walk->packet->iifname;

	if (s->ifname_is_prefix)
		return strncmp(name, s->ifname, strlen(s->ifname)) == 0;
	return strcmp(name, s->ifname) == 0;
}

static enum trace_step trace_match(bool matches, const struct rule_statement *s)
{
	return matches != s->negated ? TRACE_STEP_MATCH : TRACE_STEP_BREAK;
}

static enum trace_step trace_vmap(struct trace_walk *walk, const struct rule_statement *s)
{
	const struct element *e = trace_look_up(walk, s);

	if (!e)
		return TRACE_STEP_BREAK;
	walk->target = set_data_chain(e);
	switch ((enum set_verdict)e->data[0]) {
	case SET_VERDICT_DROP:
		return TRACE_STEP_DROP;
	case SET_VERDICT_ACCEPT:
		return TRACE_STEP_ACCEPT;
	case SET_VERDICT_GOTO:
		return TRACE_STEP_GOTO;
	case SET_VERDICT_JUMP:
		return TRACE_STEP_JUMP;
	}
	return TRACE_STEP_BREAK;
}

static enum trace_step trace_dnat_map(struct trace_walk *walk, const struct rule_statement *s)
{
	const struct element *e = trace_look_up(walk, s);
	size_t size = addr_size(walk->table);

	if (!e)
		return TRACE_STEP_BREAK;
	walk->daddr = (struct addr){ .family = (uint8_t)walk->table };
	memcpy(walk->daddr.bytes, e->data, size);
	walk->dport = (uint16_t)(e->data[size] << 8 | e->data[size + 1]);
	walk->result->translated = true;
	return TRACE_STEP_TRANSLATE;
}

/* In IPv6 any hash will do: no client of the image comes from a kernel. */
static void trace_client_key(const struct trace_walk *walk, const struct rule_statement *s,
			     struct client_key *ret)
{
	const struct addr *client = &walk->packet->saddr;
	uint64_t hash = HASH_START;
	size_t i;

	*ret = (struct client_key){ .list = s->list_key };
	if (!client_map_hashes(walk->table)) {
		memcpy(ret->client, client->bytes, addr_size(walk->table));
		return;
	}
	for (i = 0; i < addr_size(walk->table); i++)
		hash = hash_add_byte(hash, client->bytes[i]);
	memcpy(ret->client, &hash, sizeof(hash));
}

static enum trace_step trace_dnat_client(struct trace_walk *walk, const struct rule_statement *s)
{
	const struct client *client;
	struct client_key key;

	trace_client_key(walk, s, &key);
	client = image_find_client(walk->image, walk->table, s->client_map, &key);
	if (!client || !client->has_addr || !client->has_port)
		return TRACE_STEP_BREAK;
	walk->daddr = client->addr;
	walk->dport = client->port;
	walk->result->translated = true;
	return TRACE_STEP_TRANSLATE;
}

static enum trace_step trace_client_update(struct trace_walk *walk, const struct rule_statement *s)
{
	struct trace_learnt *learnt;

	if (walk->result->n_learnt < TRACE_LEARNT_MAX) {
		learnt = &walk->result->learnt[walk->result->n_learnt++];
		learnt->map = s->client_map;
		trace_client_key(walk, s, &learnt->key);
	}
	return TRACE_STEP_MATCH;
}

static enum trace_step trace_statement(struct trace_walk *walk, const struct rule_statement *s)
{
	switch (s->kind) {
	case RULE_STATEMENT_MATCH_CIDR:
		return trace_match(cidr_contains(&s->cidr, trace_select_addr(walk, s)), s);
	case RULE_STATEMENT_MATCH_UP_TO:
		return trace_match(addr_cmp(trace_select_addr(walk, s), &s->cidr.addr) <= 0, s);
	case RULE_STATEMENT_MATCH_PROTOCOL:
		return trace_match(walk->packet->protocol == s->protocol, s);
	case RULE_STATEMENT_MATCH_IIFNAME:
		return trace_match(trace_match_iifname(walk, s), s);
	case RULE_STATEMENT_MATCH_IIF_KNOWN:
		return trace_match(!walk->packet->local_out, s);
	case RULE_STATEMENT_MATCH_FIB_LOCAL:
		return trace_match(trace_is_local(walk, trace_select_addr(walk, s)), s);
	case RULE_STATEMENT_MATCH_CT_DNAT:
		return trace_match(walk->result->translated, s);
	case RULE_STATEMENT_MATCH_CT_NEW:
		return trace_match(true, s);
	case RULE_STATEMENT_MATCH_SET:
		return trace_match(trace_look_up(walk, s), s);
	case RULE_STATEMENT_VMAP:
		return trace_vmap(walk, s);
	case RULE_STATEMENT_DNAT_MAP:
		return trace_dnat_map(walk, s);
	case RULE_STATEMENT_DNAT_CLIENT:
		return trace_dnat_client(walk, s);
	case RULE_STATEMENT_CLIENT_UPDATE:
		return trace_client_update(walk, s);
	case RULE_STATEMENT_JUMP:
		walk->target = s->chain;
		return TRACE_STEP_JUMP;
	case RULE_STATEMENT_GOTO:
		walk->target = s->chain;
		return TRACE_STEP_GOTO;
	case RULE_STATEMENT_REJECT_TCP_RESET:
		/* Only TCP gets an answer; packets of other protocols are dropped. */
		return walk->packet->protocol == PROTOCOL_TCP ? TRACE_STEP_REJECT : TRACE_STEP_DROP;
	case RULE_STATEMENT_REJECT:
		return TRACE_STEP_REJECT;
	case RULE_STATEMENT_MASQUERADE:
		walk->result->masqueraded = true;
		return TRACE_STEP_TRANSLATE;
	case RULE_STATEMENT_ACCEPT:
		return TRACE_STEP_ACCEPT;
	case RULE_STATEMENT_DROP:
		return TRACE_STEP_DROP;
	case RULE_STATEMENT_RETURN:
		return TRACE_STEP_RETURN;
	}
	return TRACE_STEP_BREAK;
}

static enum trace_step trace_rule(struct trace_walk *walk, const struct chain *chain, const struct rule *rule)
{
	enum trace_step step = TRACE_STEP_MATCH;
	size_t i;

	for (i = 0; i < rule->n_statements && step == TRACE_STEP_MATCH; i++)
		step = trace_statement(walk, &rule->statements[i]);
	if (step == TRACE_STEP_BREAK || !walk->steps)
		return step;
	buf_printf(walk->steps, "%s %s: ", walk->table == FAMILY_IPV4 ? "ip" : "ip6", chain->name);
	rule_print(walk->steps, image_skeleton(walk->image)->sets, walk->table, rule);
	if (step == TRACE_STEP_GOTO || step == TRACE_STEP_JUMP)
		buf_printf(walk->steps, " -> %s", walk->target);
	else if (step == TRACE_STEP_DROP || step == TRACE_STEP_ACCEPT)
		buf_printf(walk->steps, " -> %s", step == TRACE_STEP_DROP ? "drop" : "accept");
	buf_printf(walk->steps, "\n");
	return step;
}

/* _MATCH: at the end of the chain. image_apply() bounds the depth, the counter bounds the gotos. */
static enum trace_step trace_chain(struct trace_walk *walk, const struct chain *chain, unsigned int depth)
{
	unsigned int gotos = 0;
	enum trace_step step;
	size_t i = 0;

	while (chain && i < chain->n_rules) {
		step = trace_rule(walk, chain, &chain->rules[i++]);
		switch (step) {
		case TRACE_STEP_MATCH:
		case TRACE_STEP_BREAK:
			break;
		case TRACE_STEP_JUMP:
			if (depth >= RULE_DEPTH_MAX)
				return TRACE_STEP_DROP;
			step = trace_chain(walk, image_find_chain(walk->image, walk->table, walk->target),
					   depth + 1);
			if (step != TRACE_STEP_MATCH)
				return step;
			break;
		case TRACE_STEP_GOTO:
			if (++gotos > RULE_DEPTH_MAX)
				return TRACE_STEP_DROP;
			chain = image_find_chain(walk->image, walk->table, walk->target);
			i = 0;
			break;
		case TRACE_STEP_RETURN:
			return TRACE_STEP_MATCH;
		case TRACE_STEP_ACCEPT:
		case TRACE_STEP_DROP:
		case TRACE_STEP_REJECT:
		case TRACE_STEP_TRANSLATE:
			return step;
		}
	}
	return TRACE_STEP_MATCH;
}

/* False if the packet was dropped or rejected. */
static bool trace_hook(struct trace_walk *walk, enum rule_hook hook)
{
	const struct chain *chain = NULL;

	while ((chain = image_each_base_chain(walk->image, walk->table, hook, chain))) {
		switch (trace_chain(walk, chain, 1)) {
		case TRACE_STEP_MATCH:
		case TRACE_STEP_ACCEPT:
		case TRACE_STEP_BREAK:
		case TRACE_STEP_JUMP:
		case TRACE_STEP_GOTO:
		case TRACE_STEP_RETURN:
			break;
		case TRACE_STEP_TRANSLATE:
			return true;
		case TRACE_STEP_DROP:
			walk->result->verdict = TRACE_VERDICT_DROP;
			return false;
		case TRACE_STEP_REJECT:
			walk->result->verdict = TRACE_VERDICT_REJECT;
			return false;
		}
	}
	return true;
}

void trace_walk(const struct image *image, const struct trace_packet *packet, struct trace_result *ret,
		struct buf *steps)
{
	struct trace_walk walk = {
		.image = image,
		.packet = packet,
		.result = ret,
		.steps = steps,
		.table = packet->saddr.family,
		.daddr = packet->daddr,
		.dport = packet->dport,
	};

	*ret = (struct trace_result){ .verdict = TRACE_VERDICT_ACCEPT };
	if (trace_hook(&walk, packet->local_out ? RULE_HOOK_OUTPUT : RULE_HOOK_PREROUTING)) {
		if (!packet->local_out && trace_is_local(&walk, &walk.daddr))
			(void)trace_hook(&walk, RULE_HOOK_INPUT);
		else
			(void)trace_hook(&walk, RULE_HOOK_POSTROUTING);
	}
	ret->daddr = walk.daddr;
	ret->dport = walk.dport;
}
