/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The loop
 *
 * A change of the store, of the node or of the kernel only requests a sync from the pacer. The sync itself runs from a timer in
 * a later turn of the loop. So everything that one turn brings (a page of a list, a file, a burst of watch events) becomes one
 * transaction, and an idle proxy still reacts at once.
 */
#include "config.h"
#include "daemon/daemon_events.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "backend/nfnl_found.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "daemon/config_change.h"
#include "daemon/daemon_internal.h"
#include "daemon/instance_lock.h"
#include "daemon/loop.h"
#include "daemon/reexec.h"
#include "intake/offline_start.h"
#include "intake/programming_latency.h"
#include "intake/recorder.h"
#include "intake/refused_at_start.h"
#include "intake/rejected_objects.h"
#include "intake/state_saver.h"
#include "manifests/files.h"
#include "model/node.h"
#include "model/store.h"
#include "render/layout.h"
#include "render/layout_sets.h"
#include "report/status.h"
#include "serve/kept_sockets.h"
#include "serve/serve.h"
#include "sync/ifaddr.h"
#include "sync/ready_chains.h"
#include "sync/sync.h"
#include "sync/sync_log.h"
#include "sync/verification.h"

/*
 * When systemd is told that we are ready although no sync has succeeded. The API server may be started by units that are
 * ordered after us, as by the kubelet of a control plane node.
 */
#define READY_MS 10000
/* How often a sync asks whether it may go on, if the API server has begun to answer between two of its steps. */
#define PAUSED_MS 500
/* How often the tables are checked if the kernel's notifications are not received. */
#define CHECK_MS 1000
/* When manifests are read again that could not be read because descriptors or memory were short. */
#define FILES_RETRY_MS 5000
/* How long clients are still answered before the program is executed anew. */
#define EXECUTE_ANSWERS_US 50000
/* Once for each connection, so that one that cannot be accepted for want of descriptors does not keep the loop busy. */
#define ON_CONNECTION (EPOLLIN | EPOLLET)

/* --- syncs -----------------------------------------------------------------------------------------------
 */

static void set_sync_timer(struct daemon *daemon)
{
	(void)sd_event_source_set_time(daemon->sync_timer, pacer_due(&daemon->pacer) * 1000);
	(void)sd_event_source_set_enabled(daemon->sync_timer, SD_EVENT_ONESHOT);
}

/* tests/COVERAGE.md Y1 */
static bool may_sync(const struct daemon *daemon)
{
	if (daemon->waits_for_files)
		return false;
	if (daemon->offline_start && !offline_start_may_sync(daemon->offline_start))
		return false;
	if (!intake_complete(&daemon->intake))
		return daemon->offline_start != NULL;
	return !daemon->refused_at_start || refused_at_start_may_sync(daemon->refused_at_start);
}

void daemon_events_request(void *ctx)
{
	struct daemon *daemon = ctx;

	if (!may_sync(daemon) || daemon->pacer.requested)
		return;
	pacer_request(&daemon->pacer);
	health_queued(&daemon->health, monotonic_ms());
	daemon->metrics.last_queued_us = wall_us();
	set_sync_timer(daemon);
}

/* All that listens has asked for its socket of the previous execution, or has no use for it. */
static void forget_kept(struct daemon *daemon)
{
	serve_forget_kept(daemon->serve);
	daemon->reexec->kept = kept_sockets_free(daemon->reexec->kept);
}

static void sync_succeeded(struct daemon *daemon)
{
	int64_t now_us = wall_us();

	health_synced(&daemon->health, now_us);
	daemon->tables.n_failed = 0;
	sync_log_works(daemon->sync_log, monotonic_ms());
	daemon->metrics.last_sync_us = now_us;
	daemon->metrics.synced_ms = monotonic_ms();
	daemon->metrics.endpoint_changes_pending = 0;
	daemon->metrics.service_changes_pending = 0;
	programming_latency_observe(daemon->latency, now_us, &daemon->metrics.programming);
	serve_synced(daemon->serve);
	forget_kept(daemon);
}

/*
 * Tell systemd what is installed, if that has changed. We are ready when everything is installed, or when the ready timer
 * has run out.
 */
