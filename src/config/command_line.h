/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command_line.h - the command line, and the configuration file that it names, become settings
 *
 * Room:     config.
 * Rule:     names and meanings are kube-proxy's where it has them. An unknown flag or a bad value is one line that names the flag,
 *           the value and what is allowed.
 */
#ifndef CONFIG_COMMAND_LINE_H
#define CONFIG_COMMAND_LINE_H

#include "base/err.h"
#include "config/settings.h"

/**
 * command_line_parse() - Read the command line, and the file that it names
 * @ret:	set on success only; settings_done() it
 *
 * Beside a file kube-proxy's own flags are ignored, but for --hostname-override and those about the log (X1). Our own flags
 * overrule the file.
 *
 * Return: 0; negative errno with one line in @reterr.
 */
int command_line_parse(int argc, char *const *argv, struct settings *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** command_line_parse_with() - The same, where the file's content is @config_text; empty: it is read. */
int command_line_parse_with(int argc, char *const *argv, const struct buf *config_text, struct settings *ret,
			    struct err *reterr) __attribute__((warn_unused_result));

#endif
