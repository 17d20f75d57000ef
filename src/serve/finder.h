/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finder.h - which Service has an address or a node port, and which one was meant by a name
 *
 * Room:     serve (model, sync). No effects.
 * Cost:     all Services are looked at.
 */
#ifndef SERVE_FINDER_H
#define SERVE_FINDER_H

#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/service_name.h"
#include "model/store.h"
#include "sync/sync.h"

struct arena;

/**
 * struct finder_question
 * @addr:	NULL: @port is a node port
 * @port:	0: any, with @addr
 */
struct finder_question {
	const struct addr *addr;
	uint16_t port;
};

/**
 * finder_find() - The Service that has this front end
 * @ret_port:	name of its Service port, "" if it has none or @question has no port: then all ports are meant
 *
 * Return: 0; -ENOENT: none, and @reterr says what the rules do with such packets; -ENOTUNIQ: several, which @reterr names.
 * @arena owns the results.
 */
int finder_find(const struct sync *sync, const struct store *store, const struct finder_question *question,
		struct arena *arena, struct service_name *ret, const char **ret_port, struct err *reterr)
	__attribute__((warn_unused_result));
/** finder_similar() - A Service whose name is almost that of @service, or is the same in another namespace; none: it is not set. */
struct service_name finder_similar(const struct store *store, struct service_name service);

#endif
