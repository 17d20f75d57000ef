/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/buf.h"

#define CHILD_PROCESS_CHUNK   16384
#define CHILD_PROCESS_READS   8	   /* of a pipe in one dispatch: a flood of output must not block the loop */
#define CHILD_PROCESS_KILL_MS 1000 /* how long child_process_free() waits after SIGKILL */

/**
 * struct child_process - @pid 0: reaped
 * @pidfd, @out_fd, @error_fd: watched; -1: closed
 */
struct child_process {
	const struct kubeapi_loop *loop;
	pid_t pid;
	int pidfd;
	int out_fd;
	int error_fd;
	int64_t deadline_ms;
	size_t out_size_max;
	char *out; /* of the largest size: growing would leave copies of a secret in memory */
	size_t out_size;
	char error[CHILD_PROCESS_ERROR_SIZE + 1];
	size_t error_size;
	bool timed_out;
	bool too_large;
	int status;
};

static void child_process_unwatch(struct child_process *child, int *fd)
{
	if (*fd < 0)
		return;
	child->loop->unwatch_fd(child->loop->ctx, *fd);
	(void)close(*fd);
	*fd = -1;
}

/* Both ends are above standard error, so that dup2() in the child does not overwrite one. */
static int child_process_pipe(int ret[2], struct err *reterr)
{
	int ends[2], i, r = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(reterr, -errno, "cannot make a pipe: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		ret[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (ret[i] < 0 && r == 0)
			r = err_set(reterr, -errno, "cannot make a pipe: %s", strerror(errno));
		(void)close(ends[i]);
	}
	if (r == 0 && fcntl(ret[0], F_SETFL, O_NONBLOCK) < 0)
		r = err_set(reterr, -errno, "cannot make a pipe: %s", strerror(errno));
	return r;
}

static void child_process_must(int error)
{
	if (error == ENOMEM)
		alloc_failed();
}

/* The program starts with default signal handling, whatever we ignore or block. */
static void child_process_set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	child_process_must(posix_spawnattr_init(attributes));
	(void)posix_spawnattr_setsigmask(attributes, &none);
	(void)posix_spawnattr_setsigdefault(attributes, &all);
	(void)posix_spawnattr_setpgroup(attributes, 0);
	(void)posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							   POSIX_SPAWN_SETPGROUP);
}

static int child_process_spawn(const struct child_process_params *params, int out_fd, int error_fd,
			       pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error;

	child_process_set_attributes(&attributes);
	child_process_must(posix_spawn_file_actions_init(&actions));
	child_process_must(
		posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0));
	child_process_must(posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO));
	child_process_must(posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO));
	child_process_must(posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1));
	error = posix_spawnp(ret, params->path, &actions, &attributes, params->argv, params->envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return -error;
}

static int child_process_begin(struct child_process *child, const struct child_process_params *params,
			       int out_fd, int error_fd, struct err *reterr)
{
	int r = child_process_spawn(params, out_fd, error_fd, &child->pid);

	if (r < 0) {
		child->pid = 0;
		return err_set(reterr, r, "%s", r == -ENOENT ? "not found" : strerror(-r));
	}
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd < 0)
		return err_set(reterr, -errno, "cannot open a pidfd: %s", strerror(errno));
	child->loop->watch_fd(child->loop->ctx, child->pidfd, KUBEAPI_EVENT_READ);
	child->loop->watch_fd(child->loop->ctx, child->out_fd, KUBEAPI_EVENT_READ);
	child->loop->watch_fd(child->loop->ctx, child->error_fd, KUBEAPI_EVENT_READ);
	child->deadline_ms = child->loop->now_ms(child->loop->ctx) + CHILD_PROCESS_TIME_MS;
	return 0;
}

int child_process_start(const struct kubeapi_loop *loop, const struct child_process_params *params,
			struct child_process **ret, struct err *reterr)
{
	_cleanup_(child_process_freep) struct child_process *child = alloc_zeroed(1, sizeof(*child));
	int out[2] = { -1, -1 }, error[2] = { -1, -1 }, r;

	*child = (struct child_process){ .loop = loop, .pidfd = -1, .out_fd = -1, .error_fd = -1 };
	child->out_size_max = params->out_size_max;
	child->out = alloc_bytes(params->out_size_max + 1);
	r = child_process_pipe(out, reterr);
	if (r == 0)
		r = child_process_pipe(error, reterr);
	child->out_fd = out[0];
	child->error_fd = error[0];
	if (r == 0)
		r = child_process_begin(child, params, out[1], error[1], reterr);
	closep(&out[1]);
	closep(&error[1]);
	if (r == 0)
		*ret = TAKE_PTR(child);
	return r;
}

/* The process group exists as long as the process is not reaped: its number is not used again. */
static void child_process_kill(const struct child_process *child)
{
	if (child->pid)
		(void)kill(-child->pid, SIGKILL);
}

