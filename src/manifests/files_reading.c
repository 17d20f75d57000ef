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

#define READ_SIZE (256u * 1024)

static int read_bytes(int fd, struct buf *bytes, struct err *reterr)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= FILES_READING_SIZE_MAX)
		(void)buf_reserve(bytes, (size_t)st.st_size + 1);
	for (;;) {
		size_t room = bytes->allocated - bytes->size;
		ssize_t n;

		if (!room)
			room = READ_SIZE;
		n = read(fd, buf_reserve(bytes, room), room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(reterr, -errno, "%s", strerror(errno));
		if (n == 0)
			return 0;
		bytes->size += (size_t)n;
		if (bytes->size > FILES_READING_SIZE_MAX)
			return err_set(reterr, -E2BIG, "larger than %u MiB",
				       FILES_READING_SIZE_MAX / (1024 * 1024));
	}
}

void files_reading_count(struct files_skipped **table, size_t *n, const char *kind, unsigned int count)
{
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

int files_reading_load(int fd, enum manifest_format format, struct files_reading *ret, struct err *reterr)
{
	struct files_reading reading = { 0 };
	const struct yaml_sink sink = { on_object, on_refused, &reading };
	struct buf bytes = BUF_INIT;
	int r;

	r = read_bytes(fd, &bytes, reterr);
	if (r == 0 && format == MANIFEST_FORMAT_NONE)
		format = manifest_format_of_text(bytes.data, bytes.size);
	if (r == 0)
		reading.empty = manifest_is_empty(bytes.data, bytes.size);
	if (r == 0)
		r = manifest_read(bytes.data, bytes.size, format, &sink, reterr);
	buf_done(&bytes);
	if (r == 0)
		*ret = reading;
	else
		files_reading_done(&reading);
	return r;
}

void files_reading_done(struct files_reading *reading)
{
	size_t i;

	for (i = 0; i < reading->n_found; i++) {
		object_done(&reading->found[i].object);
		free(reading->found[i].refusal);
	}
	free(reading->found);
	files_reading_uncount(reading->skipped, reading->n_skipped);
	*reading = (struct files_reading){ 0 };
}
