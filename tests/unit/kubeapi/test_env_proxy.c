/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The proxy that the environment means, as Go chooses it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kubeapi/env_proxy.h"

static void test_exceptions(void **state)
{
	static const struct {
		const char *server;
		const char *no_proxy;
		bool proxied;
	} rows[] = {
		{ "https://api.example.org:6443", NULL, true },
		{ "https://api.example.org:6443", "", true },
		{ "https://10.0.0.1:6443", "", true },
		{ "https://[fd00::1]:6443", "", true },
		/* Loopback never has one. */
		{ "https://127.0.0.1:6443", "", false },
		{ "https://127.9.9.9", "", false },
		{ "https://[::1]:6443", "", false },
		{ "https://[::1]", "", false },
		{ "https://[::ffff:127.0.0.1]:6443", "", false },
		{ "https://localhost:6443/base", "", false },
		{ "https://localhost", "", false },
		{ "https://localhost.example.org", "", true },
		{ "https://0.0.0.0:6443", "", true },
		/* Everything. */
		{ "https://api.example.org", "*", false },
		{ "https://10.0.0.1", "other , * ", false },
		{ "https://10.0.0.1", "**", true },
		/* Addresses. */
		{ "https://10.0.0.1:6443", "10.0.0.1", false },
		{ "https://10.0.0.11:6443", "10.0.0.1", true },
		{ "https://10.0.0.1:6443", "10.0.0.1:6443", false },
		{ "https://10.0.0.1:6443", "10.0.0.1:443", true },
		{ "https://10.0.0.1", "10.0.0.1:443", false },
		{ "http://10.0.0.1", "10.0.0.1:80", false },
		{ "https://[fd00::1]:6443", "fd00::1", false },
		{ "https://[fd00::1]:6443", "fd00:0:0::1", false },
		{ "https://[fd00::1]:6443", "[fd00::1]:6443", false },
		{ "https://[fd00::1]:6443", "[fd00::1]:443", true },
		{ "https://[fd00::1]", "[fd00::1]", true }, /* brackets need a port */
		{ "https://[::ffff:10.0.0.1]", "10.0.0.1", false },
		/* CIDRs. */
		{ "https://10.0.0.1:6443", "10.0.0.0/8", false },
		{ "https://10.0.0.1:6443", "192.168.0.0/16,10.0.0.0/30", false },
		{ "https://10.0.0.1:6443", "10.0.1.0/24", true },
		{ "https://10.0.0.1:6443", "10.0.0.0/8:6443", true },
		{ "https://[fd00::1]", "fd00::/8", false },
		{ "https://[fe00::1]", "fd00::/8", true },
		{ "https://10.example.org", "10.0.0.0/8", true },
		{ "https://10.0.0.1", "10.0.0.0/33", true },
		/* Domains. */
		{ "https://example.org", "example.org", false },
		{ "https://api.example.org", "example.org", false },
		{ "https://a.api.example.org:6443", "example.org", false },
		{ "https://myexample.org", "example.org", true },
		{ "https://example.org", "api.example.org", true },
		{ "https://example.org", ".example.org", true },
		{ "https://api.example.org", ".example.org", false },
		{ "https://example.org", "*.example.org", true },
		{ "https://api.example.org", "*.example.org", false },
		{ "https://api.example.org", "*example.org", true },
		{ "https://api.example.org:6443", "example.org:6443", false },
		{ "https://api.example.org:6443", "example.org:443", true },
		{ "https://api.example.org", "example.org:443", false },
		{ "https://api.example.org:6443", "*.example.org:6443", false },
		{ "https://API.Example.ORG", "EXAMPLE.org", false },
		{ "https://api.example.org", " other.org ,\texample.org ", false },
		{ "https://api.example.org", ":443,,:", true },
		{ "https://api.example.org", ".", true },
		{ "https://example.org.", "example.org", true },
	};
	const struct env_proxy base = { .http_proxy = "http://p:1", .https_proxy = "http://p:1" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct env_proxy environment = base;
		char *proxy;

		environment.no_proxy = rows[i].no_proxy;
		proxy = env_proxy_choose(&environment, rows[i].server);
		if (!!proxy != rows[i].proxied)
			fail_msg("%s, NO_PROXY=%s: %s", rows[i].server, rows[i].no_proxy,
				 proxy ? proxy : "none");
		free(proxy);
	}
}

static void test_proxies(void **state)
{
	static const struct {
		const char *server;
		const char *http_proxy;
		const char *https_proxy;
		const char *proxy; /* NULL: none */
	} rows[] = {
		{ "https://a", NULL, NULL, NULL },
		{ "https://a", "http://p", "", NULL },
		{ "http://a", "", "http://p", NULL },
		{ "http://a", "http://p", "http://q", "http://p" },
		{ "HTTPS://a", "http://p", "http://q", "http://q" },
		{ "ftp://a", "http://p", "http://q", NULL },
		{ "https://a", "", "p", "http://p" },
		{ "https://a", "", "p:3128", "http://p:3128" },
		{ "https://a", "", "10.0.0.1:3128", "http://10.0.0.1:3128" },
		{ "https://a", "", "[fd00::1]:3128", "http://[fd00::1]:3128" },
		{ "https://a", "", "me:word@p:3128", "http://me:word@p:3128" },
		{ "https://a", "", "socks5://p:1080", "socks5://p:1080" },
		{ "https://a", "", "https://p:3128/", "https://p:3128/" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct env_proxy environment = { .http_proxy = rows[i].http_proxy,
						       .https_proxy = rows[i].https_proxy };
		char *proxy = env_proxy_choose(&environment, rows[i].server);

		if (rows[i].proxy)
			assert_string_equal(proxy, rows[i].proxy);
		else
			assert_null(proxy);
		free(proxy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_proxies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
