/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that stay: connections and UDP flows that are opened once, and asked something every few
 * milliseconds for as long as the test runs. One that is reset, gets no answer, or is answered by another
 * than in the beginning is told at once on standard error, with the moment of its last good answer. SIGTERM asks
 * each a last time and ends it.
 *
 * A UDP flow that may move is asked again once, as its clients do: an answer that is on its way when the kernel
 * forgets the flow finds nobody who translates it back. How often that happened is told at the end.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define STEADY_EACH_MS 50
#define STEADY_AGAIN   25 /* so many times within the timeout */

struct flow {
	const struct probe_target *target;
	bool waiting, again, broken;
	long long due_ms, deadline_ms;
	unsigned long n_answers, n_moves, n_lost;
	size_t have;
	char line[PROBE_ANSWER_MAX], first[PROBE_ANSWER_MAX], last_at[32];
};

struct steady {
	int timeout_ms;
	bool may_move;
	size_t n;
	struct flow flows[PROBE_TARGETS_MAX];
	struct pollfd sockets[PROBE_TARGETS_MAX];
};

static volatile sig_atomic_t steady_stopped;

static void steady_stop(int signal)
{
	(void)signal;
	steady_stopped = 1;
}

static void print_target(FILE *out, const struct probe_target *target)
{
	char addr[64];

	probe_addr_print(&target->addr, addr, sizeof(addr));
	(void)fprintf(out, "%s %s %u", probe_protocol_name(target), addr, probe_addr_port(&target->addr));
}

static void broke(struct steady *steady, size_t i, const char *how)
{
	struct flow *flow = &steady->flows[i];

	flow->broken = true;
	(void)fprintf(stderr, "broken %s ", flow->last_at[0] ? flow->last_at : "0");
	print_target(stderr, flow->target);
	(void)fprintf(stderr, ": %s after %lu answers\n", how, flow->n_answers);
	(void)close(steady->sockets[i].fd);
	steady->sockets[i].fd = -1;
}

/*
 * A datagram asks for the port, too, that its flow has at the server: a flow that was forgotten and translated
 * anew gives itself away by it wherever the source is replaced, even if it is lucky to reach the same endpoint.
 */
static void ask(struct steady *steady, size_t i)
{
	struct flow *flow = &steady->flows[i];
	const char *question = flow->target->protocol == PROBE_PROTOCOL_UDP ? PROBE_WHENCE : "steady\n";

	flow->waiting = true;
	flow->have = 0;
	flow->again = steady->may_move && flow->target->protocol == PROBE_PROTOCOL_UDP && !flow->again;
	flow->deadline_ms =
		probe_now_ms() + (flow->again ? steady->timeout_ms / STEADY_AGAIN : steady->timeout_ms);
	flow->due_ms = probe_now_ms() + STEADY_EACH_MS;
	if (send(steady->sockets[i].fd, question, strlen(question), MSG_NOSIGNAL) < 0)
		broke(steady, i, probe_outcome(errno));
}

static void answered(struct steady *steady, size_t i)
{
	struct flow *flow = &steady->flows[i];

	flow->line[strcspn(flow->line, "\n")] = '\0';
	flow->waiting = flow->again = false;
	if (flow->n_answers++ == 0 || (strcmp(flow->line, flow->first) != 0 && steady->may_move)) {
		flow->n_moves += flow->n_answers > 1;
		memcpy(flow->first, flow->line, sizeof(flow->first));
	} else if (strcmp(flow->line, flow->first) != 0) {
		char how[2 * PROBE_ANSWER_MAX + 32];

		(void)snprintf(how, sizeof(how), "moved from \"%s\" to \"%s\"", flow->first, flow->line);
		broke(steady, i, how);
		return;
	}
	probe_clock_print(flow->last_at, sizeof(flow->last_at));
}

static void receive(struct steady *steady, size_t i)
{
	struct flow *flow = &steady->flows[i];
	ssize_t got =
		recv(steady->sockets[i].fd, flow->line + flow->have, sizeof(flow->line) - 1 - flow->have, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		broke(steady, i, got < 0 ? probe_outcome(errno) : "closed");
		return;
	}
	flow->have += (size_t)got;
	flow->line[flow->have] = '\0';
	if (strchr(flow->line, '\n') || flow->have == sizeof(flow->line) - 1)
		answered(steady, i);
}

