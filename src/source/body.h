/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * body.h - what an API server's answer says, one object at a time
 *
 * Room:     source (decode -> body -> kubeapi). Pure.
 * Shapes:   in: the bytes of a response body in pieces of any size; out: a handler is called for each
 *           object, bookmark or error as soon as it is complete.
 * Memory:   one object at a time; a body that is an error is cut at BODY_ERROR_SIZE_MAX.
 * Not here: what follows from it (reflector.h), the formats themselves (decode/).
 */
#ifndef SOURCE_BODY_H
#define SOURCE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/json.h"
#include "decode/object.h"

#define BODY_ERROR_SIZE_MAX 65536

enum body_form {
	BODY_FORM_LIST,	 /* a ...List object */
	BODY_FORM_WATCH, /* watch events */
	BODY_FORM_ERROR, /* a Status, or whatever a proxy on the way wrote */
};

enum body_format {
	BODY_FORMAT_JSON,
	BODY_FORMAT_PROTOBUF,
};

/**
 * struct body_handler - Called from body_feed() and body_finish(); all members are set
 * @put:	an object is there; it may be taken out of @object
 * @del:	an object is gone (watches)
 * @refused:	an object is there but bad; names as far as they could be read
 * @bookmark:	only @object's resource_version and initial_events_end count
 * @failure:	an ERROR event, or the Status that came instead of a list; @status->code may be 0
 * @page_end:	the list is complete; the tokens may be NULL
 */
struct body_handler {
	void (*put)(void *ctx, struct object *object);
	void (*del)(void *ctx, const struct object *object);
	void (*refused)(void *ctx, const struct object *object, const struct err *err);
	void (*bookmark)(void *ctx, const struct object *object);
	void (*failure)(void *ctx, const struct api_status *status);
	void (*page_end)(void *ctx, const char *resource_version, const char *continue_token);
	void *ctx;
};

struct body;

/**
 * body_new() - A body that begins
 * @kind:	what was asked for; objects of another kind are nonsense and passed over
 * @http_code:	for BODY_FORM_ERROR, what the status line said
 */
struct body *body_new(enum body_form form, enum body_format format, enum object_kind kind, int http_code,
		      const struct body_handler *handler) __attribute__((warn_unused_result));
struct body *body_free(struct body *body);
DEFINE_FREEP(struct body, body_free);
/**
 * body_feed() - Take the next @size bytes
 * @stopped:	looked at after each call of the handler: true ends the feeding (may be NULL)
 *
 * Return: 0; -ECANCELED if @stopped; -EBADMSG if this is not what was asked for.
 */
int body_feed(struct body *body, const char *bytes, size_t size, const bool *stopped, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * body_finish() - The body has ended: calls @page_end or @failure
 *
 * Return: 0; -EBADMSG if it ended inside an object, or is no list.
 */
int body_finish(struct body *body, struct err *reterr) __attribute__((warn_unused_result));

#endif
