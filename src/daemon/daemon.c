/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The loop
 *
 * Whatever changes the store, the node or the kernel only asks the pacer for a sync; the sync itself runs
 * from a timer in a later turn of the loop. So all that one turn brings (a page of a list, a file, a burst of
 * watch events) becomes one transaction, and an idle proxy still reacts at once.
 */
#include "config.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "backend/nfnl_tables.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "daemon/config_watch.h"
#include "daemon/host_check.h"
#include "daemon/instance_lock.h"
#include "daemon/kernel_features.h"
#include "daemon/loop.h"
#include "daemon/source_start.h"
#include "daemon/sysctls.h"
#include "intake/intake.h"
#include "intake/offline_start.h"
#include "intake/programming_latency.h"
#include "intake/recorder.h"
#include "intake/rejected_objects.h"
#include "intake/state_saver.h"
#include "manifests/files.h"
#include "model/node.h"
#include "model/store.h"
#include "render/layout.h"
#include "serve/process.h"
#include "serve/query.h"
#include "serve/serve.h"
#include "sync/ifaddr.h"
#include "sync/pacer.h"
#include "sync/stale_flows.h"
#include "sync/sync.h"

/*
 * When systemd is told that we are ready although no rules could be made yet: what is ordered behind us may be what
 * brings the API server up, as the kubelet of a control plane node does.
 */
#define DAEMON_READY_MS 10000

/* Everything that the loop holds. */
struct daemon {
	const struct settings *settings;
	struct loop *loop;
	struct store *store;
	struct intake intake;
	struct object_sink sink;
	struct sync *sync;
	struct nfnl *nfnl;
	int instance_fd; /* as long as it is open we are the only one */
	struct kernel_features abilities;
	struct files *files;
	struct ifaddr *ifaddr;
	struct stale_flows *flows;
	struct health health;
	struct metrics metrics;
	struct programming_latency *latency;
	struct rejected_objects *rejected;
	int64_t start_us; /* wall clock */
	struct query_tables tables;
	struct query_context query;
	struct serve *serve;
	struct config_watch *config_watch; /* NULL: there is no file */
	struct state_saver *saver;	   /* NULL: nothing is saved */
	struct offline_start *offline_start;
	struct recorder *recorder; /* NULL: there is no API server to be told anything */
	struct pacer pacer;
	sd_event_source *timer;
	sd_event_source *sources[7];
	size_t n_sources;
	sd_event_source *patience;
	bool owns;		 /* what we make is ours alone */
	bool ready;		 /* rules stand */
	bool outdated;		 /* the configuration file says something else */
	struct err finished_err; /* why the loop was left, if not by a signal */
};

static void daemon_arm(struct daemon *f)
{
	(void)sd_event_source_set_time(f->timer, pacer_due(&f->pacer) * 1000);
	(void)sd_event_source_set_enabled(f->timer, SD_EVENT_ONESHOT);
}

/* Y1. */
static bool daemon_may_sync(const struct daemon *f)
{
	return f->offline_start ? offline_start_may_sync(f->offline_start) : intake_complete(&f->intake);
}

static void daemon_request(void *ctx)
{
	struct daemon *f = ctx;

	if (!daemon_may_sync(f) || f->pacer.requested)
		return;
	pacer_request(&f->pacer);
	health_queued(&f->health, monotonic_ms());
	f->metrics.last_queued_us = wall_us();
	daemon_arm(f);
}

static void daemon_tell_disturbed(struct daemon *f)
{
	const char *who = nfnl_changed_by(f->nfnl);
	char note[160];

	(void)snprintf(note, sizeof(note), "The rules of this node were changed by %s, and are put right",
		       *who ? who : "another process");
	recorder_add_node(f->recorder, EVENT_TYPE_WARNING, "RulesChanged", "Repair", note);
}

/* What the kernel says that others have done to our tables. */
static void daemon_heed_others(struct daemon *f)
{
	uint64_t delay_ms;

	if (!nfnl_foreign_change(f->nfnl))
		return;
	f->metrics.repairs++;
	(void)snprintf(f->tables.changed_by, sizeof(f->tables.changed_by), "%s", nfnl_changed_by(f->nfnl));
	daemon_tell_disturbed(f);
	delay_ms = pacer_repair(&f->pacer, monotonic_ms());
	daemon_arm(f);
	log_warn("sync", "our tables were changed by somebody else: putting them right",
		 LOG_TEXT("by", nfnl_changed_by(f->nfnl)), LOG_NUMBER("wait_ms", delay_ms));
}

