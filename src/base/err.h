/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err.h - an error with its text, as a value
 *
 * Room:  base.
 * Rule:  a function that can fail returns 0 or a negative errno and takes a struct err last. The text is
 *        set once, where the error arises; callers put a prefix before it. No secrets in a text.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define ERR_TEXT_SIZE 384

/**
 * struct err - One error
 * @code:	negative errno, 0 if unset
 * @text:	one line for a person, no final newline; cut at ERR_TEXT_SIZE - 1
 */
struct err {
	int code;
	char text[ERR_TEXT_SIZE];
};

/** err_set() - Fill @err (may be NULL) and return @code (negative). */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** err_is_shortage() - Whether a file may be read at another time: descriptors or memory are short, or the disk has failed. */
bool err_is_shortage(int code);
/** err_wrap() - Put "prefix: " before the text of @err; returns its code. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
