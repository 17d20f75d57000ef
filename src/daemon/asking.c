/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/asking.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/facts.h"
#include "daemon/once.h"

#define ASKING_TIMEOUT_S 30 /* a daemon that is busy for longer is not well */
#define ASKING_SIZE_MAX	 (256 * 1024 * 1024)

/* "[namespace/]name[:port]" */
static void asking_subject(const char *subject, struct buf *request)
{
	const char *slash = strchr(subject, '/'), *name = slash ? slash + 1 : subject;
	const char *colon = strchr(name, ':');

	if (slash)
		buf_printf(request, "/%.*s", (int)(slash - subject), subject);
	else
		buf_printf(request, "/default");
	buf_printf(request, "/%.*s", (int)(colon ? colon - name : (int)strlen(name)), name);
	buf_printf(request, "/%s", colon && colon[1] ? colon + 1 : "-");
}

static void asking_request(const struct opts *opts, struct buf *request)
{
	buf_printf(request, "/%s", opts->output_json ? "json" : isatty(STDOUT_FILENO) ? "colour" : "text");
	if (opts->action == OPTS_ACTION_STATUS) {
		buf_printf(request, "/status");
	} else if (opts->action == OPTS_ACTION_DIFF) {
		buf_printf(request, "/diff");
	} else {
		buf_printf(request, "/explain");
		asking_subject(opts->subject, request);
		buf_printf(request, "/%s", opts->from ? opts->from : "-");
	}
}

static int asking_connect(const char *path, int *ret, struct err *reterr)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval timeout = { .tv_sec = ASKING_TIMEOUT_S };
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

static int asking_exchange(int fd, const char *request, struct buf *answer, struct err *reterr)
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
	} while ((n > 0 || (n < 0 && errno == EINTR)) && answer->size < ASKING_SIZE_MAX);
	if (n < 0)
		return err_set(reterr, -errno, "the daemon does not answer: %s",
			       errno == EAGAIN ? "not within 30 s" : strerror(errno));
	return 0;
}

/* Splits "HTTP/1.1 200 OK", head and body. Return: the code, or negative errno. */
static int asking_parse(struct buf *answer, struct err *reterr)
{
	const char *body = strstr(buf_text(answer), "\r\n\r\n");
	int code;

	if (!body || sscanf(answer->data, "HTTP/1.%*d %d", &code) != 1)
		return err_set(reterr, -EPROTO, "what answers is no kube-nftproxy");
	buf_drop_front(answer, (size_t)(body + 4 - answer->data));
	return code;
}

static int asking_daemon(const struct opts *opts, const char *request, struct buf *body, struct err *reterr)
{
	_cleanup_close_ int fd = -1;
	int r = asking_connect(opts->control_socket, &fd, reterr);

	if (!r)
		r = asking_exchange(fd, request, body, reterr);
	return r < 0 ? r : asking_parse(body, reterr);
}

int asking_run(const struct opts *opts)
{
	struct buf request = BUF_INIT, body = BUF_INIT;
	/* A file is the daemon's own: it says where to ask. */
	bool alone = !opts->config && (opts->manifests || opts->kubeconfig || opts->master);
	struct err err = { 0 };
	int code, status;

	asking_request(opts, &request);
	code = alone ? once_ask(opts, buf_text(&request), &body, &err)
		     : asking_daemon(opts, buf_text(&request), &body, &err);
	if (code < 0) {
		(void)fprintf(stderr, "kube-nftproxy: %s\n", err.text);
		status = 2;
	} else if (code == FACTS_CODE_GOOD || code == FACTS_CODE_DIFFERS || code == FACTS_CODE_UNHEALTHY) {
		(void)fwrite(buf_text(&body), 1, body.size, stdout);
		status = fflush(stdout) != 0 ? 2 : code == FACTS_CODE_GOOD ? 0 : 1;
	} else {
		(void)fprintf(stderr, "kube-nftproxy: %s", buf_text(&body));
		status = code == FACTS_CODE_NOT_FOUND ? 1 : 2;
	}
	buf_done(&request);
	buf_done(&body);
	return status;
}
