/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * subject.h - what a command asks about, as people write it
 *
 * Room:     config. Pure.
 * Shapes:   "web", "shop/web", "shop/web:http", "shop/web:80"; "10.96.1.1", "10.96.1.1:80", "fd00::1", "[fd00::1]:80"; "30080" alone is a
 *           node port. A Service whose name is a number is asked for with its namespace.
 */
#ifndef CONFIG_SUBJECT_H
#define CONFIG_SUBJECT_H

#include <stdbool.h>

#include "base/addr.h"

#define SUBJECT_NAME_MAX 253

enum subject_kind {
	SUBJECT_KIND_SERVICE,
	SUBJECT_KIND_ADDRESS,
	SUBJECT_KIND_NODE_PORT,
};

/**
 * struct subject
 * @namespace, @name: of a Service; @namespace "": it is not given
 * @port:	name or number of a port, or of _NODE_PORT the number; "": none
 * @addr:	of _ADDRESS
 */
struct subject {
	enum subject_kind kind;
	char namespace[SUBJECT_NAME_MAX + 1];
	char name[SUBJECT_NAME_MAX + 1];
	char port[SUBJECT_NAME_MAX + 1];
	struct addr addr;
};

/** subject_parse() - False: @text is none of these. */
bool subject_parse(const char *text, struct subject *ret);

#endif
