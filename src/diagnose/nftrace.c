/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/nftrace.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "base/monotonic.h"

#define NFTRACE_POLL_MS 100

/* A run of nftrace_follow(). */
struct nftrace_run {
	struct nftrace *trace;
	nftrace_ended *ended;
	void *ctx;
	size_t n_ended;
	bool stopped;
};

int nftrace_open(struct nftrace *trace, int64_t pid, const struct targets *targets, const struct addr *from,
		 struct err *reterr)
{
	int group = NFNLGRP_NFTRACE, r;

	*trace = (struct nftrace){ .lost = false };
	r = nfnl_socket_open(&trace->monitor, reterr);
	if (r < 0)
		return r;
	if (mnl_socket_setsockopt(trace->monitor.nl, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return err_set(reterr, -errno,
			       errno == EPERM
				       ? "trace needs root (CAP_NET_ADMIN): it adds a table to nftables"
				       : "the kernel does not tell what it traces: %s",
			       strerror(errno));
	trace->packets.own_table = trace->table.name;
	return nftrace_table_open(&trace->table, pid, targets, from, reterr);
}

void nftrace_close(struct nftrace *trace)
{
	nftrace_table_close(&trace->table);
	nfnl_socket_close(&trace->monitor);
	nftrace_packets_done(&trace->packets);
}

static void nftrace_end(struct nftrace_run *run, const struct nftrace_packet *packet)
{
	if (packet && !run->ended(run->ctx, ++run->n_ended, packet))
		run->stopped = true;
}

static int nftrace_on_message(void *ctx, const struct nlmsghdr *nlh)
{
	struct nftrace_run *run = ctx;
	struct nftrace_event event;

	if (nftrace_event_read(nlh, &event))
		nftrace_end(run, nftrace_packets_add(&run->trace->packets, &event, monotonic_ms()));
	return 0;
}

static int nftrace_receive(struct nftrace_run *run, struct err *reterr)
{
	int r = nfnl_socket_drain(&run->trace->monitor, nftrace_on_message, run);

	if (r == -ENOBUFS) {
		run->trace->lost = true;
		r = 0;
	}
	return r < 0 ? err_set(reterr, r, "cannot read what the kernel traces: %s", strerror(-r)) : 0;
}

static bool nftrace_is_over(struct nftrace_run *run, uint64_t end_ms)
{
	struct nftrace_packets *packets = &run->trace->packets;

	/* Behind the end, only those that are known are waited for. */
	if (monotonic_ms() >= end_ms)
		packets->max = packets->n;
	return run->stopped || nftrace_packets_all_ended(packets);
}

int nftrace_follow(struct nftrace *trace, uint64_t for_ms, size_t max, int stop_fd, nftrace_ended *ended,
		   void *ctx, struct err *reterr)
{
	struct nftrace_run run = { .trace = trace, .ended = ended, .ctx = ctx };
	uint64_t end_ms = monotonic_ms() + for_ms;
	const struct nftrace_packet *packet;
	int r = 0;

	trace->packets.max = max;
	while (!r && !nftrace_is_over(&run, end_ms)) {
		struct pollfd fds[] = { { .fd = nfnl_socket_fd(&trace->monitor), .events = POLLIN },
					{ .fd = stop_fd, .events = POLLIN } };

		if (poll(fds, 2, NFTRACE_POLL_MS) < 0 && errno != EINTR)
			return err_set(reterr, -errno, "cannot wait: %s", strerror(errno));
		r = nftrace_receive(&run, reterr);
		while ((packet = nftrace_packets_expire(&trace->packets, monotonic_ms())))
			nftrace_end(&run, packet);
		run.stopped |= fds[1].revents != 0;
	}
	return r;
}