static void notify_installed(struct daemon *daemon)
{
	size_t n = sync_n_refused(daemon->sync);

	if (n == daemon->n_refused_notified && daemon->ready)
		return;
	daemon->ready |= !n;
	daemon->n_refused_notified = n;
	if (n)
		(void)sd_notifyf(
			0,
			"%sSTATUS=Rules are installed, but %zu Service%s refused: see kube-nftproxy status.",
			daemon->ready ? "READY=1\n" : "", n, n == 1 ? " is" : "s are");
	else
		(void)sd_notify(0, "READY=1\nSTATUS=Rules are installed.");
}

static void tables_installed(struct daemon *daemon)
{
	if (!daemon->tables.installed)
		daemon->tables.owned = daemon->owns_tables;
	daemon->tables.installed = true;
	if (!daemon->complete) {
		daemon->complete = !sync_n_refused(daemon->sync);
		health_first(&daemon->health, daemon->complete, monotonic_ms());
	}
	notify_installed(daemon);
}

static void sync_failed(struct daemon *daemon, uint64_t start_ms, const struct err *err)
{
	sync_log_failed(daemon->sync_log, err, daemon->pacer.retry_ms, monotonic_ms());
	health_queued(&daemon->health, start_ms);
	daemon->metrics.sync_failures++;
	if (!daemon->tables.n_failed++)
		daemon->tables.failed_ms = start_ms;
	daemon->tables.failure = *err;
}

