/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/explainer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "model/service.h"
#include "model/store.h"
#include "plan/build.h"
#include "serve/explainer_ports.h"
#include "serve/finder.h"
#include "serve/packet_walk.h"
#include "sync/node_view.h"

#define EXPLAINER_NOTES_MAX 20

/**
 * struct explainer_work - One question under way
 * @service:	its name, for error texts
 */
struct explainer_work {
	const struct explainer *explainer;
	const struct explainer_question *question;
	struct arena *arena;
	struct explain *explain;
	char service[SERVICE_NAME_TEXT_SIZE];
};

static void explainer_note(struct explainer_work *w, const char *note)
{
	if (w->explain->n_notes < EXPLAINER_NOTES_MAX)
		w->explain->notes[w->explain->n_notes++] = note;
}

/* --- a Service that is unknown or not served -------------------------------------------------------------
 */

/* S1, S3, S4: why the plan of this Service is empty; NULL: it may have front ends. */
static const char *explainer_not_served(const struct service *service)
{
	if (service->has_service_proxy_name)
		return "the label service.kubernetes.io/service-proxy-name gives it to another proxy";
	if (service->type == SERVICE_TYPE_EXTERNAL_NAME)
		return "an ExternalName is a matter of DNS";
	if (service->headless)
		return "it is headless (clusterIP: None): DNS gives the addresses of its pods";
	if (!service->has_cluster_ip[FAMILY_IPV4] && !service->has_cluster_ip[FAMILY_IPV6])
		return "it has no cluster IP yet";
	return NULL;
}

/* Whether a good version of @rejected is in use: of an object the last one, of a Service's rules those installed. */
static bool explainer_has_good(const struct explainer_work *w, const struct rejected_object *rejected)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (strcmp(rejected->kind, store_kind_name(kind)) == 0)
			return store_has(w->explainer->store, kind, rejected->namespace, rejected->name);
	return true;
}

/* Notes about rejected objects that belong to the Service. Returns whether the Service itself is one of them. */
static bool explainer_note_rejected(struct explainer_work *w)
{
	const struct rejected_objects *list = w->explainer->rejected;
	bool itself = false;
	size_t i;

	for (i = 0; i < rejected_objects_count(list); i++) {
		const struct rejected_object *rejected = rejected_objects_at(list, i);
		const char *good = "";

		if (!service_name_equal(rejected->service, w->question->service))
			continue;
		if (explainer_has_good(w, rejected))
			good = "; its last good version is in use";
		itself |= strcmp(rejected->kind, store_kind_name(OBJECT_KIND_SERVICE)) == 0;
		explainer_note(w, arena_printf(w->arena, "refused: %s %s: %s%s", rejected->kind,
					       rejected->name, rejected->reason, good));
	}
	return itself;
}

static int explainer_unknown(struct explainer_work *w, bool rejected, struct err *reterr)
{
	char text[SERVICE_NAME_TEXT_SIZE];
	struct service_name similar;

	if (w->explain->n_notes || w->explain->n_slices) {
		w->explain->rejected = rejected;
		w->explain->not_served =
			rejected ? "it is refused, and no good version of it was seen"
				 : "there is no Service of that name, but what is meant for one";
		return 0;
	}
	/* Whether there is one is unknown, too. */
	if (!w->explainer->services_known)
		return 0;
	similar = finder_similar(w->explainer->store, w->question->service);
	if (service_name_is_set(similar))
		return err_set(reterr, -ENOENT, "no Service %s is known; did you mean %s?", w->service,
			       service_name_print(similar, text));
	return err_set(reterr, -ENOENT, "no Service %s is known%s", w->service,
		       w->explainer->selected
			       ? " (headless ones, and those that a label service.kubernetes.io/"
				 "service-proxy-name gives to another proxy, are not asked for)"
			       : "");
}

/* --- a Service that is served ----------------------------------------------------------------------------
 */

