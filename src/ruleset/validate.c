/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/validate.h"

#include <errno.h>

/* The hooks, as a mask of enum rule_hook, that the kernel allows a statement in. */
static unsigned int validate_hooks(const struct rule_statement *statement)
{
	switch (statement->kind) {
	case RULE_STATEMENT_DNAT_MAP:
	case RULE_STATEMENT_DNAT_CLIENT:
		return 1u << RULE_HOOK_PREROUTING | 1u << RULE_HOOK_OUTPUT;
	case RULE_STATEMENT_MASQUERADE:
		return 1u << RULE_HOOK_POSTROUTING;
	case RULE_STATEMENT_REJECT:
	case RULE_STATEMENT_REJECT_TCP_RESET:
		return 1u << RULE_HOOK_PREROUTING | 1u << RULE_HOOK_INPUT | 1u << RULE_HOOK_OUTPUT;
	case RULE_STATEMENT_MATCH_CIDR:
	case RULE_STATEMENT_MATCH_UP_TO:
	case RULE_STATEMENT_MATCH_PROTOCOL:
	case RULE_STATEMENT_MATCH_IIFNAME:
	case RULE_STATEMENT_MATCH_IIF_KNOWN:
	case RULE_STATEMENT_MATCH_FIB_LOCAL:
	case RULE_STATEMENT_MATCH_CT_DNAT:
	case RULE_STATEMENT_MATCH_CT_NEW:
	case RULE_STATEMENT_MATCH_SET:
	case RULE_STATEMENT_VMAP:
	case RULE_STATEMENT_CLIENT_UPDATE:
	case RULE_STATEMENT_JUMP:
	case RULE_STATEMENT_GOTO:
	case RULE_STATEMENT_ACCEPT:
	case RULE_STATEMENT_DROP:
	case RULE_STATEMENT_RETURN:
		break;
	}
	return ~0u;
}

static int validate_chain(const struct table *table, struct table_chain *chain, struct err *reterr);

static int validate_target(const struct table *table, struct table_chain *chain, const char *name,
			   struct err *reterr)
{
	struct table_chain *target = table_find_chain(table, name);
	int r = validate_chain(table, target, reterr);

	if (r)
		return r;
	if (chain->depth < target->depth + 1)
		chain->depth = target->depth + 1;
	chain->hooks &= target->hooks;
	return 0;
}

static int validate_rule(const struct table *table, struct table_chain *chain, const struct rule *rule,
			 struct err *reterr)
{
	const struct table_element *e;
	size_t i;
	int r;

	for (i = 0; i < rule->n_statements; i++) {
		const struct rule_statement *statement = &rule->statements[i];

		chain->hooks &= validate_hooks(statement);
		if (*statement->chain) {
			r = validate_target(table, chain, statement->chain, reterr);
			if (r)
				return r;
		}
		if (statement->kind != RULE_STATEMENT_VMAP)
			continue;
		for (e = table->elements[statement->set]; e; e = e->hh.next) {
			const char *target = set_data_chain(&e->element);

			r = target ? validate_target(table, chain, target, reterr) : 0;
			if (r)
				return r;
		}
	}
	return 0;
}

/* Set the depth and the hooks of @chain, from those of all chains that it leads to. */
static int validate_chain(const struct table *table, struct table_chain *chain, struct err *reterr)
{
	size_t i;
	int r = 0;

	if (chain->open)
		return err_set(reterr, -ELOOP, "chain %s leads back to itself", chain->chain.name);
	if (chain->depth)
		return 0;
	chain->open = true;
	chain->depth = 1;
	chain->hooks = ~0u;
	for (i = 0; i < chain->chain.n_rules && !r; i++)
		r = validate_rule(table, chain, &chain->chain.rules[i], reterr);
	chain->open = false;
	if (!r && chain->depth > RULE_DEPTH_MAX)
		return err_set(reterr, -EMLINK, "chain %s leads too deep", chain->chain.name);
	return r;
}

int validate_table(struct table *table, struct err *reterr)
{
	struct table_chain *chain;
	int r;

	for (chain = table->chains; chain; chain = chain->hh.next) {
		chain->depth = 0;
		chain->open = false;
	}
	for (chain = table->chains; chain; chain = chain->hh.next) {
		if (chain->chain.hook == RULE_HOOK_NONE)
			continue;
		r = validate_chain(table, chain, reterr);
		if (r)
			return r;
		if (!(chain->hooks & 1u << chain->chain.hook))
			return err_set(reterr, -EOPNOTSUPP,
				       "chain %s leads to a statement that its hook does not allow",
				       chain->chain.name);
	}
	return 0;
}
