/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf_object.h - protobuf messages to objects, watch events and Status
 *
 * Room:     decode. Pure. The twin of json.h: same objects, same codes, same texts.
 * Shapes:   an item of a list is a bare message whose kind is known from the list. Everything else is in an
 *           envelope: "k8s", NUL, runtime.Unknown, which has kind and apiVersion.
 * Rule:     -EBADMSG: the bytes are not a message, so their source is broken. -EINVAL: they are one, but a bad
 *           object: reject it and keep the last good version. -E2BIG: likewise, it is over a limit.
 */
#ifndef DECODE_PROTOBUF_OBJECT_H
#define DECODE_PROTOBUF_OBJECT_H

#include <stddef.h>

#include "base/err.h"
#include "decode/object.h"
#include "decode/watch_event.h"

#define PROTOBUF_OBJECT_MAGIC	   "k8s\0"
#define PROTOBUF_OBJECT_MAGIC_SIZE 4

/**
 * protobuf_object_item() - One item of a list
 * @kind:	of the items
 * @ret:	always set, see json_decode_object()
 *
 * Return: 0, -EBADMSG, -EINVAL or -E2BIG.
 */
int protobuf_object_item(enum object_kind kind, const char *bytes, size_t size, struct object *ret,
			 struct err *reterr) __attribute__((warn_unused_result));

/**
 * protobuf_object_event() - One WatchEvent
 * @ret_type, @ret_object, @ret_status: as json_decode_event()
 *
 * Return: 0, -EBADMSG, -EINVAL or -E2BIG.
 */
int protobuf_object_event(const char *bytes, size_t size, enum watch_event_type *ret_type,
			  struct object *ret_object, struct api_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * protobuf_object_status() - An envelope with a Status, as the body of a response
 * @ret:	always set; zeroed after an error
 *
 * Return: 0; -EBADMSG; -EINVAL if it holds another kind.
 */
int protobuf_object_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/** protobuf_object_bare_status() - A Status without envelope; 0 or -EBADMSG. */
int protobuf_object_bare_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * protobuf_object_guess_item() - Names from the beginning of a list's item that cannot be read whole
 * @ret:	always set; "" for names that are not found. Call object_done() for it.
 */
void protobuf_object_guess_item(enum object_kind kind, const char *head, size_t size, struct object *ret);
/** protobuf_object_guess_event() - The same of a WatchEvent; @ret_type is _WATCH_EVENT_MAX if unknown. */
void protobuf_object_guess_event(const char *head, size_t size, enum watch_event_type *ret_type,
				 struct object *ret);

#endif
