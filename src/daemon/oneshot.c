/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/oneshot.h"

#include <errno.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "backend/nfnl_tables.h"
#include "base/log.h"
#include "base/wall.h"
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

/* What is read, and what is made of it. */
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
	int64_t start_us; /* wall clock */
	int finished;	  /* the API client's result, -EINPROGRESS until then */
	struct err finished_err;
};

static int oneshot_init(struct oneshot *o, const struct settings *settings, struct err *reterr)
{
	*o = (struct oneshot){ .settings = settings, .finished = -EINPROGRESS, .start_us = wall_us() };
	o->store = store_new();
	o->rejected = rejected_objects_new();
	intake_init(&o->intake, &(struct intake_params){
					.store = o->store,
					.rejected = o->rejected,
					.list_manifests = settings->manifests != NULL,
				});
	o->sink = intake_sink(&o->intake);
	return loop_new(&o->loop, reterr);
}

static void oneshot_done(struct oneshot *o)
{
	files_free(o->files);
	loop_free(o->loop);
	ifaddr_free(o->ifaddr);
	sync_free(o->sync);
	rejected_objects_free(o->rejected);
	nfnl_free(o->nfnl);
	store_free(o->store);
}

static struct sync *oneshot_new_sync(const struct oneshot *o, const bool family_enabled[_FAMILY_MAX])
{
	struct sync_params params = { .settings = o->settings, .store = o->store, .nfnl = o->nfnl };

	memcpy(params.family_enabled, family_enabled, sizeof(params.family_enabled));
	return sync_new(&params);
}

static struct sync_addresses oneshot_addresses(const struct oneshot *o)
{
	struct sync_addresses addresses;

	addresses.list = ifaddr_list(o->ifaddr, &addresses.n);
	return addresses;
}

static void oneshot_check_finished(void *ctx)
{
	struct oneshot *o = ctx;

	o->finished = kubeapi_finished(loop_kubeapi(o->loop), &o->finished_err);
	if (o->finished != -EINPROGRESS)
		(void)sd_event_exit(loop_event(o->loop), 0);
}

static int oneshot_read_objects(struct oneshot *o, struct err *reterr)
{
	const struct source_start_client client = { .after = oneshot_check_finished, .ctx = o };
	int r;

	if (o->settings->manifests)
		return source_start_start_files(o->settings, false, &o->sink, &o->files, reterr);
	r = source_start_start_kubeapi(o->loop, o->settings, &o->sink, &client, reterr);
	if (r < 0)
		return r;
	r = sd_event_loop(loop_event(o->loop));
	if (r < 0)
		return err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	*reterr = o->finished_err;
	return o->finished;
}

/* The objects, and the addresses of this machine. */
static int oneshot_read(struct oneshot *o, struct err *reterr)
{
	int r = oneshot_read_objects(o, reterr);

	if (!r)
		r = ifaddr_new(&o->ifaddr, reterr);
	return r ? r : ifaddr_refresh(o->ifaddr, reterr);
}

/* Explain needs the rules in memory, which tell the owner of each front end; diff needs them not to be made yet. */
static int oneshot_answer(struct oneshot *o, const char *request, struct buf *body, struct err *reterr)
{
	static const bool family_enabled[_FAMILY_MAX] = { true, true };
	bool compare = o->settings->action == SETTINGS_ACTION_DIFF;
	const struct query_tables tables = { .installed = compare };
	struct sync_addresses addresses;
	struct buf text = BUF_INIT;
	bool families[_FAMILY_MAX];
	int r = 0;

	if (compare) {
		host_check_families(families);
		r = nfnl_new(LAYOUT_TABLE_NAME, &o->nfnl, reterr);
	}
	if (r < 0)
		return r;
	o->sync = oneshot_new_sync(o, compare ? families : family_enabled);
	addresses = oneshot_addresses(o);
	if (!compare)
		sync_print(o->sync, &addresses, &text);
	buf_done(&text);
	return query_answer(&(struct query_context){ .settings = o->settings,
						     .store = o->store,
						     .sync = o->sync,
						     .ifaddr = o->ifaddr,
						     .intake = &o->intake,
						     .rejected = o->rejected,
						     .tables = &tables,
						     .kubeapi = loop_kubeapi(o->loop),
						     .start_us = o->start_us },
			    request, body);
}

int oneshot_ask(const struct settings *settings, const char *request, struct buf *body, struct err *reterr)
{
	struct oneshot o;
	int r = oneshot_init(&o, settings, reterr);

	if (!r) {
		log_set_level(LOG_LEVEL_WARN);
		r = oneshot_read(&o, reterr);
	}
	if (!r)
		r = oneshot_answer(&o, request, body, reterr);
	oneshot_done(&o);
	return r;
}

int oneshot_print(const struct settings *settings, struct buf *text, bool *ret_whole, struct err *reterr)
{
	const bool family_enabled[_FAMILY_MAX] = { true, true };
	struct sync_addresses addresses;
	struct oneshot o;
	int r = oneshot_init(&o, settings, reterr);

	if (!r)
		r = oneshot_read(&o, reterr);
	if (!r) {
		o.sync = oneshot_new_sync(&o, family_enabled);
		addresses = oneshot_addresses(&o);
		sync_print(o.sync, &addresses, text);
	}
	/* The API client tries again by itself, and fails as a whole or not at all. */
	*ret_whole = !settings->manifests || !o.intake.n_degraded;
	oneshot_done(&o);
	return r;
}

int oneshot_init_only(const struct settings *settings, unsigned int *ret_left, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	bool family_enabled[_FAMILY_MAX];
	struct kernel_features abilities;
	int r;

	host_check_families(family_enabled);
	r = host_check_check_families(settings, family_enabled, reterr);
	if (r < 0)
		return r;
	*ret_left = sysctls_write(&settings->conntrack);
	r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	if (!r)
		kernel_features_find(nfnl, family_enabled, &abilities);
	return r;
}

int oneshot_cleanup(bool *ret_removed, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	_cleanup_close_ int instance_fd = -1;
	int r = instance_lock_take(&instance_fd, reterr);

	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	return r < 0 ? r : nfnl_tables_remove(nfnl, ret_removed, reterr);
}
