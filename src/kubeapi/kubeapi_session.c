/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeapi_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/log.h"

static void kubeapi_session_copy_params(const struct credentials_params *params,
					struct credentials_params *ret)
{
	ret->kubeconfig = alloc_string(params->kubeconfig);
	ret->context = alloc_string(params->context);
	ret->master = alloc_string(params->master);
	ret->kubeconfig_list = alloc_string(params->kubeconfig_list);
	ret->service_host = alloc_string(params->service_host);
	ret->service_port = alloc_string(params->service_port);
	ret->service_account = alloc_string(params->service_account);
	ret->proxies.http_proxy = alloc_string(params->proxies.http_proxy);
	ret->proxies.https_proxy = alloc_string(params->proxies.https_proxy);
	ret->proxies.no_proxy = alloc_string(params->proxies.no_proxy);
}

static void kubeapi_session_free_params(struct credentials_params *params)
{
	free((char *)params->kubeconfig);
	free((char *)params->context);
	free((char *)params->master);
	free((char *)params->kubeconfig_list);
	free((char *)params->service_host);
	free((char *)params->service_port);
	free((char *)params->service_account);
	secret_wipe((char **)&params->proxies.http_proxy); /* it may contain a password */
	secret_wipe((char **)&params->proxies.https_proxy);
	free((char *)params->proxies.no_proxy);
}

/* @before: what was said already, or NULL */
static void kubeapi_session_say_skipped(const struct kubeapi_session *session, const char *before)
{
	const char *skipped = session->credentials->ca_skipped;

	if (skipped && (!before || strcmp(skipped, before) != 0))
		log_warn("kubeapi", "a certificate is left out", LOG_TEXT("reason", skipped));
}

int kubeapi_session_reload(struct kubeapi_session *session, struct err *reterr)
{
	struct credentials *fresh;
	int r;

	r = credentials_load(&session->params, kubeapi_session_now(session), &fresh, reterr);
	if (r < 0)
		return r;
	session->plugin = exec_plugin_free(session->plugin);
	credentials_free(session->credentials);
	session->credentials = fresh;
	kubeapi_session_say_skipped(session, NULL);
	if (fresh->exec)
		session->plugin = exec_plugin_new(&session->loop, fresh);
	return 0;
}

int kubeapi_session_init(struct kubeapi_session *session, const struct kubeapi_loop *loop,
			 const struct credentials_params *params, struct err *reterr)
{
	int r;

	session->loop = *loop;
	kubeapi_session_copy_params(params, &session->params);
	r = kubeapi_session_reload(session, reterr);
	return r < 0 ? r : transfer_pool_new(&session->loop, &session->pool, reterr);
}

void kubeapi_session_done(struct kubeapi_session *session)
{
	session->pool = transfer_pool_free(session->pool);
	session->plugin = exec_plugin_free(session->plugin);
	session->credentials = credentials_free(session->credentials);
	kubeapi_session_free_params(&session->params);
}

int64_t kubeapi_session_now(const struct kubeapi_session *session)
{
	return session->loop.now_ms(session->loop.ctx);
}

void kubeapi_session_dispatch_fd(struct kubeapi_session *session, int fd, unsigned int events)
{
	if (session->plugin)
		exec_plugin_dispatch_fd(session->plugin, fd);
	transfer_pool_dispatch_fd(session->pool, fd, events);
}

void kubeapi_session_dispatch_timer(struct kubeapi_session *session)
{
	if (session->plugin)
		exec_plugin_dispatch_timer(session->plugin);
	transfer_pool_dispatch_timer(session->pool);
}

int64_t kubeapi_session_deadline(const struct kubeapi_session *session)
{
	int64_t pool_ms = transfer_pool_deadline(session->pool);
	int64_t plugin_ms = session->plugin ? exec_plugin_end_deadline(session->plugin) : -1;

	if (pool_ms < 0 || plugin_ms < 0)
		return pool_ms < 0 ? plugin_ms : pool_ms;
	return pool_ms < plugin_ms ? pool_ms : plugin_ms;
}

int kubeapi_session_log_in(struct kubeapi_session *session, struct err *reterr)
{
	return session->plugin ? exec_plugin_get(session->plugin, reterr) : 0;
}

int64_t kubeapi_session_log_in_deadline(const struct kubeapi_session *session)
{
	return session->plugin ? exec_plugin_deadline(session->plugin) : -1;
}

unsigned int kubeapi_session_generation(const struct kubeapi_session *session)
{
	return session->plugin ? exec_plugin_generation(session->plugin) : 0;
}

int kubeapi_session_refresh(struct kubeapi_session *session, struct err *reterr)
{
	_cleanup_free_ char *skipped = alloc_string(session->credentials->ca_skipped);
	bool force = session->refresh_now;
	int r;

	session->refresh_now = false;
	r = credentials_refresh(session->credentials, force, kubeapi_session_now(session), reterr);
	kubeapi_session_say_skipped(session, skipped);
	return r;
}

void kubeapi_session_count(const struct kubeapi_session *session, const char *method, int http_code,
			   int64_t asked_ms)
{
	if (session->answered)
		session->answered(session->answered_ctx, method, http_code,
				  kubeapi_session_now(session) - asked_ms);
}

void kubeapi_session_refused(struct kubeapi_session *session, unsigned int generation)
{
	session->refresh_now = true;
	if (session->plugin)
		exec_plugin_refused(session->plugin, generation);
}

void kubeapi_session_accepted(struct kubeapi_session *session)
{
	if (session->plugin)
		exec_plugin_accepted(session->plugin);
}
