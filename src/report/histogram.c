/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/histogram.h"

#include <assert.h>

void histogram_init(struct histogram *histogram, const double *bounds, size_t n_bounds)
{
	assert(n_bounds <= HISTOGRAM_BOUNDS_MAX);
	*histogram = (struct histogram){ .bounds = bounds, .n_bounds = n_bounds };
}

void histogram_observe(struct histogram *histogram, double seconds)
{
	size_t i = 0;

	while (i < histogram->n_bounds && seconds > histogram->bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += seconds;
	histogram->n++;
}
