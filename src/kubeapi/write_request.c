/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/write_request.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "kubeapi/negotiation.h"
#include "kubeapi/response_body.h"

/**
 * struct write_request
 * @generation:	of the credentials that it has
 * @body:	of a refusal, to find its reason; else NULL
 * @ended:	the transfer is over, with the result @err
 */
struct write_request {
	struct kubeapi_session *session;
	const char *method;
	unsigned int generation;
	int64_t asked_ms;
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
	struct write_request *request = ctx;

	if (!request->response.retry_after_s)
		request->response.retry_after_s = status->retry_after_s;
	if (*request->response.location)
		(void)err_set(&request->err, -EREMOTEIO, "%d: redirected to %s, which is not followed",
			      request->response.http_code, request->response.location);
	else
		(void)err_set(&request->err, -EREMOTEIO, "%d %s: %.250s", request->response.http_code,
			      *status->reason ? status->reason : "(no reason given)", status->message);
}

static void write_request_on_response(void *ctx, const struct transfer_response *response)
{
	const struct response_body_handler handler = { .failure = write_request_on_failure, .ctx = ctx };
	struct write_request *request = ctx;

	request->response = *response;
	if (response->http_code >= 300)
		request->body = response_body_new(RESPONSE_BODY_FORM_ERROR,
						  negotiation_format(response->content_type),
						  OBJECT_KIND_NODE, response->http_code, &handler);
}

/* The body of a good answer is the object, which we do not need. */
static int write_request_on_data(void *ctx, const char *bytes, size_t size)
{
	struct write_request *request = ctx;
	struct err err = { 0 };

	return request->body ? response_body_feed(request->body, bytes, size, NULL, &err) : 0;
}

static void write_request_on_end(void *ctx, const struct err *err)
{
	struct write_request *request = ctx;
	struct err body_err = { 0 };

	request->ended = true;
	if (request->body && response_body_finish(request->body, &body_err) < 0 && !request->err.code)
		request->err = body_err;
	if (request->err.code)
		return;
	if (request->response.http_code >= 300)
		(void)err_set(&request->err, -EREMOTEIO, "%d, without a reason", request->response.http_code);
	else
		request->err = *err;
}

int write_request_open(struct kubeapi_session *session, const struct kubeapi_write *write,
		       kubeapi_written *written, void *ctx, struct write_request **ret, struct err *reterr)
{
	const struct transfer_request transfer_request = {
		.method = write->patch ? "PATCH" : "POST",
		.path = write->path,
		.accept = "application/json",
		.timeout_ms = KUBEAPI_WRITE_MS,
		.content_type = write->patch ? "application/merge-patch+json" : "application/json",
		.body = write->body,
		.body_size = write->body_size,
	};
	_cleanup_(write_request_closep) struct write_request *request = alloc_zeroed(1, sizeof(*request));
	const struct transfer_handler handler = {
		.response = write_request_on_response,
		.data = write_request_on_data,
		.end = write_request_on_end,
		.ctx = request,
	};
	int r;

	request->session = session;
	request->method = transfer_request.method;
	request->generation = kubeapi_session_generation(session);
	request->asked_ms = kubeapi_session_now(session);
	request->written = written;
	request->ctx = ctx;
	log_debug("kubeapi", "request", LOG_TEXT("method", request->method), LOG_TEXT("path", write->path));
	r = transfer_open(session->pool, session->credentials, &transfer_request, &handler,
			  &request->transfer, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(request);
	return 0;
}

struct write_request *write_request_close(struct write_request *request)
{
	if (!request)
		return NULL;
	transfer_close(request->transfer);
	response_body_free(request->body);
	free(request);
	return NULL;
}

bool write_request_settle(struct write_request *request)
{
	int http_code = request->response.http_code;

	if (!request->ended)
		return false;
	/* The status line says that it was done, even if the body breaks off after it. */
	if (http_code >= 200 && http_code < 300)
		request->err = (struct err){ 0 };
	request->written(request->ctx, http_code, request->response.retry_after_s, &request->err);
	kubeapi_session_count(request->session, request->method, http_code, request->asked_ms);
	if (http_code == 401)
		kubeapi_session_refused(request->session, request->generation);
	return true;
}
