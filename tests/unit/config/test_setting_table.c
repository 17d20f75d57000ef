/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of settings: no name occurs twice, and each row can be used. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "config/setting_table.h"
#include "config/setting_value.h"
#include "config/settings.h"

static void test_names(void **state)
{
	const struct setting *setting;
	const char *name;
	size_t i;

	(void)state;
	for (i = 0; (setting = setting_table_row(i)); i++) {
		if (setting->path && setting_table_find_path(setting->path) != setting)
			fail_msg("%s has two rows", setting->path);
		if (!setting->flag || setting->type == SETTING_TYPE_COMMAND)
			continue;
		name = setting_table_name(setting);
		if (setting_table_find_flag(name, strlen(name)) != setting)
			fail_msg("%s has two rows", setting->flag);
	}
	assert_null(setting_table_find_flag("dry-ru", strlen("dry-ru")));
	assert_null(setting_table_find_flag("", 0));
	assert_null(setting_table_find_flag("status", strlen("status")));
	assert_null(setting_table_find_path("nftables"));
	assert_true(setting_table_is_section("nftables"));
	assert_false(setting_table_is_section("nft"));
}

/* A flag that is named to users has a description for the completions, and its default fits its text. */
static void test_descriptions(void **state)
{
	const struct setting *setting;
	size_t i;

	(void)state;
	for (i = 0; (setting = setting_table_row(i)); i++) {
		if (setting->flag && (setting->help || setting->metavar) && !setting->brief && !setting->help)
			fail_msg("%s has no description", setting->flag);
		if (setting->help && strstr(setting->help, "%s") && !setting->standard)
			fail_msg("%s has no default for its text", setting->flag);
		if (setting->metavar && setting->type != SETTING_TYPE_BOOL)
			assert_false(setting_table_takes_bool(setting));
	}
}

/* Each word of a row is accepted, and written as it was given. */
static void test_words(void **state)
{
	const struct setting *setting;
	struct settings settings = { .action = SETTINGS_ACTION_RUN };
	size_t i;

	(void)state;
	setting_value_set_defaults(&settings);
	for (i = 0; (setting = setting_table_row(i)); i++) {
		const char *word = setting->words;

		for (; word && *word; word += strspn(word, " ")) {
			struct buf text = BUF_INIT;
			struct json_text json = JSON_TEXT_INIT(&text, 0);
			size_t len = strcspn(word, " ");
			char value[64], expected[128];
			struct err err;

			(void)snprintf(value, sizeof(value), "%.*s", (int)len, word);
			if (setting_value_set(setting, "x", value, &settings, &err) < 0)
				fail_msg("%s", err.text);
			(void)snprintf(expected, sizeof(expected), "\"%s\"", value);
			setting_value_write(setting, &settings, NULL, &json);
			if (setting->type == SETTING_TYPE_WORD)
				assert_string_equal(buf_text(&text), expected);
			buf_done(&text);
			word += len;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
