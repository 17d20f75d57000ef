/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * terminal.h - what commands print
 *
 * Room:     daemon. Effects: standard output and standard error.
 * Rule:     what it says comes from files, from the kernel and from whoever answers at the control socket, so it is cleaned
 *           (base/plain_text.h).
 */
#ifndef DAEMON_TERMINAL_H
#define DAEMON_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "config/settings.h"

/** terminal_has_colours() - Whether text on standard output gets colours: as @color says; _AUTO: on a terminal, if NO_COLOR is unset or empty. */
bool terminal_has_colours(enum settings_color color);
/** terminal_columns() - The width of the terminal that is standard output; 0: it is none, or does not say. */
size_t terminal_columns(void);
/** terminal_print() - Print @text, which is cleaned. @colours: those of report/words.h stay. Return: whether all was written. */
bool terminal_print(FILE *to, struct buf *text, bool colours);
/** terminal_complain() - "kube-nftproxy: TEXT" and a line feed on standard error. */
void terminal_complain(const char *text);

#endif
