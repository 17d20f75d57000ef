/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write_request.h - one request that changes something at the API server
 *
 * Room:     kubeapi (transfer -> writing -> kubeapi).
 * Life:     write_request_open(), then write_request_settle() after each dispatch until it says that all is over, or
 *           write_request_close() before, which tells nobody.
 * Not here: what is written and whether to try again (report/events.h).
 */
#ifndef KUBEAPI_WRITE_REQUEST_H
#define KUBEAPI_WRITE_REQUEST_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/kubeapi.h"
#include "kubeapi/transfer.h"

struct write_request;

/**
 * write_request_open() - Begin
 * @credentials, @write: read during the call only
 *
 * Return: 0; negative errno: it cannot be sent, and @written is not called.
 */
int write_request_open(struct transfer_pool *pool, const struct credentials *credentials,
		       const struct kubeapi_write *write, kubeapi_written *written, void *ctx,
		       struct write_request **ret, struct err *reterr) __attribute__((warn_unused_result));
struct write_request *write_request_close(struct write_request *writing);
DEFINE_FREEP(struct write_request, write_request_close);
/**
 * write_request_settle() - Tell what came of it, if that is known; from outside of the pool's dispatching
 * @ret_http_code: then, what the server said, 0 if nothing
 *
 * Return: whether it is over; then @writing is to be closed.
 */
bool write_request_settle(struct write_request *writing, int *ret_http_code);

#endif
