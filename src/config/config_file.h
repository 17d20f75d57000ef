/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_file.h - the configuration file, read and written
 *
 * Room:     config.
 * Rule:     tests/COVERAGE.md X1 to X12, X16. kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration, YAML or JSON. A field of
 *           the wrong type, or with a value that is not allowed, is an error that names the file and the field. Noted are
 *           unknown fields, repeated ones (the last one counts) and those without effect here, unless their value is a
 *           default: "", 0, false, "0s", null, or an object of such. Our own settings are in the section "kubeNftproxy".
 */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_text.h"
#include "config/settings.h"

/** config_file_read() - Append the content of the file @path, at most a little more than is allowed. Return: 0; negative errno. */
int config_file_read(const char *path, struct buf *text, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * config_file_load() - Read settings->config into @settings
 *
 * If settings->config_text is not empty, it is the content, and the file is not read.
 *
 * Return: 0; negative errno.
 */
int config_file_load(struct settings *settings, struct err *reterr) __attribute__((warn_unused_result));
/** config_file_same() - Whether all settings that a file can have are equal in effect (X2). */
bool config_file_same(const struct settings *a, const struct settings *b);
/** config_file_print() - All settings as a KubeProxyConfiguration. @key: as json_text_begin() */
void config_file_print(const struct settings *settings, struct json_text *json, const char *key);
/** config_file_write() - That as YAML to settings->write_config_to. Return: 0; negative errno. */
int config_file_write(const struct settings *settings, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
