/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "backend/nfnl_check.h"
#include "backend/nfnl_tables.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "daemon/config_change.h"
#include "daemon/config_watch.h"
#include "daemon/daemon_events.h"
#include "daemon/daemon_internal.h"
#include "daemon/host_check.h"
#include "daemon/instance_lock.h"
#include "daemon/loop.h"
#include "daemon/manifest_gaps.h"
#include "daemon/reexec.h"
#include "daemon/source_start.h"
#include "daemon/sysctls.h"
#include "intake/offline_start.h"
#include "intake/programming_latency.h"
#include "intake/recorder.h"
#include "intake/refused_at_start.h"
#include "intake/rejected_objects.h"
#include "intake/state_mark.h"
#include "intake/state_saver.h"
#include "kubeapi/kubeapi.h"
#include "manifests/files.h"
#include "model/store.h"
#include "render/layout.h"
#include "serve/process.h"
#include "serve/serve.h"
#include "sync/ifaddr.h"
#include "sync/stale_flows.h"
#include "sync/sync.h"
#include "sync/sync_log.h"

/* --- stages of the start ---------------------------------------------------------------------------------
 */

static int check_host(struct daemon *daemon, struct err *reterr)
{
	const struct settings *settings = daemon->settings;
	int r;

	/* The reader of our log or of an answer may close its end while we write. */
	(void)signal(SIGPIPE, SIG_IGN);
	process_raise_fds();
	host_check_families(daemon->family_enabled);
	host_check_warn_node_ports(settings, daemon->family_enabled);
	host_check_warn_cluster_cidr(settings, daemon->family_enabled);
	r = host_check_cluster_cidr(settings, daemon->family_enabled, reterr);
	if (!r && settings->oom_score_adj_by)
		process_set_oom_score_adj(settings->oom_score_adj);
	return r;
}

static int open_tables(struct daemon *daemon, struct err *reterr)
{
	const bool *available = daemon->features.available;
	struct err err = { 0 };
	int r = instance_lock_take(daemon->reexec->kept, daemon->reexec->lock_fd, &daemon->instance_lock,
				   reterr);

	daemon->reexec->lock_fd = instance_lock_table_fd(&daemon->instance_lock);
	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &daemon->nfnl, reterr);
	if (r < 0)
		return r;
	kernel_features_find(daemon->nfnl, daemon->family_enabled, &daemon->features);
	/* Without persist the kernel would delete owned tables when we end. */
	daemon->owns_tables = daemon->settings->own_tables && available[NFNL_PROBE_TABLE_OWNER] &&
			      available[NFNL_PROBE_TABLE_PERSIST];
	if (!daemon->owns_tables && !daemon->settings->monitor_tables)
		nfnl_check_enable(daemon->nfnl);
	state_mark_init(&daemon->mark, daemon->nfnl);
	if (!daemon->owns_tables)
		return 0;
	nfnl_own(daemon->nfnl);
	/* Take ownership of the previous run's tables before the first sync. */
	if (nfnl_tables_adopt(daemon->nfnl, &daemon->tables.owned, &err) < 0)
		log_warn("sync",
			 "other processes can change the tables of the previous run until the first sync",
			 LOG_TEXT("err", err.text));
	return 0;
}

static int write_event(void *ctx, const struct kubeapi_write *write, struct err *reterr)
{
	struct daemon *daemon = ctx;

	return kubeapi_write(loop_kubeapi(daemon->loop), write, reterr);
}

static int make_recorder(struct daemon *daemon, struct err *reterr)
{
	const struct recorder_params params = {
		.event = loop_event(daemon->loop),
		.node_name = daemon->settings->hostname,
		.seed = host_check_seed(daemon->settings),
		.write = write_event,
		.ctx = daemon,
	};
	int r = daemon->settings->manifests ? 0 : recorder_new(&params, &daemon->recorder, reterr);

	if (r < 0)
		return r;
	/* The same as kube-proxy's. */
	recorder_add_node(daemon->recorder, EVENT_TYPE_NORMAL, "Starting", "StartKubeProxy",
			  PACKAGE_NAME " " PACKAGE_VERSION);
	return 0;
}

