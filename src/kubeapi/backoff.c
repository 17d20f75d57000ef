/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/backoff.h"

void backoff_init(struct backoff *backoff, uint64_t seed)
{
	*backoff = (struct backoff){ .random = seed, .pause_ms = -1 };
}

/* splitmix64: good enough to spread the requests of many nodes. */
uint64_t backoff_random(struct backoff *backoff, uint64_t below)
{
	uint64_t x = backoff->random += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (x ^ (x >> 31)) % below;
}

/* The length of this pause, without its random part. The next one will be longer. */
static int64_t backoff_grow(struct backoff *backoff, int64_t now_ms)
{
	int64_t max_ms = backoff->unreachable ? BACKOFF_UNREACHABLE_MAX_MS : BACKOFF_MAX_MS;
	int64_t base_ms;

	if (backoff->pause_ms < 0 || now_ms - backoff->pause_ms > BACKOFF_RESET_MS)
		backoff_reset(backoff);
	base_ms = (int64_t)BACKOFF_MIN_MS << backoff->step;
	if (base_ms >= max_ms)
		return max_ms;
	backoff->step++;
	return base_ms;
}

int64_t backoff_delay(struct backoff *backoff, unsigned int retry_after_s, int64_t spread_ms, int64_t now_ms)
{
	int64_t base_ms = backoff_grow(backoff, now_ms), delay_ms = base_ms;

	/* The server has sent it to all clients. */
	if (retry_after_s && spread_ms < BACKOFF_SPREAD_MS)
		spread_ms = BACKOFF_SPREAD_MS;
	if (spread_ms < base_ms)
		spread_ms = base_ms;
	if (retry_after_s > BACKOFF_RETRY_AFTER_MAX_S)
		retry_after_s = BACKOFF_RETRY_AFTER_MAX_S;
	if (delay_ms < (int64_t)retry_after_s * 1000)
		delay_ms = (int64_t)retry_after_s * 1000;
	backoff->pause_ms = now_ms;
	backoff->wakeable = false;
	return delay_ms + (int64_t)backoff_random(backoff, (uint64_t)spread_ms);
}

int64_t backoff_failed(struct backoff *backoff, unsigned int retry_after_s, int64_t now_ms)
{
	int64_t delay_ms = backoff_delay(backoff, retry_after_s, 0, now_ms);

	backoff->wakeable = backoff->lost && !retry_after_s;
	return delay_ms;
}

int64_t backoff_soon(struct backoff *backoff)
{
	backoff->wakeable = false;
	return (int64_t)backoff_random(backoff, BACKOFF_SPREAD_MS);
}

int64_t backoff_wake(struct backoff *backoff, int64_t deadline_ms, int64_t now_ms)
{
	int64_t wake_ms = now_ms, earliest_ms = backoff->pause_ms + BACKOFF_MIN_MS;

	/* A server that ends one kind's requests at once, while it serves the others, must not be asked in a tight loop. */
	if (wake_ms < earliest_ms)
		wake_ms = earliest_ms;
	wake_ms += (int64_t)backoff_random(backoff, BACKOFF_WAKE_MS);
	/* If it fails now, the server is overloaded by all nodes: this is no time for short tries. */
	if (backoff->lost && backoff->step < BACKOFF_WAKE_STEP)
		backoff->step = BACKOFF_WAKE_STEP;
	backoff->unreachable = false;
	/* The deadline of a kind that was held may be over: it must not come at once with all others. */
	if (backoff->wakeable && (wake_ms < deadline_ms || deadline_ms < now_ms))
		return wake_ms;
	return deadline_ms;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->step = 0;
}

void backoff_answered(struct backoff *backoff)
{
	backoff->lost = false;
	backoff->unreachable = false;
	backoff->n_refusals = 0;
}

void backoff_reached(struct backoff *backoff)
{
	backoff->unreachable = false;
}

void backoff_lost(struct backoff *backoff, bool answered)
{
	backoff->lost = true;
	backoff->unreachable = !answered;
}

bool backoff_is_early(const struct backoff *backoff)
{
	return backoff->lost && backoff->n_refusals < BACKOFF_REFUSAL_TRIES;
}

void backoff_refused_early(struct backoff *backoff)
{
	if (backoff->n_refusals++ == 0)
		backoff_reset(backoff);
}
