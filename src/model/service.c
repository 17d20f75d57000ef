/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/service.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/pack.h"

static const char *const service_type_names[] = {
	[SERVICE_TYPE_CLUSTER_IP] = "ClusterIP",
	[SERVICE_TYPE_NODE_PORT] = "NodePort",
	[SERVICE_TYPE_LOAD_BALANCER] = "LoadBalancer",
	[SERVICE_TYPE_EXTERNAL_NAME] = "ExternalName",
};
static_assert(ARRAY_SIZE(service_type_names) == _SERVICE_TYPE_MAX, "a name for each type");

static const char *const service_traffic_policy_names[] = {
	[TRAFFIC_POLICY_CLUSTER] = "Cluster",
	[TRAFFIC_POLICY_LOCAL] = "Local",
};
static_assert(ARRAY_SIZE(service_traffic_policy_names) == _TRAFFIC_POLICY_MAX, "a name for each policy");

static void service_count(struct pack *pack, const struct service *service)
{
	size_t i;

	pack_count(pack, 1, sizeof(*service));
	pack_count(pack, service->n_ports, sizeof(*service->ports));
	pack_count(pack, service->n_external_ips, sizeof(*service->external_ips));
	pack_count(pack, service->n_ingress, sizeof(*service->ingress));
	pack_count(pack, service->n_source_ranges, sizeof(*service->source_ranges));
	pack_count_string(pack, service->namespace);
	pack_count_string(pack, service->name);
	pack_count_string(pack, service->uid);
	for (i = 0; i < service->n_ports; i++)
		pack_count_string(pack, service->ports[i].name);
}

struct service *service_new_copy(const struct service *service)
{
	struct service *copy;
	struct pack pack;
	size_t i;

	pack_init(&pack);
	service_count(&pack, service);
	pack_begin(&pack);
	copy = pack_copy(&pack, service, 1, sizeof(*service));
	copy->ports = pack_copy(&pack, service->ports, service->n_ports, sizeof(*service->ports));
	copy->external_ips = pack_copy(&pack, service->external_ips, service->n_external_ips,
				       sizeof(*service->external_ips));
	copy->ingress = pack_copy(&pack, service->ingress, service->n_ingress, sizeof(*service->ingress));
	copy->source_ranges = pack_copy(&pack, service->source_ranges, service->n_source_ranges,
					sizeof(*service->source_ranges));
	copy->namespace = pack_string(&pack, service->namespace);
	copy->name = pack_string(&pack, service->name);
	copy->uid = pack_string(&pack, service->uid);
	for (i = 0; i < copy->n_ports; i++)
		copy->ports[i].name = pack_string(&pack, service->ports[i].name);
	pack_done(&pack);
	return copy;
}

struct service *service_free(struct service *service)
{
	free(service);
	return NULL;
}

static bool service_ports_equal(const struct service *a, const struct service *b)
{
	size_t i;

	if (a->n_ports != b->n_ports)
		return false;
	for (i = 0; i < a->n_ports; i++) {
		const struct service_port *p = &a->ports[i];
		const struct service_port *q = &b->ports[i];

		if (strcmp(p->name, q->name) != 0 || p->protocol != q->protocol || p->port != q->port ||
		    p->node_port != q->node_port)
			return false;
	}
	return true;
}

static bool service_addresses_equal(const struct service *a, const struct service *b)
{
	size_t i;

	if (a->n_external_ips != b->n_external_ips || a->n_ingress != b->n_ingress ||
	    a->n_source_ranges != b->n_source_ranges)
		return false;
	for (i = 0; i < _FAMILY_MAX; i++) {
		if (a->has_cluster_ip[i] != b->has_cluster_ip[i])
			return false;
		if (a->has_cluster_ip[i] && !addr_equal(&a->cluster_ip[i], &b->cluster_ip[i]))
			return false;
	}
	for (i = 0; i < a->n_external_ips; i++) {
		if (!addr_equal(&a->external_ips[i], &b->external_ips[i]))
			return false;
	}
	for (i = 0; i < a->n_ingress; i++) {
		if (!addr_equal(&a->ingress[i].addr, &b->ingress[i].addr) ||
		    a->ingress[i].vip != b->ingress[i].vip)
			return false;
	}
	for (i = 0; i < a->n_source_ranges; i++) {
		if (!cidr_equal(&a->source_ranges[i], &b->source_ranges[i]))
			return false;
	}
	return true;
}

bool service_equal(const struct service *a, const struct service *b)
{
	return strcmp(a->namespace, b->namespace) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->uid, b->uid) == 0 && a->creation_time_s == b->creation_time_s &&
	       a->type == b->type && a->internal_traffic_policy == b->internal_traffic_policy &&
	       a->external_traffic_policy == b->external_traffic_policy &&
	       a->has_service_proxy_name == b->has_service_proxy_name && a->headless == b->headless &&
	       a->affinity_timeout_s == b->affinity_timeout_s &&
	       a->health_check_node_port == b->health_check_node_port && service_ports_equal(a, b) &&
	       service_addresses_equal(a, b);
}

const char *service_type_name(enum service_type type)
{
	assert((size_t)type < ARRAY_SIZE(service_type_names));
	return service_type_names[type];
}

static int service_find_name(const char *const *names, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], text) == 0)
			return (int)i;
	}
	return -EINVAL;
}

int service_type_parse(const char *text)
{
	if (!*text)
		return SERVICE_TYPE_CLUSTER_IP;
	return service_find_name(service_type_names, ARRAY_SIZE(service_type_names), text);
}

const char *service_traffic_policy_name(enum traffic_policy policy)
{
	assert((size_t)policy < ARRAY_SIZE(service_traffic_policy_names));
	return service_traffic_policy_names[policy];
}

int service_traffic_policy_parse(const char *text)
{
	if (!*text)
		return TRAFFIC_POLICY_CLUSTER;
	return service_find_name(service_traffic_policy_names, ARRAY_SIZE(service_traffic_policy_names),
				 text);
}

int service_protocol_parse(const char *text)
{
	if (!*text || strcmp(text, "TCP") == 0)
		return PROTOCOL_TCP;
	if (strcmp(text, "UDP") == 0)
		return PROTOCOL_UDP;
	if (strcmp(text, "SCTP") == 0)
		return PROTOCOL_SCTP;
	return -EINVAL;
}