static void daemon_refresh_health(void *ctx, struct health *health)
{
	struct daemon *f = ctx;
	const struct node *node = store_find_node(f->store, f->settings->hostname);

	daemon_heed_others(f);
	health->intact = sync_intact(f->sync);
	if (node)
		health_node(health, !node->being_deleted && !node->to_be_deleted);
	/* Nobody who could say otherwise. */
	else if (f->settings->manifests)
		health_node(health, true);
}

static struct sync_addresses daemon_addresses(struct daemon *f)
{
	struct sync_addresses addresses = { NULL, 0 };

	if (f->ifaddr)
		addresses.list = ifaddr_list(f->ifaddr, &addresses.n);
	return addresses;
}

static int daemon_on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
	const struct daemon *f = userdata;

	(void)source;
	(void)usec;
	if (!f->ready)
		(void)sd_notify(0, "READY=1\nSTATUS=Waiting for the API server; rules of before stay.");
	return 0;
}

static void daemon_synced(struct daemon *f)
{
	int64_t now_us = wall_us();

	health_synced(&f->health, now_us);
	f->metrics.last_sync_us = now_us;
	f->metrics.endpoint_changes_pending = 0;
	f->metrics.service_changes_pending = 0;
	programming_latency_observe(f->latency, now_us, &f->metrics.programming);
	serve_synced(f->serve);
}

static int daemon_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *f = userdata;
	struct sync_addresses addresses = daemon_addresses(f);
	uint64_t start_ms = monotonic_ms();
	struct err err = { 0 };
	bool more;
	int r;

	(void)source;
	(void)usec;
	if (!daemon_may_sync(f)) {
		pacer_ran(&f->pacer, start_ms, start_ms, PACER_RESULT_DONE);
		daemon_arm(f);
		return 0;
	}
	if (pacer_is_periodic(&f->pacer, start_ms))
		nfnl_forget(f->nfnl);
	if (f->saver)
		state_saver_before_sync(f->saver, intake_complete(&f->intake));
	r = sync_run(f->sync, &addresses, &err);
	/* A privilege that is missing at the start, or that another process has, will not come by waiting. */
	if ((r == -EPERM || r == -EBUSY) && !f->ready) {
		f->finished_err = err;
		return sd_event_exit(loop_event(f->loop), r);
	}
	if (r < 0)
		log_error("sync", "sync failed, the old rules stand; trying again",
			  LOG_NUMBER("retry_ms", f->pacer.retry_ms), LOG_TEXT("err", err.text));
	more = r >= 0 && store_has_dirty(f->store);
	pacer_ran(&f->pacer, start_ms, monotonic_ms(),
		  r < 0	 ? PACER_RESULT_FAILED
		  : more ? PACER_RESULT_MORE
			 : PACER_RESULT_DONE);
	daemon_arm(f);
	if (r >= 0 && !more)
		daemon_synced(f);
	else if (r < 0)
		health_queued(&f->health, start_ms);
	f->metrics.sync_failures += r < 0;
	if (r >= 0 && !f->ready) {
		f->ready = f->tables.installed = true;
		f->tables.owned = f->owns;
		(void)sd_notify(0, "READY=1\nSTATUS=Rules stand.");
	}
	return 0;
}

static int daemon_on_nfnl(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	daemon_heed_others(userdata);
	return 0;
}

static int daemon_on_ifaddr(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct daemon *f = userdata;
	struct err err = { 0 };
	bool changed = false;

	(void)source;
	(void)fd;
	(void)revents;
	if (ifaddr_dispatch(f->ifaddr, &changed, &err) < 0 ||
	    (changed && ifaddr_refresh(f->ifaddr, &err) < 0))
		log_warn("source", "cannot follow interface addresses", LOG_TEXT("err", err.text));
	if (changed)
		daemon_request(f);
	return 0;
}

