/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BUF_LARGE (1024 * 1024)

void *buf_reserve(struct buf *buf, size_t size)
{
	if (size > buf->allocated - buf->size) {
		size_t want = buf->allocated ? buf->allocated : 64;

		while (want - buf->size < size) {
			if (want > (size_t)-1 / 2)
				alloc_failed();
			/* Large buffers grow by a quarter: doubling megabytes would waste too much. */
			want += want < BUF_LARGE ? want : want / 4;
		}
		buf->data = alloc_resized(buf->data, want, 1);
		buf->allocated = want;
	}
	return buf->data + buf->size;
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
	if (!size)
		return;
	memcpy(buf_reserve(buf, size), data, size);
	buf->size += size;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	assert(n >= 0);
	(void)buf_reserve(buf, (size_t)n + 1);
	va_start(ap, format);
	(void)vsnprintf(buf->data + buf->size, (size_t)n + 1, format, ap);
	va_end(ap);
	buf->size += (size_t)n;
}

const char *buf_text(struct buf *buf)
{
	*(char *)buf_reserve(buf, 1) = '\0';
	return buf->data;
}

void buf_drop_front(struct buf *buf, size_t size)
{
	assert(size <= buf->size);
	if (!size)
		return;
	memmove(buf->data, buf->data + size, buf->size - size);
	buf->size -= size;
}

void buf_reset(struct buf *buf)
{
	buf->size = 0;
}

void buf_trim(struct buf *buf)
{
	if (!buf->size) {
		buf_done(buf);
		return;
	}
	buf->data = alloc_resized(buf->data, buf->size, 1);
	buf->allocated = buf->size;
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}
