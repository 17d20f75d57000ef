/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/metrics.h"

#include <string.h>

#include "base/cleanup.h"

/* The buckets of kube-proxy. */
static const double metrics_sync_bounds[] = { 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128,
					      0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384 };
static const double metrics_programming_bounds[] = {
	0.25, 0.5, 1,  2,  3,  4,  5,  6,  7,  8,   9,	 10,  11,  12,	13,  14,  15,  16,  17,	 18,
	19,   20,  21, 22, 23, 24, 25, 26, 27, 28,  29,	 30,  31,  32,	33,  34,  35,  36,  37,	 38,
	39,   40,  41, 42, 43, 44, 45, 46, 47, 48,  49,	 50,  51,  52,	53,  54,  55,  56,  57,	 58,
	59,   60,  65, 70, 75, 80, 85, 90, 95, 100, 105, 110, 115, 120, 150, 180, 210, 240, 270, 300
};
/* For durations of a millisecond and less. */
static const double metrics_fine_bounds[] = { 0.0001, 0.0002, 0.0004, 0.0008, 0.0016, 0.0032,
					      0.0064, 0.0128, 0.0256, 0.0512, 0.1024, 0.2048,
					      0.4096, 0.8192, 1.6384, 3.2768, 6.5536 };

/* The buckets of client-go. */
static const double metrics_request_bounds[] = { 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60 };

void metrics_init(struct metrics *metrics, const bool family_enabled[_FAMILY_MAX])
{
	int family;

	*metrics = (struct metrics){ .last_queued_us = 0 };
	histogram_init(&metrics->sync, metrics_sync_bounds, ARRAY_SIZE(metrics_sync_bounds));
	histogram_init(&metrics->full, metrics_sync_bounds, ARRAY_SIZE(metrics_sync_bounds));
	histogram_init(&metrics->partial, metrics_sync_bounds, ARRAY_SIZE(metrics_sync_bounds));
	histogram_init(&metrics->fine, metrics_fine_bounds, ARRAY_SIZE(metrics_fine_bounds));
	histogram_init(&metrics->kernel, metrics_fine_bounds, ARRAY_SIZE(metrics_fine_bounds));
	histogram_init(&metrics->programming, metrics_programming_bounds,
		       ARRAY_SIZE(metrics_programming_bounds));
	for (family = 0; family < _FAMILY_MAX; family++) {
		metrics->family_enabled[family] = family_enabled[family];
		histogram_init(&metrics->conntrack[family], metrics_sync_bounds,
			       ARRAY_SIZE(metrics_sync_bounds));
	}
}

void metrics_count_request(struct metrics *metrics, const char *method, int code, double seconds)
{
	struct metrics_latency *latency = metrics->latencies;
	struct metrics_request *request = metrics->requests;

	while (request < metrics->requests + METRICS_REQUESTS_MAX && request->method &&
	       !(request->code == code && strcmp(request->method, method) == 0))
		request++;
	/* Table full: drop further status codes. */
	if (request < metrics->requests + METRICS_REQUESTS_MAX) {
		request->method = method;
		request->code = code;
		request->n++;
	}
	while (latency < metrics->latencies + METRICS_METHODS_MAX && latency->method &&
	       strcmp(latency->method, method) != 0)
		latency++;
	if (latency == metrics->latencies + METRICS_METHODS_MAX)
		return;
	if (!latency->method)
		histogram_init(&latency->histogram, metrics_request_bounds,
			       ARRAY_SIZE(metrics_request_bounds));
	latency->method = method;
	histogram_observe(&latency->histogram, seconds);
}
