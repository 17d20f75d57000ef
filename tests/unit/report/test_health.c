/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When we are healthy, and the answers. Times are arguments. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/health.h"

static const bool both[_FAMILY_MAX] = { true, true };

#define SYNC_PERIOD_MS 30000
#define START_US       1764066645120000 /* 2025-11-25T10:30:45.12Z */

/* With rules in the kernel. */
static void init(struct health *health, const bool family_enabled[_FAMILY_MAX])
{
	health_init(health, family_enabled, SYNC_PERIOD_MS, START_US);
	health->rules = HEALTH_RULES_MADE;
}

/* H2, H3 */
static void test_overdue(void **state)
{
	struct health health;

	(void)state;
	init(&health, both);
	/* No sync is requested: healthy after any time. */
	assert_true(health_healthy(&health, 1000000000));
	health_queued(&health, 5000);
	health_queued(&health, 40000); /* the oldest request counts */
	assert_true(health_healthy(&health, 64999));
	assert_false(health_healthy(&health, 65000));
	health_synced(&health, START_US + 1);
	assert_true(health_healthy(&health, 65000));
	assert_true(health_healthy(&health, 1000000000));
	health_queued(&health, 70000);
	assert_true(health_healthy(&health, 129999));
	assert_false(health_healthy(&health, 130000));
}

/* H28: the API server's store is empty, and this node is not in it. */
static void test_data_lost(void **state)
{
	enum health_reason reason;
	struct health health;

	(void)state;
	init(&health, both);
	health.data_lost = true;
	assert_int_equal(health_judge(&health, 0, &reason), HEALTH_VERDICT_NOT_SERVING);
	assert_int_equal(reason, HEALTH_REASON_DATA_LOST);
	assert_true(health_works(&health, 0));
	/* What is not known is not judged by it. */
	health.rules = HEALTH_RULES_EARLIER;
	assert_int_equal(health_judge(&health, 0, &reason), HEALTH_VERDICT_UNKNOWN);
}

static void test_intact(void **state)
{
	struct health health;

	(void)state;
	init(&health, both);
	health.intact = false;
	assert_false(health_healthy(&health, 0));
	/* A sync does not make the tables intact: sync_intact() finds that out. */
	health_synced(&health, START_US + 1);
	assert_false(health_healthy(&health, 0));
	health.intact = true;
	assert_true(health_healthy(&health, 0));
}

/* H26 */
static void test_first_sync_without_some_services(void **state)
{
	struct health health;

	(void)state;
	init(&health, both);
	health_first(&health, false, 5000);
	health_synced(&health, START_US + 1);
	assert_false(health_healthy(&health, 5000));
	health_first(&health, false, 20000); /* the first one counts */
	assert_false(health_healthy(&health, 64999));
	assert_true(health_healthy(&health,
				   65000)); /* a Service that is refused everywhere must not stop all nodes */
	init(&health, both);
	health_first(&health, false, 5000);
	health_first(&health, true, 6000);
	assert_true(health_healthy(&health, 6000));
}

