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

#include "backend/nfnl_lock.h"
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

/* What /proc tells about a process. */
enum instance_lock_privilege {
	INSTANCE_LOCK_PRIVILEGE_NONE,
	INSTANCE_LOCK_PRIVILEGE_NET_ADMIN,
	INSTANCE_LOCK_PRIVILEGE_UNKNOWN,
};

static bool instance_lock_all_are(const char *ids, uid_t uid)
{
	unsigned long id;
	char *end;

	for (;; ids = end) {
		id = strtoul(ids, &end, 10);
		if (end == ids)
			return true;
		if (id != uid)
			return false;
	}
}

/*
 * Whether the process may change nf_tables, and is still of user @uid. A program that any user may execute as root says nothing about who
 * bound the name.
 */
static enum instance_lock_privilege instance_lock_privilege(pid_t pid, uid_t uid)
{
	unsigned long long capabilities = 0;
	bool same = false;
	char path[64], line[256];
	FILE *file;

	/* The pid is 0 if the process is of another PID namespace. */
	if (!pid)
		return INSTANCE_LOCK_PRIVILEGE_UNKNOWN;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return INSTANCE_LOCK_PRIVILEGE_UNKNOWN;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Uid:", 4) == 0)
			same = instance_lock_all_are(line + 4, uid);
		if (strncmp(line, "CapEff:", 7) == 0)
			capabilities = strtoull(line + 7, NULL, 16);
	}
	(void)fclose(file);
	return same && capabilities >> CAP_NET_ADMIN & 1 ? INSTANCE_LOCK_PRIVILEGE_NET_ADMIN
							 : INSTANCE_LOCK_PRIVILEGE_NONE;
}

static bool instance_lock_is_instance(const struct ucred *peer)
{
	if (peer->uid == 0)
		return true;
	switch (instance_lock_privilege(peer->pid, peer->uid)) {
	case INSTANCE_LOCK_PRIVILEGE_NET_ADMIN:
		return true;
	case INSTANCE_LOCK_PRIVILEGE_UNKNOWN:
		return peer->uid == geteuid();
	case INSTANCE_LOCK_PRIVILEGE_NONE:
		break;
	}
	return false;
}

static int instance_lock_busy(int pid, struct err *reterr)
{
	if (!pid)
		return err_set(reterr, -EBUSY, "another kube-nftproxy is running in this network namespace");
	return err_set(reterr, -EBUSY,
		       "another kube-nftproxy is running in this network namespace: process %d", pid);
}

/*
 * Returns -EBUSY if an instance of ours has the name, 0 if another process has it, -EAGAIN if it is free again. A process that
 * lets its queue fill up (EAGAIN) is not an instance of ours. The credentials are those of the time when it began to listen.
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
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || !instance_lock_is_instance(&peer))
		return 0;
	return instance_lock_busy((int)peer.pid, reterr);
}

static void instance_lock_pause(void)
{
	const struct timespec pause = { .tv_nsec = INSTANCE_LOCK_POLL_MS * 1000000L };

	(void)nanosleep(&pause, NULL);
}

/* *@ret_fd: -1: a process that is none of ours has the name. */
static int instance_lock_bind(uint64_t end_ms, int *ret_fd, struct err *reterr)
{
	_cleanup_close_ int fd = instance_lock_socket(reterr);
	struct sockaddr_un address;
	socklen_t len = instance_lock_address(&address);
	int r;

	*ret_fd = -1;
	if (fd < 0)
		return fd;
	while (bind(fd, (const struct sockaddr *)&address, len) < 0) {
		if (errno != EADDRINUSE)
			return err_set(reterr, -errno, "cannot name a Unix socket: %s", strerror(errno));
		r = instance_lock_look(reterr);
		if (!r)
			return 0;
		if ((r != -EBUSY && r != -EAGAIN) || monotonic_ms() >= end_ms)
			return r == -EAGAIN ? err_set(reterr, -EBUSY, "a Unix socket is taken") : r;
		instance_lock_pause();
	}
	if (listen(fd, SOMAXCONN) < 0)
		return err_set(reterr, -errno, "cannot listen on a Unix socket: %s", strerror(errno));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* Without the table, which an old kernel cannot make. A missing privilege is reported by what needs it most: the first sync. */
static int instance_lock_without_table(const struct instance_lock *lock, int r, const struct err *err)
{
	if (lock->fd < 0)
		log_warn("daemon",
			 "a process without CAP_NET_ADMIN has bound the instance lock's Unix socket: "
			 "a second kube-nftproxy would not be detected",
			 LOG_TEXT("socket", "@" INSTANCE_LOCK_NAME));
	if (r != -EOPNOTSUPP && r != -EPERM)
		log_warn("daemon", "the instance lock is only a Unix socket", LOG_TEXT("err", err->text));
	return 0;
}

static int instance_lock_take_table(uint64_t end_ms, int kept_fd, struct instance_lock *lock,
				    struct err *reterr)
{
	struct err err = { 0 };
	int pid, r;

	while ((r = nfnl_lock_take(kept_fd, &lock->table, &pid, &err)) == -EBUSY) {
		if (monotonic_ms() >= end_ms)
			return instance_lock_busy(pid, reterr);
		kept_fd = -1;
		instance_lock_pause();
	}
	if (r < 0)
		return instance_lock_without_table(lock, r, &err);
	if (lock->fd < 0)
		log_warn("daemon",
			 "a process without CAP_NET_ADMIN has bound the instance lock's Unix socket: "
			 "only a kube-nftproxy of an older version would not be detected",
			 LOG_TEXT("socket", "@" INSTANCE_LOCK_NAME));
	return 0;
}

int instance_lock_take(struct kept_sockets *kept, int kept_table_fd, struct instance_lock *ret,
		       struct err *reterr)
{
	uint64_t end_ms = monotonic_ms() + INSTANCE_LOCK_WAIT_MS;
	struct sockaddr_un address;
	socklen_t len = instance_lock_address(&address);
	int r = 0;

	*ret = INSTANCE_LOCK_NONE;
	ret->fd = kept_sockets_take(kept, (const struct sockaddr *)&address, len, SOCK_SEQPACKET, false);
	if (ret->fd < 0)
		r = instance_lock_bind(end_ms, &ret->fd, reterr);
	return r ? r : instance_lock_take_table(end_ms, kept_table_fd, ret, reterr);
}

void instance_lock_release(struct instance_lock *lock)
{
	lock->table = nfnl_lock_free(lock->table);
	closep(&lock->fd);
	*lock = INSTANCE_LOCK_NONE;
}

int instance_lock_table_fd(const struct instance_lock *lock)
{
	return nfnl_lock_fd(lock->table);
}

bool instance_lock_dispatch(int fd)
{
	int peer, i;

	/* A flood of connections must not keep the loop from its other work. */
	for (i = 0; i < INSTANCE_LOCK_ACCEPTS; i++) {
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		if (peer < 0)
			return false;
		(void)close(peer);
	}
	return true;
}
