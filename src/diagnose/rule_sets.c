/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Intervals
 *
 * An interval is two elements: its start, and the first key behind it, with the flag NFT_SET_ELEM_INTERVAL_END. A key is in the
 * interval whose start is the last boundary that is not behind the key. A concatenation with ranges has the end of the range in each
 * element instead (NFTNL_SET_ELEM_KEY_END).
 */
#include "config.h"
#include "diagnose/rule_sets.h"

#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/set.h>

/* One question. @best: the last boundary so far that is not behind the key */
struct rule_sets_question {
	const uint8_t *key;
	const uint8_t *mask;
	size_t size;
	bool known;
	rule_sets_found *found;
	void *ctx;
	enum fact answer;
	const struct nftnl_set_elem *best;
	const struct nftnl_set_elem *catch_all;
};

static const uint8_t *rule_sets_key(const struct nftnl_set_elem *element, uint16_t attr, size_t size)
{
	uint32_t have = 0;
	const uint8_t *key = nftnl_set_elem_get((struct nftnl_set_elem *)element, attr, &have);

	return key && have >= size ? key : NULL;
}

static uint32_t rule_sets_flags(const struct nftnl_set_elem *element)
{
	struct nftnl_set_elem *readable = (struct nftnl_set_elem *)element;

	return nftnl_set_elem_is_set(readable, NFTNL_SET_ELEM_FLAGS)
		       ? nftnl_set_elem_get_u32(readable, NFTNL_SET_ELEM_FLAGS)
		       : 0;
}

static void rule_sets_report(struct rule_sets_question *q, const struct nftnl_set_elem *element,
			     enum fact fact)
{
	if (fact == FACT_NO)
		return;
	if (fact > q->answer)
		q->answer = fact;
	if (q->found)
		q->found(q->ctx, element, fact);
}

/* An element with a range in each field. That the fields are in order one by one is stricter than that the keys are. */
static enum fact rule_sets_in_range(const struct rule_sets_question *q, const uint8_t *low,
				    const uint8_t *high)
{
	if (!q->known)
		return FACT_PERHAPS;
	if (memcmp(q->key, low, q->size) < 0 || memcmp(q->key, high, q->size) > 0)
		return FACT_NO;
	return memcmp(low, high, q->size) == 0 ? FACT_YES : FACT_PERHAPS;
}

static int rule_sets_ask_one(struct nftnl_set_elem *element, void *ctx)
{
	struct rule_sets_question *q = ctx;
	const uint8_t *key = rule_sets_key(element, NFTNL_SET_ELEM_KEY, q->size);
	const uint8_t *end = rule_sets_key(element, NFTNL_SET_ELEM_KEY_END, q->size);

	if (rule_sets_flags(element) & NFT_SET_ELEM_CATCHALL)
		q->catch_all = element;
	else if (!key)
		rule_sets_report(q, element, FACT_PERHAPS);
	else if (end)
		rule_sets_report(q, element, rule_sets_in_range(q, key, end));
	else
		rule_sets_report(q, element, packet_facts_equal(q->key, q->mask, key, q->size));
	return 0;
}

static int rule_sets_ask_boundary(struct nftnl_set_elem *element, void *ctx)
{
	struct rule_sets_question *q = ctx;
	const uint8_t *key = rule_sets_key(element, NFTNL_SET_ELEM_KEY, q->size), *best;
	bool is_end = rule_sets_flags(element) & NFT_SET_ELEM_INTERVAL_END;
	int cmp;

	if (rule_sets_flags(element) & NFT_SET_ELEM_CATCHALL) {
		q->catch_all = element;
		return 0;
	}
	if (!q->known || !key) {
		if (!is_end)
			rule_sets_report(q, element, FACT_PERHAPS);
		return 0;
	}
	if (memcmp(key, q->key, q->size) > 0)
		return 0;
	best = q->best ? rule_sets_key(q->best, NFTNL_SET_ELEM_KEY, q->size) : NULL;
	cmp = best ? memcmp(key, best, q->size) : 1;
	/* Where one interval ends, another may start. */
	if (cmp > 0 || (cmp == 0 && !is_end))
		q->best = element;
	return 0;
}

enum fact rule_sets_find(const struct nftnl_set *set, const uint8_t *key, const uint8_t *mask, size_t size,
			 rule_sets_found *found, void *ctx)
{
	const uint32_t intervals = NFT_SET_INTERVAL, fields = NFT_SET_CONCAT;
	uint32_t flags = nftnl_set_get_u32(set, NFTNL_SET_FLAGS);
	struct rule_sets_question q = { .key = key,
					.mask = mask,
					.size = size,
					.known = packet_facts_is_known(mask, size),
					.found = found,
					.ctx = ctx };
	struct nftnl_set *readable = (struct nftnl_set *)set;

	if ((flags & intervals) && !(flags & fields))
		(void)nftnl_set_elem_foreach(readable, rule_sets_ask_boundary, &q);
	else
		(void)nftnl_set_elem_foreach(readable, rule_sets_ask_one, &q);
	if (q.best && !(rule_sets_flags(q.best) & NFT_SET_ELEM_INTERVAL_END))
		rule_sets_report(&q, q.best, FACT_YES);
	if (q.catch_all && q.answer != FACT_YES)
		rule_sets_report(&q, q.catch_all, q.answer == FACT_NO ? FACT_YES : FACT_PERHAPS);
	return q.answer;
}
