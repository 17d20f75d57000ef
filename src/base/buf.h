/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buf.h - bytes that grow
 *
 * Room:  base.
 * Life:  `struct buf b = BUF_INIT;` ... buf_done(&b). The zeroed struct is an empty buffer.
 *        After buf_printf() or buf_text() the data is NUL-terminated (the NUL is not counted).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;	  /* NULL until something is added */
	size_t size;	  /* bytes in use */
	size_t allocated; /* bytes owned */
};

#define BUF_INIT           \
	{                  \
		NULL, 0, 0 \
	}

/** buf_reserve() - Make room for @size more bytes and return where they start; the caller adds to @buf->size. */
void *buf_reserve(struct buf *buf, size_t size);
void buf_add(struct buf *buf, const void *data, size_t size);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** buf_text() - The content as a string, "" if empty; valid until the next change. */
const char *buf_text(struct buf *buf);
/** buf_drop_front() - Forget the first @size bytes. */
void buf_drop_front(struct buf *buf, size_t size);
/** buf_reset() - Make it empty and keep the memory. */
void buf_reset(struct buf *buf);
/** buf_trim() - Free memory that is not in use. */
void buf_trim(struct buf *buf);
void buf_done(struct buf *buf);

#endif
