/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Which packets are asked for
 *
 * A packet to a Service is seen in three forms: to a front end, before our rules have translated it; to an endpoint, after that; and
 * the answer of an endpoint, which connection tracking translates back at its end. Each base chain of another program sees one or
 * two of these, which follows from its hook, its priority and its type. What is not known of them, such as the client's
 * address and the interfaces, is left unknown.
 */
#include "config.h"
#include "diagnose/foreign_check.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/rule.h>

#include "base/arena.h"
#include "base/buf.h"
#include "diagnose/packet_facts.h"
#include "diagnose/rule_text.h"
#include "diagnose/rule_walk.h"

#define FOREIGN_CHECK_PRIORITY_CONNTRACK (-200) /* the kernel's, in prerouting and output */
#define FOREIGN_CHECK_PRIORITY_DSTNAT	 (-100) /* of our chains, and of most others' */
#define FOREIGN_CHECK_PRIORITY_SRCNAT	 100

/* The forms of a packet. */
enum foreign_check_form {
	FOREIGN_CHECK_FORM_REQUEST,    /* to a front end */
	FOREIGN_CHECK_FORM_TRANSLATED, /* to an endpoint */
	FOREIGN_CHECK_FORM_ANSWER,     /* of an endpoint */
};

/* A base chain under examination, with one effect. @n: packets for which @worst.fact holds; @form, @subject: of the first of them */
struct foreign_check_case {
	const struct foreign_check *check;
	struct rule_walk *walk;
	struct findings *findings;
	const struct foreign_rules_chain *chain;
	int32_t priority;
	uint32_t hook;
	bool is_nat;
	enum rule_walk_effect effect;
	struct rule_walk_result worst;
	size_t n;
	enum foreign_check_form form;
	const char *address;
	uint16_t port;
	enum protocol protocol;
};

static bool foreign_check_has_family(const struct foreign_rules_chain *chain, enum family family)
{
	return chain->family == NFPROTO_INET ||
	       chain->family == (family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

/* One end of a packet: a front end or an endpoint. @addr NULL: any address; @to_node: it is an address of this node */
struct foreign_check_end {
	enum family family;
	enum protocol protocol;
	const struct addr *addr;
	uint16_t port;
	enum fact to_node;
};

/*
 * The client's address, where the packet has it: a request until it is masqueraded, an answer once that is undone. NULL: it is not
 * known.
 */
static const struct addr *foreign_check_client(const struct foreign_check_case *c,
					       enum foreign_check_form form, enum family family)
{
	const struct addr *from = c->check->from;

	if (!from || from->family != family)
		return NULL;
	if (form == FOREIGN_CHECK_FORM_ANSWER)
		return c->hook == NF_INET_FORWARD || (c->hook == NF_INET_PRE_ROUTING &&
						      c->priority > FOREIGN_CHECK_PRIORITY_DSTNAT)
			       ? from
			       : NULL;
	return (c->hook != NF_INET_POST_ROUTING && c->hook != NF_INET_LOCAL_IN) ||
			       c->priority < FOREIGN_CHECK_PRIORITY_SRCNAT
		       ? from
		       : NULL;
}

/* Whether packets of the client meet chains of this hook: what this node sends meets output, all else prerouting. */
static bool foreign_check_sees(const struct foreign_check_case *c, enum foreign_check_form form,
			       enum family family)
{
	bool local = c->check->from_is_local;

	if (!c->check->from)
		return true;
	if (c->check->from->family != family)
		return false;
	switch (c->hook) {
	case NF_INET_FORWARD:
		return !local;
	case NF_INET_PRE_ROUTING:
		return form == FOREIGN_CHECK_FORM_ANSWER || !local;
	case NF_INET_LOCAL_OUT:
		return form == FOREIGN_CHECK_FORM_ANSWER || local;
	case NF_INET_LOCAL_IN:
		return form != FOREIGN_CHECK_FORM_ANSWER || local;
	}
	return true;
}

static void foreign_check_ask(struct foreign_check_case *c, enum foreign_check_form form,
			      const struct foreign_check_end *asked)
{
	enum family family = asked->family;
	enum protocol protocol = asked->protocol;
	const struct addr *addr = asked->addr;
	uint16_t port = asked->port;
	struct packet_facts_end end = { addr, port };
	struct packet_facts_end client = { foreign_check_client(c, form, family), 0 };
	struct rule_walk_result result;
	struct packet_facts packet;
	char text[ADDR_TEXT_SIZE];

	if (!foreign_check_has_family(c->chain, family) || !foreign_check_sees(c, form, family))
		return;
	if (form == FOREIGN_CHECK_FORM_ANSWER) {
		packet_facts_init(&packet, family, protocol, end, client);
		packet_facts_make_reply(&packet);
	} else {
		packet_facts_init(&packet, family, protocol, client, end);
		packet.to_node = asked->to_node;
	}
	packet.tracked = c->priority > FOREIGN_CHECK_PRIORITY_CONNTRACK ||
			 (c->hook != NF_INET_PRE_ROUTING && c->hook != NF_INET_LOCAL_OUT);
	packet.translated = form != FOREIGN_CHECK_FORM_REQUEST;
	rule_walk_ask(c->walk, c->chain, &packet, c->effect, &result);
	/* Of two nat chains with one priority, it is not known which one is asked first. */
	if (c->is_nat && c->priority == FOREIGN_CHECK_PRIORITY_DSTNAT)
		result.fact = packet_facts_weaker(result.fact, FACT_PERHAPS);
	c->n += result.fact == c->worst.fact && result.fact != FACT_NO;
	if (result.fact <= c->worst.fact)
		return;
	c->worst = result;
	c->n = 1;
	c->form = form;
	c->address = addr ? arena_string(c->findings->arena, addr_print(addr, text)) : NULL;
	c->port = port;
	c->protocol = protocol;
}

static void foreign_check_any(struct foreign_check_case *c, enum foreign_check_form form)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		const struct foreign_check_end any = { .family = (enum family)family,
						       .protocol = PACKET_FACTS_PROTOCOL_UNKNOWN,
						       .to_node = FACT_PERHAPS };

		if (c->check->family_used[family])
			foreign_check_ask(c, form, &any);
	}
}

