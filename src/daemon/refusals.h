/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refusals.h - which objects are refused at the moment, and why
 *
 * Room:     daemon.
 * Rule:     an object is in it from when it could not be read, or the kernel would not have what it needs, until a version
 *           that can be is there, or it is gone.
 * Limits:   REFUSALS_MAX; more are counted by nobody but the metrics.
 */
#ifndef DAEMON_REFUSALS_H
#define DAEMON_REFUSALS_H

#include <stddef.h>

#include "base/cleanup.h"

#define REFUSALS_MAX 1000

/**
 * struct refusal - @kind: "Service", ...; a literal; @service: of a slice, the Service it is for, "" if that is not known;
 * @origin: the manifest that has it, "" if it is none; two may have each a bad version of one object;
 * @reason: "spec.ports[0].port: …"
 */
struct refusal {
	const char *kind;
	const char *namespace;
	const char *name;
	const char *service;
	const char *origin;
	const char *reason;
};

struct refusals;

struct refusals *refusals_new(void);
struct refusals *refusals_free(struct refusals *refusals);
DEFINE_FREEP(struct refusals, refusals_free);
void refusals_put(struct refusals *refusals, const struct refusal *refusal);
/** refusals_del() - All is well with what @origin has of it, or it is gone. */
void refusals_del(struct refusals *refusals, const char *kind, const char *namespace, const char *name,
		  const char *origin);
/** refusals_del_kind() - All of a kind: it is about to be listed anew. */
void refusals_del_kind(struct refusals *refusals, const char *kind);
size_t refusals_count(const struct refusals *refusals);
/** refusals_at() - The one number @i, in no particular order; valid until the next change. */
struct refusal refusals_at(const struct refusals *refusals, size_t i);

#endif
