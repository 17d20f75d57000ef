/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/write_request.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "kubeapi/negotiation.h"
#include "kubeapi/response_body.h"

/**
 * struct write_request
 * @body:	of a refusal, to find its reason; else NULL
 * @ended:	the transfer is over, and @err says how
 */
struct write_request {
	struct transfer *transfer;
	struct transfer_response response;
	struct response_body *body;
	bool ended;
	struct err err;
	kubeapi_written *written;
	void *ctx;
};

static void write_request_on_failure(void *ctx, const struct api_status *status)
{
	struct write_request *writing = ctx;

	if (!writing->response.retry_after_s)
		writing->response.retry_after_s = status->retry_after_s;
	(void)err_set(&writing->err, -EREMOTEIO, "%d %s: %.250s", writing->response.http_code,
		      *status->reason ? status->reason : "(no reason given)", status->message);
}

static void write_request_on_response(void *ctx, const struct transfer_response *response)
{
	const struct response_body_handler handler = { .failure = write_request_on_failure, .ctx = ctx };
	struct write_request *writing = ctx;

	writing->response = *response;
	if (response->http_code >= 300)
		writing->body = response_body_new(RESPONSE_BODY_FORM_ERROR,
						  negotiation_format(response->content_type),
						  OBJECT_KIND_NODE, response->http_code, &handler);
}

/* What was created is of no interest. */
static int write_request_on_data(void *ctx, const char *bytes, size_t size)
{
	struct write_request *writing = ctx;
	struct err err = { 0 };

	return writing->body ? response_body_feed(writing->body, bytes, size, NULL, &err) : 0;
}

static void write_request_on_end(void *ctx, const struct err *err)
{
	struct write_request *writing = ctx;
	struct err own = { 0 };

	writing->ended = true;
	if (writing->body && response_body_finish(writing->body, &own) < 0 && !writing->err.code)
		writing->err = own;
	if (writing->err.code)
		return;
	if (writing->response.http_code >= 300)
		(void)err_set(&writing->err, -EREMOTEIO, "%d, without a reason", writing->response.http_code);
	else
		writing->err = *err;
}

int write_request_open(struct transfer_pool *pool, const struct credentials *credentials,
		       const struct kubeapi_write *write, kubeapi_written *written, void *ctx,
		       struct write_request **ret, struct err *reterr)
{
	const struct transfer_request request = {
		.method = write->patch ? "PATCH" : "POST",
		.path = write->path,
		.accept = "application/json",
		.timeout_ms = KUBEAPI_WRITE_MS,
		.content_type = write->patch ? "application/merge-patch+json" : "application/json",
		.body = write->body,
		.body_size = write->body_size,
	};
	struct transfer_handler handler = {
		.response = write_request_on_response,
		.data = write_request_on_data,
		.end = write_request_on_end,
	};
	struct write_request *writing = alloc_zeroed(1, sizeof(*writing));
	int r;

	writing->written = written;
	writing->ctx = ctx;
	handler.ctx = writing;
	r = transfer_open(pool, credentials, &request, &handler, &writing->transfer, reterr);
	if (r < 0) {
		free(writing);
		return r;
	}
	*ret = writing;
	return 0;
}

struct write_request *write_request_close(struct write_request *writing)
{
	if (!writing)
		return NULL;
	transfer_close(writing->transfer);
	response_body_free(writing->body);
	free(writing);
	return NULL;
}

bool write_request_settle(struct write_request *writing, int *ret_http_code)
{
	if (!writing->ended)
		return false;
	*ret_http_code = writing->response.http_code;
	/* A body that breaks off after a good status line changes nothing about what was done. */
	if (writing->response.http_code >= 200 && writing->response.http_code < 300)
		writing->err = (struct err){ 0 };
	writing->written(writing->ctx, writing->response.http_code, writing->response.retry_after_s,
			 &writing->err);
	return true;
}
