/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/query_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/forked.h"
#include "serve/query.h"

#define QUERY_CHILD_READ 65536

/**
 * struct query_child
 * @pid:	0: there is none
 * @fd:		end of the pipe from which the answer is read; -1: there is none
 * @received:	the body and an enum query_code, as an int
 */
struct query_child {
	pid_t pid;
	int fd;
	sd_event_source *io;
	struct buf received;
	query_child_done *done;
	void *ctx;
};

static bool query_child_send(int fd, const void *data, size_t size)
{
	const char *rest = data;

	while (size) {
		ssize_t n = write(fd, rest, size);

		if (n < 0 && errno != EINTR)
			return false;
		rest += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* In the child. */
static void query_child_run(const struct query_context *context, const char *request, int fd)
{
	struct buf body = BUF_INIT;
	int code;

	fd = forked_begin(fd);
	code = query_answer(context, request, &body);
	buf_add(&body, &code, sizeof(code));
	_exit(query_child_send(fd, body.data, body.size) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Return: whether it has sent all. */
static bool query_child_end(struct query_child *child)
{
	int status = -1;

	child->io = sd_event_source_disable_unref(child->io);
	closep(&child->fd);
	child->fd = -1;
	if (child->pid > 0)
		while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
			;
	child->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static int query_child_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct query_child *child = userdata;
	struct buf body = BUF_INIT;
	int code = QUERY_CODE_FAILED;
	ssize_t n = read(fd, buf_reserve(&child->received, QUERY_CHILD_READ), QUERY_CHILD_READ);

	(void)source;
	(void)revents;
	if (n > 0)
		child->received.size += (size_t)n;
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return 0;
	if (query_child_end(child)) {
		body = child->received;
		child->received = (struct buf)BUF_INIT;
		body.size -= sizeof(code);
		memcpy(&code, body.data + body.size, sizeof(code));
	} else {
		buf_printf(&body, "the process that made the answer has died\n");
	}
	child->done(child->ctx, code, &body);
	return 0;
}

int query_child_new(struct sd_event *event, const struct query_context *context, const char *request,
		    query_child_done *done, void *ctx, struct query_child **ret, struct err *reterr)
{
	_cleanup_(query_child_freep) struct query_child *child = alloc_zeroed(1, sizeof(*child));
	int fds[2], r;

	child->fd = -1;
	child->done = done;
	child->ctx = ctx;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(reterr, -errno, "cannot make a pipe: %s", strerror(errno));
	child->fd = fds[0];
	r = sd_event_add_io(event, &child->io, fds[0], EPOLLIN, query_child_on_io, child);
	if (r >= 0) {
		/* After everything that changes rules. */
		(void)sd_event_source_set_priority(child->io, SD_EVENT_PRIORITY_IDLE);
		child->pid = fork();
		if (child->pid < 0)
			r = -errno;
	}
	if (r >= 0 && child->pid == 0)
		query_child_run(context, request, fds[1]);
	(void)close(fds[1]);
	if (r < 0)
		return err_set(reterr, r, "cannot start a process for the answer: %s", strerror(-r));
	*ret = TAKE_PTR(child);
	return 0;
}

struct query_child *query_child_free(struct query_child *child)
{
	if (!child)
		return NULL;
	if (child->pid > 0)
		(void)kill(child->pid, SIGKILL);
	(void)query_child_end(child);
	buf_done(&child->received);
	free(child);
	return NULL;
}
