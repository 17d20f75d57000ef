/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of Services, EndpointSlices, Nodes and ServiceCIDRs: values, errors and warnings. */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/field.h"
#include "decode/json.h"
#include "decode/rfc3339.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

/* The texts have ' in place of ". */
static int decode(const char *text, struct object *object, struct err *err)
{
	struct buf json = BUF_INIT;
	size_t i;
	int r;

	buf_add(&json, text, strlen(text));
	for (i = 0; i < json.size; i++) {
		if (json.data[i] == '\'')
			json.data[i] = '"';
	}
	err->text[0] = '\0';
	r = json_decode_object(json.data, json.size, NULL, object, err);
	buf_done(&json);
	return r;
}

static void refused_with(const char *text, int code, const char *message)
{
	struct object object;
	struct err err;

	assert_int_equal(decode(text, &object, &err), code);
	assert_string_equal(err.text, message);
	assert_string_equal(object.name, "web");
	object_done(&object);
}

static struct object accepted(const char *text)
{
	struct object object;
	struct err err;
	int r;

	r = decode(text, &object, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(r, 0);
	return object;
}

/* The warnings about an object that is accepted, one line each. */
static void warned(const char *text, const char *expect)
{
	struct object object = accepted(text);
	struct buf lines = BUF_INIT;
	size_t i;

	for (i = 0; object.warnings && i < object.warnings->n && i < WARNINGS_MAX; i++)
		buf_printf(&lines, "%s\n", object.warnings->texts[i]);
	assert_string_equal(buf_text(&lines), expect);
	buf_done(&lines);
	object_done(&object);
}

#define SERVICE(spec) "{'kind':'Service','metadata':{'name':'web'},'spec':{" spec "}}"
#define PORTS	      "'ports':[{'port':80}]"

static void service_refused(const char *text, const char *message)
{
	refused_with(text, -EINVAL, message);
}

static void service_defaults(void **state)
{
	struct object object = accepted(SERVICE(PORTS));
	const struct service *s = object.service;

	(void)state;
	assert_string_equal(s->uid, "");
	assert_int_equal(s->creation_time_s, 0);
	assert_int_equal(s->type, SERVICE_TYPE_CLUSTER_IP);
	assert_int_equal(s->internal_traffic_policy, TRAFFIC_POLICY_CLUSTER);
	assert_int_equal(s->external_traffic_policy, TRAFFIC_POLICY_CLUSTER);
	assert_false(s->has_service_proxy_name || s->headless || s->has_cluster_ip[0] ||
		     s->has_cluster_ip[1]);
	assert_int_equal(s->affinity_timeout_s, 0);
	assert_int_equal(s->n_ports, 1);
	assert_string_equal(s->ports[0].name, "");
	assert_int_equal(s->ports[0].protocol, PROTOCOL_TCP);
	assert_int_equal(s->ports[0].node_port, 0);
	object_done(&object);
}

static void service_ports(void **state)
{
	struct object object =
		accepted(SERVICE("'ports':[{'name':'a','protocol':'UDP','port':65535,'nodePort':30000},"
				 "{'name':'b','protocol':'SCTP','port':1},{'name':'a','port':65535}]"));

	(void)state;
	assert_int_equal(object.service->n_ports, 3);
	assert_int_equal(object.service->ports[0].port, 65535);
	assert_int_equal(object.service->ports[0].node_port, 30000);
	assert_int_equal(object.service->ports[0].protocol, PROTOCOL_UDP);
	assert_int_equal(object.service->ports[1].protocol, PROTOCOL_SCTP);
	object_done(&object);

	service_refused(SERVICE(""), "spec.ports: a Service needs at least one port");
	service_refused(SERVICE("'ports':[]"), "spec.ports: a Service needs at least one port");
	service_refused(SERVICE("'ports':{}"), "spec.ports: expected a list");
	service_refused(SERVICE("'ports':[7]"), "spec.ports[0]: expected an object");
	service_refused(SERVICE("'ports':[{'port':80},{'name':'b','port':70000}]"),
			"spec.ports[1].port: 70000 is not in 1..65535");
	service_refused(SERVICE("'ports':[{'port':0}]"), "spec.ports[0].port: 0 is not in 1..65535");
	service_refused(SERVICE("'ports':[{'port':-1}]"), "spec.ports[0].port: -1 is not in 1..65535");
	service_refused(SERVICE("'ports':[{'name':'a'}]"), "spec.ports[0].port: missing");
	service_refused(SERVICE("'ports':[{'port':'80'}]"), "spec.ports[0].port: expected a whole number");
	service_refused(SERVICE("'ports':[{'port':80,'nodePort':65536}]"),
			"spec.ports[0].nodePort: 65536 is not in 0..65535");
	service_refused(SERVICE("'ports':[{'port':80,'protocol':'ICMP'}]"),
			"spec.ports: none has a protocol that is known");
	service_refused(SERVICE("'ports':[{'port':80,'protocol':7}]"),
			"spec.ports[0].protocol: expected a string");
	service_refused(SERVICE("'ports':[{'name':'a','port':80},{'name':'a','port':81}]"),
			"spec.ports[1].name: \"a\" names another tcp port already");
	service_refused(SERVICE("'ports':[{'name':'a','port':80},{'name':'b','port':80}]"),
			"spec.ports[1].port: 80 is there twice for tcp");
	service_refused(
		SERVICE("'ports':[{'port':1,'protocol':'tcp'},{'name':'a','port':80},{'name':'a','port':81}]"),
		"spec.ports[2].name: \"a\" names another tcp port already");
	service_refused(SERVICE("'ports':[{'name':'a\\u0007b','port':80}]"),
			"spec.ports[0].name: \"a?b\" has a character that is not printable ASCII");
}

static void service_without_ports(void **state)
{
	struct object object;

	(void)state;
	object = accepted(SERVICE("'clusterIP':'None'"));
	assert_true(object.service->headless);
	object_done(&object);
	object = accepted(SERVICE("'clusterIPs':['None'],'ipFamilies':['IPv4']"));
	assert_true(object.service->headless);
	assert_false(object.service->has_cluster_ip[FAMILY_IPV4]);
	object_done(&object);
	object = accepted(SERVICE("'type':'ExternalName','externalName':'example.com'"));
	assert_int_equal(object.service->type, SERVICE_TYPE_EXTERNAL_NAME);
	object_done(&object);
}

static void cluster_ips_are(const char *text, const char *v4, const char *v6)
{
	struct object object = accepted(text);
	const struct service *s = object.service;
	char shown[ADDR_TEXT_SIZE];

	assert_int_equal(s->has_cluster_ip[FAMILY_IPV4], v4 != NULL);
	assert_int_equal(s->has_cluster_ip[FAMILY_IPV6], v6 != NULL);
	if (v4)
		assert_string_equal(addr_print(&s->cluster_ip[FAMILY_IPV4], shown), v4);
	if (v6)
		assert_string_equal(addr_print(&s->cluster_ip[FAMILY_IPV6], shown), v6);
	object_done(&object);
}

static void service_cluster_ips(void **state)
{
	(void)state;
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':''"), NULL, NULL);
	/* S7 */
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'10.0.0.1'"), "10.0.0.1", NULL);
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'fd00::1'"), NULL, "fd00::1");
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','fd00::1']"),
			"10.0.0.1", NULL);
	/* S6 */
	cluster_ips_are(
		SERVICE(PORTS
			",'clusterIP':'fd00::1','clusterIPs':['fd00::1','10.0.0.1'],'ipFamilies':['IPv6','IPv4']"),
		"10.0.0.1", "fd00::1");
	cluster_ips_are(
		SERVICE(PORTS ",'clusterIP':'fd00::1','clusterIPs':['fd00::1'],'ipFamilies':['IPv6','IPv4']"),
		NULL, "fd00::1");
	cluster_ips_are(
		SERVICE(PORTS
			",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','fd00::1'],'ipFamilies':['IPv4']"),
		"10.0.0.1", NULL);
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'10.0.0.1','ipFamilies':['IPv4']"), "10.0.0.1", NULL);
	/* S13 */
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'10.96.0.041'"), "10.96.0.41", NULL);
	cluster_ips_are(SERVICE(PORTS ",'clusterIP':'FD00:0:0:0::0001'"), NULL, "fd00::1");

