/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/kept_frontends.h"

#include <string.h>

#include "base/arena.h"
#include "model/service.h"
#include "plan/build.h"
#include "plan/found.h"
#include "sync/overlarge.h"

static void kept_frontends_join_ports(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_frontends; i++)
		plan->frontends[i].own_lists = true;
}

/* Copied, because the caller may change the front ends, and what was found is needed again. */
void kept_frontends_found(struct found *found, struct arena *arena, struct plan *ret)
{
	struct frontend *frontends;

	found_plan(found, ret);
	frontends = arena_array(arena, ret->n_frontends, sizeof(*frontends));
	if (ret->n_frontends)
		memcpy(frontends, ret->frontends, ret->n_frontends * sizeof(*frontends));
	ret->frontends = frontends;
	kept_frontends_join_ports(ret);
}

bool kept_frontends_plan(const struct build_input *in, struct overlarge *overlarge, bool *unplannable,
			 struct arena *arena, struct plan *ret)
{
	struct build_input without_endpoints = *in;
	struct found *found;

	without_endpoints.n_slices = 0;
	*unplannable = *unplannable || build_plan(in, arena, ret, NULL) < 0;
	if (!*unplannable || build_plan(&without_endpoints, arena, ret, NULL) >= 0) {
		kept_frontends_join_ports(ret);
		return true;
	}
	found = overlarge_get(overlarge, (struct service_name){ in->service->namespace, in->service->name });
	if (found && overlarge->is_complete) {
		kept_frontends_found(found, arena, ret);
		return true;
	}
	*ret = (struct plan){ .n_frontends = 0 };
	overlarge_add(overlarge, in);
	return false;
}
