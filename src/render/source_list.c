/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/source_list.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/base32.h"
#include "base/buf.h"
#include "base/sha256.h"
#include "ruleset/snapshot.h"

#define SOURCE_LIST_ID_LEN	 18
#define SOURCE_LIST_PREFIX	 "sources-"
#define SOURCE_LIST_ADMIT_PREFIX "admit-"
#define SOURCE_LIST_DIGITS_MAX	 4
#define SOURCE_LIST_PATH_MAX	 4 /* letters: a tree has up to five levels */

/* The letters that name the parts of a tree are the first of these. */
static_assert(SOURCE_LIST_FAN < sizeof(BASE32_LETTERS), "each part of a list has a letter");
static_assert(SOURCE_LIST_RANGES_MAX <=
		      SOURCE_LIST_FAN * SOURCE_LIST_FAN * SOURCE_LIST_FAN * SOURCE_LIST_FAN * SOURCE_LIST_FAN,
	      "a tree has up to five levels");
static_assert(SOURCE_LIST_ID_LEN < SOURCE_LIST_ID_SIZE, "an id ends with a zero");

/**
 * struct source_list_tree - The chains while they are made
 * @ranges:	NULL: no rules
 */
struct source_list_tree {
	const struct source_list *list;
	const struct cidr *ranges;
	struct arena *arena;
	size_t n;
	struct chain *chains;
};

void source_list_init(struct source_list *list, const struct cidr *ranges, size_t n)
{
	uint8_t digest[SHA256_SIZE];
	struct buf text = BUF_INIT;
	size_t i;

	assert(n && n <= SOURCE_LIST_RANGES_MAX);
	memset(list, 0, sizeof(*list));
	list->table = ranges->addr.family;
	list->n_ranges = (uint32_t)n;
	for (i = 0; i < n; i++) {
		buf_add(&text, ranges[i].addr.bytes, addr_size(list->table));
		buf_add(&text, &ranges[i].prefix_len, 1);
	}
	sha256_of(text.data, text.size, digest);
	base32_encode(digest, SOURCE_LIST_ID_LEN, list->id);
	buf_done(&text);
}

int source_list_cmp(const struct source_list *a, const struct source_list *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->n_ranges != b->n_ranges)
		return a->n_ranges < b->n_ranges ? -1 : 1;
	return strcmp(a->id, b->id);
}

/* Read "N-ID" at the beginning of @text. Return: what follows, or NULL. */
static const char *source_list_parse(enum family table, const char *text, struct source_list *ret)
{
	size_t digits = strspn(text, "0123456789"), i;

	memset(ret, 0, sizeof(*ret));
	ret->table = (uint8_t)table;
	if (!digits || digits > SOURCE_LIST_DIGITS_MAX || *text == '0' || text[digits] != '-')
		return NULL;
	for (i = 0; i < digits; i++)
		ret->n_ranges = ret->n_ranges * 10 + (uint32_t)(text[i] - '0');
	text += digits + 1;
	if (strspn(text, BASE32_LETTERS) != SOURCE_LIST_ID_LEN)
		return NULL;
	memcpy(ret->id, text, SOURCE_LIST_ID_LEN);
	return text + SOURCE_LIST_ID_LEN;
}

bool source_list_names_chain(const char *name)
{
	struct source_list list;
	size_t len = strlen(SOURCE_LIST_PREFIX);
	const char *rest =
		strncmp(name, SOURCE_LIST_PREFIX, len) == 0 ? source_list_parse(0, name + len, &list) : NULL;

	if (!rest || !*rest)
		return rest;
	return *rest == '-' && rest[1] && strspn(rest + 1, BASE32_LETTERS) == strlen(rest + 1);
}

/* How many ranges each part has, but for the last one, if @n do not fit into one chain. */
static size_t source_list_part(size_t n)
{
	size_t part = SOURCE_LIST_FAN;

	while (part * SOURCE_LIST_FAN < n)
		part *= SOURCE_LIST_FAN;
	return part;
}

/* How many chains a tree of @n ranges has at most. */
static size_t source_list_max_chains(size_t n)
{
	size_t total = 1;

	for (n = (n + SOURCE_LIST_FAN - 1) / SOURCE_LIST_FAN; n > 1;
	     n = (n + SOURCE_LIST_FAN - 1) / SOURCE_LIST_FAN)
		total += n;
	return total;
}

static void source_list_last_address(const struct cidr *range, struct addr *ret)
{
	size_t i, bits = addr_size(range->addr.family) * 8;

	*ret = range->addr;
	for (i = range->prefix_len; i < bits; i++)
		ret->bytes[i / 8] |= (uint8_t)(0x80u >> i % 8);
}

static void source_list_name(const struct source_list *list, const char *path, char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, SOURCE_LIST_PREFIX "%u-%s%s%s", list->n_ranges, list->id,
		       *path ? "-" : "", path);
}

static void source_list_add_range(struct chain *chain, const struct cidr *range)
{
	struct rule *rule = rule_add(chain);

	rule_add_cidr(rule, RULE_SELECTOR_SADDR, false, range);
	(void)rule_add_statement(rule, RULE_STATEMENT_RETURN);
}

/* Sources up to the end of @last go on to the chain @target. */
static void source_list_add_part(struct chain *chain, const struct cidr *last, const char *target)
{
	struct rule *rule = rule_add(chain);
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_UP_TO);

	rule_add_selector(s, RULE_SELECTOR_SADDR);
	source_list_last_address(last, &s->cidr.addr);
	rule_add_goto(rule, target);
}

