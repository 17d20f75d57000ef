/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_keys.h - what to ask the kernel for, to know what a Service has that stays as it is installed
 *
 * Room:     render. Pure: the caller asks (backend/nfnl_lookup.h), and hands over what was found.
 * Reason:   after a restart a kept Service has nothing installed, as far as is known (state_keep()). To read everything back takes
 *           long. Its front ends are known, and all that belongs to one can be asked for by key: its verdicts name the chains of its
 *           port, and the endpoints of a list are numbered.
 * Left out: with session affinity, endpoints of the list that no front end uses, if they are neither in the other list nor in the plan.
 * Rounds:   verdicts and addresses; then endpoints, some indexes at a time, until one is missing; then what belongs to endpoints.
 */
#ifndef RENDER_KEPT_KEYS_H
#define RENDER_KEPT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "plan/plan.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

struct kept_keys;
struct snapshot;
struct source_list;

struct kept_keys *kept_keys_new(void);
struct kept_keys *kept_keys_free(struct kept_keys *keys);
DEFINE_FREEP(struct kept_keys, kept_keys_free);
/** kept_keys_add_plan() - Before the first round: the front ends of a kept Service, or of a part; borrowed. */
void kept_keys_add_plan(struct kept_keys *keys, const struct plan *plan);
/**
 * kept_keys_next() - The elements of the next round, sorted, each once
 * @ret:	valid until the next call
 *
 * Return: how many; 0: there is no other round.
 */
size_t kept_keys_next(struct kept_keys *keys, const struct element **ret);
/** kept_keys_found() - Those of the round that exist, sealed; they are copied. */
void kept_keys_found(struct kept_keys *keys, const struct snapshot *found);
/** kept_keys_chain() - After the last round: the name of the next chain that a port may have; false: there is no other. */
bool kept_keys_chain(struct kept_keys *keys, enum family *ret_table, char ret_name[RULE_NAME_MAX + 1]);
/** kept_keys_sources() - After the last round: the next list of source ranges that a verdict leads to; false: there is no other. */
bool kept_keys_sources(struct kept_keys *keys, struct source_list *ret);
/** kept_keys_result() - After the last round: add all that was found to @ret, which is not sealed. */
void kept_keys_result(const struct kept_keys *keys, struct snapshot *ret);

#endif
