/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Stale flows
 *
 * Services wait in one index until a round moves them to another. A round first computes the good endpoints of its
 * Services, some in each turn of the loop; then it reads the flows; then it deletes the stale ones. If a Service of
 * the round changes, its endpoints are computed again before its next flow is judged, so no flow is ever judged by an
 * old state. The Service also waits for the next round, because of the flows that were read before the change.
 *
 * Front ends that a transaction has removed wait in the same way. Their flows are judged by the Service that gets such flows
 * when the flow is deleted, if there is one.
 */
#include "config.h"
#include "sync/stale_flows.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "backend/ctflush.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/log_ratelimit.h"
#include "base/monotonic.h"
#include "model/index.h"
#include "model/store.h"
#include "plan/stale.h"
#include "report/metrics.h"
#include "sync/ifaddr.h"
#include "sync/node_view.h"
#include "sync/removed_frontends.h"
#include "sync/sync.h"
#include "sync/sync_log.h"

#define STALE_FLOWS_TURN_US	   10000  /* for computing Services in one turn of the loop */
#define STALE_FLOWS_FRONTENDS_MAX  100000 /* in one round; further Services wait for the next */
#define STALE_FLOWS_RETRY_FIRST_US 1000000
#define STALE_FLOWS_RETRY_MAX_US   30000000

enum stale_flows_phase {
	STALE_FLOWS_PHASE_IDLE,
	STALE_FLOWS_PHASE_PREPARE,
	STALE_FLOWS_PHASE_KERNEL,
	STALE_FLOWS_PHASE_OFF, /* this kernel has no readable connection tracking */
};

/** struct stale_flows_service - A Service that waits or is in the round; @stale NULL: not computed since it changed. */
struct stale_flows_service {
	struct service_name service;
	struct stale *stale;
};

/**
 * struct stale_flows - @earliest_us: no round starts before; @started_us: of the round under way
 * @node_port_addresses: during the round, sorted
 * @removed_waiting, @removed: front ends that the kernel no longer has; those of the round
 */
struct stale_flows {
	struct sync *sync;
	const struct store *store;
	const struct ifaddr *ifaddr;
	struct metrics *metrics;
	struct sync_log *log;
	struct log_ratelimit log_ratelimit;
	struct ctflush *ctflush;
	sd_event_source *io;
	sd_event_source *timer;
	sd_event_source *turn;
	enum stale_flows_phase phase;
	struct index waiting;
	struct index round;
	struct stale_index frontends;
	struct removed_frontends removed_waiting;
	struct removed_frontends removed;
	struct arena *arena;
	size_t n_node_port_addresses;
	struct addr *node_port_addresses;
	uint64_t earliest_us;
	uint64_t started_us;
	uint64_t retry_us;
};

static void stale_flows_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct stale_flows_service *service = item;

	*ret_namespace = service->service.namespace;
	*ret_name = service->service.name;
}

static void stale_flows_service_free(struct stale_flows_service *service)
{
	stale_free(service->stale);
	service_name_free(service->service);
	free(service);
}

/* Takes @service, which may wait already. */
static void stale_flows_wait(struct stale_flows *flows, struct stale_flows_service *service)
{
	service->stale = stale_free(service->stale);
	if (index_find(&flows->waiting, service->service.namespace, service->service.name))
		stale_flows_service_free(service);
	else
		index_add(&flows->waiting, service);
}

static void stale_flows_clear(struct index *index)
{
	struct index_cursor cursor = { 0 };
	struct stale_flows_service *service;

	while ((service = index_next(index, &cursor))) {
		index_remove(index, service);
		stale_flows_service_free(service);
	}
	index_done(index);
}

static bool stale_flows_any_waits(const struct stale_flows *flows)
{
	return flows->waiting.n || flows->removed_waiting.n;
}

