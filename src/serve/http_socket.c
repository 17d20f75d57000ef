/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/http_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "serve/kept_sockets.h"

static socklen_t http_socket_address(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	if (addr->family == FAMILY_IPV4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->bytes, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, addr->bytes, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

bool http_socket_is_last(int fd)
{
	struct rlimit limit;
	rlim_t reserve = HTTP_SOCKET_RESERVE;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	if (reserve > limit.rlim_cur / 2)
		reserve = limit.rlim_cur / 2;
	/* A new descriptor gets the lowest number that is free. */
	return (rlim_t)fd >= limit.rlim_cur - reserve;
}

/* Returns the descriptor, or negative errno. */
static int http_socket_bind(const struct sockaddr_storage *address, socklen_t len, bool ipv6_only)
{
	_cleanup_close_ int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, only = ipv6_only, ret;

	if (fd < 0)
		return -errno;
	if (http_socket_is_last(fd))
		return -EMFILE;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	ret = fd;
	fd = -1;
	return ret;
}

/* Returns the descriptor, or negative errno. */
static int http_socket_find(const struct addr *addr, uint16_t port, bool ipv6_only, struct kept_sockets *kept)
{
	struct sockaddr_storage address;
	socklen_t len = http_socket_address(addr, port, &address);
	bool only = ipv6_only && address.ss_family == AF_INET6;
	int fd = kept_sockets_take(kept, (const struct sockaddr *)&address, len, SOCK_STREAM, only);

	if (fd < 0)
		fd = http_socket_bind(&address, len, only);
	/* A kept socket may be in the way: the same port on another address. */
	if (fd == -EADDRINUSE && kept_sockets_drop_port(kept, port))
		fd = http_socket_bind(&address, len, only);
	return fd;
}

int http_socket_listen(const struct settings_listen *at, bool one_family, struct kept_sockets *kept, int *ret,
		       struct err *reterr)
{
	static const struct addr all = { .family = FAMILY_IPV6 }, all_ipv4 = { .family = FAMILY_IPV4 };
	bool both = !one_family && addr_is_unspecified(&at->addr);
	char text[ADDR_TEXT_SIZE];
	int fd = http_socket_find(both ? &all : &at->addr, at->port, !both, kept);

	if (both && fd == -EAFNOSUPPORT)
		fd = http_socket_find(&all_ipv4, at->port, true, kept);
	if (fd < 0)
		return err_set(reterr, fd, "cannot listen on %s port %u: %s", addr_print(&at->addr, text),
			       at->port, strerror(-fd));
	*ret = fd;
	return 0;
}

/*
 * 0 or -EAGAIN: a process listens there; -ECONNREFUSED, -ENOENT: none does; -EACCES, -EPERM: we may not connect;
 * other errors: it is not known.
 */
static int http_socket_try_connect(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
}

/* What is at the path may be replaced: nothing, or a socket of ours on which no process listens. */
static int http_socket_check_unused(const struct sockaddr_un *address, struct err *reterr)
{
	struct stat st;
	int r;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0
				       : err_set(reterr, -errno, "cannot listen on %s: %s", address->sun_path,
						 strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(reterr, -EEXIST, "cannot listen on %s: it exists, and is no socket",
			       address->sun_path);
	r = http_socket_try_connect(address);
	if (r == 0 || r == -EAGAIN)
		return err_set(reterr, -EADDRINUSE, "another process listens on %s", address->sun_path);
	if (r == -EACCES || r == -EPERM)
		return err_set(
			reterr, r,
			"cannot listen on %s: it belongs to another user, and may be of a process that runs "
			"or of one that is gone: %s",
			address->sun_path, strerror(-r));
	/* If we cannot know, the socket stays: to unlink it would cut off a process that listens there. */
	if (r != -ECONNREFUSED && r != -ENOENT)
		return err_set(reterr, r, "cannot listen on %s: %s", address->sun_path, strerror(-r));
	if (st.st_uid != geteuid())
		return err_set(reterr, -EEXIST, "cannot listen on %s: it is a socket of another user",
			       address->sun_path);
	return 0;
}

static void http_socket_make_directory(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = '\0';
	/* If this fails, bind() gives the reason. */
	(void)mkdir(dir, 0750);
}

/* The kept socket of @address, or -1. One whose path now leads elsewhere is of no use. */
static int http_socket_take_local(struct kept_sockets *kept, const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = kept_sockets_take(kept, (const struct sockaddr *)address, sizeof(*address),
						   SOCK_STREAM, false);
	_cleanup_close_ int client = -1;
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	int ret = fd;

	if (fd < 0)
		return -1;
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (client < 0 || connect(client, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.pid != getpid())
		return -1;
	fd = -1;
	return ret;
}

int http_socket_listen_local(const char *path, struct kept_sockets *kept, int *ret, struct err *reterr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t umask_before;
	int r;

	if (fd < 0)
		return err_set(reterr, -errno, "cannot listen on %s: %s", path, strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(reterr, -ENAMETOOLONG, "%s: too long for a socket's path", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	*ret = http_socket_take_local(kept, &address);
	if (*ret >= 0)
		return 0;
	http_socket_make_directory(path);
	r = http_socket_check_unused(&address, reterr);
	if (r < 0)
		return r;
	(void)unlink(path);
	umask_before = umask(0117);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(umask_before);
	if (r < 0 || listen(fd, SOMAXCONN) < 0)
		return err_set(reterr, -errno, "cannot listen on %s: %s", path, strerror(errno));
	*ret = fd;
	fd = -1;
	return 0;
}
