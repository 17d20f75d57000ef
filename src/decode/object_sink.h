/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object_sink.h - where objects come from
 *
 * Room:     decode (decode, model -> source -> daemon). Effects: files, sockets; the clock only to end a step.
 * Shapes:   a source is driven by its owner: it names file descriptors and a deadline, and is called
 *           when one of them is ready or the deadline has passed. It works for a short time and says whether it
 *           has more to do. It delivers objects to a sink.
 * Rule:     a source does not delete an object that it could not read: objects are deleted only when
 *           their origin was read completely without them.
 */
#ifndef DECODE_OBJECT_SINK_H
#define DECODE_OBJECT_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/object.h"

/**
 * struct object_source - What failed, or works again
 * @origin:	an API server's URL, or a file's name
 * @kubeconfig:	of an API server: where its address and our identity are from: a file, "in-cluster" or "--master"; else NULL
 * @kind:	what was asked for; _OBJECT_KIND_MAX: all, or no kind
 */
struct object_source {
	const char *origin;
	const char *kubeconfig;
	enum object_kind kind;
};

/**
 * struct object_sink - Callbacks of a source. All but @keep, @unrefused, @recovered and @absent are set.
 * @put:	an object exists; the callback may take the model object out of @object
 * @keep:	within a full list: an object with these bytes exists (object.h, @digest). Return: false: the bytes are not those
 *		of its last @put, so it must be decoded; may be NULL
 * @del:	an object does not exist any more
 * @refused:	an object exists but is bad: keep its last good version; @object has its name ("" if that
 *		could not be read), @err the reason
 * @unrefused:	the bad version does not exist any more, whether or not there is a good one; may be NULL
 * @replace_begin, @replace_end, @replace_abort: as model/store.h, around a full list of a kind
 * @synced:	the state of the kind (for files: of all kinds) is complete for the first time
 * @degraded:	a source itself failed (server gone, file unreadable); @err is one line for the log
 * @recovered:	it works again; of an API server, the requests for that kind; may be NULL
 * @absent:	an optional kind is not available: the server does not have it (-ENOENT) or forbids it
 *		(-EACCES). It counts as synced; its known objects are kept. May be NULL
 */
struct object_sink {
	void (*put)(void *ctx, struct object *object);
	bool (*keep)(void *ctx, enum object_kind kind, const char *digest);
	void (*del)(void *ctx, enum object_kind kind, const char *namespace, const char *name);
	void (*refused)(void *ctx, const struct object *object, const struct err *err);
	void (*unrefused)(void *ctx, const char *origin, enum object_kind kind, const char *namespace,
			  const char *name);
	void (*replace_begin)(void *ctx, enum object_kind kind);
	void (*replace_end)(void *ctx, enum object_kind kind);
	void (*replace_abort)(void *ctx, enum object_kind kind);
	void (*synced)(void *ctx, enum object_kind kind);
	void (*degraded)(void *ctx, const struct object_source *source, const struct err *err);
	void (*recovered)(void *ctx, const struct object_source *source);
	void (*absent)(void *ctx, enum object_kind kind, const struct err *err);
	void *ctx;
};

#endif
