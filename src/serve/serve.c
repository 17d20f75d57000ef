/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/serve.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "serve/health_check_ports.h"
#include "serve/listener.h"
#include "serve/metricsz.h"
#include "serve/process.h"

/* NULL: nobody is told that. */
struct serve {
	const struct query_context *query;
	struct healthz *healthz;
	struct metricsz *metricsz;
	struct health_check_ports *health_check_ports;
	struct listener *control;
};

/* Read-only: whatever is asked, nothing changes. */
static void serve_control(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct serve *serving = ctx;

	ret->content_type = query_is_json(path) ? "application/json" : "text/plain; charset=utf-8";
	ret->code = (unsigned int)query_answer(serving->query, path, &ret->body);
}

static int serve_start(struct serve *serving, struct sd_event *event, struct metrics *metrics,
		       struct err *reterr)
{
	const struct query_context *query = serving->query;
	const struct settings *settings = query->settings;
	struct listener_params control = {
		.event = event,
		.path = settings->control_socket,
		.what = "status, explain and diff",
		.flag = "--control-socket",
		.handler = serve_control,
		.ctx = serving,
	};
	int r = 0;

	if (settings->healthz.port)
		r = healthz_new(event, &settings->healthz, settings->bind_address_hard_fail, query->health,
				metrics, query->refresh, query->ctx, &serving->healthz, reterr);
	if (!r && settings->metrics.port)
		r = metricsz_new(event, query, &serving->metricsz, reterr);
	if (!r && *settings->control_socket)
		r = listener_new(&control, &serving->control, reterr);
	return r;
}

int serve_new(struct sd_event *event, const struct query_context *query, struct metrics *metrics,
	      struct serve **ret, struct err *reterr)
{
	_cleanup_(serve_freep) struct serve *serving = alloc_zeroed(1, sizeof(*serving));
	struct health_check_ports_params ports = {
		.event = event,
		.sync = query->sync,
		.store = query->store,
		.ifaddr = query->ifaddr,
		.node_name = query->settings->hostname,
		.health = query->health,
		.refresh = query->refresh,
		.ctx = query->ctx,
	};
	int r;

	process_raise_fds();
	serving->query = query;
	serving->health_check_ports = health_check_ports_new(&ports);
	r = serve_start(serving, event, metrics, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(serving);
	return 0;
}

struct serve *serve_free(struct serve *serving)
{
	if (!serving)
		return NULL;
	health_check_ports_free(serving->health_check_ports);
	healthz_free(serving->healthz);
	metricsz_free(serving->metricsz);
	listener_free(serving->control);
	free(serving);
	return NULL;
}

void serve_tell(struct serve *serving, struct recorder *recorder)
{
	health_check_ports_tell(serving->health_check_ports, recorder);
}

void serve_synced(struct serve *serving)
{
	health_check_ports_synced(serving->health_check_ports);
}
