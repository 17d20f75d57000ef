/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write_request.h - one request that changes something at the API server
 *
 * Room:     kubeapi (kubeapi_session -> write_request -> kubeapi).
 * Life:     write_request_open(), then write_request_settle() after each dispatch until it returns true, then
 *           write_request_close(). Closed earlier, it calls no callback.
 * Not here: what is written and whether to try again (report/events.h).
 */
#ifndef KUBEAPI_WRITE_REQUEST_H
#define KUBEAPI_WRITE_REQUEST_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/kubeapi_caller.h"
#include "kubeapi/kubeapi_session.h"

struct write_request;

/**
 * write_request_open() - Begin
 * @session:	outlives the request
 * @write:	read during the call only
 *
 * Return: 0; negative errno: it cannot be sent, and @written is not called.
 */
int write_request_open(struct kubeapi_session *session, const struct kubeapi_write *write,
		       kubeapi_written *written, void *ctx, struct write_request **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct write_request *write_request_close(struct write_request *request);
DEFINE_FREEP(struct write_request, write_request_close);
/** write_request_settle() - Outside libcurl: if the request has ended, call @written and return true. */
bool write_request_settle(struct write_request *request);

#endif
