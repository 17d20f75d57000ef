/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first line of explain: each verdict, and which goes before which. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/explain.h"
#include "report/explain_verdict.h"

static struct explain_endpoint endpoints[3];
static struct explain_frontend frontends[2];
static struct explain_port port;
static struct explain explain;

/* shop/web, port 80 with two of three endpoints, on a ClusterIP and a node port. */
static int setup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		endpoints[i] = (struct explain_endpoint){ .where = "10.244.1.1:8080",
							  .in_cluster = i < 2,
							  .cluster = i < 2 ? "ready" : "not-ready",
							  .local = "other-node" };
	frontends[0] =
		(struct explain_frontend){ .kind = "ClusterIP", .where = "10.96.0.1:80", .n_endpoints = 2 };
	frontends[1] = (struct explain_frontend){ .kind = "nodePort", .where = "30080", .n_endpoints = 2 };
	port = (struct explain_port){ .name = "http",
				      .protocol = "tcp",
				      .family = "IPv4",
				      .port = 80,
				      .n_frontends = 2,
				      .frontends = frontends,
				      .n_endpoints = 3,
				      .endpoints = endpoints };
	explain = (struct explain){
		.service = { "shop", "web" }, .waiting = { .since_s = -1 }, .n_ports = 1, .ports = &port
	};
	return 0;
}

static void expect(const char *name, const char *line)
{
	struct buf text = BUF_INIT;
	char *newline;

	assert_string_equal(explain_verdict_name(explain_verdict(&explain)), name);
	explain_verdict_print(&explain, false, &text);
	(void)buf_text(&text);
	while ((newline = strstr(text.data, "\n  ")))
		memmove(newline + 1, newline + 3, strlen(newline + 3) + 1), *newline = ' ';
	assert_string_equal(text.data, line);
	buf_done(&text);
}

static void outcome(enum explain_outcome first, enum explain_outcome second)
{
	frontends[0].outcome = frontends[0].outside = first;
	frontends[1].outcome = frontends[1].outside = second;
}

static void test_serves(void **state)
{
	(void)state;
	expect("serves", "shop/web: serves: 2 of 3 endpoints\n");
	frontends[1].outside = EXPLAIN_OUTCOME_DROPPED;
	expect("serves",
	       "shop/web: serves: 2 of 3 endpoints; drops what comes from outside: no endpoint is on this node\n");
}

static void test_refuses(void **state)
{
	const char *notes[] = { "EndpointSlice web-1 has 3 endpoints, but no tcp port named \"http\"" };
	size_t i;

	(void)state;
	outcome(EXPLAIN_OUTCOME_REFUSED, EXPLAIN_OUTCOME_REFUSED);
	for (i = 0; i < 3; i++)
		endpoints[i] = (struct explain_endpoint){ .where = "10.244.1.1:8080",
							  .cluster = "not-ready",
							  .local = "not-ready" };
	expect("refuses", "shop/web: refuses everyone: 3 endpoints, none ready\n");
	endpoints[0].cluster = "terminating";
	expect("refuses", "shop/web: refuses everyone: 3 endpoints, none usable\n");
	port.n_endpoints = 0;
	expect("refuses", "shop/web: refuses everyone: there are no endpoints\n");
	port.notes = notes;
	port.n_notes = 1;
	expect("refuses",
	       "shop/web: refuses everyone: EndpointSlice web-1 has 3 endpoints, but no tcp port named \"http\"\n");
}

static void test_drops(void **state)
{
	(void)state;
	outcome(EXPLAIN_OUTCOME_DROPPED, EXPLAIN_OUTCOME_DROPPED);
	expect("drops", "shop/web: drops everything: 3 endpoints, none on this node\n");
}

static void test_partly(void **state)
{
	(void)state;
	outcome(EXPLAIN_OUTCOME_SERVED, EXPLAIN_OUTCOME_LOST);
	frontends[1].owner = (struct service_name){ "shop", "old" };
	frontends[1].why = "it is older";
	expect("serves-partly",
	       "shop/web: serves only partly: nodePort 30080, port http tcp 80, is Service shop/old's: it is older\n");
	outcome(EXPLAIN_OUTCOME_DROPPED, EXPLAIN_OUTCOME_LOST);
	expect("serves-partly",
	       "shop/web: serves nobody: ClusterIP 10.96.0.1:80, port http tcp 80, drops "
	       "everything: 3 endpoints, none on this node; so it is with 2 of 2 front ends\n");
}

static void test_not_served(void **state)
{
	(void)state;
	explain.n_ports = 0;
	explain.not_served = "an ExternalName is a matter of DNS";
	expect("not-served", "shop/web: not served: an ExternalName is a matter of DNS\n");
	explain.rejected = true;
	explain.not_served = "it is refused, and no good version of it was seen";
	expect("rejected", "shop/web: not served: it is refused, and no good version of it was seen\n");
}

static void test_waits(void **state)
{
	const char *installed[] = { "10.244.1.1:8080", "10.244.1.2:8080", "10.244.1.3:8080",
				    "10.244.1.4:8080" };

	(void)state;
	explain.waiting.why = "Cannot allocate memory";
	expect("waits", "shop/web: waiting: the kernel has none of its endpoints: Cannot allocate memory\n");
	explain.waiting.since_s = 5;
	explain.waiting.installed = installed;
	explain.waiting.n_installed = 1;
	expect("waits",
	       "shop/web: waiting: the kernel still has 1 endpoint (10.244.1.1:8080): Cannot allocate memory, for 5 s\n");
	explain.waiting.n_installed = 4;
	expect("waits",
	       "shop/web: waiting: the kernel still has 4 endpoints (10.244.1.1:8080, 10.244.1.2:8080, "
	       "10.244.1.3:8080, ...): Cannot allocate memory, for 5 s\n");
	explain.waiting.n_installed = 0;
	explain.in_force = "rules of an earlier run are in force";
	expect("waits",
	       "shop/web: waiting: Cannot allocate memory, for 5 s; rules of an earlier run are in force\n");
}

/* Before all else. */
static void test_unknown(void **state)
{
	struct explain_unknown unknown[] = { { "Service", NULL }, { "EndpointSlice", "403 Forbidden" } };

	(void)state;
	outcome(EXPLAIN_OUTCOME_REFUSED, EXPLAIN_OUTCOME_REFUSED);
	explain.waiting.why = "Cannot allocate memory";
	explain.unknown = &unknown[1];
	explain.n_unknown = 1;
	expect("unknown", "shop/web: EndpointSlices unknown (403 Forbidden)\n");
	explain.unknown = unknown;
	explain.n_unknown = 2;
	explain.in_force = "rules of an earlier run are in force";
	expect("unknown", "shop/web: Services unknown, EndpointSlices unknown (403 Forbidden); rules of an "
			  "earlier run are in force\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_serves, setup),	cmocka_unit_test_setup(test_refuses, setup),
		cmocka_unit_test_setup(test_drops, setup),	cmocka_unit_test_setup(test_partly, setup),
		cmocka_unit_test_setup(test_not_served, setup), cmocka_unit_test_setup(test_waits, setup),
		cmocka_unit_test_setup(test_unknown, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
