/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/once.h"

#include <errno.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "base/log.h"
#include "base/wall.h"
#include "daemon/abilities.h"
#include "daemon/facts.h"
#include "daemon/instance.h"
#include "daemon/intake.h"
#include "daemon/loop.h"
#include "daemon/machine.h"
#include "daemon/origin.h"
#include "daemon/refusals.h"
#include "daemon/sync.h"
#include "daemon/sysctls.h"
#include "model/store.h"
#include "render/layout.h"
#include "source/files.h"
#include "source/ifaddr.h"

/* What is read, and what is made of it. */
struct once {
	const struct opts *opts;
	struct loop *loop;
	struct store *store;
	struct intake intake;
	struct source_sink sink;
	struct files *files;
	struct ifaddr *ifaddr;
	struct nfnl *nfnl;
	struct sync *sync;
	struct refusals *refusals;
	struct facts facts;
	int finished; /* the API client's result, -EINPROGRESS until then */
	struct err finished_err;
};

static int once_init(struct once *o, const struct opts *opts, struct err *reterr)
{
	*o = (struct once){ .opts = opts, .finished = -EINPROGRESS };
	o->store = store_new();
	o->intake = (struct intake){ .store = o->store };
	o->sink = intake_sink(&o->intake);
	return loop_new(&o->loop, reterr);
}

static void once_done(struct once *o)
{
	files_free(o->files);
	loop_free(o->loop);
	ifaddr_free(o->ifaddr);
	sync_free(o->sync);
	refusals_free(o->refusals);
	nfnl_free(o->nfnl);
	store_free(o->store);
}

static struct sync_addresses once_addresses(const struct once *o)
{
	struct sync_addresses addresses;

	addresses.list = ifaddr_list(o->ifaddr, &addresses.n);
	return addresses;
}

static void once_check_finished(void *ctx)
{
	struct once *o = ctx;

	o->finished = kubeapi_finished(loop_kubeapi(o->loop), &o->finished_err);
	if (o->finished != -EINPROGRESS)
		(void)sd_event_exit(loop_event(o->loop), 0);
}

static int once_read_objects(struct once *o, struct err *reterr)
{
	const struct origin_client client = { .after = once_check_finished, .ctx = o };
	int r;

	if (o->opts->manifests)
		return origin_start_files(o->opts, false, &o->sink, &o->files, reterr);
	r = origin_start_kubeapi(o->loop, o->opts, &o->sink, &client, reterr);
	if (r < 0)
		return r;
	r = sd_event_loop(loop_event(o->loop));
	if (r < 0)
		return err_set(reterr, r, "the event loop failed: %s", strerror(-r));
	*reterr = o->finished_err;
	return o->finished;
}

/* The objects, and the addresses of this machine. */
static int once_read(struct once *o, struct err *reterr)
{
	int r = once_read_objects(o, reterr);

	if (!r)
		r = ifaddr_new(&o->ifaddr, reterr);
	return r ? r : ifaddr_refresh(o->ifaddr, reterr);
}

/* The rules in memory say who has which front end; for the difference they are not to be there yet. */
static int once_answer(struct once *o, const char *request, struct buf *body, struct err *reterr)
{
	static const bool family_enabled[_FAMILY_MAX] = { true, true };
	bool compare = o->opts->action == OPTS_ACTION_DIFF;
	struct sync_addresses addresses;
	struct buf text = BUF_INIT;
	bool families[_FAMILY_MAX];
	int r = 0;

	if (compare) {
		machine_families(families);
		r = nfnl_new(LAYOUT_TABLE_NAME, &o->nfnl, reterr);
	}
	if (r < 0)
		return r;
	o->sync = sync_new(o->opts, o->store, o->nfnl, compare ? families : family_enabled);
	addresses = once_addresses(o);
	if (!compare)
		sync_print(o->sync, &addresses, &text);
	buf_done(&text);
	o->facts.sync = o->sync;
	o->facts.ifaddr = o->ifaddr;
	o->facts.kubeapi = loop_kubeapi(o->loop);
	o->facts.ready = compare;
	return facts_answer(&o->facts, request, body);
}

int once_ask(const struct opts *opts, const char *request, struct buf *body, struct err *reterr)
{
	struct once o;
	int r = once_init(&o, opts, reterr);

	if (!r) {
		o.intake.refusals = o.refusals = refusals_new();
		o.intake.refuses_origins = opts->manifests != NULL;
		o.facts = (struct facts){
			.opts = opts,
			.store = o.store,
			.intake = &o.intake,
			.refusals = o.refusals,
			.start_us = wall_us(),
		};
		log_set_level(LOG_LEVEL_WARN);
		r = once_read(&o, reterr);
	}
	if (!r)
		r = once_answer(&o, request, body, reterr);
	once_done(&o);
	return r;
}

int once_print(const struct opts *opts, struct buf *text, bool *ret_whole, struct err *reterr)
{
	const bool family_enabled[_FAMILY_MAX] = { true, true };
	struct sync_addresses addresses;
	struct once o;
	int r = once_init(&o, opts, reterr);

	if (!r)
		r = once_read(&o, reterr);
	if (!r) {
		o.sync = sync_new(opts, o.store, NULL, family_enabled);
		addresses = once_addresses(&o);
		sync_print(o.sync, &addresses, text);
	}
	/* The API client tries again by itself, and fails as a whole or not at all. */
	*ret_whole = !opts->manifests || !o.intake.n_degraded;
	once_done(&o);
	return r;
}

int once_init_only(const struct opts *opts, unsigned int *ret_left, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	bool family_enabled[_FAMILY_MAX];
	struct abilities abilities;
	int r;

	machine_families(family_enabled);
	r = machine_check_families(opts, family_enabled, reterr);
	if (r < 0)
		return r;
	*ret_left = sysctls_write(&opts->conntrack);
	r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	if (!r)
		abilities_find(nfnl, family_enabled, &abilities);
	return r;
}

int once_cleanup(bool *ret_removed, struct err *reterr)
{
	_cleanup_(nfnl_freep) struct nfnl *nfnl = NULL;
	_cleanup_close_ int instance_fd = -1;
	int r = instance_take(&instance_fd, reterr);

	if (!r)
		r = nfnl_new(LAYOUT_TABLE_NAME, &nfnl, reterr);
	return r < 0 ? r : nfnl_remove(nfnl, ret_removed, reterr);
}
