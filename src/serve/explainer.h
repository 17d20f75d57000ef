/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explainer.h - collects what becomes of a Service, and of a packet to it
 *
 * Room:     serve (model, sync -> report/explain.h). No effects. Asked by serve/query.c, which prints the result.
 * Parts:    the Service as a whole here, its ports in serve/explainer_ports.h, packets in serve/packet_walk.h.
 * Rule:     nothing is judged here: select, plan and render decide again, as for a sync, and their results become words.
 */
#ifndef SERVE_EXPLAINER_H
#define SERVE_EXPLAINER_H

#include "base/err.h"
#include "base/service_name.h"
#include "intake/rejected_objects.h"
#include "report/explain.h"
#include "sync/sync.h"

struct arena;

/**
 * struct explainer_question
 * @service:	set
 * @port:	name or number of a Service port, "": all ports
 * @from:	source address of a packet to walk, "": none
 */
struct explainer_question {
	struct service_name service;
	const char *port;
	const char *from;
};

/**
 * struct explainer - What is known. All borrowed
 * @selected:	the source lists only Services that we serve, so others are unknown
 * @services_known, @node_known: explainer_truth_knows()
 */
struct explainer {
	const struct sync *sync;
	const struct store *store;
	struct sync_addresses addresses;
	const struct rejected_objects *rejected;
	bool selected;
	bool services_known;
	bool node_known;
};

/**
 * explainer_ask() - Answer @question
 * @arena:	owns what @ret points to, together with @question
 *
 * Return: 0; -ENOENT: no such Service or port; -EINVAL: @from is no
 * address; other negative errno as build_plan() or image_apply().
 */
int explainer_ask(const struct explainer *explainer, const struct explainer_question *question,
		  struct arena *arena, struct explain *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
