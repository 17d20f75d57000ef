/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rfc3339.h - points in time as the API writes them
 *
 * Room:     decode. Pure: own arithmetic, no clock and no time zone.
 */
#ifndef DECODE_RFC3339_H
#define DECODE_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#define RFC3339_MIN_S (-62135596800) /* 0001-01-01T00:00:00Z */
#define RFC3339_MAX_S 253402300799   /* 9999-12-31T23:59:59Z */

/**
 * rfc3339_parse() - "2024-02-29T12:00:00Z", fractions and offsets ("+02:00") allowed
 * @ret_s:	seconds since 1970, fractions cut off; set on success only
 */
bool rfc3339_parse(const char *text, int64_t *ret_s);
/** rfc3339_parse_us() - The same in microseconds, smaller fractions cut off. */
bool rfc3339_parse_us(const char *text, int64_t *ret_us);

#endif
