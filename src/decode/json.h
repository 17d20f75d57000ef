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
#include "decode/watch_event.h"

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

/**
 * json_decode_event() - One watch event's text
 * @ret_type:	_WATCH_EVENT_MAX if it could not be read
 * @ret_object, @ret_status: always set as by watch_event_read()
 *
 * Return: as json_decode_object(); an unknown type is -EBADMSG. After -EINVAL or -E2BIG @ret_object
 * still carries resource_version, if it could be read.
 */
int json_decode_event(const char *bytes, size_t size, enum watch_event_type *ret_type,
		      struct object *ret_object, struct api_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * json_decode_status() - A Status, as the body of an answer; -EINVAL if it is another object
 * @ret:	always set; api_status_done() it
 */
int json_decode_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
