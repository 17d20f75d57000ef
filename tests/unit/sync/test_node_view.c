/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the node treats traffic: detectors (M11 to M16) and node-port addresses (O1 to O8). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "model/node.h"
#include "sync/node_view.h"

#define ADDRESSES_MAX 8

/* Input that a test fills in word by word. */
struct fixture {
	struct arena *arena;
	struct settings settings;
	struct node node;
	struct addr node_addresses[ADDRESSES_MAX];
	struct cidr pod_cidrs[ADDRESSES_MAX];
	struct addr addresses[ADDRESSES_MAX];
	struct node_view_input in;
	struct node_view view;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .arena = arena_new() };
	f.settings.node_port_primary = true;
	f.node = (struct node){
		.name = "here", .uid = "", .zone = "", .addresses = f.node_addresses, .pod_cidrs = f.pod_cidrs
	};
	f.in = (struct node_view_input){ .settings = &f.settings, .node = &f.node, .addresses = f.addresses };
	f.in.family_enabled[FAMILY_IPV4] = f.in.family_enabled[FAMILY_IPV6] = true;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	return 0;
}

static struct addr addr(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static struct cidr cidr(const char *text)
{
	struct cidr c;

	assert_true(cidr_parse(text, &c));
	return c;
}

static void node_addr(struct fixture *f, const char *text)
{
	f->node_addresses[f->node.n_addresses++] = addr(text);
}

static void pod_cidr(struct fixture *f, const char *text)
{
	f->pod_cidrs[f->node.n_pod_cidrs++] = cidr(text);
}

static void interface_addr(struct fixture *f, const char *text)
{
	f->addresses[f->in.n_addresses++] = addr(text);
}

static void listed(struct fixture *f, const char *text)
{
	f->settings.node_port_primary = false;
	f->settings.node_port_addresses[f->settings.n_node_port_addresses++] = cidr(text);
}

static void cluster_cidr(struct fixture *f, const char *text)
{
	struct cidr c = cidr(text);

	f->settings.has_cluster_cidr[c.addr.family] = true;
	f->settings.cluster_cidr[c.addr.family] = c;
}

static const struct layout_family *compute(struct fixture *f, enum family family)
{
	node_view_compute(&f->in, f->arena, &f->view);
	return &f->view.layout.family[family];
}

/* The node-port addresses, in order, as one text. */
static void assert_addresses(struct fixture *f, const char *expect)
{
	char text[ADDRESSES_MAX * (ADDR_TEXT_SIZE + 1)] = "", one[ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < f->view.n_node_port_addresses; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			       addr_print(&f->view.node_port_addresses[i], one));
	assert_string_equal(text, expect);
}

static void assert_detector_cidr(struct fixture *f, enum family family, const char *text)
{
	char printed[CIDR_TEXT_SIZE];
	const struct layout_family *layout = compute(f, family);

	assert_int_equal(layout->detector, LAYOUT_DETECTOR_CIDR);
	assert_string_equal(cidr_print(&layout->pod_cidr, printed), text);
}

/* M11, M16 */
static void test_cluster_cidr(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(compute(f, FAMILY_IPV4)->detector, LAYOUT_DETECTOR_NONE);
	assert_int_equal(compute(f, FAMILY_IPV6)->detector, LAYOUT_DETECTOR_NONE);
	/* The node's own prefix plays no part in this mode. */
	pod_cidr(f, "10.244.1.0/24");
	assert_int_equal(compute(f, FAMILY_IPV4)->detector, LAYOUT_DETECTOR_NONE);
	cluster_cidr(f, "10.244.0.0/16");
	assert_detector_cidr(f, FAMILY_IPV4, "10.244.0.0/16");
	assert_int_equal(compute(f, FAMILY_IPV6)->detector, LAYOUT_DETECTOR_NONE);
	cluster_cidr(f, "fd00:10:244::/48");
	assert_detector_cidr(f, FAMILY_IPV4, "10.244.0.0/16");
	assert_detector_cidr(f, FAMILY_IPV6, "fd00:10:244::/48");
	assert_false(f->view.waits_for_pod_cidr);
}

/* M12, M16 */
static void test_node_cidr(void **state)
{
	struct fixture *f = *state;

	f->settings.detect_local_mode = SETTINGS_DETECT_LOCAL_NODE_CIDR;
	cluster_cidr(f, "10.244.0.0/16");
	assert_int_equal(compute(f, FAMILY_IPV4)->detector, LAYOUT_DETECTOR_NONE);
	assert_true(f->view.waits_for_pod_cidr);
	pod_cidr(f, "10.244.1.0/24");
	pod_cidr(f, "10.245.1.0/24");
	assert_detector_cidr(f, FAMILY_IPV4, "10.244.1.0/24");
	assert_int_equal(compute(f, FAMILY_IPV6)->detector, LAYOUT_DETECTOR_NONE);
	assert_false(f->view.waits_for_pod_cidr);
	pod_cidr(f, "fd00:10:244:1::/64");
	assert_detector_cidr(f, FAMILY_IPV6, "fd00:10:244:1::/64");
	f->in.node = NULL;
	assert_int_equal(compute(f, FAMILY_IPV4)->detector, LAYOUT_DETECTOR_NONE);
	assert_true(f->view.waits_for_pod_cidr);
}

/* M13, M14 */
static void test_interfaces(void **state)
{
	struct fixture *f = *state;
	int family;

	(void)snprintf(f->settings.interface, sizeof(f->settings.interface), "cni0");
	cluster_cidr(f, "10.244.0.0/16");
	for (family = 0; family < _FAMILY_MAX; family++) {
		f->settings.detect_local_mode = SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE;
		assert_int_equal(compute(f, family)->detector, LAYOUT_DETECTOR_BRIDGE);
		assert_string_equal(compute(f, family)->interface, "cni0");
		f->settings.detect_local_mode = SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX;
		assert_int_equal(compute(f, family)->detector, LAYOUT_DETECTOR_INTERFACE_PREFIX);
		assert_string_equal(compute(f, family)->interface, "cni0");
	}
}

/* O1, O2: the first address of each family */
static void test_primary(void **state)
{
	struct fixture *f = *state;

	node_addr(f, "192.0.2.1");
	node_addr(f, "192.0.2.2");
	node_addr(f, "2001:db8::1");
	interface_addr(f, "198.51.100.1");
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1 2001:db8::1");
}

/* O2: the Node's address beside prefixes; an address that is both is there once */
static void test_primary_beside_prefixes(void **state)
{
	struct fixture *f = *state;

	node_addr(f, "192.0.2.1");
	interface_addr(f, "192.0.2.1");
	interface_addr(f, "198.51.100.1");
	listed(f, "192.0.2.0/24");
	listed(f, "198.51.100.0/24");
	f->settings.node_port_primary = true;
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	/* O4: it has no prefix, and the Node no address. */
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1 198.51.100.1");
	node_addr(f, "2001:db8::1");
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1 198.51.100.1 2001:db8::1");
	/* Without a Node, a family with prefixes is served on these alone. */
	f->in.node = NULL;
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1 198.51.100.1");
	listed(f, "2001:db8::/64");
	f->settings.node_port_primary = true;
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_false(f->view.unknown);
}

/* O12: loopback prefixes serve nothing, and open nothing either */
static void test_localhost(void **state)
{
	struct fixture *f = *state;

	node_addr(f, "192.0.2.1");
	interface_addr(f, "192.0.2.1");
	interface_addr(f, "127.0.0.1");
	listed(f, "127.0.0.0/8");
	listed(f, "::1/128");
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "");
	assert_true(f->view.skipped_loopback);
	assert_int_equal(f->view.unmatched, 0);
	f->settings.node_port_primary = true;
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1");
	/* Said also where every other address serves. */
	listed(f, "0.0.0.0/0");
	f->settings.node_port_primary = true;
	assert_true(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(f->view.skipped_loopback);
	assert_addresses(f, "");
}

/* O2, O4: loopback is left out, and what is then unknown serves everywhere */
static void test_primary_unknown(void **state)
{
	struct fixture *f = *state;

	node_addr(f, "127.0.0.1");
	assert_true(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "");
	f->in.node = NULL;
	assert_true(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "");
}

/* D2: that a Node cannot be read opens nothing; what does not depend on it is as always */
static void test_node_unread(void **state)
{
	struct fixture *f = *state;

	interface_addr(f, "192.0.2.1");
	f->in.node = NULL;
	f->in.node_unread = true;
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "");
	assert_true(f->view.unread);
	assert_false(f->view.unknown);
	f->settings.bind_address = addr("192.0.2.1");
	(void)compute(f, FAMILY_IPV4);
	assert_addresses(f, "192.0.2.1");
	assert_false(f->view.layout.family[FAMILY_IPV6].node_ports_everywhere);
	listed(f, "192.0.2.0/24");
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_false(f->view.unread);
}

