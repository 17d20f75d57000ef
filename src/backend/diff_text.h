/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_text.h - changes as text for people
 *
 * Room:     backend. A line for each change: "+" adds, "-" deletes; for a chain also a line for each of its new rules.
 */
#ifndef BACKEND_DIFF_TEXT_H
#define BACKEND_DIFF_TEXT_H

#include "base/buf.h"
#include "ruleset/change.h"

/** diff_text_print() - @columns: longer lines are broken between words; 0: never. */
void diff_text_print(const struct changes *changes, size_t columns, struct buf *text);

#endif
