/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/monotonic.h"
#include "serve/kept_sockets.h"

/* @answer: from http_server_answer_later() on. While there is none, the connection is suspended. */
struct http_server_request {
	struct http_server *server;
	struct MHD_Connection *connection;
	bool answered;
	struct http_server_answer answer;
	struct http_server_request *next;
};

/* @waiting: not answered */
struct http_server {
	struct MHD_Daemon *daemon;
	struct http_server_request *waiting;
	void (*due)(void *ctx);
	void *due_ctx;
	http_server_handler *handler;
	void *ctx;
};

static socklen_t http_server_address(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret)
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

/* Returns the descriptor, or negative errno. */
static int http_server_socket(const struct sockaddr_storage *address, socklen_t len, bool ipv6_only)
{
	_cleanup_close_ int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, only = ipv6_only, ret;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
	if (bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, SOMAXCONN) < 0)
		return -errno;
	ret = fd;
	fd = -1;
	return ret;
}

static int http_server_listen(const struct http_server_params *params, int *ret, struct err *reterr)
{
	const struct settings_listen *at = &params->listen;
	struct sockaddr_storage address;
	socklen_t len = http_server_address(&at->addr, at->port, &address);
	bool only = params->ipv6_only && address.ss_family == AF_INET6;
	char text[ADDR_TEXT_SIZE];
	int fd = kept_sockets_take(params->kept, (const struct sockaddr *)&address, len, SOCK_STREAM, only);

	if (fd < 0)
		fd = http_server_socket(&address, len, only);
	/* A kept socket may be in the way: the same port on another address. */
	if (fd == -EADDRINUSE && kept_sockets_drop_port(params->kept, at->port))
		fd = http_server_socket(&address, len, only);
	if (fd < 0)
		return err_set(reterr, fd, "cannot listen on %s port %u: %s", addr_print(&at->addr, text),
			       at->port, strerror(-fd));
	*ret = fd;
	return 0;
}

static enum MHD_Result http_server_queue(struct MHD_Connection *connection, struct http_server_answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->body.size, (void *)(uintptr_t)buf_text(&answer->body), MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_NO;

	if (!response)
		return MHD_NO;
	if ((!answer->content_type || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
							      answer->content_type) == MHD_YES) &&
	    (!answer->header ||
	     MHD_add_response_header(response, answer->header, answer->header_value) == MHD_YES) &&
	    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES)
		result = MHD_queue_response(connection, answer->code ? answer->code : MHD_HTTP_NOT_FOUND,
					    response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result http_server_suspend(struct http_server *server, struct MHD_Connection *connection,
					   struct http_server_request *request)
{
	request->server = server;
	request->connection = connection;
	request->next = server->waiting;
	server->waiting = request;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/*
 * Called once for the head of a request, once for each piece of its body, once at its end, and once more after it was
 * suspended. @con_cls is NULL, then the request.
 */
static enum MHD_Result http_server_request(void *cls, struct MHD_Connection *connection, const char *url,
					   const char *method, const char *version, const char *upload_data,
					   size_t *upload_data_size, void **con_cls)
{
	struct http_server_request *request = *con_cls;
	struct http_server *server = cls;

	(void)method;
	(void)version;
	(void)upload_data;
	if (!request) {
		*con_cls = alloc_zeroed(1, sizeof(*request));
		return MHD_YES;
	}
	if (*upload_data_size) {
		*upload_data_size = 0;
		return MHD_YES;
	}
	if (!request->answered) {
		request->answer.request = request;
		server->handler(server->ctx, url, &request->answer);
		if (request->answer.later)
			return http_server_suspend(server, connection, request);
	}
	return http_server_queue(connection, &request->answer);
}

/* The request has been answered, or the connection has ended. */
static void http_server_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
				  enum MHD_RequestTerminationCode code)
{
	struct http_server_request *request = *con_cls;

	(void)cls;
	(void)connection;
	(void)code;
	if (request)
		buf_done(&request->answer.body);
	free(request);
	*con_cls = NULL;
}

static void http_server_resume(struct http_server_request *request)
{
	struct http_server_request **at = &request->server->waiting;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	request->answered = true;
	MHD_resume_connection(request->connection);
}

void http_server_answer_later(struct http_server_request *request, struct http_server_answer *answer)
{
	struct http_server *server = request->server;

	request->answer = *answer;
	http_server_resume(request);
	/* The descriptor does not tell that a connection is resumed. */
	if (server->due)
		server->due(server->due_ctx);
}

void http_server_on_due(struct http_server *server, void (*due)(void *ctx), void *ctx)
{
	server->due = due;
	server->due_ctx = ctx;
}

/*
 * 0 or -EAGAIN: a process listens there; -ECONNREFUSED, -ENOENT: none does; -EACCES, -EPERM: we may not connect;
 * other errors: it is not known.
 */
static int http_server_try_connect(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
}

static int http_server_check_unused(const struct sockaddr_un *address, struct err *reterr)
{
	int r = http_server_try_connect(address);

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
	return 0;
}

static void http_server_make_directory(const char *path)
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
static int http_server_take_local(struct kept_sockets *kept, const struct sockaddr_un *address)
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

static int http_server_listen_local(const struct http_server_params *params, int *ret, struct err *reterr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = params->path;
	mode_t umask_before;
	int r;

	if (fd < 0)
		return err_set(reterr, -errno, "cannot listen on %s: %s", path, strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(reterr, -ENAMETOOLONG, "%s: too long for a socket's path", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	*ret = http_server_take_local(params->kept, &address);
	if (*ret >= 0)
		return 0;
	http_server_make_directory(path);
	r = http_server_check_unused(&address, reterr);
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

int http_server_new(const struct http_server_params *params, struct http_server **ret, struct err *reterr)
{
	_cleanup_(http_server_freep) struct http_server *server = alloc_zeroed(1, sizeof(*server));
	int fd = -1, r;

	if (params->path)
		r = http_server_listen_local(params, &fd, reterr);
	else
		r = http_server_listen(params, &fd, reterr);
	if (r < 0)
		return r;
	server->handler = params->handler;
	server->ctx = params->ctx;
	/* libmicrohttpd takes the descriptor, also when it fails. */
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, http_server_request, server,
		MHD_OPTION_NOTIFY_COMPLETED, http_server_completed, NULL, MHD_OPTION_LISTEN_SOCKET,
		(MHD_socket)fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)HTTP_SERVER_CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)HTTP_SERVER_CONNECTIONS_MAX / 2,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)HTTP_SERVER_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_SERVER_MEMORY, MHD_OPTION_END);
	if (!server->daemon)
		return err_set(reterr, -EIO, "libmicrohttpd does not start");
	*ret = TAKE_PTR(server);
	return 0;
}

struct http_server *http_server_free(struct http_server *server)
{
	if (!server)
		return NULL;
	/* A suspended connection cannot be closed. */
	while (server->waiting)
		http_server_resume(server->waiting);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	free(server);
	return NULL;
}

int http_server_fd(const struct http_server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

int64_t http_server_timeout_ms(const struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout;

	return MHD_get_timeout(server->daemon, &timeout) == MHD_YES ? (int64_t)timeout : -1;
}

void http_server_run(struct http_server *server)
{
	(void)MHD_run(server->daemon);
}

static bool http_server_has_connections(const struct http_server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections;
}

bool http_server_answer_connected(struct http_server *server)
{
	if (!http_server_has_connections(server))
		return false;
	(void)MHD_run_wait(server->daemon, 1);
	return true;
}
