/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * response_body.h - what an API server's answer says, one object at a time
 *
 * Room:     kubeapi (decode -> body -> kubeapi). Pure.
 * Shapes:   in: the bytes of a response body in pieces of any size; out: a handler is called for each
 *           object, bookmark or error as soon as it is complete.
 * Memory:   one object at a time; a body that is an error is cut at RESPONSE_BODY_ERROR_SIZE_MAX.
 * Not here: what follows from it (reflector.h), the formats themselves (decode/).
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
	RESPONSE_BODY_FORM_ERROR, /* a Status, or whatever a proxy on the way wrote */
};

enum response_body_format {
	RESPONSE_BODY_FORMAT_JSON,
	RESPONSE_BODY_FORMAT_PROTOBUF,
};

/**
 * struct response_body_handler - Called from response_body_feed() and response_body_finish(); all members are set
 * @put:	an object is there; it may be taken out of @object
 * @del:	an object is gone (watches)
 * @refused:	an object is there but bad; names as far as they could be read
 * @bookmark:	only @object's resource_version and initial_events_end count
 * @failure:	an ERROR event, or the Status that came instead of a list; @status->code may be 0
 * @page_end:	the list is complete; the tokens may be NULL
 */
struct response_body_handler {
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
 * response_body_new() - A body that begins
 * @kind:	what was asked for; objects of another kind are nonsense and passed over
 * @http_code:	for RESPONSE_BODY_FORM_ERROR, what the status line said
 */
struct response_body *response_body_new(enum response_body_form form, enum response_body_format format,
					enum object_kind kind, int http_code,
					const struct response_body_handler *handler)
	__attribute__((warn_unused_result));
struct response_body *response_body_free(struct response_body *body);
DEFINE_FREEP(struct response_body, response_body_free);
/**
 * response_body_feed() - Take the next @size bytes
 * @stopped:	looked at after each call of the handler: true ends the feeding (may be NULL)
 *
 * Return: 0; -ECANCELED if @stopped; -EBADMSG if this is not what was asked for.
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
