/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_sets.h - which elements of an nftables set a key matches, of which only some bits are known
 *
 * Room:     diagnose. Pure.
 */
#ifndef DIAGNOSE_RULE_SETS_H
#define DIAGNOSE_RULE_SETS_H

#include "diagnose/packet_facts.h"

struct nftnl_set;
struct nftnl_set_elem;

/** typedef rule_sets_found - Called for an element that the key matches, or perhaps matches. */
typedef void rule_sets_found(void *ctx, const struct nftnl_set_elem *element, enum fact fact);

/**
 * rule_sets_find() - Look @key up
 * @mask:	which of its bits are known
 * @size:	of the key
 * @found:	NULL: only the answer matters
 *
 * Return: whether there is an element for it.
 */
enum fact rule_sets_find(const struct nftnl_set *set, const uint8_t *key, const uint8_t *mask, size_t size,
			 rule_sets_found *found, void *ctx);

#endif