static void foreign_check_frontends(struct foreign_check_case *c)
{
	const struct targets *targets = c->check->targets;
	size_t i;

	if (!targets) {
		foreign_check_any(c, FOREIGN_CHECK_FORM_REQUEST);
		return;
	}
	for (i = 0; i < targets->n_frontends && i < FOREIGN_CHECK_FRONTENDS_MAX; i++) {
		const struct targets_frontend *frontend = &targets->frontends[i];
		const struct foreign_check_end end = {
			.family = (enum family)frontend->addr.family,
			.protocol = frontend->protocol,
			.addr = frontend->node_port ? NULL : &frontend->addr,
			.port = frontend->port,
			.to_node = frontend->node_port ? FACT_YES : c->check->frontend_is_local[i],
		};

		foreign_check_ask(c, FOREIGN_CHECK_FORM_REQUEST, &end);
	}
}

/* @local: those on this node's own addresses, or the others */
static void foreign_check_endpoints(struct foreign_check_case *c, enum foreign_check_form form, bool local)
{
	const struct targets *targets = c->check->targets;
	size_t i;

	if (!targets && !local)
		foreign_check_any(c, form);
	if (!targets)
		return;
	for (i = 0; i < targets->n_endpoints && i < FOREIGN_CHECK_ENDPOINTS_MAX; i++) {
		const struct targets_endpoint *endpoint = &targets->endpoints[i];
		const struct foreign_check_end end = {
			.family = (enum family)endpoint->addr.family,
			.protocol = endpoint->protocol,
			.addr = &endpoint->addr,
			.port = endpoint->port,
			.to_node = local ? FACT_YES : FACT_NO,
		};

		if (c->check->is_local[i] == local)
			foreign_check_ask(c, form, &end);
	}
}

/* --- which packets a chain sees --------------------------------------------------------------------------
 */

static void foreign_check_translation(struct foreign_check_case *c)
{
	if (c->is_nat && c->priority <= FOREIGN_CHECK_PRIORITY_DSTNAT &&
	    (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT))
		foreign_check_frontends(c);
}

static void foreign_check_notrack(struct foreign_check_case *c)
{
	if (c->is_nat || c->priority >= FOREIGN_CHECK_PRIORITY_CONNTRACK)
		return;
	if (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT)
		foreign_check_frontends(c);
	if (c->hook == NF_INET_PRE_ROUTING)
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_ANSWER, false);
	if (c->hook == NF_INET_LOCAL_OUT)
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_ANSWER, true);
}

