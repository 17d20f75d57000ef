/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "source/body.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "decode/json_stream.h"

struct body {
	enum body_form form;
	enum object_kind kind;
	int http_code;
	struct body_handler handler;
	struct json_stream *stream;
	struct buf text; /* BODY_FORM_ERROR */
	const bool *stopped;
	struct err *reterr; /* of the body_feed() that runs */
};

static int body_stop(const struct body *body)
{
	return body->stopped && *body->stopped ? -ECANCELED : 0;
}

/* Bad, but an object of ours: named and left to the sink. Not ours at all: the server talks nonsense. */
static int body_judge(struct body *body, const struct object *object, const struct err *err)
{
	if (err->code == -EBADMSG) {
		if (body->reterr)
			*body->reterr = *err;
		return err->code;
	}
	body->handler.refused(body->handler.ctx, object, err);
	return body_stop(body);
}

static bool body_is_ours(const struct body *body, const struct object *object)
{
	return object->kind_name && strcmp(object->kind_name, store_kind_name(body->kind)) == 0;
}

static int body_item(void *ctx, const char *bytes, size_t size)
{
	struct body *body = ctx;
	struct object object = { 0 };
	struct err err = { 0 };
	int r;

	r = json_decode_object(bytes, size, store_kind_name(body->kind), &object, &err);
	if (r < 0)
		r = body_judge(body, &object, &err);
	else if (!body_is_ours(body, &object))
		r = err_set(body->reterr, -EBADMSG, "the list holds a %s",
			    object.kind_name && *object.kind_name ? object.kind_name : "thing of no kind");
	else {
		body->handler.put(body->handler.ctx, &object);
		r = body_stop(body);
	}
	object_done(&object);
	return r;
}

static void body_handle_event(struct body *body, enum watch_event_type type, struct object *object,
			      const struct api_status *status)
{
	const struct body_handler *handler = &body->handler;

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

static int body_event(void *ctx, const char *bytes, size_t size)
{
	struct body *body = ctx;
	enum watch_event_type type = _WATCH_EVENT_MAX;
	struct api_status status = { 0 };
	struct object object = { 0 };
	struct err err = { 0 };
	int r;

	r = json_decode_event(bytes, size, &type, &object, &status, &err);
	if (r < 0)
		r = body_judge(body, &object, &err);
	else if (type != WATCH_EVENT_ERROR && !body_is_ours(body, &object))
		r = err_set(body->reterr, -EBADMSG, "the watch brings a %s",
			    object.kind_name && *object.kind_name ? object.kind_name : "thing of no kind");
	else {
		body_handle_event(body, type, &object, &status);
		r = body_stop(body);
	}
	api_status_done(&status);
	object_done(&object);
	return r;
}

/*
 * Of an object that is too large only the beginning is known. In a watch it stands inside the event, as
 * {"type":"ADDED","object":{...}}; API servers write these two and in this order.
 */
static void body_too_large(void *ctx, const char *head, size_t head_size)
{
	static const char deleted[] = "{\"type\":\"DELETED\"", key[] = "\"object\":";
	struct body *body = ctx;
	struct object object = { 0 };
	struct err err = { 0 };
	bool gone = false;
	const char *start;

	if (body->form == BODY_FORM_WATCH) {
		gone = head_size > strlen(deleted) && memcmp(head, deleted, strlen(deleted)) == 0;
		start = memmem(head, head_size, key, strlen(key));
		if (start) {
			start += strlen(key);
			head_size -= (size_t)(start - head);
			head = start;
		}
	}
	json_guess_object(head, head_size, store_kind_name(body->kind), &object);
	(void)err_set(&err, -E2BIG, "the object is larger than %u bytes", OBJECT_SIZE_MAX);
	if (gone && object.name && *object.name)
		body->handler.del(body->handler.ctx, &object);
	else
		body->handler.refused(body->handler.ctx, &object, &err);
	object_done(&object);
}

struct body *body_new(enum body_form form, enum object_kind kind, int http_code,
		      const struct body_handler *handler)
{
	struct body *body = alloc_zeroed(1, sizeof(*body));
	struct json_stream_sink sink = { .too_large = body_too_large, .ctx = body };

	body->form = form;
	body->kind = kind;
	body->http_code = http_code;
	body->handler = *handler;
	switch (form) {
	case BODY_FORM_LIST:
		sink.value = body_item;
		body->stream = json_stream_new(JSON_STREAM_LIST, &sink);
		break;
	case BODY_FORM_WATCH:
		sink.value = body_event;
		body->stream = json_stream_new(JSON_STREAM_VALUES, &sink);
		break;
	case BODY_FORM_ERROR:
		break;
	}
	return body;
}

struct body *body_free(struct body *body)
{
	if (!body)
		return NULL;
	json_stream_free(body->stream);
	buf_done(&body->text);
	free(body);
	return NULL;
}

int body_feed(struct body *body, const char *bytes, size_t size, const bool *stopped, struct err *reterr)
{
	struct err err = { 0 };
	int r;

	if (body->form == BODY_FORM_ERROR) {
		if (size > BODY_ERROR_SIZE_MAX - body->text.size)
			size = BODY_ERROR_SIZE_MAX - body->text.size;
		buf_add(&body->text, bytes, size);
		return 0;
	}
	body->stopped = stopped;
	body->reterr = &err;
	r = json_stream_feed(body->stream, bytes, size, &err);
	body->stopped = NULL;
	body->reterr = NULL;
	if (r < 0 && r != -ECANCELED && reterr)
		*reterr = err;
	return r;
}

/* An answer that is no Status comes from something in between; its first line is better than nothing. */
static void body_quote(struct buf *text, struct api_status *status)
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

static int body_finish_error(struct body *body)
{
	struct api_status status = { 0 };

	if (json_decode_status(body->text.data ? body->text.data : "", body->text.size, &status, NULL) < 0) {
		api_status_done(&status);
		memset(&status, 0, sizeof(status));
		body_quote(&body->text, &status);
	}
	/* What the status line said counts: it is what proxies on the way have seen, too. */
	status.code = body->http_code;
	body->handler.failure(body->handler.ctx, &status);
	api_status_done(&status);
	return 0;
}

static int body_finish_list(struct body *body, struct err *reterr)
{
	struct json_stream_list list = { 0 };
	struct api_status status = { 0 };
	char expected[64];
	int r;

	r = json_stream_finish(body->stream, &list, reterr);
	if (r < 0)
		return r;
	(void)snprintf(expected, sizeof(expected), "%sList", store_kind_name(body->kind));
	if (list.has_items &&
	    (!*list.kind || strcmp(list.kind, expected) == 0 || strcmp(list.kind, "List") == 0)) {
		body->handler.page_end(body->handler.ctx, list.resource_version, list.continue_token);
	} else if (list.rest && json_decode_status(list.rest, list.rest_size, &status, NULL) == 0) {
		body->handler.failure(body->handler.ctx, &status);
	} else {
		r = err_set(reterr, -EBADMSG, "the answer is a %s, not a %s",
			    *list.kind ? list.kind : "thing of no kind", expected);
	}
	api_status_done(&status);
	json_stream_list_done(&list);
	return r;
}

int body_finish(struct body *body, struct err *reterr)
{
	switch (body->form) {
	case BODY_FORM_LIST:
		return body_finish_list(body, reterr);
	case BODY_FORM_WATCH:
		return json_stream_finish(body->stream, NULL, reterr);
	case BODY_FORM_ERROR:
		return body_finish_error(body);
	}
	return 0;
}
