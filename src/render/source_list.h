/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_list.h - the shared chains that admit the sources of one list of source ranges
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Shapes:   a search tree of chains for each distinct list, whatever Services use it. A list of up to SOURCE_LIST_FAN ranges is one
 *           chain:
 *
 *             chain sources-2-ID {
 *               ip saddr 10.0.0.0/8 return
 *               ip saddr 192.168.0.0/16 return
 *               drop
 *             }
 *
 *           A longer one is divided into up to SOURCE_LIST_FAN parts, each with a chain of its own:
 *
 *             chain sources-11-ID {
 *               ip saddr <= 10.5.255.255 goto sources-11-ID-a
 *               ip saddr <= 10.11.255.255 goto sources-11-ID-b
 *               drop
 *             }
 *
 *           The verdict of a front end with source ranges leads to an admitting chain, one for each list and target:
 *
 *             chain admit-2-ID-lb-tcp-3 {
 *               jump sources-2-ID
 *               goto lb-tcp-3
 *             }
 *
 *           So a packet that finds the verdict but not yet the rules of a new chain (render/layout.c) is dropped like
 *           everywhere; it is never admitted unchecked.
 * Names:    2 is the number of ranges, and with it the shape of the tree; ID is 18 characters of a hash of the ranges.
 *           So the rules of these chains never change, and equal lists are one.
 * Why:      a set for each list would be quadratic, because the kernel looks sets up in a list; one set of all front ends with ranges
 *           is the kernel's slowest kind of set. Chains are looked up by a hash table.
 */
#ifndef RENDER_SOURCE_LIST_H
#define RENDER_SOURCE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cidr.h"
#include "ruleset/rule.h"

struct arena;
struct snapshot;

#define SOURCE_LIST_FAN \
	8 /* rules of a chain; a small number costs more chains, a large one more comparisons */
#define SOURCE_LIST_RANGES_MAX	9999
#define SOURCE_LIST_ID_SIZE	20
#define SOURCE_LIST_ADMIT_RULES 2 /* rules of an admitting chain */

/**
 * struct source_list - Which list: 28 bytes without holes, so that it can be hashed
 * @table:	enum family
 * @zero:	0
 * @n_ranges:	1 or more
 * @id:		padded with zeros
 */
struct source_list {
	uint8_t table;
	uint8_t zero[3];
	uint32_t n_ranges;
	char id[SOURCE_LIST_ID_SIZE];
};

/** source_list_init() - The list of @n (1 .. SOURCE_LIST_RANGES_MAX) ranges of one family, sorted and disjoint (cidr_merge()). */
void source_list_init(struct source_list *list, const struct cidr *ranges, size_t n);
/** source_list_cmp() - By table, number of ranges and id. */
int source_list_cmp(const struct source_list *a, const struct source_list *b);
/** source_list_names_chain() - Whether @name can be that of a chain of source_list_build(). */
bool source_list_names_chain(const char *name);
/**
 * source_list_build() - All chains of the list; a chain comes after those that it leads to
 * @ranges:	those of source_list_init(); NULL: the chains get their names, but no rules
 *
 * @arena owns what @ret points to. Return: how many.
 */
size_t source_list_build(const struct source_list *list, const struct cidr *ranges, struct arena *arena,
			 struct chain **ret);

/**
 * source_list_read() - The ranges of the list, from the chains that were read back
 * @snapshot:	sealed
 *
 * @arena owns what @ret points to. Return: false: a chain is missing, or its rules are not those of this list.
 */
bool source_list_read(const struct source_list *list, struct snapshot *snapshot, struct arena *arena,
		      const struct cidr **ret);

/** source_list_root_name() - The name of the last of these chains, where packets enter; the names of the others begin with it. */
void source_list_root_name(const struct source_list *list, char name[RULE_NAME_MAX + 1]);
/** source_list_count() - How many chains that are, and how many rules they have if the ranges are known. */
void source_list_count(const struct source_list *list, size_t *ret_chains, size_t *ret_rules);

/** source_list_admit_name() - The name of the admitting chain that goes on to the chain @target. */
void source_list_admit_name(const struct source_list *list, const char *target, char name[RULE_NAME_MAX + 1]);
/** source_list_parse_admit() - List and target, which is a part of @name; false if @name is not one of source_list_admit_name(). */
bool source_list_parse_admit(enum family table, const char *name, struct source_list *ret,
			     const char **ret_target);
/** source_list_build_admit() - The chain with that name, which source_list_parse_admit() accepts; @arena owns what @ret points to. */
void source_list_build_admit(enum family table, const char *name, struct arena *arena, struct chain *ret);

#endif
