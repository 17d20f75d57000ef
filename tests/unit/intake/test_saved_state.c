/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state that was written is read back equal; a damaged one is rejected. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "intake/saved_state.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

#define TIME_S	  1764000000
#define ORIGIN	  "https://192.0.2.1:6443"
#define NODE_NAME "here"

static const char *const service_texts[] = {
	"ip=10.96.0.1 ip=fd00::1 port=http/TCP/80 port=dns/UDP/53 created=5",
	"type=NodePort ip=10.96.0.2 port=/SCTP/80/30080 internal=Local external=Local affinity=10800",
	("type=LoadBalancer ip=fd00::3 port=http/TCP/80/31000 external-ip=192.0.2.1 external-ip=fd00::77 "
	 "lb-ip=192.0.2.2 lb-proxy-ip=192.0.2.3 range=10.0.0.0/8 range=fd00::/64 affinity=1"),
	"headless port=http/TCP/80 proxy-name",
	"type=ExternalName",
};

static const char *const slice_texts[] = {
	"http/TCP/8080 dns/UDP/53 | 10.0.0.1@here RS zones=a,b nodes=here; 10.0.0.2 ST; 10.0.0.3@ R",
	"IPv6 | /SCTP/1 | fd00::5@there - ; fd00::6 RST",
	" | ",
};

static const struct addr here_addresses[] = { { FAMILY_IPV4, { 192, 0, 2, 9 } }, { FAMILY_IPV6, { 0xfd } } };
static const struct cidr here_cidrs[] = { { { FAMILY_IPV4, { 10, 244 } }, 24 },
					  { { FAMILY_IPV6, { 0xfd, 1 } }, 64 } };

static const struct node here = {
	.name = NODE_NAME,
	.uid = "b1",
	.zone = "a",
	.being_deleted = true,
	.to_be_deleted = true,
	.n_addresses = 2,
	.addresses = (struct addr *)here_addresses,
	.n_pod_cidrs = 2,
	.pod_cidrs = (struct cidr *)here_cidrs,
};
static const struct node bare = { .name = NODE_NAME, .uid = "", .zone = "" };
static const struct service_cidr kubernetes = {
	.name = "kubernetes",
	.uid = "c1",
	.n_cidrs = 2,
	.cidrs = (struct cidr *)here_cidrs,
};

/* All of the above; the order is that of read_back(). */
static void write_all(struct arena *arena, struct buf *to)
{
	struct saved_state_writer writer;
	size_t i;

	saved_state_begin(&writer, TIME_S, ORIGIN, NODE_NAME);
	for (i = 0; i < ARRAY_SIZE(service_texts); i++)
		saved_state_add_service(&writer, objects_service(arena, "default/web", service_texts[i]));
	/* Take the bytes out in pieces, as state_file.c does. */
	buf_add(to, writer.out.data, writer.out.size);
	buf_reset(&writer.out);
	for (i = 0; i < ARRAY_SIZE(slice_texts); i++)
		saved_state_add_slice(&writer, objects_slice(arena, "default/web-1", "web", slice_texts[i]));
	saved_state_add_node(&writer, &here);
	saved_state_add_node(&writer, &bare);
	saved_state_add_service_cidr(&writer, &kubernetes);
	saved_state_end(&writer);
	buf_add(to, writer.out.data, writer.out.size);
	buf_done(&writer.out);
}

static void test_round(void **state)
{
	struct arena *arena = arena_new();
	struct buf bytes = BUF_INIT;
	struct saved_state saved;
	const struct object *object;
	size_t i;

	(void)state;
	write_all(arena, &bytes);
	assert_int_equal(saved_state_read(bytes.data, bytes.size, &saved, NULL), 0);
	assert_int_equal(saved.time_s, TIME_S);
	assert_string_equal(saved.origin, ORIGIN);
	assert_string_equal(saved.node_name, NODE_NAME);
	assert_int_equal(saved.n_objects, ARRAY_SIZE(service_texts) + ARRAY_SIZE(slice_texts) + 3);
	object = saved.objects;
	for (i = 0; i < ARRAY_SIZE(service_texts); i++, object++) {
		assert_int_equal(object->kind, OBJECT_KIND_SERVICE);
		if (!service_equal(object->service, objects_service(arena, "default/web", service_texts[i])))
			fail_msg("another Service: %s", service_texts[i]);
	}
	for (i = 0; i < ARRAY_SIZE(slice_texts); i++, object++) {
		assert_int_equal(object->kind, OBJECT_KIND_ENDPOINT_SLICE);
		if (!slice_equal(object->slice, objects_slice(arena, "default/web-1", "web", slice_texts[i])))
			fail_msg("another slice: %s", slice_texts[i]);
	}
	assert_true(node_equal(object[0].node, &here));
	assert_true(node_equal(object[1].node, &bare));
	assert_true(service_cidr_equal(object[2].service_cidr, &kubernetes));
	saved_state_done(&saved);
	buf_done(&bytes);
	arena_free(arena);
}

