/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "base/alloc.h"
#include "base/monotonic.h"
#include "serve/http_socket.h"

#define HTTP_SERVER_TOO_LARGE 413
#define HTTP_SERVER_ACCEPTS   64 /* at once */
#define HTTP_SERVER_ACCEPT_MS 10 /* in one run */
#define HTTP_SERVER_ANSWERS   8	 /* in one run */
#define HTTP_SERVER_ANSWER_MS 10 /* in one run; /statusz takes 12 ms at 20,000 Services */

/*
 * @path:	libmicrohttpd's
 * @answered:	@answer is there. A connection is suspended while its request waits for the answer, or, if @queued, for its turn
 */
struct http_server_request {
	struct http_server *server;
	struct MHD_Connection *connection;
	struct http_client *client;
	const char *path;
	bool queued;
	bool answered;
	struct http_server_answer answer;
	struct http_server_request *prev, *next;
};

/**
 * struct http_server
 * @listen_fd:	of ours; libmicrohttpd only gets connections
 * @waiting:	requests that will be answered later
 * @queue:	requests that wait for their turn
 * @n_answers:	of this run
 * @answers_end_ms: then this run begins no more answers
 */
struct http_server {
	int listen_fd;
	struct MHD_Daemon *daemon;
	struct http_clients *clients;
	struct http_server_request *waiting;
	struct http_server_request *queue;
	unsigned int n_answers;
	uint64_t answers_end_ms;
	void (*due)(void *ctx);
	void *due_ctx;
	http_server_handler *handler;
	void *ctx;
};

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

static struct http_client *http_server_client(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* libmicrohttpd answers, and closes the connection without reading the body. */
static bool http_server_has_body(struct MHD_Connection *connection)
{
	const char *length =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result http_server_begin(struct http_server *server, struct MHD_Connection *connection,
					 void **con_cls)
{
	struct http_server_answer refused = { .code = HTTP_SERVER_TOO_LARGE };
	struct http_server_request *request;

	if (http_server_has_body(connection))
		return http_server_queue(connection, &refused);
	request = alloc_zeroed(1, sizeof(*request));
	request->server = server;
	request->connection = connection;
	request->client = http_server_client(connection);
	request->answer.request = request;
	*con_cls = request;
	return MHD_YES;
}

static bool http_server_has_done_enough(const struct http_server *server)
{
	return server->n_answers >= HTTP_SERVER_ANSWERS ||
	       (server->n_answers && monotonic_ms() >= server->answers_end_ms);
}

static void http_server_answer(struct http_server_request *request)
{
	struct http_server *server = request->server;

	server->n_answers++;
	server->handler(server->ctx, request->path, &request->answer);
	request->answered = !request->answer.later;
	if (request->answered)
		return;
	http_clients_wait(server->clients, request->client);
	DL_APPEND(server->waiting, request);
}

const char *http_server_argument(const struct http_server_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

bool http_server_wants_html(const struct http_server_request *request)
{
	const char *accept =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "text/html");
}

/*
 * Called once for the head of a request, once at its end, and once more after it was suspended. @con_cls is NULL, then the
 * request.
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
	(void)upload_data_size;
	if (!request)
		return http_server_begin(server, connection, con_cls);
	if (http_clients_is_cut(request->client))
		return MHD_NO;
	request->path = url;
	if (!request->answered && http_server_has_done_enough(server)) {
		request->queued = true;
		DL_APPEND(server->queue, request);
	} else if (!request->answered) {
		http_server_answer(request);
	}
	if (request->answered)
		return http_server_queue(connection, &request->answer);
	MHD_suspend_connection(connection);
	return MHD_YES;
}

/* The request has been answered, or the connection has ended. */
static void http_server_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
				  enum MHD_RequestTerminationCode code)
{
	struct http_server_request *request = *con_cls;
	const struct http_server *server = cls;

	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		http_clients_restart(server->clients, http_server_client(connection), monotonic_ms());
	if (request)
		buf_done(&request->answer.body);
	free(request);
	*con_cls = NULL;
}

/* The context of a connection is its client. */
static void http_server_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
				   enum MHD_ConnectionNotificationCode code)
{
	const struct http_server *server = cls;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*socket_context = http_clients_find(
			server->clients,
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
	else
		http_clients_remove(server->clients, *socket_context);
}

static void http_server_resume(struct http_server_request *request)
{
	struct http_server *server = request->server;

	if (request->queued)
		DL_DELETE(server->queue, request);
	else
		DL_DELETE(server->waiting, request);
	request->queued = false;
	MHD_resume_connection(request->connection);
}

void http_server_answer_later(struct http_server_request *request, struct http_server_answer *answer)
{
	struct http_server *server = request->server;

	request->answer = *answer;
	request->answered = true;
	http_clients_restart(server->clients, request->client, monotonic_ms());
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

int http_server_new(const struct http_server_params *params, struct http_server **ret, struct err *reterr)
{
	_cleanup_(http_server_freep) struct http_server *server = alloc_zeroed(1, sizeof(*server));
	int r;

	server->listen_fd = -1;
	if (params->path)
		r = http_socket_listen_local(params->path, params->kept, &server->listen_fd, reterr);
	else
		r = http_socket_listen(&params->listen, params->one_family, params->kept, &server->listen_fd,
				       reterr);
	if (r < 0)
		return r;
	server->clients = params->clients;
	server->handler = params->handler;
	server->ctx = params->ctx;
	/* Those that are cut stay until libmicrohttpd has closed them, so its own limit is not reached. */
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
		http_server_request, server, MHD_OPTION_NOTIFY_COMPLETED, http_server_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, http_server_connection, server, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)(2 * HTTP_CLIENTS_MAX), MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)HTTP_SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTP_SERVER_MEMORY, MHD_OPTION_END);
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
	while (server->queue)
		http_server_resume(server->queue);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	closep(&server->listen_fd);
	free(server);
	return NULL;
}

