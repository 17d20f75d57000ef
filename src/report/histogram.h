/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * histogram.h - a Prometheus histogram of durations
 *
 * Room:     report. Pure.
 * Shapes:   seconds. counts[i] is the number of values over bounds[i - 1] and up to bounds[i]; counts[n_bounds] is the rest.
 */
#ifndef REPORT_HISTOGRAM_H
#define REPORT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 80

/** struct histogram - @bounds: ascending, borrowed; @sum, @n: of all values */
struct histogram {
	const double *bounds;
	size_t n_bounds;
	double sum;
	uint64_t n;
	uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
};

/** histogram_init() - @n_bounds is at most HISTOGRAM_BOUNDS_MAX. */
void histogram_init(struct histogram *histogram, const double *bounds, size_t n_bounds);
/** histogram_observe() - Count one value. */
void histogram_observe(struct histogram *histogram, double seconds);

#endif
