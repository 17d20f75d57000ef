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

const char *wall_print(int64_t time_us, char text[WALL_TEXT_SIZE])
{
	time_t seconds = (time_t)(time_us / 1000000);
	char fraction[8];
	struct tm tm;
	int len = 6;
	size_t n;

	(void)gmtime_r(&seconds, &tm);
	n = strftime(text, WALL_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(fraction, sizeof(fraction), "%06u", (unsigned int)(time_us % 1000000));
	while (len > 0 && fraction[len - 1] == '0')
		len--;
	(void)snprintf(text + n, WALL_TEXT_SIZE - n, "%s%.*sZ", len ? "." : "", len, fraction);
	return text;
}
