/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * warnings.h - values that were left out of an object that is used
 *
 * Room:     decode. Pure: decoders do not log, they return texts; see field_warn().
 * Limits:   WARNINGS_MAX texts; further ones are only counted.
 */
#ifndef DECODE_WARNINGS_H
#define DECODE_WARNINGS_H

#include <stdbool.h>
#include <stddef.h>

#define WARNINGS_MAX 8

/**
 * struct warnings - NULL if there are none
 * @n:		number of warnings
 * @texts:	the first WARNINGS_MAX of them: "spec.externalIPs[0]: "foo" is not an IP address"
 */
struct warnings {
	size_t n;
	char *texts[WARNINGS_MAX];
};

struct warnings *warnings_free(struct warnings *warnings);
/** warnings_add() - Takes @text, a heap string; makes *@warnings if it is NULL. */
void warnings_add(struct warnings **warnings, char *text);
/** warnings_equal() - Either may be NULL. */
bool warnings_equal(const struct warnings *a, const struct warnings *b);

#endif