/* The chain of the ranges from @first on, and those that it leads to. @path: the letters of the parts that lead to it. */
static void source_list_add_chains(struct source_list_tree *tree, const char *path, size_t first, size_t n)
{
	size_t part = source_list_part(n), end = first + n, size, i;
	struct chain chain = { .table = tree->list->table };
	char child[SOURCE_LIST_PATH_MAX + 1], target[RULE_NAME_MAX + 1];

	source_list_name(tree->list, path, chain.name);
	chain.rules = arena_array(tree->arena, SOURCE_LIST_FAN + 1, sizeof(*chain.rules));
	if (n <= SOURCE_LIST_FAN) {
		for (; tree->ranges && first < end; first++)
			source_list_add_range(&chain, &tree->ranges[first]);
	}
	for (i = 0; n > SOURCE_LIST_FAN && first < end; i++, first += size) {
		size = end - first < part ? end - first : part;
		(void)snprintf(child, sizeof(child), "%.*s%c", SOURCE_LIST_PATH_MAX - 1, path,
			       BASE32_LETTERS[i]);
		source_list_add_chains(tree, child, first, size);
		source_list_name(tree->list, child, target);
		if (tree->ranges)
			source_list_add_part(&chain, &tree->ranges[first + size - 1], target);
	}
	if (tree->ranges)
		(void)rule_add_statement(rule_add(&chain), RULE_STATEMENT_DROP);
	tree->chains[tree->n++] = chain;
}

void source_list_root_name(const struct source_list *list, char name[RULE_NAME_MAX + 1])
{
	source_list_name(list, "", name);
}

/* Add those of a tree of @n ranges. Each chain ends with a drop. */
static void source_list_count_tree(size_t n, size_t *chains, size_t *rules)
{
	size_t part = source_list_part(n), i;

	++*chains;
	if (n <= SOURCE_LIST_FAN) {
		*rules += n + 1;
		return;
	}
	*rules += (n + part - 1) / part + 1;
	for (i = 0; i < n; i += part)
		source_list_count_tree(n - i < part ? n - i : part, chains, rules);
}

void source_list_count(const struct source_list *list, size_t *ret_chains, size_t *ret_rules)
{
	*ret_chains = *ret_rules = 0;
	source_list_count_tree(list->n_ranges, ret_chains, ret_rules);
}

size_t source_list_build(const struct source_list *list, const struct cidr *ranges, struct arena *arena,
			 struct chain **ret)
{
	struct source_list_tree tree = { .list = list, .ranges = ranges, .arena = arena };

	tree.chains = arena_array(arena, source_list_max_chains(list->n_ranges), sizeof(*tree.chains));
	source_list_add_chains(&tree, "", 0, list->n_ranges);
	*ret = tree.chains;
	return tree.n;
}

bool source_list_read(const struct source_list *list, struct snapshot *snapshot, struct arena *arena,
		      const struct cidr **ret)
{
	const struct snapshot_chain *found;
	struct source_list read;
	struct chain *chains;
	struct cidr *ranges;
	size_t n, i, k = 0;

	n = source_list_build(list, NULL, arena, &chains);
	ranges = arena_array(arena, list->n_ranges, sizeof(*ranges));
	for (i = 0; i < n; i++) {
		found = snapshot_find_chain(snapshot, chains[i].table, chains[i].name);
		if (!found || found->n_sources > list->n_ranges - k)
			return false;
		if (found->n_sources)
			memcpy(&ranges[k], found->sources, found->n_sources * sizeof(*ranges));
		k += found->n_sources;
	}
	if (k != list->n_ranges)
		return false;
	source_list_init(&read, ranges, k);
	*ret = ranges;
	return source_list_cmp(&read, list) == 0;
}

void source_list_admit_name(const struct source_list *list, const char *target, char name[RULE_NAME_MAX + 1])
{
	int len = snprintf(name, RULE_NAME_MAX + 1, SOURCE_LIST_ADMIT_PREFIX "%u-%s-%s", list->n_ranges,
			   list->id, target);

	assert(len <= RULE_NAME_MAX);
	(void)len;
}

bool source_list_parse_admit(enum family table, const char *name, struct source_list *ret,
			     const char **ret_target)
{
	size_t len = strlen(SOURCE_LIST_ADMIT_PREFIX);
	const char *rest = strncmp(name, SOURCE_LIST_ADMIT_PREFIX, len) == 0
				   ? source_list_parse(table, name + len, ret)
				   : NULL;

	if (!rest || *rest != '-' || !rest[1])
		return false;
	*ret_target = rest + 1;
	return true;
}

void source_list_build_admit(enum family table, const char *name, struct arena *arena, struct chain *ret)
{
	struct source_list list;
	const char *target;
	bool parsed = source_list_parse_admit(table, name, &list, &target);

	assert(parsed);
	(void)parsed;
	*ret = (struct chain){ .table = (uint8_t)table, .goes_first = true };
	(void)snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->rules = arena_array(arena, SOURCE_LIST_ADMIT_RULES, sizeof(*ret->rules));
	source_list_name(&list, "", rule_add_statement(rule_add(ret), RULE_STATEMENT_JUMP)->chain);
	rule_add_goto(rule_add(ret), target);
}
