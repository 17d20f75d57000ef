/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intake.h - the sink of every source: objects go into the store, trouble goes to the log
 *
 * Room:     intake (decode/object_sink.h -> model/store.h). Effects: the store, the log, Events; reads the monotonic clock.
 * Rule:     a bad version of an object never replaces or deletes the last good one. The first sync waits until every
 *           kind has been listed (tests/COVERAGE.md Y1).
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/log_ratelimit.h"
#include "decode/object_sink.h"
#include "intake/last_lines.h"
#include "intake/list_progress.h"
#include "intake/outages.h"

struct lacking_objects;
struct metrics;
struct programming_latency;
struct recorder;
struct rejected_objects;
struct store;

/**
 * struct intake_params - All borrowed. Only @store is required; NULL leaves the other parts out
 * @rejected:	lists the objects that are rejected now
 * @list_manifests: @rejected lists unreadable manifest files, too; the source is a manifest source
 * @recorder:	sends an Event for each rejected object that is logged
 * @metrics:	counts changes and rejected objects
 * @latency:	learns when a change of an EndpointSlice began
 * @changed:	called with @ctx when the store may have changed
 */
struct intake_params {
	struct store *store;
	struct rejected_objects *rejected;
	bool list_manifests;
	struct recorder *recorder;
	struct metrics *metrics;
	struct programming_latency *latency;
	void (*changed)(void *ctx);
	void *ctx;
};

/**
 * struct intake - The sink's context; read-only outside intake.c
 * @listed:	kinds that were listed completely once, or that the server does not have
 * @n_rejected:	bad versions so far
 * @n_degraded:	how often a source could not be read as a whole
 * @ratelimit:	of the log lines about rejected objects and about warnings
 * @refusals:	of the log lines about rejected objects
 * @warned:	for which version of an object its warnings were logged
 * @outages:	of the log lines about sources that are unavailable
 * @progress:	of the list of a kind that is under way, or was
 * @lacking:	borrowed; NULL: they are not noted
 */
struct intake {
	struct intake_params params;
	bool listed[_OBJECT_KIND_MAX];
	unsigned int n_rejected;
	unsigned int n_degraded;
	struct log_ratelimit ratelimit;
	struct last_lines refusals;
	struct log_ratelimit warned;
	struct outages outages;
	struct list_progress progress[_OBJECT_KIND_MAX];
	struct lacking_objects *lacking;
};

/** intake_init() - Nothing is listed yet. There is nothing to free. */
void intake_init(struct intake *intake, const struct intake_params *params);
/** intake_sink() - The sink that fills @intake's store; its context is @intake. */
struct object_sink intake_sink(struct intake *intake);
/**
 * intake_add_saved() - Put a saved object into the store, if its kind was not listed yet
 * @object:	its model object is taken out of it if it is used
 *
 * An object that the source has sent already is newer and stays. While a list is in progress, do not call it: the end of the
 * list would not delete the object.
 *
 * Return: whether it was used.
 */
bool intake_add_saved(struct intake *intake, struct object *object);
/** intake_note_lacking() - Note from now on which objects of the API server are refused without a good version. @lacking: NULL: no more */
void intake_note_lacking(struct intake *intake, struct lacking_objects *lacking);
/**
 * intake_restore() - Put a saved object into the store, if it is noted; it stays in the list of rejected objects
 * @object:	its model object is taken out of it if it is used
 *
 * Return: whether it was used.
 */
bool intake_restore(struct intake *intake, struct object *object);
/** intake_complete() - True if every kind was listed once, or is not available (tests/COVERAGE.md Y1). */
bool intake_complete(const struct intake *intake);

#endif
