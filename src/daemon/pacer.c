/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/pacer.h"

void pacer_init(struct pacer *pacer, uint64_t min_period_ms, uint64_t now_ms)
{
	*pacer = (struct pacer){
		.min_period_ms = min_period_ms,
		.earliest_ms = now_ms,
		.periodic_ms = now_ms + PACER_PERIODIC_MS,
		.retry_ms = PACER_RETRY_FIRST_MS,
	};
}

void pacer_request(struct pacer *pacer)
{
	pacer->requested = true;
}

uint64_t pacer_due(const struct pacer *pacer)
{
	return pacer->requested ? pacer->earliest_ms : pacer->periodic_ms;
}

bool pacer_is_periodic(const struct pacer *pacer, uint64_t now_ms)
{
	return now_ms >= pacer->periodic_ms;
}

void pacer_ran(struct pacer *pacer, uint64_t start_ms, uint64_t now_ms, bool ok)
{
	uint64_t took_ms = now_ms - start_ms;

	pacer->periodic_ms = now_ms + PACER_PERIODIC_MS;
	pacer->requested = !ok;
	if (ok) {
		pacer->earliest_ms =
			now_ms + (took_ms > pacer->min_period_ms ? took_ms : pacer->min_period_ms);
		pacer->retry_ms = PACER_RETRY_FIRST_MS;
		return;
	}
	pacer->earliest_ms = now_ms + pacer->retry_ms;
	pacer->retry_ms = pacer->retry_ms * 2 > PACER_RETRY_MAX_MS ? PACER_RETRY_MAX_MS : pacer->retry_ms * 2;
}
