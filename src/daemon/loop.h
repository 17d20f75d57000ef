/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loop.h - the event loop, and the API client on it
 *
 * Room:     daemon.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/kubeapi.h"

struct sd_event;
struct loop;

/** loop_new() - Makes an sd_event. */
int loop_new(struct loop **ret, struct err *reterr) __attribute__((warn_unused_result));
struct loop *loop_free(struct loop *loop);
DEFINE_FREEP(struct loop, loop_free);
struct sd_event *loop_event(struct loop *loop);
/**
 * loop_start_kubeapi() - Make an API client on this loop, and start it
 * @after:	called after each event of the client; NULL: no callback
 */
int loop_start_kubeapi(struct loop *loop, const struct kubeapi_config *config, const struct object_sink *sink,
		       void (*after)(void *ctx), void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));
/** loop_kubeapi() - The client, or NULL. */
struct kubeapi *loop_kubeapi(struct loop *loop);

#endif
