/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_element.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_set.h"
#include "backend/nfnl_socket.h"
#include "ruleset/snapshot.h"

static void nfnl_element_put_verdict(struct nlmsghdr *nlh, const struct element *e)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_DATA_VERDICT);
	int32_t code = NF_DROP;

	switch ((enum set_verdict)e->data[0]) {
	case SET_VERDICT_DROP:
		code = NF_DROP;
		break;
	case SET_VERDICT_ACCEPT:
		code = NF_ACCEPT;
		break;
	case SET_VERDICT_GOTO:
		code = NFT_GOTO;
		break;
	case SET_VERDICT_JUMP:
		code = NFT_JUMP;
		break;
	}
	mnl_attr_put_u32(nlh, NFTA_VERDICT_CODE, htonl((uint32_t)code));
	if (set_data_chain(e))
		mnl_attr_put_strz(nlh, NFTA_VERDICT_CHAIN, set_data_chain(e));
	mnl_attr_nest_end(nlh, nest);
}

static void nfnl_element_put_key(struct nlmsghdr *nlh, const struct element *e)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, e->key_size, e->key);
	mnl_attr_nest_end(nlh, nest);
}

/* The value in a nested attribute if it has exactly @size bytes, else NULL. */
static const uint8_t *nfnl_element_parse_value(const struct nlattr *attr, size_t size)
{
	const struct nlattr *value;
	const uint8_t *key = NULL;

	mnl_attr_for_each_nested(value, attr)
	{
		if (mnl_attr_get_type(value) != NFTA_DATA_VALUE || mnl_attr_get_payload_len(value) != size)
			return NULL;
		key = mnl_attr_get_payload(value);
	}
	return key;
}

void nfnl_element_put(struct nlmsghdr *nlh, const struct set_decl *decl, const struct element *e,
		      bool with_data)
{
	struct nlattr *entry = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM), *nest;

	nfnl_element_put_key(nlh, e);
	if (with_data && decl->kind != SET_KIND_SET) {
		nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
		if (decl->kind == SET_KIND_VERDICT_MAP)
			nfnl_element_put_verdict(nlh, e);
		else
			mnl_attr_put(nlh, NFTA_DATA_VALUE, e->data_size, e->data);
		mnl_attr_nest_end(nlh, nest);
	}
	mnl_attr_nest_end(nlh, entry);
}

static bool nfnl_element_parse_verdict(const struct nlattr *nest, struct element *ret)
{
	const char *chain = NULL;
	const struct nlattr *attr;
	int32_t code = NF_DROP;

	mnl_attr_for_each_nested(attr, nest)
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_VERDICT_CODE:
			code = (int32_t)nfnl_socket_u32(attr);
			break;
		case NFTA_VERDICT_CHAIN:
			if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
				return false;
			chain = mnl_attr_get_str(attr);
			break;
		}
	}
	if (chain && strlen(chain) > SET_DATA_SIZE_MAX - 2)
		return false;
	switch (code) {
	case NF_DROP:
		set_data_verdict(ret, SET_VERDICT_DROP, NULL);
		return true;
	case NF_ACCEPT:
		set_data_verdict(ret, SET_VERDICT_ACCEPT, NULL);
		return true;
	case NFT_GOTO:
	case NFT_JUMP:
		if (!chain)
			return false;
		set_data_verdict(ret, code == NFT_GOTO ? SET_VERDICT_GOTO : SET_VERDICT_JUMP, chain);
		return true;
	}
	return false;
}

static bool nfnl_element_parse_data(const struct nlattr *data, const struct set_decl *decl, enum family table,
				    struct element *ret)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
	{
		size_t size = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case NFTA_DATA_VALUE:
			if (decl->kind != SET_KIND_MAP || size != set_data_size(decl, table))
				return false;
			memcpy(ret->data, mnl_attr_get_payload(attr), size);
			ret->data_size = (uint8_t)size;
			break;
		case NFTA_DATA_VERDICT:
			if (decl->kind != SET_KIND_VERDICT_MAP || !nfnl_element_parse_verdict(attr, ret))
				return false;
			break;
		}
	}
	return decl->kind == SET_KIND_SET || ret->data_size;
}

bool nfnl_element_parse_key(const struct nlattr *entry, const struct set_decl *decl, enum family table,
			    uint8_t set, struct element *ret)
{
	size_t size = set_key_size(decl, table);
	const uint8_t *key = NULL;
	const struct nlattr *attr;

	set_element_init(ret, table, set);
	mnl_attr_for_each_nested(attr, entry)
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_KEY)
			key = nfnl_element_parse_value(attr, size);
	}
	if (!key)
		return false;
	memcpy(ret->key, key, size);
	ret->key_size = (uint8_t)size;
	return true;
}

bool nfnl_element_parse(const struct nlattr *entry, const struct set_decl *decl, enum family table,
			uint8_t set, struct element *ret)
{
	bool have_data = decl->kind == SET_KIND_SET;
	const struct nlattr *attr;

	if (!nfnl_element_parse_key(entry, decl, table, set, ret))
		return false;
	mnl_attr_for_each_nested(attr, entry)
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_ELEM_KEY:
		case NFTA_SET_ELEM_PAD:
			break;
		case NFTA_SET_ELEM_DATA:
			if (!nfnl_element_parse_data(attr, decl, table, ret))
				return false;
			have_data = true;
			break;
		default:
			return false;
		}
	}
	return have_data;
}

size_t nfnl_element_parse_list(const struct nlmsghdr *nlh, const struct set_decl *decl, enum family table,
			       uint8_t set, struct snapshot *snapshot, bool *foreign)
{
	const struct nlattr *attr, *entry;
	struct element e;
	size_t n = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(entry, attr)
		{
			n++;
			if (nfnl_element_parse(entry, decl, table, set, &e))
				snapshot_add_element(snapshot, &e);
			else
				*foreign = true;
		}
	}
	return n;
}

void nfnl_element_put_client(struct nlmsghdr *nlh, enum family table, const struct client *client)
{
	struct nlattr *entry = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	struct nlattr *nest = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);

	mnl_attr_put(nlh, NFTA_DATA_VALUE, client_map_key_size(table), &client->key);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, entry);
}

bool nfnl_element_parse_client(const struct nlattr *entry, enum family table, size_t part, struct client *ret)
{
	const struct set_decl *decl = client_map_part(table, part);
	const uint8_t *key = NULL, *data = NULL;
	size_t size = addr_size(table), i;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, entry)
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_KEY)
			key = nfnl_element_parse_value(attr, client_map_key_size(table));
		else if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_DATA)
			data = nfnl_element_parse_value(attr, nfnl_set_data_size(decl, table));
	}
	if (!key || !data)
		return false;
	*ret = (struct client){ .addr = { .family = (uint8_t)table } };
	memcpy(&ret->key, key, client_map_key_size(table));
	for (i = 0; i < SET_FIELDS_MAX && decl->data[i] != SET_FIELD_NONE; i++) {
		if (decl->data[i] == SET_FIELD_ADDR) {
			memcpy(ret->addr.bytes, data, size);
			ret->has_addr = true;
		} else {
			ret->port = (uint16_t)(data[0] << 8 | data[1]);
			ret->has_port = true;
		}
		data += set_field_size(decl->data[i], table);
	}
	return true;
}