/* Make lb chains ready in @ms, if there is something to do. Each sync puts this off. */
static void ready_chains_later(struct daemon *daemon, uint64_t ms)
{
	int r = -ENOENT;

	if (ready_chains_is_due(daemon->sync))
		r = sd_event_source_set_time_relative(daemon->ready_chains_timer, ms * 1000);
	(void)sd_event_source_set_enabled(daemon->ready_chains_timer,
					  r < 0 ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

/* Than the saved state, perhaps. Without a saver the mark of an earlier run goes. */
static int rules_become_newer(struct daemon *daemon, struct err *reterr)
{
	if (daemon->saver)
		return state_saver_before_sync(daemon->saver, intake_complete(&daemon->intake), reterr);
	return state_mark_clear(&daemon->mark, reterr);
}

static int on_sync_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;
	struct sync_addresses addresses;
	uint64_t start_ms = monotonic_ms();
	enum pacer_result result = PACER_RESULT_FAILED;
	struct err err = { 0 };
	int r;

	(void)source;
	(void)usec;
	/* From the saved state: when the server's lists begin, no further step is made until they end or are given up. */
	if (!may_sync(daemon)) {
		pacer_ran(&daemon->pacer, start_ms, start_ms, PACER_RESULT_DONE);
		pacer_retry_at(&daemon->pacer,
			       sync_has_more(daemon->sync) ? start_ms + PAUSED_MS : UINT64_MAX);
		set_sync_timer(daemon);
		return 0;
	}
	if (pacer_is_periodic(&daemon->pacer, start_ms))
		(void)sd_event_source_set_enabled(daemon->verify_turn, SD_EVENT_ON);
	addresses.list = ifaddr_list(daemon->ifaddr, &addresses.n);
	r = rules_become_newer(daemon, &err);
	if (!r)
		r = sync_run(daemon->sync, &addresses, &err);
	/* Waiting does not help against a missing privilege, or against tables that another process owns. */
	if ((r == -EPERM || r == -EBUSY) && !daemon->tables.installed) {
		daemon->finished_err = err;
		return sd_event_exit(loop_event(daemon->loop), r);
	}
	if (r < 0)
		sync_failed(daemon, start_ms, &err);
	else if (sync_has_more(daemon->sync))
		result = PACER_RESULT_MORE;
	else
		result = PACER_RESULT_DONE;
	pacer_ran(&daemon->pacer, start_ms, monotonic_ms(), result);
	pacer_retry_at(&daemon->pacer, sync_retry_ms(daemon->sync));
	set_sync_timer(daemon);
	if (result == PACER_RESULT_DONE)
		sync_succeeded(daemon);
	if (verification_is_due(daemon->sync))
		(void)sd_event_source_set_enabled(daemon->verify_turn, SD_EVENT_ON);
	if (r >= 0 && sync_first_done(daemon->sync))
		tables_installed(daemon);
	ready_chains_later(daemon, READY_CHAINS_IDLE_MS);
	return 0;
}

/* The hourly verification, and the repair of tables of which it is not known where they were changed; it has a low priority. */
static int on_verify_turn(sd_event_source *source, void *userdata)
{
	struct daemon *daemon = userdata;
	enum survey_result result = verification_step(daemon->sync);

	if (result == SURVEY_RESULT_MORE)
		return 0;
	/* It goes on after the next sync. */
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (result == SURVEY_RESULT_END)
		log_debug("sync", "the tables are as they were installed");
	if (result == SURVEY_RESULT_STALE || result == SURVEY_RESULT_UNKNOWN)
		daemon_events_request(daemon);
	ready_chains_later(daemon, READY_CHAINS_IDLE_MS);
	return 0;
}

/* lb chains that are kept ready; it has a low priority, and a change that waits comes first. */
static int on_ready_chains(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;
	struct err err = { 0 };

	(void)source;
	(void)usec;
	if (daemon->pacer.requested)
		return 0;
	switch (ready_chains_step(daemon->sync, &err)) {
	case READY_CHAINS_RESULT_MORE:
		ready_chains_later(daemon, READY_CHAINS_STEP_MS);
		break;
	case READY_CHAINS_RESULT_WAIT:
		ready_chains_later(daemon, READY_CHAINS_IDLE_MS);
		break;
	case READY_CHAINS_RESULT_DONE:
		break;
	case READY_CHAINS_RESULT_SYNC:
		daemon_events_request(daemon);
		break;
	case READY_CHAINS_RESULT_FAILED:
		if (log_ratelimit_may_say(&daemon->log_ratelimit, "ready chains", err.text, monotonic_ms()))
			log_warn("sync", "chains for other numbers of endpoints cannot be kept ready",
				 LOG_TEXT("err", err.text));
	}
	return 0;
}

/* Before the first sync has succeeded, the kernel is asked: an earlier run may have left rules, and another program may delete them. */
static enum health_rules find_rules(const struct daemon *daemon)
{
	struct err err = { 0 };
	bool hooked;

	if (daemon->tables.installed)
		return HEALTH_RULES_MADE;
	if (nfnl_found_hooked(daemon->nfnl, LAYOUT_CHAIN_PREROUTING, &hooked, &err) < 0)
		return HEALTH_RULES_UNREADABLE;
	if (!hooked)
		return HEALTH_RULES_NONE;
	return daemon->reexec->served && monotonic_ms() - daemon->start_ms < daemon->health.limit_ms
		       ? HEALTH_RULES_KEPT
		       : HEALTH_RULES_EARLIER;
}

static int on_ready_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)source;
	(void)usec;
	forget_kept(daemon);
	if (daemon->ready)
		return 0;
	daemon->ready = true;
	daemon->n_refused_notified = SIZE_MAX;
	if (daemon->tables.installed)
		notify_installed(daemon);
	else
		(void)sd_notifyf(
			0, "READY=1\nSTATUS=Waiting for %s; %s.",
			daemon->waits_for_files ? "a manifest that cannot be read, see kube-nftproxy status"
						: "the API server",
			find_rules(daemon) == HEALTH_RULES_NONE ? "there are no rules on this node"
								: "the rules of the previous run are kept");
	return 0;
}

/* --- the kernel ------------------------------------------------------------------------------------------
 */

static void record_foreign_change(struct daemon *daemon, const char *changed_by)
{
	char note[160];

	(void)snprintf(note, sizeof(note), "The rules of this node were changed by %s, and are put right",
		       *changed_by ? changed_by : "another process");
	recorder_add_node(daemon->recorder, EVENT_TYPE_WARNING, "RulesChanged", "Repair", note);
}

/* Takes in the notifications, and plans a repair if another process has changed our tables. */
static void check_foreign_change(struct daemon *daemon)
{
	const char *changed_by;
	char program[64];
	uint64_t delay_ms;

	if (!nfnl_foreign_change(daemon->nfnl))
		return;
	changed_by = nfnl_changed_by(daemon->nfnl);
	daemon->metrics.repairs++;
	(void)snprintf(daemon->tables.changed_by, sizeof(daemon->tables.changed_by), "%s", changed_by);
	record_foreign_change(daemon, changed_by);
	delay_ms = pacer_repair(&daemon->pacer, monotonic_ms());
	set_sync_timer(daemon);
	(void)snprintf(program, sizeof(program), "%.*s", (int)strcspn(changed_by, "("), changed_by);
	if (log_ratelimit_may_say(&daemon->log_ratelimit, program, "changed our tables", monotonic_ms()))
		log_warn("sync", "our tables were changed by another process: repairing them",
			 LOG_TEXT("by", changed_by), LOG_NUMBER("wait_ms", delay_ms));
}

