/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "base/wall.h"

/* Process-wide, because every room logs. */
static enum log_level log_level_shown = LOG_LEVEL_INFO;
static bool log_json;
static log_sink *log_sink_used;

void log_set_level(enum log_level level)
{
	log_level_shown = level;
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
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "unknown";
}

static void log_add_value(struct buf *line, const char *value)
{
	const unsigned char *p;

	if (*value && !strpbrk(value, " \"=\\\t\n\r") &&
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,[]@+%*") ==
		    strlen(value)) {
		buf_printf(line, "%s", value);
		return;
	}
	buf_add(line, "\"", 1);
	for (p = (const unsigned char *)value; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_printf(line, "\\%c", *p);
		else if (*p == '\n')
			buf_add(line, "\\n", 2);
		else if (*p < 0x20 || *p == 0x7f)
			buf_printf(line, "\\x%02x", *p);
		else
			buf_add(line, p, 1);
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

void log_event(enum log_level level, const char *mod, const char *msg, const struct log_field *fields)
{
	struct buf line = BUF_INIT;
	size_t done = 0;

	if (!log_enabled(level))
		return;
	if (log_json)
		log_print_json(&line, level, mod, msg, fields);
	else
		log_print_text(&line, level, mod, msg, fields);
	if (log_sink_used && log_sink_used(level, mod, msg, fields, buf_text(&line))) {
		buf_done(&line);
		return;
	}
	buf_add(&line, "\n", 1);
	while (done < line.size) {
		ssize_t n = write(STDERR_FILENO, line.data + done, line.size - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buf_done(&line);
}
