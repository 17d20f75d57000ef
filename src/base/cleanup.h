/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cleanup.h - local variables that are freed at the end of their block
 *
 * Room:  base.
 * Use:   _cleanup_(x_freep) struct x *x = NULL;  with DEFINE_FREEP(struct x, x_free) next to the declaration of
 *        x_free(); TAKE_PTR(x) hands ownership on.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/** TAKE_PTR() - The value of @p, which is NULL afterwards. */
#define TAKE_PTR(p)                     \
	({                              \
		__typeof__(p) _t = (p); \
		(p) = NULL;             \
		_t;                     \
	})

/** DEFINE_FREEP() - A function @free_fn##p for _cleanup_(). @free_fn accepts NULL. */
#define DEFINE_FREEP(type, free_fn)             \
	static inline void free_fn##p(type **p) \
	{                                       \
		if (*p)                         \
			free_fn(*p);            \
	}                                       \
	struct cleanup_semicolon

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define _cleanup_free_	_cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
