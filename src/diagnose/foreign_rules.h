/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign_rules.h - the nftables rules of other programs, as read from the kernel
 *
 * Room:     diagnose. Effects: netlink; needs CAP_NET_ADMIN.
 * Limits:   tables of the families ip, ip6 and inet; FOREIGN_RULES_MAX rules; sets of up to FOREIGN_RULES_ELEMENTS_MAX elements.
 *           What x_tables (iptables-legacy) has is not read, but its tables are listed.
 */
#ifndef DIAGNOSE_FOREIGN_RULES_H
#define DIAGNOSE_FOREIGN_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

struct nftnl_chain;
struct nftnl_rule;
struct nftnl_set;
struct foreign_rules;

#define FOREIGN_RULES_MAX	   100000
#define FOREIGN_RULES_ELEMENTS_MAX 20000

/**
 * struct foreign_rules_chain - A chain and its rules, in order. @chain and @rules belong to struct foreign_rules
 * @family:	of the table, NFPROTO_...
 */
struct foreign_rules_chain {
	struct nftnl_chain *chain;
	uint32_t family;
	const char *table;
	const char *name;
	struct nftnl_rule **rules;
	size_t n_rules;
};

/**
 * foreign_rules_read() - Read all rules but ours
 *
 * Return: 0; -EPERM; -EBUSY: they changed all the time; -E2BIG: there are too many; other negative errno.
 */
int foreign_rules_read(struct foreign_rules **ret, struct err *reterr) __attribute__((warn_unused_result));
struct foreign_rules *foreign_rules_free(struct foreign_rules *foreign);
DEFINE_FREEP(struct foreign_rules, foreign_rules_free);
/** foreign_rules_new() - Without any rule; foreign_rules_add_...() take over what they are given. For tests, too. */
struct foreign_rules *foreign_rules_new(void);
void foreign_rules_add_chain(struct foreign_rules *foreign, struct nftnl_chain *chain);
void foreign_rules_add_rule(struct foreign_rules *foreign, struct nftnl_rule *rule);
/** foreign_rules_add_set() - With its elements. */
void foreign_rules_add_set(struct foreign_rules *foreign, struct nftnl_set *set);
/** foreign_rules_seal() - All chains and rules were added. */
void foreign_rules_seal(struct foreign_rules *foreign);

/** foreign_rules_chains() - All chains, sorted by family, table and name. */
const struct foreign_rules_chain *foreign_rules_chains(const struct foreign_rules *foreign, size_t *ret_n);
/** foreign_rules_find_chain() - NULL: there is none. */
const struct foreign_rules_chain *foreign_rules_find_chain(const struct foreign_rules *foreign,
							   uint32_t family, const char *table,
							   const char *name);
/** foreign_rules_find_set() - With its elements, which are read now; NULL: it cannot be read, or is too large. */
const struct nftnl_set *foreign_rules_find_set(struct foreign_rules *foreign, uint32_t family,
					       const char *table, const char *name);
/** foreign_rules_find_rule() - By its handle; NULL: there is none. */
const struct nftnl_rule *foreign_rules_find_rule(const struct foreign_rules_chain *chain, uint64_t handle);
/** foreign_rules_family_name() - "ip", "ip6", "inet", .... */
const char *foreign_rules_family_name(uint32_t family);

#endif
