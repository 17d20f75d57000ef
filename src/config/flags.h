/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flags.h - the command line, cut into flags and their values
 *
 * Room:     config. Pure. For command_line.c.
 * Rule:     the forms are pflag's, as kube-proxy takes them: --flag VALUE, --flag=VALUE, -v LEVEL, -vLEVEL, -v=LEVEL; a bool is
 *           --flag or --flag=VALUE; `_' in a name counts as `-'. A name must be complete: a slip must not reach --cleanup,
 *           which removes the tables.
 */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H

#include "base/err.h"
#include "config/setting_table.h"

/**
 * struct flags_line - A command line; zeroed but for @argc and @argv it is at its beginning
 * @at:		the last word that was read; at the end: how many words were flags
 * @setting, @value: of the current flag; "true" for a bool without a value
 */
struct flags_line {
	int argc;
	char *const *argv;
	int at;
	const struct setting *setting;
	const char *value;
};

/**
 * flags_next() - Read the next flag
 *
 * Return: 1; 0 at the end, or before a word that is no flag; -EINVAL with one line that names it.
 */
int flags_next(struct flags_line *line, struct err *reterr) __attribute__((warn_unused_result));

#endif
