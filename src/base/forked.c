/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/forked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define FORKED_FD (STDERR_FILENO + 1)

int forked_begin(int fd)
{
	if (dup2(fd, FORKED_FD) < 0)
		_exit(EXIT_FAILURE);
	(void)close_range(FORKED_FD + 1, ~0u, 0);
	/* The parent, which makes the rules, gets the processor first. */
	errno = 0;
	if (nice(10) == -1 && errno)
		log_debug("daemon", "cannot lower the priority", LOG_TEXT("err", strerror(errno)));
	return FORKED_FD;
}