/* The way of objects: intake, store, sync. */
static int make_pipe(struct daemon *daemon, struct err *reterr)
{
	struct sync_params sync = {
		.event = loop_event(daemon->loop),
		.request = daemon_events_request,
		.request_ctx = daemon,
		.settings = daemon->settings,
		.store = daemon->store,
		.nfnl = daemon->nfnl,
		.no_affinity = !daemon->features.available[NFNL_PROBE_LEARNING],
		.metrics = &daemon->metrics,
	};
	struct intake_params intake = {
		.store = daemon->store,
		.list_manifests = daemon->settings->manifests != NULL,
		.metrics = &daemon->metrics,
		.changed = daemon_events_request,
		.ctx = daemon,
	};
	int r = make_recorder(daemon, reterr);

	if (r < 0)
		return r;
	metrics_init(&daemon->metrics, daemon->family_enabled);
	health_init(&daemon->health, daemon->family_enabled, daemon->settings->sync_period_ms, wall_us());
	r = sync_log_new(loop_event(daemon->loop), daemon->settings->verbosity, &daemon->sync_log, reterr);
	if (r < 0)
		return r;
	daemon->rejected = rejected_objects_new();
	daemon->latency = programming_latency_new(wall_us());
	memcpy(sync.family_enabled, daemon->family_enabled, sizeof(sync.family_enabled));
	sync.recorder = intake.recorder = daemon->recorder;
	sync.log = daemon->sync_log;
	sync.rejected = intake.rejected = daemon->rejected;
	intake.latency = daemon->latency;
	daemon->sync = sync_new(&sync);
	intake_init(&daemon->intake, &intake);
	daemon->sink = intake_sink(&daemon->intake);
	return 0;
}

static int follow_kernel(struct daemon *daemon, struct err *reterr)
{
	int r = ifaddr_new(&daemon->ifaddr, reterr);

	if (!r)
		r = ifaddr_refresh(daemon->ifaddr, reterr);
	if (!r)
		r = daemon_events_start(daemon, reterr);
	return r ? r
		 : stale_flows_new(loop_event(daemon->loop), daemon->sync, daemon->store, daemon->ifaddr,
				   &daemon->metrics, daemon->sync_log, &daemon->stale_flows, reterr);
}

/* @origin: borrowed */
static struct refused_at_start_use saved_use(struct daemon *daemon, const char *origin)
{
	return (struct refused_at_start_use){
		.dir = daemon->settings->state_dir,
		.origin = origin,
		.node_name = daemon->settings->hostname,
		.mark = &daemon->mark,
		.nfnl = daemon->nfnl,
		.max_age_ms = daemon->settings->state_max_age_ms,
	};
}

static int start_source(struct daemon *daemon, struct err *reterr)
{
	const struct source_start_client client = {
		.follow = true,
		.metrics = &daemon->metrics,
		.recorder = daemon->recorder,
	};
	struct refused_at_start_use use;
	int r;

	if (!daemon->settings->manifests)
		return source_start_kubeapi(daemon->loop, daemon->settings, &daemon->sink, &client, reterr);
	r = source_start_files(daemon->settings, true, &daemon->sink, &daemon->files, reterr);
	if (r < 0)
		return r;
	(void)snprintf(daemon->origin, sizeof(daemon->origin), "manifests %s", daemon->settings->manifests);
	use = saved_use(daemon, daemon->origin);
	daemon->waits_for_files =
		manifest_gaps_fill(daemon->files, &use, daemon->settings->wait_for_manifests);
	return daemon_events_watch_files(daemon, reterr);
}

/* When the API server was last heard about the kind that it was not heard about for longest, seconds since 1970. */
static int64_t heard_s(void *ctx)
{
	const struct daemon *daemon = ctx;
	int64_t age_ms = 0;
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status;

		kubeapi_kind_status(loop_kubeapi(daemon->loop), (enum object_kind)kind, &status);
		if (status.followed && !status.optional && status.age_ms > age_ms)
			age_ms = status.age_ms;
	}
	return (wall_us() - age_ms * 1000) / 1000000;
}