	service_refused(SERVICE(PORTS ",'clusterIP':'10.0.0'"),
			"spec.clusterIP: \"10.0.0\" is not an IP address");
	service_refused(SERVICE(PORTS ",'clusterIP':7"), "spec.clusterIP: expected a string");
	service_refused(SERVICE(PORTS ",'clusterIPs':['10.0.0.1'],'ipFamilies':['IPv6']"),
			"spec.clusterIPs[0]: 10.0.0.1 is not IPv6");
	/* S17 */
	cluster_ips_are(SERVICE(PORTS ",'clusterIPs':['10.0.0.1'],'ipFamilies':['IPv5']"), NULL, NULL);
	cluster_ips_are(SERVICE(PORTS ",'clusterIPs':['10.0.0.1','fd00::1'],'ipFamilies':['IPv5','IPv6']"),
			NULL, "fd00::1");
	refused_with(SERVICE(PORTS ",'ipFamilies':['IPv4','IPv6','IPv4']"), -E2BIG,
		     "spec.ipFamilies: 3 entries, at most 2 are accepted");
}

static void service_words(void **state)
{
	struct object object =
		accepted(SERVICE(PORTS ",'type':'LoadBalancer','internalTrafficPolicy':'Local',"
				       "'externalTrafficPolicy':'Local','healthCheckNodePort':31000"));

	(void)state;
	assert_int_equal(object.service->type, SERVICE_TYPE_LOAD_BALANCER);
	assert_int_equal(object.service->internal_traffic_policy, TRAFFIC_POLICY_LOCAL);
	assert_int_equal(object.service->external_traffic_policy, TRAFFIC_POLICY_LOCAL);
	assert_int_equal(object.service->health_check_node_port, 31000);
	object_done(&object);
	service_refused(SERVICE(PORTS ",'externalTrafficPolicy':1"),
			"spec.externalTrafficPolicy: expected a string");
	service_refused(SERVICE(PORTS ",'healthCheckNodePort':65536"),
			"spec.healthCheckNodePort: 65536 is not in 0..65535");
	service_refused("{'kind':'Service','metadata':{'name':'web'},'spec':[]}", "spec: expected an object");
}

