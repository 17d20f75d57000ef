/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/intake.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/programming_latency.h"
#include "intake/recorder.h"
#include "intake/rejected_objects.h"
#include "intake/saved_state.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"
#include "report/metrics.h"

#define INTAKE_ORIGIN_KIND "Manifest" /* in the list of refusals */
#define INTAKE_NAME_SIZE   640

static void intake_changed(struct intake *intake)
{
	if (intake->changed)
		intake->changed(intake->ctx);
}

/* @before: how often the store had changed. Returns whether it has again. */
static bool intake_count(struct intake *intake, enum object_kind kind, uint64_t before)
{
	struct metrics *metrics = intake->metrics;

	if (store_changes(intake->store) == before)
		return false;
	if (metrics && kind == OBJECT_KIND_SERVICE) {
		metrics->service_changes++;
		metrics->service_changes_pending++;
	} else if (metrics && kind == OBJECT_KIND_ENDPOINT_SLICE) {
		metrics->endpoint_changes++;
		metrics->endpoint_changes_pending++;
	}
	return true;
}

static void intake_put_slice(struct intake *intake, struct slice *slice)
{
	uint64_t before = store_changes(intake->store);

	/* It is the store's, and stays, unless it equals what is there. */
	int64_t trigger_us = slice->trigger_us;
	char namespace[OBJECT_NAME_MAX + 1], name[OBJECT_NAME_MAX + 1];

	(void)snprintf(namespace, sizeof(namespace), "%s", slice->namespace);
	(void)snprintf(name, sizeof(name), "%s", slice->name);
	store_put_slice(intake->store, slice);
	if (intake_count(intake, OBJECT_KIND_ENDPOINT_SLICE, before) && intake->programming)
		programming_latency_note(intake->programming, namespace, name, trigger_us);
}

/* A version that is fine, or none at all. Files tell of what was refused in each: intake_unrefused(). */
static void intake_forget_refusal(struct intake *intake, const char *origin, enum object_kind kind,
				  const char *namespace, const char *name)
{
	if (intake->refusals && kind < _OBJECT_KIND_MAX)
		rejected_objects_del(intake->refusals, store_kind_name(kind), namespace ? namespace : "",
				     name, origin);
}

static const char *intake_word(const char *text, const char *missing)
{
	return text && *text ? text : missing;
}

/* "Service default/web" */
static void intake_name(const struct object *object, char ret[INTAKE_NAME_SIZE])
{
	(void)snprintf(ret, INTAKE_NAME_SIZE, "%s %s%s%s", intake_word(object->kind_name, "(no kind)"),
		       intake_word(object->namespace, ""), object->namespace && *object->namespace ? "/" : "",
		       intake_word(object->name, "(no name)"));
}

static void intake_remark(struct intake *intake, const char *name, const char *version, const char *text)
{
	char what[ERR_TEXT_SIZE + OBJECT_NAME_MAX + 2];

	(void)snprintf(what, sizeof(what), "%s %s", version, text);
	if (log_ratelimit_is_new(&intake->remarked, name, what) &&
	    log_ratelimit_may_say(&intake->quiet, name, text, monotonic_ms()))
		log_warn("source", "part of an object is not used as it stands", LOG_TEXT("object", name),
			 LOG_TEXT("err", text));
}

/* Once for each version, and not over and over where versions come fast. */
static void intake_tell_remarks(struct intake *intake, const struct object *object)
{
	const struct warnings *remarks = object->warnings;
	const char *version = intake_word(object->resource_version, "");
	char name[INTAKE_NAME_SIZE], more[64];
	size_t i;

	if (!remarks)
		return;
	intake_name(object, name);
	for (i = 0; i < remarks->n && i < WARNINGS_MAX; i++)
		intake_remark(intake, name, version, remarks->texts[i]);
	if (remarks->n <= WARNINGS_MAX)
		return;
	(void)snprintf(more, sizeof(more), "and %zu more values of it", remarks->n - WARNINGS_MAX);
	intake_remark(intake, name, version, more);
}

static void intake_put(void *ctx, struct object *object)
{
	struct intake *intake = ctx;
	uint64_t before = store_changes(intake->store);

	if (object->name)
		intake_forget_refusal(intake, "", object->kind, object->namespace, object->name);

	if (object->skipped)
		return;
	intake_tell_remarks(intake, object);
	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		store_put_service(intake->store, TAKE_PTR(object->service));
		(void)intake_count(intake, OBJECT_KIND_SERVICE, before);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		intake_put_slice(intake, TAKE_PTR(object->slice));
		break;
	case OBJECT_KIND_NODE:
		store_put_node(intake->store, TAKE_PTR(object->node));
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		store_put_service_cidr(intake->store, TAKE_PTR(object->service_cidr));
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	intake_changed(intake);
}

static void intake_del(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	struct intake *intake = ctx;
	uint64_t before = store_changes(intake->store);

	intake_forget_refusal(intake, "", kind, namespace, name);
	store_del(intake->store, kind, namespace, name);
	(void)intake_count(intake, kind, before);
	if (kind == OBJECT_KIND_ENDPOINT_SLICE && intake->programming)
		programming_latency_forget(intake->programming, namespace, name);
	intake_changed(intake);
}

static const char *intake_api_version(enum object_kind kind)
{
	switch (kind) {
	case OBJECT_KIND_ENDPOINT_SLICE:
		return "discovery.k8s.io/v1";
	case OBJECT_KIND_SERVICE_CIDR:
		return "networking.k8s.io/v1";
	case OBJECT_KIND_SERVICE:
	case OBJECT_KIND_NODE:
	case _OBJECT_KIND_MAX:
		break;
	}
	return "v1";
}

