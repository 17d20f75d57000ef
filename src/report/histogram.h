/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histogram.h - how often something took how long
 *
 * Room:     report. Pure.
 * Shapes:   seconds; bucket i counts what was at most bounds[i] and more than bounds[i - 1], the last one the rest.
 */
#ifndef REPORT_HISTOGRAM_H
#define REPORT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 80

/** struct histogram - @bounds: ascending, a table that outlives it */
struct histogram {
	const double *bounds;
	size_t n_bounds;
	double sum;
	uint64_t n;
	uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
};

/** histogram_init() - @n_bounds is at most HISTOGRAM_BOUNDS_MAX. */
void histogram_init(struct histogram *histogram, const double *bounds, size_t n_bounds);
void histogram_observe(struct histogram *histogram, double seconds);

#endif
