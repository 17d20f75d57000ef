/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch_event.h - one event of a watch, in any format
 *
 * Room:     decode. Pure.
 */
#ifndef DECODE_WATCH_EVENT_H
#define DECODE_WATCH_EVENT_H

#include "base/err.h"
#include "decode/api_status.h"
#include "decode/object.h"

struct field;

/** enum watch_event_type - ADDED and so on, as in the event's "type". */
enum watch_event_type {
	WATCH_EVENT_ADDED,
	WATCH_EVENT_MODIFIED,
	WATCH_EVENT_DELETED,
	WATCH_EVENT_BOOKMARK,
	WATCH_EVENT_ERROR,
	_WATCH_EVENT_MAX,
};

/** watch_event_type_parse() - The type from its name; _WATCH_EVENT_MAX if it is unknown. */
enum watch_event_type watch_event_type_parse(const char *text);
/** watch_event_type_read() - The type from its field; _WATCH_EVENT_MAX if it is unknown, or not a string. */
enum watch_event_type watch_event_type_read(const struct field *field);

/**
 * watch_event_read() - Read the object of an event
 * @kind, @root: the object; @kind has the kind and apiVersion: it is @root, or the type in the envelope
 * @ret_object:	always set as by object_tree_decode(); call object_done() either way. DELETED and
 *		BOOKMARK have no model object: only kind, names, resource_version and
 *		initial_events_end are read, so that an object with a bad spec can be deleted.
 * @ret_status:	set for ERROR, else zeroed
 *
 * Return: 0, -EINVAL or -E2BIG as object_tree_decode(); -EBADMSG if @type is unknown.
 */
int watch_event_read(enum watch_event_type type, const struct field *kind, const struct field *root,
		     struct object *ret_object, struct api_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
