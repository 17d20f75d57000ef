/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_start.h - where objects come from: the API server, or manifests
 *
 * Room:     daemon.
 */
#ifndef DAEMON_SOURCE_START_H
#define DAEMON_SOURCE_START_H

#include "base/err.h"
#include "config/settings.h"
#include "decode/object_sink.h"

struct files;
struct loop;
struct metrics;
struct recorder;

/**
 * struct source_start_client - How the API server is followed
 * @follow:	false: what there is once
 * @recorder:	what writes Events; NULL: nobody
 * @metrics:	where requests are counted; NULL: nowhere
 * @after, @ctx: as loop_start_kubeapi() has them
 */
struct source_start_client {
	bool follow;
	struct recorder *recorder;
	struct metrics *metrics;
	void (*after)(void *ctx);
	void *ctx;
};

/** source_start_start_kubeapi() - Have @loop follow the API server of @settings; -ENOENT if nothing says where that is. */
int source_start_start_kubeapi(struct loop *loop, const struct settings *settings,
			       const struct object_sink *sink, const struct source_start_client *client,
			       struct err *reterr) __attribute__((warn_unused_result));
/**
 * source_start_start_files() - Read the manifests of @settings
 * @follow:	and be told of their changes
 * @ret:	also on an error, or NULL
 */
int source_start_start_files(const struct settings *settings, bool follow, const struct object_sink *sink,
			     struct files **ret, struct err *reterr) __attribute__((warn_unused_result));

#endif
