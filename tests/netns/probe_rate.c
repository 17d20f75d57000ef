/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New connections at a fixed rate: open, ask, read the answer, close. The rate does not wait for answers, as
 * the clients of a real Service don't: a Service that stands still for a moment has all of that moment's
 * connections to answer for. Targets take turns. SIGTERM ends it; what is under way is still waited for.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probe.h"

#define RATE_UNDER_WAY_MAX 4096
#define RATE_NAMES_MAX	   64
#define RATE_TOLD_MAX	   10
/* After a pause of the whole machine: no more at once than a listener's backlog and a network queue hold. */
#define RATE_BURST_MAX	   32
#define RATE_SWEEP_EACH_MS 50
/* UDP source ports, one after the other, and not more a second than a port for each so many milliseconds. */
#define RATE_FIRST_PORT 2000
#define RATE_PORTS	60000
#define RATE_PORT_MS	3
#define RATE_PORT_TRIES 100

static const char question[] = "rate\n";

struct attempt {
	int fd; /* -1: this place is free */
	const struct probe_target *target;
	long long started_us;
	bool asked;
	size_t have;
	char answer[PROBE_ANSWER_MAX];
};

struct name {
	char name[32];
	unsigned long count;
};

struct rate {
	const struct probe_target *targets;
	size_t n_targets;
	long long interval_us, timeout_us, first_us, next_us, stopped_us;
	int epoll;
	unsigned long opened, ok, refused, reset, timeout, other, again, told;
	long long max_us;
	size_t n_under_way, n_names;
	struct attempt attempts[RATE_UNDER_WAY_MAX];
	struct name names[RATE_NAMES_MAX];
};

static volatile sig_atomic_t rate_stopped;

static void rate_stop(int signal)
{
	(void)signal;
	rate_stopped = 1;
}

static void count_name(struct rate *rate, const char *answer)
{
	size_t len = strcspn(answer, " "), i = 0;

	if (len >= sizeof(rate->names[0].name))
		len = sizeof(rate->names[0].name) - 1;
	while (i < rate->n_names &&
	       (strncmp(rate->names[i].name, answer, len) != 0 || rate->names[i].name[len]))
		i++;
	if (i == RATE_NAMES_MAX)
		return;
	if (i == rate->n_names) {
		memcpy(rate->names[i].name, answer, len);
		rate->n_names++;
	}
	rate->names[i].count++;
}

/* Which connection it was, for the first few that went wrong. */
static void tell(struct rate *rate, const struct attempt *attempt, const char *outcome, long long took_us)
{
	char addr[64], now[32];

	if (rate->told++ >= RATE_TOLD_MAX)
		return;
	probe_addr_print(&attempt->target->addr, addr, sizeof(addr));
	probe_clock_print(now, sizeof(now));
	printf("bad %s: %s %s %u at %s after %lld ms\n", outcome, probe_protocol_name(attempt->target), addr,
	       probe_addr_port(&attempt->target->addr), now, took_us / 1000);
}

/* One connection has its outcome; @error 0 is an answer. */
static void settle(struct rate *rate, struct attempt *attempt, int error)
{
	long long took_us = probe_now_us() - attempt->started_us;
	const char *outcome = probe_outcome(error);

	if (took_us > rate->max_us)
		rate->max_us = took_us;
	if (!error) {
		rate->ok++;
		count_name(rate, attempt->answer);
	} else {
		if (error == ECONNREFUSED)
			rate->refused++;
		else if (error == ECONNRESET)
			rate->reset++;
		else if (error == ETIMEDOUT)
			rate->timeout++;
		else
			rate->other++;
		tell(rate, attempt, outcome, took_us);
	}
	if (attempt->fd >= 0)
		(void)close(attempt->fd);
	attempt->fd = -1;
	rate->n_under_way--;
}

static void ask(struct rate *rate, struct attempt *attempt)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = attempt };
	struct tcp_info info;
	socklen_t size = sizeof(info);

	attempt->asked = true;
	/* Lost on its way and sent again: nobody was refused, but somebody waited for a second. */
	if (attempt->target->protocol == PROBE_PROTOCOL_TCP &&
	    getsockopt(attempt->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_total_retrans) {
		rate->again++;
		tell(rate, attempt, "again", probe_now_us() - attempt->started_us);
	}
	if (epoll_ctl(rate->epoll, EPOLL_CTL_MOD, attempt->fd, &event) < 0)
		probe_die("epoll_ctl");
	if (send(attempt->fd, question, strlen(question), MSG_NOSIGNAL) < 0)
		settle(rate, attempt, errno);
}

/* A stream server greets, and then answers what it was asked; a datagram server only the latter. */
static bool answer_is_whole(const struct attempt *attempt)
{
	const char *line = strchr(attempt->answer, '\n');

	if (line && attempt->target->protocol == PROBE_PROTOCOL_TCP)
		line = strchr(line + 1, '\n');
	return line;
}

static void go_on(struct rate *rate, struct attempt *attempt)
{
	int error = 0;
	socklen_t size = sizeof(error);
	ssize_t got;

	(void)getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		settle(rate, attempt, error);
		return;
	}
	if (!attempt->asked) {
		ask(rate, attempt);
		return;
	}
	got = recv(attempt->fd, attempt->answer + attempt->have, sizeof(attempt->answer) - 1 - attempt->have,
		   0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		settle(rate, attempt, got < 0 ? errno : ECONNRESET);
		return;
	}
	attempt->have += (size_t)got;
	attempt->answer[attempt->have] = '\0';
	if (answer_is_whole(attempt))
		settle(rate, attempt, 0);
}

