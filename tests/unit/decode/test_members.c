/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No member of a model struct is forgotten: the list of members has each byte, and each member makes a
 * difference to equality, is copied, is read from JSON, is written as protobuf and read from it.
 *
 * Two documents of each kind are enough for that. One sets as little as it may, the other gives every member
 * another value. Where the two agree about a member, the decoder, or the document here, leaves it out.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "decode/encode.h"
#include "decode/json.h"
#include "decode/protobuf_object.h"
#include "model/members.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

/**
 * struct kind - One kind under test
 * @bare, @full: JSON with ' for "; each list of objects in @bare has an element, too
 * @not_saved:	a member that encode.c leaves out on purpose
 */
struct kind {
	enum object_kind kind;
	const struct members *(*members)(void);
	const char *bare;
	const char *full;
	const char *not_saved;
};

static const struct kind kinds[] = {
	{
		.kind = OBJECT_KIND_SERVICE,
		.members = service_members,
		.bare = "{'kind':'Service','metadata':{'name':'a'},'spec':{'clusterIP':'None',"
			"'ports':[{'port':1}]},'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.1'}]}}}",
		.full = "{'kind':'Service','metadata':{'namespace':'n','name':'b','uid':'u',"
			"'creationTimestamp':'2024-02-29T12:34:56Z',"
			"'labels':{'service.kubernetes.io/service-proxy-name':'x'}},"
			"'spec':{'type':'LoadBalancer','internalTrafficPolicy':'Local',"
			"'externalTrafficPolicy':'Local','clusterIPs':['10.0.0.2','fd00::2'],"
			"'ipFamilies':['IPv4','IPv6'],'sessionAffinity':'ClientIP',"
			"'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':5}},"
			"'healthCheckNodePort':30001,'externalIPs':['10.0.0.3'],"
			"'loadBalancerSourceRanges':['10.0.0.0/8','x'],"
			"'ports':[{'name':'p','protocol':'UDP','port':2,'nodePort':30002},{'port':3}]},"
			"'status':{'loadBalancer':{'ingress':[{'ip':'fd00::3','ipMode':'Proxy'},"
			"{'ip':'10.0.0.4'}]}}}",
	},
	{
		.kind = OBJECT_KIND_ENDPOINT_SLICE,
		.members = slice_members,
		.bare = "{'kind':'EndpointSlice','metadata':{'name':'a'},'addressType':'IPv4',"
			"'ports':[{'port':1}],'endpoints':[{'addresses':['10.0.0.1']}]}",
		.full = "{'kind':'EndpointSlice','metadata':{'namespace':'n','name':'b','uid':'u',"
			"'labels':{'kubernetes.io/service-name':'s'},'annotations':"
			"{'endpoints.kubernetes.io/last-change-trigger-time':'2024-02-29T12:34:56Z'}},"
			"'addressType':'IPv6','ports':[{'name':'p','protocol':'UDP','port':2},{'port':3}],"
			"'endpoints':[{'addresses':['fd00::2'],"
			"'conditions':{'ready':false,'serving':false,'terminating':true},'nodeName':'m',"
			"'hints':{'forZones':[{'name':'z'}],'forNodes':[{'name':'m'}]}},"
			"{'addresses':['fd00::3']}]}",
		/* It is about a change that was made known long ago. */
		.not_saved = "trigger_us",
	},
	{
		.kind = OBJECT_KIND_NODE,
		.members = node_members,
		.bare = "{'kind':'Node','metadata':{'name':'a'}}",
		.full = "{'kind':'Node','metadata':{'name':'b','uid':'u',"
			"'deletionTimestamp':'2024-02-29T12:34:56Z',"
			"'labels':{'topology.kubernetes.io/zone':'z'}},"
			"'spec':{'podCIDRs':['10.0.0.0/24'],"
			"'taints':[{'key':'ToBeDeletedByClusterAutoscaler'}]},"
			"'status':{'addresses':[{'type':'InternalIP','address':'10.0.0.1'}]}}",
	},
	{
		.kind = OBJECT_KIND_SERVICE_CIDR,
		.members = service_cidr_members,
		.bare = "{'kind':'ServiceCIDR','metadata':{'name':'a'}}",
		.full = "{'kind':'ServiceCIDR','metadata':{'name':'b','uid':'u'},"
			"'spec':{'cidrs':['10.0.0.0/16']}}",
	},
};