/* People look at a Service's Events by its uid, which is read with the rest of it: the last good one has it. */
static const char *intake_uid(const struct intake *intake, const char *namespace, const char *name)
{
	const struct store_group *group = store_find_group(intake->store, namespace, name);

	return group && group->service ? group->service->uid : "";
}

static void intake_tell_refused(struct intake *intake, const struct object *object, const char *text)
{
	const char *namespace = intake_word(object->namespace, ""), *name = intake_word(object->name, "");
	struct event event = {
		.type = EVENT_TYPE_WARNING,
		.api_version = intake_api_version(object->kind),
		.namespace = namespace,
		.name = name,
		.uid = "",
		.reason = "Refused",
		.action = "Decode",
		.note = text,
		.everywhere = true,
	};

	if (object->kind == _OBJECT_KIND_MAX || !*name)
		return;
	event.kind = store_kind_name(object->kind);
	if (object->kind == OBJECT_KIND_SERVICE)
		event.uid = intake_uid(intake, namespace, name);
	recorder_say(intake->recorder, &event);
}

/* Some version of it, good and perhaps old. */
static bool intake_has(const struct intake *intake, const struct object *object)
{
	return object->kind < _OBJECT_KIND_MAX && object->name && *object->name &&
	       store_has(intake->store, object->kind, object->namespace ? object->namespace : "",
			 object->name);
}

static void intake_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct intake *intake = ctx;
	char name[INTAKE_NAME_SIZE];

	intake->n_refused++;
	if (intake->metrics)
		intake->metrics->objects_refused++;
	if (intake->refusals && object->kind < _OBJECT_KIND_MAX && object->name)
		rejected_objects_put(intake->refusals,
				     &(struct refusal){ .kind = store_kind_name(object->kind),
							.namespace = intake_word(object->namespace, ""),
							.name = object->name,
							.service = intake_word(object->service_name, ""),
							.origin = intake_word(object->origin, ""),
							.reason = err->text });
	/* It is there, so it must survive the end of a list that could not name it properly. */
	if (object->kind < _OBJECT_KIND_MAX && object->name && *object->name)
		store_keep(intake->store, object->kind, object->namespace ? object->namespace : "",
			   object->name);
	intake_name(object, name);
	if (!log_ratelimit_may_say(&intake->quiet, name, err->text, monotonic_ms()))
		return;
	intake_tell_refused(intake, object, err->text);
	log_warn("source",
		 intake_has(intake, object) ? "object refused, its last good version stays"
					    : "object refused",
		 LOG_TEXT("object", name), LOG_TEXT("err", err->text));
}

static void intake_unrefused(void *ctx, const char *origin, enum object_kind kind, const char *namespace,
			     const char *name)
{
	if (name)
		intake_forget_refusal(ctx, origin, kind, namespace, name);
}

static void intake_replace_begin(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	if (intake->refusals)
		rejected_objects_del_kind(intake->refusals, store_kind_name(kind));
	store_replace_begin(intake->store, kind);
}

static void intake_replace_end(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	store_replace_end(intake->store, kind);
	intake_changed(intake);
}

static void intake_replace_abort(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	store_replace_abort(intake->store, kind);
}

static void intake_synced(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	if (intake->synced[kind])
		return;
	intake->synced[kind] = true;
	log_info("source", "listed", LOG_TEXT("kind", store_kind_name(kind)),
		 LOG_NUMBER("objects", store_count(intake->store, kind)));
	intake_changed(intake);
}

static void intake_degraded(void *ctx, const char *origin, const struct err *err)
{
	struct intake *intake = ctx;

	intake->n_degraded++;
	if (intake->refuses_origins)
		rejected_objects_put(intake->refusals, &(struct refusal){ .kind = INTAKE_ORIGIN_KIND,
									  .namespace = "",
									  .name = origin,
									  .service = "",
									  .origin = "",
									  .reason = err->text });
	log_warn("source", "trouble with the source, what was known stays", LOG_TEXT("origin", origin),
		 LOG_TEXT("err", err->text));
}

static void intake_recovered(void *ctx, const char *origin)
{
	struct intake *intake = ctx;

	if (intake->refuses_origins)
		rejected_objects_del(intake->refusals, INTAKE_ORIGIN_KIND, "", origin, "");
	log_info("source", "source works again", LOG_TEXT("origin", origin));
}

/* Telling once is enough: the source asks again from time to time. */
static void intake_absent(void *ctx, enum object_kind kind, const struct err *err)
{
	enum log_level level = err->code == -ENOENT ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;

	(void)ctx;
	log_write(level, "source", "kind cannot be had, doing without it",
		  LOG_TEXT("kind", store_kind_name(kind)), LOG_TEXT("err", err->text));
}

struct object_sink intake_sink(struct intake *intake)
{
	return (struct object_sink){
		.put = intake_put,
		.del = intake_del,
		.refused = intake_refused,
		.unrefused = intake_unrefused,
		.replace_begin = intake_replace_begin,
		.replace_end = intake_replace_end,
		.replace_abort = intake_replace_abort,
		.synced = intake_synced,
		.degraded = intake_degraded,
		.recovered = intake_recovered,
		.absent = intake_absent,
		.ctx = intake,
	};
}

size_t intake_saved(struct intake *intake, struct saved_state *saved)
{
	size_t i, n = 0;

	for (i = 0; i < saved->n_objects; i++) {
		struct object *object = &saved->objects[i];

		if (intake->synced[object->kind] ||
		    store_has(intake->store, object->kind, object->namespace, object->name))
			continue;
		intake_put(intake, object);
		n++;
	}
	return n;
}

bool intake_complete(const struct intake *intake)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (!intake->synced[kind])
			return false;
	return true;
}