static int on_nfnl(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	check_foreign_change(userdata);
	return 0;
}

static int on_check_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)usec;
	sync_check(daemon->sync);
	check_foreign_change(daemon);
	(void)sd_event_source_set_time_relative(source, CHECK_MS * 1000ull);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void warn_source(struct daemon *daemon, const char *msg, const struct err *err)
{
	if (log_ratelimit_may_say(&daemon->log_ratelimit, msg, err->text, monotonic_ms()))
		log_warn("source", msg, LOG_TEXT("err", err->text));
}

static int on_ifaddr(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct daemon *daemon = userdata;
	struct err err = { 0 };
	bool changed = false;

	(void)source;
	(void)fd;
	(void)revents;
	if (ifaddr_dispatch(daemon->ifaddr, &changed, &err) < 0 ||
	    (changed && ifaddr_refresh(daemon->ifaddr, &err) < 0))
		warn_source(daemon, "cannot follow interface addresses", &err);
	if (changed)
		daemon_events_request(daemon);
	return 0;
}

/* --- requests and files ----------------------------------------------------------------------------------
 */

static void refresh_refused(const struct daemon *daemon, struct health *health)
{
	int64_t wall = wall_us();
	uint64_t now_ms = monotonic_ms();
	size_t i, n = 0;

	health->n_refused = sync_n_refused(daemon->sync);
	for (i = 0; i < rejected_objects_count(daemon->rejected) && n < HEALTH_REFUSED_MAX; i++) {
		const struct rejected_object *rejected = rejected_objects_at(daemon->rejected, i);

		if (strcmp(rejected->kind, REJECTED_OBJECTS_KIND_RULES) == 0)
			health->refused[n++] =
				(struct health_refused){ rejected->service, rejected->reason,
							 wall - (int64_t)(now_ms - rejected->since_ms) *
									 1000 };
	}
	/* If the list of rejected objects is full, some have no name here. */
	health->n_named = n;
}

size_t daemon_events_n_earlier(void *ctx)
{
	const struct daemon *daemon = ctx;
	struct err err = { 0 };
	size_t n;

	_Static_assert(NFNL_FOUND_COUNT_MAX == STATUS_EARLIER_MAX, "status says that there may be more");
	if (nfnl_found_count(daemon->nfnl, LAYOUT_CHAIN_PREROUTING,
			     layout_sets()[LAYOUT_SET_CLUSTER_IPS].name, &n, &err) < 0)
		return SIZE_MAX;
	return n;
}

/*
 * The API server has come back with an empty store. While no list of it is believed, the rules are those of before, and serve. Once
 * Services or slices are those of the new store, this node serves only if it is in that store, too.
 */
static bool is_data_lost(const struct daemon *daemon)
{
	const struct kubeapi *kubeapi = loop_kubeapi(daemon->loop);
	struct kubeapi_kind_status node, services, slices;

	if (!kubeapi)
		return false;
	kubeapi_kind_status(kubeapi, OBJECT_KIND_NODE, &node);
	kubeapi_kind_status(kubeapi, OBJECT_KIND_SERVICE, &services);
	kubeapi_kind_status(kubeapi, OBJECT_KIND_ENDPOINT_SLICE, &slices);
	return node.lost && !(services.doubted && slices.doubted);
}

void daemon_events_refresh_health(void *ctx, struct health *health)
{
	struct daemon *daemon = ctx;
	const struct node *node = store_find_node(daemon->store, daemon->settings->hostname);

	check_foreign_change(daemon);
	refresh_refused(daemon, health);
	health->rules = find_rules(daemon);
	health->data_lost = is_data_lost(daemon);
	health->intact = sync_intact(daemon->sync);
	if (node)
		health_node(health, !node->being_deleted && !node->to_be_deleted);
	/* Manifests only: there is no Node object that could make us ineligible. */
	else if (daemon->settings->manifests)
		health_node(health, true);
}

/* --- the configuration file ------------------------------------------------------------------------------
 */

