/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi_internal.h - the client of the API server: what its two halves share
 *
 * Room:     kubeapi. For kubeapi.c, which is the client (credentials, plugin, timer, writing), and kubeapi_stream.c, which is
 *           what it does for one kind.
 */
#ifndef KUBEAPI_KUBEAPI_INTERNAL_H
#define KUBEAPI_KUBEAPI_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kubeapi/credentials.h"
#include "kubeapi/exec_plugin.h"
#include "kubeapi/kubeapi.h"
#include "kubeapi/negotiation.h"
#include "kubeapi/reflector.h"
#include "kubeapi/response_body.h"
#include "kubeapi/transfer.h"
#include "kubeapi/write_request.h"

/**
 * struct kubeapi_stream - One kind: its reflector and the request it has open
 * @closing:	the request is unwanted; kubeapi_settle() closes it
 * @opening:	kubeapi_settle() opens a new one
 * @waiting_ms:	since when that waits for the plugin; -1: it doesn't
 * @generation:	of the plugin's credentials that the open request has
 * @response:	of the open request
 * @asked_ms:	when that was opened
 */
struct kubeapi_stream {
	struct kubeapi *kubeapi;
	enum object_kind kind;
	struct reflector reflector;
	struct negotiation negotiation;
	struct transfer *transfer;
	struct response_body *body;
	struct transfer_response response;
	int64_t asked_ms;
	bool closing;
	bool opening;
	int64_t waiting_ms;
	unsigned int generation;
	unsigned int n_failures;
	char trouble[300]; /* the last */
};

struct kubeapi {
	struct kubeapi_loop loop;
	struct object_sink sink;
	bool follow;
	char *node_name;
	struct credentials_params params; /* its strings are ours */
	struct credentials *credentials;
	struct exec_plugin *plugin; /* NULL: the credentials come from none */
	struct transfer_pool *pool;
	struct kubeapi_stream streams[_OBJECT_KIND_MAX];
	bool has_stream[_OBJECT_KIND_MAX];
	struct write_request *writing; /* NULL: nothing is being written */
	bool write_waits;	       /* for the plugin; whoever writes asks again */
	unsigned int writing_generation;
	const char *writing_method;
	int64_t writing_ms; /* since when */
	kubeapi_written *written;
	void *written_ctx;
	kubeapi_answered *answered;
	void *answered_ctx;
	bool refresh_now; /* the server did not take what we said about ourselves */
	bool given_up;
	struct err given_up_err;
	int64_t timer_ms; /* as the loop knows it */
};

static inline int64_t kubeapi_now(const struct kubeapi *kubeapi)
{
	return kubeapi->loop.now_ms(kubeapi->loop.ctx);
}

/** kubeapi_count_answer() - Tell whoever counts them; @http_code 0: there was none. */
void kubeapi_count_answer(const struct kubeapi *kubeapi, const char *method, int http_code, int64_t asked_ms);

/** kubeapi_stream_handle() - What the reflector makes of @event; @cause: of trouble, for the log, or NULL */
void kubeapi_stream_handle(struct kubeapi_stream *stream, const struct reflector_event *event,
			   const struct err *cause);
void kubeapi_stream_transport_error(struct kubeapi_stream *stream, const struct err *err);
/* Only outside libcurl: see kubeapi.c, "who calls whom". */
void kubeapi_stream_open(struct kubeapi_stream *stream);
void kubeapi_stream_close(struct kubeapi_stream *stream);

#endif
