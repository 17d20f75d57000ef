/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.h - a ruleset in nft's language
 *
 * Room:     backend. A full backend, not a debug print: `nft -f` loads what it prints, and then lists what
 * the nfnl backend would have installed.
 */
#ifndef BACKEND_TEXT_H
#define BACKEND_TEXT_H

#include "backend/backend.h"

/**
 * text_print() - A complete ruleset
 * @changes:	steps from nothing: tables, chains and elements are added, nothing else
 * @text:	appended to
 *
 * Elements are grouped by Service, each group under a comment that names it. The same set of steps in any
 * order gives the same bytes. It begins by removing what stands, so that it can be loaded again.
 */
void text_print(const struct changes *changes, struct buf *text);

#endif
