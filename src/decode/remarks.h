/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remarks.h - what of an object cannot be used as it stands, while the rest of it can
 *
 * Room:     decode. Pure: decoders do not log, so they leave words; see field_remark().
 * Limits:   REMARKS_MAX texts; more are counted.
 */
#ifndef DECODE_REMARKS_H
#define DECODE_REMARKS_H

#include <stdbool.h>
#include <stddef.h>

#define REMARKS_MAX 8

/**
 * struct remarks - Where there are none it is NULL
 * @n:		how many there are
 * @texts:	the first REMARKS_MAX of them: "spec.externalIPs[0]: "foo" is not an IP address"
 */
struct remarks {
	size_t n;
	char *texts[REMARKS_MAX];
};

struct remarks *remarks_free(struct remarks *remarks);
/** remarks_add() - Takes @text, a heap string; makes *@remarks if it is NULL. */
void remarks_add(struct remarks **remarks, char *text);
/** remarks_equal() - Either may be NULL. */
bool remarks_equal(const struct remarks *a, const struct remarks *b);

#endif
