/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/connect_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/monotonic.h"

/* A connection. @error: EINPROGRESS until it is decided */
struct connect_check_try {
	const struct targets_endpoint *endpoint;
	int fd;
	int error;
};

static int connect_check_open(const struct targets_endpoint *endpoint, int *ret_fd)
{
	struct sockaddr_storage to = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&to;
	bool v4 = endpoint->addr.family == FAMILY_IPV4;

	to.ss_family = v4 ? AF_INET : AF_INET6;
	if (v4) {
		in->sin_port = htons(endpoint->port);
		memcpy(&in->sin_addr, endpoint->addr.bytes, sizeof(in->sin_addr));
	} else {
		in6->sin6_port = htons(endpoint->port);
		memcpy(&in6->sin6_addr, endpoint->addr.bytes, sizeof(in6->sin6_addr));
	}
	*ret_fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*ret_fd < 0)
		return errno;
	return connect(*ret_fd, (const struct sockaddr *)&to, v4 ? sizeof(*in) : sizeof(*in6)) == 0 ? 0
												    : errno;
}

/* Takes up what poll() has said. */
static void connect_check_take(struct connect_check_try *try, short events)
{
	socklen_t len = sizeof(try->error);

	if (events && getsockopt(try->fd, SOL_SOCKET, SO_ERROR, &try->error, &len) < 0)
		try->error = errno;
}

static void connect_check_wait(struct connect_check_try *tries, size_t n, struct arena *arena)
{
	struct pollfd *fds = arena_array(arena, n, sizeof(*fds));
	uint64_t end_ms = monotonic_ms() + CONNECT_CHECK_TIMEOUT_MS, now_ms;
	size_t i, n_open;

	do {
		n_open = 0;
		for (i = 0; i < n; i++) {
			bool open = tries[i].error == EINPROGRESS;

			fds[i] = (struct pollfd){ .fd = open ? tries[i].fd : -1, .events = POLLOUT };
			n_open += open;
		}
		now_ms = monotonic_ms();
		if (!n_open || now_ms >= end_ms ||
		    (poll(fds, n, (int)(end_ms - now_ms)) < 0 && errno != EINTR))
			return;
		for (i = 0; i < n; i++)
			if (fds[i].fd >= 0)
				connect_check_take(&tries[i], fds[i].revents);
	} while (true);
}

static void connect_check_judge(const struct connect_check_try *try, struct finding *finding,
				struct arena *arena)
{
	const char *what;

	finding->verdict = FINDING_VERDICT_TROUBLE;
	switch (try->error) {
	case ECONNREFUSED:
		finding->reason = "refused";
		what = "refuses the connection: nothing listens there, or a rule rejects it";
		finding->fix =
			"compare targetPort of the Service with the port on which the container listens";
		break;
	case EINPROGRESS:
	case ETIMEDOUT:
		finding->reason = "timeout";
		what = arena_printf(arena, "does not answer within %d s", CONNECT_CHECK_TIMEOUT_MS / 1000);
		finding->fix =
			"packets are lost on the way, or a policy refuses this node: look at the pod network "
			"(CNI), at NetworkPolicies, and whether the pod runs";
		break;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EACCES:
		finding->reason = "unreachable";
		what = arena_printf(arena, "cannot be reached: %s", strerror(try->error));
		finding->fix = "look at the pod network (CNI) of this node, and whether the pod still exists";
		break;
	default:
		/* It says something about this process, and not about the endpoint. */
		finding->verdict = FINDING_VERDICT_UNKNOWN;
		finding->reason = "failed";
		what = arena_printf(arena, "could not be tried: %s", strerror(try->error));
	}
	finding->text =
		arena_printf(arena, "%s %s",
			     targets_endpoint_print(&try->endpoint->addr, try->endpoint->port, arena), what);
}

static void connect_check_report(const struct connect_check_try *tries, size_t n, struct findings *findings)
{
	struct arena *arena = findings->arena;
	char text[ADDR_TEXT_SIZE];
	size_t i, n_good = 0;

	for (i = 0; i < n; i++) {
		const struct targets_endpoint *endpoint = tries[i].endpoint;
		struct finding finding = { .check = FINDING_CHECK_CONNECTION };

		if (!tries[i].error) {
			n_good++;
			continue;
		}
		connect_check_judge(&tries[i], &finding, arena);
		finding.family = addr_family_name((enum family)endpoint->addr.family);
		finding.address = arena_string(arena, addr_print(&endpoint->addr, text));
		finding.port = endpoint->port;
		finding.protocol = addr_protocol_name(endpoint->protocol);
		finding_add(findings, &finding);
	}
	if (n_good)
		finding_add(findings,
			    &(struct finding){ .check = FINDING_CHECK_CONNECTION,
					       .text = arena_printf(
						       arena, "%zu of %zu TCP endpoint%s take%s connections",
						       n_good, n, n == 1 ? "" : "s", n_good == 1 ? "s" : ""),
					       .has_value = true,
					       .value = (int64_t)n_good,
					       .has_limit = true,
					       .limit = (int64_t)n });
}

static void connect_check_others(const struct targets *targets, size_t n, enum protocol protocol,
				 const char *name, struct findings *findings)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += targets->endpoints[i].protocol == protocol;
	if (count)
		finding_add(findings,
			    &(struct finding){
				    .check = FINDING_CHECK_CONNECTION,
				    .verdict = FINDING_VERDICT_UNKNOWN,
				    .reason = "not-checkable",
				    .text = arena_printf(findings->arena,
							 "%zu %s endpoint%s: whether anything listens there "
							 "cannot be checked",
							 count, name, count == 1 ? "" : "s"),
				    .protocol = addr_protocol_name(protocol),
				    .has_value = true,
				    .value = (int64_t)count });
}

void connect_check_endpoints(const struct targets *targets, size_t n, struct findings *findings)
{
	struct connect_check_try *tries = arena_array(findings->arena, n + 1, sizeof(*tries));
	size_t i, n_tries = 0;

	for (i = 0; i < n; i++) {
		if (targets->endpoints[i].protocol != PROTOCOL_TCP)
			continue;
		tries[n_tries].endpoint = &targets->endpoints[i];
		tries[n_tries].error = connect_check_open(&targets->endpoints[i], &tries[n_tries].fd);
		n_tries++;
	}
	connect_check_wait(tries, n_tries, findings->arena);
	for (i = 0; i < n_tries; i++)
		if (tries[i].fd >= 0)
			(void)close(tries[i].fd);
	connect_check_report(tries, n_tries, findings);
	connect_check_others(targets, n, PROTOCOL_UDP, "UDP", findings);
	connect_check_others(targets, n, PROTOCOL_SCTP, "SCTP", findings);
}
