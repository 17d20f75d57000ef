/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf_stream.h - cut a byte stream into protobuf messages
 *
 * Room:     decode. Pure. The twin of json_stream.h.
 * Shapes:   bytes in pieces of any size; out: one item of a list, or one WatchEvent, at a time, for
 *           protobuf_object.h. A list is an envelope; a watch is frames, each after its size.
 * Memory:   at most OBJECT_SIZE_MAX bytes of the current item or event are kept, and nothing else. One that
 *           is complete within a fed piece is not copied.
 * Limits:   a larger one is skipped and reported to @too_large; the stream goes on. A frame larger than
 *           PROTOBUF_STREAM_FRAME_MAX is an error.
 */
#ifndef DECODE_PROTOBUF_STREAM_H
#define DECODE_PROTOBUF_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "model/store.h"

#define PROTOBUF_STREAM_HEAD_SIZE 4096	/* bytes of a too large message that @too_large gets */
#define PROTOBUF_STREAM_META_MAX  65536 /* bytes of a list's kind and metadata, each */
#define PROTOBUF_STREAM_FRAME_MAX (64u * 1024 * 1024)

enum protobuf_stream_mode {
	PROTOBUF_STREAM_WATCH,
	PROTOBUF_STREAM_LIST,
};

/**
 * struct protobuf_stream_sink - Where the messages go
 * @value:	one item or event, valid during the call; a negative return stops the stream:
 *		protobuf_stream_feed() returns it
 * @too_large:	called at the end of a skipped one with its first @head_size bytes
 */
struct protobuf_stream_sink {
	int (*value)(void *ctx, const char *bytes, size_t size);
	void (*too_large)(void *ctx, const char *head, size_t head_size);
	void *ctx;
};

/**
 * struct protobuf_stream_list - The list without its items (PROTOBUF_STREAM_LIST)
 * @is_list:	it is a list of the requested kind; if not, no item was delivered
 * @kind:	its kind, "" if unknown; cut
 * @resource_version, @continue_token: of its metadata; NULL if none
 * @rest:	if not @is_list: the object without its envelope, NULL if it is larger than
 *		OBJECT_SIZE_MAX
 */
struct protobuf_stream_list {
	bool is_list;
	char kind[64];
	char *resource_version;
	char *continue_token;
	char *rest;
	size_t rest_size;
};

/** protobuf_stream_list_done() - Free what it owns; leaves it zeroed. */
void protobuf_stream_list_done(struct protobuf_stream_list *list);

struct protobuf_stream;

/** protobuf_stream_new() - @kind is that of the items; @sink is copied, and all its members are set. */
struct protobuf_stream *protobuf_stream_new(enum protobuf_stream_mode mode, enum object_kind kind,
					    const struct protobuf_stream_sink *sink)
	__attribute__((warn_unused_result));
struct protobuf_stream *protobuf_stream_free(struct protobuf_stream *stream);
DEFINE_FREEP(struct protobuf_stream, protobuf_stream_free);

/**
 * protobuf_stream_feed() - Give it the next @size bytes
 *
 * Return: 0; -EBADMSG if this cannot be protobuf, or is a list of another apiVersion; or what @value returned
 * (then @reterr is not set). After a failure the stream only accepts protobuf_stream_free().
 */
int protobuf_stream_feed(struct protobuf_stream *stream, const char *bytes, size_t size, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * protobuf_stream_finish() - The bytes have ended
 * @ret:	for PROTOBUF_STREAM_LIST: the list without its items; may be NULL. Owned by the caller.
 *
 * With NULL nothing changes, and the stream may go on.
 *
 * Return: 0; -EBADMSG if the end comes inside a message or list, or, for PROTOBUF_STREAM_LIST, nothing came.
 */
int protobuf_stream_finish(struct protobuf_stream *stream, struct protobuf_stream_list *ret,
			   struct err *reterr) __attribute__((warn_unused_result));

#endif
