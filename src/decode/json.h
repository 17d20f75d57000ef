/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - JSON texts to objects, watch events and Status
 *
 * Room:     decode. Pure. The entry for JSON texts.
 * Rule:     -EBADMSG: the text is not JSON, so its source is broken. -EINVAL: it is JSON but a bad object:
 *           reject the object and keep the last good version. -E2BIG: likewise, it is over a limit of
 *           object.h.
 * Errors:   field and reason, "spec.ports[1].port: 70000 is not in 1..65535", without the object's
 *           name: callers put "Service default/web: " in front.
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
 * @default_kind: kind of a list's items without a kind of their own ("Service" in a ServiceList), else NULL
 * @ret:	always set, also on failure: then with kind, kind_name, namespace and name as far as they
 *		could be read. Call object_done() either way.
 *
 * Objects of other kinds, and slices of addressType FQDN, are no error and have @skipped set. A
 * Service or slice without metadata.namespace is in "default".
 *
 * Return: 0, -EBADMSG, -EINVAL or -E2BIG.
 */
int json_decode_object(const char *bytes, size_t size, const char *default_kind, struct object *ret,
		       struct err *reterr) __attribute__((warn_unused_result));

/** json_item_kind() - Kind of a list's items from the list's kind: "ServiceList" gives "Service"; false if none. */
bool json_item_kind(const char *list_kind, char *ret, size_t ret_size);

/**
 * json_decode_event() - One watch event's text
 * @ret_type:	_WATCH_EVENT_MAX if it could not be read
 * @ret_object, @ret_status: always set as by watch_event_read()
 *
 * Return: as json_decode_object(); an unknown type is -EBADMSG. After -EINVAL or -E2BIG @ret_object
 * still has resource_version, if it could be read.
 */
int json_decode_event(const char *bytes, size_t size, enum watch_event_type *ret_type,
		      struct object *ret_object, struct api_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * json_decode_status() - A Status, as the body of a response; -EINVAL if it is another object
 * @ret:	always set; zeroed after an error
 */
int json_decode_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
