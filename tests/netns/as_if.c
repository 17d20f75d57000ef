/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: as if the machine were another one. The clock of the day differs by the seconds in the file $AS_IF_CLOCK. If
 * $AS_IF_NO_IPV6 is set, the kernel has no IPv6.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long as_if_seconds(void)
{
	const char *path = getenv("AS_IF_CLOCK");
	FILE *file = path ? fopen(path, "re") : NULL;
	long seconds = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &seconds) != 1)
		seconds = 0;
	(void)fclose(file);
	return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	if (!r && clock == CLOCK_REALTIME)
		ret->tv_sec += as_if_seconds();
	return r;
}

time_t time(time_t *ret)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int socket(int domain, int type, int protocol)
{
	if (domain == AF_INET6 && getenv("AS_IF_NO_IPV6")) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}
