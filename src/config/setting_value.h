/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setting_value.h - the value of a setting, from text and to text, by its type
 *
 * Room:     config. Pure. Flags and the fields of the configuration file are checked by the same functions.
 */
#ifndef CONFIG_SETTING_VALUE_H
#define CONFIG_SETTING_VALUE_H

#include "base/err.h"
#include "base/json_text.h"
#include "config/setting_table.h"
#include "config/settings.h"

/** enum setting_value_form - What a field of the file is: all have a text that a flag would have. */
enum setting_value_form {
	SETTING_VALUE_FORM_STRING,
	SETTING_VALUE_FORM_STRINGS, /* joined by commas */
	SETTING_VALUE_FORM_GATES,   /* "A=true,B=false"; in the file an object of bools */
	SETTING_VALUE_FORM_BOOL,
	SETTING_VALUE_FORM_NUMBER,
	SETTING_VALUE_FORM_DURATION,
};

enum setting_value_form setting_value_form(const struct setting *setting);
/**
 * setting_value_set() - Check @value and keep it in @settings
 * @given_by:	the flag or field, for the error and as struct setting has it; outlives @settings
 * @value:	outlives @settings
 *
 * It replaces the value that the setting had. Only a list with struct setting's @given_by is added to, if the same @given_by
 * gave that value, too: that is a flag which is given several times.
 *
 * Return: 0; -EINVAL: 'GIVEN_BY: "VALUE" is not allowed; allowed: …'; -ENOMEM.
 */
int setting_value_set(const struct setting *setting, const char *given_by, const char *value,
		      struct settings *settings, struct err *reterr) __attribute__((warn_unused_result));
/** setting_value_refuse() - That error of setting_value_set(). */
int setting_value_refuse(const char *given_by, const char *value, const char *allowed, struct err *reterr);
/** setting_value_set_defaults() - The defaults of all settings, into zeroed @settings. */
void setting_value_set_defaults(struct settings *settings);
/** setting_value_is_written() - Whether the setting is written as a field of a configuration file. */
bool setting_value_is_written(const struct setting *setting, const struct settings *settings);
/** setting_value_write() - Write it as member @key. */
void setting_value_write(const struct setting *setting, const struct settings *settings, const char *key,
			 struct json_text *json);

#endif
