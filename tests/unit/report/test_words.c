/* SPDX-License-Identifier: GPL-2.0-or-later */
/* explain, as text and as JSON; lines of text are short. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/explain.h"
#include "report/explain_json.h"
#include "report/explain_text.h"
#include "report/words.h"

static struct buf text;

static int teardown(void **state)
{
	(void)state;
	buf_done(&text);
	text = (struct buf)BUF_INIT;
	return 0;
}

static void fits(void)
{
	const char *line = buf_text(&text);

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > WORDS_COLUMNS)
			fail_msg("%zu columns: %.*s", len, (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void test_wrap(void **state)
{
	(void)state;
	words_wrap(&text, 70, 4, "one two three");
	assert_string_equal(buf_text(&text), "one two\n    three\n");
	buf_reset(&text);
	words_wrap(&text, 0, 4, "");
	assert_string_equal(buf_text(&text), "\n");
}

static void test_age(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = { { -1, "never" },	{ 0, "0 s" },	 { 99, "99 s" },
		      { 120, "2 min" }, { 7200, "2 h" }, { 300000, "3 days" } };
	char age[24];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(words_age(cases[i].seconds, age), cases[i].text);
}

/* The longest addresses. */
static void test_explain(void **state)
{
	static const struct explain_walk walk = {
		"translated", "one of 2 endpoints", "admitted by fd00::/16", "no",
		"ip6 dispatch: a rule that is long enough to be broken "
		"somewhere in the middle of it, twice over if need be, for it "
		"goes on and on\nip6 lb-tcp-2: another\n"
	};
	struct explain_endpoint endpoints[] = {
		{ .where = "[fd00:1111:2222:3333:4444:5555:6666:7777]:65535",
		  .here = true,
		  .in_cluster = true,
		  .in_local = true,
		  .cluster = "ready",
		  .local = "terminating-fallback",
		  .cluster_slots = { 100, 128 },
		  .local_slots = { 1, 1 } },
		{ .where = "10.0.0.1:80",
		  .in_cluster = true,
		  .cluster = "ready",
		  .local = "other-node",
		  .cluster_slots = { 0, 128 } },
		{ .where = "10.0.0.2:80", .cluster = "not-ready", .local = "other-node" },
	};
	struct explain_frontend frontends[] = {
		{ .kind = "loadBalancerIP",
		  .where = "[fd00:1111:2222:3333:4444:5555:6666:7777]:65535",
		  .verdict = "the list for Cluster, 2 endpoints",
		  .local_verdict = "dropped: there are endpoints, but none on this node",
		  .masquerade = "always (externalTrafficPolicy Cluster)",
		  .source_ranges =
			  "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8 13.0.0.0/8 14.0.0.0/8 15.0.0.0/8 16.0.0.0/8",
		  .affinity_timeout_s = 10800,
		  .walk = &walk },
		{ .kind = "nodePort", .where = "30080", .owner = { "other", "one" } },
	};
	const char *notes[] = { "EndpointSlice web-1 has 3 endpoints, but no tcp port named \"http\"" };
	struct explain_port port = { .name = "http",
				     .protocol = "tcp",
				     .family = "IPv6",
				     .port = 80,
				     .topology = "hints for zones decide; this node is in \"z1\"",
				     .n_frontends = 2,
				     .frontends = frontends,
				     .n_endpoints = 3,
				     .endpoints = endpoints,
				     .n_notes = 1,
				     .notes = notes };
	struct explain explain = { .service = { "shop", "web" },
				   .type = "LoadBalancer",
				   .internal_policy = "Cluster",
				   .external_policy = "Local",
				   .n_slices = 2,
				   .from = "fd00:1111:2222:3333:4444:5555:6666:8888",
				   .from_family = "IPv6",
				   .from_is = "one from outside",
				   .n_ports = 1,
				   .ports = &port };

	(void)state;
	explain_text_print(&explain, (struct explain_style){ .rules = true }, &text);
	fits();
	assert_non_null(
		strstr(buf_text(&text),
		       "\n  * [fd00:1111:2222:3333:4444:5555:6666:7777]:65535\n"
		       "                           used                       used: terminating-fallback\n"
		       "      100 of 128 slots for Cluster\n"
		       "    10.0.0.1:80            used                       other-node\n"
		       "      0 of 128 slots for Cluster: no new connections\n"
		       "    10.0.0.2:80            not-ready                  other-node\n"));
	assert_non_null(strstr(buf_text(&text),
			       "      all others: dropped: there are endpoints, but none on this node\n"));
	assert_non_null(strstr(buf_text(&text), "conflict: Service other/one has it"));
	assert_non_null(strstr(buf_text(&text), "admitted by fd00::/16"));
	assert_non_null(
		strstr(buf_text(&text),
		       "\nnot checked: whether endpoints listen on these ports; the command check does\n"));
	assert_null(strstr(buf_text(&text), "reaches no front end"));
	buf_reset(&text);
	words_set_columns(200);
	explain_text_print(&explain, (struct explain_style){ .rules = false }, &text);
	assert_non_null(strstr(buf_text(&text), "13.0.0.0/8 14.0.0.0/8 15.0.0.0/8 16.0.0.0/8\n"));
	assert_null(strstr(buf_text(&text), "ip6 lb-tcp-2"));
	words_set_columns(1);
	assert_int_equal(words_columns(), WORDS_COLUMNS_MIN);
	words_set_columns(0);
	assert_int_equal(words_columns(), WORDS_COLUMNS);
	buf_reset(&text);
	explain.from_family = "IPv4";
	explain_text_print(&explain, (struct explain_style){ .rules = true }, &text);
	assert_non_null(strstr(buf_text(&text), ": it is IPv4, and"));
	buf_reset(&text);
	explain_json_print(&explain, &text);
	assert_non_null(strstr(buf_text(&text), "\"conflictsWith\": \"other/one\""));
	assert_non_null(strstr(buf_text(&text), "\"ip6 lb-tcp-2: another\""));
	assert_non_null(strstr(buf_text(&text), "\"clusterSlots\": 100"));
	assert_non_null(strstr(buf_text(&text), "\"clusterSlotsOf\": 128"));
	assert_null(strstr(buf_text(&text), "localSlots"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_wrap, teardown),
		cmocka_unit_test_teardown(test_age, teardown),
		cmocka_unit_test_teardown(test_explain, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
