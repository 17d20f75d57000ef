/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener.h - an HTTP server on the event loop that tries again until it can listen
 *
 * Room:     serve (serve/http_server.h on sd-event). Effects: the server, a timer, the log.
 * Rule:     tests/COVERAGE.md H11: listening that failed is tried again every LISTENER_RETRY_MS.
 */
#ifndef SERVE_LISTENER_H
#define SERVE_LISTENER_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/http_server.h"

#define LISTENER_RETRY_MS 5000

struct listener;
struct sd_event;

/** typedef listener_failed - Listening has failed for the first time. */
typedef void listener_failed(void *ctx, const struct err *err);

/**
 * struct listener_params - Copied; strings are borrowed
 * @event:	borrowed
 * @server:	its path is tried again, too, so it is borrowed as long as the listener lives; its @kept is for the first try only
 * @purpose: for the log: "health", ...
 * @flag:	with @hard_fail: the flag that sets the address; begins the error
 * @hard_fail:	listening that fails is an error of listener_new()
 * @failed:	called with the ctx of @server; NULL: no callback
 */
struct listener_params {
	struct sd_event *event;
	struct http_server_params server;
	const char *purpose;
	const char *flag;
	bool hard_fail;
	listener_failed *failed;
};

/** listener_new() - Return: 0; negative errno as http_server_new(), but only with @params->hard_fail. */
int listener_new(const struct listener_params *params, struct listener **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct listener *listener_free(struct listener *listener);
DEFINE_FREEP(struct listener, listener_free);
/** listener_answer_connected() - http_server_answer_connected(), if it listens. */
bool listener_answer_connected(struct listener *listener);

#endif
