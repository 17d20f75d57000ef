/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For LD_PRELOAD: as long as the file $NO_EXEC_FILE exists, execve() finds no program. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int execve(const char *path, char *const argv[], char *const envp[])
{
	const char *file = getenv("NO_EXEC_FILE");

	if (file && access(file, F_OK) == 0) {
		errno = ENOENT;
		return -1;
	}
	return (int)syscall(SYS_execve, path, argv, envp);
}
