/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list.h - prints front ends, one line for each
 *
 * Room:     report. Pure. serve/lister.h adds them.
 * Shapes:   as text a verdict for all, then a table; as JSON one object. All strings are borrowed until list_end().
 */
#ifndef REPORT_LIST_H
#define REPORT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/service_name.h"

struct buf;
struct list;

/** enum list_verdict - What becomes of connections to a front end; the words are for programs, and never change */
enum list_verdict {
	LIST_VERDICT_SERVED,  /* "served" */
	LIST_VERDICT_REFUSED, /* "refused": it has no endpoint */
	LIST_VERDICT_DROPPED, /* "dropped": it has none that may be used here */
	LIST_VERDICT_LOST,    /* "lost": another Service owns it */
	LIST_VERDICT_WAITS,   /* "waits": the newest version of the Service is not in the kernel */
	LIST_VERDICT_REJECTED, /* "rejected": the Service cannot be used, so it has no front end; there is no address */
	LIST_VERDICT_UNKNOWN, /* "unknown": EndpointSlices were never listed */
	_LIST_VERDICT_MAX,
};

/**
 * struct list_line - One front end
 * @kind, @address: as in struct explain_frontend; "" if @verdict is _REJECTED
 * @protocol:	"tcp", ...
 * @n_used, @n_all: endpoints behind it, for pods and this node, and all of its port
 * @drops_outside: what comes from outside is dropped, because no endpoint is on this node
 * @why:	more about the verdict; NULL: nothing
 */
struct list_line {
	struct service_name service;
	const char *kind;
	const char *address;
	const char *protocol;
	size_t n_used;
	size_t n_all;
	enum list_verdict verdict;
	bool drops_outside;
	const char *why;
};

/** list_new() - @problems: leave out what is served */
struct list *list_new(bool problems);
struct list *list_free(struct list *list);
DEFINE_FREEP(struct list, list_free);
/** list_add() - The strings are copied. */
void list_add(struct list *list, const struct list_line *line);
/** list_unknown() - A kind was never listed: "EndpointSlices unknown (403 ...)"; copied. */
void list_unknown(struct list *list, const char *what);
/** list_has_problems() - Whether a line is not served. */
bool list_has_problems(const struct list *list);
/** list_is_unknown() - Whether list_unknown() was called. */
bool list_is_unknown(const struct list *list);
/** list_n() - How many lines there are; with @problems of list_new(), of those alone. */
size_t list_n(const struct list *list);
/** list_at() - Line @i; valid as long as @list. */
const struct list_line *list_at(const struct list *list, size_t i);
/** list_print_head() - The verdict for all, without the end of the line. */
void list_print_head(const struct list *list, struct buf *to);
/** list_print_text() - @colour: with escape sequences of a terminal */
void list_print_text(const struct list *list, bool colour, struct buf *to);
void list_print_json(const struct list *list, struct buf *to);
/** list_verdict_name() - For programs. */
const char *list_verdict_name(enum list_verdict verdict);

#endif
