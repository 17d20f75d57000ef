/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_rule.h - statements to kernel expressions
 *
 * Room:     backend. The only place that knows registers. Each statement becomes what nft 1.0.6 makes of
 *           its text, so that both list the same.
 */
#ifndef BACKEND_NFNL_RULE_H
#define BACKEND_NFNL_RULE_H

#include "base/buf.h"
#include "ruleset/rule.h"

struct nftnl_rule;

/** nfnl_rule_new() - A libnftnl rule with all expressions; nftnl_rule_free() it. Never NULL. */
struct nftnl_rule *nfnl_rule_new(const char *table_name, const struct set_decl *sets,
				 const struct chain *chain, const struct rule *rule);
/** nfnl_rule_fingerprint() - Append libnftnl's text of each expression: equal rules, equal text. */
void nfnl_rule_fingerprint(struct nftnl_rule *rule, struct buf *text);

#endif
