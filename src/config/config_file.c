/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Reading
 *
 * The document is walked, not the table, so that fields are found that the table lacks. The walk gives the text of each field,
 * which is then set as the value of a flag would be, in the order of the table: where a field overrules another, the order in the
 * file does not matter.
 */
#include "config.h"
#include "config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/duration.h"
#include "config/setting_table.h"
#include "config/setting_value.h"
#include "decode/document.h"
#include "decode/field.h"

#define CONFIG_SIZE_MAX (1024 * 1024)
#define PATH_SIZE	192
#define STRINGS_MAX	64

/* --- reading ---------------------------------------------------------------------------------------------
 */

int config_file_read(const char *path, struct buf *text, struct err *reterr)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_set(reterr, -errno, "%s", strerror(errno));
	do {
		n = read(fd, buf_reserve(text, 65536), 65536);
		if (n > 0)
			text->size += (size_t)n;
	} while ((n > 0 || (n < 0 && errno == EINTR)) && text->size <= CONFIG_SIZE_MAX);
	return n < 0 ? err_set(reterr, -errno, "%s", strerror(errno)) : 0;
}

/* @texts: the fields' values by the index of their row, NULL: the default */
struct reader {
	struct settings *settings;
	const char *texts[SETTING_TABLE_MAX];
};

static void note_repeated(void *ctx, const char *key)
{
	settings_note(ctx, SETTINGS_NOTE_REPEATED, key);
}

/* Those fields in it that have a value: "ipvs.scheduler" rather than "ipvs". */
static void note_without_effect(struct settings *settings, const char *path, const struct field *field)
{
	const char *key = NULL;
	char below[PATH_SIZE];

	if (document_is_default(field))
		return;
	if (!document_is_object(field)) {
		settings_note(settings, SETTINGS_NOTE_WITHOUT_EFFECT, path);
		return;
	}
	while ((key = document_next_key(field, key))) {
		struct field member = field_member(field, key);

		(void)snprintf(below, sizeof(below), "%s.%s", path, key);
		note_without_effect(settings, below, &member);
	}
}

static void read_strings(const struct field *field, struct buf *joined)
{
	size_t n = field_array(field, STRINGS_MAX), i;

	for (i = 0; i < n; i++) {
		struct field element = field_element(field, i);

		buf_printf(joined, "%s%s", i ? "," : "", field_string(&element));
	}
}

static void read_gates(const struct field *field, struct buf *joined)
{
	const char *key = NULL;

	field_object(field);
	while (!field_failed(field) && (key = document_next_key(field, key))) {
		struct field gate = field_member(field, key);

		if (strpbrk(key, ",= "))
			field_fail_value(field, key, "the name of a feature gate");
		buf_printf(joined, "%s%s=%s", joined->size ? "," : "", key,
			   field_bool(&gate, false) ? "true" : "false");
	}
}

/* Returns false if it stands for the default. */
static bool read_duration(const struct setting *setting, const struct field *field, struct buf *text)
{
	const char *string = field_string(field);
	char printed[DURATION_TEXT_SIZE];
	int64_t ms;

	if (!duration_parse(string, &ms)) {
		field_fail_value(field, string, "a duration such as 1m30s");
		return false;
	}
	buf_printf(text, "%s", duration_print(ms, printed));
	return ms || !setting->zero_is_default;
}

/* Adds the value as the text that a flag would have. Returns false if it stands for the default. */
static bool read_text(const struct setting *setting, const struct field *field, struct buf *text)
{
	int64_t number;

	switch (setting_value_form(setting)) {
	case SETTING_VALUE_FORM_STRING:
		buf_printf(text, "%s", field_string(field));
		return text->size;
	case SETTING_VALUE_FORM_STRINGS:
		read_strings(field, text);
		return field_array(field, STRINGS_MAX);
	case SETTING_VALUE_FORM_GATES:
		read_gates(field, text);
		return text->size;
	case SETTING_VALUE_FORM_BOOL:
		buf_printf(text, "%s", field_bool(field, false) ? "true" : "false");
		return true;
	case SETTING_VALUE_FORM_NUMBER:
		number = field_number(field, INT32_MIN, INT32_MAX, 0);
		buf_printf(text, "%" PRId64, number);
		return number || !setting->zero_is_default;
	case SETTING_VALUE_FORM_DURATION:
		return read_duration(setting, field, text);
	}
	return false;
}

static void read_field(struct reader *reader, const struct setting *setting, const struct field *field)
{
	struct buf text = BUF_INIT;

	if (field_given(field) && read_text(setting, field, &text))
		reader->texts[setting - setting_table_row(0)] =
			arena_string(reader->settings->strings, buf_text(&text));
	buf_done(&text);
}

/* @prefix: the path of @object, "" at the top */
static void read_section(struct reader *reader, const struct field *object, const char *prefix)
{
	const char *key = NULL;
	char path[PATH_SIZE];

	field_object(object);
	while (!field_failed(object) && (key = document_next_key(object, key))) {
		struct field field = field_member(object, key);
		const struct setting *setting;

		(void)snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", key);
		setting = setting_table_find_path(path);
		if (!setting && setting_table_is_section(path))
			read_section(reader, &field, path);
		else if (!setting)
			settings_note(reader->settings, SETTINGS_NOTE_UNKNOWN, path);
		else if (setting_table_has_effect(setting))
			read_field(reader, setting, &field);
		else
			note_without_effect(reader->settings, path, &field);
	}
}

