/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml_events.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"

#define NOWHERE SIZE_MAX

/* A collection whose end was not read yet; the outermost level is the document. */
struct level {
	bool is_mapping;
	bool is_due; /* a value of a mapping, or the root */
};

/**
 * struct scan - What is known about the text up to @at, the end of what libyaml may get
 * @end:	where the part ends; NOWHERE: not known yet
 * @begun:	the part has more than directives, comments and blanks
 * @ends:	the line is the "..." that ends the part
 * @first:	@at is the begin of a line
 * @judged:	it is known what kind of line this is
 * @held:	the first of the directives at the end of what was scanned; they belong to the part that follows, if a
 *		"---" comes next
 * @lines:	before @at, in the whole text; @held_lines: before @held
 * @over:	the place where a limit is exceeded
 */
struct scan {
	size_t at;
	size_t end;
	bool begun;
	bool ends;
	bool first;
	bool judged;
	size_t held;
	size_t held_lines;
	size_t lines;
	size_t n_blanks;
	size_t n_directives;
	size_t over;
};

struct yaml_events {
	yaml_parser_t parser;
	bool utf16;
	const char *bytes;
	size_t size;
	size_t start;	   /* of the part */
	size_t start_line; /* lines before it */
	struct scan scan;
	size_t fed;	  /* to libyaml */
	size_t event_fed; /* when the last event was returned */
	struct err limit; /* the first one that is exceeded in the part */
	size_t limit_line;
	bool abandoned; /* because of @limit */
	bool completed; /* all events of the abandoned document were returned */
	bool in_document;
	size_t depth;
	struct level levels[YAML_EVENTS_DEPTH_MAX + 2];
};