static int set_mark(void *ctx, const uint8_t *checksum, struct err *reterr)
{
	struct daemon *daemon = ctx;

	return checksum ? state_mark_set(&daemon->mark, checksum, reterr)
			: state_mark_clear(&daemon->mark, reterr);
}

static const char *manifest_of(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	const struct daemon *daemon = ctx;

	return files_manifest_of(daemon->files, kind, namespace, name);
}

/* Return: whether there is a saver. */
static bool make_saver(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;
	struct kubeapi *kubeapi = loop_kubeapi(daemon->loop);
	const struct state_saver_params params = {
		.event = loop_event(daemon->loop),
		.store = daemon->store,
		.dir = settings->state_dir,
		.origin = kubeapi ? kubeapi_server(kubeapi) : daemon->origin,
		.node_name = settings->hostname,
		.max_age_ms = settings->state_max_age_ms,
		.as_of = kubeapi ? heard_s : NULL,
		.manifest_of = kubeapi ? NULL : manifest_of,
		.mark = set_mark,
		.ctx = daemon,
	};
	struct err err = { 0 };

	/* Standard input cannot be read again. */
	if (!*settings->state_dir || (!kubeapi && strcmp(settings->manifests, "-") == 0))
		return false;
	if (state_saver_new(&params, &daemon->saver, &err) == 0)
		return true;
	log_warn("state",
		 kubeapi ? "nothing is saved for a start without the API server"
			 : "nothing is saved for a start with manifests that cannot be read",
		 LOG_TEXT("err", err.text));
	return false;
}

/* Without a state directory everything works but a start without the API server, or with bad manifests. */
static int start_saving(struct daemon *daemon, struct err *reterr)
{
	struct kubeapi *kubeapi = loop_kubeapi(daemon->loop);
	int r;

	if (!make_saver(daemon) || !kubeapi)
		return 0;
	r = refused_at_start_new(
		&(struct refused_at_start_params){ .event = loop_event(daemon->loop),
						   .intake = &daemon->intake,
						   .use = saved_use(daemon, kubeapi_server(kubeapi)),
						   .request = daemon_events_request,
						   .ctx = daemon },
		&daemon->refused_at_start, reterr);
	return r ? r
		 : offline_start_new(
			   &(struct offline_start_params){ .event = loop_event(daemon->loop),
							   .intake = &daemon->intake,
							   .saver = daemon->saver,
							   .mark = &daemon->mark,
							   .kubeapi = kubeapi,
							   .nfnl = daemon->nfnl,
							   .dir = daemon->settings->state_dir,
							   .max_age_ms = daemon->settings->state_max_age_ms,
							   .node_name = daemon->settings->hostname,
							   .request = daemon_events_request,
							   .ctx = daemon },
			   &daemon->offline_start, reterr);
}

static int start_serving(struct daemon *daemon, struct err *reterr)
{
	daemon->query = (struct query_context){
		.settings = daemon->settings,
		.store = daemon->store,
		.sync = daemon->sync,
		.ifaddr = daemon->ifaddr,
		.intake = &daemon->intake,
		.rejected = daemon->rejected,
		.tables = &daemon->tables,
		.config_problem = daemon_events_config_problem,
		.n_earlier = daemon_events_n_earlier,
		.not_made = daemon_events_not_made,
		.kubeapi = loop_kubeapi(daemon->loop),
		.offline_start = daemon->offline_start,
		.metrics = &daemon->metrics,
		.health = &daemon->health,
		.refresh = daemon_events_refresh_health,
		.on_difference = daemon_events_request,
		.ctx = daemon,
		.start_ms = daemon->start_ms,
	};
	return serve_new(loop_event(daemon->loop), &daemon->query, daemon->recorder, daemon->reexec->kept,
			 &daemon->serve, reterr);
}

