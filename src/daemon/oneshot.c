/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/oneshot.h"

#include <errno.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "backend/nfnl_mark.h"
#include "backend/nfnl_tables.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "daemon/host_check.h"
#include "daemon/instance_lock.h"
#include "daemon/kernel_features.h"
#include "daemon/loop.h"
#include "daemon/source_start.h"
#include "daemon/sysctls.h"
#include "intake/intake.h"
#include "intake/rejected_objects.h"
#include "manifests/files.h"
#include "model/store.h"
#include "render/layout.h"
#include "serve/query.h"
#include "sync/ifaddr.h"
#include "sync/sync.h"

/*
 * @finished: the result of the API client; -EINPROGRESS until it ends
 * @start_ms: monotonic clock
 */
struct oneshot {
	const struct settings *settings;
	struct loop *loop;
	struct store *store;
	struct intake intake;
	struct object_sink sink;
	struct files *files;
	struct ifaddr *ifaddr;
	struct nfnl *nfnl;
	struct sync *sync;
	struct rejected_objects *rejected;
	uint64_t start_ms;
	int finished;
	struct err finished_err;
};

static int oneshot_init(struct oneshot *oneshot, const struct settings *settings, struct err *reterr)
{
	*oneshot = (struct oneshot){ .settings = settings,
				     .finished = -EINPROGRESS,
				     .start_ms = monotonic_ms() };
	oneshot->store = store_new();
	oneshot->rejected = rejected_objects_new();
	intake_init(&oneshot->intake, &(struct intake_params){
					      .store = oneshot->store,
					      .rejected = oneshot->rejected,
					      .list_manifests = settings->manifests != NULL,
				      });
	oneshot->sink = intake_sink(&oneshot->intake);
	return loop_new(&oneshot->loop, reterr);
}

static void oneshot_done(struct oneshot *oneshot)
{
	files_free(oneshot->files);
	loop_free(oneshot->loop);
	ifaddr_free(oneshot->ifaddr);
	sync_free(oneshot->sync);
	rejected_objects_free(oneshot->rejected);
	nfnl_free(oneshot->nfnl);
	store_free(oneshot->store);
}

static struct sync *oneshot_new_sync(const struct oneshot *oneshot, const bool family_enabled[_FAMILY_MAX])
{
	struct sync_params params = { .settings = oneshot->settings,
				      .store = oneshot->store,
				      .nfnl = oneshot->nfnl };

	memcpy(params.family_enabled, family_enabled, sizeof(params.family_enabled));
	return sync_new(&params);
}

static struct sync_addresses oneshot_addresses(const struct oneshot *oneshot)
{
	struct sync_addresses addresses;

	addresses.list = ifaddr_list(oneshot->ifaddr, &addresses.n);
	return addresses;
}

static void oneshot_check_finished(void *ctx)
{
	struct oneshot *oneshot = ctx;

	oneshot->finished = kubeapi_finished(loop_kubeapi(oneshot->loop), &oneshot->finished_err);
	if (oneshot->finished != -EINPROGRESS)
		(void)sd_event_exit(loop_event(oneshot->loop), 0);
}

static int oneshot_read_objects(struct oneshot *oneshot, struct err *reterr)
{
	const struct source_start_client client = { .after = oneshot_check_finished, .ctx = oneshot };
	int r;

	if (oneshot->settings->manifests)
		return source_start_files(oneshot->settings, false, &oneshot->sink, &oneshot->files, reterr);
	r = source_start_kubeapi(oneshot->loop, oneshot->settings, &oneshot->sink, &client, reterr);
	if (r < 0)
		return r;
	r = sd_event_loop(loop_event(oneshot->loop));
	if (r < 0)
		return err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	*reterr = oneshot->finished_err;
	return oneshot->finished;
}

/* Reads the objects, and the addresses of this host. */
static int oneshot_read(struct oneshot *oneshot, struct err *reterr)
{
	int r = oneshot_read_objects(oneshot, reterr);

	if (!r)
		r = ifaddr_new(&oneshot->ifaddr, reterr);
	return r ? r : ifaddr_refresh(oneshot->ifaddr, reterr);
}

