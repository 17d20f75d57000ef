/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_set.h"

#include <arpa/inet.h>
#include <assert.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdint.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_socket.h"

/* nft's numbers of data types (its datatype.h): part of the set's identity for `nft list`. */
enum nfnl_set_type {
	NFNL_SET_TYPE_INTEGER = 4,
	NFNL_SET_TYPE_IPADDR = 7,
	NFNL_SET_TYPE_IP6ADDR = 8,
	NFNL_SET_TYPE_INET_PROTOCOL = 12,
	NFNL_SET_TYPE_INET_SERVICE = 13,
	NFNL_SET_TYPE_BITS = 6,
};

/* nft's numbers in user data: of records, expressions, protocols and header fields. */
enum {
	NFNL_SET_UDATA_KEYBYTEORDER = 0,
	NFNL_SET_UDATA_DATABYTEORDER = 1,
	NFNL_SET_UDATA_KEY_TYPEOF = 3,
	NFNL_SET_UDATA_DATA_TYPEOF = 4,
	NFNL_SET_UDATA_DATA_INTERVAL = 6,
	NFNL_SET_TYPEOF_EXPR = 0,
	NFNL_SET_TYPEOF_DATA = 1,
	NFNL_SET_EXPR_PAYLOAD = 7,
	NFNL_SET_EXPR_META = 9,
	NFNL_SET_EXPR_CONCAT = 13,
	NFNL_SET_EXPR_NUMGEN = 23,
	NFNL_SET_DESC_TH = 11,
	NFNL_SET_DESC_IP = 12,
	NFNL_SET_DESC_IP6 = 13,
	NFNL_SET_FIELD_IP_TTL = 8,
	NFNL_SET_FIELD_IP_DADDR = 12,
	NFNL_SET_FIELD_IP6_HOPLIMIT = 7,
	NFNL_SET_FIELD_IP6_DADDR = 9,
	NFNL_SET_FIELD_TH_DPORT = 2,
	NFNL_SET_BYTEORDER_MIXED = 0,
	NFNL_SET_BYTEORDER_BIG_ENDIAN = 2,
	NFNL_SET_NUMGEN_MODULUS = 2, /* any value: the expression only gives the field its type, an integer */
};

#define NFNL_SET_UDATA_MAX 256

/* The kernel headers of Debian 12 lack it: how many elements a set has. */
#define NFNL_SET_ATTR_COUNT 20 /* Linux 6.16 */

/* User data under construction: records of (type, length, value), lengths in one byte. */
struct nfnl_set_udata {
	uint8_t bytes[NFNL_SET_UDATA_MAX];
	size_t size;
};

static void nfnl_set_udata_u32(struct nfnl_set_udata *u, uint8_t type, uint32_t value)
{
	assert(u->size + 6 <= sizeof(u->bytes));
	u->bytes[u->size++] = type;
	u->bytes[u->size++] = 4;
	memcpy(u->bytes + u->size, &value, 4);
	u->size += 4;
}

static size_t nfnl_set_udata_open(struct nfnl_set_udata *u, uint8_t type)
{
	assert(u->size + 2 <= sizeof(u->bytes));
	u->bytes[u->size++] = type;
	u->bytes[u->size++] = 0;
	return u->size;
}

static void nfnl_set_udata_close(struct nfnl_set_udata *u, size_t start)
{
	u->bytes[start - 1] = (uint8_t)(u->size - start);
}

/* @bits: of an integer, whose type does not tell its length; else 0 */
static void nfnl_set_udata_payload(struct nfnl_set_udata *u, uint32_t desc, uint32_t field, uint32_t bits)
{
	size_t data;

	nfnl_set_udata_u32(u, NFNL_SET_TYPEOF_EXPR, NFNL_SET_EXPR_PAYLOAD);
	data = nfnl_set_udata_open(u, NFNL_SET_TYPEOF_DATA);
	nfnl_set_udata_u32(u, 0, desc);
	nfnl_set_udata_u32(u, 1, field);
	if (bits)
		nfnl_set_udata_u32(u, 4, bits);
	nfnl_set_udata_close(u, data);
}