static int daemon_on_instance(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)revents;
	(void)userdata;
	instance_lock_dispatch(fd);
	return 0;
}

static int daemon_on_files(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct daemon *f = userdata;
	struct err err = { 0 };

	(void)source;
	(void)fd;
	(void)revents;
	if (files_dispatch(f->files, &err) < 0)
		log_warn("source", "cannot follow manifests", LOG_TEXT("err", err.text));
	return 0;
}

static int daemon_on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	(void)userdata;
	log_info("daemon", "stopping, rules stay", LOG_TEXT("signal", strsignal((int)si->ssi_signo)));
	(void)sd_notify(0, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int daemon_on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *f = userdata;
	struct err err = { 0 };
	int r = 0;

	(void)source;
	(void)si;
	if (f->files)
		r = files_read_all(f->files, &err);
	else if (loop_kubeapi(f->loop))
		r = kubeapi_reload_credentials(loop_kubeapi(f->loop), &err);
	if (r < 0)
		log_warn("daemon", "reload failed, what was known stays", LOG_TEXT("err", err.text));
	else
		log_info("daemon", "reloaded");
	daemon_request(f);
	return 0;
}

static int daemon_add_io(struct daemon *f, int fd, sd_event_io_handler_t handler, struct err *reterr)
{
	int r;

	if (fd < 0)
		return 0;
	r = sd_event_add_io(loop_event(f->loop), &f->sources[f->n_sources], fd, EPOLLIN, handler, f);
	if (r < 0)
		return err_set(reterr, r, "cannot watch a descriptor: %s", strerror(-r));
	f->n_sources++;
	return 0;
}

static int daemon_add_signals(struct daemon *f, struct err *reterr)
{
	static const struct {
		int signal;
		sd_event_signal_handler_t handler;
	} signals[] = { { SIGTERM, daemon_on_stop },
			{ SIGINT, daemon_on_stop },
			{ SIGHUP, daemon_on_reload } };
	sigset_t mask;
	size_t i;
	int r;

	(void)sigemptyset(&mask);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&mask, signals[i].signal);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		r = sd_event_add_signal(loop_event(f->loop), &f->sources[f->n_sources], signals[i].signal,
					signals[i].handler, f);
		if (r < 0)
			return err_set(reterr, r, "cannot handle a signal: %s", strerror(-r));
		f->n_sources++;
	}
	return 0;
}

/* Saving is optional: without a directory for it only a start without the API server is lost. */
static int daemon_start_saving(struct daemon *f, struct err *reterr)
{
	const struct state_saver_params saver = {
		.event = loop_event(f->loop),
		.store = f->store,
		.dir = f->settings->state_dir,
		.origin = kubeapi_server(loop_kubeapi(f->loop)),
		.node_name = f->settings->hostname,
	};
	struct offline_start_params offline_start = {
		.event = loop_event(f->loop),
		.intake = &f->intake,
		.kubeapi = loop_kubeapi(f->loop),
		.nfnl = f->nfnl,
		.dir = f->settings->state_dir,
		.node_name = f->settings->hostname,
		.request = daemon_request,
		.ctx = f,
	};
	struct err err = { 0 };

	if (!*f->settings->state_dir)
		return 0;
	if (state_saver_new(&saver, &f->saver, &err) < 0) {
		log_warn("state", "nothing is saved for a start without the API server",
			 LOG_TEXT("err", err.text));
		return 0;
	}
	offline_start.saver = f->saver;
	return offline_start_new(&offline_start, &f->offline_start, reterr);
}

static int daemon_init(struct daemon *f, const struct settings *settings, struct err *reterr)
{
	*f = (struct daemon){ .settings = settings, .instance_fd = -1, .start_us = wall_us() };
	f->store = store_new();
	pacer_init(&f->pacer, settings->min_sync_period_ms, settings->sync_period_ms, monotonic_ms());
	return loop_new(&f->loop, reterr);
}