static void stale_flows_arm(struct stale_flows *flows)
{
	if (flows->phase != STALE_FLOWS_PHASE_IDLE || !stale_flows_any_waits(flows))
		return;
	(void)sd_event_source_set_time(flows->timer, flows->earliest_us);
	(void)sd_event_source_set_enabled(flows->timer, SD_EVENT_ONESHOT);
}

static void stale_flows_planned(void *ctx, struct service_name planned)
{
	const struct store_group *group;
	struct stale_flows_service *service;
	struct stale_flows *flows = ctx;

	if (flows->phase == STALE_FLOWS_PHASE_OFF)
		return;
	service = index_find(&flows->round, planned.namespace, planned.name);
	if (service)
		service->stale = stale_free(service->stale);
	group = store_find_group(flows->store, planned.namespace, planned.name);
	if (!group || !stale_concerns(group->service) ||
	    index_find(&flows->waiting, planned.namespace, planned.name))
		return;
	service = alloc_zeroed(1, sizeof(*service));
	service->service = service_name_copy(planned);
	index_add(&flows->waiting, service);
	stale_flows_arm(flows);
}

static void stale_flows_committed(void *ctx, const struct changes *changes)
{
	struct stale_flows *flows = ctx;

	if (flows->phase == STALE_FLOWS_PHASE_OFF)
		return;
	removed_frontends_note(&flows->removed_waiting, changes);
	stale_flows_arm(flows);
}

static bool stale_flows_is_unowned(void *ctx, const struct frontend *frontend)
{
	const struct stale_flows *flows = ctx;

	return !service_name_is_set(sync_frontend_owner(flows->sync, frontend));
}

static void stale_flows_compute(struct stale_flows *flows, struct stale_flows_service *service)
{
	static const struct plan nothing;
	struct build_input in = { .service = NULL };
	struct err err = { 0 };
	struct plan plan;
	char text[SERVICE_NAME_TEXT_SIZE];
	int r;

	r = sync_plan_owned(flows->sync, service->service, flows->arena, &in, &plan, &err);
	if (!r)
		r = stale_new(&plan, &in, flows->arena, &service->stale, &err);
	if (r < 0) {
		if (log_ratelimit_may_say(&flows->log_ratelimit, service_name_print(service->service, text),
					  "not checked", monotonic_ms()))
			log_warn("flows", "UDP flows of a Service are not checked", LOG_TEXT("service", text),
				 LOG_TEXT("err", err.text));
		r = stale_new(&nothing, &in, flows->arena, &service->stale, &err);
		assert(r == 0);
	}
	arena_reset(flows->arena);
}

