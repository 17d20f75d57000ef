/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *unit;
	double ms;
} duration_units[] = { { "ms", 1 },	 { "us", 0.001 }, { "\xc2\xb5s", 0.001 }, { "ns", 0.000001 },
		       { "h", 3600000 }, { "m", 60000 },  { "s", 1000 } };

/* Read a number and its unit at *@text, and move *@text behind them. */
static bool duration_part(const char **text, double *ret_ms)
{
	size_t len = strspn(*text, "0123456789."), i;
	char *end;
	double value;

	if (!len)
		return false;
	value = strtod(*text, &end);
	if (end != *text + len)
		return false;
	for (i = 0; i < ARRAY_SIZE(duration_units); i++) {
		size_t size = strlen(duration_units[i].unit);

		if (strncmp(end, duration_units[i].unit, size) != 0)
			continue;
		*ret_ms = value * duration_units[i].ms;
		*text = end + size;
		return true;
	}
	return false;
}

bool duration_parse(const char *text, int64_t *ret_ms)
{
	bool negative = *text == '-';
	double total = 0, part;

	text += *text == '-' || *text == '+';
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	if (!*text)
		return false;
	while (*text) {
		if (!duration_part(&text, &part))
			return false;
		total += part;
	}
	if (!(total <= (double)DURATION_MAX_MS))
		return false;
	*ret_ms = (int64_t)(total + 0.5) * (negative ? -1 : 1);
	return true;
}

const char *duration_print(int64_t ms, char text[DURATION_TEXT_SIZE])
{
	uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
	uint64_t hours = left / 3600000, minutes = left / 60000 % 60, seconds = left / 1000 % 60;
	const char *sign = ms < 0 ? "-" : "";
	char fraction[8] = "";
	size_t len;

	left %= 1000;
	if (ms && !hours && !minutes && !seconds) {
		(void)snprintf(text, DURATION_TEXT_SIZE, "%s%" PRIu64 "ms", sign, left);
		return text;
	}
	if (left) {
		(void)snprintf(fraction, sizeof(fraction), ".%03u", (unsigned int)left);
		for (len = 4; fraction[len - 1] == '0'; len--)
			fraction[len - 1] = '\0';
	}
	if (hours)
		(void)snprintf(text, DURATION_TEXT_SIZE, "%s%" PRIu64 "h%" PRIu64 "m%" PRIu64 "%ss", sign,
			       hours, minutes, seconds, fraction);
	else if (minutes)
		(void)snprintf(text, DURATION_TEXT_SIZE, "%s%" PRIu64 "m%" PRIu64 "%ss", sign, minutes,
			       seconds, fraction);
	else
		(void)snprintf(text, DURATION_TEXT_SIZE, "%s%" PRIu64 "%ss", sign, seconds, fraction);
	return text;
}
