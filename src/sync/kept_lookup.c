/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/kept_lookup.h"

#include <errno.h>

#include "backend/nfnl_chain.h"
#include "backend/nfnl_lookup.h"
#include "base/arena.h"
#include "render/kept_keys.h"
#include "render/layout.h"
#include "render/source_list.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/snapshot.h"

static void kept_lookup_plan(void *ctx, const struct plan *plan)
{
	kept_keys_add_plan(ctx, plan);
}

/* Return: 0; negative errno. */
static int kept_lookup_elements(struct nfnl *nfnl, struct kept_keys *keys, struct err *reterr)
{
	const struct element *asked;
	struct snapshot found;
	bool foreign = false;
	size_t n;
	int r = 0;

	while (!r && (n = kept_keys_next(keys, &asked))) {
		snapshot_init(&found);
		r = nfnl_lookup(nfnl, layout_sets(), asked, n, &found, &foreign, reterr);
		if (!r && foreign)
			r = err_set(reterr, -EEXIST, "another program has added elements to our tables");
		snapshot_seal(&found);
		if (!r)
			kept_keys_found(keys, &found);
		snapshot_done(&found);
	}
	return r;
}

/* The chains of a list of source ranges; those that it leads to come before a chain, so they are asked for in the other direction. */
static int kept_lookup_sources(struct nfnl *nfnl, const struct source_list *list, struct snapshot *ret,
			       struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct chain *chains;
	size_t n = source_list_build(list, NULL, arena, &chains);
	int r = 1;

	/* If the first one does not exist, no other is asked for. */
	while (r > 0 && n-- > 0)
		r = nfnl_chain_read(nfnl, chains[n].table, chains[n].name, ret, reterr);
	return r < 0 ? r : 0;
}

int kept_lookup(struct nfnl *nfnl, const struct state *state, struct snapshot *ret, struct err *reterr)
{
	_cleanup_(kept_keys_freep) struct kept_keys *keys = kept_keys_new();
	char name[RULE_NAME_MAX + 1];
	struct source_list sources;
	enum family table;
	int r;

	snapshot_init(ret);
	state_walk_kept(state, kept_lookup_plan, keys);
	r = kept_lookup_elements(nfnl, keys, reterr);
	while (!r && kept_keys_chain(keys, &table, name)) {
		r = nfnl_chain_read(nfnl, table, name, ret, reterr);
		r = r < 0 ? r : 0;
	}
	while (!r && kept_keys_sources(keys, &sources))
		r = kept_lookup_sources(nfnl, &sources, ret, reterr);
	kept_keys_result(keys, ret);
	snapshot_seal(ret);
	return r;
}
