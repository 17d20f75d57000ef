/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/serving.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "daemon/health_check_ports.h"
#include "daemon/listener.h"
#include "daemon/metricsz.h"
#include "daemon/process.h"

/* NULL: nobody is told that. */
struct serving {
	const struct facts *facts;
	struct healthz *healthz;
	struct metricsz *metricsz;
	struct health_check_ports *health_check_ports;
	struct listener *control;
};

/* Read-only: whatever is asked, nothing changes. */
static void serving_control(void *ctx, const char *path, struct serve_answer *ret)
{
	const struct serving *serving = ctx;

	ret->content_type = facts_is_json(path) ? "application/json" : "text/plain; charset=utf-8";
	ret->code = (unsigned int)facts_answer(serving->facts, path, &ret->body);
}

static int serving_start(struct serving *serving, struct sd_event *event, struct metrics *metrics,
			 struct err *reterr)
{
	const struct facts *facts = serving->facts;
	const struct opts *opts = facts->opts;
	struct listener_params control = {
		.event = event,
		.path = opts->control_socket,
		.what = "status, explain and diff",
		.flag = "--control-socket",
		.handler = serving_control,
		.ctx = serving,
	};
	int r = 0;

	if (opts->healthz.port)
		r = healthz_new(event, &opts->healthz, opts->bind_address_hard_fail, facts->health, metrics,
				facts->refresh, facts->ctx, &serving->healthz, reterr);
	if (!r && opts->metrics.port)
		r = metricsz_new(event, facts, &serving->metricsz, reterr);
	if (!r && *opts->control_socket)
		r = listener_new(&control, &serving->control, reterr);
	return r;
}

int serving_new(struct sd_event *event, const struct facts *facts, struct metrics *metrics,
		struct serving **ret, struct err *reterr)
{
	_cleanup_(serving_freep) struct serving *serving = alloc_zeroed(1, sizeof(*serving));
	struct health_check_ports_params ports = {
		.event = event,
		.sync = facts->sync,
		.store = facts->store,
		.ifaddr = facts->ifaddr,
		.node_name = facts->opts->hostname,
		.health = facts->health,
		.refresh = facts->refresh,
		.ctx = facts->ctx,
	};
	int r;

	process_raise_fds();
	serving->facts = facts;
	serving->health_check_ports = health_check_ports_new(&ports);
	r = serving_start(serving, event, metrics, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(serving);
	return 0;
}

struct serving *serving_free(struct serving *serving)
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

void serving_tell(struct serving *serving, struct recorder *recorder)
{
	health_check_ports_tell(serving->health_check_ports, recorder);
}

void serving_synced(struct serving *serving)
{
	health_check_ports_synced(serving->health_check_ports);
}
