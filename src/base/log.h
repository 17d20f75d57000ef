/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - logfmt lines on stderr
 *
 * Room:  base; pure rooms (src/LAYERS) may not include it.
 * Form:  level=info mod=sync msg="…" key=value …   values are quoted where needed; characters that are not plain
 *        (base/plain_text.h) are escaped, so one call is one line. With log_set_stamps(), ts=2026-11-30T23:04:05.678Z comes first.
 * Speed: a line never waits for its reader (base/log_output.h). The first line after those that were lost is followed by their number.
 * Levels: error = cannot serve, an administrator must act; warn = degraded, and what was done instead; notice = start, stop,
 *        first sync, the end of what was warned about, printed as info; info = other changes of state, sums of changes;
 *        debug = the rest. Never a secret, never a whole ruleset.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/** struct log_field - One key and its value; made by LOG_TEXT(), LOG_NUMBER() or LOG_MS(). */
struct log_field {
	const char *key;  /* NULL ends a list */
	const char *text; /* NULL prints as "" */
	bool is_text;	  /* else the number is the value */
	int64_t number;
	bool micro; /* number counts thousandths: print as 1.234 */
};

#define LOG_TEXT(k, v)                                   \
	{                                                \
		.key = (k), .text = (v), .is_text = true \
	}
#define LOG_NUMBER(k, v)                           \
	{                                          \
		.key = (k), .number = (int64_t)(v) \
	}
/** LOG_MS() - Microseconds, printed as milliseconds with three decimals. */
#define LOG_MS(k, us)                                              \
	{                                                          \
		.key = (k), .number = (int64_t)(us), .micro = true \
	}

/** log_set_level() - Print messages up to this level (default LOG_LEVEL_INFO). */
void log_set_level(enum log_level level);
/** log_level_of() - What the setting @verbosity shows: 0 up to notice, from 1 info, from 4 debug. */
enum log_level log_level_of(int64_t verbosity);
/** log_set_stamps() - From now on, text lines on stderr begin with the time (default: they do not). Lines for a sink never do. */
void log_set_stamps(bool stamps);
/** log_set_json() - From now on, write each line as a JSON object: ts (RFC 3339), level, mod, msg, and the fields. */
void log_set_json(bool json);
/** typedef log_sink - Take one line; @line is its text. Return: false: write the line to stderr. */
typedef bool log_sink(enum log_level level, const char *mod, const char *msg, const struct log_field *fields,
		      const char *line);
/** log_set_sink() - Where lines go instead of stderr. */
void log_set_sink(log_sink *sink);
bool log_enabled(enum log_level level);
/** log_event() - Write one line; use the macros below. */
void log_event(enum log_level level, const char *mod, const char *msg, const struct log_field *fields);

#define log_write(level, mod, msg, ...) \
	log_event(level, mod, msg, (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ .key = 0 } })
#define log_error(mod, msg, ...)  log_write(LOG_LEVEL_ERROR, mod, msg, __VA_ARGS__)
#define log_warn(mod, msg, ...)	  log_write(LOG_LEVEL_WARN, mod, msg, __VA_ARGS__)
#define log_notice(mod, msg, ...) log_write(LOG_LEVEL_NOTICE, mod, msg, __VA_ARGS__)
#define log_info(mod, msg, ...)	  log_write(LOG_LEVEL_INFO, mod, msg, __VA_ARGS__)
#define log_debug(mod, msg, ...)  log_write(LOG_LEVEL_DEBUG, mod, msg, __VA_ARGS__)

#endif
