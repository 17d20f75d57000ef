/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder.h - sends Kubernetes Events to the API server
 *
 * Room:     intake (report/events.h -> kubeapi/kubeapi.h). Effects: a timer on the loop, of the lowest priority; one request at
 *           a time. report/events.h decides which Event is sent when.
 * Rule:     an Event that the server rejects or that cannot be sent has no effect but a line in the log, which is rate
 *           limited.
 */
#ifndef INTAKE_RECORDER_H
#define INTAKE_RECORDER_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "report/events.h"

struct kubeapi_write;
struct recorder;
struct sd_event;

/**
 * struct recorder_params
 * @event:	the loop; borrowed
 * @node_name:	copied
 * @seed:	for the delay of the first request; processes without a node name should differ in it
 * @write:	begins one request, with @ctx; as kubeapi_write() of an API client whose config.written is
 *		recorder_written(). First called when the loop runs
 */
struct recorder_params {
	struct sd_event *event;
	const char *node_name;
	uint64_t seed;
	int (*write)(void *ctx, const struct kubeapi_write *write, struct err *reterr);
	void *ctx;
};

/** recorder_new() - Return: 0; negative errno if there can be no timer. */
int recorder_new(const struct recorder_params *params, struct recorder **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct recorder *recorder_free(struct recorder *recorder);
DEFINE_FREEP(struct recorder, recorder_free);
/** recorder_written() - The answer to a request; a kubeapi_written whose @ctx is the recorder. */
void recorder_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err);
/** recorder_add() - Something happened: send @event, or count it; copied. No effect if @recorder is NULL. */
void recorder_add(struct recorder *recorder, const struct event *event);
/** recorder_add_node() - The same for an Event about our own Node; the strings but @note are literals. */
void recorder_add_node(struct recorder *recorder, enum event_type type, const char *reason,
		       const char *action, const char *note);

#endif
