/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/http_clients.h"

static struct sockaddr_storage from_text(const char *text)
{
	struct sockaddr_storage ret = { .ss_family = AF_INET };

	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&ret)->sin_addr) == 1)
		return ret;
	ret.ss_family = AF_INET6;
	if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&ret)->sin6_addr) != 1)
		ret.ss_family = AF_UNIX;
	return ret;
}

/* The other end of each client's socket. */
static int others[64];
static int n_others;

static struct http_client *add(struct http_clients *clients, const char *from, uint64_t now_ms)
{
	struct sockaddr_storage address = from_text(from);
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	others[n_others++] = pair[1];
	if (!http_clients_add(clients, pair[0], &address, now_ms)) {
		(void)close(pair[0]);
		return NULL;
	}
	return http_clients_find(clients, pair[0]);
}

static void end(struct http_clients *clients, struct http_client **all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (all[i])
			http_clients_remove(clients, all[i]);
	while (n_others)
		(void)close(others[--n_others]);
	http_clients_free(clients);
}

static void test_of_the_most_the_oldest(void **state)
{
	struct http_clients *clients = http_clients_new(4);
	struct http_client *all[6];
	char byte;

	(void)state;
	all[0] = add(clients, "10.0.0.2", 1);
	all[1] = add(clients, "10.0.0.1", 2);
	all[2] = add(clients, "::ffff:10.0.0.1", 3); /* the same address */
	all[3] = add(clients, "10.0.0.3", 4);
	all[4] = add(clients, "10.0.0.4", 5);
	assert_true(http_clients_is_cut(all[1]));
	/* Nothing comes any more: it is shut down, not only forgotten. */
	assert_int_equal(recv(others[1], &byte, 1, MSG_DONTWAIT), 0);
	assert_false(http_clients_is_cut(all[0]));
	assert_int_equal(http_clients_n_cut(clients), 1);
	/* All have one: the oldest. */
	all[5] = add(clients, "10.0.0.5", 6);
	assert_true(http_clients_is_cut(all[0]));
	assert_false(http_clients_is_cut(all[5]));
	end(clients, all, 6);
}

static void test_networks_of_ipv6(void **state)
{
	struct http_clients *clients = http_clients_new(3);
	struct http_client *all[4];

	(void)state;
	all[0] = add(clients, "2001:db8:0:1::1", 1);
	all[1] = add(clients, "2001:db8:0:2::1", 2);
	all[2] = add(clients, "2001:db8:0:2::2", 3);
	all[3] = add(clients, "unix", 4);
	assert_true(http_clients_is_cut(all[1]));
	end(clients, all, 4);
}

static void test_an_answer_is_a_new_beginning(void **state)
{
	struct http_clients *clients = http_clients_new(4);
	struct http_client *all[3];

	(void)state;
	all[0] = add(clients, "10.0.0.1", 5);
	all[1] = add(clients, "10.0.0.1", 10);
	http_clients_restart(clients, all[0], 20);
	assert_int_equal(http_clients_expire(clients, 30), HTTP_CLIENTS_DEADLINE_MS - 20);
	assert_int_equal(http_clients_expire(clients, 10 + HTTP_CLIENTS_DEADLINE_MS), 10);
	assert_true(http_clients_is_cut(all[1]));
	assert_false(http_clients_is_cut(all[0]));
	/* One that is cut does not come back. */
	http_clients_restart(clients, all[1], 40);
	assert_true(http_clients_is_cut(all[1]));
	assert_int_equal(http_clients_expire(clients, 20 + HTTP_CLIENTS_DEADLINE_MS), -1);
	all[2] = add(clients, "10.0.0.1", 50 + HTTP_CLIENTS_DEADLINE_MS);
	/* The clock of a timer may be late. */
	assert_int_equal(http_clients_expire(clients, 90 + 3 * HTTP_CLIENTS_DEADLINE_MS), -1);
	end(clients, all, 3);
}

static void test_those_that_wait_for_us(void **state)
{
	struct http_clients *clients = http_clients_new(1);
	struct http_client *all[3];

	(void)state;
	all[0] = add(clients, "unix", 0);
	http_clients_wait(clients, all[0]);
	assert_int_equal(http_clients_expire(clients, 2 * HTTP_CLIENTS_DEADLINE_MS), -1);
	assert_null(add(clients, "unix", 1));
	http_clients_restart(clients, all[0], 2 * HTTP_CLIENTS_DEADLINE_MS);
	all[1] = add(clients, "unix", 2 * HTTP_CLIENTS_DEADLINE_MS);
	assert_true(http_clients_is_cut(all[0]));
	assert_non_null(all[1]);
	all[2] = NULL;
	end(clients, all, 3);
}

static void test_few_descriptors(void **state)
{
	struct http_clients *clients = http_clients_new(32);
	struct http_client *all[3 * HTTP_CLIENTS_FEW];
	size_t n, i;

	(void)state;
	/* A few there may always be. */
	http_clients_limit(clients);
	for (n = 0; n < HTTP_CLIENTS_FEW; n++)
		all[n] = add(clients, "10.0.0.1", n);
	assert_int_equal(http_clients_n_cut(clients), 0);
	all[n] = add(clients, "10.0.0.1", n);
	n++;
	assert_true(http_clients_is_cut(all[0]));
	assert_int_equal(http_clients_n_cut(clients), 1);
	/* When most have gone, more may come again. */
	for (i = 0; i < 6; i++)
		http_clients_remove(clients, all[i]);
	for (i = 0; i < 6; i++)
		all[i] = add(clients, "10.0.0.1", n);
	for (i = 0; i < HTTP_CLIENTS_FEW; i++, n++)
		all[n] = add(clients, "10.0.0.1", n);
	assert_int_equal(http_clients_n_cut(clients), 0);
	http_clients_limit(clients);
	all[n] = add(clients, "10.0.0.1", n);
	n++;
	assert_int_equal(http_clients_n_cut(clients), 1);
	end(clients, all, n);
}

static void test_few_of_an_address(void **state)
{
	struct http_clients *clients = http_clients_new(32);
	struct http_client *all[HTTP_CLIENTS_FEW + 2];
	size_t i;

	(void)state;
	for (i = 0; i <= HTTP_CLIENTS_FEW; i++)
		all[i] = add(clients, "10.0.0.1", 0);
	all[i] = add(clients, "10.0.0.2", 0);
	assert_false(http_clients_is_of_few(all[0]));
	assert_true(http_clients_is_of_few(all[i]));
	http_clients_remove(clients, all[0]);
	assert_true(http_clients_is_of_few(all[1]));
	all[0] = NULL;
	end(clients, all, HTTP_CLIENTS_FEW + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_the_most_the_oldest),
		cmocka_unit_test(test_networks_of_ipv6),
		cmocka_unit_test(test_an_answer_is_a_new_beginning),
		cmocka_unit_test(test_those_that_wait_for_us),
		cmocka_unit_test(test_few_descriptors),
		cmocka_unit_test(test_few_of_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
