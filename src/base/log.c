/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "base/log_output.h"
#include "base/plain_text.h"
#include "base/wall.h"

/* Process-wide, because every room logs. */
static enum log_level log_level_shown = LOG_LEVEL_INFO;
static bool log_json;
static bool log_stamps;
static log_sink *log_sink_used;

void log_set_level(enum log_level level)
{
	log_level_shown = level;
}

enum log_level log_level_of(int64_t verbosity)
{
	if (verbosity < 1)
		return LOG_LEVEL_NOTICE;
	return verbosity < 4 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

void log_set_stamps(bool stamps)
{
	log_stamps = stamps;
}

void log_set_json(bool json)
{
	log_json = json;
}

void log_set_sink(log_sink *sink)
{
	log_sink_used = sink;
}

bool log_enabled(enum log_level level)
{
	return level <= log_level_shown;
}

static const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARN:
		return "warn";
	case LOG_LEVEL_NOTICE:
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "unknown";
}

static void log_add_value(struct buf *line, const char *value)
{
	if (*value && !strpbrk(value, " \"=\\\t\n\r") &&
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,[]@+%*") ==
		    strlen(value)) {
		buf_printf(line, "%s", value);
		return;
	}
	buf_add(line, "\"", 1);
	while (*value) {
		struct plain_text_character character = plain_text_read(value);

		if (*value == '"' || *value == '\\')
			buf_printf(line, "\\%c", *value);
		else if (*value == '\n')
			buf_add(line, "\\n", 2);
		else if (character.plain)
			buf_add(line, value, character.size);
		else
			plain_text_escape(line, &character);
		value += character.size;
	}
	buf_add(line, "\"", 1);
}

static void log_print_text(struct buf *line, enum log_level level, const char *mod, const char *msg,
			   const struct log_field *fields)
{
	buf_printf(line, "level=%s mod=%s msg=", log_level_name(level), mod);
	log_add_value(line, msg);
	for (; fields && fields->key; fields++) {
		buf_printf(line, " %s=", fields->key);
		if (fields->is_text)
			log_add_value(line, fields->text ? fields->text : "");
		else if (fields->micro)
			buf_printf(line, "%" PRId64 ".%03" PRId64, fields->number / 1000,
				   fields->number % 1000);
		else
			buf_printf(line, "%" PRId64, fields->number);
	}
}

static void log_print_json(struct buf *line, enum log_level level, const char *mod, const char *msg,
			   const struct log_field *fields)
{
	struct json_text json = JSON_TEXT_INIT(line, 0);
	char time[WALL_TEXT_SIZE];

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "ts", wall_print_micro(wall_us(), time));
	json_text_string(&json, "level", log_level_name(level));
	json_text_string(&json, "mod", mod);
	json_text_string(&json, "msg", msg);
	for (; fields && fields->key; fields++) {
		if (fields->is_text)
			json_text_string(&json, fields->key, fields->text ? fields->text : "");
		else if (fields->micro)
			json_text_thousandths(&json, fields->key, fields->number);
		else
			json_text_number(&json, fields->key, fields->number);
	}
	json_text_end(&json, '}');
}

static void log_print(struct buf *line, enum log_level level, const char *mod, const char *msg,
		      const struct log_field *fields)
{
	if (log_json)
		log_print_json(line, level, mod, msg, fields);
	else
		log_print_text(line, level, mod, msg, fields);
}

/* To standard error. */
static bool log_send_line(const struct buf *line)
{
	struct buf stamped = BUF_INIT;
	char time[WALL_TEXT_SIZE];
	bool sent;

	if (log_stamps && !log_json)
		buf_printf(&stamped, "ts=%s ", wall_print_milli(wall_us(), time));
	buf_add(&stamped, line->data, line->size);
	buf_add(&stamped, "\n", 1);
	sent = log_output_write(stamped.data, stamped.size);
	buf_done(&stamped);
	return sent;
}

static bool log_send(enum log_level level, const char *mod, const char *msg, const struct log_field *fields)
{
	struct buf line = BUF_INIT;
	bool sent;

	log_print(&line, level, mod, msg, fields);
	sent = log_sink_used && log_sink_used(level, mod, msg, fields, buf_text(&line));
	if (!sent)
		sent = log_send_line(&line);
	buf_done(&line);
	return sent;
}

void log_event(enum log_level level, const char *mod, const char *msg, const struct log_field *fields)
{
	uint64_t n_lost = log_output_n_lost();

	if (!log_enabled(level))
		return;
	if (!log_send(level, mod, msg, fields) || !n_lost)
		return;
	/* The first one that is not lost: now there is room. */
	if (log_send(LOG_LEVEL_WARN, "daemon", "lines of the log were lost, as nobody read them",
		     (const struct log_field[]){ LOG_NUMBER("lines", n_lost), { .key = NULL } }))
		log_output_told();
}
