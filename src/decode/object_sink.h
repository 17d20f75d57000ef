/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object_sink.h - where objects come from
 *
 * Room:     decode (decode, model -> source -> daemon). Effects: files, sockets; no clock of its own.
 * Shapes:   a source is driven from outside: it names file descriptors and a deadline, and is told
 *           when one is ready or the time has come. It tells a sink about objects.
 * Rule:     a source never deletes what it merely could not read: objects vanish only when their
 *           origin was read whole without them.
 */
#ifndef DECODE_OBJECT_SINK_H
#define DECODE_OBJECT_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/object.h"

/**
 * struct object_sink - Where a source puts what it learns. All but @unrefused, @recovered and @absent are set.
 * @put:	an object is there; the callee takes the model object out of @object (it may leave it)
 * @del:	an object is gone
 * @refused:	an object is there but bad: keep the last good one; @object says which (its name may be
 *		"" where not even that could be read), @err why
 * @unrefused:	that bad version is not there any more, whether or not there is a good one; may be NULL
 * @replace_begin, @replace_end, @replace_abort: as model/store.h, around a full list of a kind
 * @synced:	the kind's (or, for files, all kinds') state is complete for the first time
 * @degraded:	trouble with the origin itself (server gone, file unreadable): one line for the log
 * @recovered:	that trouble is over; may be NULL
 * @absent:	a kind that we can do without cannot be had: the server does not have it (-ENOENT) or does
 *		not show it to us (-EACCES). It counts as synced; what was known of it stands. May be NULL
 */
struct object_sink {
	void (*put)(void *ctx, struct object *object);
	void (*del)(void *ctx, enum object_kind kind, const char *namespace, const char *name);
	void (*refused)(void *ctx, const struct object *object, const struct err *err);
	void (*unrefused)(void *ctx, const char *origin, enum object_kind kind, const char *namespace,
			  const char *name);
	void (*replace_begin)(void *ctx, enum object_kind kind);
	void (*replace_end)(void *ctx, enum object_kind kind);
	void (*replace_abort)(void *ctx, enum object_kind kind);
	void (*synced)(void *ctx, enum object_kind kind);
	void (*degraded)(void *ctx, const char *origin, const struct err *err);
	void (*recovered)(void *ctx, const char *origin);
	void (*absent)(void *ctx, enum object_kind kind, const struct err *err);
	void *ctx;
};

#endif
