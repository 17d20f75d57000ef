/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nftrace_rules.h - the rules that the kernel's messages name by their handles
 *
 * Room:     diagnose. Effects: reads chains over netlink, each once.
 */
#ifndef DIAGNOSE_NFTRACE_RULES_H
#define DIAGNOSE_NFTRACE_RULES_H

#include "base/cleanup.h"
#include "base/err.h"
#include "diagnose/nftrace_event.h"

struct nftrace_rules;

/** enum nftrace_rules_kind - What a rule does, as far as it matters here */
enum nftrace_rules_kind {
	NFTRACE_RULES_KIND_OTHER,
	NFTRACE_RULES_KIND_REJECT,
	NFTRACE_RULES_KIND_DNAT,
	NFTRACE_RULES_KIND_UNKNOWN, /* the rule does not exist any more */
};

int nftrace_rules_new(struct nftrace_rules **ret, struct err *reterr) __attribute__((warn_unused_result));
struct nftrace_rules *nftrace_rules_free(struct nftrace_rules *rules);
DEFINE_FREEP(struct nftrace_rules, nftrace_rules_free);
/** nftrace_rules_text() - The rule of @event, an event of a rule; "" if it does not exist any more. Valid as long as @rules. */
const char *nftrace_rules_text(struct nftrace_rules *rules, const struct nftrace_event *event,
			       enum nftrace_rules_kind *ret_kind);

#endif
