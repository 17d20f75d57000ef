/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opts_flags.h - which flags there are, and the command line cut into them
 *
 * Room:     daemon. Pure. For opts.c.
 * Rule:     the forms are pflag's, as kube-proxy takes them: --flag VALUE, --flag=VALUE, -v LEVEL, -vLEVEL, -v=LEVEL; what is true or
 *           false is --flag or --flag=VALUE; `_' in a name is `-'. A name is given whole: what removes the tables must not be
 *           reached by a slip.
 */
#ifndef DAEMON_OPTS_FLAGS_H
#define DAEMON_OPTS_FLAGS_H

#include "base/err.h"
#include "daemon/opts_set.h"

enum opts_flags_kind {
	OPTS_FLAGS_OURS,
	OPTS_FLAGS_KUBE_PROXYS, /* ignored beside a file (X1) */
	OPTS_FLAGS_WITHOUT_EFFECT,
	OPTS_FLAGS_CONFIG,
	OPTS_FLAGS_WRITE_CONFIG_TO,
	OPTS_FLAGS_DRY_RUN,
	OPTS_FLAGS_CLEANUP,
	OPTS_FLAGS_INIT_ONLY,
	OPTS_FLAGS_HELP,
	OPTS_FLAGS_VERSION,
};

/**
 * struct opts_flags_line - A command line; zeroed but for @argc and @argv it is at its beginning
 * @at:		the next word, less one; at the end: how many words were flags
 * @kind, @setting: of the flag at hand
 * @where:	what the user calls it: "--cluster-cidr"; never freed
 * @value:	NULL: one that is true or false stands alone
 */
struct opts_flags_line {
	int argc;
	char *const *argv;
	int at;
	enum opts_flags_kind kind;
	enum opts_setting setting;
	const char *where;
	const char *value;
};

/**
 * opts_flags_next() - Read the next flag
 *
 * Return: 1; 0 at the end, or before a word that is no flag; -EINVAL with one line that names it.
 */
int opts_flags_next(struct opts_flags_line *line, struct err *reterr) __attribute__((warn_unused_result));

#endif