static int stale_flows_cmp_addr(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static void stale_flows_add_node_port_address(struct stale_flows *flows, const struct addr *addr)
{
	flows->node_port_addresses[flows->n_node_port_addresses++] = *addr;
}

/* "Everywhere" is every local address except loopback ones (O6). */
static void stale_flows_find_node_port_addresses(struct stale_flows *flows)
{
	struct sync_addresses addresses;
	struct node_view view;
	size_t i;

	addresses.list = ifaddr_list(flows->ifaddr, &addresses.n);
	sync_view(flows->sync, &addresses, flows->arena, &view);
	flows->n_node_port_addresses = 0;
	flows->node_port_addresses =
		alloc_resized(flows->node_port_addresses, addresses.n + view.n_node_port_addresses + 1,
			      sizeof(*flows->node_port_addresses));
	for (i = 0; i < view.n_node_port_addresses; i++)
		stale_flows_add_node_port_address(flows, &view.node_port_addresses[i]);
	for (i = 0; i < addresses.n; i++) {
		const struct addr *addr = &addresses.list[i];

		if (view.layout.family[addr->family].node_ports_everywhere && !addr_is_loopback(addr))
			stale_flows_add_node_port_address(flows, addr);
	}
	if (flows->n_node_port_addresses)
		qsort(flows->node_port_addresses, flows->n_node_port_addresses,
		      sizeof(*flows->node_port_addresses), stale_flows_cmp_addr);
	arena_reset(flows->arena);
}

/*
 * The Service that gets new flows like @flow, or none. An address goes before a node port (P10), unless it yields (plan_yields()). Then
 * the address of @flow is cleared, so that it is found as one to a node port.
 */
static struct service_name stale_flows_owner(const struct stale_flows *flows, struct flow *flow,
					     bool to_node_port_address)
{
	struct frontend frontend = {
		.kind = FRONTEND_KIND_CLUSTER_IP,
		.addr = flow->daddr,
		.protocol = PROTOCOL_UDP,
		.port = flow->dport,
	};
	struct service_name by_address = sync_frontend_owner(flows->sync, &frontend), by_node_port;

	if (!to_node_port_address ||
	    (service_name_is_set(by_address) && !sync_yields(flows->sync, &frontend)))
		return by_address;
	frontend.kind = FRONTEND_KIND_NODE_PORT;
	frontend.addr = (struct addr){ .family = flow->daddr.family };
	by_node_port = sync_frontend_owner(flows->sync, &frontend);
	if (!service_name_is_set(by_node_port))
		return by_address;
	flow->daddr = frontend.addr;
	return by_node_port;
}

/*
 * The Service that judges flows of @owner. If a front end of another one has gone, or yields since its last change, @owner gets its flows,
 * although nothing of @owner has changed: then it joins the round.
 */
static struct stale_flows_service *stale_flows_judge(struct stale_flows *flows, struct service_name owner)
{
	struct stale_flows_service *service = index_find(&flows->round, owner.namespace, owner.name);

	if (service)
		return service;
	service = alloc_zeroed(1, sizeof(*service));
	service->service = service_name_copy(owner);
	index_add(&flows->round, service);
	return service;
}

static bool stale_flows_is_stale(void *ctx, const struct flow *flow)
{
	struct stale_flows *flows = ctx;
	struct stale_flows_service *service;
	struct flow judged = *flow;
	struct service_name owner;
	bool to_node_port_address, removed;

	to_node_port_address = flows->n_node_port_addresses &&
			       bsearch(&flow->daddr, flows->node_port_addresses, flows->n_node_port_addresses,
				       sizeof(*flows->node_port_addresses), stale_flows_cmp_addr);
	removed = removed_frontends_has(&flows->removed, flow, to_node_port_address);
	if (!removed && !stale_index_find(&flows->frontends, flow, to_node_port_address))
		return false;
	owner = stale_flows_owner(flows, &judged, to_node_port_address);
	if (!service_name_is_set(owner))
		return removed && sync_first_done(flows->sync);
	service = stale_flows_judge(flows, owner);
	if (!service->stale)
		stale_flows_compute(flows, service);
	return stale_flow(service->stale, &judged, to_node_port_address);
}

static void stale_flows_count(struct stale_flows *flows, const struct ctflush_report *report,
			      uint64_t total_us)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		flows->metrics->flows_deleted[family] += report->n_deleted_of[family];
		histogram_observe(&flows->metrics->conntrack[family], (double)total_us / 1e6);
	}
}

static void stale_flows_log(struct stale_flows *flows, const struct ctflush_report *report, uint64_t total_us)
{
	sync_log_flows(flows->log, report, flows->round.n, total_us);
	if (report->n_refused &&
	    log_ratelimit_may_say(&flows->log_ratelimit, "flows", "refused", monotonic_ms()))
		log_warn("flows", "the kernel refused to delete stale UDP flows",
			 LOG_NUMBER("flows", report->n_refused));
}