/* S17: as kube-proxy reads them, with a warning. */
static void service_unknown_words(void **state)
{
	struct object object = accepted(
		SERVICE(PORTS ",'type':'Foo','internalTrafficPolicy':'local','externalTrafficPolicy':"
			      "'Local','externalIPs':['192.0.2.1']"));

	(void)state;
	assert_int_equal(object.service->type, SERVICE_TYPE_CLUSTER_IP);
	assert_int_equal(object.service->internal_traffic_policy, TRAFFIC_POLICY_CLUSTER);
	assert_int_equal(object.service->external_traffic_policy, TRAFFIC_POLICY_CLUSTER);
	object_done(&object);
	object = accepted(
		SERVICE("'ports':[{'name':'x','protocol':'DCCP','port':80},{'name':'a','port':81}]"));
	assert_int_equal(object.service->n_ports, 1);
	assert_string_equal(object.service->ports[0].name, "a");
	object_done(&object);
	warned(SERVICE(PORTS ",'type':'Foo','internalTrafficPolicy':'local','externalTrafficPolicy':'Any'"),
	       "spec.internalTrafficPolicy: \"local\" is not one of Cluster, Local; it is read as Cluster\n"
	       "spec.externalTrafficPolicy: \"Any\" is not one of Cluster, Local; it is read as Cluster\n"
	       "spec.type: \"Foo\" is not one of ClusterIP, NodePort, LoadBalancer, ExternalName; it is read as "
	       "ClusterIP\n");
	warned(SERVICE(PORTS ",'sessionAffinity':'Cookie'"),
	       "spec.sessionAffinity: \"Cookie\" is not one of None, ClientIP; it is read as None\n");
	warned(SERVICE(PORTS ",'clusterIPs':['10.0.0.1'],'ipFamilies':['IPv5']"),
	       "spec.ipFamilies[0]: \"IPv5\" is not one of IPv4, IPv6; this clusterIP is left out\n");
	warned(SERVICE("'ports':[{'name':'x','protocol':'DCCP','port':80},{'name':'a','port':81}]"),
	       "spec.ports[0].protocol: \"DCCP\" is not one of TCP, UDP, SCTP; the port is left out\n");
	warned("{'kind':'EndpointSlice','metadata':{'name':'web'},'addressType':'IPv4','ports':["
	       "{'name':'x','protocol':'GRE','port':80},{'name':'a','port':81}]}",
	       "ports[0].protocol: \"GRE\" is not one of TCP, UDP, SCTP; the port is left out\n");
	object = accepted("{'kind':'EndpointSlice','metadata':{'name':'web'},'addressType':'IPv4','ports':["
			  "{'name':'x','protocol':'GRE','port':80},{'name':'a','port':81}]}");
	assert_int_equal(object.slice->n_ports, 1);
	assert_string_equal(object.slice->ports[0].name, "a");
	object_done(&object);
	/* Of a wrong type they are errors. */
	service_refused(SERVICE(PORTS ",'type':7"), "spec.type: expected a string");
	service_refused(SERVICE(PORTS ",'sessionAffinity':true"), "spec.sessionAffinity: expected a string");
}

static uint32_t affinity_of(const char *text)
{
	struct object object = accepted(text);
	uint32_t timeout_s = object.service->affinity_timeout_s;

	object_done(&object);
	return timeout_s;
}

static void service_affinity(void **state)
{
	(void)state;
	assert_int_equal(affinity_of(SERVICE(PORTS ",'sessionAffinity':'None'")), 0);
	assert_int_equal(affinity_of(SERVICE(PORTS ",'sessionAffinity':'ClientIP'")), 10800);
	assert_int_equal(affinity_of(SERVICE(PORTS ",'sessionAffinity':'ClientIP','sessionAffinityConfig':"
						   "{'clientIP':{'timeoutSeconds':86400}}")),
			 86400);
	/* Ignored without session affinity. */
	assert_int_equal(
		affinity_of(SERVICE(PORTS ",'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':60}}")), 0);
	assert_int_equal(affinity_of(SERVICE(PORTS ",'sessionAffinity':'Cookie'")), 0);
	service_refused(SERVICE(PORTS ",'sessionAffinity':'ClientIP','sessionAffinityConfig':"
				      "{'clientIP':{'timeoutSeconds':86401}}"),
			"spec.sessionAffinityConfig.clientIP.timeoutSeconds: 86401 is not in 1..86400");
	service_refused(SERVICE(PORTS ",'sessionAffinity':'ClientIP','sessionAffinityConfig':"
				      "{'clientIP':{'timeoutSeconds':0}}"),
			"spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not in 1..86400");
}

