/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The loop
 *
 * Whatever changes the store, the node or the kernel only asks the pacer for a sync; the sync itself runs
 * from a timer in a later turn of the loop. So all that one turn brings (a page of a list, a file, a burst of
 * watch events) becomes one transaction, and an idle proxy still reacts at once.
 */
#include "config.h"
#include "daemon/follow.h"

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
#include "base/log.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "daemon/abilities.h"
#include "daemon/config_watch.h"
#include "daemon/facts.h"
#include "daemon/flows.h"
#include "daemon/instance.h"
#include "daemon/intake.h"
#include "daemon/keeper.h"
#include "daemon/loop.h"
#include "daemon/machine.h"
#include "daemon/origin.h"
#include "daemon/pacer.h"
#include "daemon/process.h"
#include "daemon/programming.h"
#include "daemon/recorder.h"
#include "daemon/refusals.h"
#include "daemon/serving.h"
#include "daemon/standin.h"
#include "daemon/sync.h"
#include "daemon/sysctls.h"
#include "model/node.h"
#include "model/store.h"
#include "render/layout.h"
#include "source/files.h"
#include "source/ifaddr.h"

/*
 * When systemd is told that we are ready although no rules could be made yet: what is ordered behind us may be what
 * brings the API server up, as the kubelet of a control plane node does.
 */
#define FOLLOW_READY_MS 10000

/* Everything that the loop holds. */
struct follow {
	const struct opts *opts;
	struct loop *loop;
	struct store *store;
	struct intake intake;
	struct source_sink sink;
	struct sync *sync;
	struct nfnl *nfnl;
	int instance_fd; /* as long as it is open we are the only one */
	struct abilities abilities;
	struct files *files;
	struct ifaddr *ifaddr;
	struct flows *flows;
	struct health health;
	struct metrics metrics;
	struct programming *programming;
	struct refusals *refusals;
	struct facts facts;
	struct serving *serving;
	struct config_watch *config_watch; /* NULL: there is no file */
	struct keeper *keeper;		   /* NULL: nothing is saved */
	struct standin *standin;	   /* NULL: nothing stands in */
	struct recorder *recorder;	   /* NULL: there is no API server to be told anything */
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

static void follow_arm(struct follow *f)
{
	(void)sd_event_source_set_time(f->timer, pacer_due(&f->pacer) * 1000);
	(void)sd_event_source_set_enabled(f->timer, SD_EVENT_ONESHOT);
}

/* Y1. */
static bool follow_may_sync(const struct follow *f)
{
	return f->standin ? standin_may_sync(f->standin) : intake_complete(&f->intake);
}

static void follow_request(void *ctx)
{
	struct follow *f = ctx;

	if (!follow_may_sync(f) || f->pacer.requested)
		return;
	pacer_request(&f->pacer);
	health_queued(&f->health, monotonic_ms());
	f->metrics.last_queued_us = wall_us();
	follow_arm(f);
}

static void follow_tell_disturbed(struct follow *f)
{
	const char *who = nfnl_disturber(f->nfnl);
	char note[160];

	(void)snprintf(note, sizeof(note), "The rules of this node were changed by %s, and are put right",
		       *who ? who : "another process");
	recorder_say_of_node(f->recorder, EVENT_TYPE_WARNING, "RulesChanged", "Repair", note);
}

/* What the kernel says that others have done to our tables. */
static void follow_heed_others(struct follow *f)
{
	uint64_t delay_ms;

	nfnl_dispatch(f->nfnl);
	/* What is not known anyway is read back by the sync that is due. */
	if (!nfnl_disturbed(f->nfnl) || !sync_heed(f->sync))
		return;
	f->metrics.repairs++;
	(void)snprintf(f->facts.repaired_by, sizeof(f->facts.repaired_by), "%s", nfnl_disturber(f->nfnl));
	follow_tell_disturbed(f);
	delay_ms = pacer_mend(&f->pacer, monotonic_ms());
	follow_arm(f);
	log_warn("sync", "our tables were changed by somebody else: putting them right",
		 LOG_TEXT("by", nfnl_disturber(f->nfnl)), LOG_NUMBER("wait_ms", delay_ms));
}

static void follow_refresh_health(void *ctx, struct health *health)
{
	struct follow *f = ctx;
	const struct node *node = store_find_node(f->store, f->opts->hostname);

	follow_heed_others(f);
	health->intact = sync_intact(f->sync);
	if (node)
		health_node(health, !node->being_deleted && !node->to_be_deleted);
	/* Nobody who could say otherwise. */
	else if (f->opts->manifests)
		health_node(health, true);
}

static struct sync_addresses follow_addresses(struct follow *f)
{
	struct sync_addresses addresses = { NULL, 0 };

