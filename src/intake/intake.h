/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intake.h - what the sources say, into the store and the log
 *
 * Room:     intake.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/log_ratelimit.h"
#include "decode/object_sink.h"

struct metrics;
struct programming_latency;
struct recorder;
struct rejected_objects;

/**
 * struct intake - The sink's context
 * @synced:	kinds whose state is complete
 * @n_refused:	objects refused so far
 * @n_degraded:	times that an origin could not be read whole
 * @quiet:	keeps repeated refusals out of the log, and @recorder tells the API server of what is in it; NULL: nobody
 * @remarked:	versions of objects whose remarks were told
 * @refusals:	which objects are refused now; NULL: nobody asks
 * @refuses_origins: they are files, of which @refusals tells like of objects
 * @metrics:	counts changes; NULL: nobody does
 * @programming: learns when changes of endpoints began; NULL: nobody asks
 * @changed:	called when the store may have changed; NULL: nobody is told
 */
struct intake {
	struct store *store;
	bool synced[_OBJECT_KIND_MAX];
	unsigned int n_refused;
	unsigned int n_degraded;
	struct log_ratelimit quiet;
	struct log_ratelimit remarked;
	struct recorder *recorder;
	struct rejected_objects *refusals;
	bool refuses_origins;
	struct metrics *metrics;
	struct programming_latency *programming;
	void (*changed)(void *ctx);
	void *ctx;
};

/** intake_sink() - The sink that fills @intake's store. */
struct object_sink intake_sink(struct intake *intake);
struct saved_state;
/**
 * intake_saved() - Take objects that were saved for kinds that were not listed yet
 *
 * What the source said already is newer, and stays.
 *
 * Return: how many were of use.
 */
size_t intake_saved(struct intake *intake, struct saved_state *saved);
/** intake_complete() - Every kind has been listed once, or cannot be had (Y1). */
bool intake_complete(const struct intake *intake);

#endif