static void stale_flows_end(struct stale_flows *flows, int result, bool more, const struct err *err)
{
	struct index_cursor cursor = { 0 };
	struct stale_flows_service *service;
	uint64_t now_us = monotonic_us();

	while ((result < 0 || more) && (service = index_next(&flows->round, &cursor))) {
		index_remove(&flows->round, service);
		stale_flows_wait(flows, service);
	}
	if (result < 0 || more)
		removed_frontends_move(&flows->removed, &flows->removed_waiting);
	stale_flows_clear(&flows->round);
	stale_index_done(&flows->frontends);
	removed_frontends_done(&flows->removed);
	flows->phase = STALE_FLOWS_PHASE_IDLE;
	if (result >= 0) {
		/* At most half of the time goes into rounds, even with many changes or a large flow table. */
		flows->earliest_us = now_us + (now_us - flows->started_us);
		flows->retry_us = STALE_FLOWS_RETRY_FIRST_US;
	} else if (result == -EOPNOTSUPP) {
		log_warn("flows", "stale UDP flows are kept until they time out", LOG_TEXT("err", err->text));
		flows->phase = STALE_FLOWS_PHASE_OFF;
		stale_flows_clear(&flows->waiting);
		removed_frontends_done(&flows->removed_waiting);
	} else {
		if (log_ratelimit_may_say(&flows->log_ratelimit, "flows", "trying again", now_us / 1000))
			log_warn("flows", "cannot look for stale UDP flows, trying again",
				 LOG_NUMBER("retry_ms", flows->retry_us / 1000), LOG_TEXT("err", err->text));
		flows->earliest_us = now_us + flows->retry_us;
		flows->retry_us = 2 * flows->retry_us < STALE_FLOWS_RETRY_MAX_US ? 2 * flows->retry_us
										 : STALE_FLOWS_RETRY_MAX_US;
	}
	stale_flows_arm(flows);
}

static void stale_flows_ask_kernel(struct stale_flows *flows)
{
	bool family_wanted[_FAMILY_MAX];
	struct ctflush_report none = { 0 };
	struct err err = { 0 };
	int r;

	stale_index_seal(&flows->frontends);
	stale_index_families(&flows->frontends, family_wanted);
	removed_frontends_families(&flows->removed, family_wanted);
	stale_flows_find_node_port_addresses(flows);
	if (!flows->frontends.n && !flows->removed.n) {
		stale_flows_log(flows, &none, monotonic_us() - flows->started_us);
		stale_flows_count(flows, &none, monotonic_us() - flows->started_us);
		stale_flows_end(flows, 0, false, NULL);
		return;
	}
	flows->phase = STALE_FLOWS_PHASE_KERNEL;
	r = ctflush_start(flows->ctflush, family_wanted, stale_flows_is_stale, flows, &err);
	if (r < 0)
		stale_flows_end(flows, r, false, &err);
}

/* One step in the kernel's flows. */
static void stale_flows_dispatch(struct stale_flows *flows)
{
	struct ctflush_report report = { 0 };
	struct err err = { 0 };
	int r = ctflush_dispatch(flows->ctflush, &report, &err);

	if (flows->phase != STALE_FLOWS_PHASE_KERNEL)
		return;
	(void)sd_event_source_set_enabled(flows->turn,
					  ctflush_pending(flows->ctflush) ? SD_EVENT_ON : SD_EVENT_OFF);
	if (r == -EINPROGRESS)
		return;
	if (r >= 0 || report.n_deleted)
		stale_flows_log(flows, &report, monotonic_us() - flows->started_us);
	stale_flows_count(flows, &report, monotonic_us() - flows->started_us);
	stale_flows_end(flows, r, report.more, &err);
}

/* Move some waiting Services to the round. */
static void stale_flows_prepare(struct stale_flows *flows)
{
	struct index_cursor cursor = { 0 };
	struct stale_flows_service *service = NULL;
	uint64_t end_us = monotonic_us() + STALE_FLOWS_TURN_US;
	bool more = false;

	while (!(more = monotonic_us() >= end_us) && flows->frontends.n < STALE_FLOWS_FRONTENDS_MAX &&
	       (service = index_next(&flows->waiting, &cursor))) {
		if (index_find(&flows->round, service->service.namespace, service->service.name))
			continue;
		index_remove(&flows->waiting, service);
		index_add(&flows->round, service);
		stale_flows_compute(flows, service);
		stale_index_add(&flows->frontends, service->stale, service);
	}
	if (more)
		return;
	if (!flows->waiting.n)
		index_done(&flows->waiting);
	/* Until all is installed, it is not known who has a front end. */
	if (sync_first_done(flows->sync)) {
		removed_frontends_keep(&flows->removed_waiting, stale_flows_is_unowned, flows);
		removed_frontends_move(&flows->removed_waiting, &flows->removed);
	}
	(void)sd_event_source_set_enabled(flows->turn, SD_EVENT_OFF);
	stale_flows_ask_kernel(flows);
}

