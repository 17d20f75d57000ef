/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explainer.h - find out what becomes of a Service, and of a packet
 *
 * Room:     serve (select, plan, render, ruleset -> report/explain.h).
 * Rule:     nothing is judged here: reasons are those that select records, verdicts are the plan's, and a packet is walked
 *           through the very rules and elements that render makes of it.
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
 * @port:	a Service port's name or number, "" all
 * @from:	an address, "" none
 */
struct explainer_question {
	struct service_name service;
	const char *port;
	const char *from;
};

/**
 * struct explainer - What is known. Borrowed
 * @rejected:	NULL: not known
 * @selected:	the source was asked for Services that are ours to serve, no others
 * @listed:	it has said all it has
 */
struct explainer {
	const struct sync *sync;
	const struct store *store;
	struct sync_addresses addresses;
	const struct rejected_objects *rejected;
	bool selected;
	bool listed;
};

/**
 * explainer_ask() - @arena owns what @ret points to
 *
 * Return: 0; -ENOENT: no such Service or port; -EAGAIN: no such one was listed yet; -EINVAL: @from is no address; other
 * negative errno as build_plan().
 */
int explainer_ask(const struct explainer *explainer, const struct explainer_question *question,
		  struct arena *arena, struct explain *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
