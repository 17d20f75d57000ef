/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explainer_truth.h - where what a Service should be and what the kernel has may differ
 *
 * Room:     serve (intake, kubeapi, sync -> report/explain.h). No effects.
 * Rule:     unknown is never none: a kind that was never listed is named with the error of its last request. And what is planned is not
 *           called served before it is in the kernel.
 */
#ifndef SERVE_EXPLAINER_TRUTH_H
#define SERVE_EXPLAINER_TRUTH_H

#include <stdbool.h>

#include "base/service_name.h"
#include "model/store.h"
#include "serve/query_context.h"

struct arena;
struct explain;
struct rejected_object;

/** explainer_truth_knows() - Whether all objects of @kind were listed once, now or in the saved state that is used. */
bool explainer_truth_knows(const struct query_context *context, enum object_kind kind);
/** explainer_truth_unknown() - Set the kinds that are unknown; @arena owns what is added to @explain. */
void explainer_truth_unknown(const struct query_context *context, struct arena *arena,
			     struct explain *explain);
/** explainer_truth_refused() - The entry of @list for the rules of @service: the kernel refuses them, or there is no plan; NULL: none. */
const struct rejected_object *explainer_truth_refused(const struct rejected_objects *list,
						      struct service_name service);
/**
 * explainer_truth_fill() - Set what is unknown and what waits
 * @service:	that @explain is about
 * @explain:	filled else; @arena owns what is added
 */
void explainer_truth_fill(const struct query_context *context, struct service_name service,
			  struct arena *arena, struct explain *explain);

#endif
