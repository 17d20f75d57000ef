/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intake.h - what the sources say, into the store and the log
 *
 * Room:     daemon.
 */
#ifndef DAEMON_INTAKE_H
#define DAEMON_INTAKE_H

#include "daemon/quiet.h"
#include "source/source.h"

struct metrics;
struct programming;
struct recorder;
struct refusals;

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
	struct quiet quiet;
	struct quiet remarked;
	struct recorder *recorder;
	struct refusals *refusals;
	bool refuses_origins;
	struct metrics *metrics;
	struct programming *programming;
	void (*changed)(void *ctx);
	void *ctx;
};

/** intake_sink() - The sink that fills @intake's store. */
struct source_sink intake_sink(struct intake *intake);
struct saved;
/**
 * intake_saved() - Take objects that were saved for kinds that were not listed yet
 *
 * What the source said already is newer, and stays.
 *
 * Return: how many were of use.
 */
size_t intake_saved(struct intake *intake, struct saved *saved);
/** intake_complete() - Every kind has been listed once, or cannot be had (Y1). */
bool intake_complete(const struct intake *intake);

#endif
