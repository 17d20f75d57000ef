/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/layout_sets.h"

#define KEY_FRONTEND                                               \
	{                                                          \
		SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT \
	}
#define KEY_NODEPORT                               \
	{                                          \
		SET_FIELD_PROTOCOL, SET_FIELD_PORT \
	}
#define KEY_FRONTEND_INDEX                                                          \
	{                                                                           \
		SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX \
	}
#define KEY_NODEPORT_INDEX                                          \
	{                                                           \
		SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX \
	}
#define KEY_LIST_INDEX                                            \
	{                                                         \
		SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_INDEX \
	}
#define KEY_LIST_ENDPOINT                                                        \
	{                                                                        \
		SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_ADDR, SET_FIELD_PORT \
	}
#define DATA_ENDPOINT                          \
	{                                      \
		SET_FIELD_ADDR, SET_FIELD_PORT \
	}

static const struct set_decl layout_set_decls[_LAYOUT_SET_MAX] = {
	[LAYOUT_SET_CLUSTER_IPS] = { "cluster-ips", SET_KIND_SET, { SET_FIELD_ADDR }, { 0 }, false },
	[LAYOUT_SET_CLUSTER_IP_PORTS] = { "cluster-ip-ports", SET_KIND_SET, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_EXTERNAL_ADDRESSES] = { "external-addresses",
					    SET_KIND_SET,
					    { SET_FIELD_ADDR },
					    { 0 },
					    false },
	[LAYOUT_SET_EXTERNAL_SERVICES] = { "external-services", SET_KIND_SET, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_NODEPORT_NUMBERS] = { "nodeport-numbers", SET_KIND_SET, KEY_NODEPORT, { 0 }, false },
	[LAYOUT_SET_NODEPORT_ADDRESSES] = { "nodeport-addresses",
					    SET_KIND_SET,
					    { SET_FIELD_ADDR },
					    { 0 },
					    false },
	[LAYOUT_SET_SAME_BYTES] = { "same-bytes",
				    SET_KIND_SET,
				    { SET_FIELD_BYTE, SET_FIELD_BYTE },
				    { 0 },
				    false },
	[LAYOUT_SET_MASQUERADE_SERVICES] = { "masquerade-services",
					     SET_KIND_SET,
					     KEY_FRONTEND,
					     { 0 },
					     false },
	[LAYOUT_SET_MASQUERADE_NODEPORTS] = { "masquerade-nodeports",
					      SET_KIND_SET,
					      KEY_NODEPORT,
					      { 0 },
					      false },
	[LAYOUT_SET_SERVICES] = { "services", SET_KIND_VERDICT_MAP, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_SERVICES_ELSEWHERE] = { "services-elsewhere",
					    SET_KIND_VERDICT_MAP,
					    KEY_FRONTEND,
					    { 0 },
					    false },
	[LAYOUT_SET_SERVICES_EMPTY] = { "services-empty", SET_KIND_VERDICT_MAP, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_SERVICES_INSIDE] = { "services-inside",
					 SET_KIND_VERDICT_MAP,
					 KEY_FRONTEND,
					 { 0 },
					 false },
	[LAYOUT_SET_SERVICES_OUTSIDE] = { "services-outside",
					  SET_KIND_VERDICT_MAP,
					  KEY_FRONTEND,
					  { 0 },
					  false },
	[LAYOUT_SET_NODEPORTS] = { "nodeports", SET_KIND_VERDICT_MAP, KEY_NODEPORT, { 0 }, false },
	[LAYOUT_SET_NODEPORTS_INSIDE] = { "nodeports-inside",
					  SET_KIND_VERDICT_MAP,
					  KEY_NODEPORT,
					  { 0 },
					  false },
	[LAYOUT_SET_NODEPORTS_OUTSIDE] = { "nodeports-outside",
					   SET_KIND_VERDICT_MAP,
					   KEY_NODEPORT,
					   { 0 },
					   false },
	[LAYOUT_SET_ENDPOINTS] = { "endpoints", SET_KIND_MAP, KEY_FRONTEND_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_ENDPOINTS_LOCAL] = { "endpoints-local", SET_KIND_MAP, KEY_FRONTEND_INDEX, DATA_ENDPOINT,
					 false },
	[LAYOUT_SET_NODEPORT_ENDPOINTS] = { "nodeport-endpoints", SET_KIND_MAP, KEY_NODEPORT_INDEX,
					    DATA_ENDPOINT, false },
	[LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL] = { "nodeport-endpoints-local", SET_KIND_MAP,
						  KEY_NODEPORT_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS] = { "pools-0", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 1] = { "pools-1", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 2] = { "pools-2", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 3] = { "pools-3", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 4] = { "pools-4", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 5] = { "pools-5", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 6] = { "pools-6", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_POOLS + 7] = { "pools-7", SET_KIND_MAP, KEY_LIST_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_AFFINITY_ADDRESSES] = { "affinity-addresses",
					    SET_KIND_SET,
					    { SET_FIELD_ADDR },
					    { 0 },
					    false },
	[LAYOUT_SET_AFFINITY_SERVICES] = { "affinity-services",
					   SET_KIND_VERDICT_MAP,
					   KEY_FRONTEND,
					   { 0 },
					   false },
	[LAYOUT_SET_AFFINITY_NODEPORTS] = { "affinity-nodeports",
					    SET_KIND_VERDICT_MAP,
					    KEY_NODEPORT,
					    { 0 },
					    false },
	[LAYOUT_SET_AFFINITY_ENDPOINTS] = { "affinity-endpoints",
					    SET_KIND_SET,
					    KEY_LIST_ENDPOINT,
					    { 0 },
					    false },
	[LAYOUT_SET_REMOVED_ENDPOINTS] = { "removed-endpoints",
					   SET_KIND_SET,
					   KEY_LIST_ENDPOINT,
					   { 0 },
					   false },
};

enum layout_key layout_sets_key(uint8_t set)
{
	const uint8_t *key = layout_set_decls[set].key;

	if (key[0] == SET_FIELD_PROTOCOL)
		return LAYOUT_KEY_NODE_PORT;
	return key[0] == SET_FIELD_ADDR && key[1] == SET_FIELD_PROTOCOL ? LAYOUT_KEY_FRONTEND
									: LAYOUT_KEY_OTHER;
}

const struct set_decl *layout_sets(void)
{
	return layout_set_decls;
}

void layout_sets_add_frontend_key(struct rule_statement *s, bool by_address)
{
	if (by_address)
		rule_add_selector(s, RULE_SELECTOR_DADDR);
	rule_add_selector(s, RULE_SELECTOR_L4PROTO);
	rule_add_selector(s, RULE_SELECTOR_DPORT);
}