static int stale_flows_on_turn(sd_event_source *source, void *userdata)
{
	struct stale_flows *flows = userdata;

	(void)source;
	if (flows->phase == STALE_FLOWS_PHASE_PREPARE)
		stale_flows_prepare(flows);
	else
		stale_flows_dispatch(flows);
	return 0;
}

static int stale_flows_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct stale_flows *flows = userdata;

	(void)source;
	(void)usec;
	if (flows->phase != STALE_FLOWS_PHASE_IDLE || !stale_flows_any_waits(flows))
		return 0;
	flows->phase = STALE_FLOWS_PHASE_PREPARE;
	flows->started_us = monotonic_us();
	return sd_event_source_set_enabled(flows->turn, SD_EVENT_ON);
}

static int stale_flows_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	stale_flows_dispatch(userdata);
	return 0;
}

int stale_flows_new(struct sd_event *event, struct sync *sync, const struct store *store,
		    const struct ifaddr *ifaddr, struct metrics *metrics, struct sync_log *log,
		    struct stale_flows **ret, struct err *reterr)
{
	_cleanup_(stale_flows_freep) struct stale_flows *flows = alloc_zeroed(1, sizeof(*flows));
	int r;

	flows->sync = sync;
	flows->store = store;
	flows->ifaddr = ifaddr;
	flows->metrics = metrics;
	flows->log = log;
	flows->waiting.key = flows->round.key = stale_flows_key;
	flows->retry_us = STALE_FLOWS_RETRY_FIRST_US;
	flows->arena = arena_new();
	r = ctflush_new(&flows->ctflush, reterr);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &flows->io, ctflush_fd(flows->ctflush), EPOLLIN, stale_flows_on_io, flows);
	if (r >= 0)
		r = sd_event_add_time(event, &flows->timer, CLOCK_MONOTONIC, 0, 1, stale_flows_on_timer,
				      flows);
	if (r >= 0)
		r = sd_event_source_set_enabled(flows->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(event, &flows->turn, stale_flows_on_turn, flows);
	if (r >= 0)
		r = sd_event_source_set_enabled(flows->turn, SD_EVENT_OFF);
	/* Only when nothing else is to do. */
	if (r >= 0)
		r = sd_event_source_set_priority(flows->io, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_priority(flows->timer, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_priority(flows->turn, SD_EVENT_PRIORITY_IDLE);
	if (r < 0)
		return err_set(reterr, r, "cannot watch conntrack: %s", strerror(-r));
	sync_on_planned(sync, stale_flows_planned, flows);
	sync_on_committed(sync, stale_flows_committed, flows);
	*ret = TAKE_PTR(flows);
	return 0;
}

struct stale_flows *stale_flows_free(struct stale_flows *flows)
{
	if (!flows)
		return NULL;
	sync_off_planned(flows->sync, flows);
	sync_on_committed(flows->sync, NULL, NULL);
	sd_event_source_disable_unref(flows->io);
	sd_event_source_disable_unref(flows->timer);
	sd_event_source_disable_unref(flows->turn);
	ctflush_free(flows->ctflush);
	stale_flows_clear(&flows->waiting);
	stale_flows_clear(&flows->round);
	stale_index_done(&flows->frontends);
	removed_frontends_done(&flows->removed_waiting);
	removed_frontends_done(&flows->removed);
	free(flows->node_port_addresses);
	arena_free(flows->arena);
	free(flows);
	return NULL;
}
