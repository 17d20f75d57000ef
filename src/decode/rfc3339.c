/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/rfc3339.h"

/* Exactly @n digits, in @min..@max. */
static bool take_number(const char **p, int n, int min, int max, int *ret)
{
	int value = 0;

	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		value = value * 10 + (**p - '0');
	}
	*ret = value;
	return value >= min && value <= max;
}

static bool take_char(const char **p, char c)
{
	if (**p != c && **p != c + ('a' - 'A'))
		return false;
	(*p)++;
	return true;
}

static bool take_fraction(const char **p, int64_t *ret_us)
{
	int64_t unit = 100000;

	*ret_us = 0;
	if (**p != '.')
		return true;
	(*p)++;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
		*ret_us += (**p - '0') * unit;
	return true;
}

static bool take_offset(const char **p, int *ret_s)
{
	int hours, minutes, sign;

	*ret_s = 0;
	if (take_char(p, 'Z'))
		return true;
	if (**p != '+' && **p != '-')
		return false;
	sign = *(*p)++ == '-' ? -1 : 1;
	if (!take_number(p, 2, 0, 23, &hours) || **p != ':')
		return false;
	(*p)++;
	if (!take_number(p, 2, 0, 59, &minutes))
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_since_1970(int year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = year - 1; /* whole years of our calendar since its year 1 */

	return past * 365 + past / 4 - past / 100 + past / 400 - 719162 + before[month - 1] +
	       (month > 2 && leap(year)) + day - 1;
}

static bool parse(const char *text, int64_t *ret_s, int64_t *ret_us)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, hour, minute, second, offset_s;
	const char *p = text;

	if (!take_number(&p, 4, 1, 9999, &year) || *p++ != '-')
		return false;
	if (!take_number(&p, 2, 1, 12, &month) || *p++ != '-')
		return false;
	if (!take_number(&p, 2, 1, days[month - 1] + (month == 2 && leap(year)), &day) || !take_char(&p, 'T'))
		return false;
	if (!take_number(&p, 2, 0, 23, &hour) || *p++ != ':')
		return false;
	if (!take_number(&p, 2, 0, 59, &minute) || *p++ != ':')
		return false;
	if (!take_number(&p, 2, 0, 60, &second) || !take_fraction(&p, ret_us) ||
	    !take_offset(&p, &offset_s) || *p)
		return false;
	*ret_s = days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
	return true;
}

bool rfc3339_parse(const char *text, int64_t *ret_s)
{
	int64_t us;

	return parse(text, ret_s, &us);
}

bool rfc3339_parse_us(const char *text, int64_t *ret_us)
{
	int64_t s, us;

	if (!parse(text, &s, &us))
		return false;
	*ret_us = s * 1000000 + us;
	return true;
}
