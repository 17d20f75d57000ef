/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Which program
 *
 * /proc/self/exe is the file that this process runs, even if it was replaced or removed in the meantime. So a package
 * that is being upgraded cannot disturb, and the program that has checked the configuration is the one that reads it.
 * A new version starts when the package's upgrade restarts the daemon.
 */
#include "config.h"
#include "daemon/reexec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "serve/kept_sockets.h"

#define REEXEC_PROGRAM	    "/proc/self/exe"
#define REEXEC_CAPABILITIES 64

/*
 * Its value: our pid, the descriptor of the configuration, that of the instance lock or -1, whether it served (1 or 0), those
 * of the sockets; separated by blanks.
 */
#define REEXEC_VARIABLE "KUBE_NFTPROXY_EXECUTED"

/* --- at the start ----------------------------------------------------------------------------------------
 */

static uint64_t reexec_drop_ambient(void)
{
	uint64_t ambient = 0;
	unsigned long i;

	for (i = 0; i < REEXEC_CAPABILITIES; i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			ambient |= UINT64_C(1) << i;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return ambient;
}

static void reexec_read_config(int fd, struct buf *text)
{
	ssize_t n;

	while ((n = pread(fd, buf_reserve(text, 65536), 65536, (off_t)text->size)) > 0)
		text->size += (size_t)n;
	(void)close(fd);
}

void reexec_begin(struct reexec *ret, int argc, char *const *argv)
{
	const char *variable = getenv(REEXEC_VARIABLE);
	long pid, fd;
	char *end;

	*ret = (struct reexec){ .argc = argc, .argv = argv, .lock_fd = -1, .ambient = reexec_drop_ambient() };
	if (!variable)
		return;
	pid = strtol(variable, &end, 10);
	fd = strtol(end, &end, 10);
	if (pid == getpid() && fd > STDERR_FILENO && fd <= INT32_MAX) {
		ret->again = true;
		reexec_read_config((int)fd, &ret->config_text);
		fd = strtol(end, &end, 10);
		if (fd > STDERR_FILENO && fd <= INT32_MAX)
			ret->lock_fd = (int)fd;
		ret->served = strtol(end, &end, 10) == 1;
		ret->kept = kept_sockets_new(end);
		/* The kernel has named us "exe". */
		(void)prctl(PR_SET_NAME, program_invocation_short_name);
	}
	(void)unsetenv(REEXEC_VARIABLE);
}

void reexec_done(struct reexec *reexec)
{
	buf_done(&reexec->config_text);
	reexec->kept = kept_sockets_free(reexec->kept);
}

/* --- at the end ------------------------------------------------------------------------------------------
 */

bool reexec_has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static int reexec_write_config(const struct buf *text, struct err *reterr)
{
	_cleanup_close_ int fd = memfd_create("kube-nftproxy-config", MFD_CLOEXEC);
	int ret = fd;

	if (fd < 0)
		return err_set(reterr, -errno, "cannot make a file in memory: %s", strerror(errno));
	if (write(fd, text->data, text->size) != (ssize_t)text->size)
		return err_set(reterr, -EIO, "cannot write %zu bytes into memory", text->size);
	fd = -1;
	return ret;
}

/* Of all other descriptors only the listening sockets survive. Libraries may have opened some that would, too. */
static void reexec_mark(struct buf *list)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd <= STDERR_FILENO)
			continue;
		if (list && kept_sockets_is_listening(fd)) {
			(void)fcntl(fd, F_SETFD, 0);
			buf_printf(list, " %d", fd);
		} else {
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
	}
	(void)closedir(dir);
}

static void reexec_raise_ambient(uint64_t ambient)
{
	unsigned long i;

	for (i = 0; i < REEXEC_CAPABILITIES; i++)
		if (ambient >> i & 1)
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

int reexec_execute(const struct reexec *reexec, const struct buf *config_text, struct err *reterr)
{
	_cleanup_close_ int fd = reexec_write_config(config_text, reterr);
	struct buf variable = BUF_INIT;
	int r;

	if (fd < 0)
		return fd;
	buf_printf(&variable, "%d %d %d %d", (int)getpid(), fd, reexec->lock_fd, reexec->served);
	reexec_mark(&variable);
	(void)fcntl(fd, F_SETFD, 0);
	if (reexec->lock_fd >= 0)
		(void)fcntl(reexec->lock_fd, F_SETFD, 0);
	r = setenv(REEXEC_VARIABLE, buf_text(&variable), 1) < 0 ? -errno : 0;
	buf_done(&variable);
	if (!r) {
		reexec_raise_ambient(reexec->ambient);
		(void)execve(REEXEC_PROGRAM, reexec->argv, environ);
		r = -errno;
		(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
		(void)unsetenv(REEXEC_VARIABLE);
	}
	reexec_mark(NULL);
	return err_set(reterr, r, "cannot execute %s: %s", REEXEC_PROGRAM, strerror(-r));
}
