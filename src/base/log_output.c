/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum log_output_kind {
	LOG_OUTPUT_UNKNOWN,
	LOG_OUTPUT_FILE, /* a write does not wait for anybody */
	LOG_OUTPUT_SOCKET,
	LOG_OUTPUT_REOPENED, /* O_NONBLOCK, for us alone */
	LOG_OUTPUT_SHARED, /* it may not be opened: other processes write to it, too, so a write could wait between two of them */
};

/* Process-wide, as standard error is. @rest: of a line of which a part was written. */
static enum log_output_kind log_output_kind;
static int log_output_fd = STDERR_FILENO;
static struct buf log_output_rest;
static uint64_t log_output_lost;

static void log_output_open(void)
{
	struct stat st;
	int fd;

	if (fstat(STDERR_FILENO, &st) < 0 || S_ISREG(st.st_mode)) {
		log_output_kind = LOG_OUTPUT_FILE;
		return;
	}
	if (S_ISSOCK(st.st_mode)) {
		log_output_kind = LOG_OUTPUT_SOCKET;
		return;
	}
	fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	log_output_kind = fd < 0 ? LOG_OUTPUT_SHARED : LOG_OUTPUT_REOPENED;
	if (fd >= 0)
		log_output_fd = fd;
}

/* Returns how many bytes were written, or negative errno. */
static ssize_t log_output_some(const char *data, size_t size)
{
	struct pollfd pollfd = { .fd = log_output_fd, .events = POLLOUT };
	ssize_t n = -1;

	switch (log_output_kind) {
	case LOG_OUTPUT_SOCKET:
		n = send(log_output_fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case LOG_OUTPUT_SHARED:
		/* A pipe that can be written has room for PIPE_BUF bytes. */
		if (poll(&pollfd, 1, 0) != 1)
			return -EAGAIN;
		n = write(log_output_fd, data, size < PIPE_BUF ? size : PIPE_BUF);
		break;
	case LOG_OUTPUT_UNKNOWN:
	case LOG_OUTPUT_FILE:
	case LOG_OUTPUT_REOPENED:
		n = write(log_output_fd, data, size);
		break;
	}
	return n < 0 ? -errno : n;
}

/* Returns how many bytes were written. */
static size_t log_output_all(const char *data, size_t size)
{
	size_t done = 0;
	ssize_t n;

	do {
		n = log_output_some(data + done, size - done);
		done += n > 0 ? (size_t)n : 0;
	} while (done < size && (n > 0 || n == -EINTR));
	return done;
}

bool log_output_write(const char *line, size_t size)
{
	size_t done;

	if (log_output_kind == LOG_OUTPUT_UNKNOWN)
		log_output_open();
	/* What was begun is ended first: lines do not mix. */
	if (log_output_rest.size)
		buf_drop_front(&log_output_rest, log_output_all(log_output_rest.data, log_output_rest.size));
	if (log_output_rest.size) {
		log_output_lost++;
		return false;
	}
	done = log_output_all(line, size);
	if (!done) {
		log_output_lost++;
		return false;
	}
	if (done < size)
		buf_add(&log_output_rest, line + done, size - done);
	return true;
}

uint64_t log_output_n_lost(void)
{
	return log_output_lost;
}

void log_output_told(void)
{
	log_output_lost = 0;
}
