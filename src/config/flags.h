/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flags.h - which flags there are, and the command line cut into them
 *
 * Room:     config. Pure. For settings.c.
 * Rule:     the forms are pflag's, as kube-proxy takes them: --flag VALUE, --flag=VALUE, -v LEVEL, -vLEVEL, -v=LEVEL; what is true or
 *           false is --flag or --flag=VALUE; `_' in a name is `-'. A name is given whole: what removes the tables must not be
 *           reached by a slip.
 */
#ifndef CONFIG_FLAGS_H
#define CONFIG_FLAGS_H

#include "base/err.h"
#include "config/settings_set.h"

enum flags_kind {
	FLAGS_OURS,
	FLAGS_KUBE_PROXYS, /* ignored beside a file (X1) */
	FLAGS_WITHOUT_EFFECT,
	FLAGS_CONFIG,
	FLAGS_WRITE_CONFIG_TO,
	FLAGS_DRY_RUN,
	FLAGS_CLEANUP,
	FLAGS_INIT_ONLY,
	FLAGS_HELP,
	FLAGS_VERSION,
};

/**
 * struct flags_line - A command line; zeroed but for @argc and @argv it is at its beginning
 * @at:		the next word, less one; at the end: how many words were flags
 * @kind, @setting: of the flag at hand
 * @where:	what the user calls it: "--cluster-cidr"; never freed
 * @value:	NULL: one that is true or false stands alone
 */
struct flags_line {
	int argc;
	char *const *argv;
	int at;
	enum flags_kind kind;
	enum setting setting;
	const char *where;
	const char *value;
};

/**
 * flags_next() - Read the next flag
 *
 * Return: 1; 0 at the end, or before a word that is no flag; -EINVAL with one line that names it.
 */
int flags_next(struct flags_line *line, struct err *reterr) __attribute__((warn_unused_result));

#endif