static void child_process_reap(struct child_process *child, int flags)
{
	pid_t pid = child->pid ? waitpid(child->pid, &child->status, flags) : 0;

	/* ECHILD: SIGCHLD is ignored, so the kernel has reaped it, and there is no status. */
	if (pid == child->pid || (pid < 0 && errno == ECHILD))
		child->pid = 0;
}

struct child_process *child_process_free(struct child_process *child)
{
	struct pollfd gone;

	if (!child)
		return NULL;
	if (child->pid) {
		child_process_kill(child);
		/* A process that hangs in the kernel is not waited for: init will reap it. */
		gone = (struct pollfd){ .fd = child->pidfd, .events = POLLIN };
		if (child->pidfd >= 0)
			(void)poll(&gone, 1, CHILD_PROCESS_KILL_MS);
		child_process_reap(child, child->pidfd >= 0 ? WNOHANG : 0);
	}
	child_process_unwatch(child, &child->pidfd);
	child_process_unwatch(child, &child->out_fd);
	child_process_unwatch(child, &child->error_fd);
	explicit_bzero(child->out, child->out_size);
	free(child->out);
	free(child);
	return NULL;
}

static void child_process_add_error(struct child_process *child, const char *bytes, size_t size)
{
	size_t keep = CHILD_PROCESS_ERROR_SIZE;

	if (size >= keep) {
		memcpy(child->error, bytes + size - keep, keep);
		child->error_size = keep;
		return;
	}
	keep -= size;
	if (child->error_size > keep) {
		memmove(child->error, child->error + child->error_size - keep, keep);
		child->error_size = keep;
	}
	memcpy(child->error + child->error_size, bytes, size);
	child->error_size += size;
}

static void child_process_add_out(struct child_process *child, const char *bytes, size_t size)
{
	size_t room = child->out_size_max - child->out_size;

	if (size > room) {
		child->too_large = true;
		child_process_kill(child);
		size = room;
	}
	memcpy(child->out + child->out_size, bytes, size);
	child->out_size += size;
}

static void child_process_read(struct child_process *child, int *fd)
{
	char bytes[CHILD_PROCESS_CHUNK];
	unsigned int i;
	ssize_t n = 1;

	for (i = 0; i < CHILD_PROCESS_READS && n > 0 && *fd >= 0; i++) {
		n = read(*fd, bytes, sizeof(bytes));
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			child_process_unwatch(child, fd);
		else if (n > 0 && fd == &child->out_fd)
			child_process_add_out(child, bytes, (size_t)n);
		else if (n > 0)
			child_process_add_error(child, bytes, (size_t)n);
	}
	explicit_bzero(bytes, sizeof(bytes));
	/* The limit is exceeded: ignore the rest. */
	if (fd == &child->out_fd && child->too_large)
		child_process_unwatch(child, fd);
}

/* The process has ended; the rest of its output is in the pipes. */
static void child_process_end(struct child_process *child)
{
	size_t before;

	child_process_kill(child);
	child_process_reap(child, WNOHANG);
	if (child->pid)
		return;
	do {
		before = child->out_size;
		child_process_read(child, &child->out_fd);
	} while (child->out_fd >= 0 && child->out_size > before);
	child_process_read(child, &child->error_fd);
	child_process_unwatch(child, &child->out_fd);
	child_process_unwatch(child, &child->error_fd);
	child_process_unwatch(child, &child->pidfd);
	child->deadline_ms = -1;
}

void child_process_dispatch_fd(struct child_process *child, int fd)
{
	if (fd == child->out_fd)
		child_process_read(child, &child->out_fd);
	else if (fd == child->error_fd)
		child_process_read(child, &child->error_fd);
	else if (fd == child->pidfd)
		child_process_end(child);
}

void child_process_dispatch_timer(struct child_process *child)
{
	if (child->deadline_ms < 0 || child->loop->now_ms(child->loop->ctx) < child->deadline_ms)
		return;
	child->deadline_ms = -1;
	child->timed_out = true;
	child_process_kill(child);
}

int64_t child_process_deadline(const struct child_process *child)
{
	return child->deadline_ms;
}

/* One line; control characters, which a terminal might obey, are replaced. */
static const char *child_process_error_line(struct child_process *child)
{
	char *in, *out = child->error;

	child->error[child->error_size] = '\0';
	for (in = child->error; in < child->error + child->error_size; in++) {
		if (*in > ' ' && *in <= '~')
			*out++ = *in;
		else if (*in < 0 || *in > '~')
			*out++ = '?';
		else if (out > child->error && out[-1] != ' ')
			*out++ = ' ';
	}
	while (out > child->error && out[-1] == ' ')
		out--;
	*out = '\0';
	child->error_size = (size_t)(out - child->error);
	return child->error;
}

bool child_process_ended(struct child_process *child, struct child_process_result *ret)
{
	if (child->pid)
		return false;
	child->out[child->out_size] = '\0';
	*ret = (struct child_process_result){
		.timed_out = child->timed_out,
		.too_large = child->too_large,
		.status = child->status,
		.out = child->out,
		.out_size = child->out_size,
		.error = child_process_error_line(child),
	};
	return true;
}
