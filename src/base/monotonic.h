/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * monotonic.h - the clock for durations and timers
 *
 * Room:     base. Not for pure rooms: they take the time as an argument.
 */
#ifndef BASE_MONOTONIC_H
#define BASE_MONOTONIC_H

#include <stdint.h>

/** monotonic_us(), monotonic_ms() - CLOCK_MONOTONIC, as sd-event's timers count it. */
uint64_t monotonic_us(void);
uint64_t monotonic_ms(void);

#endif