static void service_addresses(void **state)
{
	struct object object = accepted(
		"{'kind':'Service','metadata':{'name':'web'},'spec':{" PORTS
		",'externalIPs':['192.0.2.1','nonsense','','fd00::2'],"
		"'loadBalancerSourceRanges':[' 10.0.0.0/8 ','x','','fd00::/64','10.1.2.3/16']},"
		"'status':{'loadBalancer':{'ingress':[{'ip':'192.0.2.10'},{'ip':'192.0.2.11','ipMode':'VIP'},"
		"{'ip':'192.0.2.12','ipMode':'Proxy'},{'hostname':'lb.example.com'},{'ip':'bad'}]}}}");
	const struct service *s = object.service;
	char shown[CIDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(s->n_external_ips, 2);
	assert_string_equal(addr_print(&s->external_ips[1], shown), "fd00::2");
	assert_int_equal(s->n_source_ranges, 3);
	assert_string_equal(cidr_print(&s->source_ranges[0], shown), "10.0.0.0/8");
	assert_string_equal(cidr_print(&s->source_ranges[1], shown), "fd00::/64");
	assert_string_equal(cidr_print(&s->source_ranges[2], shown), "10.1.0.0/16");
	assert_int_equal(s->n_ingress, 3);
	assert_true(s->ingress[0].vip);
	assert_true(s->ingress[1].vip);
	assert_false(s->ingress[2].vip);
	object_done(&object);
	service_refused(SERVICE(PORTS ",'externalIPs':[1]"), "spec.externalIPs[0]: expected a string");
	service_refused("{'kind':'Service','metadata':{'name':'web'},'spec':{" PORTS "},"
			"'status':{'loadBalancer':{'ingress':[1]}}}",
			"status.loadBalancer.ingress[0]: expected an object");
}

static void service_metadata(void **state)
{
	struct object object = accepted(
		"{'kind':'Service','metadata':{'name':'web','uid':'u-1','creationTimestamp':'2026-11-23T23:09:31Z',"
		"'labels':{'service.kubernetes.io/service-proxy-name':''}},'spec':{" PORTS "}}");

	(void)state;
	assert_string_equal(object.service->uid, "u-1");
	assert_int_equal(object.service->creation_time_s, 1795475371);
	assert_true(object.service->has_service_proxy_name);
	object_done(&object);
	service_refused("{'kind':'Service','metadata':{'name':'web','creationTimestamp':'yesterday'}}",
			"metadata.creationTimestamp: \"yesterday\" is not a time");
	service_refused("{'kind':'Service','metadata':{'name':'web','labels':[]}}",
			"metadata.labels: expected an object");
}

#define SLICE(rest) "{'kind':'EndpointSlice','metadata':{'name':'web'}," rest "}"
#define IPV4	    "'addressType':'IPv4'"

static void slice_refused(const char *text, const char *message)
{
	refused_with(text, -EINVAL, message);
}

/* tests/COVERAGE.md H24: an error in it costs only the value of a metric, not the slice. */
static void slice_trigger_time(void **state)
{
	static const struct {
		const char *annotations;
		int64_t trigger_us;
	} cases[] = {
		{ "{'endpoints.kubernetes.io/last-change-trigger-time':'2026-01-01T00:00:00.123456789Z'}",
		  1767225600123456 },
		{ "{'endpoints.kubernetes.io/last-change-trigger-time':'2026-01-01T01:00:00+01:00'}",
		  1767225600000000 },
		{ "{'endpoints.kubernetes.io/last-change-trigger-time':'now'}", 0 },
		{ "{'endpoints.kubernetes.io/last-change-trigger-time':7}", 0 },
		{ "{}", 0 },
		{ "7", 0 },
		{ "null", 0 },
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct object object;

		(void)snprintf(text, sizeof(text),
			       "{'kind':'EndpointSlice','metadata':{'name':'web','annotations':%s}," IPV4 "}",
			       cases[i].annotations);
		object = accepted(text);
		assert_int_equal(object.slice->trigger_us, cases[i].trigger_us);
		object_done(&object);
	}
}

static void slice_fields(void **state)
{
	struct object object = accepted(
		"{'kind':'EndpointSlice','metadata':{'name':'web','uid':'u','labels':{'kubernetes.io/service-name':'svc'}}," IPV4
		",'ports':[{'name':'','port':80},{'name':'b','port':81,'protocol':'UDP'},{'port':82},{'name':null,'port':82},"
		"{'name':'c'},{'name':'d','port':0},{'name':'e','port':null}],"
		"'endpoints':[{'addresses':['10.0.0.041','10.0.0.2'],'nodeName':'n1',"
		"'hints':{'forZones':[{'name':'a'},{'name':'b'}],'forNodes':[{'name':'n1'}]}},"
		"{'addresses':[]},{'addresses':null},{'addresses':['10.0.0.3'],"
		"'conditions':{'ready':false,'serving':false,'terminating':true}},"
		"{'addresses':['10.0.0.4'],'conditions':{'ready':false}}]}");
	const struct slice *s = object.slice;
	char shown[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(s->uid, "u");
	assert_string_equal(s->service_name, "svc");
	assert_int_equal(s->trigger_us, 0);
	assert_int_equal(s->family, FAMILY_IPV4);
	assert_int_equal(s->n_ports, 4);
	assert_string_equal(s->ports[0].name, "");
	assert_int_equal(s->ports[0].protocol, PROTOCOL_TCP);
	assert_int_equal(s->ports[1].protocol, PROTOCOL_UDP);
	/* As the API server fills it in. */
	assert_string_equal(s->ports[2].name, "");
	assert_int_equal(s->ports[2].port, 82);
	assert_string_equal(s->ports[3].name, "");
	assert_int_equal(object.warnings->n, 3);
	assert_string_equal(object.warnings->texts[0], "ports[4].port: missing: a port needs its number");
	assert_string_equal(object.warnings->texts[1], "ports[5].port: 0: a port needs its number");
	assert_int_equal(s->n_endpoints, 3);
	assert_string_equal(addr_print(&s->endpoints[0].addr, shown), "10.0.0.41");
	assert_string_equal(s->endpoints[0].node_name, "n1");
	assert_int_equal(s->endpoints[0].n_for_zones, 2);
	assert_string_equal(s->endpoints[0].for_zones[1], "b");
	assert_string_equal(s->endpoints[0].for_nodes[0], "n1");
	assert_true(s->endpoints[0].ready && s->endpoints[0].serving && !s->endpoints[0].terminating);
	assert_null(s->endpoints[1].node_name);
	assert_true(!s->endpoints[1].ready && !s->endpoints[1].serving && s->endpoints[1].terminating);
	/* Serving is not copied from ready (L6). */
	assert_true(!s->endpoints[2].ready && s->endpoints[2].serving && !s->endpoints[2].terminating);
	object_done(&object);
}

static void slice_refusals(void **state)
{
	(void)state;
	slice_refused(SLICE("'ports':[]"), "addressType: missing");
	slice_refused(SLICE("'addressType':'IPv5'"), "addressType: \"IPv5\" is not one of IPv4, IPv6, FQDN");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':['10.0.0.1']},{'addresses':['fd00::1']}]"),
		      "endpoints[1].addresses[0]: fd00::1 is not IPv4");
	slice_refused(SLICE("'addressType':'IPv6','endpoints':[{'addresses':['10.0.0.1']}]"),
		      "endpoints[0].addresses[0]: 10.0.0.1 is not IPv6");
	slice_refused(SLICE("'addressType':'IPv6','endpoints':[{'addresses':['::ffff:10.0.0.1']}]"),
		      "endpoints[0].addresses[0]: ::ffff:10.0.0.1 is not IPv6");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':['10.0.0.256']}]"),
		      "endpoints[0].addresses[0]: \"10.0.0.256\" is not an IP address");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':'10.0.0.1'}]"),
		      "endpoints[0].addresses: expected a list");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':['10.0.0.1'],'conditions':{'ready':'yes'}}]"),
		      "endpoints[0].conditions.ready: expected true or false");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':['10.0.0.1'],'hints':{'forZones':['a']}}]"),
		      "endpoints[0].hints.forZones[0]: expected an object");
	slice_refused(SLICE(IPV4 ",'endpoints':[{'addresses':['10.0.0.1'],'nodeName':1}]"),
		      "endpoints[0].nodeName: expected a string");
	slice_refused(SLICE(IPV4 ",'ports':[{'name':'a','port':70000}]"),
		      "ports[0].port: 70000 is not in 0..65535");
	slice_refused(
		"{'kind':'EndpointSlice','metadata':{'name':'web','labels':{'kubernetes.io/service-name':7}}}",
		"metadata.labels[kubernetes.io/service-name]: expected a string");
}

