/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file.h - the configuration file, read and written
 *
 * Room:     config (config/proxy_config.h <-> daemon/settings.h).
 * Rule:     tests/COVERAGE.md X1 to X12, X16. What is wrong is an error that names the file and the field.
 */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/json_text.h"
#include "config/settings.h"

/** config_file_load() - Read settings->config and take what it says. Return: 0; negative errno. */
int config_file_load(struct settings *settings, struct err *reterr) __attribute__((warn_unused_result));
/** config_file_changed() - Whether the file says something else by now; one that cannot be read does not (X2). */
bool config_file_changed(const struct settings *settings);
/** config_file_print() - All settings as a KubeProxyConfiguration. @key: as json_text_begin() */
void config_file_print(const struct settings *settings, struct json_text *json, const char *key);
/** config_file_write() - That as YAML to settings->write_config_to. Return: 0; negative errno. */
int config_file_write(const struct settings *settings, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
