/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A datagram from each of many source addresses, at a fixed rate. The addresses need not be assigned; answers are not read. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif

/* The last four bytes of an address, of either family, count up. */
static void flood_count_up(struct sockaddr_storage *addr)
{
	uint8_t *last = addr->ss_family == AF_INET ? (uint8_t *)&((struct sockaddr_in *)addr)->sin_addr
						   : ((struct sockaddr_in6 *)addr)->sin6_addr.s6_addr + 12;

	for (int i = 3; i >= 0 && !++last[i]; i--)
		;
}

static void flood_send(const struct probe_target *target, const struct sockaddr_storage *from)
{
	bool ipv4 = from->ss_family == AF_INET;
	int fd = probe_socket(target), one = 1;

	if (setsockopt(fd, ipv4 ? SOL_IP : SOL_IPV6, ipv4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &one,
		       sizeof(one)) < 0)
		probe_die("transparent");
	if (bind(fd, (const struct sockaddr *)from, target->addr_size) < 0)
		probe_die("bind");
	if (sendto(fd, "flood\n", 6, 0, (const struct sockaddr *)&target->addr, target->addr_size) < 0 &&
	    errno != EPERM && errno != ENOBUFS && errno != EAGAIN)
		probe_die("sendto");
	(void)close(fd);
}

int probe_flood(int per_second, const struct probe_target *target, const struct probe_options *options)
{
	struct sockaddr_storage from = options->from;
	long long start_us = probe_now_us(), due_us;

	for (int sent = 0; sent < options->count; sent++) {
		due_us = start_us + sent * 1000000LL / per_second;
		while (probe_now_us() < due_us)
			(void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
		flood_send(target, &from);
		flood_count_up(&from);
	}
	return 0;
}