int daemon_events_execute(void *ctx, const struct buf *text, bool patient, struct err *reterr)
{
	struct daemon *daemon = ctx;
	int r;

	/* A child gives credentials, writes the saved state or makes an answer: do not wait for it in this turn of the loop. */
	if (patient && reexec_has_children())
		return err_set(reterr, -EAGAIN, "a child process is running");
	state_saver_stop(daemon->saver);
	if (daemon->ready)
		(void)sd_notifyf(0,
				 "RELOADING=1\nMONOTONIC_USEC=%" PRIu64
				 "\nSTATUS=Starting anew with the changed configuration; rules are kept.",
				 monotonic_us());
	log_notice("daemon", "executing this program anew, rules are kept",
		   LOG_TEXT("file", daemon->settings->config));
	daemon_events_refresh_health(daemon, &daemon->health);
	daemon->reexec->served = health_healthy(&daemon->health, monotonic_ms());
	/* A connection that was accepted would be reset; those that wait in the queues are not. */
	serve_finish_answers(daemon->serve, EXECUTE_ANSWERS_US);
	r = reexec_execute(daemon->reexec, text, reterr);
	if (daemon->ready)
		(void)sd_notify(0, "READY=1\nSTATUS=The changed configuration is not in force: see the log.");
	return r;
}

void daemon_events_config_refused(void *ctx, const struct err *err)
{
	struct daemon *daemon = ctx;

	recorder_add_node(daemon->recorder, EVENT_TYPE_WARNING, "ConfigurationRefused", "Reload", err->text);
}

const char *daemon_events_not_made(void *ctx)
{
	struct daemon *daemon = ctx;
	const char *gap = daemon->waits_for_files ? files_gap(daemon->files) : NULL;

	if (daemon->offline_start)
		return offline_start_trouble(daemon->offline_start);
	if (!gap)
		return NULL;
	(void)snprintf(daemon->not_made, sizeof(daemon->not_made),
		       "%.300s cannot be read, and its last good objects are not known", gap);
	return daemon->not_made;
}

const char *daemon_events_config_problem(void *ctx, uint64_t *ret_since_ms)
{
	const struct daemon *daemon = ctx;

	return config_change_problem(daemon->config_change, ret_since_ms);
}

/* --- signals ---------------------------------------------------------------------------------------------
 */

static int on_instance_lock(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)revents;
	(void)userdata;
	/* Setting the events again has the kernel tell of connections that it has told of. */
	if (instance_lock_dispatch(fd))
		(void)sd_event_source_set_io_events(source, ON_CONNECTION);
	return 0;
}