/* One connection after the other: they are to stay, not to be fast. A stream's greeting is not kept. */
static int open_flow(struct steady *steady, size_t i)
{
	struct flow *flow = &steady->flows[i];
	struct pollfd *socket = &steady->sockets[i];
	int error = 0;
	socklen_t size = sizeof(error);

	*socket = (struct pollfd){ .fd = probe_socket(flow->target), .events = POLLOUT };
	if (connect(socket->fd, (const struct sockaddr *)&flow->target->addr, flow->target->addr_size) < 0 &&
	    errno != EINPROGRESS)
		return errno;
	if (poll(socket, 1, steady->timeout_ms) <= 0)
		return ETIMEDOUT;
	(void)getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	socket->events = POLLIN;
	if (error || flow->target->protocol == PROBE_PROTOCOL_UDP)
		return error;
	do {
		if (poll(socket, 1, steady->timeout_ms) <= 0)
			return ETIMEDOUT;
		if (recv(socket->fd, flow->line, 1, 0) <= 0)
			return ECONNRESET;
	} while (flow->line[0] != '\n');
	return 0;
}

static bool any_waiting(const struct steady *steady)
{
	for (size_t i = 0; i < steady->n; i++)
		if (!steady->flows[i].broken && steady->flows[i].waiting)
			return true;
	return false;
}

/* A flow that has had no answer is not there yet: what happens to it then says nothing of what stays. */
static bool any_unanswered(const struct steady *steady)
{
	for (size_t i = 0; i < steady->n; i++)
		if (!steady->flows[i].broken && !steady->flows[i].n_answers)
			return true;
	return false;
}

static void step(struct steady *steady, bool last)
{
	long long now_ms;

	if (poll(steady->sockets, steady->n, STEADY_EACH_MS / 2) < 0) {
		/* by the signal that ends us: what the sockets have is asked for in the next step */
		if (errno != EINTR)
			probe_die("poll");
		return;
	}
	now_ms = probe_now_ms();
	for (size_t i = 0; i < steady->n; i++) {
		struct flow *flow = &steady->flows[i];

		if (!flow->broken && steady->sockets[i].revents)
			receive(steady, i);
		else if (!flow->broken && flow->waiting && now_ms > flow->deadline_ms && flow->again) {
			flow->n_lost++;
			ask(steady, i);
		} else if (!flow->broken && flow->waiting && now_ms > flow->deadline_ms)
			broke(steady, i, "no answer");
		if (!flow->broken && !flow->waiting && !last && now_ms >= flow->due_ms)
			ask(steady, i);
	}
}

int probe_steady(int timeout_ms, bool may_move, const struct probe_target *targets, size_t n_targets)
{
	static struct steady steady;
	struct sigaction action = { .sa_handler = steady_stop };
	bool good = true;

	steady.timeout_ms = timeout_ms;
	steady.may_move = may_move;
	steady.n = n_targets;
	for (size_t i = 0; i < n_targets; i++) {
		int error;

		steady.flows[i].target = &targets[i];
		error = open_flow(&steady, i);
		if (error)
			broke(&steady, i, probe_outcome(error));
	}
	(void)sigaction(SIGTERM, &action, NULL);
	while (!steady_stopped && any_unanswered(&steady))
		step(&steady, false);
	puts("started");
	(void)fflush(stdout);
	while (!steady_stopped)
		step(&steady, false);
	while (any_waiting(&steady))
		step(&steady, true);
	for (size_t i = 0; i < n_targets; i++)
		if (!steady.flows[i].broken)
			ask(&steady, i);
	while (any_waiting(&steady))
		step(&steady, true);
	for (size_t i = 0; i < n_targets; i++) {
		good = good && !steady.flows[i].broken;
		if (steady.flows[i].broken)
			continue;
		printf("held %lu moved %lu lost %lu ", steady.flows[i].n_answers, steady.flows[i].n_moves,
		       steady.flows[i].n_lost);
		print_target(stdout, &targets[i]);
		putchar('\n');
	}
	return good ? 0 : 1;
}
