/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/overlarge.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/service.h"
#include "plan/found.h"
#include "render/frontend_owners.h"
#include "render/layout.h"
#include "ruleset/snapshot.h"

void overlarge_add(struct overlarge *overlarge, const struct build_input *in)
{
	if (!overlarge_get(overlarge, (struct service_name){ in->service->namespace, in->service->name }))
		*ALLOC_APPEND(overlarge->list, overlarge->n) = found_new(in);
}

struct found *overlarge_get(const struct overlarge *overlarge, struct service_name service)
{
	size_t i;

	for (i = 0; i < overlarge->n; i++)
		if (service_name_equal(found_service(overlarge->list[i]), service))
			return overlarge->list[i];
	return NULL;
}

bool overlarge_show(struct overlarge *overlarge, const struct element *verdict)
{
	struct frontend_owners_key key;
	struct frontend frontend;
	bool any = false;
	size_t i;

	if (!frontend_owners_key_of_element(verdict, &key))
		return false;
	frontend_owners_frontend(&key, &frontend);
	for (i = 0; i < overlarge->n; i++)
		any |= found_add(overlarge->list[i], &frontend);
	return any;
}

void overlarge_show_all(struct overlarge *overlarge, const struct snapshot *snapshot)
{
	struct element e;
	size_t i;

	for (i = 0; i < snapshot->n_elements; i++) {
		snapshot_element(snapshot, i, &e);
		if (layout_sets()[e.set].kind == SET_KIND_VERDICT_MAP)
			(void)overlarge_show(overlarge, &e);
	}
}

void overlarge_done(struct overlarge *overlarge)
{
	while (overlarge->n)
		found_free(overlarge->list[--overlarge->n]);
	free(overlarge->list);
	*overlarge = (struct overlarge){ .n = 0 };
}
