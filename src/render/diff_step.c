/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_step.h"

#include "render/state_internal.h"
#include "ruleset/snapshot.h"

bool diff_step_knows_element(const struct state *state, const struct element *e)
{
	return state->snapshot && snapshot_knows_element(state->snapshot, e);
}

void diff_step_add_element(struct state *state, struct service_name owner, const struct element *e)
{
	struct element installed;
	size_t position;

	if (diff_step_knows_element(state, e)) {
		position = snapshot_find_element(state->snapshot, e, &installed);
		if (position != SIZE_MAX) {
			state->snapshot->element_seen[position] = true;
			if (set_element_same_data(&installed, e))
				return;
			change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, owner, &installed);
		}
	}
	change_add_element(state->changes, CHANGE_OP_ELEMENT_ADD, owner, e);
}

void diff_step_del_element(struct state *state, struct service_name owner, const struct element *e)
{
	if (!diff_step_knows_element(state, e))
		change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, owner, e);
}

bool diff_step_knows_chain(const struct state *state, enum family table, const char *name)
{
	return state->snapshot && snapshot_knows_chain(state->snapshot, table, name);
}

bool diff_step_knows_list(const struct state *state, const struct source_list *list)
{
	const struct invalidated *named;
	char root[RULE_NAME_MAX + 1];
	size_t i, len;

	if (!state->snapshot || !state->snapshot->partial[list->table])
		return state->snapshot;
	source_list_root_name(list, root);
	len = strlen(root);
	named = state->snapshot->invalidated;
	for (i = 0; i < named->n_chains; i++)
		if (named->chains[i].table == list->table && strncmp(named->chains[i].name, root, len) == 0)
			return true;
	return false;
}

void diff_step_compare_chain(struct state *state, struct service_name owner, const struct chain *chain)
{
	struct snapshot_chain *installed = snapshot_find_chain(state->snapshot, chain->table, chain->name);

	if (!installed) {
		change_add_chain(state->changes, CHANGE_OP_CHAIN_ADD, owner, chain);
		return;
	}
	installed->seen = true;
	if (!snapshot_same_chain(state->snapshot, installed, chain))
		change_add_chain(state->changes, CHANGE_OP_CHAIN_REFILL, owner, chain);
}

void diff_step_client_map(struct state *state, enum change_op op, struct service_name owner,
			  const struct client_map *map)
{
	struct client_map *copy = arena_alloc(state->arena, sizeof(*copy));

	*copy = *map;
	change_add_client_map(state->changes, op, owner, copy);
}