/* @n times @element in the list @key of a slice. */
static void many(struct buf *text, const char *key, const char *element, size_t n)
{
	size_t i;

	buf_reset(text);
	buf_printf(text, "{'kind':'EndpointSlice','metadata':{'name':'web'}," IPV4 ",'%s':[", key);
	for (i = 0; i < n; i++)
		buf_printf(text, "%s%s", i ? "," : "", element);
	buf_printf(text, "]}");
}

static void slice_limits(void **state)
{
	static const char endpoint[] = "{'addresses':['10.0.0.1']}";
	struct buf text = BUF_INIT;
	struct object object;
	size_t i;

	(void)state;
	many(&text, "endpoints", endpoint, OBJECT_SLICE_ENDPOINTS_MAX);
	object = accepted(buf_text(&text));
	assert_int_equal(object.slice->n_endpoints, OBJECT_SLICE_ENDPOINTS_MAX);
	object_done(&object);
	many(&text, "endpoints", endpoint, OBJECT_SLICE_ENDPOINTS_MAX + 1);
	refused_with(buf_text(&text), -E2BIG, "endpoints: 4001 entries, at most 4000 are accepted");
	many(&text, "ports", "{'name':'a','port':1}", OBJECT_SLICE_PORTS_MAX + 1);
	refused_with(buf_text(&text), -E2BIG, "ports: 24001 entries, at most 24000 are accepted");
	buf_reset(&text);
	buf_printf(&text, "{'kind':'EndpointSlice','metadata':{'name':'web'}," IPV4 ",'endpoints':["
			  "{'addresses':['10.0.0.1'],'hints':{'forNodes':[");
	for (i = 0; i <= OBJECT_HINTS_MAX; i++)
		buf_printf(&text, "%s{'name':'n'}", i ? "," : "");
	buf_printf(&text, "]}}]}");
	refused_with(buf_text(&text), -E2BIG,
		     "endpoints[0].hints.forNodes: 65 entries, at most 64 are accepted");
	buf_done(&text);
}

/* A Service with @n times @element in a list that begins with @start; @end closes it. */
static void many_in_service(struct buf *text, const char *start, const char *element, size_t n,
			    const char *end)
{
	size_t i;

	buf_reset(text);
	buf_printf(text, "{'kind':'Service','metadata':{'name':'web'},'spec':{" PORTS "%s", start);
	for (i = 0; i < n; i++)
		buf_printf(text, "%s%s", i ? "," : "", element);
	buf_printf(text, "%s", end);
}

static void service_limits(void **state)
{
	static const struct {
		const char *field, *start, *element, *end;
		size_t max;
	} lists[] = {
		{ "spec.externalIPs", ",'externalIPs':[", "'192.0.2.1'", "]}}", 2500 },
		{ "spec.loadBalancerSourceRanges", ",'loadBalancerSourceRanges':[", "'192.0.2.0/24'", "]}}",
		  4000 },
		{ "status.loadBalancer.ingress", "},'status':{'loadBalancer':{'ingress':[",
		  "{'ip':'192.0.2.1'}", "]}}}", 2500 },
	};
	char expect[128];
	struct buf text = BUF_INIT;
	struct object object;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		many_in_service(&text, lists[i].start, lists[i].element, lists[i].max, lists[i].end);
		object = accepted(buf_text(&text));
		assert_int_equal(object.service->n_external_ips + object.service->n_source_ranges +
					 object.service->n_ingress,
				 lists[i].max);
		object_done(&object);
		many_in_service(&text, lists[i].start, lists[i].element, lists[i].max + 1, lists[i].end);
		(void)snprintf(expect, sizeof(expect), "%s: %zu entries, at most %zu are accepted",
			       lists[i].field, lists[i].max + 1, lists[i].max);
		refused_with(buf_text(&text), -E2BIG, expect);
	}
	buf_done(&text);
}

