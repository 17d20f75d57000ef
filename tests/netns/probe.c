/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe - asks, answers and waits, for the packet tests (see probe.h)
 *
 *   probe serve NAME PROTO ADDR PORT [PROTO ADDR PORT]...  answer "NAME saw ADDRESS" in the background
 *   probe ask PROTO ADDR PORT [OPTION]...                  print each outcome
 *   probe load PROTO ADDR PORT [OPTION]...                 ask until SIGTERM, then print what came how often
 *   probe hold PROTO ADDR PORT [OPTION]...                 one connection; a line in, its answer out
 *   probe rate COUNT MS PROTO ADDR PORT [PROTO ADDR PORT]...
 *                                                          COUNT connections a second until SIGTERM, MS for each
 *   probe steady MS stay|move PROTO ADDR PORT [PROTO ADDR PORT]...
 *                                                          flows that are open and asked until SIGTERM
 *   probe spray udp ADDR PORT -n COUNT                     a datagram from each of COUNT ports, no answers
 *   probe flood COUNT udp ADDR PORT --from ADDR -n SOURCES COUNT datagrams a second, each from the next address, no answers
 *   probe syns MS FIRST-ADDR tcp ADDR PORT [tcp ADDR PORT]...
 *                                                          SYNs to the targets in turn for MS, each from the next address
 *   probe ready SOCKET                                     be a NOTIFY_SOCKET; print what arrives
 *
 * Options: --from ADDR, --timeout MS (each question; 1000), -n COUNT, --tally (count equal outcomes)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

void probe_die(const char *what)
{
	(void)fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static _Noreturn void usage(const char *complaint)
{
	(void)fprintf(stderr, "probe: %s\n", complaint);
	_exit(2);
}

long long probe_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

long long probe_now_ms(void)
{
	return probe_now_us() / 1000;
}

void probe_clock_print(char *text, size_t size)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(text, size, "%lld.%06ld", (long long)now.tv_sec, now.tv_nsec / 1000);
}

const char *probe_outcome(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
		return "reset";
	case EPERM:
	case EACCES:
		return "eperm";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "unreachable";
	case ETIMEDOUT:
	case EAGAIN:
		return "timeout";
	default:
		return strerror(error);
	}
}

const char *probe_protocol_name(const struct probe_target *target)
{
	static const char *const names[] = {
		[PROBE_PROTOCOL_TCP] = "tcp",
		[PROBE_PROTOCOL_UDP] = "udp",
		[PROBE_PROTOCOL_SCTP] = "sctp",
		[PROBE_PROTOCOL_SCTP_RAW] = "sctp",
	};

	return names[target->protocol];
}

void probe_addr_parse(const char *text, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_size)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
		*ret_size = sizeof(in);
	} else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
		memcpy(ret, &in6, sizeof(in6));
		*ret_size = sizeof(in6);
	} else {
		usage("not an address");
	}
}

void probe_addr_print(const struct sockaddr_storage *addr, char *text, size_t size)
{
	const void *bytes = addr->ss_family == AF_INET
				    ? (const void *)&((const struct sockaddr_in *)addr)->sin_addr
				    : (const void *)&((const struct sockaddr_in6 *)addr)->sin6_addr;

	if (!inet_ntop(addr->ss_family, bytes, text, (socklen_t)size))
		probe_die("inet_ntop");
}

uint16_t probe_addr_port(const struct sockaddr_storage *addr)
{
	return ntohs(addr->ss_family == AF_INET ? ((const struct sockaddr_in *)addr)->sin_port
						: ((const struct sockaddr_in6 *)addr)->sin6_port);
}

static long number(const char *text, long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || !*text || *end || value < min || value > max)
		usage("a number is out of range");
	return value;
}

static bool kernel_has_sctp(int family)
{
	int fd = socket(family, SOCK_STREAM, IPPROTO_SCTP);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

void probe_target_parse(const char *protocol, const char *addr, const char *port, struct probe_target *ret)
{
	probe_addr_parse(addr, (uint16_t)number(port, 1, 65535), &ret->addr, &ret->addr_size);
	if (strcmp(protocol, "tcp") == 0)
		ret->protocol = PROBE_PROTOCOL_TCP;
	else if (strcmp(protocol, "udp") == 0)
		ret->protocol = PROBE_PROTOCOL_UDP;
	else if (strcmp(protocol, "sctp") == 0)
		ret->protocol =
			kernel_has_sctp(ret->addr.ss_family) ? PROBE_PROTOCOL_SCTP : PROBE_PROTOCOL_SCTP_RAW;
	else if (strcmp(protocol, "sctp-raw") == 0)
		ret->protocol = PROBE_PROTOCOL_SCTP_RAW;
	else
		usage("the protocol is tcp, udp, sctp or sctp-raw");
}

int probe_socket(const struct probe_target *target)
{
	static const struct {
		int type, protocol;
	} sockets[] = {
		[PROBE_PROTOCOL_TCP] = { SOCK_STREAM, IPPROTO_TCP },
		[PROBE_PROTOCOL_UDP] = { SOCK_DGRAM, IPPROTO_UDP },
		[PROBE_PROTOCOL_SCTP] = { SOCK_STREAM, IPPROTO_SCTP },
		[PROBE_PROTOCOL_SCTP_RAW] = { SOCK_RAW, IPPROTO_SCTP },
	};
	int fd = socket(target->addr.ss_family, sockets[target->protocol].type | SOCK_CLOEXEC | SOCK_NONBLOCK,
			sockets[target->protocol].protocol);

	if (fd < 0)
		probe_die("socket");
	return fd;
}

static int ready(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char message[4096];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(addr.sun_path))
		usage("the socket's path is too long");
	memcpy(addr.sun_path, path, strlen(path));
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		probe_die(path);
	puts("bound");
	(void)fflush(stdout);
	for (;;) {
		ssize_t got = recv(fd, message, sizeof(message) - 1, 0);

		if (got < 0)
			probe_die("recv");
		message[got] = '\0';
		for (char *line = strtok(message, "\n"); line; line = strtok(NULL, "\n"))
			puts(line);
		(void)fflush(stdout);
	}
}

