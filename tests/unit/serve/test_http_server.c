/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "serve/http_server.h"

#define CROWD  20    /* connections of one address, which are more than HTTP_CLIENTS_FEW */
#define OTHERS 10    /* connections of an address each */
#define BATCH  8     /* answers in one run */
#define LATER  CROWD /* this request is answered later */
#define FULL   64    /* as many clients as there may be */
#define CUT    100   /* those that are cut */

/* The clock goes on while an answer is made slowly, and not while this process waits for a processor. */
static uint64_t now_us = 1000000;

uint64_t monotonic_us(void)
{
	return now_us;
}

uint64_t monotonic_ms(void)
{
	return monotonic_us() / 1000;
}

static int run;
static int run_of[CROWD + OTHERS]; /* the run that answered each request */
static struct http_server_request *later;

static void answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	unsigned long number = strtoul(path + 1, NULL, 10);

	(void)ctx;
	assert_true(number < CROWD + OTHERS);
	run_of[number] = run;
	ret->code = 200;
	ret->later = number == LATER;
	if (ret->later)
		later = ret->request;
}

static void answer_slowly(void *ctx, const char *path, struct http_server_answer *ret)
{
	answer(ctx, path, ret);
	now_us += 30000;
}

/* A request for "/@number" from 127.0.0.@from; skips the test if there is no loopback interface. */
static int request(in_port_t port, unsigned int from, unsigned int number)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000000 + from) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[100];
	int len = snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\nHost: x\r\n\r\n", number);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = port;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		skip();
	assert_int_equal(send(fd, text, (size_t)len, 0), len);
	return fd;
}

static bool is_answered(int fd)
{
	char text[16] = "";

	return recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0 && strncmp(text, "HTTP/1.1 200", 12) == 0;
}

static struct http_server *start(http_server_handler *handler, struct http_clients *clients,
				 in_port_t *ret_port)
{
	struct http_server_params params = { .listen = { .addr = { FAMILY_IPV4, { 127, 0, 0, 1 } } },
					     .clients = clients,
					     .handler = handler };
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	struct http_server *server;

	assert_int_equal(http_server_new(&params, &server, NULL), 0);
	assert_int_equal(getsockname(http_server_listen_fd(server), (struct sockaddr *)&address, &len), 0);
	*ret_port = address.sin_port;
	return server;
}

/* H27: requests are answered in the order in which they came, but those of a crowd after all others. */
static void test_order(void **state)
{
	struct http_clients *clients = http_clients_new(HTTP_CLIENTS_MAX);
	struct http_server_answer answer_of_later = { .code = 200 };
	struct http_server *server;
	int fds[CROWD + OTHERS];
	in_port_t port;
	unsigned int i;

	(void)state;
	server = start(answer, clients, &port);
	for (i = 0; i < CROWD + OTHERS; i++)
		fds[i] = request(port, i < CROWD ? 1 : 2 + i, i);
	for (run = 1; run <= 4; run++)
		assert_true(http_server_run(server));
	for (i = 0; i < CROWD + OTHERS; i++) {
		int want = i < BATCH ? 1 : (int)(2 + (i < CROWD ? OTHERS + i - BATCH : i - CROWD) / BATCH);

		if (run_of[i] != want)
			fail_msg("request %u was answered in run %d, not in %d", i, run_of[i], want);
		assert_int_equal(is_answered(fds[i]), i != LATER);
	}
	http_server_answer_later(later, &answer_of_later);
	assert_true(http_server_run(server));
	assert_true(is_answered(fds[LATER]));
	while (i--)
		(void)close(fds[i]);
	http_server_free(server);
	http_clients_free(clients);
}

/* However long an answer takes, a run is over after the first one that takes long. */
static void test_slow_answers(void **state)
{
	struct http_clients *clients = http_clients_new(HTTP_CLIENTS_MAX);
	struct http_server *server;
	in_port_t port;
	int fds[4], i;

	(void)state;
	server = start(answer_slowly, clients, &port);
	for (i = 0; i < 4; i++)
		fds[i] = request(port, (unsigned int)i + 1, (unsigned int)i);
	for (run = 1; run <= 4; run++) {
		assert_true(http_server_run(server));
		for (i = 0; i < 4; i++)
			assert_int_equal(is_answered(fds[i]), i == run - 1);
	}
	while (i--)
		(void)close(fds[i]);
	http_server_free(server);
	http_clients_free(clients);
}

/* H27: a crowd at one server, of which many are cut while their requests wait, does not keep others out of another server. */
static void test_other_server(void **state)
{
	struct http_clients *clients = http_clients_new(FULL);
	struct http_server *crowded, *server;
	int fds[FULL + CUT + 1];
	in_port_t crowded_port, port;
	size_t i;

	(void)state;
	crowded = start(answer, clients, &crowded_port);
	server = start(answer, clients, &port);
	for (i = 0; i < FULL + CUT; i++)
		fds[i] = request(crowded_port, 1, 0);
	fds[i] = request(port, 2, 1);
	assert_true(http_server_run(crowded));
	assert_true(http_server_run(server));
	assert_true(is_answered(fds[i]));
	for (i = 0; i < FULL + CUT + 1; i++)
		(void)close(fds[i]);
	http_server_free(server);
	http_server_free(crowded);
	http_clients_free(clients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_slow_answers),
		cmocka_unit_test(test_other_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
