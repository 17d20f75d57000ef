/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - JSON texts to objects, watch events and Status
 *
 * Room:     decode. Pure. The only file besides its helpers that knows jansson.
 * Rule:     the codes tell who is at fault: -EBADMSG, the text is no JSON (the origin is broken);
 *           -EINVAL, it is JSON but a bad object (refuse it, keep the last good one); -E2BIG, it is
 *           over a limit of object.h (likewise).
 * Errors:   field and reason, "spec.ports[1].port: 70000 is not in 1..65535", without the object's
 *           name: that is in the object, and shown before it as "Service default/web: ".
 */
#ifndef DECODE_JSON_H
#define DECODE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "decode/json_guess.h"
#include "decode/object.h"

/**
 * json_decode_object() - One object's text
 * @default_kind: kind of a list's items that don't say theirs ("Service" in a ServiceList), else NULL
 * @ret:	always set, also on failure: then it carries kind, kind_name, namespace and name as far
 *		as they could be read. object_done() it either way.
 *
 * Objects of other kinds, and slices of addressType FQDN, are fine and come with @skipped set. A
 * Service or slice without metadata.namespace is in "default".
 *
 * Return: 0, -EBADMSG, -EINVAL or -E2BIG.
 */
int json_decode_object(const char *bytes, size_t size, const char *default_kind, struct object *ret,
		       struct err *reterr) __attribute__((warn_unused_result));

/** json_item_kind() - Kind of a list's items by the list's: "ServiceList" gives "Service"; false if none. */
bool json_item_kind(const char *list_kind, char *ret, size_t ret_size);

/** enum json_event_type - The type of a watch event. */
enum json_event_type {
	JSON_EVENT_ADDED,
	JSON_EVENT_MODIFIED,
	JSON_EVENT_DELETED,
	JSON_EVENT_BOOKMARK,
	JSON_EVENT_ERROR,
	_JSON_EVENT_MAX,
};

/**
 * struct json_status - A Status: how the API server says no
 * @code:	HTTP code, 0 if unset
 * @reason, @message: cut, "" if unset
 * @retry_after_s: details.retryAfterSeconds, 0 if unset
 * @continue_token: metadata.continue: where a list whose token expired may go on; NULL if none
 */
struct json_status {
	int code;
	char reason[64];
	char message[256];
	unsigned int retry_after_s;
	char *continue_token;
};

void json_status_done(struct json_status *status);

/**
 * json_decode_event() - One watch event's text
 * @ret_type:	_JSON_EVENT_MAX if it could not be read
 * @ret_object:	always set as by json_decode_object(), and object_done() it either way. DELETED and
 *		BOOKMARK carry no model object: only kind, names, resource_version and
 *		initial_events_end are read, so that a bad spec can't keep an object from going.
 * @ret_status:	set for ERROR, else zeroed; json_status_done() it either way
 *
 * Return: as json_decode_object(); an unknown type is -EBADMSG. After -EINVAL or -E2BIG @ret_object
 * still carries resource_version, if it could be read.
 */
int json_decode_event(const char *bytes, size_t size, enum json_event_type *ret_type,
		      struct object *ret_object, struct json_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

/** json_decode_status() - A Status, as the body of an answer; -EINVAL if it is another object. */
int json_decode_status(const char *bytes, size_t size, struct json_status *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
