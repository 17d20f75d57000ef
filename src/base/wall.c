/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/wall.h"

#include <stdio.h>
#include <time.h>

int64_t wall_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* @places: digits of the fraction, 0 to 6 */
static const char *wall_format(int64_t time_us, int places, char text[WALL_TEXT_SIZE])
{
	time_t seconds = (time_t)(time_us / 1000000);
	char fraction[8];
	struct tm tm;
	size_t n;

	(void)gmtime_r(&seconds, &tm);
	n = strftime(text, WALL_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(fraction, sizeof(fraction), "%06u", (unsigned int)(time_us % 1000000));
	(void)snprintf(text + n, WALL_TEXT_SIZE - n, "%s%.*sZ", places ? "." : "", places, fraction);
	return text;
}

const char *wall_print(int64_t time_us, char text[WALL_TEXT_SIZE])
{
	int64_t fraction = time_us % 1000000;
	int places = fraction ? 6 : 0;

	for (; places && fraction % 10 == 0; fraction /= 10)
		places--;
	return wall_format(time_us, places, text);
}

const char *wall_print_milli(int64_t time_us, char text[WALL_TEXT_SIZE])
{
	return wall_format(time_us, 3, text);
}

const char *wall_print_micro(int64_t time_us, char text[WALL_TEXT_SIZE])
{
	return wall_format(time_us, 6, text);
}
