/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/response_body.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base32.h"
#include "base/buf.h"
#include "base/hash.h"
#include "decode/json_stream.h"
#include "decode/protobuf_object.h"
#include "decode/protobuf_stream.h"

/* The type of an event is in the first so many bytes. */
#define RESPONSE_BODY_TYPE_WITHIN 64

/** struct response_body - @json, @protobuf: the one of @format is set; none for RESPONSE_BODY_FORM_ERROR */
struct response_body {
	enum response_body_form form;
	enum response_body_format format;
	enum object_kind kind;
	int http_code;
	struct response_body_handler handler;
	struct json_stream *json;
	struct protobuf_stream *protobuf;
	struct buf text; /* RESPONSE_BODY_FORM_ERROR */
	const bool *stopped;
	struct err *reterr; /* of the response_body_feed() that runs */
};

static int response_body_stop(const struct response_body *body)
{
	return body->stopped && *body->stopped ? -ECANCELED : 0;
}

/* An object that cannot be used goes to the handler. -EBADMSG: the body itself is ill-formed. */
static int response_body_judge(struct response_body *body, const struct object *object, const struct err *err)
{
	if (err->code == -EBADMSG) {
		if (body->reterr)
			*body->reterr = *err;
		return err->code;
	}
	body->handler.refused(body->handler.ctx, object, err);
	return response_body_stop(body);
}

static bool response_body_is_ours(const struct response_body *body, const struct object *object)
{
	return object->kind_name && strcmp(object->kind_name, store_kind_name(body->kind)) == 0;
}

/* The same for each form and format, so that a digest of one is not taken for another's. */
static void response_body_print_digest(const struct response_body *body, const char *bytes, size_t size,
				       char ret[STORE_DIGEST_SIZE])
{
	const uint8_t first[2] = { (uint8_t)body->form, (uint8_t)body->format };
	uint64_t hashes[2];

	hashes[0] = hash_keyed(hash_keyed(0, first, sizeof(first)), bytes, size);
	hashes[1] = hash_keyed(hashes[0], bytes, size);
	base32_encode((const uint8_t *)hashes, STORE_DIGEST_SIZE - 1, ret);
	ret[STORE_DIGEST_SIZE - 1] = '\0';
}

/*
 * The digest of the object of an event, whether it was added or modified; "" of other events. The type comes first in the bytes of both
 * formats: {"type":"ADDED","object":...} or, in the envelope of protobuf, field 1 with its length.
 */
static void response_body_event_digest(const struct response_body *body, const char *bytes, size_t size,
				       char ret[STORE_DIGEST_SIZE])
{
	static const char *const json[] = { "{\"type\":\"ADDED\"", "{\"type\":\"MODIFIED\"" };
	static const char *const protobuf[] = { "\x0a\x05"
						"ADDED",
						"\x0a\x08"
						"MODIFIED" };
	size_t i, head = size < RESPONSE_BODY_TYPE_WITHIN ? size : RESPONSE_BODY_TYPE_WITHIN;
	const char *at = NULL, *type = NULL;

	*ret = '\0';
	for (i = 0; !at && i < ARRAY_SIZE(json); i++) {
		type = body->protobuf ? protobuf[i] : json[i];
		at = memmem(bytes, head, type, strlen(type));
	}
	if (!at || (!body->protobuf && at != bytes))
		return;
	at += strlen(type);
	response_body_print_digest(body, at, size - (size_t)(at - bytes), ret);
}

static int response_body_item(void *ctx, const char *bytes, size_t size)
{
	struct response_body *body = ctx;
	struct object object = { 0 };
	struct err err = { 0 };
	char digest[STORE_DIGEST_SIZE];
	int r;

	response_body_print_digest(body, bytes, size, digest);
	if (body->handler.known(body->handler.ctx, digest))
		return response_body_stop(body);
	if (body->protobuf)
		r = protobuf_object_item(body->kind, bytes, size, &object, &err);
	else
		r = json_decode_object(bytes, size, store_kind_name(body->kind), &object, &err);
	if (r < 0)
		r = response_body_judge(body, &object, &err);
	else if (!response_body_is_ours(body, &object))
		r = err_set(body->reterr, -EBADMSG, "the list contains a %s",
			    object.kind_name && *object.kind_name ? object.kind_name
								  : "object without a kind");
	else {
		memcpy(object.digest, digest, sizeof(digest));
		body->handler.put(body->handler.ctx, &object);
		r = response_body_stop(body);
	}
	object_done(&object);
	return r;
}

static void response_body_handle_event(struct response_body *body, enum watch_event_type type,
				       struct object *object, const struct api_status *status)
{
	const struct response_body_handler *handler = &body->handler;

