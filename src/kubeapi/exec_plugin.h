/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec_plugin.h - credentials from an exec plugin: when it runs, and how long its answer is used
 *
 * Room:     kubeapi. Effects: runs a program (child_process.h), reads the wall clock.
 * Rule:     as client-go. It runs when a request needs credentials and there are none, or they expire within
 *           EXEC_PLUGIN_LEEWAY_MS, or the server refused them; never twice at a time. After a run that failed, or
 *           whose credentials the server refused, the next run waits: 0.8 s, and twice as long each time, up to
 *           30 s.
 * Errors:   the command and the end of its standard error; never its standard output.
 * Not here: the exec section of a kubeconfig (kubeconfig_exec.h), the format of the answer (exec_credential.h).
 */
#ifndef KUBEAPI_EXEC_PLUGIN_H
#define KUBEAPI_EXEC_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/credentials.h"
#include "kubeapi/kubeapi_caller.h"

#define EXEC_PLUGIN_LEEWAY_MS	10000
#define EXEC_PLUGIN_WAIT_MIN_MS 800
#define EXEC_PLUGIN_WAIT_MAX_MS 30000

struct exec_plugin;

/**
 * exec_plugin_new() - Nothing runs yet
 * @loop, @credentials: outlive the result. @credentials->exec is run; its answer sets the token, certificate
 *		and key of @credentials.
 */
struct exec_plugin *exec_plugin_new(const struct kubeapi_loop *loop, struct credentials *credentials);
/** exec_plugin_free() - Kills the plugin if it runs. */
struct exec_plugin *exec_plugin_free(struct exec_plugin *plugin);
DEFINE_FREEP(struct exec_plugin, exec_plugin_free);
/** exec_plugin_dispatch_fd() - Ignores an @fd that is not ours. */
void exec_plugin_dispatch_fd(struct exec_plugin *plugin, int fd);
void exec_plugin_dispatch_timer(struct exec_plugin *plugin);
/** exec_plugin_end_deadline() - When to call exec_plugin_dispatch_timer(), in the loop's milliseconds; -1: no need. */
int64_t exec_plugin_end_deadline(const struct exec_plugin *plugin);
/** exec_plugin_deadline() - When to call exec_plugin_get() again while a request waits; as above. */
int64_t exec_plugin_deadline(const struct exec_plugin *plugin);
/**
 * exec_plugin_get() - Make sure that there are credentials for a request now; starts the plugin if not
 *
 * Return: 0: they are in place; -EINPROGRESS: call again after the next dispatch; other negative errno: the
 * plugin failed, which is returned once for each run.
 */
int exec_plugin_get(struct exec_plugin *plugin, struct err *reterr) __attribute__((warn_unused_result));
/** exec_plugin_generation() - A number for the credentials in place. */
unsigned int exec_plugin_generation(const struct exec_plugin *plugin);
/** exec_plugin_refused() - The server refused the credentials of @generation (401); newer ones stay in use. */
void exec_plugin_refused(struct exec_plugin *plugin, unsigned int generation);
/** exec_plugin_accepted() - The server accepted the credentials in place. */
void exec_plugin_accepted(struct exec_plugin *plugin);

#endif
