/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/intake.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/lacking_objects.h"
#include "intake/programming_latency.h"
#include "intake/recorder.h"
#include "intake/rejected_objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"
#include "report/metrics.h"

#define INTAKE_MANIFEST_KIND "Manifest" /* of an unreadable file in the list of rejected objects */
#define INTAKE_NAME_SIZE     640

static void intake_changed(struct intake *intake)
{
	if (intake->params.changed)
		intake->params.changed(intake->params.ctx);
}

/* @before: store_changes() before the object was put or deleted. Returns whether the store has changed since. */
static bool intake_count(struct intake *intake, enum object_kind kind, uint64_t before)
{
	struct metrics *metrics = intake->params.metrics;

	if (store_changes(intake->params.store) == before)
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
	struct programming_latency *latency = intake->params.latency;
	uint64_t before = store_changes(intake->params.store);

	/* The store takes @slice, and frees it if it equals the version that it has. */
	int64_t trigger_us = slice->trigger_us;
	char namespace[OBJECT_NAME_MAX + 1], name[OBJECT_NAME_MAX + 1];

	(void)snprintf(namespace, sizeof(namespace), "%s", slice->namespace);
	(void)snprintf(name, sizeof(name), "%s", slice->name);
	store_put_slice(intake->params.store, slice);
	if (intake_count(intake, OBJECT_KIND_ENDPOINT_SLICE, before) && latency)
		programming_latency_note(latency, namespace, name, trigger_us);
}

/* @manifest: "" for an object of the API server. */
static void intake_forget_rejected(struct intake *intake, const char *manifest, enum object_kind kind,
				   const char *namespace, const char *name)
{
	if (intake->params.rejected && kind < _OBJECT_KIND_MAX)
		rejected_objects_del(intake->params.rejected, store_kind_name(kind),
				     namespace ? namespace : "", name, manifest);
	if (intake->lacking && kind < _OBJECT_KIND_MAX)
		(void)lacking_objects_del(intake->lacking, kind, namespace ? namespace : "", name);
}

static const char *intake_text(const char *text, const char *missing)
{
	return text && *text ? text : missing;
}

/* Whether kind and name of a bad object could be read. */
static bool intake_is_identified(const struct object *object)
{
	return object->kind < _OBJECT_KIND_MAX && object->name && *object->name;
}

/* "Service default/web" */
static void intake_print_name(const char *kind, const char *namespace, const char *name,
			      char ret[INTAKE_NAME_SIZE])
{
	(void)snprintf(ret, INTAKE_NAME_SIZE, "%s %s%s%s", intake_text(kind, "(no kind)"),
		       intake_text(namespace, ""), namespace && *namespace ? "/" : "",
		       intake_text(name, "(no name)"));
}

static void intake_name(const struct object *object, char ret[INTAKE_NAME_SIZE])
{
	intake_print_name(object->kind_name, object->namespace, object->name, ret);
}

/* A good version of the object, or its end. */
static void intake_forget_refusal(struct intake *intake, const char *kind, const char *namespace,
				  const char *name)
{
	char text[INTAKE_NAME_SIZE];

	if (!intake->refusals.n)
		return;
	intake_print_name(kind, namespace, name, text);
	(void)last_lines_forget(&intake->refusals, text);
}

/* After each line about an object. */
static void intake_log_used_up(const struct intake *intake)
{
	if (log_ratelimit_is_used_up(&intake->ratelimit))
		log_warn("source", "too many lines about objects, leaving out further ones for some minutes");
}

static void intake_warn(struct intake *intake, const char *name, const char *version, const char *text)
{
	char versioned[ERR_TEXT_SIZE + OBJECT_NAME_MAX + 2];

	(void)snprintf(versioned, sizeof(versioned), "%s %s", version, text);
	if (log_ratelimit_is_new(&intake->warned, name, versioned) &&
	    log_ratelimit_may_say(&intake->ratelimit, name, text, monotonic_ms())) {
		log_warn("source", "part of an object is not used as written", LOG_TEXT("object", name),
			 LOG_TEXT("err", text));
		intake_log_used_up(intake);
	}
}