	switch (type) {
	case WATCH_EVENT_ADDED:
	case WATCH_EVENT_MODIFIED:
		handler->put(handler->ctx, object);
		break;
	case WATCH_EVENT_DELETED:
		handler->del(handler->ctx, object);
		break;
	case WATCH_EVENT_BOOKMARK:
		handler->bookmark(handler->ctx, object);
		break;
	case WATCH_EVENT_ERROR:
		handler->failure(handler->ctx, status);
		break;
	case _WATCH_EVENT_MAX:
		break;
	}
}

static int response_body_event(void *ctx, const char *bytes, size_t size)
{
	struct response_body *body = ctx;
	enum watch_event_type type = _WATCH_EVENT_MAX;
	struct api_status status = { 0 };
	struct object object = { 0 };
	struct err err = { 0 };
	char digest[STORE_DIGEST_SIZE];
	int r;

	response_body_event_digest(body, bytes, size, digest);
	if (*digest && body->handler.known(body->handler.ctx, digest))
		return response_body_stop(body);
	if (body->protobuf)
		r = protobuf_object_event(bytes, size, &type, &object, &status, &err);
	else
		r = json_decode_event(bytes, size, &type, &object, &status, &err);
	if (r < 0)
		r = response_body_judge(body, &object, &err);
	else if (type != WATCH_EVENT_ERROR && !response_body_is_ours(body, &object))
		r = err_set(body->reterr, -EBADMSG, "the watch contains a %s",
			    object.kind_name && *object.kind_name ? object.kind_name
								  : "object without a kind");
	else {
		memcpy(object.digest, digest, sizeof(digest));
		response_body_handle_event(body, type, &object, &status);
		r = response_body_stop(body);
	}
	object_done(&object);
	return r;
}

/*
 * In a watch the object is inside the event, as {"type":"ADDED","object":{...}}; API servers write these two
 * members in this order. Returns whether the object was deleted.
 */
static bool response_body_guess_json(const struct response_body *body, const char *head, size_t head_size,
				     struct object *ret)
{
	static const char deleted[] = "{\"type\":\"DELETED\"", key[] = "\"object\":";
	bool gone = false;
	const char *start;

	if (body->form == RESPONSE_BODY_FORM_WATCH) {
		gone = head_size > strlen(deleted) && memcmp(head, deleted, strlen(deleted)) == 0;
		start = memmem(head, head_size, key, strlen(key));
		if (start) {
			start += strlen(key);
			head_size -= (size_t)(start - head);
			head = start;
		}
	}
	json_guess_object(head, head_size, store_kind_name(body->kind), ret);
	return gone;
}

static bool response_body_guess_protobuf(const struct response_body *body, const char *head, size_t head_size,
					 struct object *ret)
{
	enum watch_event_type type = WATCH_EVENT_ADDED;

	if (body->form == RESPONSE_BODY_FORM_WATCH)
		protobuf_object_guess_event(head, head_size, &type, ret);
	else
		protobuf_object_guess_item(body->kind, head, head_size, ret);
	return type == WATCH_EVENT_DELETED;
}

/* Only the beginning of an object that is too large is kept; its names are guessed from it. */
static void response_body_too_large(void *ctx, const char *head, size_t head_size)
{
	struct response_body *body = ctx;
	struct object object = { 0 };
	struct err err = { 0 };
	bool gone = body->protobuf ? response_body_guess_protobuf(body, head, head_size, &object)
				   : response_body_guess_json(body, head, head_size, &object);

	(void)err_set(&err, -E2BIG, "the object is larger than %u bytes", OBJECT_SIZE_MAX);
	if (gone && object.name && *object.name)
		body->handler.del(body->handler.ctx, &object);
	else
		body->handler.refused(body->handler.ctx, &object, &err);
	object_done(&object);
}

struct response_body *response_body_new(enum response_body_form form, enum response_body_format format,
					enum object_kind kind, int http_code,
					const struct response_body_handler *handler)
{
	struct response_body *body = alloc_zeroed(1, sizeof(*body));
	bool list = form == RESPONSE_BODY_FORM_LIST;
	const struct json_stream_sink json = { list ? response_body_item : response_body_event,
					       response_body_too_large, body };
	const struct protobuf_stream_sink protobuf = { list ? response_body_item : response_body_event,
						       response_body_too_large, body };

	body->form = form;
	body->format = format;
	body->kind = kind;
	body->http_code = http_code;
	body->handler = *handler;
	if (form == RESPONSE_BODY_FORM_ERROR)
		return body;
	switch (format) {
	case RESPONSE_BODY_FORMAT_JSON:
		body->json = json_stream_new(list ? JSON_STREAM_LIST : JSON_STREAM_VALUES, &json);
		break;
	case RESPONSE_BODY_FORMAT_PROTOBUF:
		body->protobuf = protobuf_stream_new(list ? PROTOBUF_STREAM_LIST : PROTOBUF_STREAM_WATCH,
						     kind, &protobuf);
		break;
	}
	return body;
}

