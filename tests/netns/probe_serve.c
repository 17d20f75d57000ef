/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers that say who they are and whom they see: "NAME saw ADDRESS". One process serves any number of
 * addresses and ports. A stream connection stays open and answers each further line with "NAME LINE".
 *
 * SIGTERM ends it as a good server ends: connections that have arrived are still accepted, all that are open are
 * served until their clients close them, and then it is gone.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define SOCKETS_MAX 1024
/* How long the signal may go unseen that comes just before poll() is called. */
#define LEAVE_SEEN_MS 1000

static volatile sig_atomic_t leaving;

static void leave(int signal)
{
	(void)signal;
	leaving = 1;
}

struct server {
	const char *name;
	const struct probe_target *targets;
	size_t n_targets;
	size_t n; /* targets first, then connections */
	struct pollfd sockets[SOCKETS_MAX];
};

static bool is_stream(const struct probe_target *target)
{
	return target->protocol == PROBE_PROTOCOL_TCP || target->protocol == PROBE_PROTOCOL_SCTP;
}

static int listen_on(const struct probe_target *target)
{
	struct sockaddr_storage addr = target->addr;
	int fd = probe_socket(target), on = 1;

	/* A raw socket has no port, and IPv6 insists on being told so. */
	if (target->protocol == PROBE_PROTOCOL_SCTP_RAW) {
		if (addr.ss_family == AF_INET6)
			((struct sockaddr_in6 *)&addr)->sin6_port = 0;
	} else {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	}
	if (bind(fd, (struct sockaddr *)&addr, target->addr_size) < 0)
		probe_die("bind");
	if (is_stream(target) && listen(fd, 1024) < 0)
		probe_die("listen");
	return fd;
}

static void greeting(const struct server *server, const struct sockaddr_storage *peer, char *text,
		     size_t size)
{
	char addr[64];

	probe_addr_print(peer, addr, sizeof(addr));
	(void)snprintf(text, size, "%s saw %s\n", server->name, addr);
}

static void accept_one(struct server *server, int listener)
{
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof(peer);
	char text[PROBE_ANSWER_MAX];
	int fd = accept(listener, (struct sockaddr *)&peer, &peer_size);

	if (fd < 0)
		return;
	greeting(server, &peer, text, sizeof(text));
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 || server->n == SOCKETS_MAX) {
		(void)close(fd);
		return;
	}
	server->sockets[server->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void answer_datagram(const struct server *server, const struct probe_target *target, int fd)
{
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof(peer);
	uint8_t bytes[2048], reply[PROBE_SCTP_PACKET_MAX];
	char text[PROBE_ANSWER_MAX];
	ssize_t got = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&peer, &peer_size);
	const uint8_t *packet = bytes;
	size_t size;

	if (got < 0)
		return;
	size = (size_t)got;
	greeting(server, &peer, text, sizeof(text));
	if (target->protocol == PROBE_PROTOCOL_UDP) {
		if (size == strlen(PROBE_WHENCE) && memcmp(bytes, PROBE_WHENCE, size) == 0)
			(void)snprintf(text + strcspn(text, "\n"), 16, " port %u\n", probe_addr_port(&peer));
		(void)sendto(fd, text, strlen(text), 0, (struct sockaddr *)&peer, peer_size);
		return;
	}
	packet = probe_sctp_skip_ip(peer.ss_family, bytes, &size);
	if (probe_sctp_dport(packet, size) != probe_addr_port(&target->addr))
		return;
	size = probe_sctp_init_ack(packet, size, text, reply);
	if (size)
		(void)sendto(fd, reply, size, 0, (struct sockaddr *)&peer, peer_size);
}

/* Echo what came, under our name. Returns false when the peer has gone. */
static bool echo(const struct server *server, int fd)
{
	char line[PROBE_ANSWER_MAX], text[2 * PROBE_ANSWER_MAX];
	ssize_t got = recv(fd, line, sizeof(line) - 1, 0);

	if (got <= 0)
		return false;
	line[got] = '\0';
	(void)snprintf(text, sizeof(text), "%s %s", server->name, line);
	return send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

/* Returns whether there was anything to do. */
static bool serve_once(struct server *server, int timeout_ms)
{
	int n = poll(server->sockets, server->n, timeout_ms);

	if (n < 0 && errno != EINTR)
		probe_die("poll");
	if (n <= 0)
		return false;
	for (size_t i = server->n; i-- > server->n_targets;) {
		if (!server->sockets[i].revents || echo(server, server->sockets[i].fd))
			continue;
		(void)close(server->sockets[i].fd);
		server->sockets[i] = server->sockets[--server->n];
	}
	for (size_t i = 0; i < server->n_targets; i++) {
		if (!server->sockets[i].revents)
			continue;
		if (is_stream(&server->targets[i]))
			accept_one(server, server->sockets[i].fd);
		else
			answer_datagram(server, &server->targets[i], server->sockets[i].fd);
	}
	return true;
}

static _Noreturn void serve_until_told(struct server *server)
{
	while (!leaving)
		(void)serve_once(server, LEAVE_SEEN_MS);
	while (serve_once(server, 0))
		;
	for (size_t i = 0; i < server->n_targets; i++) {
		(void)close(server->sockets[i].fd);
		server->sockets[i].fd = -1;
	}
	while (server->n > server->n_targets)
		(void)serve_once(server, -1);
	_exit(0);
}

int probe_serve(const char *name, const struct probe_target *targets, size_t n_targets)
{
	static struct server server;
	struct sigaction action = { .sa_handler = leave };
	pid_t child;

	server = (struct server){ .name = name, .targets = targets, .n_targets = n_targets, .n = n_targets };
	for (size_t i = 0; i < n_targets; i++)
		server.sockets[i] = (struct pollfd){ .fd = listen_on(&targets[i]), .events = POLLIN };
	/* Into the background only now: whoever started us may ask at once. */
	child = fork();
	if (child < 0)
		probe_die("fork");
	if (child > 0) {
		printf("%d\n", (int)child);
		return 0;
	}
	(void)sigaction(SIGTERM, &action, NULL);
	(void)setsid();
	if (!freopen("/dev/null", "w", stdout))
		probe_die("/dev/null");
	serve_until_told(&server);
}
