/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/query_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "config/subject.h"
#include "daemon/oneshot.h"
#include "daemon/terminal.h"
#include "diagnose/targets.h"
#include "serve/query.h"

#define QUERY_COMMAND_TIMEOUT_S 30 /* a healthy daemon is never busy for so long */
#define QUERY_COMMAND_SIZE_MAX	(256 * 1024 * 1024)

/* What is asked about, and from where. */
static void query_command_subject(const struct settings *settings, const char *from, struct buf *request)
{
	struct subject subject;
	const char *namespace;
	char addr[ADDR_TEXT_SIZE];

	(void)subject_parse(settings->subject, &subject);
	switch (subject.kind) {
	case SUBJECT_KIND_ADDRESS:
		buf_printf(request, "/find/%s", addr_print(&subject.addr, addr));
		break;
	case SUBJECT_KIND_NODE_PORT:
		buf_printf(request, "/find/-");
		break;
	case SUBJECT_KIND_SERVICE:
		namespace
		= settings->namespace ? settings->namespace : "default";
		buf_printf(request, "/explain/%s/%s", *subject.namespace ? subject.namespace : namespace,
			   subject.name);
	}
	buf_printf(request, "/%s/%s", *subject.port ? subject.port : "-", from ? from : "-");
}

static void query_command_request(const struct settings *settings, struct buf *request)
{
	buf_printf(request, "/%s",
		   settings->output == SETTINGS_FORMAT_JSON ? "json"
		   : terminal_has_colours(settings->color)  ? "colour"
							    : "text");
	if (settings->output == SETTINGS_FORMAT_TEXT)
		buf_printf(request, "%s%s", settings->rules ? "+rules" : "", settings->all ? "+all" : "");
	if (settings->output == SETTINGS_FORMAT_TEXT && terminal_columns())
		buf_printf(request, "+w%zu", terminal_columns());
	if (settings->action == SETTINGS_ACTION_STATUS) {
		buf_printf(request, "/status");
	} else if (settings->action == SETTINGS_ACTION_DIFF) {
		buf_printf(request, "/diff");
	} else if (settings->action == SETTINGS_ACTION_LIST) {
		buf_printf(request, "/list/%s", settings->problems ? "problems" : "all");
	} else {
		query_command_subject(settings, settings->from, request);
	}
}

static int query_command_connect(const char *path, int *ret, struct err *reterr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval timeout = { .tv_sec = QUERY_COMMAND_TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return err_set(reterr, -EINVAL, "there is no control socket to ask");
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_set(reterr, -errno, "no daemon answers at %s: %s", path, strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	*ret = fd;
	fd = -1;
	return 0;
}

static int query_command_exchange(int fd, const char *request, struct buf *answer, struct err *reterr)
{
	struct buf text = BUF_INIT;
	bool sent;
	ssize_t n;

	buf_printf(&text, "GET %s HTTP/1.0\r\n\r\n", request);
	n = send(fd, text.data, text.size, MSG_NOSIGNAL);
	sent = n == (ssize_t)text.size;
	if (n >= 0 && !sent)
		errno = EIO;
	buf_done(&text);
	if (!sent)
		return err_set(reterr, -errno, "the daemon does not listen: %s", strerror(errno));
	do {
		n = recv(fd, buf_reserve(answer, 65536), 65536, 0);
		if (n > 0)
			answer->size += (size_t)n;
	} while ((n > 0 || (n < 0 && errno == EINTR)) && answer->size < QUERY_COMMAND_SIZE_MAX);
	if (n < 0)
		return err_set(reterr, -errno, "the daemon does not answer: %s",
			       errno == EAGAIN ? "not within 30 s" : strerror(errno));
	return 0;
}

/* Splits "HTTP/1.1 200 OK", head and body. Return: the code, or negative errno. */
static int query_command_parse(struct buf *answer, struct err *reterr)
{
	const char *body = strstr(buf_text(answer), "\r\n\r\n");
	int code;

	if (!body || sscanf(answer->data, "HTTP/1.%*d %d", &code) != 1)
		return err_set(reterr, -EPROTO, "the answer is not from kube-nftproxy");
	buf_drop_front(answer, (size_t)(body + 4 - answer->data));
	return code;
}

static int query_command_daemon(const struct settings *settings, const char *request, struct buf *body,
				struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	int r = query_command_connect(settings->control_socket, &fd, reterr);

	if (!r)
		r = query_command_exchange(fd, request, body, reterr);
	return r < 0 ? r : query_command_parse(body, reterr);
}

/* Whether it comes with an answer, and not with a complaint. */
static bool query_command_is_answer(int code)
{
	return code == QUERY_CODE_GOOD || code == QUERY_CODE_TROUBLE || code == QUERY_CODE_UNKNOWN;
}

static int query_command_status(int code)
{
	switch (code) {
	case QUERY_CODE_GOOD:
		return 0;
	case QUERY_CODE_TROUBLE:
	case QUERY_CODE_NOT_FOUND:
		return 1;
	}
	return 2;
}

/* Return: an enum query_code; negative errno. */
static int query_command_ask(const struct settings *settings, const char *request, struct buf *body,
			     struct err *reterr)
{
	/* A configuration file is the daemon's: it names the control socket. */
	bool alone = !settings->config && (settings->manifests || settings->kubeconfig || settings->master);

	return alone ? oneshot_ask(settings, request, body, reterr)
		     : query_command_daemon(settings, request, body, reterr);
}

/* The daemon's error ends with a line feed. Returns the exit status. */
static int query_command_refused(int code, struct buf *body)
{
	(void)fputs(PACKAGE_NAME ": ", stderr);
	(void)terminal_print(stderr, body, false);
	return query_command_status(code);
}

/* Returns the exit status. */
static int query_command_answered(const struct settings *settings, int code, struct buf *body)
{
	return terminal_print(stdout, body, terminal_has_colours(settings->color))
		       ? query_command_status(code)
		       : 2;
}

int query_command_targets(const struct settings *settings, struct arena *arena, struct targets *ret)
{
	struct buf request = BUF_INIT, body = BUF_INIT;
	struct err err = { 0 };
	int code, status = 0;
	bool unknown;

	buf_printf(&request, "/json");
	query_command_subject(settings, NULL, &request);
	code = query_command_ask(settings, buf_text(&request), &body, &err);
	unknown = code == QUERY_CODE_UNKNOWN;
	if (query_command_is_answer(code))
		code = targets_read(buf_text(&body), body.size, arena, ret, &err);
	if (code < 0) {
		terminal_complain(err.text);
		status = 2;
	} else if (code) {
		status = query_command_refused(code, &body);
	}
	if (!status)
		ret->unknown = unknown;
	buf_done(&request);
	buf_done(&body);
	return status;
}

int query_command_run(const struct settings *settings)
{
	struct buf request = BUF_INIT, body = BUF_INIT;
	struct err err = { 0 };
	int code, status;

	query_command_request(settings, &request);
	code = query_command_ask(settings, buf_text(&request), &body, &err);
	if (code < 0) {
		terminal_complain(err.text);
		status = 2;
	} else {
		status = query_command_is_answer(code) ? query_command_answered(settings, code, &body)
						       : query_command_refused(code, &body);
	}
	buf_done(&request);
	buf_done(&body);
	return status;
}