static void parse_options(char **argv, struct probe_options *ret)
{
	socklen_t size;

	*ret = (struct probe_options){ .timeout_ms = 1000, .count = 1 };
	for (; *argv; argv++) {
		if (strcmp(*argv, "--tally") == 0) {
			ret->tally = true;
			continue;
		}
		if (!argv[1])
			usage("an option lacks its value");
		if (strcmp(*argv, "--from") == 0)
			probe_addr_parse(argv[1], 0, &ret->from, &size);
		else if (strcmp(*argv, "--timeout") == 0)
			ret->timeout_ms = (int)number(argv[1], 1, 600000);
		else if (strcmp(*argv, "-n") == 0)
			ret->count = (int)number(argv[1], 1, 1000000);
		else
			usage("unknown option");
		argv++;
	}
}

static size_t parse_targets(int argc, char **argv, struct probe_target targets[PROBE_TARGETS_MAX])
{
	size_t n = 0;

	if (argc < 3 || argc % 3 || argc / 3 > PROBE_TARGETS_MAX)
		usage("PROTO ADDR PORT [PROTO ADDR PORT]..., 64 of them at most");
	for (int i = 0; i < argc; i += 3)
		probe_target_parse(argv[i], argv[i + 1], argv[i + 2], &targets[n++]);
	return n;
}

/* The commands that take any number of targets. Returns the exit status, or -1 if it is none of them. */
static int many(int argc, char **argv)
{
	static struct probe_target targets[PROBE_TARGETS_MAX];
	size_t n;

	if (argc >= 3 && strcmp(argv[1], "serve") == 0) {
		n = parse_targets(argc - 3, argv + 3, targets);
		return probe_serve(argv[2], targets, n);
	}
	if (argc >= 4 && strcmp(argv[1], "rate") == 0) {
		n = parse_targets(argc - 4, argv + 4, targets);
		return probe_rate((int)number(argv[2], 1, 10000), (int)number(argv[3], 1, 600000), targets,
				  n);
	}
	if (argc >= 4 && strcmp(argv[1], "syns") == 0) {
		struct sockaddr_storage from;
		socklen_t size;

		probe_addr_parse(argv[3], 0, &from, &size);
		n = parse_targets(argc - 4, argv + 4, targets);
		return probe_syns((int)number(argv[2], 1, 100000000), &from, targets, n);
	}
	if (argc >= 4 && strcmp(argv[1], "steady") == 0) {
		n = parse_targets(argc - 4, argv + 4, targets);
		return probe_steady((int)number(argv[2], 1, 600000), strcmp(argv[3], "move") == 0, targets,
				    n);
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct probe_target target;
	struct probe_options options;
	int status;

	srandom((unsigned int)(getpid() ^ time(NULL)));
	status = many(argc, argv);
	if (status >= 0)
		return status;
	if (argc == 3 && strcmp(argv[1], "ready") == 0)
		return ready(argv[2]);
	if (argc >= 8 && strcmp(argv[1], "flood") == 0) {
		probe_target_parse(argv[3], argv[4], argv[5], &target);
		parse_options(argv + 6, &options);
		return probe_flood((int)number(argv[2], 1, 100000), &target, &options);
	}
	if (argc < 5)
		usage("see the head of probe.c");
	probe_target_parse(argv[2], argv[3], argv[4], &target);
	parse_options(argv + 5, &options);
	if (strcmp(argv[1], "ask") == 0)
		return probe_ask(&target, &options);
	if (strcmp(argv[1], "load") == 0)
		return probe_load(&target, &options);
	if (strcmp(argv[1], "hold") == 0)
		return probe_hold(&target, &options);
	if (strcmp(argv[1], "spray") == 0)
		return probe_spray(&target, &options);
	usage("ask, load, hold, spray or flood");
}
