/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_text.h - steps of a transaction, for people
 *
 * Room:     backend. A line for each: "+" is missing in the kernel, "-" is too much, and what rules of a chain are to be.
 */
#ifndef BACKEND_DIFF_TEXT_H
#define BACKEND_DIFF_TEXT_H

#include "base/buf.h"
#include "ruleset/change.h"

/** diff_text_print() - @columns: lines are broken there, where that can be done between words; 0: they are not. */
void diff_text_print(const struct changes *changes, size_t columns, struct buf *text);

#endif