/* H28: health_judge() alone decides, and each answer agrees with it. */
static void test_judge(void **state)
{
	static const struct {
		enum health_rules rules;
		bool intact;
		uint64_t queued_ms; /* now is 200000 */
		uint64_t incomplete_ms;
		enum health_verdict verdict;
		enum health_reason reason;
		bool works;
	} rows[] = {
#define NONE  UINT64_MAX
#define LATE  100000
#define EARLY 190000
		{ HEALTH_RULES_MADE, true, NONE, NONE, HEALTH_VERDICT_SERVING, HEALTH_REASON_NONE, true },
		{ HEALTH_RULES_MADE, true, EARLY, NONE, HEALTH_VERDICT_SERVING, HEALTH_REASON_NONE, true },
		{ HEALTH_RULES_MADE, true, NONE, LATE, HEALTH_VERDICT_SERVING, HEALTH_REASON_NONE, true },
		{ HEALTH_RULES_MADE, true, NONE, EARLY, HEALTH_VERDICT_NOT_SERVING,
		  HEALTH_REASON_SERVICES_MISSING, false },
		{ HEALTH_RULES_MADE, true, LATE, NONE, HEALTH_VERDICT_NOT_SERVING, HEALTH_REASON_SYNC_OVERDUE,
		  false },
		{ HEALTH_RULES_MADE, false, LATE, NONE, HEALTH_VERDICT_NOT_SERVING,
		  HEALTH_REASON_TABLES_CHANGED, false },
		{ HEALTH_RULES_EARLIER, true, NONE, NONE, HEALTH_VERDICT_UNKNOWN, HEALTH_REASON_EARLIER_RULES,
		  true },
		{ HEALTH_RULES_EARLIER, true, EARLY, NONE, HEALTH_VERDICT_UNKNOWN,
		  HEALTH_REASON_EARLIER_RULES, true },
		{ HEALTH_RULES_EARLIER, true, LATE, NONE, HEALTH_VERDICT_NOT_SERVING,
		  HEALTH_REASON_SYNC_OVERDUE, false },
		{ HEALTH_RULES_KEPT, true, NONE, NONE, HEALTH_VERDICT_SERVING, HEALTH_REASON_NONE, true },
		{ HEALTH_RULES_KEPT, true, LATE, NONE, HEALTH_VERDICT_NOT_SERVING, HEALTH_REASON_SYNC_OVERDUE,
		  false },
		{ HEALTH_RULES_NONE, true, NONE, NONE, HEALTH_VERDICT_NOT_SERVING, HEALTH_REASON_NO_RULES,
		  true },
		{ HEALTH_RULES_NONE, true, LATE, NONE, HEALTH_VERDICT_NOT_SERVING, HEALTH_REASON_NO_RULES,
		  false },
		{ HEALTH_RULES_UNREADABLE, true, NONE, NONE, HEALTH_VERDICT_UNKNOWN,
		  HEALTH_REASON_TABLES_UNREADABLE, true },
	};
	struct buf healthz = BUF_INIT;
	enum health_reason reason;
	struct health health;
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool serves = rows[i].verdict == HEALTH_VERDICT_SERVING;

		init(&health, both);
		health_node(&health, true);
		health.rules = rows[i].rules;
		health.intact = rows[i].intact;
		health.queued_ms = rows[i].queued_ms;
		health.incomplete_ms = rows[i].incomplete_ms;
		assert_int_equal(health_judge(&health, 200000, &reason), rows[i].verdict);
		assert_int_equal(reason, rows[i].reason);
		assert_int_equal(health_healthy(&health, 200000), serves);
		assert_int_equal(health_works(&health, 200000), rows[i].works);
		buf_reset(&healthz);
		assert_int_equal(health_print(&health, true, 200000, START_US, &healthz), serves);
		(void)snprintf(text, sizeof(text), "\"verdict\":\"%s\",\"reason\":\"%s\"",
			       health_verdict_name(rows[i].verdict), health_reason_name(reason));
		assert_int_equal(strstr(buf_text(&healthz), text) == NULL, serves);
		assert_non_null(
			strstr(buf_text(&healthz), serves ? "\"healthy\":true" : "\"healthy\":false"));
		buf_reset(&healthz);
		assert_int_equal(health_print(&health, false, 200000, START_US, &healthz), rows[i].works);
		buf_reset(&healthz);
		assert_int_equal(health_print_service(&health, (struct service_name){ "shop", "web" }, 1,
						      200000, &healthz),
				 serves);
	}
	buf_done(&healthz);
}

/* H7 */
static void test_node(void **state)
{
	struct health health;

	(void)state;
	init(&health, both);
	assert_false(health_eligible(&health));
	health_node(&health, true);
	assert_true(health_eligible(&health));
	health_node(&health, false);
	assert_false(health_eligible(&health));
}

static void prints(const struct health *health, bool with_node, uint64_t now_ms, int64_t wall_us, bool good,
		   const char *text)
{
	struct buf buf = BUF_INIT;

	assert_int_equal(health_print(health, with_node, now_ms, wall_us, &buf), good);
	assert_string_equal(buf_text(&buf), text);
	buf_done(&buf);
}

