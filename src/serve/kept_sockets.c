/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/kept_sockets.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct kept_sockets {
	size_t n;
	int *fds;
};

static int kept_sockets_option(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int value = 0;

	return getsockopt(fd, level, option, &value, &len) == 0 ? value : 0;
}

bool kept_sockets_is_listening(int fd)
{
	return kept_sockets_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
}

struct kept_sockets *kept_sockets_new(const char *list)
{
	struct kept_sockets *kept = alloc_zeroed(1, sizeof(*kept));
	char *end;
	long fd;

	for (;; list = end) {
		fd = strtol(list, &end, 10);
		if (end == list)
			return kept;
		if (fd <= STDERR_FILENO || fd > INT32_MAX)
			continue;
		if (!kept_sockets_is_listening((int)fd) || fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0) {
			(void)close((int)fd);
			continue;
		}
		kept->fds = alloc_resized(kept->fds, kept->n + 1, sizeof(*kept->fds));
		kept->fds[kept->n++] = (int)fd;
	}
}

struct kept_sockets *kept_sockets_free(struct kept_sockets *kept)
{
	if (!kept)
		return NULL;
	while (kept->n)
		(void)close(kept->fds[--kept->n]);
	free(kept->fds);
	free(kept);
	return NULL;
}

/* The descriptor at @i leaves the list. */
static int kept_sockets_remove(struct kept_sockets *kept, size_t i)
{
	int fd = kept->fds[i];

	kept->fds[i] = kept->fds[--kept->n];
	return fd;
}

static uint16_t kept_sockets_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	return address->ss_family == AF_INET6 ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port) : 0;
}

/* A path may come back with or without its NUL. */
static bool kept_sockets_same_path(const struct sockaddr *a, socklen_t a_len, const struct sockaddr *b,
				   socklen_t b_len)
{
	size_t start = offsetof(struct sockaddr, sa_data);

	if (a_len > start && b_len > start && a->sa_data[0] && b->sa_data[0]) {
		a_len = (socklen_t)(start + strnlen(a->sa_data, a_len - start));
		b_len = (socklen_t)(start + strnlen(b->sa_data, b_len - start));
	}
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool kept_sockets_same(int fd, const struct sockaddr *address, socklen_t len, int type, bool ipv6_only)
{
	struct sockaddr_storage own = { 0 };
	socklen_t own_len = sizeof(own);

	if (kept_sockets_option(fd, SOL_SOCKET, SO_TYPE) != type ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 || own.ss_family != address->sa_family)
		return false;
	if (own.ss_family == AF_INET6 &&
	    (kept_sockets_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 0) != ipv6_only)
		return false;
	if (own.ss_family == AF_UNIX)
		return kept_sockets_same_path((const struct sockaddr *)&own, own_len, address, len);
	return own_len == len && memcmp(&own, address, len) == 0;
}

int kept_sockets_take(struct kept_sockets *kept, const struct sockaddr *address, socklen_t len, int type,
		      bool ipv6_only)
{
	size_t i;

	for (i = 0; kept && i < kept->n; i++)
		if (kept_sockets_same(kept->fds[i], address, len, type, ipv6_only))
			return kept_sockets_remove(kept, i);
	return -1;
}

bool kept_sockets_drop_port(struct kept_sockets *kept, uint16_t port)
{
	bool found = false;
	size_t i = 0;

	while (kept && i < kept->n) {
		struct sockaddr_storage own = { 0 };
		socklen_t len = sizeof(own);

		if (getsockname(kept->fds[i], (struct sockaddr *)&own, &len) == 0 &&
		    kept_sockets_port(&own) == port) {
			(void)close(kept_sockets_remove(kept, i));
			found = true;
		} else {
			i++;
		}
	}
	return found;
}