static int watch_config(struct daemon *daemon, struct err *reterr)
{
	const struct config_change_params params = {
		.event = loop_event(daemon->loop),
		.settings = daemon->settings,
		.argc = daemon->reexec->argc,
		.argv = daemon->reexec->argv,
		.family_enabled = daemon->family_enabled,
		.execute = daemon_events_execute,
		.refused = daemon_events_config_refused,
		.ctx = daemon,
	};
	struct err err = { 0 };
	int r;

	if (!daemon->settings->config)
		return 0;
	r = config_change_new(&params, &daemon->config_change, reterr);
	if (r < 0)
		return r;
	/* It may have changed since it was read. */
	config_change_soon(daemon->config_change);
	if (config_watch_new(params.event, daemon->settings->config, config_change_soon,
			     daemon->config_change, &daemon->config_watch, &err) < 0)
		log_warn("daemon", "changes of the configuration file are only seen with SIGHUP",
			 LOG_TEXT("err", err.text));
	return 0;
}

/* --- the daemon ------------------------------------------------------------------------------------------
 */

static int start(struct daemon *daemon, struct err *reterr)
{
	static int (*const stages[])(struct daemon * daemon, struct err * reterr) = {
		check_host,   open_tables,  make_pipe,	   follow_kernel,
		start_source, start_saving, start_serving, watch_config,
	};
	size_t i;
	int r = loop_new(&daemon->loop, reterr);

	for (i = 0; !r && i < ARRAY_SIZE(stages); i++)
		r = stages[i](daemon, reterr);
	return r;
}

static int run_loop(struct daemon *daemon, struct err *reterr)
{
	int r;

	/* Not before: a start that fails must change nothing. */
	(void)sysctls_write("", &daemon->settings->conntrack);
	r = sd_event_loop(loop_event(daemon->loop));
	state_saver_stop(daemon->saver);
	if (r < 0 && daemon->finished_err.code)
		*reterr = daemon->finished_err;
	else if (r < 0)
		(void)err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	return r;
}

static void done(struct daemon *daemon)
{
	offline_start_free(daemon->offline_start);
	refused_at_start_free(daemon->refused_at_start);
	state_saver_free(daemon->saver);
	sd_event_source_disable_unref(daemon->verify_turn);
	sd_event_source_disable_unref(daemon->ready_chains_timer);
	sd_event_source_disable_unref(daemon->files_turn);
	sd_event_source_disable_unref(daemon->files_timer);
	files_free(daemon->files);
	while (daemon->n_sources)
		sd_event_source_disable_unref(daemon->sources[--daemon->n_sources]);
	sd_event_source_disable_unref(daemon->sync_timer);
	sd_event_source_disable_unref(daemon->check_timer);
	sd_event_source_disable_unref(daemon->ready_timer);
	stale_flows_free(daemon->stale_flows);
	sync_log_free(daemon->sync_log);
	serve_free(daemon->serve);
	config_watch_free(daemon->config_watch);
	config_change_free(daemon->config_change);
	programming_latency_free(daemon->latency);
	recorder_free(daemon->recorder);
	loop_free(daemon->loop);
	ifaddr_free(daemon->ifaddr);
	sync_free(daemon->sync);
	rejected_objects_free(daemon->rejected);
	nfnl_free(daemon->nfnl);
	instance_lock_release(&daemon->instance_lock);
	store_free(daemon->store);
}

int daemon_run(const struct settings *settings, struct reexec *reexec, struct err *reterr)
{
	struct daemon daemon = {
		.settings = settings,
		.reexec = reexec,
		.start_ms = monotonic_ms(),
		.store = store_new(),
		.instance_lock = INSTANCE_LOCK_NONE,
	};
	int r;

	pacer_init(&daemon.pacer, settings->min_sync_period_ms, settings->sync_period_ms, monotonic_ms());
	r = start(&daemon, reterr);
	if (!r)
		r = run_loop(&daemon, reterr);
	done(&daemon);
	return r;
}
