/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_text.h"
#include "report/words.h"

/* A column is as wide as its widest entry, but not wider than this. */
#define LIST_SERVICE_MAX 40
#define LIST_ADDRESS_MAX 46

/**
 * struct list
 * @n_all:	front ends, also those that are left out; @n_by: by verdict
 * @n_services:	that they are of; @last: the Service of the last one
 */
struct list {
	bool problems;
	struct arena *arena;
	size_t n;
	struct list_line *lines;
	size_t n_all;
	size_t n_by[_LIST_VERDICT_MAX];
	size_t n_services;
	struct service_name last;
	const char *unknown;
};

struct list *list_new(bool problems)
{
	struct list *list = alloc_zeroed(1, sizeof(*list));

	list->problems = problems;
	list->arena = arena_new();
	return list;
}

struct list *list_free(struct list *list)
{
	if (!list)
		return NULL;
	arena_free(list->arena);
	free(list->lines);
	free(list);
	return NULL;
}

void list_add(struct list *list, const struct list_line *line)
{
	struct list_line *added;

	if (!service_name_is_set(list->last) || !service_name_equal(list->last, line->service)) {
		list->last = service_name_copy_to(list->arena, line->service);
		list->n_services++;
	}
	list->n_all++;
	list->n_by[line->verdict]++;
	if (list->problems && line->verdict == LIST_VERDICT_SERVED)
		return;
	added = ALLOC_APPEND(list->lines, list->n);
	*added = *line;
	added->service = list->last;
	added->kind = arena_string(list->arena, line->kind);
	added->address = arena_string(list->arena, line->address);
	added->protocol = arena_string(list->arena, line->protocol);
	added->why = line->why ? arena_string(list->arena, line->why) : NULL;
}

void list_unknown(struct list *list, const char *what)
{
	list->unknown = list->unknown ? arena_printf(list->arena, "%s, %s", list->unknown, what)
				      : arena_string(list->arena, what);
}

bool list_has_problems(const struct list *list)
{
	return list->n_by[LIST_VERDICT_SERVED] != list->n_all;
}

bool list_is_unknown(const struct list *list)
{
	return list->unknown;
}

size_t list_n(const struct list *list)
{
	return list->n;
}

const struct list_line *list_at(const struct list *list, size_t i)
{
	return &list->lines[i];
}