	if (f->ifaddr)
		addresses.list = ifaddr_list(f->ifaddr, &addresses.n);
	return addresses;
}

static int follow_on_patience(sd_event_source *source, uint64_t usec, void *userdata)
{
	const struct follow *f = userdata;

	(void)source;
	(void)usec;
	if (!f->ready)
		(void)sd_notify(0, "READY=1\nSTATUS=Waiting for the API server; rules of before stay.");
	return 0;
}

static void follow_synced(struct follow *f)
{
	int64_t now_us = wall_us();

	health_synced(&f->health, now_us);
	f->metrics.last_sync_us = now_us;
	f->metrics.endpoint_changes_pending = 0;
	f->metrics.service_changes_pending = 0;
	programming_done(f->programming, now_us, &f->metrics.programming);
	serving_synced(f->serving);
}

static int follow_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct follow *f = userdata;
	struct sync_addresses addresses = follow_addresses(f);
	uint64_t start_ms = monotonic_ms();
	struct err err = { 0 };
	int r;

	(void)source;
	(void)usec;
	if (!follow_may_sync(f)) {
		pacer_ran(&f->pacer, start_ms, start_ms, true);
		follow_arm(f);
		return 0;
	}
	if (pacer_is_periodic(&f->pacer, start_ms))
		sync_forget(f->sync);
	if (f->keeper)
		keeper_before_sync(f->keeper, intake_complete(&f->intake));
	r = sync_run(f->sync, &addresses, &err);
	/* A privilege that is missing at the start, or that another process has, will not come by waiting. */
	if ((r == -EPERM || r == -EBUSY) && !f->ready) {
		f->finished_err = err;
		return sd_event_exit(loop_event(f->loop), r);
	}
	if (r < 0)
		log_error("sync", "sync failed, the old rules stand; trying again",
			  LOG_NUMBER("retry_ms", f->pacer.retry_ms), LOG_TEXT("err", err.text));
	pacer_ran(&f->pacer, start_ms, monotonic_ms(), r >= 0);
	follow_arm(f);
	if (r >= 0)
		follow_synced(f);
	else
		health_queued(&f->health, start_ms);
	f->metrics.sync_failures += r < 0;
	if (r >= 0 && !f->ready) {
		f->ready = f->facts.ready = true;
		f->facts.owned = f->owns;
		(void)sd_notify(0, "READY=1\nSTATUS=Rules stand.");
	}
	return 0;
}

static int follow_on_nfnl(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	follow_heed_others(userdata);
	return 0;
}

static int follow_on_ifaddr(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct follow *f = userdata;
	struct err err = { 0 };
	bool changed = false;

	(void)source;
	(void)fd;
	(void)revents;
	if (ifaddr_dispatch(f->ifaddr, &changed, &err) < 0 ||
	    (changed && ifaddr_refresh(f->ifaddr, &err) < 0))
		log_warn("source", "cannot follow interface addresses", LOG_TEXT("err", err.text));
	if (changed)
		follow_request(f);
	return 0;
}

static int follow_on_instance(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)revents;
	(void)userdata;
	instance_dispatch(fd);
	return 0;
}

static int follow_on_files(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct follow *f = userdata;
	struct err err = { 0 };

	(void)source;
	(void)fd;
	(void)revents;
	if (files_dispatch(f->files, &err) < 0)
		log_warn("source", "cannot follow manifests", LOG_TEXT("err", err.text));
	return 0;
}

static int follow_on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	(void)userdata;
	log_info("daemon", "stopping, rules stay", LOG_TEXT("signal", strsignal((int)si->ssi_signo)));
	(void)sd_notify(0, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int follow_on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct follow *f = userdata;
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
	follow_request(f);
	return 0;
}

static int follow_add_io(struct follow *f, int fd, sd_event_io_handler_t handler, struct err *reterr)
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

