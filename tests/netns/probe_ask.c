/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients. Each question is a connection of its own, from a new port, and has one outcome: the server's
 * answer, or "refused", "timeout", "eperm", "unreachable", "reset".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "probe.h"

#define TALLY_MAX	 256
#define SPRAY_FIRST_PORT 2000
#define SPRAY_MAX	 60000
#define SPRAY_BURST	 100
#define SPRAY_PAUSE_US	 1000

struct tally {
	size_t n;
	struct {
		char outcome[PROBE_ANSWER_MAX];
		unsigned long count;
	} rows[TALLY_MAX];
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* 0 when @events are there, else an errno; the socket's own error comes first. */
static int wait_for(int fd, short events, long long deadline_ms)
{
	struct pollfd one = { .fd = fd, .events = events };
	long long left;
	int ready, error = 0;
	socklen_t size = sizeof(error);

	do {
		left = deadline_ms - probe_now_ms();
		ready = poll(&one, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready < 0 ? errno : ETIMEDOUT;
	if (one.revents & (POLLERR | POLLHUP)) {
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error)
			return error;
	}
	return 0;
}

#define FIRST_PORT 32768
#define N_PORTS	   28000
#define PORT_TRIES 200

/*
 * Source ports, one after the other. Drawn at random, as the kernel does, two of many questions would have one, and
 * connection tracking, which still knows the first, would take the second for a part of it: a SYN that met no rule two
 * minutes ago would keep a Service from being seen that is there since. The file that $NETNS_PORTS names counts for all
 * processes of a test.
 */
static uint16_t next_port(void)
{
	const char *path = getenv("NETNS_PORTS");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	static unsigned int count;

	if (path && (fd < 0 || flock(fd, LOCK_EX) < 0))
		probe_die(path);
	if (path && pread(fd, &count, sizeof(count), 0) < 0)
		probe_die(path);
	if (!path && !count)
		count = (unsigned int)getpid() * 7919u + (unsigned int)probe_now_ms();
	count++;
	if (path && pwrite(fd, &count, sizeof(count), 0) != sizeof(count))
		probe_die(path);
	if (fd >= 0)
		(void)close(fd);
	return (uint16_t)(FIRST_PORT + count % N_PORTS);
}

static void set_port(struct sockaddr_storage *addr, uint16_t port)
{
	if (addr->ss_family == AF_INET)
		((struct sockaddr_in *)addr)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)addr)->sin6_port = htons(port);
}

static int bind_source(int fd, const struct probe_target *target, const struct probe_options *options)
{
	struct sockaddr_storage from = options->from;
	bool fixed = probe_addr_port(&from) != 0;

	if (target->protocol == PROBE_PROTOCOL_SCTP_RAW) {
		if (!from.ss_family)
			return 0;
		return bind(fd, (const struct sockaddr *)&from, target->addr_size) < 0 ? errno : 0;
	}
	from.ss_family = target->addr.ss_family;
	for (int i = 0; i < PORT_TRIES; i++) {
		if (!fixed)
			set_port(&from, next_port());
		if (bind(fd, (const struct sockaddr *)&from, target->addr_size) == 0)
			return 0;
		/* Somebody else's, who let the kernel choose. */
		if (errno != EADDRINUSE || fixed)
			return errno;
	}
	return EADDRINUSE;
}

