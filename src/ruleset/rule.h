/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule.h - nftables chains and rules as data
 *
 * Room:     ruleset. Pure.
 * Shapes:   statements as in nft, not kernel expressions: printing is one line for each, the tracer walks
 *           them, and only backend/nfnl_rule.c knows registers.
 * New kind: add it to enum rule_statement_kind; -Wswitch lists the arms (rule.c prints, trace.c
 *           walks, backend/nfnl_rule.c writes).
 */
#ifndef RULESET_RULE_H
#define RULESET_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cidr.h"
#include "ruleset/client_map.h"
#include "ruleset/set.h"

struct arena;

#define RULE_NAME_MAX	    61
#define RULE_COMMENT_MAX    127
#define RULE_STATEMENTS_MAX 8
#define RULE_SELECTORS_MAX  5
#define RULE_DEPTH_MAX	    16 /* length of a path of jumps: the kernel's limit */

/** enum rule_selector - A property of a packet or connection. */
enum rule_selector {
	RULE_SELECTOR_NONE,
	RULE_SELECTOR_SADDR,		 /* ip saddr, ip6 saddr */
	RULE_SELECTOR_DADDR,		 /* ip daddr, ip6 daddr */
	RULE_SELECTOR_L4PROTO,		 /* meta l4proto */
	RULE_SELECTOR_DPORT,		 /* th dport */
	RULE_SELECTOR_NUMGEN,		 /* numgen random mod N */
	RULE_SELECTOR_LIST_KEY,		 /* two fields: numgen random mod 1 offset K, which is always K */
	RULE_SELECTOR_CT_ORIGINAL_DADDR, /* ct original ip daddr */
	RULE_SELECTOR_CT_ORIGINAL_DPORT, /* ct original proto-dst */
	RULE_SELECTOR_SADDR_BYTE,	 /* a byte of saddr: @nh,120,8 */
	RULE_SELECTOR_DADDR_BYTE,
};

enum rule_statement_kind {
	RULE_STATEMENT_MATCH_CIDR,	/* saddr, daddr or ct original daddr [!=] prefix */
	RULE_STATEMENT_MATCH_UP_TO,	/* saddr or daddr <= address */
	RULE_STATEMENT_MATCH_PROTOCOL,	/* meta l4proto tcp */
	RULE_STATEMENT_MATCH_IIFNAME,	/* iifname [!=] "name" or "prefix*" */
	RULE_STATEMENT_MATCH_IIF_KNOWN, /* iif != 0: the packet arrived, and the hook knows the interface */
	RULE_STATEMENT_MATCH_FIB_LOCAL, /* fib saddr|daddr type [!=] local */
	RULE_STATEMENT_MATCH_CT_DNAT,	/* ct status dnat */
	RULE_STATEMENT_MATCH_CT_NEW, /* ct state new: not a reset of our own, which is related to what it refuses */
	RULE_STATEMENT_MATCH_SET,   /* selectors [!=] @set */
	RULE_STATEMENT_VMAP,	    /* selectors vmap @map */
	RULE_STATEMENT_DNAT_MAP,    /* dnat to selectors map @map */
	RULE_STATEMENT_DNAT_CLIENT, /* dnat to LIST_KEY . saddr map @NAME: where this client went before */
	RULE_STATEMENT_CLIENT_UPDATE, /* update @NAME { LIST_KEY . ct original saddr timeout T : daddr . th dport } */
	RULE_STATEMENT_JUMP,
	RULE_STATEMENT_GOTO,
	RULE_STATEMENT_REJECT_TCP_RESET,
	RULE_STATEMENT_REJECT,	   /* ICMP port unreachable */
	RULE_STATEMENT_MASQUERADE, /* masquerade fully-random */
	RULE_STATEMENT_ACCEPT,
	RULE_STATEMENT_DROP,
	RULE_STATEMENT_RETURN,
};

/**
 * struct rule_statement - One match or action
 * @negated:	for the MATCH kinds: `!=`
 * @n_selectors, @selectors: for _MATCH_SET, _VMAP, _DNAT_MAP; one alone for _MATCH_CIDR, _MATCH_UP_TO and
 *		_MATCH_FIB_LOCAL (_SADDR or _DADDR)
 * @cidr:	for _MATCH_CIDR; for _MATCH_UP_TO its address alone
 * @set:	index of the declaration looked up
 * @modulus:	for _NUMGEN among the selectors: 1 or more
 * @byte:	for _SADDR_BYTE and _DADDR_BYTE among the selectors: 0 is the last one of the address
 * @list_key:	for _LIST_KEY among the selectors, and for _DNAT_CLIENT and _CLIENT_UPDATE (struct set_list_key)
 * @ifname_is_prefix: @ifname matches all names that start with it
 * @chain:	for _JUMP and _GOTO
 * @client_map:	for _DNAT_CLIENT and _CLIENT_UPDATE: name of the client map (ruleset/client_map.h)
 * @timeout_s:	for _CLIENT_UPDATE: the entry times out after so many seconds
 */
