/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_rule.h - statements to kernel expressions
 *
 * Room:     backend. Internal to the nfnl backend. The only place that assigns registers. Each statement becomes the
 *           expressions that nft 1.0.6 makes of its text, so that `nft list` prints the same for both.
 */
#ifndef BACKEND_NFNL_RULE_H
#define BACKEND_NFNL_RULE_H

#include "base/buf.h"
#include "ruleset/rule.h"

struct nftnl_rule;

/** nfnl_rule_new() - A libnftnl rule with all expressions; nftnl_rule_free() it. Never NULL. */
struct nftnl_rule *nfnl_rule_new(const char *table_name, const struct set_decl *sets,
				 const struct chain *chain, const struct rule *rule);
/** nfnl_rule_fingerprint() - Append libnftnl's text of each expression, in one line: equal rules have equal texts. */
void nfnl_rule_fingerprint(struct nftnl_rule *rule, struct buf *text);
/** nfnl_rule_source() - If packets with a source address in a range return by the rule: this range. False: the rule is another one. */
bool nfnl_rule_source(const struct nftnl_rule *rule, enum family table, struct cidr *ret);
/** nfnl_rule_timeout_s() - After how many seconds an element times out that the rule adds; 0: it adds none. */
uint32_t nfnl_rule_timeout_s(const struct nftnl_rule *rule);
/** nfnl_rule_fingerprint_chain() - First line: hook, priority and policy of a base chain, or empty; then a line for each rule. */
void nfnl_rule_fingerprint_chain(const char *table_name, const struct set_decl *sets,
				 const struct chain *chain, struct buf *text);

#endif