/* Endpoints elsewhere, and those on this node's own addresses. */
static void foreign_check_both(struct foreign_check_case *c, enum foreign_check_form form)
{
	foreign_check_endpoints(c, form, false);
	foreign_check_endpoints(c, form, true);
}

static void foreign_check_drop(struct foreign_check_case *c)
{
	bool early = c->is_nat || c->priority < FOREIGN_CHECK_PRIORITY_DSTNAT;

	switch (c->hook) {
	case NF_INET_PRE_ROUTING:
	case NF_INET_LOCAL_OUT:
		if (early)
			foreign_check_frontends(c);
		else
			foreign_check_both(c, FOREIGN_CHECK_FORM_TRANSLATED);
		/* No nat chain sees an answer. */
		if (!c->is_nat)
			foreign_check_endpoints(c, FOREIGN_CHECK_FORM_ANSWER, c->hook == NF_INET_LOCAL_OUT);
		break;
	case NF_INET_FORWARD:
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_TRANSLATED, false);
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_ANSWER, false);
		break;
	case NF_INET_LOCAL_IN:
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_TRANSLATED, true);
		/* Of what this node itself has sent. */
		if (!c->is_nat)
			foreign_check_endpoints(c, FOREIGN_CHECK_FORM_ANSWER, false);
		break;
	case NF_INET_POST_ROUTING:
		foreign_check_endpoints(c, FOREIGN_CHECK_FORM_TRANSLATED, false);
		/* Behind this priority, an answer has the front end's address again. */
		if (!c->is_nat && c->priority < FOREIGN_CHECK_PRIORITY_SRCNAT)
			foreign_check_both(c, FOREIGN_CHECK_FORM_ANSWER);
		break;
	}
}

/* --- words -----------------------------------------------------------------------------------------------
 */

static const char *foreign_check_what(const struct foreign_check_case *c, struct arena *arena)
{
	const char *form = c->form == FOREIGN_CHECK_FORM_ANSWER ? "answers of" : "packets to";
	const char *addr = c->address ? c->address : c->check->targets ? "any address of this node" : NULL;
	const char *more = c->n > 1 ? ", and others" : "";

	if (!addr)
		return c->form == FOREIGN_CHECK_FORM_REQUEST  ? "packets to Services"
		       : c->form == FOREIGN_CHECK_FORM_ANSWER ? "answers of endpoints"
							      : "packets to endpoints";
	return arena_printf(arena, "%s %s, port %u%s", form, addr, c->port, more);
}

/* "table inet filter, chain forward, rule handle 4 (tcp dport 80 drop)" */
static const char *foreign_check_where(const struct foreign_check_case *c, struct arena *arena)
{
	const struct foreign_rules_chain *chain = c->worst.chain;
	struct buf text = BUF_INIT;
	const char *where;

	buf_printf(&text, "table %s %s, chain %s", foreign_rules_family_name(chain->family), chain->table,
		   chain->name);
	if (c->worst.rule) {
		buf_printf(&text, ", rule handle %" PRIu64 " (",
			   nftnl_rule_get_u64(c->worst.rule, NFTNL_RULE_HANDLE));
		rule_text_print(c->worst.rule, &text);
		buf_printf(&text, ")");
	} else {
		buf_printf(&text, ", policy drop,");
	}
	where = arena_string(arena, buf_text(&text));
	buf_done(&text);
	return where;
}

static const char *foreign_check_fix(const struct foreign_check_case *c, struct arena *arena)
{
	if (!c->check->targets && c->worst.fact == FACT_PERHAPS)
		return "name a Service: then it is known which packets are asked for";
	switch (c->effect) {
	case RULE_WALK_EFFECT_TRANSLATE:
		return "delete that rule, or except this address; what is translated once is not translated again";
	case RULE_WALK_EFFECT_NOTRACK:
		return "delete that rule, or except this address; what is not tracked is not translated";
	case RULE_WALK_EFFECT_DROP:
		break;
	}
	if (c->form == FOREIGN_CHECK_FORM_REQUEST)
		return "delete that rule, or accept these packets in a rule before it";
	return arena_printf(arena,
			    "accept translated connections in a rule before it: nft insert rule %s %s %s ct "
			    "status dnat accept",
			    foreign_rules_family_name(c->chain->family), c->chain->table, c->chain->name);
}

