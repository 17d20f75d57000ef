/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/programming_latency.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/index.h"
#include "report/histogram.h"

struct programming_latency_slice {
	char *namespace;
	char *name;
	size_t n;
	int64_t times_us[PROGRAMMING_LATENCY_TIMES_MAX];
};

struct programming_latency {
	int64_t start_us;
	struct index slices;
};

static void programming_latency_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct programming_latency_slice *slice = item;

	*ret_namespace = slice->namespace;
	*ret_name = slice->name;
}

static void programming_latency_remove(struct programming_latency *programming,
				       struct programming_latency_slice *slice)
{
	index_remove(&programming->slices, slice);
	free(slice->namespace);
	free(slice->name);
	free(slice);
}

static void programming_latency_clear(struct programming_latency *programming)
{
	struct index_cursor cursor = { 0 };
	struct programming_latency_slice *slice;

	while ((slice = index_next(&programming->slices, &cursor)))
		programming_latency_remove(programming, slice);
	index_done(&programming->slices);
}

struct programming_latency *programming_latency_new(int64_t start_us)
{
	struct programming_latency *programming = alloc_zeroed(1, sizeof(*programming));

	programming->start_us = start_us;
	programming->slices.key = programming_latency_key;
	return programming;
}

struct programming_latency *programming_latency_free(struct programming_latency *programming)
{
	if (!programming)
		return NULL;
	programming_latency_clear(programming);
	free(programming);
	return NULL;
}

void programming_latency_note(struct programming_latency *programming, const char *namespace,
			      const char *slice, int64_t trigger_us)
{
	struct programming_latency_slice *known;

	if (trigger_us <= programming->start_us)
		return;
	known = index_find(&programming->slices, namespace, slice);
	if (!known) {
		known = alloc_zeroed(1, sizeof(*known));
		known->namespace = alloc_string(namespace);
		known->name = alloc_string(slice);
		index_add(&programming->slices, known);
	}
	if (known->n < PROGRAMMING_LATENCY_TIMES_MAX)
		known->times_us[known->n++] = trigger_us;
}

void programming_latency_forget(struct programming_latency *programming, const char *namespace,
				const char *slice)
{
	struct programming_latency_slice *known = index_find(&programming->slices, namespace, slice);

	if (known)
		programming_latency_remove(programming, known);
}

void programming_latency_done(struct programming_latency *programming, int64_t now_us, struct histogram *to)
{
	struct index_cursor cursor = { 0 };
	const struct programming_latency_slice *slice;
	size_t i;

	if (!programming->slices.n)
		return;
	while ((slice = index_next(&programming->slices, &cursor)))
		for (i = 0; i < slice->n; i++)
			/* The cluster's clock may be ahead of ours. */
			histogram_observe(to, now_us > slice->times_us[i]
						      ? (double)(now_us - slice->times_us[i]) / 1e6
						      : 0);
	programming_latency_clear(programming);
}