static void nfnl_set_udata_field(struct nfnl_set_udata *u, enum set_field field, enum family table)
{
	size_t data;

	switch (field) {
	case SET_FIELD_NONE:
		break;
	case SET_FIELD_ADDR:
		if (table == FAMILY_IPV4)
			nfnl_set_udata_payload(u, NFNL_SET_DESC_IP, NFNL_SET_FIELD_IP_DADDR, 0);
		else
			nfnl_set_udata_payload(u, NFNL_SET_DESC_IP6, NFNL_SET_FIELD_IP6_DADDR, 0);
		break;
	/* Any field of a byte: it only gives the type. */
	case SET_FIELD_BYTE:
		if (table == FAMILY_IPV4)
			nfnl_set_udata_payload(u, NFNL_SET_DESC_IP, NFNL_SET_FIELD_IP_TTL, 8);
		else
			nfnl_set_udata_payload(u, NFNL_SET_DESC_IP6, NFNL_SET_FIELD_IP6_HOPLIMIT, 8);
		break;
	case SET_FIELD_PORT:
		nfnl_set_udata_payload(u, NFNL_SET_DESC_TH, NFNL_SET_FIELD_TH_DPORT, 0);
		break;
	case SET_FIELD_PROTOCOL:
		nfnl_set_udata_u32(u, NFNL_SET_TYPEOF_EXPR, NFNL_SET_EXPR_META);
		data = nfnl_set_udata_open(u, NFNL_SET_TYPEOF_DATA);
		nfnl_set_udata_u32(u, 0, NFT_META_L4PROTO);
		nfnl_set_udata_close(u, data);
		break;
	case SET_FIELD_INDEX:
		nfnl_set_udata_u32(u, NFNL_SET_TYPEOF_EXPR, NFNL_SET_EXPR_NUMGEN);
		data = nfnl_set_udata_open(u, NFNL_SET_TYPEOF_DATA);
		nfnl_set_udata_u32(u, 0, NFT_NG_RANDOM);
		nfnl_set_udata_u32(u, 1, NFNL_SET_NUMGEN_MODULUS);
		nfnl_set_udata_u32(u, 2, 0);
		nfnl_set_udata_close(u, data);
		break;
	}
}

static size_t nfnl_set_n_fields(const uint8_t fields[SET_FIELDS_MAX])
{
	size_t n = 0;

	while (n < SET_FIELDS_MAX && fields[n] != SET_FIELD_NONE)
		n++;
	return n;
}

/* A concatenation; its @members are written for typeof sets only. */
static void nfnl_set_udata_concat(struct nfnl_set_udata *u, uint8_t type,
				  const uint8_t fields[SET_FIELDS_MAX], enum family table, bool members)
{
	size_t outer = nfnl_set_udata_open(u, type), data, i, n = nfnl_set_n_fields(fields);

	nfnl_set_udata_u32(u, NFNL_SET_TYPEOF_EXPR, NFNL_SET_EXPR_CONCAT);
	data = nfnl_set_udata_open(u, NFNL_SET_TYPEOF_DATA);
	for (i = 0; members && i < n; i++) {
		size_t field = nfnl_set_udata_open(u, (uint8_t)i);

		nfnl_set_udata_field(u, fields[i], table);
		nfnl_set_udata_close(u, field);
	}
	nfnl_set_udata_close(u, data);
	nfnl_set_udata_close(u, outer);
}

