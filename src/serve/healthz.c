/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/healthz.h"

#include <string.h>

#include "base/monotonic.h"
#include "base/wall.h"
#include "serve/query_context.h"

void healthz_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct query_context *context = ctx;
	bool with_node = strcmp(path, "/healthz") == 0, good;
	uint64_t *counts = with_node ? context->metrics->healthz : context->metrics->livez;

	if (!with_node && strcmp(path, "/livez") != 0)
		return;
	query_context_refresh(context);
	ret->content_type = "application/json";
	good = health_print(context->health, with_node, monotonic_ms(), wall_us(), &ret->body);
	ret->code = good ? 200 : 503;
	counts[good ? METRICS_ANSWER_GOOD : METRICS_ANSWER_BAD]++;
}