/* explain needs sync_print(), which finds the owner of each front end; diff reads the kernel, and must do without it. */
static int oneshot_answer(struct oneshot *oneshot, const char *request, struct buf *body, struct err *reterr)
{
	static const bool family_enabled[_FAMILY_MAX] = { true, true };
	bool compare = oneshot->settings->action == SETTINGS_ACTION_DIFF;
	const struct query_tables tables = { .installed = compare };
	struct sync_addresses addresses;
	struct buf text = BUF_INIT;
	bool families[_FAMILY_MAX];
	int r = 0;

	if (compare) {
		host_check_families(families);
		r = nfnl_new(LAYOUT_TABLE_NAME, &oneshot->nfnl, reterr);
		if (!r)
			r = nfnl_tables_use_hooked(oneshot->nfnl, LAYOUT_CHAIN_PREROUTING, reterr);
	}
	if (r < 0)
		return r;
	oneshot->sync = oneshot_new_sync(oneshot, compare ? families : family_enabled);
	addresses = oneshot_addresses(oneshot);
	if (!compare)
		sync_print(oneshot->sync, &addresses, &text);
	buf_done(&text);
	return query_answer(&(struct query_context){ .settings = oneshot->settings,
						     .store = oneshot->store,
						     .sync = oneshot->sync,
						     .ifaddr = oneshot->ifaddr,
						     .intake = &oneshot->intake,
						     .rejected = oneshot->rejected,
						     .tables = &tables,
						     .kubeapi = loop_kubeapi(oneshot->loop),
						     .start_ms = oneshot->start_ms },
			    request, body);
}

int oneshot_ask(const struct settings *settings, const char *request, struct buf *body, struct err *reterr)
{
	struct oneshot oneshot;
	int r = oneshot_init(&oneshot, settings, reterr);

	if (!r) {
		log_set_level(LOG_LEVEL_WARN);
		r = oneshot_read(&oneshot, reterr);
	}
	if (!r)
		r = oneshot_answer(&oneshot, request, body, reterr);
	oneshot_done(&oneshot);
	return r;
}

int oneshot_print(const struct settings *settings, struct buf *text, bool *ret_whole, struct err *reterr)
{
	const bool family_enabled[_FAMILY_MAX] = { true, true };
	struct sync_addresses addresses;
	struct oneshot oneshot;
	int r = oneshot_init(&oneshot, settings, reterr);

	if (!r)
		r = oneshot_read(&oneshot, reterr);
	if (!r) {
		oneshot.sync = oneshot_new_sync(&oneshot, family_enabled);
		addresses = oneshot_addresses(&oneshot);
		sync_print(oneshot.sync, &addresses, text);
	}
	/* The API client has read everything, or has failed. Manifests may be readable in part. */
	*ret_whole = !settings->manifests || !oneshot.intake.n_degraded;
	oneshot_done(&oneshot);
	return r;
}

int oneshot_init_only(const struct settings *settings, unsigned int *ret_left, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	bool family_enabled[_FAMILY_MAX];
	struct kernel_features features;
	int r;

	host_check_families(family_enabled);
	r = host_check_cluster_cidr(settings, family_enabled, reterr);
	if (r < 0)
		return r;
	*ret_left = sysctls_write("", &settings->conntrack);
	r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	if (!r)
		kernel_features_find(nfnl, family_enabled, &features);
	return r;
}

int oneshot_cleanup(bool *ret_removed, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	_cleanup_(instance_lock_release) struct instance_lock lock = INSTANCE_LOCK_NONE;
	int r = instance_lock_take(NULL, -1, &lock, reterr);

	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	if (!r)
		r = nfnl_tables_remove(nfnl, ret_removed, reterr);
	/* Without rules it says nothing. */
	return r < 0 ? r : nfnl_mark_write(nfnl, NULL, reterr);
}