/* Bytes of the line break at @at, 0 if there is none. CR LF is a break at its LF. */
static size_t break_size(const struct yaml_events *events, size_t at)
{
	const unsigned char *p = (const unsigned char *)events->bytes + at;
	size_t left = events->size - at;

	switch (*p) {
	case '\n':
		return 1;
	case '\r':
		return left < 2 || p[1] != '\n';
	case 0xc2: /* NEL */
		return left >= 2 && p[1] == 0x85 ? 2 : 0;
	case 0xe2: /* LS, PS */
		return left >= 3 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9) ? 3 : 0;
	default:
		return 0;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* @at is the begin of a line. */
static bool is_marker(const struct yaml_events *events, size_t at, const char *marker)
{
	if (events->size - at < 3 || memcmp(events->bytes + at, marker, 3) != 0)
		return false;
	at += 3;
	return at == events->size || is_blank(events->bytes[at]) || break_size(events, at);
}

static void exceed(struct yaml_events *events, size_t line, const char *what, unsigned int max)
{
	if (events->limit.code)
		return;
	events->limit_line = line;
	(void)err_set(&events->limit, -E2BIG, "line %zu: %s %u; the rest of the document is skipped",
		      line + 1, what, max);
}

static void end_part(struct scan *scan, size_t at)
{
	scan->end = at;
	if (scan->held != NOWHERE && scan->held <= at) {
		scan->end = scan->held;
		scan->lines = scan->held_lines;
	}
}

/* The first character of a line that is neither blank nor a line break. */
static void judge_line(struct yaml_events *events)
{
	struct scan *scan = &events->scan;
	size_t at = scan->at;
	bool first = scan->first;
	char c = events->bytes[at];

	scan->judged = true;
	if (first && is_marker(events, at, "---")) {
		if (scan->begun)
			end_part(scan, at);
		scan->n_blanks = 0;
	} else if (first && c == '%') {
		if (scan->held == NOWHERE) {
			scan->held = at;
			scan->held_lines = scan->lines;
		}
		if (++scan->n_directives > YAML_EVENTS_DIRECTIVES_MAX && scan->over == NOWHERE) {
			scan->over = at;
			exceed(events, scan->lines, "more directives than", YAML_EVENTS_DIRECTIVES_MAX);
		}
		return;
	} else if (c == '#') {
		return;
	} else if (first && is_marker(events, at, "...")) {
		scan->ends = scan->begun;
	}
	scan->begun = true;
	scan->n_directives = 0;
	scan->held = NOWHERE;
}

/* Scan to @to, or to the end of the part. */
static void scan_to(struct yaml_events *events, size_t to)
{
	struct scan *scan = &events->scan;

	while (scan->at < to && scan->end == NOWHERE && scan->over == NOWHERE) {
		size_t n = break_size(events, scan->at);
		char c = events->bytes[scan->at];

		if (n || is_blank(c)) {
			scan->n_blanks++;
		} else if (c) {
			bool was_begun = scan->begun;

			if (!scan->judged)
				judge_line(events);
			if (scan->end != NOWHERE)
				return;
			if (scan->n_blanks > YAML_EVENTS_BLANKS_MAX && was_begun) {
				scan->over = scan->at;
				exceed(events, scan->lines, "more blanks in a row than",
				       YAML_EVENTS_BLANKS_MAX);
			}
			scan->n_blanks = 0;
		}
		scan->at += n ? n : 1;
		scan->first = n || (scan->first && !c);
		if (n) {
			scan->lines++;
			scan->judged = false;
			if (scan->ends)
				end_part(scan, scan->at);
		}
	}
	if (scan->at == events->size && scan->end == NOWHERE)
		scan->end = events->size;
}

/* The end of what libyaml may get now. */
static size_t scanned(const struct scan *scan)
{
	if (scan->end != NOWHERE)
		return scan->end;
	if (scan->over != NOWHERE)
		return scan->over;
	return scan->held != NOWHERE ? scan->held : scan->at;
}

static int feed(void *data, unsigned char *buffer, size_t size, size_t *ret_size)
{
	struct yaml_events *events = data;
	struct scan *scan = &events->scan;
	size_t n;

	while (scan->end == NOWHERE && scan->over == NOWHERE && scanned(scan) == events->fed)
		scan_to(events, size < events->size - scan->at ? scan->at + size : events->size);
	n = scanned(scan) - events->fed;
	if (n > size)
		n = size;
	if (!n && scan->end == NOWHERE)
		return 0;
	if (n && events->fed - events->event_fed > YAML_EVENTS_SIZE_MAX) {
		exceed(events, events->start_line + events->parser.mark.line,
		       "a value or comment with more bytes than", YAML_EVENTS_SIZE_MAX);
		return 0;
	}
	memcpy(buffer, events->bytes + events->fed, n);
	events->fed += n;
	*ret_size = n;
	return 1;
}

static void begin_part(struct yaml_events *events)
{
	size_t start = events->start;

	if (!yaml_parser_initialize(&events->parser))
		alloc_failed();
	/* Otherwise libyaml would accept UTF-16, which JSON does not allow either. */
	if (!events->utf16)
		yaml_parser_set_encoding(&events->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&events->parser, feed, events);
	events->scan = (struct scan){
		.at = start,
		.end = NOWHERE,
		.first = true,
		.held = NOWHERE,
		.lines = events->start_line,
		.over = NOWHERE,
	};
	events->fed = start;
	events->event_fed = start;
	events->limit.code = 0;
	events->abandoned = false;
	events->completed = false;
}

struct yaml_events *yaml_events_new(const char *bytes, size_t size, bool utf16)
{
	struct yaml_events *events = alloc_zeroed(1, sizeof(*events));

	events->bytes = bytes;
	events->size = size;
	events->utf16 = utf16;
	begin_part(events);
	return events;
}

struct yaml_events *yaml_events_free(struct yaml_events *events)
{
	if (!events)
		return NULL;
	yaml_parser_delete(&events->parser);
	free(events);
	return NULL;
}

/* Go to the next part; false if the text ends. */
static bool next_part(struct yaml_events *events)
{
	struct scan *scan = &events->scan;

	while (scan->end == NOWHERE) {
		scan->over = NOWHERE;
		scan_to(events, events->size);
	}
	if (scan->end == events->size)
		return false;
	yaml_parser_delete(&events->parser);
	events->start = scan->end;
	events->start_line = scan->lines;
	begin_part(events);
	return true;
}

/* The limits */

static void count_node(struct yaml_events *events)
{
	struct level *level = &events->levels[events->depth];

	level->is_due = level->is_mapping && !level->is_due;
}

static void open_level(struct yaml_events *events, const yaml_event_t *event)
{
	count_node(events);
	events->levels[++events->depth] =
		(struct level){ .is_mapping = event->type == YAML_MAPPING_START_EVENT };
	if (events->depth > YAML_EVENTS_DEPTH_MAX) {
		exceed(events, event->start_mark.line, "nested deeper than", YAML_EVENTS_DEPTH_MAX);
		events->abandoned = true;
	}
}

static void follow(struct yaml_events *events, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		events->in_document = true;
		events->depth = 0;
		events->levels[0] = (struct level){ .is_due = true };
		break;
	case YAML_DOCUMENT_END_EVENT:
		events->in_document = false;
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		open_level(events, event);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		events->depth--;
		break;
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		count_node(events);
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		break;
	}
}

