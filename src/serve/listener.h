/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listener.h - an HTTP server on the loop, tried again until its address can be had
 *
 * Room:     serve (serve/http_server.h on sd-event).
 * Rule:     tests/COVERAGE.md H11: an address that cannot be listened on is tried again every LISTENER_RETRY_MS.
 */
#ifndef SERVE_LISTENER_H
#define SERVE_LISTENER_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "config/settings.h"
#include "serve/http_server.h"

#define LISTENER_RETRY_MS 5000

struct listener;
struct sd_event;

/** typedef listener_failed - It cannot be listened on; told once, until it works. */
typedef void listener_failed(void *ctx, const struct err *err);

/**
 * struct listener_params - Copied
 * @path:	of a Unix socket, instead of @listen; NULL: none
 * @what:	for the log: "health", ...; a literal
 * @flag:	which flag says so, for the error if @hard_fail; a literal
 * @alone:	as http_server_new()
 * @hard_fail:	what cannot be listened on is an error
 * @handler, @ctx: what is there
 * @failed:	NULL: it goes to the log alone
 */
struct listener_params {
	struct sd_event *event;
	struct settings_listen listen;
	const char *path;
	const char *what;
	const char *flag;
	bool alone;
	bool hard_fail;
	http_server_handler *handler;
	listener_failed *failed;
	void *ctx;
};

int listener_new(const struct listener_params *params, struct listener **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct listener *listener_free(struct listener *listener);
DEFINE_FREEP(struct listener, listener_free);

#endif
