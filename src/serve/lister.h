/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lister.h - all front ends, with what becomes of connections to them
 *
 * Room:     serve (serve/explainer.h -> report/list.h). No effects.
 * Rule:     what explain says of a front end is what is listed.
 * Cost:     each Service is planned again: under a second for 40,000 of them with ten endpoints each, in a process of its own.
 */
#ifndef SERVE_LISTER_H
#define SERVE_LISTER_H

#include "serve/query_context.h"

struct list;

/** lister_fill() - Add the front ends of all Services, sorted by namespace and name. */
void lister_fill(const struct query_context *context, struct list *list);

#endif
