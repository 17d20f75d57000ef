/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watch_event.h - one event of a watch, whichever format it came in
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

/** watch_event_type_parse() - The type by its name; _WATCH_EVENT_MAX if it is unknown. */
enum watch_event_type watch_event_type_parse(const char *text);
/** watch_event_type_read() - The type by its field; _WATCH_EVENT_MAX if it is unknown, or no string. */
enum watch_event_type watch_event_type_read(const struct field *field);

/**
 * watch_event_read() - What an event is about
 * @kind, @root: the object; @kind is where its kind and apiVersion stand: @root itself, or the envelope's
 * @ret_object:	always set as by object_tree_decode(), and object_done() it either way. DELETED and
 *		BOOKMARK carry no model object: only kind, names, resource_version and
 *		initial_events_end are read, so that a bad spec can't keep an object from going.
 * @ret_status:	set for ERROR, else zeroed; api_status_done() it either way
 *
 * Return: 0, -EINVAL or -E2BIG as object_tree_decode(); -EBADMSG if @type is unknown.
 */
int watch_event_read(enum watch_event_type type, const struct field *kind, const struct field *root,
		     struct object *ret_object, struct api_status *ret_status, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
