/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/recorder.h"

#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/log_ratelimit.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "kubeapi/kubeapi.h"

struct recorder {
	struct recorder_params params;
	struct events *events;
	sd_event_source *timer;
	char *node_name;
	struct log_ratelimit ratelimit;
};

static void recorder_arm(struct recorder *recorder)
{
	uint64_t due_ms = events_deadline(recorder->events);

	if (due_ms != UINT64_MAX)
		(void)sd_event_source_set_time(recorder->timer, due_ms * 1000);
	(void)sd_event_source_set_enabled(recorder->timer,
					  due_ms != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void recorder_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err)
{
	struct recorder *recorder = ctx;
	enum events_verdict verdict =
		events_answered(recorder->events, http_code, retry_after_s, monotonic_ms());

	if (verdict == EVENTS_VERDICT_LATER)
		log_debug("events", "cannot send an Event, trying again later", LOG_TEXT("err", err->text));
	else if (verdict == EVENTS_VERDICT_DROPPED &&
		 log_ratelimit_may_say(&recorder->ratelimit, "events", err->text, monotonic_ms()))
		log_warn("events", "cannot send an Event, dropping it", LOG_TEXT("err", err->text));
	recorder_arm(recorder);
}

static int recorder_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct recorder *recorder = userdata;
	struct events_request request = { .path = BUF_INIT, .body = BUF_INIT };
	struct kubeapi_write write;
	struct err err = { 0 };

	(void)source;
	(void)usec;
	if (events_next(recorder->events, monotonic_ms(), &request)) {
		write = (struct kubeapi_write){
			.patch = request.patch,
			.path = buf_text(&request.path),
			.body = buf_text(&request.body),
			.body_size = request.body.size,
		};
		if (recorder->params.write(recorder->params.ctx, &write, &err) < 0)
			recorder_written(recorder, 0, 0, &err);
		buf_done(&request.path);
		buf_done(&request.body);
	} else {
		recorder_arm(recorder);
	}
	return 0;
}

int recorder_new(const struct recorder_params *params, struct recorder **ret, struct err *reterr)
{
	_cleanup_(recorder_freep) struct recorder *recorder = alloc_zeroed(1, sizeof(*recorder));
	int r;

	recorder->params = *params;
	recorder->events = events_new(params->node_name, monotonic_ms(), wall_us(), params->seed);
	recorder->node_name = alloc_string(params->node_name);
	r = sd_event_add_time(params->event, &recorder->timer, CLOCK_MONOTONIC, UINT64_MAX, 100000,
			      recorder_on_timer, recorder);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	(void)sd_event_source_set_priority(recorder->timer, SD_EVENT_PRIORITY_IDLE);
	*ret = TAKE_PTR(recorder);
	return 0;
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	sd_event_source_disable_unref(recorder->timer);
	events_free(recorder->events);
	free(recorder->node_name);
	free(recorder);
	return NULL;
}

void recorder_add(struct recorder *recorder, const struct event *event)
{
	if (!recorder)
		return;
	events_add(recorder->events, event, monotonic_ms(), wall_us());
	recorder_arm(recorder);
}

void recorder_add_node(struct recorder *recorder, enum event_type type, const char *reason,
		       const char *action, const char *note)
{
	const struct event event = {
		.type = type,
		.kind = "Node",
		.api_version = "v1",
		.namespace = "",
		.name = recorder ? recorder->node_name : "",
		/* kubelet and kube-proxy set the name as uid, and `kubectl describe node` selects by it. */
		.uid = recorder ? recorder->node_name : "",
		.reason = reason,
		.action = action,
		.note = note,
	};

	recorder_add(recorder, &event);
}