static int follow_add_signals(struct follow *f, struct err *reterr)
{
	static const struct {
		int signal;
		sd_event_signal_handler_t handler;
	} signals[] = { { SIGTERM, follow_on_stop },
			{ SIGINT, follow_on_stop },
			{ SIGHUP, follow_on_reload } };
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

/* Without a place for it the proxy works as well, but for a start without an API server. */
static int follow_start_saving(struct follow *f, struct err *reterr)
{
	struct standin_params params = {
		.event = loop_event(f->loop),
		.intake = &f->intake,
		.kubeapi = loop_kubeapi(f->loop),
		.nfnl = f->nfnl,
		.dir = f->opts->state_dir,
		.node_name = f->opts->hostname,
		.request = follow_request,
		.ctx = f,
	};
	struct err err = { 0 };
	int r;

	if (!*f->opts->state_dir)
		return 0;
	if (keeper_new(params.event, f->store, params.dir, kubeapi_server(params.kubeapi), params.node_name,
		       &f->keeper, &err) < 0) {
		log_warn("state", "nothing is saved for a start without the API server",
			 LOG_TEXT("err", err.text));
		return 0;
	}
	params.keeper = f->keeper;
	r = standin_new(&params, &f->standin, reterr);
	f->facts.standin = f->standin;
	return r;
}

static int follow_init(struct follow *f, const struct opts *opts, struct err *reterr)
{
	*f = (struct follow){ .opts = opts, .instance_fd = -1 };
	f->store = store_new();
	f->intake = (struct intake){ .store = f->store, .changed = follow_request, .ctx = f };
	f->sink = intake_sink(&f->intake);
	pacer_init(&f->pacer, opts->min_sync_period_ms, opts->sync_period_ms, monotonic_ms());
	return loop_new(&f->loop, reterr);
}

static void follow_done(struct follow *f)
{
	standin_free(f->standin);
	keeper_free(f->keeper);
	files_free(f->files);
	while (f->n_sources)
		sd_event_source_disable_unref(f->sources[--f->n_sources]);
	sd_event_source_disable_unref(f->timer);
	sd_event_source_disable_unref(f->patience);
	flows_free(f->flows);
	serving_free(f->serving);
	config_watch_free(f->config_watch);
	programming_free(f->programming);
	recorder_free(f->recorder);
	loop_free(f->loop);
	ifaddr_free(f->ifaddr);
	sync_free(f->sync);
	refusals_free(f->refusals);
	nfnl_free(f->nfnl);
	closep(&f->instance_fd);
	store_free(f->store);
}

static void follow_on_config(void *ctx)
{
	struct follow *f = ctx;

	f->outdated = true;
	(void)sd_event_exit(loop_event(f->loop), err_set(&f->finished_err, -ESTALE,
							 "%s says something else now", f->opts->config));
}

static int follow_watch_config(struct follow *f, struct err *reterr)
{
	if (!f->opts->config)
		return 0;
	return config_watch_new(loop_event(f->loop), f->opts, follow_on_config, f, &f->config_watch, reterr);
}

static int follow_start_recorder(struct follow *f, struct err *reterr)
{
	int r = recorder_new(loop_event(f->loop), f->opts->hostname, machine_seed(f->opts), &f->recorder,
			     reterr);

	if (r < 0)
		return r;
	f->intake.recorder = f->recorder;
	sync_tell(f->sync, f->recorder);
	serving_tell(f->serving, f->recorder);
	/* As kube-proxy has it. */
	recorder_say_of_node(f->recorder, EVENT_TYPE_NORMAL, "Starting", "StartKubeProxy",
			     PACKAGE_NAME " " PACKAGE_VERSION);
	return 0;
}

/* What can be asked of us. */
static void follow_gather(struct follow *f)
{
	f->intake.refusals = f->refusals = refusals_new();
	sync_refusals(f->sync, f->refusals);
	f->facts.opts = f->opts;
	f->facts.store = f->store;
	f->facts.intake = &f->intake;
	f->facts.sync = f->sync;
	f->facts.refusals = f->refusals;
	f->facts.metrics = &f->metrics;
	f->facts.health = &f->health;
	f->facts.refresh = follow_refresh_health;
	f->facts.differs = follow_request;
	f->facts.ctx = f;
	f->facts.start_us = wall_us();
}

static int follow_start(struct follow *f, struct err *reterr)
{
	struct origin_client client = { .follow = true, .metrics = &f->metrics };
	struct err adopt_err = { 0 };
	bool family_enabled[_FAMILY_MAX];
	int r;

	/* Who reads our log, or asks for our health, may go while we write. */
	(void)signal(SIGPIPE, SIG_IGN);
	machine_families(family_enabled);
	machine_warn_node_ports(f->opts, family_enabled);
	machine_warn_cluster_cidr(f->opts, family_enabled);
	r = machine_check_families(f->opts, family_enabled, reterr);
	if (r < 0)
		return r;
	if (f->opts->has_oom_score_adj)
		process_set_oom_score_adj(f->opts->oom_score_adj);
	r = instance_take(&f->instance_fd, reterr);
	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &f->nfnl, reterr);
	if (r < 0)
		return r;
	abilities_find(f->nfnl, family_enabled, &f->abilities);
	/* Without persist they would go with us. */
	f->owns = f->opts->own_tables && f->abilities.available[NFNL_PROBE_TABLE_OWNER] &&
		  f->abilities.available[NFNL_PROBE_TABLE_PERSIST];
	if (f->owns)
		nfnl_own(f->nfnl);
	/* Until there is something to say, nobody else is to change what stands. */
	if (f->owns && nfnl_adopt(f->nfnl, &f->facts.owned, &adopt_err) < 0)
		log_warn("sync", "the tables of an earlier run can be changed by others until the first sync",
			 LOG_TEXT("err", adopt_err.text));
	f->sync = sync_new(f->opts, f->store, f->nfnl, family_enabled);
	health_init(&f->health, family_enabled, f->opts->sync_period_ms, wall_us());
	metrics_init(&f->metrics, family_enabled);
	follow_gather(f);
	sync_measure(f->sync, &f->metrics);
	f->programming = programming_new(wall_us());
	f->intake.metrics = &f->metrics;
	f->intake.programming = f->programming;
	if (!f->abilities.available[NFNL_PROBE_LEARNING])
		sync_leave_out_affinity(f->sync);
	r = sd_event_add_time(loop_event(f->loop), &f->timer, CLOCK_MONOTONIC, pacer_due(&f->pacer) * 1000, 1,
			      follow_on_timer, f);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	r = sd_event_add_time_relative(loop_event(f->loop), &f->patience, CLOCK_MONOTONIC,
				       FOLLOW_READY_MS * 1000ull, 0, follow_on_patience, f);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	/* As the unit asks for: a loop that hangs is started anew. */
	(void)sd_event_set_watchdog(loop_event(f->loop), true);
	r = follow_add_signals(f, reterr);
	if (!r)
		r = ifaddr_new(&f->ifaddr, reterr);
	if (!r)
		r = ifaddr_refresh(f->ifaddr, reterr);
	if (!r)
		r = follow_add_io(f, ifaddr_fd(f->ifaddr), follow_on_ifaddr, reterr);
	f->facts.ifaddr = f->ifaddr;
	if (!r)
		r = follow_add_io(f, nfnl_fd(f->nfnl), follow_on_nfnl, reterr);
	if (!r)
		r = follow_add_io(f, f->instance_fd, follow_on_instance, reterr);
	if (!r)
		r = flows_new(loop_event(f->loop), f->sync, f->store, f->ifaddr, &f->metrics, &f->flows,
			      reterr);
	if (!r)
		r = serving_new(loop_event(f->loop), &f->facts, &f->metrics, &f->serving, reterr);
	if (r < 0)
		return r;
	if (!f->opts->manifests) {
		r = follow_start_recorder(f, reterr);
		client.recorder = f->recorder;
		if (!r)
			r = origin_start_kubeapi(f->loop, f->opts, &f->sink, &client, reterr);
		if (r < 0)
			return r;
		f->facts.kubeapi = loop_kubeapi(f->loop);
		recorder_use(f->recorder, loop_kubeapi(f->loop));
		r = follow_start_saving(f, reterr);
		return r ? r : follow_watch_config(f, reterr);
	}
	f->intake.refuses_origins = true;
	r = origin_start_files(f->opts, true, &f->sink, &f->files, reterr);
	if (!r)
		r = follow_add_io(f, files_fd(f->files), follow_on_files, reterr);
	return r ? r : follow_watch_config(f, reterr);
}

int follow_run(const struct opts *opts, bool *ret_outdated, struct err *reterr)
{
	struct follow f;
	int r = follow_init(&f, opts, reterr);

	if (!r)
		r = follow_start(&f, reterr);
	if (!r) {
		/* Not before: a start that fails is to change nothing. */
		(void)sysctls_write(&opts->conntrack);
		r = sd_event_loop(loop_event(f.loop));
		keeper_stop(f.keeper);
		if (r < 0 && f.finished_err.code)
			*reterr = f.finished_err;
		else if (r < 0)
			err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	}
	*ret_outdated = f.outdated;
	follow_done(&f);
	return r;
}
