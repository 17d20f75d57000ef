/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/pacer.h"

void pacer_init(struct pacer *pacer, uint64_t min_period_ms, uint64_t retry_max_ms, uint64_t now_ms)
{
	*pacer = (struct pacer){
		.min_period_ms = min_period_ms,
		.retry_max_ms = retry_max_ms,
		.earliest_ms = now_ms,
		.periodic_ms = now_ms + PACER_PERIODIC_MS,
		.retry_ms = retry_max_ms < PACER_RETRY_FIRST_MS ? retry_max_ms : PACER_RETRY_FIRST_MS,
		.repair_ms = UINT64_MAX,
		.refused_ms = UINT64_MAX,
	};
}

void pacer_request(struct pacer *pacer)
{
	pacer->requested = true;
}

uint64_t pacer_repair(struct pacer *pacer, uint64_t now_ms)
{
	uint64_t delay_ms = pacer->repair_delay_ms * 2;

	if (now_ms >= pacer->repair_quiet_ms)
		delay_ms = 0;
	else if (!delay_ms)
		delay_ms = PACER_REPAIR_FIRST_MS;
	else if (delay_ms > PACER_REPAIR_MAX_MS)
		delay_ms = PACER_REPAIR_MAX_MS;
	pacer->repair_delay_ms = delay_ms;
	pacer->repair_ms = now_ms + delay_ms;
	pacer->repair_quiet_ms = pacer->repair_ms + PACER_REPAIR_QUIET_MS;
	return delay_ms;
}

static uint64_t pacer_later(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

static uint64_t pacer_sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

void pacer_retry_at(struct pacer *pacer, uint64_t refused_ms)
{
	pacer->refused_ms = refused_ms;
}

uint64_t pacer_due(const struct pacer *pacer)
{
	uint64_t due_ms = pacer->requested ? pacer->earliest_ms : pacer->periodic_ms;
	uint64_t extra_ms = pacer_sooner(pacer->repair_ms, pacer->refused_ms);

	return pacer_sooner(due_ms, pacer_later(extra_ms, pacer->earliest_ms));
}

bool pacer_is_periodic(const struct pacer *pacer, uint64_t now_ms)
{
	return now_ms >= pacer->periodic_ms;
}

void pacer_ran(struct pacer *pacer, uint64_t start_ms, uint64_t now_ms, enum pacer_result result)
{
	uint64_t took_ms = now_ms - start_ms;

	if (pacer_is_periodic(pacer, start_ms))
		pacer->periodic_ms = now_ms + PACER_PERIODIC_MS;
	pacer->requested = result != PACER_RESULT_DONE;
	pacer->repair_ms = UINT64_MAX;
	if (result == PACER_RESULT_FAILED) {
		pacer->earliest_ms = now_ms + pacer->retry_ms;
		pacer->retry_ms = pacer_sooner(2 * pacer->retry_ms, pacer->retry_max_ms);
		return;
	}
	pacer->retry_ms = pacer_sooner(PACER_RETRY_FIRST_MS, pacer->retry_max_ms);
	pacer->earliest_ms = now_ms;
	if (result == PACER_RESULT_DONE)
		pacer->earliest_ms +=
			pacer_later(pacer_sooner(took_ms, PACER_REST_MAX_MS), pacer->min_period_ms);
}
