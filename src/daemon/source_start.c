/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/source_start.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "daemon/host_check.h"
#include "daemon/loop.h"
#include "daemon/manifest_check.h"
#include "intake/recorder.h"
#include "kubeapi/credentials.h"
#include "kubeapi/kubeapi.h"
#include "manifests/files.h"
#include "model/store.h"
#include "report/metrics.h"

/* Whether the address of an API server is given. If it is, the error names what is missing. */
static bool source_start_names_server(const struct credentials_params *params)
{
	return params->kubeconfig || (params->kubeconfig_list && *params->kubeconfig_list) ||
	       (params->service_host && *params->service_host);
}

static void source_start_answered(void *ctx, const char *method, int http_code, int64_t ms)
{
	metrics_count_request(ctx, method, http_code, (double)ms / 1e3);
}

static void source_start_credentials(const struct settings *settings, struct credentials_params *ret)
{
	credentials_environment(ret);
	ret->kubeconfig = settings->kubeconfig;
	ret->context = settings->context;
	ret->master = settings->master;
}

/* A single file that cannot be read would end a start; of a directory, that is no error. */
static int source_start_check_files(const char *path, struct manifest_check **ret, struct err *reterr)
{
	struct stat st;
	int r = 0;

	if (access(path, R_OK) < 0 || stat(path, &st) < 0)
		r = err_set(reterr, -errno, "%s: %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		r = err_set(reterr, -EINVAL, "%s: is no regular file", path);
	else if (S_ISREG(st.st_mode))
		r = manifest_check_new(path, ret, reterr);
	return r < 0 ? err_wrap(reterr, "kubeNftproxy.manifests") : 0;
}

int source_start_check(const struct settings *settings, struct manifest_check **ret_unread,
		       struct err *reterr)
{
	_cleanup_(credentials_freep) struct credentials *credentials = NULL;
	struct credentials_params params = { 0 };

	*ret_unread = NULL;
	if (!settings->manifests) {
		source_start_credentials(settings, &params);
		if (credentials_load(&params, (int64_t)monotonic_ms(), &credentials, reterr) < 0)
			return err_wrap(reterr, "clientConnection.kubeconfig");
		return 0;
	}
	if (strcmp(settings->manifests, "-") == 0)
		return err_set(reterr, -EINVAL,
			       "kubeNftproxy.manifests: standard input was read, and cannot be read again");
	return source_start_check_files(settings->manifests, ret_unread, reterr);
}

int source_start_kubeapi(struct loop *loop, const struct settings *settings, const struct object_sink *sink,
			 const struct source_start_client *client, struct err *reterr)
{
	struct kubeapi_config config = { .node_name = settings->hostname, .follow = client->follow };
	int r;

	source_start_credentials(settings, &config.credentials);
	config.json_only = settings->content_type == SETTINGS_CONTENT_TYPE_JSON;
	config.seed = host_check_seed(settings);
	config.written = recorder_written;
	config.written_ctx = client->recorder;
	config.answered = client->metrics ? source_start_answered : NULL;
	config.answered_ctx = client->metrics;
	(void)signal(SIGPIPE, SIG_IGN);
	r = loop_start_kubeapi(loop, &config, sink, client->after, client->ctx, reterr);
	if (r == -ENOENT && !source_start_names_server(&config.credentials))
		return err_set(reterr, r, "no source: give --kubeconfig or --manifests, or run in a Pod");
	if (r < 0)
		return r;
	log_notice("daemon", "following the API server",
		   LOG_TEXT("server", kubeapi_server(loop_kubeapi(loop))),
		   LOG_TEXT("kubeconfig", kubeapi_kubeconfig(loop_kubeapi(loop))),
		   LOG_TEXT("node", settings->hostname));
	if (kubeapi_insecure(loop_kubeapi(loop)))
		log_warn("daemon", "the API server's certificate is not verified (insecure-skip-tls-verify)");
	return 0;
}

static void source_start_log_skipped(void *ctx, const char *kind, unsigned int count)
{
	const char *slice = store_kind_name(OBJECT_KIND_ENDPOINT_SLICE);

	(void)ctx;
	log_info("source",
		 strcmp(kind, slice) == 0 ? "addressType FQDN is not used, skipped"
					  : "kind is not used, skipped",
		 LOG_TEXT("kind", kind), LOG_NUMBER("objects", count));
}

int source_start_files(const struct settings *settings, bool follow, const struct object_sink *sink,
		       struct files **ret, struct err *reterr)
{
	int r = files_new(settings->manifests, follow, sink, ret, reterr);

	if (!r)
		r = files_read_all(*ret, reterr);
	if (!r)
		files_each_skipped(*ret, source_start_log_skipped, NULL);
	return r;
}
