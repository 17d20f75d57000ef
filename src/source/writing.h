/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * writing.h - one request that changes something at the API server
 *
 * Room:     source (transfer -> writing -> kubeapi).
 * Life:     writing_open(), then writing_settle() after each dispatch until it says that all is over, or
 *           writing_close() before, which tells nobody.
 * Not here: what is written and whether to try again (report/events.h).
 */
#ifndef SOURCE_WRITING_H
#define SOURCE_WRITING_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "source/kubeapi.h"
#include "source/transfer.h"

struct writing;

/**
 * writing_open() - Begin
 * @credentials, @write: read during the call only
 *
 * Return: 0; negative errno: it cannot be sent, and @written is not called.
 */
int writing_open(struct transfer_pool *pool, const struct credentials *credentials,
		 const struct kubeapi_write *write, kubeapi_written *written, void *ctx, struct writing **ret,
		 struct err *reterr) __attribute__((warn_unused_result));
struct writing *writing_close(struct writing *writing);
DEFINE_FREEP(struct writing, writing_close);
/**
 * writing_settle() - Tell what came of it, if that is known; from outside of the pool's dispatching
 * @ret_http_code: then, what the server said, 0 if nothing
 *
 * Return: whether it is over; then @writing is to be closed.
 */
bool writing_settle(struct writing *writing, int *ret_http_code);

#endif