/* Log the warnings once for each version; the rate limit is for versions that follow each other fast. */
static void intake_log_warnings(struct intake *intake, const struct object *object)
{
	const struct warnings *warnings = object->warnings;
	const char *version = intake_text(object->resource_version, "");
	char name[INTAKE_NAME_SIZE], more[64];
	size_t i;

	if (!warnings)
		return;
	intake_name(object, name);
	for (i = 0; i < warnings->n && i < WARNINGS_MAX; i++)
		intake_warn(intake, name, version, warnings->texts[i]);
	if (warnings->n <= WARNINGS_MAX)
		return;
	(void)snprintf(more, sizeof(more), "and %zu more values of it", warnings->n - WARNINGS_MAX);
	intake_warn(intake, name, version, more);
}

static void intake_put_model(struct intake *intake, struct object *object)
{
	struct store *store = intake->params.store;
	uint64_t before = store_changes(store);

	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		store_put_service(store, TAKE_PTR(object->service));
		(void)intake_count(intake, OBJECT_KIND_SERVICE, before);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		intake_put_slice(intake, TAKE_PTR(object->slice));
		break;
	case OBJECT_KIND_NODE:
		store_put_node(store, TAKE_PTR(object->node));
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		store_put_service_cidr(store, TAKE_PTR(object->service_cidr));
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	if (*object->digest)
		store_note_digest(store, object->kind, object->namespace, object->name, object->digest);
	intake_changed(intake);
}

static bool intake_keep(void *ctx, enum object_kind kind, const char *digest)
{
	const struct intake *intake = ctx;

	return store_keep_digest(intake->params.store, kind, digest);
}

static void intake_del(void *ctx, enum object_kind kind, const char *namespace, const char *name)
{
	struct intake *intake = ctx;
	struct store *store = intake->params.store;
	uint64_t before = store_changes(store);

	intake_forget_rejected(intake, "", kind, namespace, name);
	intake_forget_refusal(intake, store_kind_name(kind), namespace, name);
	store_del(store, kind, namespace, name);
	(void)intake_count(intake, kind, before);
	if (kind == OBJECT_KIND_ENDPOINT_SLICE && intake->params.latency)
		programming_latency_forget(intake->params.latency, namespace, name);
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

/* kubectl finds the Events of a Service by its uid. That of a bad version is not decoded, so take the last good one's. */
static const char *intake_uid(const struct intake *intake, const char *namespace, const char *name)
{
	const struct store_group *group = store_find_group(intake->params.store, namespace, name);

	return group && group->service ? group->service->uid : "";
}

static void intake_send_event(struct intake *intake, const struct object *object, const struct err *err)
{
	const char *namespace = intake_text(object->namespace, ""), *name = object->name;
	struct event event = {
		.type = EVENT_TYPE_WARNING,
		.api_version = intake_api_version(object->kind),
		.namespace = namespace,
		.name = name,
		.uid = "",
		.reason = "Refused",
		.action = "Decode",
		.note = err->text,
		.from_every_node = true,
	};

	if (!intake_is_identified(object))
		return;
	event.kind = store_kind_name(object->kind);
	if (object->kind == OBJECT_KIND_SERVICE)
		event.uid = intake_uid(intake, namespace, name);
	recorder_add(intake->params.recorder, &event);
}

static void intake_note_rejected(struct intake *intake, const struct object *object, const struct err *err)
{
	const char *namespace = intake_text(object->namespace, "");
	struct rejected_object rejected = {
		.namespace = namespace,
		.name = object->name,
		.manifest = intake_text(object->origin, ""),
		.reason = err->text,
		.since_ms = monotonic_ms(),
	};

	if (!intake->params.rejected || object->kind == _OBJECT_KIND_MAX || !object->name)
		return;
	rejected.kind = store_kind_name(object->kind);
	if (object->kind == OBJECT_KIND_SERVICE)
		rejected.service = (struct service_name){ namespace, object->name };
	else if (object->kind == OBJECT_KIND_ENDPOINT_SLICE)
		rejected.service = (struct service_name){ namespace, intake_text(object->service_name, "") };
	rejected_objects_put(intake->params.rejected, &rejected);
}

/* Of the first list of a kind. */
static void intake_tell_progress(struct intake *intake, enum object_kind kind)
{
	uint64_t for_ms;

	if (kind == _OBJECT_KIND_MAX || intake->listed[kind] || !intake->progress[kind].begin_ms ||
	    !list_progress_add(&intake->progress[kind], monotonic_ms(), &for_ms))
		return;
	log_info("source", "listing, not yet complete", LOG_TEXT("kind", store_kind_name(kind)),
		 LOG_NUMBER("objects", intake->progress[kind].n), LOG_NUMBER("seconds", for_ms / 1000));
}

/* Not another version of it with the same mistake. */
static void intake_log_refused(struct intake *intake, const struct object *object, const char *name,
			       const struct err *err)
{
	bool kept =
		intake_is_identified(object) && store_has(intake->params.store, object->kind,
							  intake_text(object->namespace, ""), object->name);

	if (last_lines_has(&intake->refusals, name, err->text))
		return;
	last_lines_note(&intake->refusals, name, err->text);
	log_warn("source", kept ? "object refused, keeping its last good version" : "object refused",
		 LOG_TEXT("object", name), LOG_TEXT("err", err->text));
}

static void intake_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct intake *intake = ctx;
	struct store *store = intake->params.store;
	const char *namespace = intake_text(object->namespace, "");
	bool identified = intake_is_identified(object);
	uint64_t before = store_changes(store);
	char name[INTAKE_NAME_SIZE];

	intake_tell_progress(intake, object->kind);
	intake->n_rejected++;
	if (intake->params.metrics)
		intake->params.metrics->objects_refused++;
	intake_note_rejected(intake, object, err);
	/* The object exists, so the end of a list that could not decode it must not delete it. */
	if (identified)
		store_keep(store, object->kind, namespace, object->name);
	if (identified && intake->lacking && !store_has(store, object->kind, namespace, object->name))
		lacking_objects_add(intake->lacking, object->kind, namespace, object->name);
	if (identified && object->kind == OBJECT_KIND_NODE)
		store_note_unread_node(store, object->name);
	if (store_changes(store) != before)
		intake_changed(intake);
	intake_name(object, name);
	if (!log_ratelimit_may_say(&intake->ratelimit, name, err->text, monotonic_ms()))
		return;
	intake_send_event(intake, object, err);
	intake_log_refused(intake, object, name, err);
	intake_log_used_up(intake);
}