/* O3: interface addresses inside the prefixes; O4: a family without prefixes */
static void test_listed(void **state)
{
	struct fixture *f = *state;

	node_addr(f, "203.0.113.1");
	interface_addr(f, "192.0.2.1");
	interface_addr(f, "192.0.2.200");
	interface_addr(f, "198.51.100.1");
	interface_addr(f, "203.0.113.1");
	interface_addr(f, "2001:db8::1");
	listed(f, "192.0.2.0/25");
	listed(f, "198.51.100.0/24");
	listed(f, "198.51.100.1/32");
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_true(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	/* In two prefixes, yet there once. */
	assert_addresses(f, "192.0.2.1 198.51.100.1");
	listed(f, "2001:db8::/64");
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "192.0.2.1 198.51.100.1 2001:db8::1");
}

/* O5: a zero-length prefix makes the others of its family moot, and only of its family */
static void test_listed_everything(void **state)
{
	struct fixture *f = *state;

	interface_addr(f, "192.0.2.1");
	interface_addr(f, "2001:db8::1");
	listed(f, "192.0.2.0/24");
	listed(f, "0.0.0.0/0");
	listed(f, "2001:db8::/64");
	assert_true(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_false(compute(f, FAMILY_IPV6)->node_ports_everywhere);
	assert_addresses(f, "2001:db8::1");
}

/* O7 */
static void test_listed_loopback(void **state)
{
	struct fixture *f = *state;

	interface_addr(f, "127.0.0.1");
	interface_addr(f, "192.0.2.1");
	listed(f, "192.0.2.0/24");
	(void)compute(f, FAMILY_IPV4);
	assert_false(f->view.skipped_loopback);
	listed(f, "127.0.0.0/8");
	(void)compute(f, FAMILY_IPV4);
	assert_true(f->view.skipped_loopback);
	assert_int_equal(f->view.unmatched, 0);
	assert_addresses(f, "192.0.2.1");
}

/* O8 */
static void test_listed_nothing_matches(void **state)
{
	struct fixture *f = *state;

	interface_addr(f, "192.0.2.1");
	listed(f, "198.51.100.0/24");
	assert_false(compute(f, FAMILY_IPV4)->node_ports_everywhere);
	assert_addresses(f, "");
	assert_int_equal(f->view.unmatched, 1);
	listed(f, "192.0.2.0/24");
	listed(f, "2001:db8::/64");
	(void)compute(f, FAMILY_IPV4);
	assert_int_equal(f->view.unmatched, 1 | 4);
	/* Where all addresses serve anyway, and where there is no such family. */
	listed(f, "0.0.0.0/0");
	f->in.family_enabled[FAMILY_IPV6] = false;
	(void)compute(f, FAMILY_IPV4);
	assert_int_equal(f->view.unmatched, 0);
}

static void test_family_disabled(void **state)
{
	struct fixture *f = *state;

	f->in.family_enabled[FAMILY_IPV6] = false;
	cluster_cidr(f, "fd00::/8");
	node_addr(f, "2001:db8::1");
	interface_addr(f, "2001:db8::1");
	assert_false(compute(f, FAMILY_IPV6)->enabled);
	assert_true(compute(f, FAMILY_IPV4)->enabled);
	assert_int_equal(compute(f, FAMILY_IPV6)->detector, LAYOUT_DETECTOR_NONE);
	assert_addresses(f, "");
	listed(f, "2001:db8::/64");
	(void)compute(f, FAMILY_IPV6);
	assert_addresses(f, "");
}

/* U4, U6, U7: the union of all objects, a family at a time, overlaps merged. */
static void test_service_cidrs(void **state)
{
	const struct cidr cidrs[] = { cidr("10.96.0.0/16"), cidr("fd00:96::/112"), cidr("10.96.128.0/20"),
				      cidr("10.96.0.0/16"), cidr("10.100.0.0/14") };
	struct fixture *f = *state;
	const struct layout_family *families = f->view.layout.family;

	f->in.service_cidrs = cidrs;
	f->in.n_service_cidrs = ARRAY_SIZE(cidrs);
	node_view_compute(&f->in, f->arena, &f->view);
	assert_int_equal(families[FAMILY_IPV4].n_service_cidrs, 2);
	assert_true(cidr_equal(&families[FAMILY_IPV4].service_cidrs[0], &cidrs[0]));
	assert_true(cidr_equal(&families[FAMILY_IPV4].service_cidrs[1], &cidrs[4]));
	assert_int_equal(families[FAMILY_IPV6].n_service_cidrs, 1);
	assert_true(cidr_equal(&families[FAMILY_IPV6].service_cidrs[0], &cidrs[1]));
	assert_int_equal(f->view.skipped_service_cidrs, 0);
}

static void test_too_many_service_cidrs(void **state)
{
	struct cidr cidrs[NODE_VIEW_SERVICE_CIDRS_MAX + 3];
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cidrs); i++) {
		cidrs[i] = cidr("10.0.0.0/24");
		cidrs[i].addr.bytes[1] = (uint8_t)(i / 256);
		cidrs[i].addr.bytes[2] = (uint8_t)i;
	}
	f->in.service_cidrs = cidrs;
	f->in.n_service_cidrs = ARRAY_SIZE(cidrs);
	node_view_compute(&f->in, f->arena, &f->view);
	assert_int_equal(f->view.layout.family[FAMILY_IPV4].n_service_cidrs, NODE_VIEW_SERVICE_CIDRS_MAX);
	assert_int_equal(f->view.layout.family[FAMILY_IPV6].n_service_cidrs, 0);
	assert_int_equal(f->view.skipped_service_cidrs, 3);
}

static void test_masquerade_all(void **state)
{
	struct fixture *f = *state;

	(void)compute(f, FAMILY_IPV4);
	assert_false(f->view.layout.masquerade_all);
	f->settings.masquerade_all = true;
	(void)compute(f, FAMILY_IPV4);
	assert_true(f->view.layout.masquerade_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cluster_cidr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_node_cidr, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interfaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_primary, setup, teardown),
		cmocka_unit_test_setup_teardown(test_primary_beside_prefixes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_localhost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_node_unread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_primary_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed_loopback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed_nothing_matches, setup, teardown),
		cmocka_unit_test_setup_teardown(test_family_disabled, setup, teardown),
		cmocka_unit_test_setup_teardown(test_service_cidrs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many_service_cidrs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masquerade_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