static const char *foreign_check_verb(const struct foreign_check_case *c)
{
	switch (c->effect) {
	case RULE_WALK_EFFECT_TRANSLATE:
		return c->worst.fact == FACT_YES ? "translates" : "may translate";
	case RULE_WALK_EFFECT_NOTRACK:
		return c->worst.fact == FACT_YES ? "switches tracking off for"
						 : "may switch tracking off for";
	case RULE_WALK_EFFECT_DROP:
		break;
	}
	if (c->worst.reject)
		return c->worst.fact == FACT_YES ? "rejects" : "may reject";
	return c->worst.fact == FACT_YES ? "drops" : "may drop";
}

static const enum finding_check foreign_check_ids[] = {
	[RULE_WALK_EFFECT_TRANSLATE] = FINDING_CHECK_FOREIGN_NAT,
	[RULE_WALK_EFFECT_NOTRACK] = FINDING_CHECK_NOTRACK,
	[RULE_WALK_EFFECT_DROP] = FINDING_CHECK_FOREIGN_DROP,
};

static void foreign_check_report(const struct foreign_check_case *c)
{
	const struct foreign_rules_chain *chain = c->worst.chain;
	struct arena *arena = c->findings->arena;
	const char *where = foreign_check_where(c, arena), *what = foreign_check_what(c, arena);

	finding_add(
		c->findings,
		&(struct finding){
			.check = foreign_check_ids[c->effect],
			.verdict =
				c->worst.fact == FACT_YES ? FINDING_VERDICT_TROUBLE : FINDING_VERDICT_UNKNOWN,
			.reason = c->worst.fact == FACT_PERHAPS ? "perhaps"
				  : c->worst.rule		? "rule"
								: "policy",
			.text = arena_printf(arena, "%s %s %s%s", where, foreign_check_verb(c), what,
					     c->effect == RULE_WALK_EFFECT_TRANSLATE ? ", before our rules"
										     : ""),
			.fix = foreign_check_fix(c, arena),
			.table = arena_printf(arena, "%s %s", foreign_rules_family_name(chain->family),
					      chain->table),
			.chain = arena_string(arena, chain->name),
			.handle = c->worst.rule ? nftnl_rule_get_u64(c->worst.rule, NFTNL_RULE_HANDLE) : 0,
			.address = c->address,
			.port = c->port,
			.protocol = c->port ? addr_protocol_name(c->protocol) : NULL });
}

/* Return: how many findings were added. */
static size_t foreign_check_effect(const struct foreign_check_case *all, enum rule_walk_effect effect)
{
	static void (*const ask[])(struct foreign_check_case * c) = {
		[RULE_WALK_EFFECT_TRANSLATE] = foreign_check_translation,
		[RULE_WALK_EFFECT_NOTRACK] = foreign_check_notrack,
		[RULE_WALK_EFFECT_DROP] = foreign_check_drop,
	};
	struct foreign_check_case c = *all;
	size_t n_chains, i, n = 0;
	const struct foreign_rules_chain *chains = foreign_rules_chains(all->walk->foreign, &n_chains);

	c.effect = effect;
	for (i = 0; i < n_chains; i++) {
		const struct nftnl_chain *chain = chains[i].chain;

		if (!nftnl_chain_is_set(chain, NFTNL_CHAIN_HOOKNUM))
			continue;
		c.chain = &chains[i];
		c.hook = nftnl_chain_get_u32(chain, NFTNL_CHAIN_HOOKNUM);
		c.priority = nftnl_chain_get_s32(chain, NFTNL_CHAIN_PRIO);
		c.is_nat = strcmp(nftnl_chain_get_str(chain, NFTNL_CHAIN_TYPE), "nat") == 0;
		c.worst = (struct rule_walk_result){ .fact = FACT_NO };
		c.n = 0;
		ask[effect](&c);
		if (c.worst.fact == FACT_NO)
			continue;
		foreign_check_report(&c);
		n++;
	}
	return n;
}