/* An event that completes the abandoned document. If the limit was exceeded outside a document, it is an empty one. */
static void complete(struct yaml_events *events, yaml_event_t *ret)
{
	static const yaml_char_t empty[] = "";
	const struct level *level = &events->levels[events->depth];
	int ok;

	if (!events->in_document)
		ok = yaml_document_start_event_initialize(ret, NULL, NULL, NULL, 1);
	else if (level->is_due)
		ok = yaml_scalar_event_initialize(ret, NULL, NULL, empty, 0, 1, 0, YAML_PLAIN_SCALAR_STYLE);
	else if (!events->depth)
		ok = yaml_document_end_event_initialize(ret, 1);
	else if (level->is_mapping)
		ok = yaml_mapping_end_event_initialize(ret);
	else
		ok = yaml_sequence_end_event_initialize(ret);
	if (!ok)
		alloc_failed();
	ret->start_mark.line = ret->end_mark.line = events->limit_line;
	ret->start_mark.index = ret->end_mark.index = yaml_events_position(events);
}

/* libyaml's reader gives a byte, not a line. */
static size_t line_of_byte(const struct yaml_events *events, size_t offset)
{
	size_t left = events->size - events->start;
	const char *p = events->bytes + events->start, *end = p + (offset < left ? offset : left);
	size_t line = events->start_line + 1;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		line++;
	}
	return line;
}

static int parse(struct yaml_events *events, yaml_event_t *ret, struct err *reterr)
{
	const yaml_parser_t *parser = &events->parser;
	size_t line;

	if (yaml_parser_parse(&events->parser, ret)) {
		ret->start_mark.line += events->start_line;
		ret->end_mark.line += events->start_line;
		events->event_fed = events->fed;
		return 0;
	}
	if (parser->error == YAML_MEMORY_ERROR)
		alloc_failed();
	if (parser->error == YAML_READER_ERROR && events->limit.code) {
		events->abandoned = true;
		return 0;
	}
	line = parser->error == YAML_READER_ERROR ? line_of_byte(events, parser->problem_offset)
						  : events->start_line + parser->problem_mark.line + 1;
	return err_set(reterr, -EBADMSG, "line %zu: %s", line,
		       parser->problem ? parser->problem : "not YAML");
}

/* An event of libyaml. Sets @ret_none if the document is abandoned instead. */
static int next_of_text(struct yaml_events *events, yaml_event_t *ret, bool *ret_none, struct err *reterr)
{
	for (;;) {
		int r = parse(events, ret, reterr);

		*ret_none = events->abandoned;
		if (r < 0 || events->abandoned)
			return r;
		if (ret->type == YAML_STREAM_END_EVENT
			    ? !next_part(events)
			    : ret->type != YAML_STREAM_START_EVENT || !events->start)
			return 0;
		yaml_event_delete(ret);
	}
}

int yaml_events_next(struct yaml_events *events, yaml_event_t *ret, struct err *reterr)
{
	bool none = true;
	int r;

	if (events->abandoned && events->completed) {
		if (!next_part(events)) {
			if (!yaml_stream_end_event_initialize(ret))
				alloc_failed();
			return 0;
		}
	}
	if (!events->abandoned) {
		r = next_of_text(events, ret, &none, reterr);
		if (r < 0)
			return r;
	}
	if (none)
		complete(events, ret);
	follow(events, ret);
	events->completed = events->abandoned && ret->type == YAML_DOCUMENT_END_EVENT;
	return 0;
}

size_t yaml_events_position(const struct yaml_events *events)
{
	return events->parser.mark.index;
}

size_t yaml_events_fed(const struct yaml_events *events)
{
	return events->fed;
}

size_t yaml_events_offset(const struct yaml_events *events)
{
	return events->start;
}

const struct err *yaml_events_limit(const struct yaml_events *events)
{
	return events->abandoned ? &events->limit : NULL;
}