/* Which objects are from which manifest. */
static void test_manifests(void **state)
{
	struct arena *arena = arena_new();
	struct saved_state_writer writer;
	struct saved_state saved;

	(void)state;
	saved_state_begin(&writer, TIME_S, "manifests /m", NODE_NAME);
	saved_state_add_node(&writer, &here);
	saved_state_add_manifest(&writer, "a.yaml");
	saved_state_add_service(&writer, objects_service(arena, "default/web", service_texts[0]));
	saved_state_add_manifest(&writer, "a.yaml");
	saved_state_add_service(&writer, objects_service(arena, "default/late", service_texts[0]));
	saved_state_add_manifest(&writer, "b.yaml");
	saved_state_add_slice(&writer, objects_slice(arena, "default/web-1", "web", slice_texts[0]));
	saved_state_end(&writer);
	assert_int_equal(saved_state_read(writer.out.data, writer.out.size, &saved, NULL), 0);
	assert_memory_equal(saved.checksum, writer.checksum, SHA256_SIZE);
	assert_int_equal(saved.n_objects, 4);
	assert_int_equal(saved.n_manifests, 2);
	assert_null(saved.objects[0].origin);
	assert_string_equal(saved.objects[1].origin, "a.yaml");
	assert_string_equal(saved.objects[2].origin, "a.yaml");
	assert_string_equal(saved.objects[3].origin, "b.yaml");
	assert_int_equal(saved_state_check_owner(&saved, "manifests /m", NODE_NAME, NULL), 0);
	assert_int_equal(saved_state_check_owner(&saved, "manifests /n", NODE_NAME, NULL), -EINVAL);
	assert_int_equal(saved_state_check_owner(&saved, "manifests /m", "elsewhere", NULL), -EINVAL);
	saved_state_done(&saved);
	buf_done(&writer.out);
	arena_free(arena);
}

static void test_nothing(void **state)
{
	struct saved_state_writer writer;
	struct saved_state saved;

	(void)state;
	saved_state_begin(&writer, 0, "", "");
	saved_state_end(&writer);
	assert_int_equal(saved_state_read(writer.out.data, writer.out.size, &saved, NULL), 0);
	assert_int_equal(saved.n_objects, 0);
	saved_state_done(&saved);
	buf_done(&writer.out);
}

static void test_damage(void **state)
{
	struct arena *arena = arena_new();
	struct buf bytes = BUF_INIT;
	struct saved_state saved;
	struct err err;
	size_t at;
	int bit;

	(void)state;
	write_all(arena, &bytes);
	for (at = 0; at < bytes.size; at++) {
		/* In a buffer of exactly the size, so that a sanitizer sees a read behind its end. */
		_cleanup_free_ char *cut = alloc_bytes(at + 1);

		memcpy(cut, bytes.data, at);
		assert_int_equal(saved_state_read(cut, at, &saved, &err), -EBADMSG);
		for (bit = 0; bit < 8; bit++) {
			bytes.data[at] ^= (char)(1 << bit);
			err = (struct err){ 0 };
			assert_int_equal(saved_state_read(bytes.data, bytes.size, &saved, &err),
					 at >= 8 && at < 12 ? -EPROTONOSUPPORT : -EBADMSG);
			assert_true(*err.text);
			bytes.data[at] ^= (char)(1 << bit);
		}
	}
	buf_add(&bytes, "", 1);
	assert_int_equal(saved_state_read(bytes.data, bytes.size, &saved, &err), -EBADMSG);
	buf_done(&bytes);
	arena_free(arena);
}

/* Damage with a correct checksum. */
static void sign(struct buf *bytes)
{
	sha256_of(bytes->data, bytes->size - SHA256_SIZE, (uint8_t *)bytes->data + bytes->size - SHA256_SIZE);
}

static void test_hostile(void **state)
{
	struct arena *arena = arena_new();
	struct buf bytes = BUF_INIT;
	struct saved_state saved;
	struct err err;
	size_t at, n_read = 0;
	int bit;

	(void)state;
	write_all(arena, &bytes);
	for (at = 0; at < bytes.size - SHA256_SIZE; at++) {
		for (bit = 0; bit < 8; bit++) {
			bytes.data[at] ^= (char)(1 << bit);
			sign(&bytes);
			if (saved_state_read(bytes.data, bytes.size, &saved, &err) == 0) {
				n_read++;
				saved_state_done(&saved);
			}
			bytes.data[at] ^= (char)(1 << bit);
		}
	}
	/* Most flips change a name, an address or a number into another valid one. */
	assert_true(n_read > 0);
	buf_done(&bytes);
	arena_free(arena);
}

/* One record more than the counts at the end, one less, a record twice, a bad object. */
static void test_records(void **state)
{
	struct arena *arena = arena_new();
	struct saved_state_writer writer;
	struct saved_state saved;
	struct err err;

	(void)state;
	saved_state_begin(&writer, TIME_S, ORIGIN, NODE_NAME);
	saved_state_add_node(&writer, &here);
	writer.counts[OBJECT_KIND_NODE]++;
	saved_state_end(&writer);
	assert_int_equal(saved_state_read(writer.out.data, writer.out.size, &saved, &err), -EBADMSG);
	assert_string_equal(err.text, "the saved state is damaged: objects are missing");
	buf_done(&writer.out);

	saved_state_begin(&writer, TIME_S, ORIGIN, NODE_NAME);
	saved_state_add_service(&writer, objects_service(arena, "default/web", "ip=10.0.0.1"));
	saved_state_end(&writer);
	assert_int_equal(saved_state_read(writer.out.data, writer.out.size, &saved, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at least one port"));
	buf_done(&writer.out);

	saved_state_begin(&writer, TIME_S, ORIGIN, "a");
	saved_state_end(&writer);
	writer.out.size -= SHA256_SIZE;
	buf_add(&writer.out, "o\0\0\0\0", 5);
	buf_add(&writer.out, (char[SHA256_SIZE]){ 0 }, SHA256_SIZE);
	sign(&writer.out);
	assert_int_equal(saved_state_read(writer.out.data, writer.out.size, &saved, &err), -EBADMSG);
	assert_string_equal(err.text, "the saved state is damaged: its end is not where it should be");
	buf_done(&writer.out);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),	cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