static void daemon_done(struct daemon *f)
{
	offline_start_free(f->offline_start);
	state_saver_free(f->saver);
	files_free(f->files);
	while (f->n_sources)
		sd_event_source_disable_unref(f->sources[--f->n_sources]);
	sd_event_source_disable_unref(f->timer);
	sd_event_source_disable_unref(f->patience);
	stale_flows_free(f->flows);
	serve_free(f->serve);
	config_watch_free(f->config_watch);
	programming_latency_free(f->latency);
	recorder_free(f->recorder);
	loop_free(f->loop);
	ifaddr_free(f->ifaddr);
	sync_free(f->sync);
	rejected_objects_free(f->rejected);
	nfnl_free(f->nfnl);
	closep(&f->instance_fd);
	store_free(f->store);
}

static void daemon_on_config(void *ctx)
{
	struct daemon *f = ctx;

	f->outdated = true;
	(void)sd_event_exit(loop_event(f->loop), err_set(&f->finished_err, -ESTALE,
							 "%s says something else now", f->settings->config));
}

static int daemon_watch_config(struct daemon *f, struct err *reterr)
{
	if (!f->settings->config)
		return 0;
	return config_watch_new(loop_event(f->loop), f->settings, daemon_on_config, f, &f->config_watch,
				reterr);
}

static int daemon_write_event(void *ctx, const struct kubeapi_write *write, struct err *reterr)
{
	struct daemon *f = ctx;

	return kubeapi_write(loop_kubeapi(f->loop), write, reterr);
}

static int daemon_start_recorder(struct daemon *f, struct err *reterr)
{
	const struct recorder_params params = {
		.event = loop_event(f->loop),
		.node_name = f->settings->hostname,
		.seed = host_check_seed(f->settings),
		.write = daemon_write_event,
		.ctx = f,
	};
	int r = recorder_new(&params, &f->recorder, reterr);

	if (r < 0)
		return r;
	/* As kube-proxy has it. */
	recorder_add_node(f->recorder, EVENT_TYPE_NORMAL, "Starting", "StartKubeProxy",
			  PACKAGE_NAME " " PACKAGE_VERSION);
	return 0;
}

/* Everything that objects pass through before the source sends them. */
static void daemon_init_intake(struct daemon *f)
{
	f->latency = programming_latency_new(wall_us());
	intake_init(&f->intake, &(struct intake_params){
					.store = f->store,
					.rejected = f->rejected,
					.list_manifests = f->settings->manifests != NULL,
					.recorder = f->recorder,
					.metrics = &f->metrics,
					.latency = f->latency,
					.changed = daemon_request,
					.ctx = f,
				});
	f->sink = intake_sink(&f->intake);
}

static int daemon_init_sync(struct daemon *f, const bool family_enabled[_FAMILY_MAX], struct err *reterr)
{
	struct sync_params params = {
		.settings = f->settings,
		.store = f->store,
		.nfnl = f->nfnl,
		.no_affinity = !f->abilities.available[NFNL_PROBE_LEARNING],
		.metrics = &f->metrics,
	};
	int r = f->settings->manifests ? 0 : daemon_start_recorder(f, reterr);

	if (r < 0)
		return r;
	metrics_init(&f->metrics, family_enabled);
	f->rejected = rejected_objects_new();
	memcpy(params.family_enabled, family_enabled, sizeof(params.family_enabled));
	params.recorder = f->recorder;
	params.rejected = f->rejected;
	f->sync = sync_new(&params);
	return 0;
}

static int daemon_start_source(struct daemon *f, struct err *reterr)
{
	const struct source_start_client client = {
		.follow = true,
		.metrics = &f->metrics,
		.recorder = f->recorder,
	};
	int r;

	if (f->settings->manifests) {
		r = source_start_start_files(f->settings, true, &f->sink, &f->files, reterr);
		return r < 0 ? r : daemon_add_io(f, files_fd(f->files), daemon_on_files, reterr);
	}
	r = source_start_start_kubeapi(f->loop, f->settings, &f->sink, &client, reterr);
	return r < 0 ? r : daemon_start_saving(f, reterr);
}

static int daemon_start_serving(struct daemon *f, struct err *reterr)
{
	f->query = (struct query_context){
		.settings = f->settings,
		.store = f->store,
		.sync = f->sync,
		.ifaddr = f->ifaddr,
		.intake = &f->intake,
		.rejected = f->rejected,
		.tables = &f->tables,
		.kubeapi = loop_kubeapi(f->loop),
		.offline_start = f->offline_start,
		.metrics = &f->metrics,
		.health = &f->health,
		.refresh = daemon_refresh_health,
		.on_difference = daemon_request,
		.ctx = f,
		.start_us = f->start_us,
	};
	return serve_new(loop_event(f->loop), &f->query, f->recorder, &f->serve, reterr);
}