/* H5, H6, H8, H9 */
static void test_print(void **state)
{
	static const bool one[_FAMILY_MAX] = { [FAMILY_IPV4] = true };
	struct health health;

	(void)state;
	init(&health, both);
	prints(&health, false, 1000, START_US + 2000000, true,
	       "{\"lastUpdated\":\"2025-11-25T10:30:47.12Z\",\"currentTime\":\"2025-11-25T10:30:47.12Z\","
	       "\"healthy\":true,\"status\":{"
	       "\"IPv4\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true},"
	       "\"IPv6\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true}}}");
	prints(&health, true, 1000, START_US + 880000, false,
	       "{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"currentTime\":\"2025-11-25T10:30:46Z\","
	       "\"nodeEligible\":false,\"healthy\":true,\"status\":{"
	       "\"IPv4\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true},"
	       "\"IPv6\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true}}}");
	init(&health, one);
	health_node(&health, true);
	prints(&health, true, 0, START_US + 1, true,
	       "{\"lastUpdated\":\"2025-11-25T10:30:45.120001Z\",\"currentTime\":\"2025-11-25T10:30:45.120001Z\","
	       "\"nodeEligible\":true,\"healthy\":true,\"status\":{"
	       "\"IPv4\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true}}}");
	health.n_refused = health.n_named = 1;
	health.refused[0] = (struct health_refused){ { "shop", "web" }, "no", START_US };
	prints(&health, true, 0, START_US + 1, true,
	       "{\"lastUpdated\":\"2025-11-25T10:30:45.120001Z\",\"currentTime\":\"2025-11-25T10:30:45.120001Z\","
	       "\"nodeEligible\":true,\"healthy\":true,\"status\":{"
	       "\"IPv4\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":true}},\"refusedServices\":1,\"refusals\":["
	       "{\"service\":\"shop/web\",\"since\":\"2025-11-25T10:30:45.12Z\",\"reason\":\"no\"}]}");
	health.n_refused = health.n_named = 0;
	health_queued(&health, 0);
	prints(&health, true, 60000, START_US + 1, false,
	       "{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"currentTime\":\"2025-11-25T10:30:45.120001Z\","
	       "\"nodeEligible\":true,\"healthy\":false,\"status\":{"
	       "\"IPv4\":{\"lastUpdated\":\"2025-11-25T10:30:45.12Z\",\"healthy\":false}},"
	       "\"verdict\":\"not-serving\",\"reason\":\"sync-overdue\"}");
}

/* H16, H17 */
static void test_print_service(void **state)
{
	struct buf buf = BUF_INIT;
	struct health health;

	(void)state;
	init(&health, both);
	assert_true(health_print_service(&health, (struct service_name){ "shop", "web" }, 2, 0, &buf));
	assert_string_equal(buf_text(&buf), "{\n\t\"service\": {\n\t\t\"namespace\": \"shop\",\n"
					    "\t\t\"name\": \"web\"\n\t},\n\t\"localEndpoints\": 2,\n"
					    "\t\"serviceProxyHealthy\": true\n}");
	/* Eligibility does not matter (H16). */
	health_node(&health, false);
	assert_true(health_print_service(&health, (struct service_name){ "shop", "web" }, 1, 0, &buf));
	assert_false(health_print_service(&health, (struct service_name){ "shop", "web" }, 0, 0, &buf));
	health_queued(&health, 0);
	assert_false(health_print_service(&health, (struct service_name){ "shop", "web" }, 1,
					  2 * SYNC_PERIOD_MS, &buf));
	buf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overdue),	      cmocka_unit_test(test_intact),
		cmocka_unit_test(test_node),	      cmocka_unit_test(test_print),
		cmocka_unit_test(test_print_service), cmocka_unit_test(test_first_sync_without_some_services),
		cmocka_unit_test(test_judge),	      cmocka_unit_test(test_data_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