static void foreign_check_limits(const struct targets *targets, struct findings *findings)
{
	if (targets->n_frontends > FOREIGN_CHECK_FRONTENDS_MAX)
		finding_add(findings,
			    &(struct finding){ .check = FINDING_CHECK_FOREIGN_NAT,
					       .verdict = FINDING_VERDICT_UNKNOWN,
					       .reason = "limit",
					       .text = arena_printf(
						       findings->arena,
						       "only %d of %zu front ends were asked for",
						       FOREIGN_CHECK_FRONTENDS_MAX, targets->n_frontends) });
}

void foreign_check_rules(const struct foreign_check *check, struct foreign_rules *rules,
			 struct findings *findings)
{
	static const char *const fine[] = {
		[RULE_WALK_EFFECT_TRANSLATE] = "no rule of another program translates first",
		[RULE_WALK_EFFECT_NOTRACK] = "no rule of another program switches connection tracking off",
		[RULE_WALK_EFFECT_DROP] = "no rule of another program drops packets on their way",
	};
	struct rule_walk walk = { .foreign = rules };
	const struct foreign_check_case all = { .check = check, .walk = &walk, .findings = findings };
	int effect;

	for (effect = RULE_WALK_EFFECT_TRANSLATE; effect <= RULE_WALK_EFFECT_DROP; effect++)
		if (!foreign_check_effect(&all, (enum rule_walk_effect)effect))
			finding_add(findings, &(struct finding){ .check = foreign_check_ids[effect],
								 .text = fine[effect] });
	if (check->targets)
		foreign_check_limits(check->targets, findings);
}

/* --- what cannot be read ---------------------------------------------------------------------------------
 */

static void foreign_check_unreadable(const struct err *err, struct findings *findings)
{
	int effect;

	for (effect = RULE_WALK_EFFECT_TRANSLATE; effect <= RULE_WALK_EFFECT_DROP; effect++)
		finding_add(
			findings,
			&(struct finding){ .check = foreign_check_ids[effect],
					   .verdict = FINDING_VERDICT_UNKNOWN,
					   .reason = err->code == -EPERM ? "needs-root" : "unreadable",
					   .text = arena_printf(findings->arena,
								"rules of other programs are unknown: %s",
								err->text),
					   .fix = err->code == -EPERM ? "run this command as root" : NULL });
}

/* Which check a table of iptables-legacy concerns. */
static bool foreign_check_legacy_table(const char *name, enum finding_check *ret)
{
	if (strcmp(name, "nat") == 0)
		*ret = FINDING_CHECK_FOREIGN_NAT;
	else if (strcmp(name, "raw") == 0)
		*ret = FINDING_CHECK_NOTRACK;
	else if (strcmp(name, "filter") == 0 || strcmp(name, "mangle") == 0)
		*ret = FINDING_CHECK_FOREIGN_DROP;
	else
		return false;
	return true;
}

void foreign_check_legacy(const char *root, struct findings *findings)
{
	static const char *const files[] = { "ip_tables_names", "ip6_tables_names" };
	static const char *const programs[] = { "iptables-legacy", "ip6tables-legacy" };
	struct finding finding = { .verdict = FINDING_VERDICT_UNKNOWN, .reason = "legacy" };
	char path[PATH_MAX], name[64];
	size_t i;
	FILE *file;

	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/proc/net/%s", root, files[i]);
		file = fopen(path, "re");
		while (file && fgets(name, sizeof(name), file)) {
			name[strcspn(name, "\n")] = '\0';
			if (!foreign_check_legacy_table(name, &finding.check))
				continue;
			finding.text = arena_printf(findings->arena,
						    "%s has a table %s, whose rules are not read here",
						    programs[i], name);
			finding.fix = arena_printf(findings->arena, "look at the output of %s -t %s -S",
						   programs[i], name);
			finding_add(findings, &finding);
		}
		if (file)
			(void)fclose(file);
	}
}

void foreign_check_run(const struct foreign_check *check, struct findings *findings)
{
	_cleanup_(foreign_rules_freep) struct foreign_rules *rules = NULL;
	struct err err = { 0 };
	int r = foreign_rules_read(&rules, &err);

	if (r < 0) {
		err.code = r;
		foreign_check_unreadable(&err, findings);
		return;
	}
	foreign_check_rules(check, rules, findings);
	foreign_check_legacy("", findings);
}
