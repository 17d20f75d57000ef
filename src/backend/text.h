/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - a ruleset in nft's language
 *
 * Room:     backend. A full backend, not a debug print: `nft -f` loads the text, and then `nft list` prints the same as for
 *           the nfnl backend.
 */
#ifndef BACKEND_TEXT_H
#define BACKEND_TEXT_H

#include "backend/backend.h"

/**
 * text_print() - A complete ruleset
 * @changes:	from nothing: they only add
 * @text:	appended to
 *
 * Elements are grouped by Service, each group under a comment that names it. The same changes in any order give the
 * same bytes. The text begins by deleting the tables, so that it can be loaded again.
 */
void text_print(const struct changes *changes, struct buf *text);

#endif