static void node_fields(void **state)
{
	struct object object = accepted(
		"{'kind':'Node','metadata':{'name':'web','uid':'u','labels':{'topology.kubernetes.io/zone':'z1'}},"
		"'spec':{'podCIDR':'10.9.0.0/16','podCIDRs':['10.1.0.0/24','bad','fd00:1::/64']},"
		"'status':{'addresses':[{'type':'ExternalIP','address':'203.0.113.1'},{'type':'Hostname','address':'10.9.9.9'},"
		"{'type':'InternalIP','address':'192.0.2.1'},{'type':'InternalIP','address':'x'},"
		"{'type':'InternalIP','address':'fd00::1'}]}}");
	const struct node *n = object.node;
	char shown[CIDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(n->name, "web");
	assert_string_equal(n->zone, "z1");
	assert_int_equal(n->n_addresses, 3);
	assert_string_equal(addr_print(&n->addresses[0], shown), "192.0.2.1");
	assert_string_equal(addr_print(&n->addresses[1], shown), "fd00::1");
	assert_string_equal(addr_print(&n->addresses[2], shown), "203.0.113.1");
	assert_int_equal(n->n_pod_cidrs, 2);
	assert_string_equal(cidr_print(&n->pod_cidrs[1], shown), "fd00:1::/64");
	object_done(&object);
	object = accepted("{'kind':'Node','metadata':{'name':'web'},'spec':{'podCIDR':'10.9.0.0/16'}}");
	assert_string_equal(object.node->zone, "");
	assert_int_equal(object.node->n_addresses, 0);
	assert_int_equal(object.node->n_pod_cidrs, 1);
	assert_false(object.node->being_deleted);
	assert_false(object.node->to_be_deleted);
	object_done(&object);
	/* H7: any value and effect. */
	object = accepted("{'kind':'Node','metadata':{'name':'web'},'spec':{'taints':[{'key':'other'},"
			  "{'key':'ToBeDeletedByClusterAutoscaler','value':'1','effect':'NoSchedule'}]}}");
	assert_false(object.node->being_deleted);
	assert_true(object.node->to_be_deleted);
	object_done(&object);
	object = accepted(
		"{'kind':'Node','metadata':{'name':'web','deletionTimestamp':'2026-01-01T00:00:00Z'}}");
	assert_true(object.node->being_deleted);
	assert_false(object.node->to_be_deleted);
	object_done(&object);
	refused_with("{'kind':'Node','metadata':{'name':'web'},'spec':{'taints':[{'key':1}]}}", -EINVAL,
		     "spec.taints[0].key: expected a string");
	refused_with("{'kind':'Node','metadata':{'name':'web'},'status':{'addresses':[{'type':1}]}}", -EINVAL,
		     "status.addresses[0].type: expected a string");
	refused_with("{'kind':'Node','metadata':{'name':'web'},'spec':{'podCIDRs':[1]}}", -EINVAL,
		     "spec.podCIDRs[0]: expected a string");
}

#define SERVICE_CIDR "'kind':'ServiceCIDR','apiVersion':'networking.k8s.io/v1','metadata':{'name':'web'}"

static void service_cidr_fields(void **state)
{
	struct object object = accepted(
		"{'kind':'ServiceCIDR','apiVersion':'networking.k8s.io/v1','metadata':{'name':'web','uid':'u'},"
		"'spec':{'cidrs':['10.96.0.0/16','bad','fd00:96::/112']},"
		"'status':{'conditions':[{'type':'Ready','status':'False'}]}}");
	char shown[CIDR_TEXT_SIZE];
	struct buf text = BUF_INIT;
	struct err err;
	int i;

	(void)state;
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE_CIDR);
	assert_string_equal(object.namespace, "");
	assert_string_equal(object.service_cidr->name, "web");
	assert_string_equal(object.service_cidr->uid, "u");
	assert_int_equal(object.service_cidr->n_cidrs, 2);
	assert_string_equal(cidr_print(&object.service_cidr->cidrs[0], shown), "10.96.0.0/16");
	assert_string_equal(cidr_print(&object.service_cidr->cidrs[1], shown), "fd00:96::/112");
	object_done(&object);
	object = accepted("{" SERVICE_CIDR "}");
	assert_int_equal(object.service_cidr->n_cidrs, 0);
	object_done(&object);
	refused_with("{" SERVICE_CIDR ",'spec':{'cidrs':[1]}}", -EINVAL, "spec.cidrs[0]: expected a string");
	refused_with("{" SERVICE_CIDR ",'spec':[]}", -EINVAL, "spec: expected an object");
	buf_printf(&text, "{" SERVICE_CIDR ",'spec':{'cidrs':['10.0.0.0/8'");
	for (i = 0; i < OBJECT_SERVICE_CIDRS_MAX; i++)
		buf_printf(&text, ",'10.0.0.0/8'");
	buf_printf(&text, "]}}");
	refused_with(buf_text(&text), -E2BIG, "spec.cidrs: 65 entries, at most 64 are accepted");
	buf_done(&text);
	/* In another version the fields may have another meaning. */
	assert_int_equal(decode("{'kind':'ServiceCIDR','apiVersion':'networking.k8s.io/v1beta1',"
				"'metadata':{'name':'web'}}",
				&object, &err),
			 -EINVAL);
	object_done(&object);
}

