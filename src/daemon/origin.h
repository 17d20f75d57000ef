/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * origin.h - where objects come from: the API server, or manifests
 *
 * Room:     daemon.
 */
#ifndef DAEMON_ORIGIN_H
#define DAEMON_ORIGIN_H

#include "base/err.h"
#include "daemon/opts.h"
#include "source/source.h"

struct files;
struct loop;
struct metrics;
struct recorder;

/**
 * struct origin_client - How the API server is followed
 * @follow:	false: what there is once
 * @recorder:	what writes Events; NULL: nobody
 * @metrics:	where requests are counted; NULL: nowhere
 * @after, @ctx: as loop_start_kubeapi() has them
 */
struct origin_client {
	bool follow;
	struct recorder *recorder;
	struct metrics *metrics;
	void (*after)(void *ctx);
	void *ctx;
};

/** origin_start_kubeapi() - Have @loop follow the API server of @opts; -ENOENT if nothing says where that is. */
int origin_start_kubeapi(struct loop *loop, const struct opts *opts, const struct source_sink *sink,
			 const struct origin_client *client, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * origin_start_files() - Read the manifests of @opts
 * @follow:	and be told of their changes
 * @ret:	also on an error, or NULL
 */
int origin_start_files(const struct opts *opts, bool follow, const struct source_sink *sink,
		       struct files **ret, struct err *reterr) __attribute__((warn_unused_result));

#endif
