/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source_start.h - starts the source of objects: the API server, or manifests
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
struct manifest_check;
struct metrics;
struct recorder;

/**
 * struct source_start_client - How to follow the API server
 * @follow:	false: list everything once
 * @recorder:	gets the answers to its Events; NULL: none
 * @metrics:	count requests; NULL: none
 * @after, @ctx: see loop_start_kubeapi()
 */
struct source_start_client {
	bool follow;
	struct recorder *recorder;
	struct metrics *metrics;
	void (*after)(void *ctx);
	void *ctx;
};

/** source_start_kubeapi() - Follow the API server of @settings on @loop; -ENOENT if its address is not given. */
int source_start_kubeapi(struct loop *loop, const struct settings *settings, const struct object_sink *sink,
			 const struct source_start_client *client, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * source_start_check() - Whether the source of @settings could be started
 * @ret_unread:	a single manifest, which the caller reads to its end and frees; NULL: there is none
 *
 * Return: 0; negative errno.
 */
int source_start_check(const struct settings *settings, struct manifest_check **ret_unread,
		       struct err *reterr) __attribute__((warn_unused_result));
/**
 * source_start_files() - Read the manifests of @settings
 * @follow:	watch them for changes, too
 * @ret:	may be set on an error, too
 */
int source_start_files(const struct settings *settings, bool follow, const struct object_sink *sink,
		       struct files **ret, struct err *reterr) __attribute__((warn_unused_result));

#endif
