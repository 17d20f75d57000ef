/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "config/flags.h"

#include <errno.h>
#include <string.h>

/* The flag that @word is, and the value within it, or NULL. */
static const struct setting *read_flag(const char *word, const char **ret_value)
{
	static const struct {
		char letter;
		const char *name;
	} letters[] = { { 'v', "v" }, { 'o', "output" }, { 'n', "namespace" } };
	size_t len = strcspn(word, "="), i;

	*ret_value = word[len] ? word + len + 1 : NULL;
	if (word[1] == '-')
		return setting_table_find_flag(word + 2, len - 2);
	if (strcmp(word, "-h") == 0)
		return setting_table_find_flag("help", strlen("help"));
	for (i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
		if (word[1] != letters[i].letter)
			continue;
		*ret_value = word[2] == '=' ? word + 3 : word[2] ? word + 2 : NULL;
		return setting_table_find_flag(letters[i].name, strlen(letters[i].name));
	}
	return NULL;
}

int flags_next(struct flags_line *line, struct err *reterr)
{
	const char *word = line->at + 1 < line->argc ? line->argv[line->at + 1] : "";

	if (word[0] != '-' || !word[1])
		return 0;
	line->at++;
	if (strcmp(word, "--") == 0)
		return 0;
	line->setting = read_flag(word, &line->value);
	if (!line->setting)
		return err_set(reterr, -EINVAL, "%s: unknown flag; --help lists them all", word);
	if (line->value)
		return 1;
	if (setting_table_takes_bool(line->setting)) {
		line->value = "true";
		return 1;
	}
	if (line->at + 1 >= line->argc)
		return err_set(reterr, -EINVAL, "%s: needs a value; --help says which", word);
	line->value = line->argv[++line->at];
	return 1;
}
