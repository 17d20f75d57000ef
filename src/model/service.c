/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/service.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/members.h"

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

static const struct member service_port_rows[] = {
	MEMBER_STRING(struct service_port, name),
	MEMBER_VALUE(struct service_port, protocol),
	MEMBER_VALUE(struct service_port, port),
	MEMBER_VALUE(struct service_port, node_port),
};
static const struct members service_port_list = MEMBERS(struct service_port, service_port_rows);

static const struct member service_ingress_rows[] = {
	MEMBER_VALUE(struct service_ingress, addr),
	MEMBER_VALUE(struct service_ingress, vip),
};
static const struct members service_ingress_list = MEMBERS(struct service_ingress, service_ingress_rows);

static const struct member service_rows[] = {
	MEMBER_STRING(struct service, namespace),
	MEMBER_STRING(struct service, name),
	MEMBER_STRING(struct service, uid),
	MEMBER_VALUE(struct service, creation_time_s),
	MEMBER_VALUE(struct service, type),
	MEMBER_VALUE(struct service, internal_traffic_policy),
	MEMBER_VALUE(struct service, external_traffic_policy),
	MEMBER_VALUE(struct service, has_service_proxy_name),
	MEMBER_VALUE(struct service, headless),
	MEMBER_VALUE_ARRAY(struct service, has_cluster_ip),
	MEMBER_VALUE_ARRAY(struct service, cluster_ip),
	MEMBER_VALUE(struct service, affinity_timeout_s),
	MEMBER_VALUE(struct service, health_check_node_port),
	MEMBER_STRUCTS(struct service, ports, n_ports, service_port_list),
	MEMBER_VALUES(struct service, external_ips, n_external_ips),
	MEMBER_STRUCTS(struct service, ingress, n_ingress, service_ingress_list),
	MEMBER_VALUES(struct service, source_ranges, n_source_ranges),
	MEMBER_VALUE(struct service, n_unread_ranges),
};
static const struct members service_list = MEMBERS(struct service, service_rows);

const struct members *service_members(void)
{
	return &service_list;
}

struct service *service_new_copy(const struct service *service)
{
	return members_new_copy(&service_list, service);
}

struct service *service_free(struct service *service)
{
	free(service);
	return NULL;
}

bool service_equal(const struct service *a, const struct service *b)
{
	return members_equal(&service_list, a, b);
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