#define STATUS(ingress)                                              \
	"{'kind':'Service','metadata':{'name':'web'},'spec':{" PORTS \
	"},'status':{'loadBalancer':{'ingress':[" ingress "]}}}"

/* The rest of the object is used, with a warning. */
static void warnings(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	warned(SERVICE(PORTS ",'externalIPs':['192.0.2.1','010.0.0.1','',' ']"), "");
	warned(SERVICE(PORTS ",'externalIPs':['foo','192.0.2.1','1.2.3.400']"),
	       "spec.externalIPs[0]: \"foo\" is not an IP address\n"
	       "spec.externalIPs[2]: \"1.2.3.400\" is not an IP address\n");
	warned(SERVICE(PORTS ",'loadBalancerSourceRanges':[' 10.0.0.0/8 ','','10.0.0.0/33']"),
	       "spec.loadBalancerSourceRanges[2]: \"10.0.0.0/33\" is not a prefix\n");
	warned(SERVICE(PORTS ",'loadBalancerSourceRanges':['10.0.0.0/33','foo']"),
	       "spec.loadBalancerSourceRanges[0]: \"10.0.0.0/33\" is not a prefix\n"
	       "spec.loadBalancerSourceRanges[1]: \"foo\" is not a prefix\n"
	       "spec.loadBalancerSourceRanges: no entry can be used: every source is let in\n");
	warned(STATUS("{'ip':'192.0.2.1','ipMode':'Proxy'},{'hostname':'a','ipMode':'x'},{'ip':''}"), "");
	warned(STATUS("{'ip':'bogus'},{'ip':'192.0.2.1','ipMode':'proxy'},{'ip':'192.0.2.2','ipMode':''}"),
	       "status.loadBalancer.ingress[0].ip: \"bogus\" is not an IP address\n"
	       "status.loadBalancer.ingress[1].ipMode: \"proxy\" is neither VIP nor Proxy; it is read as Proxy\n"
	       "status.loadBalancer.ingress[2].ipMode: \"\" is neither VIP nor Proxy; it is read as Proxy\n");
	warned(SERVICE(PORTS ",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.01']"), "");
	warned(SERVICE(PORTS ",'clusterIPs':['10.0.0.1']"), "");
	warned(SERVICE(PORTS ",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.2']"),
	       "spec.clusterIPs[0]: \"10.0.0.2\" is not spec.clusterIP, \"10.0.0.1\"; that one counts\n");
	warned(SERVICE(PORTS ",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.2'],'ipFamilies':['IPv4']"),
	       "spec.clusterIPs[0]: \"10.0.0.2\" is not spec.clusterIP, \"10.0.0.1\"; this one counts\n");
	warned(SERVICE(PORTS ",'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','fd00::1']"),
	       "spec.clusterIPs[1]: \"fd00::1\" is left out: spec.ipFamilies does not have its family\n");
	warned("{'kind':'Node','metadata':{'name':'web'},'spec':{'podCIDRs':['x','10.0.0.0/24']},"
	       "'status':{'addresses':[{'type':'Hostname','address':'h'},{'type':'InternalIP','address':'y'}]}}",
	       "status.addresses[1].address: \"y\" is not an IP address\n"
	       "spec.podCIDRs[0]: \"x\" is not a prefix\n");
	warned("{" SERVICE_CIDR ",'spec':{'cidrs':['foo','10.0.0.0/8']}}",
	       "spec.cidrs[0]: \"foo\" is not a prefix\n");
	warned("{" SERVICE_CIDR ",'spec':{'cidrs':['0.0.0.0/0','10.0.0.0/8']}}",
	       "spec.cidrs[0]: 0.0.0.0/0: a prefix shorter than /8 is no range of ClusterIPs; it is left out\n");
	warned(SERVICE(PORTS ",'externalIPs':['127.0.0.1','192.0.2.1']"),
	       "spec.externalIPs[0]: 127.0.0.1 may not be in the loopback range (127.0.0.0/8); it is left out\n");
	warned(STATUS("{'ip':'::1'},{'ip':'192.0.2.1'}"),
	       "status.loadBalancer.ingress[0].ip: ::1 may not be the loopback address; it is left out\n");
	warned("{'kind':'EndpointSlice','metadata':{'name':'web'},'addressType':'IPv4','endpoints':["
	       "{'addresses':['0.0.0.0']},{'addresses':['10.0.0.1']}]}",
	       "endpoints[0].addresses[0]: 0.0.0.0 may not be unspecified; it is left out\n");
	/* Only the first texts are kept; all are counted. */
	object = accepted(SERVICE(PORTS ",'externalIPs':['a','b','c','d','e','f','g','h','i','j']"));
	assert_int_equal(object.warnings->n, 10);
	assert_non_null(object.warnings->texts[WARNINGS_MAX - 1]);
	object_done(&object);
	/* A warning, then an error. */
	assert_true(decode(SERVICE("'externalIPs':['a'],'ports':[1]"), &object, &err) < 0);
	object_done(&object);
}

