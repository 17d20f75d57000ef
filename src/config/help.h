/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help.h - the text of --help
 *
 * Room:     config. Pure.
 */
#ifndef CONFIG_HELP_H
#define CONFIG_HELP_H

#include "base/buf.h"

void help_print(struct buf *text);

#endif