struct rule_statement {
	enum rule_statement_kind kind;
	bool negated;
	uint8_t n_selectors;
	uint8_t selectors[RULE_SELECTORS_MAX]; /* enum rule_selector */
	uint8_t set;
	uint8_t protocol;
	uint8_t byte;
	uint32_t modulus;
	struct set_list_key list_key;
	struct cidr cidr;
	bool ifname_is_prefix;
	char ifname[16];
	char chain[RULE_NAME_MAX + 1];
	char client_map[CLIENT_MAP_NAME_MAX + 1];
	uint32_t timeout_s;
};

/** struct rule - @conditional: the rule only costs time while the set @set of its table is empty (rule_skeleton_use()) */
struct rule {
	size_t n_statements;
	struct rule_statement statements[RULE_STATEMENTS_MAX];
	bool conditional;
	uint8_t set;
};

/** enum rule_hook - Hook of a base chain; all are of type nat, policy accept. */
enum rule_hook {
	RULE_HOOK_NONE, /* not a base chain */
	RULE_HOOK_PREROUTING,
	RULE_HOOK_INPUT,
	RULE_HOOK_OUTPUT,
	RULE_HOOK_POSTROUTING,
};

/**
 * struct chain - A chain with all its rules: the unit that is written and compared
 * @table:	enum family
 * @comment:	printable ASCII without quotes or backslashes, or ""; compared if it is a base chain, else only for people
 * @priority:	for base chains
 * @goes_first:	if it is deleted: before the other chains of the transaction, because it may lead to any of them
 */
struct chain {
	uint8_t table;
	bool goes_first;
	char name[RULE_NAME_MAX + 1];
	char comment[RULE_COMMENT_MAX + 1];
	enum rule_hook hook;
	int32_t priority;
	size_t n_rules;
	struct rule *rules;
};

/** struct skeleton - The fixed part of our tables. Sets are the same for both tables. */
struct skeleton {
	const char *table_name;
	bool family_enabled[_FAMILY_MAX];
	size_t n_sets;
	const struct set_decl *sets;
	size_t n_chains;
	const struct chain *chains; /* in order of creation */
};

/* To build a chain: rule_add(), then rule_add_statement() on the rule that it returned. */

/**
 * rule_skeleton_use() - The skeleton without conditional rules whose set is empty
 * @used:	by family, a bit for each set that has elements, or may have some; others count as empty
 * @ret:	shares with @from what is the same; @arena owns the rest
 */
void rule_skeleton_use(const struct skeleton *from, const uint64_t used[_FAMILY_MAX], struct arena *arena,
		       struct skeleton *ret);

/** rule_add() - An empty rule at the end of @chain, whose zeroed @rules have room for it. */
struct rule *rule_add(struct chain *chain);
/** rule_add_statement() - A statement at the end of @rule, zeroed but for its kind. */
struct rule_statement *rule_add_statement(struct rule *rule, enum rule_statement_kind kind);
void rule_add_selector(struct rule_statement *s, enum rule_selector selector);
/** rule_add_protocol() - `meta l4proto PROTOCOL`: a port in the same rule needs it before. */
void rule_add_protocol(struct rule *rule, uint8_t protocol);
/** rule_add_cidr() - Match packets whose address @which (_SADDR, _DADDR) is in the range @cidr, or, if @negated, is not. */
void rule_add_cidr(struct rule *rule, enum rule_selector which, bool negated, const struct cidr *cidr);
/** rule_add_fib_local() - Match packets whose address @which (_SADDR, _DADDR) is one of this node, or, if @negated, is not. */
void rule_add_fib_local(struct rule *rule, enum rule_selector which, bool negated);
/** rule_add_set() - Match packets whose @which alone is in the set of this index, or, if @negated, is not. */
void rule_add_set(struct rule *rule, enum rule_selector which, bool negated, uint8_t set);
void rule_add_jump(struct rule *rule, const char *chain);
void rule_add_goto(struct rule *rule, const char *chain);

bool rule_chain_equal(const struct chain *a, const struct chain *b);
/** rule_byte_offset() - Where in the network header the byte @index of an address is, from the end of the address. */
uint32_t rule_byte_offset(enum rule_selector selector, enum family table, uint8_t index);
/** rule_print() - nft's text of one rule in a table of family @table, no newline. */
void rule_print(struct buf *text, const struct set_decl *sets, enum family table, const struct rule *rule);
const char *rule_hook_name(enum rule_hook hook);

#endif
