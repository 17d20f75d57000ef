/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * similar.h - whether two words are almost the same, for "did you mean ...?"
 *
 * Room:     base. Pure.
 * Rule:     the distance is the number of letters to insert, delete, replace, or exchange with the next one. Words of up to 4 letters
 *           may be 1 apart, longer ones 2. Bytes count as letters, and case matters.
 */
#ifndef BASE_SIMILAR_H
#define BASE_SIMILAR_H

#define SIMILAR_WORD_MAX 253 /* letters; longer words are like no other */

/** similar_distance() - How far @a is from @b, if they are similar; else -1. 0: they are the same. */
int similar_distance(const char *a, const char *b);

#endif
