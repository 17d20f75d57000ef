/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health_check_ports.h - healthCheckNodePort: is it worth sending a Service's traffic here
 *
 * Room:     serve (select/local_ready.h and report/health.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H14 to H22. Each Service of type LoadBalancer with externalTrafficPolicy Local has listeners of its own,
 *           one for each family and node-port address (one for all where node ports are served everywhere). They
 *           follow successful syncs; unlike kube-proxy's, they follow the node's addresses, too.
 */
#ifndef SERVE_HEALTH_CHECK_PORTS_H
#define SERVE_HEALTH_CHECK_PORTS_H

#include "base/cleanup.h"
#include "report/health.h"

struct health_check_ports;
struct ifaddr;
struct recorder;
struct sd_event;
struct store;
struct sync;

/**
 * struct health_check_ports_params - All borrowed
 * @recorder:	sends Events about ports that cannot be listened on (tests/COVERAGE.md H19); may be NULL
 * @refresh:	called with @ctx before each answer
 */
struct health_check_ports_params {
	struct sd_event *event;
	struct sync *sync;
	const struct store *store;
	const struct ifaddr *ifaddr;
	const char *node_name;
	struct recorder *recorder;
	struct health *health;
	health_refresh *refresh;
	void *ctx;
};

/** health_check_ports_new() - Listens to the sync from now on. */
struct health_check_ports *health_check_ports_new(const struct health_check_ports_params *params);
struct health_check_ports *health_check_ports_free(struct health_check_ports *ports);
DEFINE_FREEP(struct health_check_ports, health_check_ports_free);
/** health_check_ports_synced() - A sync has succeeded: node-port addresses may be others. */
void health_check_ports_synced(struct health_check_ports *ports);

#endif