/* What is not read may hold anything; what is read is judged by its own rule. */
static void strings_with_nul(void **state)
{
	struct object object;

	(void)state;
	object = accepted(
		"{'kind':'Node','metadata':{'name':'web','annotations':{'a\\u0000b':'x','a':'\\u0000'},"
		"'labels':{'topology.kubernetes.io/zone\\u0000':'y','topology.kubernetes.io/zone':'z'}},"
		"'spec':{'taints':[{'key':'\\u0000'},{'key':'ToBeDeletedByClusterAutoscaler'}]},"
		"'status':{'conditions':[{'message':'a\\u0000b'}],'addresses':[{'type':'Hostname','address':'\\u0000'},"
		"{'type':'\\u0000','address':'10.0.0.1'},{'type':'InternalIP','address':'10.0.0.2'}]}}");
	assert_string_equal(object.node->zone, "z");
	assert_true(object.node->to_be_deleted);
	assert_int_equal(object.node->n_addresses, 1);
	object_done(&object);
	/* Any value of this label counts. */
	object = accepted("{'kind':'Service','metadata':{'name':'web','labels':"
			  "{'service.kubernetes.io/service-proxy-name':'\\u0000'}},'spec':{" PORTS "}}");
	assert_true(object.service->has_service_proxy_name);
	object_done(&object);
	service_refused(
		"{'kind':'Node','metadata':{'name':'web','labels':{'topology.kubernetes.io/zone':'a\\u0000b'}}}",
		"metadata.labels[topology.kubernetes.io/zone]: a NUL within a string");
	service_refused("{'kind':'Node','metadata':{'name':'web'},'status':{'addresses':["
			"{'type':'InternalIP','address':'10.0.0.1\\u0000'}]}}",
			"status.addresses[0].address: a NUL within a string");
	service_refused(SERVICE("'ports':[{'name':'\\u0000','port':80}]"),
			"spec.ports[0].name: a NUL within a string");
}

/* Of several errors the first one is reported, and nothing after it is a warning. */
static void first_error(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	service_refused(SERVICE("'ports':[{'port':80},{'port':0,'protocol':5},5]"),
			"spec.ports[1].protocol: expected a string");
	service_refused("{'kind':'Service','metadata':{'name':'web','uid':1},'spec':5,'status':6}",
			"metadata.uid: expected a string");
	assert_int_equal(decode("{'kind':'Node','metadata':{'name':'web'},'spec':{'podCIDRs':['x']},"
				"'status':{'addresses':[{'type':'InternalIP','address':'y'},"
				"{'type':'InternalIP','address':5}]}}",
				&object, &err),
			 -EINVAL);
	assert_string_equal(err.text, "status.addresses[1].address: expected a string");
	assert_int_equal(object.warnings->n, 1);
	object_done(&object);
}

/* A lenient place, and all below it, has defaults instead of errors; they do not hide a later error. */
static void lenient(void **state)
{
	struct err err = { 0 };
	struct field_reading reading = { .err = &err };
	json_t *tree = json_loads("{\"a\":{\"n\":\"x\",\"s\":5,\"l\":{}},\"n\":70000}", 0, NULL);
	struct field root = field_root(tree, &reading), a = field_member(&root, "a"), member;

	(void)state;
	a = field_lenient(&a);
	member = field_member(&a, "n");
	assert_int_equal(field_number(&member, 1, 2, 7), 7);
	member = field_member(&a, "s");
	assert_string_equal(field_string(&member), "");
	assert_null(field_try_string(&member));
	member = field_member(&a, "l");
	assert_int_equal(field_array(&member, 9), 0);
	assert_false(field_failed(&root));
	member = field_member(&root, "n");
	assert_int_equal(field_number(&member, 1, 2, 0), 0);
	assert_true(field_failed(&root));
	assert_int_equal(reading.code, -EINVAL);
	assert_string_equal(err.text, "n: 70000 is not in 1..2");
	json_decref(tree);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "2000-03-01T00:00:00Z", 951868800 },
		{ "2024-02-29T12:34:56Z", 1709210096 },
		{ "2024-02-29t12:34:56.789z", 1709210096 },
		{ "2024-02-29T12:34:56+02:00", 1709202896 },
		{ "2024-02-29T12:34:56-00:30", 1709211896 },
		{ "9999-12-31T23:59:59Z", 253402300799 },
		{ "0001-01-01T00:00:00Z", -62135596800 },
	};
	static const char *const bad[] = { "",
					   "2024",
					   "2023-02-29T00:00:00Z",
					   "1900-02-29T00:00:00Z",
					   "2024-13-01T00:00:00Z",
					   "2024-00-01T00:00:00Z",
					   "2024-04-31T00:00:00Z",
					   "2024-01-01 00:00:00Z",
					   "2024-01-01T24:00:00Z",
					   "2024-01-01T00:60:00Z",
					   "2024-01-01T00:00:00",
					   "2024-01-01T00:00:00.Z",
					   "2024-01-01T00:00:00Zx",
					   "2024-01-01T00:00:00+0200",
					   "2024-01-01T00:00:00+24:00",
					   "24-01-01T00:00:00Z" };
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(rfc3339_parse(good[i].text, &seconds));
		assert_true(seconds == good[i].seconds);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(rfc3339_parse(bad[i], &seconds));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_defaults),
		cmocka_unit_test(service_ports),
		cmocka_unit_test(service_without_ports),
		cmocka_unit_test(service_cluster_ips),
		cmocka_unit_test(service_words),
		cmocka_unit_test(service_unknown_words),
		cmocka_unit_test(service_affinity),
		cmocka_unit_test(service_addresses),
		cmocka_unit_test(service_metadata),
		cmocka_unit_test(service_limits),
		cmocka_unit_test(slice_fields),
		cmocka_unit_test(slice_trigger_time),
		cmocka_unit_test(slice_refusals),
		cmocka_unit_test(slice_limits),
		cmocka_unit_test(node_fields),
		cmocka_unit_test(service_cidr_fields),
		cmocka_unit_test(warnings),
		cmocka_unit_test(strings_with_nul),
		cmocka_unit_test(first_error),
		cmocka_unit_test(lenient),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