static void *take_model(struct object *object)
{
	void *model = NULL;

	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		model = TAKE_PTR(object->service);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		model = TAKE_PTR(object->slice);
		break;
	case OBJECT_KIND_NODE:
		model = TAKE_PTR(object->node);
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		model = TAKE_PTR(object->service_cidr);
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	object_done(object);
	assert_non_null(model);
	return model;
}

static void *from_json(const char *text)
{
	char *json = alloc_string(text), *p;
	struct err err = { 0 };
	struct object object;

	for (p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	if (json_decode_object(json, strlen(json), NULL, &object, &err) < 0)
		fail_msg("%s: %s", json, err.text);
	free(json);
	return take_model(&object);
}

/* Written as protobuf, and read again. */
static void *through_protobuf(const struct kind *kind, const void *model)
{
	struct buf bytes = BUF_INIT;
	struct err err = { 0 };
	struct object object;

	switch (kind->kind) {
	case OBJECT_KIND_SERVICE:
		encode_service(model, &bytes);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		encode_slice(model, &bytes);
		break;
	case OBJECT_KIND_NODE:
		encode_node(model, &bytes);
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		encode_service_cidr(model, &bytes);
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	if (protobuf_object_item(kind->kind, bytes.data, bytes.size, &object, &err) < 0)
		fail_msg("%s", err.text);
	buf_done(&bytes);
	return take_model(&object);
}

static void *at(const void *object, size_t offset)
{
	return (char *)(uintptr_t)object + offset;
}

static char *pointer_of(const struct member *member, const void *object)
{
	char *pointer;

	memcpy(&pointer, at(object, member->offset), sizeof(pointer));
	return pointer;
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Not members_equal(), which is under test. Of STRUCTS: whether there are as many. */
static bool same(const struct member *member, const void *a, const void *b)
{
	const char *x, *y;
	size_t n, i;

	if (member->kind == MEMBER_KIND_VALUE)
		return memcmp(at(a, member->offset), at(b, member->offset), member->size) == 0;
	x = pointer_of(member, a);
	y = pointer_of(member, b);
	if (member->kind == MEMBER_KIND_STRING)
		return same_string(x, y);
	n = members_count(member, a);
	if (n != members_count(member, b))
		return false;
	if (member->kind == MEMBER_KIND_VALUES)
		return !n || memcmp(x, y, n * member->element_size) == 0;
	for (i = 0; i < n && member->kind == MEMBER_KIND_STRINGS; i++)
		if (!same_string(((const char *const *)(const void *)x)[i],
				 ((const char *const *)(const void *)y)[i]))
			return false;
	return true;
}

/* Everything about one kind. */
struct check {
	const struct kind *kind;
	void *bare;
	void *full;
	void *read; /* @full, written as protobuf and read */
};

/* One member of @full, which is the whole object or in it, set as in @bare. */
static void check_member(const struct check *check, const struct member *member, void *full, const void *bare)
{
	const struct members *members = check->kind->members();
	void *before = members_new_copy(members, check->full), *copy;
	char bytes[64], count[8];

	assert_true(member->size <= sizeof(bytes) && member->count_size <= sizeof(count));
	memcpy(bytes, at(full, member->offset), member->size);
	memcpy(count, at(full, member->count_offset), member->count_size);
	memcpy(at(full, member->offset), at(bare, member->offset), member->size);
	memcpy(at(full, member->count_offset), at(bare, member->count_offset), member->count_size);
	if (members_equal(members, before, check->full) != member->uncompared)
		fail_msg("%s: %s for equality", member->name,
			 member->uncompared ? "counts" : "does not count");
	copy = members_new_copy(members, check->full);
	if (!members_equal(members, copy, check->full))
		fail_msg("%s: not in the copy", member->name);
	memcpy(at(full, member->offset), bytes, member->size);
	memcpy(at(full, member->count_offset), count, member->count_size);
	free(copy);
	free(before);
}

/* All members of the same struct in the four objects. */
static void check_members(const struct check *check, const struct members *members, void *full,
			  const void *bare, const void *read, const void *copy)
{
	const char *not_saved = check->kind->not_saved;
	size_t i;

	for (i = 0; i < members->n; i++) {
		const struct member *member = &members->rows[i];

		if (same(member, full, bare))
			fail_msg("%s: not read from JSON, or not in the documents of this test",
				 member->name);
		if (!same(member, full, copy))
			fail_msg("%s: not copied", member->name);
		if (member->kind != MEMBER_KIND_VALUE && pointer_of(member, full) == pointer_of(member, copy))
			fail_msg("%s: the copy is not deep", member->name);
		if (same(member, full, read) == same_string(member->name, not_saved))
			fail_msg("%s: not written as protobuf, or not read from it", member->name);
		check_member(check, member, full, bare);
		if (member->kind != MEMBER_KIND_STRUCTS)
			continue;
		assert_true(members_count(member, bare) && members_count(member, read));
		check_members(check, member->of, pointer_of(member, full), pointer_of(member, bare),
			      pointer_of(member, read), pointer_of(member, copy));
	}
}

static void test_members(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct check check = { .kind = &kinds[i] };
		void *copy;

		check.bare = from_json(kinds[i].bare);
		check.full = from_json(kinds[i].full);
		check.read = through_protobuf(&kinds[i], check.full);
		copy = members_new_copy(kinds[i].members(), check.full);
		check_members(&check, kinds[i].members(), check.full, check.bare, check.read, copy);
		free(check.bare);
		free(check.full);
		free(check.read);
		free(copy);
	}
}

#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
/* Which bytes of @type are not padding, held against the list. */
#define CHECK_BYTES(type, list)                                     \
	do {                                                        \
		struct type filled;                                 \
                                                                    \
		memset(&filled, 0xff, sizeof(filled));              \
		__builtin_clear_padding(&filled);                   \
		check_bytes(#type, list, (unsigned char *)&filled); \
	} while (0)

static void check_bytes(const char *type, const struct members *members, unsigned char *filled)
{
	size_t i;

	for (i = 0; i < members->n; i++) {
		const struct member *member = &members->rows[i];

		assert_true(member->offset + member->size <= members->size);
		memset(filled + member->offset, 0, member->size);
		memset(filled + member->count_offset, 0, member->count_size);
	}
	for (i = 0; i < members->size; i++)
		if (filled[i])
			fail_msg("struct %s: the list of members lacks the one at byte %zu", type, i);
}

static const struct members *list_of(const struct members *members, const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < members->n; i++) {
		if (strcmp(members->rows[i].name, name) == 0) {
			assert_int_equal(members->rows[i].of->size, members->rows[i].element_size);
			assert_int_equal(members->rows[i].of->size, size);
			return members->rows[i].of;
		}
	}
	fail_msg("no list of %s", name);
	return NULL;
}

static void test_bytes(void **state)
{
	(void)state;
	CHECK_BYTES(service, service_members());
	CHECK_BYTES(service_port, list_of(service_members(), "ports", sizeof(struct service_port)));
	CHECK_BYTES(service_ingress, list_of(service_members(), "ingress", sizeof(struct service_ingress)));
	CHECK_BYTES(slice, slice_members());
	CHECK_BYTES(slice_port, list_of(slice_members(), "ports", sizeof(struct slice_port)));
	CHECK_BYTES(endpoint, list_of(slice_members(), "endpoints", sizeof(struct endpoint)));
	CHECK_BYTES(node, node_members());
	CHECK_BYTES(service_cidr, service_cidr_members());
}
#else
static void test_bytes(void **state)
{
	(void)state;
	skip(); /* the compiler cannot tell which bytes are padding */
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