/* P3: the front ends that the settings leave out, in one note. */
static void explainer_note_external_ips(struct explainer_work *w, const struct service *service)
{
	struct buf text = BUF_INIT;
	char addr[ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < service->n_external_ips; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", addr_print(&service->external_ips[i], addr));
	if (text.size)
		explainer_note(
			w, arena_printf(w->arena,
					"no front end: external IP%s %s: the settings leave external IPs out "
					"(--serve-external-ips=false, or the feature gate "
					"AllowServiceExternalIPs)",
					service->n_external_ips == 1 ? "" : "s", buf_text(&text)));
	buf_done(&text);
}

/* Notes about load balancer addresses without a front end, and about the healthCheckNodePort. */
static void explainer_note_others(struct explainer_work *w, const struct service *service)
{
	char addr[ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < service->n_ingress; i++)
		if (!service->ingress[i].vip)
			explainer_note(w, arena_printf(w->arena,
						       "no front end: load balancer address %s, whose ipMode "
						       "is Proxy: what it sends comes to a node port",
						       addr_print(&service->ingress[i].addr, addr)));
	if (service->n_unread_ranges)
		explainer_note(w, arena_printf(w->arena,
					       "%u of its loadBalancerSourceRanges cannot be read, the log "
					       "names them: %s",
					       service->n_unread_ranges,
					       service->n_source_ranges ? "only the others admit sources"
									: "every source is let in"));
	if (service->health_check_node_port)
		explainer_note(w, arena_printf(w->arena,
					       "healthCheckNodePort %u: how many endpoints are on this node",
					       service->health_check_node_port));
}

static bool explainer_asks_for(const struct explainer_question *question, const struct service_port *port)
{
	char number[8];

	(void)snprintf(number, sizeof(number), "%u", port->port);
	return !*question->port || strcmp(question->port, port->name) == 0 ||
	       strcmp(question->port, number) == 0;
}

static int explainer_fill_ports(struct explainer_work *w, const struct explainer_ports *ports,
				struct err *reterr)
{
	const struct service *service = ports->in->service;
	struct explain *explain = w->explain;
	bool known = false;
	uint32_t i;
	int family, r = 0;

	explain->ports = arena_array(w->arena, service->n_ports, _FAMILY_MAX * sizeof(*explain->ports));
	for (i = 0; !r && i < service->n_ports; i++) {
		if (!explainer_asks_for(w->question, &service->ports[i]))
			continue;
		known = true;
		for (family = 0; !r && family < _FAMILY_MAX; family++) {
			if (!service->has_cluster_ip[family] || !ports->in->family_enabled[family])
				continue;
			r = explainer_ports_fill(ports, &service->ports[i], (enum family)family,
						 &explain->ports[explain->n_ports], reterr);
			explain->n_ports += r == 0;
		}
	}
	if (!r && !known)
		return err_set(reterr, -ENOENT, "Service %s has no port \"%s\"", w->service,
			       w->question->port);
	return r;
}

/* Plan the Service again, with the front ends that another Service owns, and explain its ports. */
static int explainer_plan(struct explainer_work *w, struct err *reterr)
{
	_cleanup_(packet_walk_freep) struct packet_walk *walk = NULL;
	const struct explainer *explainer = w->explainer;
	struct service_name service = w->question->service;
	struct build_input in;
	struct plan plan;
	struct node_view view;
	struct packet_walk_params params = {
		.from = w->question->from,
		.addresses = &explainer->addresses,
		.view = &view,
		.in = &in,
		.plan = &plan,
		.arena = w->arena,
	};
	int r = sync_plan_requested(explainer->sync, service, w->arena, &in, &plan, reterr);

	if (r < 0)
		return r;
	if (in.no_external_ips)
		explainer_note_external_ips(w, in.service);
	sync_view(explainer->sync, &explainer->addresses, w->arena, &view);
	if (*w->question->from) {
		r = packet_walk_new(&params, &walk, reterr);
		if (r < 0)
			return r;
		w->explain->from = w->question->from;
		w->explain->from_family = packet_walk_family_name(walk);
		w->explain->from_is = packet_walk_source(walk);
	}
	return explainer_fill_ports(w,
				    &(struct explainer_ports){ .sync = explainer->sync,
							       .node_known = explainer->node_known,
							       .in = &in,
							       .plan = &plan,
							       .view = &view,
							       .walk = walk,
							       .arena = w->arena },
				    reterr);
}

static int explainer_service(struct explainer_work *w, struct err *reterr)
{
	struct service_name name = w->question->service;
	const struct store_group *group = store_find_group(w->explainer->store, name.namespace, name.name);
	const struct service *service = group ? group->service : NULL;
	bool rejected = explainer_note_rejected(w);

	w->explain->n_slices = group ? group->n_slices : 0;
	if (!service)
		return explainer_unknown(w, rejected, reterr);
	w->explain->type = service_type_name(service->type);
	w->explain->internal_policy = service_traffic_policy_name(service->internal_traffic_policy);
	w->explain->external_policy = service_traffic_policy_name(service->external_traffic_policy);
	w->explain->not_served = explainer_not_served(service);
	if (w->explain->not_served)
		return 0;
	explainer_note_others(w, service);
	return explainer_plan(w, reterr);
}

int explainer_ask(const struct explainer *explainer, const struct explainer_question *question,
		  struct arena *arena, struct explain *ret, struct err *reterr)
{
	struct explainer_work w = {
		.explainer = explainer,
		.question = question,
		.arena = arena,
		.explain = ret,
	};

	*ret = (struct explain){
		.service = question->service,
		.type = "",
		.internal_policy = "",
		.external_policy = "",
		.notes = arena_array(arena, EXPLAINER_NOTES_MAX, sizeof(*ret->notes)),
	};
	(void)service_name_print(ret->service, w.service);
	return explainer_service(&w, reterr);
}
