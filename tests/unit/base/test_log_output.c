/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard error is of one kind for the whole life of a process, so each case is a process. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log_output.h"

#define LINE_MAX_SIZE 70000

static char line[LINE_MAX_SIZE];

/* A line of @size bytes, with its number at the beginning. */
static bool write_line(size_t size, int number)
{
	memset(line, 'x', size);
	line[0] = (char)('0' + number % 10);
	line[size - 1] = '\n';
	return log_output_write(line, size);
}

/* What has arrived at the other end so far: whole lines but for the last one. Returns their number, or -1. */
static int read_lines(int fd, size_t size)
{
	static char data[1 << 22];
	static size_t n;
	size_t i;
	ssize_t r;

	while (n < sizeof(data) && (r = recv(fd, data + n, sizeof(data) - n, MSG_DONTWAIT)) > 0)
		n += (size_t)r;
	while (n < sizeof(data) && (r = read(fd, data + n, sizeof(data) - n)) > 0)
		n += (size_t)r;
	for (i = 0; i < n; i += size)
		if (data[i] < '0' || data[i] > '9' || (i + size <= n && data[i + size - 1] != '\n'))
			return -1;
	return (int)(n / size);
}

/* In the child. Returns what is wrong, 0 if nothing. */
static int fill_and_read(int other_end, size_t size)
{
	int i = 0, lines;

	(void)fcntl(other_end, F_SETFL, O_NONBLOCK);
	while (write_line(size, i))
		if (++i > 100000)
			return 1;
	if (!i || log_output_n_lost() != 1 || write_line(size, i) || log_output_n_lost() != 2)
		return 2;
	lines = read_lines(other_end, size);
	if (lines < 0 || lines > i)
		return 3;
	/* There is room again. A line of which a part was written is ended first. */
	if (!write_line(size, 7) || log_output_n_lost() != 2)
		return 4;
	if (read_lines(other_end, size) < i)
		return 7;
	log_output_told();
	if (log_output_n_lost())
		return 5;
	/* The flags of standard error are everybody's. */
	return fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK ? 6 : 0;
}

/* @limit: of the numbers of descriptors; 0: none */
static int in_child(const int ends[2], size_t size, rlim_t limit)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)alarm(20);
		(void)signal(SIGPIPE, SIG_IGN);
		if (dup2(ends[1], STDERR_FILENO) < 0)
			_exit(99);
		if (limit && setrlimit(RLIMIT_NOFILE, &(struct rlimit){ limit, limit }) < 0)
			_exit(98);
		_exit(fill_and_read(ends[0], size));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* @limit: as in_child() */
static void fill_pipes(rlim_t limit)
{
	static const size_t sizes[] = { 100, 4096, 5000, 70000 };
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(in_child(ends, sizes[i], limit), 0);
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
}

static void test_pipe(void **state)
{
	(void)state;
	fill_pipes(0);
}

/* It cannot be opened once more. */
static void test_shared_pipe(void **state)
{
	(void)state;
	fill_pipes(STDERR_FILENO + 1);
}

static void test_socket(void **state)
{
	static const size_t sizes[] = { 100, 5000, 70000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		assert_int_equal(in_child(ends, sizes[i], 0), 0);
		(void)close(ends[0]);
		(void)close(ends[1]);
	}
}

static void test_nobody(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		(void)close(STDERR_FILENO);
		_exit(write_line(100, 1) || log_output_n_lost() != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_shared_pipe),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