/* Objects without end would take all memory. An object that is known is none too many. */
static bool intake_is_one_too_many(struct intake *intake, const struct object *object)
{
	const struct store *store = intake->params.store;
	struct err err = { 0 };

	if (object->skipped || object->kind == _OBJECT_KIND_MAX ||
	    store_count(store, object->kind) < OBJECT_COUNT_MAX ||
	    store_has(store, object->kind, intake_text(object->namespace, ""), intake_text(object->name, "")))
		return false;
	(void)err_set(&err, -E2BIG, "there are already %u objects of this kind", OBJECT_COUNT_MAX);
	intake_refused(intake, object, &err);
	return true;
}

static void intake_put(void *ctx, struct object *object)
{
	struct intake *intake = ctx;

	if (intake_is_one_too_many(intake, object))
		return;
	intake_tell_progress(intake, object->kind);
	if (object->name)
		intake_forget_rejected(intake, "", object->kind, object->namespace, object->name);
	if (object->skipped)
		return;
	intake_forget_refusal(intake, object->kind_name, object->namespace, object->name);
	intake_log_warnings(intake, object);
	intake_put_model(intake, object);
}

static void intake_unrefused(void *ctx, const char *origin, enum object_kind kind, const char *namespace,
			     const char *name)
{
	struct intake *intake = ctx;

	if (!name)
		return;
	intake_forget_rejected(intake, origin, kind, namespace, name);
	/* Of a Node that is in the store this changes nothing. */
	if (kind == OBJECT_KIND_NODE && store_is_unread_node(intake->params.store, name)) {
		store_del(intake->params.store, kind, "", name);
		intake_changed(intake);
	}
}

static void intake_replace_begin(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	if (intake->params.rejected)
		rejected_objects_del_kind(intake->params.rejected, store_kind_name(kind));
	if (intake->lacking)
		lacking_objects_del_kind(intake->lacking, kind);
	store_replace_begin(intake->params.store, kind);
	list_progress_begin(&intake->progress[kind], monotonic_ms());
}

static void intake_replace_end(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	store_replace_end(intake->params.store, kind);
	intake_changed(intake);
}

static void intake_replace_abort(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	store_replace_abort(intake->params.store, kind);
}