int http_server_listen_fd(const struct http_server *server)
{
	return server->listen_fd;
}

int http_server_fd(const struct http_server *server)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

int64_t http_server_timeout_ms(const struct http_server *server)
{
	int64_t expiry = http_clients_expire(server->clients, monotonic_ms());
	MHD_UNSIGNED_LONG_LONG timeout;

	if (server->queue)
		return 0;
	if (MHD_get_timeout(server->daemon, &timeout) != MHD_YES)
		return -1;
	return expiry >= 0 && expiry < (int64_t)timeout ? expiry : (int64_t)timeout;
}

/* @ret_more: more may wait. Return: false: one that waits cannot be accepted now. */
static bool http_server_accept(struct http_server *server, bool *ret_more)
{
	struct sockaddr_storage from;
	struct http_client *client;
	socklen_t len;
	int i, fd;

	/* Those that are cut still have their descriptors. */
	for (i = 0; i < HTTP_SERVER_ACCEPTS && http_clients_n_cut(server->clients) < HTTP_SERVER_ACCEPTS;
	     i++) {
		len = sizeof(from);
		fd = accept4(server->listen_fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			*ret_more = false;
			return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
		}
		if (http_socket_is_last(fd))
			http_clients_limit(server->clients);
		if (!http_clients_add(server->clients, fd, &from, monotonic_ms())) {
			(void)close(fd);
			continue;
		}
		/* If it fails, it closes the descriptor, and may have told so already. */
		if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&from, len) == MHD_YES)
			continue;
		client = http_clients_find(server->clients, fd);
		if (client)
			http_clients_remove(server->clients, client);
	}
	*ret_more = i > 0;
	return true;
}

static void http_server_take_turn(struct http_server_request *request)
{
	DL_DELETE(request->server->queue, request);
	request->queued = false;
	http_server_answer(request);
	if (request->answered)
		MHD_resume_connection(request->connection);
}

/* Those whose turn it is go on: the oldest first, but a probe does not wait for a crowd. */
static void http_server_resume_queue(struct http_server *server)
{
	struct http_server_request *request, *next;
	int crowd;

	for (crowd = 0; crowd <= 1; crowd++) {
		DL_FOREACH_SAFE(server->queue, request, next)
		if (!http_clients_is_cut(request->client) &&
		    http_clients_is_of_few(request->client) == !crowd && !http_server_has_done_enough(server))
			http_server_take_turn(request);
	}
}

/* libmicrohttpd closes them, but not while they are suspended. */
static void http_server_resume_cut(struct http_server *server)
{
	struct http_server_request *request, *next;

	DL_FOREACH_SAFE(server->queue, request, next)
	if (http_clients_is_cut(request->client))
		http_server_resume(request);
}

bool http_server_run(struct http_server *server)
{
	uint64_t start_ms = monotonic_ms();
	bool accepted, more;

	(void)http_clients_expire(server->clients, start_ms);
	server->n_answers = 0;
	server->answers_end_ms = start_ms + HTTP_SERVER_ANSWER_MS;
	http_server_resume_queue(server);
	/* Whoever connects faster than they are accepted fills the queue, and keeps others out of it. */
	do {
		accepted = http_server_accept(server, &more);
		/* Those that are cut count for all servers until they are closed: none stays for others to wait for. */
		http_server_resume_cut(server);
		(void)MHD_run(server->daemon);
	} while (more && monotonic_ms() < start_ms + HTTP_SERVER_ACCEPT_MS);
	return accepted;
}

static bool http_server_has_connections(const struct http_server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections;
}

bool http_server_answer_connected(struct http_server *server)
{
	(void)http_server_run(server);
	if (!http_server_has_connections(server))
		return false;
	(void)MHD_run_wait(server->daemon, 1);
	return true;
}