static void nfnl_set_udata_build(struct nfnl_set_udata *u, const struct set_decl *decl, enum family table)
{
	bool concat = nfnl_set_n_fields(decl->key) > 1, concat_data = nfnl_set_n_fields(decl->data) > 1;
	bool plain_data = decl->kind == SET_KIND_MAP && !concat_data;
	size_t data;

	u->size = 0;
	nfnl_set_udata_u32(u, NFNL_SET_UDATA_KEYBYTEORDER,
			   concat ? NFNL_SET_BYTEORDER_MIXED : NFNL_SET_BYTEORDER_BIG_ENDIAN);
	if (decl->kind != SET_KIND_SET)
		nfnl_set_udata_u32(u, NFNL_SET_UDATA_DATABYTEORDER,
				   plain_data ? NFNL_SET_BYTEORDER_BIG_ENDIAN : NFNL_SET_BYTEORDER_MIXED);
	if (concat)
		nfnl_set_udata_concat(u, NFNL_SET_UDATA_KEY_TYPEOF, decl->key, table,
				      set_decl_is_typeof(decl));
	if (plain_data && set_decl_is_typeof(decl)) {
		data = nfnl_set_udata_open(u, NFNL_SET_UDATA_DATA_TYPEOF);
		nfnl_set_udata_field(u, decl->data[0], table);
		nfnl_set_udata_close(u, data);
	}
	if (concat_data)
		nfnl_set_udata_concat(u, NFNL_SET_UDATA_DATA_TYPEOF, decl->data, table,
				      set_decl_is_typeof(decl));
	if (decl->kind != SET_KIND_SET)
		nfnl_set_udata_u32(u, NFNL_SET_UDATA_DATA_INTERVAL, 0);
}

static uint32_t nfnl_set_type(const uint8_t fields[SET_FIELDS_MAX], enum family table)
{
	uint32_t type = 0;
	size_t i;

	for (i = 0; i < SET_FIELDS_MAX && fields[i] != SET_FIELD_NONE; i++) {
		type <<= NFNL_SET_TYPE_BITS;
		switch ((enum set_field)fields[i]) {
		case SET_FIELD_NONE:
			break;
		case SET_FIELD_ADDR:
			type |= table == FAMILY_IPV4 ? NFNL_SET_TYPE_IPADDR : NFNL_SET_TYPE_IP6ADDR;
			break;
		case SET_FIELD_PROTOCOL:
			type |= NFNL_SET_TYPE_INET_PROTOCOL;
			break;
		case SET_FIELD_PORT:
			type |= NFNL_SET_TYPE_INET_SERVICE;
			break;
		case SET_FIELD_INDEX:
		case SET_FIELD_BYTE:
			type |= NFNL_SET_TYPE_INTEGER;
			break;
		}
	}
	return type;
}

/* The attributes that identify a set, in host order. */
struct nfnl_set_identity {
	uint32_t flags;
	uint32_t key_type;
	uint32_t key_len;
	uint32_t data_type;
	uint32_t data_len;
};

size_t nfnl_set_data_size(const struct set_decl *decl, enum family table)
{
	if (nfnl_set_n_fields(decl->data) == 1 && decl->data[0] == SET_FIELD_PORT)
		return 2;
	return set_data_size(decl, table);
}

static void nfnl_set_identity_of(const struct set_decl *decl, enum family table,
				 struct nfnl_set_identity *ret)
{
	*ret = (struct nfnl_set_identity){
		.flags = decl->kind == SET_KIND_SET ? 0 : NFT_SET_MAP,
		.key_type = nfnl_set_type(decl->key, table),
		.key_len = (uint32_t)set_key_size(decl, table),
	};
	if (decl->dynamic)
		ret->flags |= NFT_SET_TIMEOUT | NFT_SET_EVAL;
	switch (decl->kind) {
	case SET_KIND_SET:
		break;
	case SET_KIND_MAP:
		ret->data_type = nfnl_set_type(decl->data, table);
		ret->data_len = (uint32_t)nfnl_set_data_size(decl, table);
		break;
	case SET_KIND_VERDICT_MAP:
		ret->data_type = NFT_DATA_VERDICT;
		break;
	}
}

