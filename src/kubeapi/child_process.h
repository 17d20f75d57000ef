/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child_process.h - run a program and collect its output
 *
 * Room:     kubeapi. Effects: a process in a group of its own, two pipes and a pidfd; the caller's loop has the
 *           clock and waits (kubeapi_caller.h).
 * Rule:     standard input is /dev/null. The program inherits none of our descriptors, and no ignored or blocked
 *           signals. It has ended when the process itself has: other processes of its group are killed then,
 *           and a process that still has the pipes open is not waited for.
 * Limits:   CHILD_PROCESS_TIME_MS, then SIGKILL to the group; @out_size_max bytes of standard output, likewise; of
 *           standard error the last CHILD_PROCESS_ERROR_SIZE bytes are kept.
 */
#ifndef KUBEAPI_CHILD_PROCESS_H
#define KUBEAPI_CHILD_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/kubeapi_caller.h"

#define CHILD_PROCESS_TIME_MS	 30000
#define CHILD_PROCESS_ERROR_SIZE 4096

/**
 * struct child_process_params - What to run
 * @path:	searched in $PATH if it has no slash
 * @argv, @envp: NULL at their ends
 */
struct child_process_params {
	const char *path;
	char *const *argv;
	char *const *envp;
	size_t out_size_max;
};

/**
 * struct child_process_result - How it ended; valid as long as the child
 * @timed_out, @too_large: it was killed for that
 * @status:	waitpid()'s
 * @out:	standard output; may contain a secret
 * @error:	the end of standard error, one line: printable ASCII, the rest replaced
 */
struct child_process_result {
	bool timed_out;
	bool too_large;
	int status;
	const char *out;
	size_t out_size;
	const char *error;
};

struct child_process;

/** child_process_start() - @loop outlives the child. Return: 0 or negative errno: -ENOENT: no such program. */
int child_process_start(const struct kubeapi_loop *loop, const struct child_process_params *params,
			struct child_process **ret, struct err *reterr) __attribute__((warn_unused_result));
/** child_process_free() - Kills the program if it runs; its output is overwritten. */
struct child_process *child_process_free(struct child_process *child);
DEFINE_FREEP(struct child_process, child_process_free);
/** child_process_dispatch_fd() - Ignores an @fd that is not ours. */
void child_process_dispatch_fd(struct child_process *child, int fd);
/** child_process_dispatch_timer() - Does nothing before the deadline. */
void child_process_dispatch_timer(struct child_process *child);
/** child_process_deadline() - In the loop's milliseconds; -1: none. */
int64_t child_process_deadline(const struct child_process *child);
/** child_process_ended() - Whether it has ended; then @ret is set. */
bool child_process_ended(struct child_process *child, struct child_process_result *ret);

#endif