static struct attempt *free_place(struct rate *rate)
{
	for (size_t i = 0; i < RATE_UNDER_WAY_MAX; i++)
		if (rate->attempts[i].fd < 0)
			return &rate->attempts[i];
	return NULL;
}

/*
 * A datagram socket that the kernel gave a port of a moment ago would go on with that flow, which belongs to the
 * endpoint that it had then. So each has a port of its own, also among those of an earlier run: the clock is ahead of it.
 */
static void bind_new_port(int fd, const struct probe_target *target)
{
	static unsigned int next;
	struct sockaddr_storage from = { .ss_family = target->addr.ss_family };
	int left = RATE_PORT_TRIES;

	if (!next)
		next = (unsigned int)(probe_now_ms() / RATE_PORT_MS % RATE_PORTS);
	do {
		uint16_t port = htons((uint16_t)(RATE_FIRST_PORT + next++ % RATE_PORTS));

		if (from.ss_family == AF_INET)
			((struct sockaddr_in *)&from)->sin_port = port;
		else
			((struct sockaddr_in6 *)&from)->sin6_port = port;
		if (bind(fd, (const struct sockaddr *)&from, target->addr_size) == 0)
			return;
	} while (errno == EADDRINUSE && --left > 0);
	probe_die("bind");
}

static void open_one(struct rate *rate)
{
	const struct probe_target *target = &rate->targets[rate->opened % rate->n_targets];
	struct attempt *attempt = free_place(rate);
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = attempt };

	if (!attempt) {
		errno = ENOBUFS;
		probe_die("rate");
	}
	*attempt = (struct attempt){ .fd = probe_socket(target),
				     .target = target,
				     .started_us = probe_now_us() };
	rate->opened++;
	rate->n_under_way++;
	if (target->protocol == PROBE_PROTOCOL_UDP)
		bind_new_port(attempt->fd, target);
	if (connect(attempt->fd, (const struct sockaddr *)&target->addr, target->addr_size) < 0 &&
	    errno != EINPROGRESS)
		settle(rate, attempt, errno);
	else if (epoll_ctl(rate->epoll, EPOLL_CTL_ADD, attempt->fd, &event) < 0)
		probe_die("epoll_ctl");
}

static void open_due(struct rate *rate)
{
	for (int i = 0; i < RATE_BURST_MAX && rate->next_us <= probe_now_us(); i++) {
		open_one(rate);
		rate->next_us += rate->interval_us;
	}
}

static void sweep(struct rate *rate)
{
	static long long last_us;
	long long now_us = probe_now_us();

	if (now_us - last_us < RATE_SWEEP_EACH_MS * 1000LL)
		return;
	last_us = now_us;
	for (size_t i = 0; i < RATE_UNDER_WAY_MAX; i++)
		if (rate->attempts[i].fd >= 0 && now_us - rate->attempts[i].started_us > rate->timeout_us)
			settle(rate, &rate->attempts[i], ETIMEDOUT);
}

static void run(struct rate *rate)
{
	struct epoll_event events[64];

	while (!rate_stopped || rate->n_under_way > 0) {
		long long left_us =
			rate_stopped ? RATE_SWEEP_EACH_MS * 1000LL : rate->next_us - probe_now_us();
		int n = epoll_wait(rate->epoll, events, 64, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);

		if (n < 0 && errno != EINTR)
			probe_die("epoll_wait");
		for (int i = 0; i < n; i++)
			go_on(rate, events[i].data.ptr);
		sweep(rate);
		if (!rate_stopped)
			open_due(rate);
		else if (!rate->stopped_us)
			rate->stopped_us = probe_now_us();
	}
	if (!rate->stopped_us)
		rate->stopped_us = probe_now_us() + 1;
}

int probe_rate(int per_second, int timeout_ms, const struct probe_target *targets, size_t n_targets)
{
	static struct rate rate;
	struct sigaction action = { .sa_handler = rate_stop };
	struct rlimit files;

	rate.targets = targets;
	rate.n_targets = n_targets;
	rate.interval_us = 1000000 / per_second;
	rate.timeout_us = timeout_ms * 1000LL;
	for (size_t i = 0; i < RATE_UNDER_WAY_MAX; i++)
		rate.attempts[i].fd = -1;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	rate.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rate.epoll < 0)
		probe_die("epoll_create1");
	(void)sigaction(SIGTERM, &action, NULL);
	puts("started");
	(void)fflush(stdout);
	rate.first_us = rate.next_us = probe_now_us();
	run(&rate);
	printf("total %lu ok %lu refused %lu reset %lu timeout %lu other %lu again %lu max_ms %lld "
	       "per_second %lld\n",
	       rate.opened, rate.ok, rate.refused, rate.reset, rate.timeout, rate.other, rate.again,
	       rate.max_us / 1000, 1000000LL * (long long)rate.opened / (rate.stopped_us - rate.first_us));
	for (size_t i = 0; i < rate.n_names; i++)
		printf("name %s %lu\n", rate.names[i].name, rate.names[i].count);
	return rate.ok == rate.opened ? 0 : 1;
}
