/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health_check_ports.h - the HTTP servers at the healthCheckNodePort of each Service, for load balancers
 *
 * Room:     serve (select/local_ready.h and report/health.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H14 to H22. Each Service of type LoadBalancer with externalTrafficPolicy Local has its own listeners:
 *           one for each family and node-port address, or one for each family where node ports are served on every address.
 *           They are updated after each successful sync; other than kube-proxy's, also when the node's addresses change.
 */
#ifndef SERVE_HEALTH_CHECK_PORTS_H
#define SERVE_HEALTH_CHECK_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

struct health_check_ports;
struct http_clients;
struct kept_sockets;
struct query_context;
struct recorder;
struct sd_event;

/**
 * health_check_ports_new() - Follow @context->sync until it is freed. Nothing listens before the first sync
 * @event, @context: borrowed
 * @recorder:	sends Events about ports that cannot be listened on (tests/COVERAGE.md H19); borrowed, may be NULL
 * @clients:	of all servers; borrowed
 * @kept:	sockets to use; borrowed until health_check_ports_forget_kept(). NULL: none
 */
struct health_check_ports *health_check_ports_new(struct sd_event *event, const struct query_context *context,
						  struct recorder *recorder, struct http_clients *clients,
						  struct kept_sockets *kept);
struct health_check_ports *health_check_ports_free(struct health_check_ports *ports);
DEFINE_FREEP(struct health_check_ports, health_check_ports_free);
/** health_check_ports_forget_kept() - No kept sockets are used from now on. */
void health_check_ports_forget_kept(struct health_check_ports *ports);
/** health_check_ports_answer_connected() - listener_answer_connected() for all, until @end_us. Return: whether a client was connected. */
bool health_check_ports_answer_connected(struct health_check_ports *ports, uint64_t end_us);
/** health_check_ports_synced() - A sync has succeeded: listen on the node-port addresses of now. */
void health_check_ports_synced(struct health_check_ports *ports);

#endif