/* A further change does not put it off. */
static void retry_files_later(struct daemon *daemon, bool is_short)
{
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(daemon->files_timer, &enabled);
	if (is_short && enabled == SD_EVENT_OFF)
		(void)sd_event_source_set_time_relative(daemon->files_timer, FILES_RETRY_MS * 1000ull);
	(void)sd_event_source_set_enabled(daemon->files_timer, is_short ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* Large changes are read in steps, with turns of the loop in between. */
static void read_files(struct daemon *daemon)
{
	struct err err = { 0 };
	bool more;

	if (files_dispatch(daemon->files, &more, &err) < 0)
		warn_source(daemon, "cannot follow manifests", &err);
	(void)sd_event_source_set_enabled(daemon->files_turn, more ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	retry_files_later(daemon, !more && files_is_short(daemon->files));
	if (!daemon->waits_for_files || more || files_gap(daemon->files))
		return;
	daemon->waits_for_files = false;
	log_notice("source", "each manifest was read once, the rules follow them from now on");
	daemon_events_request(daemon);
}

static int on_files(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	read_files(userdata);
	return 0;
}

/* Descriptors were short, for example. */
static int on_files_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct daemon *daemon = userdata;

	(void)source;
	(void)usec;
	files_retry(daemon->files);
	read_files(daemon);
	return 0;
}

static int on_files_turn(sd_event_source *source, void *userdata)
{
	(void)source;
	read_files(userdata);
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	(void)userdata;
	log_notice("daemon", "stopping, rules are kept", LOG_TEXT("signal", strsignal((int)info->ssi_signo)));
	(void)sd_notify(0, "STOPPING=1");
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
	struct daemon *daemon = userdata;
	struct kubeapi *kubeapi = loop_kubeapi(daemon->loop);
	struct err err = { 0 };
	int r = 0;

	(void)source;
	(void)info;
	if (daemon->files) {
		files_reload(daemon->files);
		read_files(daemon);
	} else if (kubeapi) {
		r = kubeapi_reload_credentials(kubeapi, &err);
	}
	if (r < 0)
		log_warn("daemon", "reload failed, the previous state is kept", LOG_TEXT("err", err.text));
	else
		log_notice("daemon", "reloaded");
	config_change_now(daemon->config_change);
	daemon_events_request(daemon);
	return 0;
}

/* --- registration ----------------------------------------------------------------------------------------
 */

static int add_timers(struct daemon *daemon, struct err *reterr)
{
	struct sd_event *event = loop_event(daemon->loop);
	int r = sd_event_add_time(event, &daemon->sync_timer, CLOCK_MONOTONIC,
				  pacer_due(&daemon->pacer) * 1000, 1, on_sync_timer, daemon);

	if (r >= 0)
		r = sd_event_add_time_relative(event, &daemon->ready_timer, CLOCK_MONOTONIC,
					       READY_MS * 1000ull, 0, on_ready_timer, daemon);
	if (r >= 0)
		r = sd_event_add_defer(event, &daemon->verify_turn, on_verify_turn, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->verify_turn, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(daemon->verify_turn, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &daemon->ready_chains_timer, CLOCK_MONOTONIC, 0, 1000,
					       on_ready_chains, daemon);
	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->ready_chains_timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_source_set_priority(daemon->ready_chains_timer, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0 && !daemon->owns_tables && !daemon->settings->monitor_tables)
		r = sd_event_add_time_relative(event, &daemon->check_timer, CLOCK_MONOTONIC,
					       CHECK_MS * 1000ull, 0, on_check_timer, daemon);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	/* If the unit has WatchdogSec, systemd restarts a daemon whose loop hangs. */
	(void)sd_event_set_watchdog(event, true);
	return 0;
}

static int add_signals(struct daemon *daemon, struct err *reterr)
{
	static const struct {
		int signal;
		sd_event_signal_handler_t handler;
	} signals[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload } };
	sigset_t mask;
	size_t i;
	int r;

	(void)sigemptyset(&mask);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(&mask, signals[i].signal);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		r = sd_event_add_signal(loop_event(daemon->loop), &daemon->sources[daemon->n_sources],
					signals[i].signal, signals[i].handler, daemon);
		if (r < 0)
			return err_set(reterr, r, "cannot handle a signal: %s", strerror(-r));
		daemon->n_sources++;
	}
	return 0;
}

static int add_fd(struct daemon *daemon, int fd, uint32_t events, sd_event_io_handler_t handler,
		  struct err *reterr)
{
	int r;

	if (fd < 0)
		return 0;
	r = sd_event_add_io(loop_event(daemon->loop), &daemon->sources[daemon->n_sources], fd, events,
			    handler, daemon);
	if (r < 0)
		return err_set(reterr, r, "cannot watch a descriptor: %s", strerror(-r));
	daemon->n_sources++;
	return 0;
}

int daemon_events_start(struct daemon *daemon, struct err *reterr)
{
	int r = add_timers(daemon, reterr);

	if (!r)
		r = add_signals(daemon, reterr);
	if (!r)
		r = add_fd(daemon, ifaddr_fd(daemon->ifaddr), EPOLLIN, on_ifaddr, reterr);
	if (!r)
		r = add_fd(daemon, nfnl_fd(daemon->nfnl), EPOLLIN, on_nfnl, reterr);
	return r ? r : add_fd(daemon, daemon->instance_lock.fd, ON_CONNECTION, on_instance_lock, reterr);
}

int daemon_events_watch_files(struct daemon *daemon, struct err *reterr)
{
	int r = sd_event_add_defer(loop_event(daemon->loop), &daemon->files_turn, on_files_turn, daemon);

	if (r >= 0)
		r = sd_event_source_set_enabled(daemon->files_turn, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(loop_event(daemon->loop), &daemon->files_timer,
					       CLOCK_MONOTONIC, FILES_RETRY_MS * 1000ull, 0, on_files_timer,
					       daemon);
	if (r < 0)
		return err_set(reterr, r, "cannot plan the reading of manifests: %s", strerror(-r));
	return add_fd(daemon, files_fd(daemon->files), EPOLLIN, on_files, reterr);
}
