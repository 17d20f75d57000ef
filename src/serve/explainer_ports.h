/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explainer_ports.h - what becomes of one port of a Service: its endpoints and its front ends
 *
 * Room:     serve (select, plan, sync -> report/explain.h). No effects.
 * Rule:     nothing is judged here. The reasons of endpoints are those of select/pick.h, the verdicts of front ends those of
 *           the plan; here they become words.
 */
#ifndef SERVE_EXPLAINER_PORTS_H
#define SERVE_EXPLAINER_PORTS_H

#include "base/err.h"
#include "plan/build.h"
#include "report/explain.h"
#include "serve/packet_walk.h"
#include "sync/node_view.h"

struct service_port;

/**
 * struct explainer_ports - The Service, and how this node treats it. All borrowed
 * @in, @plan:	of the Service, with front ends that another Service owns
 * @view:	how this node treats traffic
 * @node_known:	Node objects were listed
 * @walk:	walks packets to the front ends; NULL: the question names no source
 * @arena:	owns the results
 */
struct explainer_ports {
	const struct sync *sync;
	const struct build_input *in;
	const struct plan *plan;
	const struct node_view *view;
	bool node_known;
	struct packet_walk *walk;
	struct arena *arena;
};

/**
 * explainer_ports_fill() - Explain one port in one family
 * @port:	of the Service
 * @ret:	overwritten
 *
 * Return: 0; -E2BIG as pick_endpoints().
 */
int explainer_ports_fill(const struct explainer_ports *ports, const struct service_port *port,
			 enum family family, struct explain_port *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
