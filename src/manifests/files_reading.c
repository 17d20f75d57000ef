/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "manifests/files_reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

#define READ_SIZE (1024u * 1024)
#define KINDS_MAX 200 /* that are counted by name: the table is kept sorted */

/**
 * struct files_reader - The reading of one file
 * @text:	NULL: not all bytes were read yet
 */
struct files_reader {
	int fd;
	enum manifest_format format;
	struct buf bytes;
	struct manifest_reader *text;
	struct files_reading reading;
};

/* Read some bytes. Return: 1: there are more; 0: the file has ended; negative errno */
static int read_bytes(struct files_reader *reader, struct err *reterr)
{
	struct buf *bytes = &reader->bytes;
	size_t room = bytes->allocated - bytes->size;
	ssize_t n;

	if (!room || room > READ_SIZE)
		room = READ_SIZE;
	n = read(reader->fd, buf_reserve(bytes, room), room);
	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0)
		return err_set(reterr, -errno, "%s", strerror(errno));
	bytes->size += (size_t)n;
	if (bytes->size > FILES_READING_SIZE_MAX)
		return err_set(reterr, -E2BIG, "larger than %u MiB", FILES_READING_SIZE_MAX / (1024 * 1024));
	return n > 0;
}

void files_reading_count(struct files_skipped **table, size_t *n, const char *kind, unsigned int count)
{
	static const char others[] = "other kinds";
	size_t low = 0, high = *n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(kind, (*table)[middle].kind);

		if (order == 0) {
			(*table)[middle].count += count;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	if (*n >= KINDS_MAX && strcmp(kind, others) != 0) {
		files_reading_count(table, n, others, count);
		return;
	}
	*table = alloc_resized(*table, *n + 1, sizeof(**table));
	memmove(*table + low + 1, *table + low, (*n - low) * sizeof(**table));
	(*table)[low] = (struct files_skipped){ alloc_string(kind), count };
	++*n;
}

void files_reading_uncount(struct files_skipped *table, size_t n)
{
	while (n)
		free(table[--n].kind);
	free(table);
}

static void on_object(void *ctx, struct object *object, size_t line)
{
	struct files_reading *reading = ctx;

	if (object->skipped) {
		files_reading_count(&reading->skipped, &reading->n_skipped, object->kind_name, 1);
		return;
	}
	*ALLOC_APPEND(reading->found, reading->n_found) =
		(struct files_found){ .object = *object, .line = line };
	memset(object, 0, sizeof(*object));
}

static void on_refused(void *ctx, const struct object *object, const struct err *err, size_t line)
{
	struct files_reading *reading = ctx;

	reading->incomplete |= !*object->kind_name || !*object->name;
	*ALLOC_APPEND(reading->found, reading->n_found) = (struct files_found){
		.object = {
			.kind = object->kind,
			.kind_name = alloc_string(object->kind_name),
			.namespace = alloc_string(object->namespace),
			.name = alloc_string(object->name),
			.resource_version = alloc_string(object->resource_version),
			.service_name = alloc_string(object->service_name),
		},
		.refusal = alloc_string(err->text),
		.line = line,
	};
}

struct files_reader *files_reading_begin(int fd, enum manifest_format format)
{
	struct files_reader *reader = alloc_zeroed(1, sizeof(*reader));
	struct stat st;

	reader->fd = fd;
	reader->format = format;
	/* One byte more than its size: so the end of the file is seen without more memory. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILES_READING_SIZE_MAX)
		(void)buf_reserve(&reader->bytes, (size_t)st.st_size + 1);
	return reader;
}

struct files_reader *files_reading_end(struct files_reader *reader)
{
	if (!reader)
		return NULL;
	closep(&reader->fd);
	(void)manifest_reader_free(reader->text);
	buf_done(&reader->bytes);
	files_reading_done(&reader->reading);
	free(reader);
	return NULL;
}

int files_reading_step(struct files_reader *reader, struct files_reading *ret, struct err *reterr)
{
	const struct yaml_sink sink = { on_object, on_refused, &reader->reading };
	const struct buf *bytes = &reader->bytes;
	int r;

	if (!reader->text) {
		r = read_bytes(reader, reterr);
		if (r)
			return r;
		if (reader->format == MANIFEST_FORMAT_NONE)
			reader->format = manifest_format_of_text(bytes->data, bytes->size);
		reader->reading.empty = manifest_is_empty(bytes->data, bytes->size);
		reader->text = manifest_reader_new(bytes->data, bytes->size, reader->format, &sink);
		return 1;
	}
	r = manifest_reader_step(reader->text, reterr);
	if (r)
		return r;
	*ret = reader->reading;
	reader->reading = (struct files_reading){ 0 };
	return 0;
}

void files_reading_done_one(struct files_found *found)
{
	object_done(&found->object);
	free(found->refusal);
	found->refusal = NULL;
}

void files_reading_done(struct files_reading *reading)
{
	size_t i;

	for (i = 0; i < reading->n_found; i++)
		files_reading_done_one(&reading->found[i]);
	free(reading->found);
	files_reading_uncount(reading->skipped, reading->n_skipped);
	*reading = (struct files_reading){ 0 };
}
