/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain prints as JSON is read back: front ends and endpoints of a Service. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "diagnose/targets.h"
#include "report/explain.h"
#include "report/explain_json.h"

static struct arena *arena;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

static struct targets read_explain(const struct explain *explain)
{
	struct buf json = BUF_INIT;
	struct targets targets;
	struct err err = { 0 };

	explain_json_print(explain, &json);
	assert_int_equal(targets_read(buf_text(&json), json.size, arena, &targets, &err), 0);
	buf_done(&json);
	return targets;
}

static void test_explain(void **state)
{
	struct explain_endpoint endpoints[] = {
		{ .where = "[fd00::11]:8080", .in_local = true, .cluster = "", .local = "" },
		{ .where = "[fd00::12]:8080", .cluster = "not-ready", .local = "not-ready" },
	};
	struct explain_frontend frontends[] = {
		{ .kind = "ClusterIP",
		  .where = "[fd00:96::1]:80",
		  .verdict = "",
		  .masquerade = "",
		  .source_ranges = "" },
		{ .kind = "nodePort",
		  .where = "30080",
		  .on = "fd00::10",
		  .verdict = "",
		  .masquerade = "",
		  .source_ranges = "" },
		{ .kind = "externalIP", .where = "[fd00::99]:80", .owner = { "shop", "other" }, .why = "" },
	};
	struct explain_port ports[] = { { .name = "http",
					  .protocol = "tcp",
					  .family = "IPv6",
					  .port = 80,
					  .topology = "",
					  .n_frontends = 3,
					  .frontends = frontends,
					  .n_endpoints = 2,
					  .endpoints = endpoints } };
	const struct explain explain = { .service = { "shop", "web" },
					 .type = "",
					 .internal_policy = "",
					 .external_policy = "",
					 .n_ports = 1,
					 .ports = ports };
	struct targets targets = read_explain(&explain);
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(targets.namespace, "shop");
	assert_string_equal(targets.name, "web");
	assert_false(targets.not_served);
	assert_int_equal(targets.n_frontends, 2);
	assert_string_equal(addr_print(&targets.frontends[0].addr, text), "fd00:96::1");
	assert_int_equal(targets.frontends[0].port, 80);
	assert_int_equal(targets.frontends[0].protocol, PROTOCOL_TCP);
	assert_true(targets.frontends[1].node_port);
	assert_int_equal(targets.frontends[1].port, 30080);
	assert_int_equal(targets.frontends[1].addr.family, FAMILY_IPV6);
	assert_int_equal(targets.n_endpoints, 1);
	assert_int_equal(targets.n_unused, 1);
	assert_string_equal(addr_print(&targets.endpoints[0].addr, text), "fd00::11");
	assert_int_equal(targets.endpoints[0].port, 8080);
	assert_true(targets_has_family(&targets, FAMILY_IPV6));
	assert_false(targets_has_family(&targets, FAMILY_IPV4));
}

static void test_not_served(void **state)
{
	const struct explain explain = { .service = { "shop", "web" },
					 .type = "",
					 .internal_policy = "",
					 .external_policy = "",
					 .not_served = "it is headless" };

	(void)state;
	assert_true(read_explain(&explain).not_served);
}

#define ENDPOINT(address) "{\"usedForCluster\": true, \"address\": \"" address "\"}"
#define PORT(endpoints) \
	"{\"ports\": [{\"protocol\": \"tcp\", \"frontends\": [], \"endpoints\": [" endpoints "]}]}"

/* Two ports may lead to one. */
static void test_twice(void **state)
{
	const char *json =
		PORT(ENDPOINT("10.0.0.2:80") "," ENDPOINT("10.0.0.1:81") "," ENDPOINT("10.0.0.2:80"));
	struct targets targets;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(targets_read(json, strlen(json), arena, &targets, &err), 0);
	assert_int_equal(targets.n_endpoints, 2);
	assert_int_equal(targets.endpoints[0].port, 81);
}

static void test_bad(void **state)
{
	static const char *const cases[] = {
		"",
		"no JSON",
		"[]",
		"{}",
		"{\"ports\": [{}]}",
		PORT(ENDPOINT("10.0.0.1")),
		PORT(ENDPOINT("10.0.0.1:0")),
		PORT(ENDPOINT("10.0.0.1:65536")),
		PORT(ENDPOINT("10.0.0.1:80x")),
		PORT(ENDPOINT(":80")),
		PORT(ENDPOINT("[:80")),
		PORT(ENDPOINT("[]:80")),
		PORT(ENDPOINT("[fd00::1:80")),
		PORT(ENDPOINT("0123456789012345678901234567890123456789012345678901234567890123456789:80")),
		PORT("{\"usedForLocal\": true, \"address\": 80}"),
	};
	struct targets targets;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (targets_read(cases[i], strlen(cases[i]), arena, &targets, &err) != -EPROTO)
			fail_msg("was read: %s", cases[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(explain), TEST(not_served), TEST(twice), TEST(bad) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
