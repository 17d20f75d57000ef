/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service.h - a Service: the fields that a node proxy needs
 *
 * Room:     model. Pure: plain values.
 * Rule:     Kubernetes core/v1 Service; names are the API's, snake_cased.
 * Memory:   a struct service made by service_new_copy() is ONE allocation, strings and arrays
 *           included; service_free() is free(). Decoders build one in an arena and copy it. Strings
 *           are never NULL (here, in slice.h and in node.h) unless the member's comment says so.
 * Not here: reading it (decode/), its effect (plan/).
 */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "base/cleanup.h"

struct members;

enum service_type {
	SERVICE_TYPE_CLUSTER_IP,
	SERVICE_TYPE_NODE_PORT,
	SERVICE_TYPE_LOAD_BALANCER,
	SERVICE_TYPE_EXTERNAL_NAME,
	_SERVICE_TYPE_MAX,
};

/** enum traffic_policy - internalTrafficPolicy and externalTrafficPolicy. */
enum traffic_policy {
	TRAFFIC_POLICY_CLUSTER,
	TRAFFIC_POLICY_LOCAL,
	_TRAFFIC_POLICY_MAX,
};

/**
 * struct service_port - One entry of spec.ports
 * @name:	never NULL, "" if unnamed
 * @protocol:	enum protocol
 * @port:	1..65535
 * @node_port:	0 = none, else 1..65535
 */
struct service_port {
	const char *name;
	uint8_t protocol;
	uint16_t port;
	uint16_t node_port;
};

/**
 * struct service_ingress - One entry of status.loadBalancer.ingress that has an IP
 * @vip:	ipMode is VIP or unset; other modes are not programmed (tests/COVERAGE.md P5)
 */
struct service_ingress {
	struct addr addr;
	bool vip;
};

/**
 * struct service - One Service
 * @creation_time_s:	metadata.creationTimestamp, seconds since 1970; 0 = unknown
 * @has_service_proxy_name: label service.kubernetes.io/service-proxy-name is present, any value:
 *			another proxy serves it (tests/COVERAGE.md S1)
 * @cluster_ip:		per family, if @has_cluster_ip. ipFamilies has been applied
 *			(tests/COVERAGE.md S5 to S7)
 * @headless:		clusterIP is "None"
 * @external_ips:	spec.externalIPs, unparsable ones left out (tests/COVERAGE.md S14)
 * @source_ranges:	likewise spec.loadBalancerSourceRanges
 * @n_unread_ranges:	how many entries of it were left out; blank ones do not count
 * @affinity_timeout_s:	0 = sessionAffinity None, else ClientIP with this timeout
 * @health_check_node_port: 0 = none
 */
struct service {
	const char *namespace;
	const char *name;
	const char *uid;
	int64_t creation_time_s;
	uint8_t type;			 /* enum service_type */
	uint8_t internal_traffic_policy; /* enum traffic_policy */
	uint8_t external_traffic_policy; /* enum traffic_policy */
	bool has_service_proxy_name;
	bool headless;
	bool has_cluster_ip[_FAMILY_MAX];
	struct addr cluster_ip[_FAMILY_MAX];
	uint32_t affinity_timeout_s;
	uint16_t health_check_node_port;
	uint32_t n_ports;
	struct service_port *ports;
	uint32_t n_external_ips;
	struct addr *external_ips;
	uint32_t n_ingress;
	struct service_ingress *ingress;
	uint32_t n_source_ranges;
	struct cidr *source_ranges;
	uint32_t n_unread_ranges;
};

/** service_new_copy() - Deep copy in one allocation; never NULL. */
struct service *service_new_copy(const struct service *service) __attribute__((warn_unused_result));
/** service_free() - NULL is fine; returns NULL. */
struct service *service_free(struct service *service);
DEFINE_FREEP(struct service, service_free);
/** service_members() - Its list of members. */
const struct members *service_members(void);
/** service_equal() - All fields equal. */
bool service_equal(const struct service *a, const struct service *b);

/** service_type_name() - "ClusterIP", ...; the API's words. */
const char *service_type_name(enum service_type type);
/** service_type_parse() - Inverse; "" is ClusterIP; -EINVAL if unknown. */
int service_type_parse(const char *text);
const char *service_traffic_policy_name(enum traffic_policy policy);
/** service_traffic_policy_parse() - "" is Cluster; -EINVAL if unknown. */
int service_traffic_policy_parse(const char *text);
/** service_protocol_parse() - "TCP", "UDP", "SCTP" to enum protocol; "" is TCP; -EINVAL if unknown. */
int service_protocol_parse(const char *text);

#endif