const char *list_verdict_name(enum list_verdict verdict)
{
	static const char *const names[_LIST_VERDICT_MAX] = {
		[LIST_VERDICT_SERVED] = "served",   [LIST_VERDICT_REFUSED] = "refused",
		[LIST_VERDICT_DROPPED] = "dropped", [LIST_VERDICT_LOST] = "lost",
		[LIST_VERDICT_WAITS] = "waits",	    [LIST_VERDICT_REJECTED] = "rejected",
		[LIST_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

/* --- text ------------------------------------------------------------------------------------------------
 */

static const char *list_s(size_t n)
{
	return n == 1 ? "" : "s";
}

void list_print_head(const struct list *list, struct buf *to)
{
	int verdict;

	if (list->unknown)
		buf_printf(to, "%s; ", list->unknown);
	buf_printf(to, "%zu front end%s of %zu Service%s", list->n_all, list_s(list->n_all), list->n_services,
		   list_s(list->n_services));
	if (!list_has_problems(list) && list->n_all)
		buf_printf(to, ", all served");
	for (verdict = 0; list_has_problems(list) && verdict < _LIST_VERDICT_MAX; verdict++)
		if (list->n_by[verdict])
			buf_printf(to, ", %zu %s", list->n_by[verdict],
				   list_verdict_name((enum list_verdict)verdict));
}

static void list_address(const struct list_line *line, char text[160])
{
	(void)snprintf(text, 160, "%s%s%s %s", line->protocol, *line->protocol ? " " : "", line->address,
		       line->kind);
}

static size_t list_widest(size_t width, const char *text, size_t max)
{
	size_t len = strlen(text);

	return len <= max && len > width ? len : width;
}

static void list_print_line(const struct list_line *line, size_t service_width, size_t address_width,
			    bool colour, struct buf *to)
{
	char service[SERVICE_NAME_TEXT_SIZE], address[160], endpoints[48] = "-";
	bool good = line->verdict == LIST_VERDICT_SERVED;

	list_address(line, address);
	if (line->verdict != LIST_VERDICT_REJECTED && line->verdict != LIST_VERDICT_UNKNOWN)
		(void)snprintf(endpoints, sizeof(endpoints), "%zu/%zu", line->n_used, line->n_all);
	buf_printf(to, "%-*s  %-*s  %9s  ", (int)service_width, service_name_print(line->service, service),
		   (int)address_width, address, endpoints);
	words_colour(to, colour, good ? WORDS_COLOUR_GOOD : WORDS_COLOUR_BAD,
		     list_verdict_name(line->verdict));
	if (line->drops_outside)
		buf_printf(to, "; dropped from outside: no endpoint is on this node");
	if (line->why)
		buf_printf(to, ": %s", line->why);
	buf_add(to, "\n", 1);
}

void list_print_text(const struct list *list, bool colour, struct buf *to)
{
	size_t service_width = strlen("SERVICE"), address_width = strlen("FRONT END"), i;
	char text[SERVICE_NAME_TEXT_SIZE > 160 ? SERVICE_NAME_TEXT_SIZE : 160];
	struct buf head = BUF_INIT;

	list_print_head(list, &head);
	words_colour(to, colour,
		     list->unknown || list_has_problems(list) ? WORDS_COLOUR_BAD : WORDS_COLOUR_GOOD,
		     buf_text(&head));
	buf_add(to, "\n", 1);
	buf_done(&head);
	for (i = 0; i < list->n; i++) {
		service_width = list_widest(service_width, service_name_print(list->lines[i].service, text),
					    LIST_SERVICE_MAX);
		list_address(&list->lines[i], text);
		address_width = list_widest(address_width, text, LIST_ADDRESS_MAX);
	}
	if (list->n)
		buf_printf(to, "%-*s  %-*s  %9s  %s\n", (int)service_width, "SERVICE", (int)address_width,
			   "FRONT END", "ENDPOINTS", "VERDICT");
	for (i = 0; i < list->n; i++)
		list_print_line(&list->lines[i], service_width, address_width, colour, to);
}

/* --- JSON ------------------------------------------------------------------------------------------------
 */

static const char *list_word(const struct list *list)
{
	if (list->unknown)
		return "unknown";
	return list_has_problems(list) ? "problems" : "good";
}

static void list_line_json(const struct list_line *line, struct json_text *json)
{
	json_text_begin(json, NULL, '{');
	json_text_string(json, "namespace", line->service.namespace);
	json_text_string(json, "name", line->service.name);
	json_text_string(json, "verdict", list_verdict_name(line->verdict));
	if (*line->kind) {
		json_text_string(json, "kind", line->kind);
		json_text_string(json, "address", line->address);
		json_text_string(json, "protocol", line->protocol);
		json_text_number(json, "endpoints", (int64_t)line->n_used);
		json_text_number(json, "endpointsOf", (int64_t)line->n_all);
		json_text_bool(json, "dropsFromOutside", line->drops_outside);
	}
	if (line->why)
		json_text_string(json, "reason", line->why);
	json_text_end(json, '}');
}

void list_print_json(const struct list *list, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);
	size_t i;

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "verdict", list_word(list));
	json_text_string(&json, "unknown", list->unknown);
	json_text_number(&json, "services", (int64_t)list->n_services);
	json_text_number(&json, "total", (int64_t)list->n_all);
	json_text_number(&json, "problems", (int64_t)(list->n_all - list->n_by[LIST_VERDICT_SERVED]));
	json_text_begin(&json, "frontends", '[');
	for (i = 0; i < list->n; i++)
		list_line_json(&list->lines[i], &json);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
