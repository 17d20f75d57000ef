/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cidr.h - address prefixes
 *
 * Room:  base.
 */
#ifndef BASE_CIDR_H
#define BASE_CIDR_H

#include "base/addr.h"

#define CIDR_TEXT_SIZE (ADDR_TEXT_SIZE + 4)

/**
 * struct cidr - A prefix
 * @addr:	network address; bits behind @prefix_len are zero
 * @prefix_len:	0..32 or 0..128
 */
struct cidr {
	struct addr addr;
	uint8_t prefix_len;
};

/** cidr_parse() - "10.0.0.0/8" (sloppy addresses allowed, host bits are cleared); false if @text is no prefix. */
bool cidr_parse(const char *text, struct cidr *ret);
const char *cidr_print(const struct cidr *cidr, char text[CIDR_TEXT_SIZE]);
bool cidr_contains(const struct cidr *cidr, const struct addr *addr);
bool cidr_equal(const struct cidr *a, const struct cidr *b);
/** cidr_merge() - Sort @list and drop prefixes that another one covers, duplicates too; returns how many are left. */
size_t cidr_merge(struct cidr *list, size_t n) __attribute__((warn_unused_result));

#endif
