/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tests/COVERAGE.md H18: which endpoints count as ready on this node. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "lib/objects.h"
#include "model/slice.h"
#include "select/local_ready.h"

#define SLICES_MAX 3

static const struct {
	const char *what;
	const char *slices[SLICES_MAX];
	size_t ipv4;
	size_t ipv6;
} cases[] = {
	{ "no slices", { NULL }, 0, 0 },
	{ "one here, one there, one nowhere",
	  { "http/TCP/80 | 10.0.0.1@here RS; 10.0.0.2@there RS; 10.0.0.3 RS" },
	  1,
	  0 },
	{ "not ready", { "http/TCP/80 | 10.0.0.1@here -; 10.0.0.2@here S" }, 0, 0 },
	{ "serves while it terminates: others are to have the new connections",
	  { "http/TCP/80 | 10.0.0.1@here ST" },
	  0,
	  0 },
	{ "one address with two ports", { "a/TCP/80 b/TCP/81 | 10.0.0.1@here RS" }, 1, 0 },
	{ "one address in two slices",
	  { "a/TCP/80 | 10.0.0.1@here RS", "b/TCP/81 | 10.0.0.1@here RS; 10.0.0.2@here RS" },
	  2,
	  0 },
	{ "each family for itself",
	  { "a/TCP/80 | 10.0.0.1@here RS", "IPv6 | a/TCP/80 | fd00::1@here RS; fd00::2@here RS" },
	  1,
	  2 },
	{ "a slice without ports is nobody's", { " | 10.0.0.1@here RS" }, 0, 0 },
};

static void test_count(void **state)
{
	struct arena *arena = arena_new();
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct slice *slices[SLICES_MAX];

		for (n = 0; n < SLICES_MAX && cases[i].slices[n]; n++)
			slices[n] = objects_slice(arena, "ns/slice", "web", cases[i].slices[n]);
		print_message("%s\n", cases[i].what);
		assert_int_equal(local_ready_count(slices, n, FAMILY_IPV4, "here", arena), cases[i].ipv4);
		assert_int_equal(local_ready_count(slices, n, FAMILY_IPV6, "here", arena), cases[i].ipv6);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_count) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
