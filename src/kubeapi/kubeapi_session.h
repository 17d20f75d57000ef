/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi_session.h - the API server and our identity there, shared by all requests of one client
 *
 * Room:     kubeapi (credentials, exec_plugin, transfer -> kubeapi_session -> kubeapi_stream, write_request).
 *           Effects: those of credentials, exec_plugin and transfer.
 * Not here: the requests themselves.
 */
#ifndef KUBEAPI_KUBEAPI_SESSION_H
#define KUBEAPI_KUBEAPI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "kubeapi/credentials.h"
#include "kubeapi/exec_plugin.h"
#include "kubeapi/kubeapi_caller.h"
#include "kubeapi/transfer.h"

/**
 * struct kubeapi_session - Outlives all its requests
 * @params:	its strings are ours
 * @plugin:	gives the credentials; NULL: they come from no plugin
 * @answered, @answered_ctx: for kubeapi_session_count(); may be NULL
 * @refresh_now: the server refused our identity: read the files of the credentials again before the next request
 */
struct kubeapi_session {
	struct kubeapi_loop loop;
	struct credentials_params params;
	struct credentials *credentials;
	struct exec_plugin *plugin;
	struct transfer_pool *pool;
	kubeapi_answered *answered;
	void *answered_ctx;
	bool refresh_now;
};

/**
 * kubeapi_session_init() - Read the credentials; nothing is sent
 * @session:	zeroed; to be given to kubeapi_session_done() also after an error
 *
 * Return: as credentials_load() and transfer_pool_new().
 */
int kubeapi_session_init(struct kubeapi_session *session, const struct kubeapi_loop *loop,
			 const struct credentials_params *params, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeapi_session_done() - All its requests are closed before. */
void kubeapi_session_done(struct kubeapi_session *session);
/** kubeapi_session_reload() - Read the configuration again; after an error the old credentials stay in use. */
int kubeapi_session_reload(struct kubeapi_session *session, struct err *reterr)
	__attribute__((warn_unused_result));

int64_t kubeapi_session_now(const struct kubeapi_session *session);
void kubeapi_session_dispatch_fd(struct kubeapi_session *session, int fd, unsigned int events);
void kubeapi_session_dispatch_timer(struct kubeapi_session *session);
/** kubeapi_session_deadline() - Of the connections and a running plugin, in the loop's milliseconds; -1: none. */
int64_t kubeapi_session_deadline(const struct kubeapi_session *session);

/** kubeapi_session_log_in() - Are there credentials for requests now? As exec_plugin_get(); 0 without a plugin. */
int kubeapi_session_log_in(struct kubeapi_session *session, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeapi_session_log_in_deadline() - When to call kubeapi_session_log_in() again after -EINPROGRESS; -1: no need. */
int64_t kubeapi_session_log_in_deadline(const struct kubeapi_session *session);
/** kubeapi_session_generation() - Of the credentials that a request sent now has, for kubeapi_session_refused(). */
unsigned int kubeapi_session_generation(const struct kubeapi_session *session);
/** kubeapi_session_refresh() - As credentials_refresh(), before a request. */
int kubeapi_session_refresh(struct kubeapi_session *session, struct err *reterr)
	__attribute__((warn_unused_result));

/** kubeapi_session_count() - An answer to a request of @asked_ms has begun; @http_code 0: there was none. */
void kubeapi_session_count(const struct kubeapi_session *session, const char *method, int http_code,
			   int64_t asked_ms);
/** kubeapi_session_refused() - The server answered 401 to a request with the credentials of @generation. */
void kubeapi_session_refused(struct kubeapi_session *session, unsigned int generation);
/** kubeapi_session_accepted() - The server accepted the credentials in use. */
void kubeapi_session_accepted(struct kubeapi_session *session);

#endif