/* A constant field must be there. */
static void check_constant(const struct field *root, const char *key)
{
	const char *standard = setting_table_find_path(key)->standard;
	struct field field = field_member(root, key);
	const char *text = field_string(&field);

	if (strcmp(text, standard) != 0)
		field_fail_value(&field, text, standard);
}

static int read_document(struct settings *settings, const struct document *document, struct err *reterr)
{
	struct field_reading reading = { .err = reterr };
	struct field root = document_root(document, &reading);
	struct reader reader = { .settings = settings };
	const struct setting *setting;
	int r = 0;
	size_t i;

	field_object(&root);
	check_constant(&root, "kind");
	check_constant(&root, "apiVersion");
	read_section(&reader, &root, "");
	if (reading.code)
		return reading.code;
	for (i = 0; !r && (setting = setting_table_row(i)); i++)
		if (reader.texts[i])
			r = setting_value_set(setting, setting->path, reader.texts[i], settings, reterr);
	return r;
}

int config_file_load(struct settings *settings, struct err *reterr)
{
	_cleanup_(document_freep) struct document *document = NULL;
	int r = 0;

	settings->strings = arena_new();
	if (!settings->config_text.size)
		r = config_file_read(settings->config, &settings->config_text, reterr);
	if (!r && settings->config_text.size > CONFIG_SIZE_MAX)
		r = err_set(reterr, -E2BIG, "more than %d bytes", CONFIG_SIZE_MAX);
	if (!r)
		r = document_read(buf_text(&settings->config_text), settings->config_text.size, note_repeated,
				  settings, &document, reterr);
	if (!r)
		r = read_document(settings, document, reterr);
	return r < 0 ? err_wrap(reterr, "%s", settings->config) : 0;
}

/* --- writing ---------------------------------------------------------------------------------------------
 */

static const char *path_of(const struct setting *setting)
{
	return setting->path;
}

/* In the order of the paths, of which those with a dot are in a section. */
void config_file_print(const struct settings *settings, struct json_text *json, const char *key)
{
	const struct setting *fields[SETTING_TABLE_MAX];
	size_t n = setting_table_sort(path_of, fields), i, len;
	char section[PATH_SIZE] = "";

	json_text_begin(json, key, '{');
	for (i = 0; i < n; i++) {
		const char *path = fields[i]->path, *dot = strchr(path, '.');

		if (!setting_value_is_written(fields[i], settings))
			continue;
		len = dot ? (size_t)(dot - path) : 0;
		if (strlen(section) != len || strncmp(section, path, len) != 0) {
			if (*section)
				json_text_end(json, '}');
			(void)snprintf(section, sizeof(section), "%.*s", (int)len, path);
			if (*section)
				json_text_begin(json, section, '{');
		}
		setting_value_write(fields[i], settings, dot ? dot + 1 : path, json);
	}
	if (*section)
		json_text_end(json, '}');
	json_text_end(json, '}');
}

bool config_file_same(const struct settings *a, const struct settings *b)
{
	struct buf text_a = BUF_INIT, text_b = BUF_INIT;
	struct json_text json_a = JSON_TEXT_INIT(&text_a, JSON_TEXT_YAML);
	struct json_text json_b = JSON_TEXT_INIT(&text_b, JSON_TEXT_YAML);
	bool same;

	config_file_print(a, &json_a, NULL);
	config_file_print(b, &json_b, NULL);
	same = strcmp(buf_text(&text_a), buf_text(&text_b)) == 0;
	buf_done(&text_a);
	buf_done(&text_b);
	return same;
}

/* @fd: negative: errno says why; else it is closed */
static int write_text(int fd, const char *path, const struct buf *text, struct err *reterr)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	int code = 0;

	if (!file)
		return err_set(reterr, -errno, "%s: %s", path, strerror(errno));
	if (fwrite(text->data, 1, text->size, file) != text->size || fflush(file) != 0)
		code = -errno;
	if (fclose(file) != 0 && !code)
		code = -errno;
	return code ? err_set(reterr, code, "%s: cannot be written: %s", path, strerror(-code)) : 0;
}

/* An existing file is replaced as a whole, so that a full disk leaves it as it was. Links, pipes and devices are written to. */
static int replace_text(const char *path, const struct buf *text, struct err *reterr)
{
	struct buf new = BUF_INIT;
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return write_text(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), path, text,
				  reterr);
	buf_printf(&new, "%s.XXXXXX", path);
	fd = mkostemp(new.data, O_CLOEXEC);
	r = write_text(fd, buf_text(&new), text, reterr);
	if (!r && (chmod(buf_text(&new), st.st_mode & 07777) < 0 || rename(buf_text(&new), path) < 0))
		r = err_set(reterr, -errno, "%s: cannot be replaced: %s", path, strerror(errno));
	if (r < 0 && fd >= 0)
		(void)unlink(buf_text(&new));
	buf_done(&new);
	return r;
}

int config_file_write(const struct settings *settings, struct err *reterr)
{
	struct buf text = BUF_INIT;
	struct json_text yaml = JSON_TEXT_INIT(&text, JSON_TEXT_YAML);
	int r;

	config_file_print(settings, &yaml, NULL);
	r = replace_text(settings->write_config_to, &text, reterr);
	buf_done(&text);
	return r;
}