static int daemon_start(struct daemon *f, struct err *reterr)
{
	struct err adopt_err = { 0 };
	bool family_enabled[_FAMILY_MAX];
	int r;

	/* Who reads our log, or asks for our health, may go while we write. */
	(void)signal(SIGPIPE, SIG_IGN);
	process_raise_fds();
	host_check_families(family_enabled);
	host_check_warn_node_ports(f->settings, family_enabled);
	host_check_warn_cluster_cidr(f->settings, family_enabled);
	r = host_check_check_families(f->settings, family_enabled, reterr);
	if (r < 0)
		return r;
	if (f->settings->oom_score_adj_by)
		process_set_oom_score_adj(f->settings->oom_score_adj);
	r = instance_lock_take(&f->instance_fd, reterr);
	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &f->nfnl, reterr);
	if (r < 0)
		return r;
	kernel_features_find(f->nfnl, family_enabled, &f->abilities);
	/* Without persist they would go with us. */
	f->owns = f->settings->own_tables && f->abilities.available[NFNL_PROBE_TABLE_OWNER] &&
		  f->abilities.available[NFNL_PROBE_TABLE_PERSIST];
	if (f->owns)
		nfnl_own(f->nfnl);
	/* Until there is something to say, nobody else is to change what stands. */
	if (f->owns && nfnl_tables_adopt(f->nfnl, &f->tables.owned, &adopt_err) < 0)
		log_warn("sync", "the tables of an earlier run can be changed by others until the first sync",
			 LOG_TEXT("err", adopt_err.text));
	r = daemon_init_sync(f, family_enabled, reterr);
	if (r < 0)
		return r;
	daemon_init_intake(f);
	health_init(&f->health, family_enabled, f->settings->sync_period_ms, wall_us());
	r = sd_event_add_time(loop_event(f->loop), &f->timer, CLOCK_MONOTONIC, pacer_due(&f->pacer) * 1000, 1,
			      daemon_on_timer, f);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	r = sd_event_add_time_relative(loop_event(f->loop), &f->patience, CLOCK_MONOTONIC,
				       DAEMON_READY_MS * 1000ull, 0, daemon_on_patience, f);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	/* As the unit asks for: a loop that hangs is started anew. */
	(void)sd_event_set_watchdog(loop_event(f->loop), true);
	r = daemon_add_signals(f, reterr);
	if (!r)
		r = ifaddr_new(&f->ifaddr, reterr);
	if (!r)
		r = ifaddr_refresh(f->ifaddr, reterr);
	if (!r)
		r = daemon_add_io(f, ifaddr_fd(f->ifaddr), daemon_on_ifaddr, reterr);
	if (!r)
		r = daemon_add_io(f, nfnl_fd(f->nfnl), daemon_on_nfnl, reterr);
	if (!r)
		r = daemon_add_io(f, f->instance_fd, daemon_on_instance, reterr);
	if (!r)
		r = stale_flows_new(loop_event(f->loop), f->sync, f->store, f->ifaddr, &f->metrics, &f->flows,
				    reterr);
	if (!r)
		r = daemon_start_source(f, reterr);
	if (!r)
		r = daemon_start_serving(f, reterr);
	return r ? r : daemon_watch_config(f, reterr);
}

int daemon_run(const struct settings *settings, bool *ret_outdated, struct err *reterr)
{
	struct daemon f;
	int r = daemon_init(&f, settings, reterr);

	if (!r)
		r = daemon_start(&f, reterr);
	if (!r) {
		/* Not before: a start that fails is to change nothing. */
		(void)sysctls_write(&settings->conntrack);
		r = sd_event_loop(loop_event(f.loop));
		state_saver_stop(f.saver);
		if (r < 0 && f.finished_err.code)
			*reterr = f.finished_err;
		else if (r < 0)
			err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	}
	*ret_outdated = f.outdated;
	daemon_done(&f);
	return r;
}
