/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/serve.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/monotonic.h"
#include "serve/health_check_ports.h"
#include "serve/healthz.h"
#include "serve/listener.h"
#include "serve/metrics_handler.h"
#include "serve/query.h"
#include "serve/slow_queries.h"

#define SERVE_LISTENERS 3

struct serve {
	const struct query_context *context;
	struct slow_queries *slow_queries;
	struct metrics_handler metrics_handler;
	struct http_clients *clients;
	struct listener *listeners[SERVE_LISTENERS]; /* NULL: the settings turn it off */
	struct health_check_ports *health_check_ports;
};

/* The control socket. */
static void serve_answer_query(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct serve *serve = ctx;

	if (query_takes_steps(path) || query_takes_long(path)) {
		ret->later = true;
		slow_queries_add(serve->slow_queries, path, NULL, ret->request);
		return;
	}
	ret->content_type = query_content_type(path);
	ret->code = (unsigned int)query_answer(serve->context, path, &ret->body);
}

static int serve_listen(struct serve *serve, struct sd_event *event, struct query_context *context,
			struct kept_sockets *kept, struct err *reterr)
{
	const struct settings *settings = context->settings;
	bool hard_fail = settings->bind_address_hard_fail && !kept;
	const struct listener_params params[SERVE_LISTENERS] = {
		{
			.event = event,
			.server = { .listen = settings->healthz,
				    .clients = serve->clients,
				    .kept = kept,
				    .handler = healthz_answer,
				    .ctx = context },
			.purpose = "health",
			.flag = "--healthz-bind-address",
			.hard_fail = hard_fail,
		},
		{
			.event = event,
			.server = { .listen = settings->metrics,
				    .clients = serve->clients,
				    .kept = kept,
				    .handler = metrics_handler_answer,
				    .ctx = &serve->metrics_handler },
			.purpose = "metrics",
			.flag = "--metrics-bind-address",
			.hard_fail = hard_fail,
		},
		{
			.event = event,
			.server = { .path = settings->control_socket,
				    .clients = serve->clients,
				    .kept = kept,
				    .handler = serve_answer_query,
				    .ctx = serve },
			.purpose = "status, explain and diff",
		},
	};
	size_t i;
	int r = 0;

	for (i = 0; !r && i < SERVE_LISTENERS; i++) {
		const struct http_server_params *server = &params[i].server;

		if (server->path ? *server->path != '\0' : server->listen.port != 0)
			r = listener_new(&params[i], &serve->listeners[i], reterr);
	}
	return r;
}

int serve_new(struct sd_event *event, struct query_context *context, struct recorder *recorder,
	      struct kept_sockets *kept, struct serve **ret, struct err *reterr)
{
	_cleanup_(serve_freep) struct serve *serve = alloc_zeroed(1, sizeof(*serve));
	int r;

	serve->context = context;
	serve->clients = http_clients_new(HTTP_CLIENTS_MAX);
	serve->slow_queries = slow_queries_new(event, context);
	serve->metrics_handler = (struct metrics_handler){ context, serve->slow_queries };
	serve->health_check_ports = health_check_ports_new(event, context, recorder, serve->clients, kept);
	r = serve_listen(serve, event, context, kept, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(serve);
	return 0;
}

struct serve *serve_free(struct serve *serve)
{
	size_t i;

	if (!serve)
		return NULL;
	slow_queries_free(serve->slow_queries);
	health_check_ports_free(serve->health_check_ports);
	for (i = 0; i < SERVE_LISTENERS; i++)
		listener_free(serve->listeners[i]);
	http_clients_free(serve->clients);
	free(serve);
	return NULL;
}

void serve_forget_kept(struct serve *serve)
{
	health_check_ports_forget_kept(serve->health_check_ports);
}

void serve_finish_answers(struct serve *serve, uint64_t limit_us)
{
	uint64_t end_us = monotonic_us() + limit_us;
	bool connected;
	size_t i;

	slow_queries_stop(serve->slow_queries);
	/* In turn: a client that stays connected without a request keeps nobody else waiting. */
	do {
		connected = false;
		for (i = 0; i < SERVE_LISTENERS; i++)
			if (serve->listeners[i])
				connected |= listener_answer_connected(serve->listeners[i]);
		connected |= health_check_ports_answer_connected(serve->health_check_ports, end_us);
	} while (connected && monotonic_us() < end_us);
}

void serve_synced(struct serve *serve)
{
	health_check_ports_synced(serve->health_check_ports);
}
