/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_events.h - libyaml's events, in time that is linear in the size of the text
 *
 * Room:     decode. Pure. For yaml_tree.c, yaml.c, document.c and yaml_value.c only.
 * Shapes:   one stream of events for the whole text. Below it each document has a parser of its own: the text is cut
 *           before each line that begins with "---", and after each "..." that ends a document.
 * Rule:     libyaml's time is quadratic in the depth of brackets, in the length of blanks within a scalar (it clears
 *           its buffer of blanks after each word), and in the number of directives. One call reads a whole
 *           scalar or comment. So a document that exceeds a limit below is abandoned: the events that close its open
 *           collections follow, and then the next document. yaml_events_limit() says so.
 */
#ifndef DECODE_YAML_EVENTS_H
#define DECODE_YAML_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

#define YAML_EVENTS_DEPTH_MAX	   128	/* nesting; objects have their own limit, OBJECT_DEPTH_MAX */
#define YAML_EVENTS_BLANKS_MAX	   8192 /* blanks and line breaks in a row, within a document */
#define YAML_EVENTS_DIRECTIVES_MAX 64	/* lines with "%" before one document */
#define YAML_EVENTS_SIZE_MAX	   (4u * 1024 * 1024) /* bytes of one scalar, or of the comments before one */

struct yaml_event_s;
struct yaml_events;

/** yaml_events_new() - @utf16: accept UTF-16 too, if the text begins with a byte order mark. @bytes stays the caller's. */
struct yaml_events *yaml_events_new(const char *bytes, size_t size, bool utf16)
	__attribute__((warn_unused_result));
struct yaml_events *yaml_events_free(struct yaml_events *events);
DEFINE_FREEP(struct yaml_events, yaml_events_free);
/**
 * yaml_events_next() - The next event, with lines of the whole text; the caller deletes it
 *
 * Return: 0, or -EBADMSG if the text is not YAML ("line 3: ...").
 */
int yaml_events_next(struct yaml_events *events, struct yaml_event_s *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** yaml_events_position() - Characters that the parser has read of the current part of the text. */
size_t yaml_events_position(const struct yaml_events *events);
/** yaml_events_fed() - Bytes of the text that libyaml got. */
size_t yaml_events_fed(const struct yaml_events *events);
/** yaml_events_offset() - Where the current part of the text begins, in bytes; never in the middle of a document. */
size_t yaml_events_offset(const struct yaml_events *events);
/**
 * yaml_events_limit() - Why the current document was abandoned; NULL if it was not
 *
 * code is -E2BIG. Valid until the first event of the next document.
 */
const struct err *yaml_events_limit(const struct yaml_events *events);

#endif