/* Connect within the time; datagram sockets connect at once and so learn of ICMP errors. */
static int open_connection(int fd, const struct probe_target *target, const struct probe_options *options,
			   long long deadline_ms)
{
	struct sockaddr_storage addr = target->addr;
	int error = bind_source(fd, target, options);

	if (error)
		return error;
	if (target->protocol == PROBE_PROTOCOL_SCTP_RAW && addr.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&addr)->sin6_port = 0;
	if (connect(fd, (struct sockaddr *)&addr, target->addr_size) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	error = wait_for(fd, POLLOUT, deadline_ms);
	return error;
}

static int read_line(int fd, char *answer, size_t size, long long deadline_ms)
{
	size_t have = 0;

	for (;;) {
		int error = wait_for(fd, POLLIN, deadline_ms);
		ssize_t got;

		if (error)
			return error;
		got = recv(fd, answer + have, size - 1 - have, 0);
		if (got < 0)
			return errno;
		if (got == 0)
			return ECONNRESET;
		have += (size_t)got;
		answer[have] = '\0';
		if (strchr(answer, '\n') || have == size - 1)
			return 0;
	}
}

static int ask_raw(int fd, const struct probe_target *target, char *answer, size_t size,
		   long long deadline_ms)
{
	uint16_t sport = next_port(), dport = probe_addr_port(&target->addr);
	uint8_t packet[PROBE_SCTP_PACKET_MAX], bytes[2048];
	size_t packet_size;

	packet_size = probe_sctp_init(sport, dport, packet);
	if (send(fd, packet, packet_size, 0) < 0)
		return errno;
	for (;;) {
		int error = wait_for(fd, POLLIN, deadline_ms);
		const uint8_t *at;
		ssize_t got;
		size_t n;

		if (error)
			return error;
		got = recv(fd, bytes, sizeof(bytes), 0);
		if (got < 0)
			return errno;
		n = (size_t)got;
		at = probe_sctp_skip_ip(target->addr.ss_family, bytes, &n);
		if (probe_sctp_cookie(at, n, dport, sport, answer, size))
			return 0;
	}
}

static int ask_connected(int fd, const struct probe_target *target, char *answer, size_t size,
			 long long deadline_ms)
{
	static const char hello[] = "hello\n";

	if (target->protocol == PROBE_PROTOCOL_SCTP_RAW)
		return ask_raw(fd, target, answer, size, deadline_ms);
	if (target->protocol == PROBE_PROTOCOL_UDP && send(fd, hello, strlen(hello), 0) < 0)
		return errno;
	return read_line(fd, answer, size, deadline_ms);
}

/* A stream ends with a reset: tests make many connections and no TIME-WAIT should pile up. */
static void close_now(int fd, const struct probe_target *target)
{
	struct linger none = { .l_onoff = 1, .l_linger = 0 };

	if (target->protocol == PROBE_PROTOCOL_TCP)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	(void)close(fd);
}

static void ask_once(const struct probe_target *target, const struct probe_options *options, char *answer,
		     size_t size)
{
	long long deadline_ms = probe_now_ms() + options->timeout_ms;
	int fd = probe_socket(target);
	int error = open_connection(fd, target, options, deadline_ms);

	if (!error)
		error = ask_connected(fd, target, answer, size, deadline_ms);
	close_now(fd, target);
	if (error)
		(void)snprintf(answer, size, "%s", probe_outcome(error));
	answer[strcspn(answer, "\n")] = '\0';
}

static void tally_add(struct tally *tally, const char *outcome)
{
	size_t i = 0;

	while (i < tally->n && strcmp(tally->rows[i].outcome, outcome) != 0)
		i++;
	if (i == TALLY_MAX)
		return;
	if (i == tally->n) {
		(void)snprintf(tally->rows[i].outcome, sizeof(tally->rows[i].outcome), "%s", outcome);
		tally->n++;
	}
	tally->rows[i].count++;
}

static void tally_print(const struct tally *tally)
{
	for (size_t i = 0; i < tally->n; i++)
		printf("%lu %s\n", tally->rows[i].count, tally->rows[i].outcome);
}

int probe_ask(const struct probe_target *target, const struct probe_options *options)
{
	static struct tally tally;
	char answer[PROBE_ANSWER_MAX];

	for (int i = 0; i < options->count; i++) {
		ask_once(target, options, answer, sizeof(answer));
		if (options->tally)
			tally_add(&tally, answer);
		else
			puts(answer);
	}
	tally_print(&tally);
	return 0;
}

int probe_load(const struct probe_target *target, const struct probe_options *options)
{
	static struct tally tally;
	struct sigaction action = { .sa_handler = stop };
	char answer[PROBE_ANSWER_MAX];

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	puts("started");
	(void)fflush(stdout);
	while (!stopped) {
		ask_once(target, options, answer, sizeof(answer));
		tally_add(&tally, answer);
	}
	tally_print(&tally);
	return 0;
}

int probe_hold(const struct probe_target *target, const struct probe_options *options)
{
	char line[PROBE_ANSWER_MAX - 32], answer[PROBE_ANSWER_MAX];
	int fd = probe_socket(target);
	long long deadline_ms = probe_now_ms() + options->timeout_ms;
	int error = open_connection(fd, target, options, deadline_ms);

	if (!error && target->protocol == PROBE_PROTOCOL_UDP && send(fd, "hello\n", 6, 0) < 0)
		error = errno;
	if (!error)
		error = read_line(fd, answer, sizeof(answer), deadline_ms);
	for (;;) {
		if (error)
			printf("%s\n", probe_outcome(error));
		else
			printf("%s", answer);
		(void)fflush(stdout);
		/* UDP knows no broken connection: the next question may be answered again. */
		if ((error && target->protocol != PROBE_PROTOCOL_UDP) || !fgets(line, sizeof(line), stdin))
			break;
		if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
			error = errno;
		else
			error = read_line(fd, answer, sizeof(answer), probe_now_ms() + options->timeout_ms);
	}
	close_now(fd, target);
	return error ? 1 : 0;
}

/* One datagram from each of @count ports, without waiting for answers: that many flows. */
int probe_spray(const struct probe_target *target, const struct probe_options *options)
{
	struct probe_options from = *options;
	int sent = 0;

	if (target->protocol != PROBE_PROTOCOL_UDP || options->count > SPRAY_MAX) {
		errno = EINVAL;
		probe_die("spray");
	}
	from.from.ss_family = target->addr.ss_family;
	for (int i = 0; i < options->count; i++) {
		int fd = probe_socket(target);

		set_port(&from.from, (uint16_t)(SPRAY_FIRST_PORT + i));
		if (!bind_source(fd, target, &from) &&
		    sendto(fd, "spray\n", 6, 0, (const struct sockaddr *)&target->addr, target->addr_size) >
			    0)
			sent++;
		(void)close(fd);
		/* Who receives them must keep up: what is lost on the way makes no flow. */
		if (i % SPRAY_BURST == SPRAY_BURST - 1)
			(void)usleep(SPRAY_PAUSE_US);
	}
	printf("%d\n", sent);
	return 0;
}