struct response_body *response_body_free(struct response_body *body)
{
	if (!body)
		return NULL;
	json_stream_free(body->json);
	protobuf_stream_free(body->protobuf);
	buf_done(&body->text);
	free(body);
	return NULL;
}

int response_body_feed(struct response_body *body, const char *bytes, size_t size, const bool *stopped,
		       struct err *reterr)
{
	struct err err = { 0 };
	int r;

	if (body->form == RESPONSE_BODY_FORM_ERROR) {
		if (size > RESPONSE_BODY_ERROR_SIZE_MAX - body->text.size)
			size = RESPONSE_BODY_ERROR_SIZE_MAX - body->text.size;
		buf_add(&body->text, bytes, size);
		return 0;
	}
	body->stopped = stopped;
	body->reterr = &err;
	r = body->protobuf ? protobuf_stream_feed(body->protobuf, bytes, size, &err)
			   : json_stream_feed(body->json, bytes, size, &err);
	body->stopped = NULL;
	body->reterr = NULL;
	if (r < 0 && r != -ECANCELED && reterr)
		*reterr = err;
	return r;
}

/* An answer that is not a Status is not from the API server, but from a proxy: quote its first line. */
static void response_body_quote(struct buf *text, struct api_status *status)
{
	const char *line = buf_text(text);
	size_t i, n = 0;

	while (isspace((unsigned char)*line))
		line++;
	for (i = 0; line[i] && line[i] != '\n' && n < sizeof(status->message) - 1; i++)
		if (isprint((unsigned char)line[i]))
			status->message[n++] = line[i];
	status->message[n] = '\0';
}

static int response_body_finish_error(struct response_body *body)
{
	const char *bytes = body->text.data ? body->text.data : "";
	struct api_status status = { 0 };
	int r;

	if (body->format == RESPONSE_BODY_FORMAT_PROTOBUF)
		r = protobuf_object_status(bytes, body->text.size, &status, NULL);
	else
		r = json_decode_status(bytes, body->text.size, &status, NULL);
	if (r < 0)
		response_body_quote(&body->text, &status);
	/* The code of the status line, because proxies on the way see only that one. */
	status.code = body->http_code;
	body->handler.failure(body->handler.ctx, &status);
	return 0;
}

static int response_body_no_list(const struct response_body *body, const char *kind, struct err *reterr)
{
	return err_set(reterr, -EBADMSG, "the answer is a %s, not a %sList",
		       *kind ? kind : "object without a kind", store_kind_name(body->kind));
}

static int response_body_finish_json_list(struct response_body *body, struct err *reterr)
{
	struct json_stream_list list = { 0 };
	struct api_status status = { 0 };
	char expected[64];
	int r;

	r = json_stream_finish(body->json, &list, reterr);
	if (r < 0)
		return r;
	(void)snprintf(expected, sizeof(expected), "%sList", store_kind_name(body->kind));
	if (list.has_items &&
	    (!*list.kind || strcmp(list.kind, expected) == 0 || strcmp(list.kind, "List") == 0))
		body->handler.page_end(body->handler.ctx, list.resource_version, list.continue_token);
	else if (list.rest && json_decode_status(list.rest, list.rest_size, &status, NULL) == 0)
		body->handler.failure(body->handler.ctx, &status);
	else
		r = response_body_no_list(body, list.kind, reterr);
	json_stream_list_done(&list);
	return r;
}

static int response_body_finish_protobuf_list(struct response_body *body, struct err *reterr)
{
	struct protobuf_stream_list list = { 0 };
	struct api_status status = { 0 };
	int r;

	r = protobuf_stream_finish(body->protobuf, &list, reterr);
	if (r < 0)
		return r;
	if (list.is_list)
		body->handler.page_end(body->handler.ctx, list.resource_version, list.continue_token);
	else if (strcmp(list.kind, "Status") == 0 && list.rest &&
		 protobuf_object_bare_status(list.rest, list.rest_size, &status, NULL) == 0)
		body->handler.failure(body->handler.ctx, &status);
	else
		r = response_body_no_list(body, list.kind, reterr);
	protobuf_stream_list_done(&list);
	return r;
}

int response_body_finish(struct response_body *body, struct err *reterr)
{
	switch (body->form) {
	case RESPONSE_BODY_FORM_LIST:
		return body->protobuf ? response_body_finish_protobuf_list(body, reterr)
				      : response_body_finish_json_list(body, reterr);
	case RESPONSE_BODY_FORM_WATCH:
		return body->protobuf ? protobuf_stream_finish(body->protobuf, NULL, reterr)
				      : json_stream_finish(body->json, NULL, reterr);
	case RESPONSE_BODY_FORM_ERROR:
		return response_body_finish_error(body);
	}
	return 0;
}