void nfnl_set_put(struct nlmsghdr *nlh, const char *table_name, const struct set_decl *decl,
		  enum family table, uint32_t id)
{
	struct nfnl_set_identity identity;
	struct nfnl_set_udata udata;

	nfnl_set_identity_of(decl, table, &identity);
	nfnl_set_udata_build(&udata, decl, table);
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, table_name);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, decl->name);
	mnl_attr_put_u32(nlh, NFTA_SET_FLAGS, htonl(identity.flags));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_TYPE, htonl(identity.key_type));
	mnl_attr_put_u32(nlh, NFTA_SET_KEY_LEN, htonl(identity.key_len));
	if (decl->kind != SET_KIND_SET) {
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_TYPE, htonl(identity.data_type));
		mnl_attr_put_u32(nlh, NFTA_SET_DATA_LEN, htonl(identity.data_len));
	}
	mnl_attr_put_u32(nlh, NFTA_SET_ID, htonl(id));
	mnl_attr_put(nlh, NFTA_SET_USERDATA, udata.size, udata.bytes);
}

/* nft's "size": see the limits in ruleset/client_map.h. */
static void nfnl_set_put_size(struct nlmsghdr *nlh, uint32_t size)
{
	struct nlattr *desc = mnl_attr_nest_start(nlh, NFTA_SET_DESC);

	mnl_attr_put_u32(nlh, NFTA_SET_DESC_SIZE, htonl(size));
	mnl_attr_nest_end(nlh, desc);
}

void nfnl_set_put_client_map(struct nlmsghdr *nlh, const char *table_name, const struct client_map *map,
			     size_t part, bool resize, uint32_t id)
{
	char name[CLIENT_MAP_PART_NAME_SIZE];
	struct set_decl decl = *client_map_part(map->table, part);

	decl.name = client_map_part_name(map->table, map->name, part, name);
	nfnl_set_put(nlh, table_name, &decl, map->table, id);
	if (resize)
		nfnl_set_put_size(nlh, CLIENT_MAP_SIZE);
}

static bool nfnl_set_same_udata(const struct nlattr *attr, const struct nfnl_set_udata *udata)
{
	return mnl_attr_get_payload_len(attr) == udata->size &&
	       memcmp(mnl_attr_get_payload(attr), udata->bytes, udata->size) == 0;
}

bool nfnl_set_matches(const struct nlmsghdr *nlh, const struct set_decl *decl, enum family table)
{
	struct nfnl_set_identity want, have = { 0 };
	struct nfnl_set_udata udata;
	const struct nlattr *attr;
	bool same_udata = false;

	nfnl_set_identity_of(decl, table, &want);
	nfnl_set_udata_build(&udata, decl, table);
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_FLAGS:
			have.flags = nfnl_socket_u32(attr);
			break;
		case NFTA_SET_KEY_TYPE:
			have.key_type = nfnl_socket_u32(attr);
			break;
		case NFTA_SET_KEY_LEN:
			have.key_len = nfnl_socket_u32(attr);
			break;
		case NFTA_SET_DATA_TYPE:
			have.data_type = nfnl_socket_u32(attr);
			break;
		case NFTA_SET_DATA_LEN:
			have.data_len = nfnl_socket_u32(attr);
			break;
		case NFTA_SET_USERDATA:
			same_udata = nfnl_set_same_udata(attr, &udata);
			break;
		}
	}
	/* Some kernels report the register size of a verdict, others nothing. */
	if (decl->kind == SET_KIND_VERDICT_MAP)
		have.data_len = want.data_len;
	return same_udata && memcmp(&want, &have, sizeof(want)) == 0;
}

size_t nfnl_set_count(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFNL_SET_ATTR_COUNT && mnl_attr_get_payload_len(attr) >= 4)
			return nfnl_socket_u32(attr);
	}
	return SIZE_MAX;
}

bool nfnl_set_matches_client_map(const struct nlmsghdr *nlh, enum family table, size_t part)
{
	return nfnl_set_matches(nlh, client_map_part(table, part), table);
}
