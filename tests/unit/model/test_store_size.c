/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of 10,000 Services of 10 endpoints: printed, and limited. */
#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"

#define SERVICES  10000
#define ENDPOINTS 10
#define NODES	  500
#define BYTES_MAX (13 * 1024 * 1024)

static void put_service(struct store *store, unsigned int n)
{
	struct service_port port = { .name = "http", .protocol = PROTOCOL_TCP, .port = 80 };
	char name[32], uid[40];
	struct service service = { .namespace = "production", .name = name, .uid = uid };

	(void)snprintf(name, sizeof(name), "service-%05u", n);
	(void)snprintf(uid, sizeof(uid), "%08x-1111-2222-3333-444444444444", n);
	service.has_cluster_ip[FAMILY_IPV4] = true;
	service.cluster_ip[FAMILY_IPV4] = (struct addr){ .bytes = { 10, 96, (uint8_t)(n >> 8), (uint8_t)n } };
	service.ports = &port;
	service.n_ports = 1;
	store_put_service(store, service_new_copy(&service));
}

static void put_slice(struct store *store, unsigned int n)
{
	struct slice_port port = { .name = "http", .protocol = PROTOCOL_TCP, .port = 8080 };
	struct endpoint endpoints[ENDPOINTS] = { 0 };
	char name[32], service_name[32], uid[40], nodes[ENDPOINTS][16];
	struct slice slice = {
		.namespace = "production", .name = name, .uid = uid, .service_name = service_name
	};
	unsigned int i;

	(void)snprintf(service_name, sizeof(service_name), "service-%05u", n);
	(void)snprintf(name, sizeof(name), "service-%05u-abcde", n);
	(void)snprintf(uid, sizeof(uid), "%08x-5555-6666-7777-888888888888", n);
	slice.ports = &port;
	slice.n_ports = 1;
	slice.endpoints = endpoints;
	slice.n_endpoints = ENDPOINTS;
	for (i = 0; i < ENDPOINTS; i++) {
		(void)snprintf(nodes[i], sizeof(nodes[i]), "node-%03u", (n * ENDPOINTS + i) % NODES);
		endpoints[i].addr =
			(struct addr){ .bytes = { 10, (uint8_t)i, (uint8_t)(n >> 8), (uint8_t)n } };
		endpoints[i].ready = true;
		endpoints[i].serving = true;
		endpoints[i].node_name = nodes[i];
	}
	store_put_slice(store, slice_new_copy(&slice));
}

static void test_size(void **state)
{
	_cleanup_(store_freep) struct store *store = store_new();
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after;
	unsigned int n;

	(void)state;
	for (n = 0; n < SERVICES; n++) {
		put_service(store, n);
		put_slice(store, n);
	}
	for (n = 0; n < SERVICES; n++)
		assert_int_equal(store_dirty_next(store)->n_slices, 1);
	assert_null(store_dirty_next(store));
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	print_message("%d Services, %d endpoints: %zu bytes\n", SERVICES, SERVICES * ENDPOINTS,
		      after - before);
	/* the allocator of the sanitizers does not count */
	assert_true(after - before < BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
