/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder.h - Kubernetes Events, from what happens here to the API server
 *
 * Room:     intake. What is said when is report/events.h; this brings it there, one request at a time, and
 *           never in the way of anything else.
 * Rule:     an Event that is not wanted or cannot be sent is no trouble but its own: a line in the log, and
 *           not over and over.
 */
#ifndef INTAKE_RECORDER_H
#define INTAKE_RECORDER_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "report/events.h"

struct kubeapi;
struct recorder;
struct sd_event;

/** recorder_new() - On this loop; nothing is sent before recorder_use(). */
int recorder_new(struct sd_event *event, const char *node_name, uint64_t seed, struct recorder **ret,
		 struct err *reterr) __attribute__((warn_unused_result));
struct recorder *recorder_free(struct recorder *recorder);
DEFINE_FREEP(struct recorder, recorder_free);
/** recorder_use() - The API server is asked by @kubeapi, which was made with recorder_written(). */
void recorder_use(struct recorder *recorder, struct kubeapi *kubeapi);
/** recorder_written() - A kubeapi_written; @ctx is the recorder. */
void recorder_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err);
/** recorder_say() - @recorder may be NULL: nobody is told. */
void recorder_say(struct recorder *recorder, const struct event *event);
/** recorder_say_of_node() - The same about our own Node. */
void recorder_say_of_node(struct recorder *recorder, enum event_type type, const char *reason,
			  const char *action, const char *note);

#endif
