/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/serve.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "serve/health_check_ports.h"
#include "serve/healthz.h"
#include "serve/listener.h"
#include "serve/metrics_listener.h"

/* Each part but @health_check_ports is NULL if the settings turn it off. */
struct serve {
	struct serve_params params;
	struct healthz *healthz;
	struct metrics_listener *metrics_listener;
	struct health_check_ports *health_check_ports;
	struct listener *control;
};

static void serve_control(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct query_context *context = ((struct serve *)ctx)->params.context;

	ret->content_type = query_is_json(path) ? "application/json" : "text/plain; charset=utf-8";
	ret->code = (unsigned int)query_answer(context, path, &ret->body);
}

static struct health_check_ports *serve_health_check_ports(const struct serve_params *params)
{
	const struct query_context *context = params->context;

	return health_check_ports_new(&(struct health_check_ports_params){
		.event = params->event,
		.sync = context->sync,
		.store = context->store,
		.ifaddr = context->ifaddr,
		.node_name = context->settings->hostname,
		.recorder = params->recorder,
		.health = context->health,
		.refresh = context->refresh,
		.ctx = context->ctx,
	});
}

static int serve_listen(struct serve *serve, struct err *reterr)
{
	const struct serve_params *params = &serve->params;
	const struct query_context *context = params->context;
	const struct settings *settings = context->settings;
	const struct healthz_params healthz = {
		.event = params->event,
		.listen = settings->healthz,
		.hard_fail = settings->bind_address_hard_fail,
		.health = context->health,
		.metrics = params->metrics,
		.refresh = context->refresh,
		.ctx = context->ctx,
	};
	const struct listener_params control = {
		.event = params->event,
		.server = { .path = settings->control_socket, .handler = serve_control, .ctx = serve },
		.purpose = "status, explain and diff",
		.flag = "--control-socket",
	};
	int r = 0;

	if (settings->healthz.port)
		r = healthz_new(&healthz, &serve->healthz, reterr);
	if (!r && settings->metrics.port)
		r = metrics_listener_new(params->event, context, &serve->metrics_listener, reterr);
	if (!r && *settings->control_socket)
		r = listener_new(&control, &serve->control, reterr);
	return r;
}

int serve_new(const struct serve_params *params, struct serve **ret, struct err *reterr)
{
	_cleanup_(serve_freep) struct serve *serve = alloc_zeroed(1, sizeof(*serve));
	int r;

	serve->params = *params;
	serve->health_check_ports = serve_health_check_ports(params);
	r = serve_listen(serve, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(serve);
	return 0;
}

struct serve *serve_free(struct serve *serve)
{
	if (!serve)
		return NULL;
	health_check_ports_free(serve->health_check_ports);
	healthz_free(serve->healthz);
	metrics_listener_free(serve->metrics_listener);
	listener_free(serve->control);
	free(serve);
	return NULL;
}

void serve_synced(struct serve *serve)
{
	health_check_ports_synced(serve->health_check_ports);
}
