/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/origin.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "daemon/loop.h"
#include "daemon/machine.h"
#include "daemon/recorder.h"
#include "model/store.h"
#include "report/metrics.h"
#include "source/credentials.h"
#include "source/files.h"
#include "source/kubeapi.h"

/* Whether anything says where the API server is: then what is missing is for the error to say. */
static bool origin_names_server(const struct credentials_params *params)
{
	return params->kubeconfig || (params->kubeconfig_list && *params->kubeconfig_list) ||
	       (params->service_host && *params->service_host);
}

static void origin_answered(void *ctx, const char *method, int http_code, int64_t ms)
{
	metrics_count_request(ctx, method, http_code, (double)ms / 1e3);
}

int origin_start_kubeapi(struct loop *loop, const struct opts *opts, const struct source_sink *sink,
			 const struct origin_client *client, struct err *reterr)
{
	struct kubeapi_config config = { .node_name = opts->hostname, .follow = client->follow };
	int r;

	credentials_environment(&config.credentials);
	config.credentials.kubeconfig = opts->kubeconfig;
	config.credentials.context = opts->context;
	config.credentials.master = opts->master;
	config.json_only = opts->json_only;
	config.seed = machine_seed(opts);
	config.written = recorder_written;
	config.written_ctx = client->recorder;
	config.answered = client->metrics ? origin_answered : NULL;
	config.answered_ctx = client->metrics;
	(void)signal(SIGPIPE, SIG_IGN);
	r = loop_start_kubeapi(loop, &config, sink, client->after, client->ctx, reterr);
	if (r == -ENOENT && !origin_names_server(&config.credentials))
		return err_set(reterr, r, "no source: give --kubeconfig or --manifests, or run in a Pod");
	if (r < 0)
		return r;
	log_info("daemon", "asking the API server", LOG_TEXT("server", kubeapi_server(loop_kubeapi(loop))),
		 LOG_TEXT("node", opts->hostname));
	if (kubeapi_insecure(loop_kubeapi(loop)))
		log_warn("daemon", "the API server's certificate is not verified (insecure-skip-tls-verify)");
	return 0;
}

static void origin_log_skipped(void *ctx, const char *kind, unsigned int count)
{
	const char *slice = store_kind_name(OBJECT_KIND_ENDPOINT_SLICE);

	(void)ctx;
	log_info("source",
		 strcmp(kind, slice) == 0 ? "addressType FQDN is not used, skipped"
					  : "kind is not used, skipped",
		 LOG_TEXT("kind", kind), LOG_NUMBER("objects", count));
}

int origin_start_files(const struct opts *opts, bool follow, const struct source_sink *sink,
		       struct files **ret, struct err *reterr)
{
	int r = files_new(opts->manifests, follow, sink, ret, reterr);

	if (!r)
		r = files_read_all(*ret, reterr);
	if (!r)
		files_each_skipped(*ret, origin_log_skipped, NULL);
	return r;
}
