/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * response_body.h - cut the body of an answer into objects, one at a time
 *
 * Room:     kubeapi (decode -> response_body -> kubeapi_stream). Pure.
 * Shapes:   in: the bytes of a response body in pieces of any size; out: a handler is called for each
 *           object, bookmark or error as soon as it is complete.
 * Memory:   one object at a time; a body that is an error is cut at RESPONSE_BODY_ERROR_SIZE_MAX.
 * Not here: what to do next (reflector.h), the formats themselves (decode/).
 */
#ifndef KUBEAPI_RESPONSE_BODY_H
#define KUBEAPI_RESPONSE_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/json.h"
#include "decode/object.h"

#define RESPONSE_BODY_ERROR_SIZE_MAX 65536

enum response_body_form {
	RESPONSE_BODY_FORM_LIST,  /* a ...List object */
	RESPONSE_BODY_FORM_WATCH, /* watch events */
	RESPONSE_BODY_FORM_ERROR, /* a Status, or the text of a proxy on the way */
};

enum response_body_format {
	RESPONSE_BODY_FORMAT_JSON,
	RESPONSE_BODY_FORMAT_PROTOBUF,
};

/**
 * struct response_body_handler - Called from response_body_feed() and response_body_finish(); all members are set
 * @known:	the next object has these bytes (object.h, @digest). Return: true: nothing else has to be said about it
 * @put:	an object exists; it may be taken out of @object
 * @del:	an object was deleted (watches)
 * @refused:	an object exists but cannot be used; @object has its names as far as they could be read
 * @bookmark:	only @object's resource_version and initial_events_end are set
 * @failure:	an ERROR event, or a Status instead of a list; @status->code may be 0
 * @page_end:	the list is complete; the tokens may be NULL
 */
struct response_body_handler {
	bool (*known)(void *ctx, const char *digest);
	void (*put)(void *ctx, struct object *object);
	void (*del)(void *ctx, const struct object *object);
	void (*refused)(void *ctx, const struct object *object, const struct err *err);
	void (*bookmark)(void *ctx, const struct object *object);
	void (*failure)(void *ctx, const struct api_status *status);
	void (*page_end)(void *ctx, const char *resource_version, const char *continue_token);
	void *ctx;
};

struct response_body;

/**
 * response_body_new() - A body begins
 * @kind:	that was asked for; an object of another kind is an error
 * @http_code:	for RESPONSE_BODY_FORM_ERROR: of the status line
 */
struct response_body *response_body_new(enum response_body_form form, enum response_body_format format,
					enum object_kind kind, int http_code,
					const struct response_body_handler *handler)
	__attribute__((warn_unused_result));
struct response_body *response_body_free(struct response_body *body);
DEFINE_FREEP(struct response_body, response_body_free);
/**
 * response_body_feed() - Take the next @size bytes
 * @stopped:	read after each call of the handler: true ends the reading (may be NULL)
 *
 * Return: 0; -ECANCELED if @stopped; -EBADMSG if the body is ill-formed, or has objects of another kind.
 */
int response_body_feed(struct response_body *body, const char *bytes, size_t size, const bool *stopped,
		       struct err *reterr) __attribute__((warn_unused_result));
/**
 * response_body_finish() - The body has ended: calls @page_end or @failure
 *
 * Return: 0; -EBADMSG if it ended inside an object, or is no list.
 */
int response_body_finish(struct response_body *body, struct err *reterr) __attribute__((warn_unused_result));

#endif
