/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wall.h - the time of day, to be printed
 *
 * Room:     base. wall_us() is not for pure rooms: they take the time as an argument.
 */
#ifndef BASE_WALL_H
#define BASE_WALL_H

#include <stdint.h>

/** wall_us() - Microseconds since 1970. */
int64_t wall_us(void);

#define WALL_TEXT_SIZE 64

/** wall_print() - In UTC, RFC 3339, without zeros at the end of the fraction, as Go prints it; returns @text. */
const char *wall_print(int64_t time_us, char text[WALL_TEXT_SIZE]);
/** wall_print_milli() - The same with three digits of the fraction. */
const char *wall_print_milli(int64_t time_us, char text[WALL_TEXT_SIZE]);
/** wall_print_micro() - The same with all six digits of the fraction, as Kubernetes' MicroTime is printed. */
const char *wall_print_micro(int64_t time_us, char text[WALL_TEXT_SIZE]);

#endif
