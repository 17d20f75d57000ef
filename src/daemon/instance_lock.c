/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/instance_lock.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "serve/kept_sockets.h"

#define INSTANCE_LOCK_NAME    "kube-nftproxy"
#define INSTANCE_LOCK_POLL_MS 100
#define INSTANCE_LOCK_ACCEPTS 16

static socklen_t instance_lock_address(struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* The NUL before it makes it abstract. */
	memcpy(ret->sun_path + 1, INSTANCE_LOCK_NAME, strlen(INSTANCE_LOCK_NAME));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(INSTANCE_LOCK_NAME));
}

static int instance_lock_socket(struct err *reterr)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? err_set(reterr, -errno, "cannot make a Unix socket: %s", strerror(errno)) : fd;
}

/* Whether a process may change nf_tables; false if /proc does not tell. */
static bool instance_lock_is_privileged(pid_t pid)
{
	unsigned long long capabilities = 0;
	char path[64], line[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "CapEff:", 7) == 0)
			capabilities = strtoull(line + 7, NULL, 16);
	(void)fclose(file);
	return capabilities >> CAP_NET_ADMIN & 1;
}

/*
 * Returns -EBUSY if an instance of ours has the name, 0 if another process has it, -EAGAIN if it is free again. A process that
 * lets its queue fill up (EAGAIN) is not an instance of ours.
 */
static int instance_lock_look(struct err *reterr)
{
	_cleanup_close_ int fd = instance_lock_socket(reterr);
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer), address_len;
	struct sockaddr_un address;

	if (fd < 0)
		return fd;
	address_len = instance_lock_address(&address);
	if (connect(fd, (const struct sockaddr *)&address, address_len) < 0)
		return errno == ECONNREFUSED ? -EAGAIN : 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return 0;
	if (peer.uid != 0 && peer.uid != geteuid() && !instance_lock_is_privileged(peer.pid))
		return 0;
	/* The pid is 0 if the process is of another PID namespace. */
	if (!peer.pid)
		return err_set(reterr, -EBUSY, "another kube-nftproxy is running in this network namespace");
	return err_set(reterr, -EBUSY,
		       "another kube-nftproxy is running in this network namespace: process %d",
		       (int)peer.pid);
}

static int instance_lock_bind(int *ret_fd, struct err *reterr)
{
	const struct timespec pause = { .tv_nsec = INSTANCE_LOCK_POLL_MS * 1000000L };
	uint64_t end_ms = monotonic_ms() + INSTANCE_LOCK_WAIT_MS;
	_cleanup_close_ int fd = instance_lock_socket(reterr);
	struct sockaddr_un address;
	socklen_t len = instance_lock_address(&address);
	int r;

	if (fd < 0)
		return fd;
	while (bind(fd, (const struct sockaddr *)&address, len) < 0) {
		if (errno != EADDRINUSE)
			return err_set(reterr, -errno, "cannot name a Unix socket: %s", strerror(errno));
		r = instance_lock_look(reterr);
		if (!r) {
			log_warn("daemon",
				 "an unprivileged process has bound the instance lock's Unix socket: "
				 "a second kube-nftproxy would not be detected",
				 LOG_TEXT("socket", "@" INSTANCE_LOCK_NAME));
			*ret_fd = -1;
			return 0;
		}
		if ((r != -EBUSY && r != -EAGAIN) || monotonic_ms() >= end_ms)
			return r == -EAGAIN ? err_set(reterr, -EBUSY, "a Unix socket is taken") : r;
		(void)nanosleep(&pause, NULL);
	}
	if (listen(fd, SOMAXCONN) < 0)
		return err_set(reterr, -errno, "cannot listen on a Unix socket: %s", strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int instance_lock_take(struct kept_sockets *kept, int *ret_fd, struct err *reterr)
{
	struct sockaddr_un address;
	socklen_t len = instance_lock_address(&address);

	*ret_fd = kept_sockets_take(kept, (const struct sockaddr *)&address, len, SOCK_SEQPACKET, false);
	return *ret_fd >= 0 ? 0 : instance_lock_bind(ret_fd, reterr);
}

void instance_lock_dispatch(int fd)
{
	int peer, i;

	/* A flood of connections must not keep the loop from its other work. */
	for (i = 0; i < INSTANCE_LOCK_ACCEPTS && (peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0; i++)
		(void)close(peer);
}
