/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/programming_latency.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/index.h"
#include "report/histogram.h"

/* @times_us: when @n changes of the slice began that no sync has installed yet. */
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

static void programming_latency_remove(struct programming_latency *latency,
				       struct programming_latency_slice *slice)
{
	index_remove(&latency->slices, slice);
	free(slice->namespace);
	free(slice->name);
	free(slice);
}

static void programming_latency_clear(struct programming_latency *latency)
{
	struct index_cursor cursor = { 0 };
	struct programming_latency_slice *slice;

	while ((slice = index_next(&latency->slices, &cursor)))
		programming_latency_remove(latency, slice);
	index_done(&latency->slices);
}

struct programming_latency *programming_latency_new(int64_t start_us)
{
	struct programming_latency *latency = alloc_zeroed(1, sizeof(*latency));

	latency->start_us = start_us;
	latency->slices.key = programming_latency_key;
	return latency;
}

struct programming_latency *programming_latency_free(struct programming_latency *latency)
{
	if (!latency)
		return NULL;
	programming_latency_clear(latency);
	free(latency);
	return NULL;
}

void programming_latency_note(struct programming_latency *latency, const char *namespace, const char *slice,
			      int64_t trigger_us)
{
	struct programming_latency_slice *known;

	if (trigger_us <= latency->start_us)
		return;
	known = index_find(&latency->slices, namespace, slice);
	if (!known) {
		known = alloc_zeroed(1, sizeof(*known));
		known->namespace = alloc_string(namespace);
		known->name = alloc_string(slice);
		index_add(&latency->slices, known);
	}
	if (known->n < PROGRAMMING_LATENCY_TIMES_MAX)
		known->times_us[known->n++] = trigger_us;
}

void programming_latency_forget(struct programming_latency *latency, const char *namespace, const char *slice)
{
	struct programming_latency_slice *known = index_find(&latency->slices, namespace, slice);

	if (known)
		programming_latency_remove(latency, known);
}

void programming_latency_observe(struct programming_latency *latency, int64_t now_us, struct histogram *to)
{
	struct index_cursor cursor = { 0 };
	const struct programming_latency_slice *slice;
	size_t i;

	/* Our clock was set back: changes from now on count. */
	if (now_us < latency->start_us)
		latency->start_us = now_us;
	if (!latency->slices.n)
		return;
	while ((slice = index_next(&latency->slices, &cursor)))
		for (i = 0; i < slice->n; i++)
			/* A clock in the cluster may be ahead of ours. */
			histogram_observe(to, now_us > slice->times_us[i]
						      ? (double)(now_us - slice->times_us[i]) / 1e6
						      : 0);
	programming_latency_clear(latency);
}