static void intake_synced(void *ctx, enum object_kind kind)
{
	struct intake *intake = ctx;

	if (intake->listed[kind])
		return;
	intake->listed[kind] = true;
	log_info("source", "listed", LOG_TEXT("kind", store_kind_name(kind)),
		 LOG_NUMBER("objects", store_count(intake->params.store, kind)));
	intake_changed(intake);
}

static bool intake_lists_manifests(const struct intake *intake)
{
	return intake->params.list_manifests && intake->params.rejected;
}

static void intake_log_unavailable(struct intake *intake, const struct object_source *source,
				   const struct err *err)
{
	const struct log_field kubeconfig = LOG_TEXT("kubeconfig", source->kubeconfig),
			       none = { .key = NULL };
	uint64_t for_ms;

	switch (outages_failed(&intake->outages, source->origin, source->kind, err, monotonic_ms(),
			       &for_ms)) {
	case OUTAGES_LINE_NONE:
		break;
	case OUTAGES_LINE_FAILED:
		log_warn("source", "source unavailable, keeping the last known state",
			 LOG_TEXT("origin", source->origin), LOG_TEXT("err", err->text),
			 source->kubeconfig ? kubeconfig : none);
		break;
	case OUTAGES_LINE_STILL:
		log_warn("source", "source still unavailable", LOG_TEXT("origin", source->origin),
			 LOG_NUMBER("seconds", for_ms / 1000), LOG_TEXT("err", err->text),
			 source->kubeconfig ? kubeconfig : none);
		break;
	}
}

static void intake_degraded(void *ctx, const struct object_source *source, const struct err *err)
{
	struct intake *intake = ctx;

	intake->n_degraded++;
	if (intake_lists_manifests(intake))
		rejected_objects_put(intake->params.rejected,
				     &(struct rejected_object){ .kind = INTAKE_MANIFEST_KIND,
								.namespace = "",
								.name = source->origin,
								.manifest = "",
								.reason = err->text,
								.since_ms = monotonic_ms() });
	intake_log_unavailable(intake, source, err);
}

static void intake_recovered(void *ctx, const struct object_source *source)
{
	struct intake *intake = ctx;
	uint64_t after_ms;

	if (intake_lists_manifests(intake))
		rejected_objects_del(intake->params.rejected, INTAKE_MANIFEST_KIND, "", source->origin, "");
	if (!outages_ended(&intake->outages, source->origin, source->kind, monotonic_ms(), &after_ms))
		return;
	if (source->kind == _OBJECT_KIND_MAX)
		log_notice("source", "source available again", LOG_TEXT("origin", source->origin));
	else
		log_notice("source", "source available again", LOG_TEXT("origin", source->origin),
			   LOG_NUMBER("seconds", after_ms / 1000));
}

/* No rate limit: the source reports a missing kind only once, although it asks again from time to time. */
static void intake_absent(void *ctx, enum object_kind kind, const struct err *err)
{
	enum log_level level = err->code == -ENOENT ? LOG_LEVEL_INFO : LOG_LEVEL_WARN;
	struct intake *intake = ctx;

	outages_absent(&intake->outages, kind);
	log_write(level, "source", "API not available, continuing without it",
		  LOG_TEXT("kind", store_kind_name(kind)), LOG_TEXT("err", err->text));
}

void intake_init(struct intake *intake, const struct intake_params *params)
{
	*intake = (struct intake){ .params = *params };
}

struct object_sink intake_sink(struct intake *intake)
{
	return (struct object_sink){
		.put = intake_put,
		.keep = intake_keep,
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

bool intake_add_saved(struct intake *intake, struct object *object)
{
	if (intake->listed[object->kind] ||
	    store_has(intake->params.store, object->kind, object->namespace, object->name))
		return false;
	intake_put(intake, object);
	return true;
}

void intake_note_lacking(struct intake *intake, struct lacking_objects *lacking)
{
	intake->lacking = lacking;
}

bool intake_restore(struct intake *intake, struct object *object)
{
	if (!intake->lacking ||
	    !lacking_objects_del(intake->lacking, object->kind, object->namespace, object->name))
		return false;
	intake_put_model(intake, object);
	return true;
}

bool intake_complete(const struct intake *intake)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (!intake->listed[kind])
			return false;
	return true;
}
